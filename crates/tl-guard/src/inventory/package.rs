//! Which package a launcher fetches before it runs it, and whether that is one exact version.
//!
//! In: program and arguments of a server or hook. Out: ecosystem, name, version.

use super::Ecosystem;

/// What a command line fetches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    /// whose name it is
    pub ecosystem: Ecosystem,
    /// without version
    pub name: String,
    /// as written
    pub version: Option<String>,
    /// exact version, digest or commit
    pub pinned: bool,
    /// program that fetches it
    pub launcher: String,
    /// index of the argument that names it
    pub argument: usize,
}

/// How the arguments of a launcher are read.
struct Launcher {
    program: &'static str,
    /// word behind the program, such as `dlx`; empty where there is none
    verbs: &'static [&'static str],
    ecosystem: Ecosystem,
    /// flags that take the next argument
    valued: &'static [&'static str],
    /// of these, the ones whose argument is the package
    package: &'static [&'static str],
}

const NPX: &[&str] = &["-p", "--package", "-c", "--call", "-w", "--workspace", "--registry"];
const NPM_PACKAGE: &[&str] = &["-p", "--package"];
const UVX: &[&str] = &[
    "--from",
    "--with",
    "-w",
    "-p",
    "--python",
    "--index-url",
    "-i",
    "--extra-index-url",
    "--index",
    "--default-index",
    "--directory",
    "--project",
    "--env-file",
    "--with-editable",
    "--with-requirements",
    "-c",
    "--constraints",
    "--cache-dir",
    "--refresh-package",
    "--link-mode",
];
const PIPX: &[&str] = &["--spec", "--python", "--pip-args", "--index-url", "-i"];
const DOCKER: &[&str] = &[
    "-e",
    "--env",
    "-v",
    "--volume",
    "-p",
    "--publish",
    "--name",
    "--network",
    "--net",
    "--mount",
    "-w",
    "--workdir",
    "-u",
    "--user",
    "--env-file",
    "--entrypoint",
    "-h",
    "--hostname",
    "-l",
    "--label",
    "--platform",
    "--add-host",
    "--memory",
    "-m",
    "--cpus",
    "--cap-add",
    "--cap-drop",
    "--security-opt",
    "--device",
    "--gpus",
    "--tmpfs",
    "--restart",
    "--pull",
    "--pid",
    "--ipc",
    "--shm-size",
    "--ulimit",
    "--log-driver",
    "--log-opt",
    "--dns",
    "--group-add",
    "--link",
    "--expose",
    "--userns",
    "--runtime",
    "--stop-signal",
    "--sysctl",
    "--volumes-from",
    "--ip",
    "--cidfile",
    "--cgroup-parent",
    "--annotation",
    "-a",
    "--attach",
    "--context",
    "-H",
    "--host",
];

const LAUNCHERS: &[Launcher] = &[
    Launcher {
        program: "npx",
        verbs: &[],
        ecosystem: Ecosystem::Npm,
        valued: NPX,
        package: NPM_PACKAGE,
    },
    Launcher {
        program: "bunx",
        verbs: &[],
        ecosystem: Ecosystem::Npm,
        valued: NPX,
        package: NPM_PACKAGE,
    },
    Launcher {
        program: "pnpx",
        verbs: &[],
        ecosystem: Ecosystem::Npm,
        valued: NPX,
        package: NPM_PACKAGE,
    },
    Launcher {
        program: "npm",
        verbs: &["exec", "x"],
        ecosystem: Ecosystem::Npm,
        valued: NPX,
        package: NPM_PACKAGE,
    },
    Launcher {
        program: "pnpm",
        verbs: &["dlx"],
        ecosystem: Ecosystem::Npm,
        valued: NPX,
        package: NPM_PACKAGE,
    },
    Launcher {
        program: "yarn",
        verbs: &["dlx"],
        ecosystem: Ecosystem::Npm,
        valued: NPX,
        package: NPM_PACKAGE,
    },
    Launcher {
        program: "bun",
        verbs: &["x"],
        ecosystem: Ecosystem::Npm,
        valued: NPX,
        package: NPM_PACKAGE,
    },
    Launcher {
        program: "uvx",
        verbs: &[],
        ecosystem: Ecosystem::Pypi,
        valued: UVX,
        package: &["--from"],
    },
    Launcher {
        program: "uv",
        verbs: &["tool run"],
        ecosystem: Ecosystem::Pypi,
        valued: UVX,
        package: &["--from"],
    },
    Launcher {
        program: "pipx",
        verbs: &["run"],
        ecosystem: Ecosystem::Pypi,
        valued: PIPX,
        package: &["--spec"],
    },
    Launcher {
        program: "docker",
        verbs: &["run", "container run"],
        ecosystem: Ecosystem::Docker,
        valued: DOCKER,
        package: &[],
    },
    Launcher {
        program: "podman",
        verbs: &["run", "container run"],
        ecosystem: Ecosystem::Docker,
        valued: DOCKER,
        package: &[],
    },
    Launcher {
        program: "nerdctl",
        verbs: &["run"],
        ecosystem: Ecosystem::Docker,
        valued: DOCKER,
        package: &[],
    },
    Launcher {
        program: "deno",
        verbs: &["run", "x"],
        ecosystem: Ecosystem::Npm,
        valued: &["--config", "-c", "--import-map"],
        package: &[],
    },
    Launcher {
        program: "go",
        verbs: &["run"],
        ecosystem: Ecosystem::Go,
        valued: &["-tags", "-ldflags", "-C", "-mod"],
        package: &[],
    },
];

