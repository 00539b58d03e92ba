//! GA001: files that hold keys or passwords.

use tl_core::verdict::Effect;

use super::{Found, Kind, SECRET_PATH, Scene, Touch};
use crate::hook::paths::Spot;
use crate::shell::Command;

/// Directories of secrets: names that follow each other anywhere in a path. What is below is secret.
const DIRECTORIES: &[&[&str]] = &[
    &[".ssh"],
    &[".aws"],
    &[".gnupg"],
    &[".azure"],
    &[".password-store"],
    &[".config", "gcloud"],
    &[".config", "op"],
    &[".config", "solana"],
    &[".ethereum", "keystore"],
    &[".local", "share", "keyrings"],
    &["Library", "Keychains"],
    &[".1password"],
    &[".oci"],
];

/// Files of secrets, in the same form.
const FILES: &[&[&str]] = &[
    &[".netrc"],
    &["_netrc"],
    &[".pgpass"],
    &[".my.cnf"],
    &[".git-credentials"],
    &[".pypirc"],
    &[".vault-token"],
    &[".kube", "config"],
    &[".docker", "config.json"],
    &[".config", "gh", "hosts.yml"],
    &[".config", "hub"],
    &[".config", "doctl", "config.yaml"],
    &[".config", "git", "credentials"],
    &[".config", "rclone", "rclone.conf"],
    &[".config", "heroku", "credentials"],
    &[".cargo", "credentials"],
    &[".cargo", "credentials.toml"],
    &[".gem", "credentials"],
    &[".composer", "auth.json"],
    &[".terraform.d", "credentials.tfrc.json"],
    &[".claude", ".credentials.json"],
    &[".codex", "auth.json"],
    &[".gemini", "oauth_creds.json"],
    &[".copilot", "config.json"],
    &[".bitcoin", "wallet.dat"],
    &["etc", "shadow"],
    &["etc", "gshadow"],
    &["etc", "sudoers"],
    &[".bash_history"],
    &[".zsh_history"],
    &[".python_history"],
    &[".psql_history"],
    &[".mysql_history"],
];

/// Names of files of secrets, wherever they are.
const NAMES: &[&str] = &[
    "id_rsa",
    "id_dsa",
    "id_ecdsa",
    "id_ed25519",
    "id_ed25519_sk",
    "id_ecdsa_sk",
    "logins.json",
    "key4.db",
    "key3.db",
    "Login Data",
    "Cookies",
    "cookies.sqlite",
    "credentials.json",
    "service-account.json",
    "secrets.yml",
    "secrets.yaml",
    ".htpasswd",
    "wp-config.php",
    "master.key",
];

/// Endings of files of secrets.
const ENDINGS: &[&str] =
    &[".kdbx", ".p12", ".pfx", ".jks", ".keystore", ".ppk", ".ovpn", ".agekey"];

/// Names below secret directories that are public.
const PUBLIC: &[&str] = &["known_hosts", "known_hosts.old", "authorized_keys", "allowed_signers"];

pub(super) fn check(scene: &Scene<'_>, out: &mut Vec<Found>) {
    let fold = scene.ground.folds_case();
    for touch in scene.touches.iter().filter(|touch| touch.kind != Kind::Write) {
        if touch.kind == Kind::Delete && !touch.deep {
            continue;
        }
        let Some(shown) = touch.place.spots().find(|spot| is_secret_spot(spot, touch, fold)) else {
            continue;
        };
        let inside = touch.place.inside() && touch.place.written.below.is_some();
        let effect = if inside { Effect::Ask } else { Effect::Deny };
        out.push(Found {
            doc: &SECRET_PATH,
            effect: Some(effect),
            text: format!("`{}` holds keys or passwords", shown.shown),
            resource: touch.place.name().to_owned(),
        });
    }
    for step in &scene.steps {
        if let Some(needle) = code_needle(step) {
            out.push(Found {
                doc: &SECRET_PATH,
                effect: None,
                text: format!(
                    "the code that is run names `{needle}`, which holds keys or passwords"
                ),
                resource: step.shown(),
            });
        }
    }
    for touch in &scene.touches {
        let whole = touch.place.real.shown == "~" || touch.place.real.shown == "/";
        if touch.kind == Kind::Read && touch.deep && whole {
            out.push(Found {
                doc: &SECRET_PATH,
                effect: Some(Effect::Ask),
                text: format!(
                    "all of `{}` is read, with keys and passwords in it",
                    touch.place.real.shown
                ),
                resource: touch.place.real.shown.clone(),
            });
        }
    }
}

