//! Whatever a repository's policy says, in TOML or in Cedar: it is refused or it decides, and it
//! never weakens what a person wrote.
#![cfg_attr(fuzzing, no_main)]

use std::sync::LazyLock;

use tl_fuzz::fuzz_target;
use tl_policy::engine::Engine;
use tl_policy::file::PolicyFile;
use tl_policy::policy::Policy;
use tl_policy::request::{Request, Verb};

const OWN: &str = "[paths]\ndeny_read = [\"**/.env\"]\n[hosts]\nallow = [\"a.example\"]\n\
                   [commands]\ndeny = [\"git push *\"]\n[servers]\ndefault = \"ask\"\n";

static ALONE: LazyLock<Engine> =
    LazyLock::new(|| Engine::new(&Policy::from(PolicyFile::read(OWN).unwrap()), &[]).unwrap());

// The TOML, a line of three dashes, then Cedar.
fuzz_target!(|text: &str| {
    let (toml, cedar) = text.split_once("\n---\n").unwrap_or((text, ""));
    let Ok(file) = PolicyFile::read(toml) else { return };
    let own = PolicyFile::read(OWN).unwrap();
    let (policy, _) = Policy::merged(None, Some(own), Some(file), "~/app");
    let Ok(engine) = Engine::new(&policy, &[("a.cedar".to_owned(), cedar.to_owned())]) else {
        return;
    };
    for verb in Verb::ALL {
        for resource in ["~/app/.env", "git push origin", "http://b.example/x", "npm:a"] {
            let request = Request {
                below: resource.strip_prefix("~/app/").map(str::to_owned),
                words: resource.split(' ').map(str::to_owned).collect(),
                server: "mail".to_owned(),
                role: "reviewer".to_owned(),
                tainted: true,
                today: 20_778,
                ..Request::new(verb, resource)
            };
            let (before, after) = (ALONE.decide(&request), engine.decide(&request));
            assert!(after.effect >= before.effect, "{after:?} < {before:?}");
            assert!(before.reasons.iter().all(|reason| after.reasons.contains(reason)));
        }
    }
    for clause in engine.clauses() {
        assert!(!clause.cedar().is_empty());
    }
});