/// Name of a program without its directory and a Windows suffix, in lower case.
pub fn program_name(command: &str) -> String {
    let name = command.rsplit(['/', '\\']).next().unwrap_or(command).to_ascii_lowercase();
    for suffix in [".exe", ".cmd", ".bat", ".ps1"] {
        if let Some(stem) = name.strip_suffix(suffix) {
            return stem.to_owned();
        }
    }
    name
}

/// Splits where a client takes a whole command line as `command`; simple quotes are honoured.
pub fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = None::<String>;
    let mut quote = None;
    for c in line.chars() {
        match (quote, c) {
            (Some(q), c) if c == q => quote = None,
            (None, '"' | '\'') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

/// Reads a command line. `None`: nothing is fetched, or it is a path of this machine.
pub fn fetched(command: &str, args: &[String]) -> Option<Fetched> {
    let (command, args, shift) = unwrapped(command, args);
    let program = program_name(&command);
    let launcher = LAUNCHERS.iter().find_map(|launcher| {
        let behind = behind_verb(launcher, &program, &args)?;
        Some((launcher, behind))
    });
    let (launcher, behind) = launcher?;
    let (argument, name) = package_argument(launcher, &args, behind)?;
    let mut found = named(launcher.ecosystem, &name)?;
    found.argument = argument + shift;
    found.launcher = program;
    Some(found)
}

/// `env A=b npx x`, `cmd /c npx x` and a command line in `command` are read as `npx x`.
/// The third value is how many arguments were taken off the front.
fn unwrapped(command: &str, args: &[String]) -> (String, Vec<String>, usize) {
    let mut all = words(command);
    // A path with blanks is one word: only a known launcher in front makes it a command line.
    let launcher = all.first().is_some_and(|first| {
        let name = program_name(first);
        LAUNCHERS.iter().any(|l| l.program == name) || matches!(name.as_str(), "env" | "cmd")
    });
    if !launcher {
        all = vec![command.to_owned()];
    }
    let mut shift = 0_usize.wrapping_sub(all.len() - 1);
    all.extend(args.iter().cloned());
    for _ in 0..3 {
        let skip = match program_name(&all[0]).as_str() {
            "env" | "sudo" | "nohup" | "exec" => {
                1 + all[1..].iter().take_while(|w| w.contains('=') || w.starts_with('-')).count()
            }
            "cmd" if all.get(1).is_some_and(|w| w.eq_ignore_ascii_case("/c")) => 2,
            _ => 0,
        };
        if skip == 0 || skip >= all.len() {
            break;
        }
        all.drain(..skip);
        shift = shift.wrapping_add(skip);
    }
    let command = all.remove(0);
    (command, all, shift)
}

/// Where the arguments of the launcher itself begin.
fn behind_verb(launcher: &Launcher, program: &str, args: &[String]) -> Option<usize> {
    if launcher.program != program {
        return None;
    }
    if launcher.verbs.is_empty() {
        return Some(0);
    }
    launcher.verbs.iter().find_map(|verb| {
        let words: Vec<&str> = verb.split(' ').collect();
        let first = args.iter().position(|arg| !arg.starts_with('-'))?;
        let there =
            words.iter().enumerate().all(|(i, w)| args.get(first + i).is_some_and(|a| a == w));
        there.then_some(first + words.len())
    })
}

fn package_argument(launcher: &Launcher, args: &[String], from: usize) -> Option<(usize, String)> {
    let mut first = None;
    let mut at = from;
    while let Some(arg) = args.get(at) {
        let (flag, inline) =
            arg.split_once('=').map_or((arg.as_str(), None), |(f, v)| (f, Some(v)));
        if launcher.package.contains(&flag) {
            return match inline {
                Some(value) => Some((at, value.to_owned())),
                None => args.get(at + 1).map(|value| (at + 1, value.clone())),
            };
        }
        if arg.starts_with('-') {
            let valued = inline.is_none() && launcher.valued.contains(&flag);
            at += 1 + usize::from(valued);
            continue;
        }
        first = first.or_else(|| Some((at, arg.clone())));
        break;
    }
    first
}

fn named(ecosystem: Ecosystem, text: &str) -> Option<Fetched> {
    let found = |ecosystem, name: &str, version: Option<&str>, pinned| {
        (!name.is_empty()).then(|| Fetched {
            ecosystem,
            name: name.to_owned(),
            version: version.map(str::to_owned),
            pinned,
            launcher: String::new(),
            argument: 0,
        })
    };
    if is_git(text) {
        let bare = text.strip_prefix("git+").unwrap_or(text);
        let bare = bare.split_once(" @ ").map_or(bare, |(_, url)| url);
        let (url, reference) = split_reference(bare);
        let commit = |r: &str| r.len() == 40 && r.bytes().all(|b| b.is_ascii_hexdigit());
        return found(Ecosystem::Git, url, reference, reference.is_some_and(commit));
    }
    let local = text.starts_with(['.', '/', '~', '$', '\\'])
        || text.starts_with("file:")
        || text.get(1..3).is_some_and(|drive| drive == ":\\" || drive == ":/");
    if local {
        return None;
    }
    match ecosystem {
        Ecosystem::Npm => {
            let text = text.strip_prefix("npm:").unwrap_or(text);
            if text.ends_with(".ts") || text.ends_with(".js") || text.contains("://") {
                return None;
            }
            let at = text.get(1..).and_then(|rest| rest.find('@')).map(|at| at + 1);
            let (name, version) =
                at.map_or((text, None), |at| (&text[..at], Some(&text[at + 1..])));
            found(ecosystem, name, version, version.is_some_and(is_exact))
        }
        Ecosystem::Pypi => {
            pypi(text).and_then(|(name, version, pinned)| found(ecosystem, name, version, pinned))
        }
        Ecosystem::Docker => {
            if let Some((name, digest)) = text.split_once('@') {
                return found(ecosystem, name, Some(digest), digest.starts_with("sha256:"));
            }
            let slash = text.rfind('/').map_or(0, |at| at + 1);
            let tag = text[slash..].find(':').map(|at| at + slash);
            let (name, tag) = tag.map_or((text, None), |at| (&text[..at], Some(&text[at + 1..])));
            found(ecosystem, name, tag, false)
        }
        Ecosystem::Go => {
            if !text.contains('.') || text.ends_with(".go") {
                return None;
            }
            let (name, version) = text.split_once('@').map_or((text, None), |(n, v)| (n, Some(v)));
            let pinned = version.is_some_and(|v| is_exact(v.strip_prefix('v').unwrap_or(v)));
            found(ecosystem, name, version, pinned)
        }
        _ => None,
    }
}

/// `name==1.2`, `name@1.2`, `name[extra]>=1`.
fn pypi(text: &str) -> Option<(&str, Option<&str>, bool)> {
    if text.ends_with(".py") || text.ends_with(".whl") {
        return None;
    }
    let at = text.find(['=', '<', '>', '~', '!', '@', ';']);
    let (name, rest) = at.map_or((text, ""), |at| text.split_at(at));
    let name = name.split('[').next().unwrap_or(name).trim();
    let exact = rest
        .strip_prefix("===")
        .or_else(|| rest.strip_prefix("=="))
        .or_else(|| rest.strip_prefix('@'));
    let version = exact.unwrap_or(rest).trim();
    let pinned = exact.is_some() && is_exact(version);
    Some((name, (!version.is_empty()).then_some(version), pinned))
}

fn is_git(text: &str) -> bool {
    text.contains("git+")
        || text.starts_with("github:")
        || text.starts_with("gitlab:")
        || (text.contains("://") && text.contains(".git"))
}

/// URL and what stands behind `#` or the last `@` of its path.
fn split_reference(url: &str) -> (&str, Option<&str>) {
    if let Some((url, fragment)) = url.split_once('#') {
        let inline = split_reference(url);
        let pip = fragment.contains("egg=") || fragment.contains("subdirectory=");
        return if pip { inline } else { (url, Some(fragment)) };
    }
    let path = url.find("://").map_or(0, |at| at + 3);
    let slash = url[path..].find('/').map_or(url.len(), |at| at + path);
    match url[slash..].rfind('@') {
        Some(at) => (&url[..slash + at], Some(&url[slash + at + 1..])),
        None => (url, None),
    }
}

/// `1.2.3`, `1.2.3-rc.1`, `2024.11`: no range, no wildcard, no tag.
pub fn is_exact(version: &str) -> bool {
    let version = version.strip_prefix('v').unwrap_or(version);
    let core = version.split(['-', '+']).next().unwrap_or(version);
    let numbers = core.split('.').collect::<Vec<_>>();
    numbers.len() >= 2
        && numbers[0].bytes().all(|b| b.is_ascii_digit())
        && numbers.iter().all(|part| {
            part.starts_with(|c: char| c.is_ascii_digit())
                && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'!')
                && !part.eq_ignore_ascii_case("x")
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(line: &str) -> String {
        let mut all = words(line);
        let command = all.remove(0);
        fetched(&command, &all).map_or_else(
            || "nothing".to_owned(),
            |f| {
                let version = f.version.as_deref().unwrap_or("-");
                format!("{:?} {} {version} {} {}", f.ecosystem, f.name, f.pinned, f.argument)
            },
        )
    }

    #[test]
    fn launchers_and_their_flags_are_read() {
        for (line, expected) in [
            ("npx -y @acme/mcp", "Npm @acme/mcp - false 1"),
            ("npx -y @acme/mcp@1.2.3 --port 3", "Npm @acme/mcp 1.2.3 true 1"),
            ("npx -y @acme/mcp@latest", "Npm @acme/mcp latest false 1"),
            ("npx -y mcp@^1.2.0", "Npm mcp ^1.2.0 false 1"),
            ("npx --package=mcp@1.0.0 run-it", "Npm mcp 1.0.0 true 0"),
            ("npx -p mcp run-it", "Npm mcp - false 1"),
            ("/usr/bin/pnpm dlx mcp@2.0.0", "Npm mcp 2.0.0 true 1"),
            ("cmd /c npx -y mcp", "Npm mcp - false 3"),
            ("env A=b npx -y mcp@1", "Npm mcp 1 false 3"),
            ("uvx --python 3.12 mcp-server", "Pypi mcp-server - false 2"),
            ("uvx mcp-server==1.2.3", "Pypi mcp-server 1.2.3 true 0"),
            ("uvx mcp-server@1.2.3", "Pypi mcp-server 1.2.3 true 0"),
            ("uvx --from mcp[cli]>=1 mcp", "Pypi mcp >=1 false 1"),
            ("uv tool run mcp", "Pypi mcp - false 2"),
            ("uv run server.py", "nothing"),
            ("pipx run mcp", "Pypi mcp - false 1"),
            (
                "docker run -i --rm -e TOKEN ghcr.io/acme/mcp:1.2",
                "Docker ghcr.io/acme/mcp 1.2 false 5",
            ),
            ("docker run -i host:5000/mcp", "Docker host:5000/mcp - false 2"),
            ("docker ps", "nothing"),
            ("go run example.com/mcp@v1.2.3", "Go example.com/mcp v1.2.3 true 1"),
            ("go run .", "nothing"),
            ("npx ./local", "nothing"),
            ("node server.js", "nothing"),
            ("deno run -A npm:mcp@1.0.0", "Npm mcp 1.0.0 true 2"),
        ] {
            assert_eq!(seen(line), expected, "{line}");
        }
    }

    #[test]
    fn a_repository_is_pinned_by_its_commit_only() {
        let commit = "0123456789abcdef0123456789abcdef01234567";
        assert_eq!(
            seen(&format!("uvx --from git+https://example.com/a/b@{commit} b")),
            format!("Git https://example.com/a/b {commit} true 1")
        );
        assert_eq!(
            seen("uvx --from git+https://example.com/a/b@main b"),
            "Git https://example.com/a/b main false 1"
        );
        assert_eq!(seen("npx -y github:acme/mcp"), "Git github:acme/mcp - false 1");
        assert_eq!(
            seen("uvx --from git+ssh://git@example.com/a/b b"),
            "Git ssh://git@example.com/a/b - false 1"
        );
    }

    #[test]
    fn a_digest_pins_an_image() {
        let digest = format!("sha256:{}", "a".repeat(64));
        assert!(seen(&format!("docker run acme/mcp@{digest}")).ends_with("true 1"));
    }

    #[test]
    fn a_command_line_in_one_word_is_read() {
        let f = fetched("npx -y mcp@1.0.0", &["--x".to_owned()]).unwrap();
        assert_eq!((f.name.as_str(), f.pinned), ("mcp", true));
        assert_eq!(fetched("/opt/my tools/run", &[]), None);
    }
}