/// Whether a name is one of files of variables with secrets, not an example of one.
fn is_environment(name: &str) -> bool {
    let example = ["example", "sample", "template", "dist", "defaults", "schema"];
    name == ".envrc"
        || name == ".env"
        || name
            .strip_prefix(".env.")
            .is_some_and(|rest| !rest.split('.').any(|part| example.contains(&part)))
}

/// Whether a path as it is written is that of a file of keys or passwords, and of which sort.
pub(super) fn named(path: &str, glob: bool) -> Option<Holds> {
    let parts: Vec<&str> = path.split(['/', '\\']).filter(|part| !part.is_empty()).collect();
    let outside = path.starts_with(['~', '/']);
    let secret = if glob { may_be_secret(&parts, !outside) } else { is_secret(&parts, false) };
    let below = |pattern: &&[&str]| parts.windows(pattern.len()).any(|window| window == *pattern);
    let strong = outside || DIRECTORIES.iter().any(below);
    secret.then_some(if strong { Holds::Keys } else { Holds::Settings })
}

/// What a secret file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holds {
    /// A person's own keys, wherever they open.
    Keys,
    /// What a project is set up with: `.env`.
    Settings,
}

fn is_secret_spot(spot: &Spot, touch: &Touch, fold: bool) -> bool {
    let parts: Vec<&str> = spot.shown.split('/').filter(|part| !part.is_empty()).collect();
    if touch.glob {
        return may_be_secret(&parts, spot.below.is_some());
    }
    // The one of a repository names registries, that of a home holds tokens.
    is_secret(&parts, fold) || (spot.below.is_none() && parts.last() == Some(&".npmrc"))
}

fn is_secret(parts: &[&str], fold: bool) -> bool {
    let same = |a: &str, b: &str| if fold { a.eq_ignore_ascii_case(b) } else { a == b };
    let Some(name) = parts.last() else { return false };
    let ends = |pattern: &[&str]| {
        parts.len() >= pattern.len()
            && parts[parts.len() - pattern.len()..].iter().zip(pattern).all(|(a, b)| same(a, b))
    };
    let below = |pattern: &&[&str]| {
        parts
            .windows(pattern.len())
            .any(|window| window.iter().zip(*pattern).all(|(a, b)| same(a, b)))
    };
    let public = PUBLIC.contains(name) || name.ends_with(".pub");
    let process = parts.len() == 3 && parts[0] == "proc" && parts[2] == "environ";
    (DIRECTORIES.iter().any(below) && !public)
        || FILES.iter().any(|pattern| ends(pattern))
        || NAMES.iter().any(|known| same(name, known))
        || ENDINGS
            .iter()
            .any(|ending| name.len() > ending.len() && name.to_ascii_lowercase().ends_with(ending))
        || is_environment(name)
        || process
}

/// Whether a pattern of a shell may be a secret: `~/.ss*/id*`.
fn may_be_secret(parts: &[&str], inside: bool) -> bool {
    if inside {
        return parts
            .last()
            .is_some_and(|name| name.starts_with('.') && shell_matches(name, ".env"));
    }
    let known =
        DIRECTORIES.iter().map(|pattern| (*pattern, true)).chain(FILES.iter().map(|p| (*p, false)));
    known.into_iter().any(|(pattern, directory)| {
        // The pattern may begin at any name of the path; a directory's content may be left out.
        (0..parts.len()).any(|at| {
            let rest = &parts[at..];
            let fits = rest.len() >= pattern.len()
                && rest.iter().zip(pattern).all(|(a, b)| shell_matches(a, b));
            // Only stars would be every file there is.
            let named =
                rest.iter().take(pattern.len()).any(|part| part.chars().any(char::is_alphanumeric));
            fits && named && (directory || rest.len() == pattern.len())
        })
    }) || parts.last().is_some_and(|name| {
        name.chars().filter(|c| c.is_alphanumeric()).count() >= 2
            && NAMES.iter().any(|known| shell_matches(name, known))
    })
}

