//! GA003: what cannot be brought back.

use tl_core::verdict::Effect;

use super::{DESTRUCTIVE, Found, Kind, Scene, Step, Touch};
use crate::hook::Action;

/// Directories that a build makes anew.
const DERIVED: &[&str] = &[
    "node_modules",
    "target",
    "dist",
    "build",
    "out",
    "coverage",
    "__pycache__",
    ".next",
    ".nuxt",
    ".cache",
    ".turbo",
    ".pytest_cache",
    ".mypy_cache",
    ".ruff_cache",
    ".tox",
    ".venv",
    "venv",
    ".gradle",
    "tmp",
    "temp",
    ".parcel-cache",
    "htmlcov",
    "bin",
    "obj",
    ".svelte-kit",
    ".terraform",
    "storybook-static",
    ".nyc_output",
];

pub(super) fn check(scene: &Scene<'_>, out: &mut Vec<Found>) {
    let mut add = |text: String, resource: String, effect: Option<Effect>| {
        out.push(Found { doc: &DESTRUCTIVE, effect, text, resource });
    };
    if let Action::Delete { path } = scene.action {
        for touch in &scene.touches {
            if let Some(what) = precious(touch, scene) {
                add(format!("`{path}` is {what}"), path.clone(), Some(Effect::Deny));
            }
        }
    }
    for step in &scene.steps {
        for (text, effect) in by_program(step, scene) {
            add(text, step.shown(), effect);
        }
        for redirect in step.command.redirects.iter().filter(|redirect| redirect.write) {
            if is_disk(&redirect.path.text) {
                add(
                    format!("the disk `{}` is overwritten", redirect.path.text),
                    step.shown(),
                    Some(Effect::Deny),
                );
            }
        }
        if step.program.starts_with(':')
            && scene.steps.iter().filter(|other| other.program == step.program).count() > 2
        {
            add(
                "a function starts itself without an end".to_owned(),
                step.shown(),
                Some(Effect::Deny),
            );
        }
    }
}