/// Whether a name is one of a pattern's. `*` does not stand for a dot at the front.
fn shell_matches(pattern: &str, name: &str) -> bool {
    if name.starts_with('.') && !pattern.starts_with(['.', '[']) {
        return false;
    }
    let pattern: Vec<char> = pattern.chars().collect();
    let mut reached = vec![false; pattern.len() + 1];
    reached[0] = true;
    let spread = |reached: &mut Vec<bool>| {
        for at in 0..pattern.len() {
            reached[at + 1] |= reached[at] && pattern[at] == '*';
        }
    };
    spread(&mut reached);
    for c in name.chars() {
        let mut next = vec![false; pattern.len() + 1];
        for at in (0..pattern.len()).filter(|at| reached[*at]) {
            match pattern[at] {
                '*' => next[at] = true,
                '?' => next[at + 1] = true,
                '[' => {
                    // A set is taken to hold every character: nothing is missed.
                    let end = pattern[at..].iter().position(|c| *c == ']');
                    next[end.map_or(at + 1, |end| at + end + 1)] = true;
                }
                other => next[at + 1] |= other == c,
            }
        }
        spread(&mut next);
        reached = next;
    }
    reached[pattern.len()]
}

/// Names that no code needs but for what they hold.
pub(super) const NEEDLES: &[&str] = &[
    ".ssh/",
    "id_rsa",
    "id_ed25519",
    "id_ecdsa",
    ".aws/credentials",
    ".gnupg/",
    ".netrc",
    ".pgpass",
    ".git-credentials",
    ".kube/config",
    ".docker/config.json",
    "etc/shadow",
    ".config/gcloud",
    "Login Data",
    "key4.db",
    ".vault-token",
    "/proc/self/environ",
];

/// A secret that inline code of an interpreter names.
fn code_needle(step: &super::Step) -> Option<&'static str> {
    let code = inline_code(&step.command)?;
    NEEDLES.iter().find(|needle| code.contains(**needle)).copied()
}

/// Code that an interpreter is given in a word or as its input.
pub(super) fn inline_code(command: &Command) -> Option<&str> {
    let interpreter = ["python", "node", "perl", "ruby", "php", "deno", "bun", "lua", "osascript"];
    let program = command.program();
    if !interpreter.iter().any(|name| program.starts_with(name)) {
        return None;
    }
    let arguments = command.arguments();
    let inline = arguments.iter().position(|word| {
        matches!(
            word.text.as_str(),
            "-c" | "-e" | "-E" | "-r" | "-p" | "-pe" | "-ne" | "--eval" | "eval" | "--print"
        )
    });
    let code = inline.and_then(|at| arguments.get(at + 1)).map(|word| word.text.as_str());
    code.or(command.input.as_deref())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(path: &str) -> bool {
        is_secret(&path.split('/').filter(|part| !part.is_empty()).collect::<Vec<_>>(), false)
    }

    #[test]
    fn keys_and_passwords_are_secret_and_what_is_beside_them_is_not() {
        for path in [
            "~/.ssh/id_rsa",
            "~/.ssh/work",
            "~/.aws/credentials",
            "~/.config/gcloud/x/y.json",
            "/etc/shadow",
            "~/.kube/config",
            "/srv/ana/.ssh/id_ed25519",
            "/proc/self/environ",
            "a/.env",
            "a/.env.production",
            "~/keys.kdbx",
            "~/.ssh",
        ] {
            assert!(secret(path), "{path}");
        }
        for path in [
            "~/.ssh/id_rsa.pub",
            "~/.ssh/known_hosts",
            "a/.env.example",
            "a/environ",
            "src/aws/client.rs",
            "~/.config/nvim/init.lua",
            "etc/hosts",
            "docs/ssh.md",
            "/proc/self/status",
        ] {
            assert!(!secret(path), "{path}");
        }
    }

    #[test]
    fn a_pattern_that_may_be_a_secret_is_one() {
        let may = |path: &str, inside| may_be_secret(&path.split('/').collect::<Vec<_>>(), inside);
        for path in ["~/.ss*/id*", "~/.ss?/x", "~/.[s]sh/*", "~/.aws/*", "~/*/id_rs*", "~/.netr*"] {
            assert!(may(path, false), "{path}");
        }
        for path in ["~/*", "~/src/*", "*/*.rs", "~/notes/*.md"] {
            assert!(!may(path, false), "{path}");
        }
        assert!(may("a/.e*", true) && !may("a/*", true) && !may("src/id_*", true));
    }
}