/// A place without which nothing is left: the root, a home, a work tree, its history, a disk.
fn precious(touch: &Touch, scene: &Scene<'_>) -> Option<&'static str> {
    touch.place.spots().find_map(|spot| {
        // `~/*` and `/*` are all of it.
        let path = spot.shown.strip_suffix("/*").unwrap_or(&spot.shown);
        let path = if path.is_empty() { "/" } else { path };
        let root = scene
            .ground
            .root
            .as_deref()
            .map(|root| scene.ground.place(&root.to_string_lossy(), root));
        let root = root.map_or_else(String::new, |root| root.real.shown);
        let above = |inner: &str| {
            inner.strip_prefix(path).is_some_and(|rest| rest.starts_with('/') || rest.is_empty())
        };
        if path == "/"
            || (path.starts_with('/') && path.matches('/').count() == 1 && path != "/tmp")
        {
            Some("a root directory")
        } else if path == "~" || (path.starts_with('/') && above_home(path, scene)) {
            Some("a home directory")
        } else if !root.is_empty()
            && (spot.shown == root || (above(&root) && !spot.shown.ends_with("/*")))
        {
            Some("the work tree")
        } else if path.ends_with("/.git") || path == ".git" {
            Some("the history of a repository")
        } else {
            None
        }
    })
}

fn above_home(path: &str, scene: &Scene<'_>) -> bool {
    scene.ground.host.home.as_deref().is_some_and(|home| home.starts_with(path))
}

fn is_disk(path: &str) -> bool {
    [
        "/dev/sd",
        "/dev/nvme",
        "/dev/hd",
        "/dev/vd",
        "/dev/xvd",
        "/dev/disk",
        "/dev/mmcblk",
        "/dev/mapper/",
        "/dev/rdisk",
    ]
    .iter()
    .any(|start| path.starts_with(start))
}

/// What a program destroys.
fn by_program(step: &Step, scene: &Scene<'_>) -> Vec<(String, Option<Effect>)> {
    let command = &step.command;
    let has = |word: &str| command.arguments().iter().any(|w| w.text == word);
    let first = command.operands().next().map_or("", |word| word.text.as_str());
    let second = command.operands().nth(1).map_or("", |word| word.text.as_str());
    let ask = |text: &str| vec![(text.to_owned(), None)];
    let program = step.program.as_str();
    match program {
        "rm" | "rd" | "rmdir" | "del" | "remove-item" | "shred" => removed(step, scene),
        "find" | "fd" if has("-delete") => removed(step, scene),
        "git" => git(step).map(|text| vec![(text.to_owned(), None)]).unwrap_or_default(),
        "dd" => {
            let target = command.arguments().iter().find_map(|word| word.text.strip_prefix("of="));
            match target {
                Some(path) if is_disk(path) => {
                    vec![(format!("the disk `{path}` is overwritten"), Some(Effect::Deny))]
                }
                _ => Vec::new(),
            }
        }
        _ if program.starts_with("mkfs")
            || matches!(program, "wipefs" | "fdisk" | "parted" | "sgdisk" | "blkdiscard") =>
        {
            vec![("a disk is made anew".to_owned(), Some(Effect::Deny))]
        }
        "diskutil" if first.to_ascii_lowercase().starts_with("erase") => {
            vec![("a disk is made anew".to_owned(), Some(Effect::Deny))]
        }
        "format" | "format.com" if first.ends_with(':') => {
            vec![("a disk is made anew".to_owned(), Some(Effect::Deny))]
        }
        "chmod" | "chown" if command.has_flag('R', "recursive") => rights(step, scene),
        "terraform" | "tofu" | "pulumi" | "terragrunt" | "cdk" | "serverless" | "sls"
            if has("destroy") || has("-destroy") || has("remove") =>
        {
            ask("machines and their data are destroyed")
        }
        "kubectl" | "oc"
            if first == "delete"
                && !command.arguments().iter().any(|w| w.text.starts_with("--dry-run")) =>
        {
            ask("things in a cluster are deleted")
        }
        "helm" if matches!(first, "uninstall" | "delete") => ask("things in a cluster are deleted"),
        "docker" | "podman" => {
            let prunes = second == "prune" && first != "builder";
            let volumes = (first == "volume" && second == "rm")
                || (command.arguments().iter().any(|w| w.text == "down")
                    && command.has_flag('v', "volumes"));
            if prunes || volumes { ask("volumes or images are deleted") } else { Vec::new() }
        }
        "aws" if (has("rm") && has("--recursive")) || (has("rb") && has("--force")) => {
            ask("a bucket is emptied")
        }
        "aws" | "gcloud" | "az"
            if command.arguments().iter().any(|w| {
                w.text == "delete"
                    || w.text.starts_with("delete-")
                    || w.text.starts_with("terminate-")
            }) =>
        {
            ask("things of a cloud are deleted")
        }
        "gsutil" if has("rm") || has("rb") => ask("a bucket is emptied"),
        "gh" | "glab" if has("delete") => ask("something on the forge is deleted"),
        "redis-cli"
            if command
                .arguments()
                .iter()
                .any(|w| w.text.to_ascii_lowercase().starts_with("flush")) =>
        {
            ask("a database is emptied")
        }
        "dropdb" | "mongorestore" if program == "dropdb" || has("--drop") => {
            ask("a database is dropped")
        }
        "npm" if first == "unpublish" => ask("a published package is taken back"),
        "crontab" if command.has_flag('r', "") => ask("all timed jobs are deleted"),
        "shutdown" | "reboot" | "poweroff" | "halt" => ask("the machine is stopped"),
        "kill" if has("-1") && command.arguments().last().is_some_and(|w| w.text == "-1") => {
            ask("all processes are stopped")
        }
        "psql" | "mysql" | "mariadb" | "sqlite3" | "sqlcmd" | "mongosh" | "mongo" | "duckdb"
        | "clickhouse-client" | "cockroach" | "usql" | "rails" | "php" | "python" | "python3"
        | "node" => {
            let texts = command
                .arguments()
                .iter()
                .map(|word| word.text.as_str())
                .chain(command.input.as_deref());
            texts.filter_map(sql).take(1).map(|text| (text.to_owned(), None)).collect()
        }
        _ => Vec::new(),
    }
}

/// `rm` and the like: by what is taken away.
fn removed(step: &Step, scene: &Scene<'_>) -> Vec<(String, Option<Effect>)> {
    let command = &step.command;
    let deep = command.has_flag('r', "recursive")
        || command.has_flag('R', "")
        || command.has_flag('s', "")
        || step.program == "find";
    let mut found = Vec::new();
    for word in command.operands() {
        if step.program == "find" && found.len() + usize::from(word.text.is_empty()) > 0 {
            break;
        }
        let place = scene.ground.place(&word.text, &step.cwd);
        let touch =
            Touch { kind: Kind::Delete, place, glob: word.glob, unknown: word.unknown, deep };
        if is_disk(&word.text) {
            found.push((format!("the disk `{}` is overwritten", word.text), Some(Effect::Deny)));
        } else if let Some(what) = precious(&touch, scene).filter(|_| deep) {
            let narrowed = step.program == "find" && what == "the work tree";
            found.push((
                format!("`{}` is {what}", word.text),
                if narrowed { None } else { Some(Effect::Deny) },
            ));
        } else if deep && (word.unknown || !is_derived(&touch)) {
            found.push((format!("`{}` and all below it is deleted", word.text), None));
        }
        if step.program == "find" {
            break;
        }
    }
    found
}

/// Whether a build makes it anew, or it is a temporary file.
fn is_derived(touch: &Touch) -> bool {
    if touch.unknown {
        return false;
    }
    touch.place.spots().all(|spot| match &spot.below {
        Some(below) => below.split('/').any(|part| DERIVED.contains(&part)),
        None => ["/tmp/", "/var/tmp/", "/private/tmp/", "/var/folders/"].iter().any(|tmp| {
            spot.shown
                .strip_prefix(tmp)
                .is_some_and(|rest| !rest.is_empty() && !rest.starts_with('*'))
        }),
    })
}

fn rights(step: &Step, scene: &Scene<'_>) -> Vec<(String, Option<Effect>)> {
    let open = step.program == "chmod"
        && step.command.operands().next().is_some_and(|word| {
            matches!(
                word.text.as_str(),
                "777" | "0777" | "a+rwx" | "ugo+rwx" | "a=rwx" | "000" | "0000"
            )
        });
    let targets = step.command.operands().skip(1);
    let mut found = Vec::new();
    for word in targets {
        let place = scene.ground.place(&word.text, &step.cwd);
        let touch =
            Touch { kind: Kind::Write, place, glob: word.glob, unknown: word.unknown, deep: true };
        match precious(&touch, scene) {
            Some(what) if what != "the work tree" => {
                found.push((
                    format!("the rights of all of `{}` change, which is {what}", word.text),
                    Some(Effect::Deny),
                ));
            }
            _ if open => found.push((format!("everybody may change all of `{}`", word.text), None)),
            _ => {}
        }
    }
    found
}

fn git(step: &Step) -> Option<&'static str> {
    let command = &step.command;
    // `git -C DIR push`: the value of a flag stands before the subcommand.
    let mut words = command.arguments().iter().map(|word| word.text.as_str());
    let mut subcommand = "";
    while let Some(word) = words.next() {
        if matches!(word, "-C" | "-c" | "--git-dir" | "--work-tree") {
            words.next();
        } else if !word.starts_with('-') {
            subcommand = word;
            break;
        }
    }
    let rest: Vec<&str> = words.collect();
    let has = |flags: &[&str]| rest.iter().any(|word| flags.contains(word));
    let short = |letter: char| {
        rest.iter().any(|word| {
            word.strip_prefix('-').is_some_and(|w| !w.starts_with('-') && w.contains(letter))
        })
    };
    match subcommand {
        "push"
            if has(&["--force", "--mirror", "--delete", "--prune"])
                || short('f')
                || short('d')
                || rest.iter().any(|word| word.starts_with(['+', ':'])) =>
        {
            Some("a published branch is overwritten or deleted")
        }
        "reset" if has(&["--hard"]) => Some("changes without a commit are lost"),
        "clean" if short('f') || has(&["--force"]) => {
            Some("files that are in no commit are deleted")
        }
        "stash" if has(&["drop", "clear"]) => Some("stashed changes are lost"),
        "branch" if short('D') => Some("a branch that is not merged is deleted"),
        "filter-branch" | "filter-repo" => Some("the history is written anew"),
        "reflog" if has(&["expire", "delete"]) => Some("the way back to lost commits is deleted"),
        "gc" if rest.iter().any(|word| word.starts_with("--prune=")) => {
            Some("the way back to lost commits is deleted")
        }
        "update-ref" if short('d') => Some("a branch is deleted"),
        "checkout" | "restore" if rest.contains(&".") || rest.contains(&":/") => {
            Some("changes without a commit are lost")
        }
        _ => None,
    }
}

/// What a text of SQL destroys.
fn sql(text: &str) -> Option<&'static str> {
    let words: Vec<String> = text
        .split(|c: char| !c.is_alphanumeric() && c != '_' && c != ';')
        .flat_map(|word| word.split_inclusive(';'))
        .filter(|word| !word.is_empty())
        .map(str::to_ascii_lowercase)
        .collect();
    let pairs = words.windows(2).enumerate();
    for (at, pair) in pairs {
        match (pair[0].as_str(), pair[1].trim_end_matches(';')) {
            (
                "drop",
                "table" | "database" | "schema" | "view" | "index" | "collection" | "user" | "role",
            ) => {
                return Some("a part of a database is dropped");
            }
            ("truncate", "table") => return Some("a table is emptied"),
            ("delete", "from") => {
                let statement = words[at..].iter().take_while(|word| !word.ends_with(';'));
                if !statement.clone().any(|word| word == "where") {
                    return Some("a table is emptied");
                }
            }
            _ => {}
        }
    }
    text.contains("dropDatabase").then_some("a database is dropped")
}
