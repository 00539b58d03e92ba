use std::fs;

use super::*;
use crate::inventory::Server;

/// A machine with a home, a work tree and a `bin` in the `PATH`.
struct Machine {
    root: tempfile::TempDir,
    path: Vec<PathBuf>,
}

impl Machine {
    fn new(files: &[(&str, &str)]) -> Self {
        let root = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        for dir in ["home", "home/tree"] {
            fs::create_dir_all(root.path().join(dir)).unwrap();
        }
        let path = vec![root.path().join("system/bin")];
        Self { root, path }
    }

    fn at(&self, path: &str) -> PathBuf {
        self.root.path().join(path)
    }

    /// The one server of a `.mcp.json`, started.
    fn start(&self, entry: &str) -> Result<Start, String> {
        let text = format!(r#"{{"mcpServers": {{"s": {entry}}}}}"#);
        fs::write(self.at("home/tree/.mcp.json"), text).unwrap();
        let (home, tree) = (self.at("home"), self.at("home/tree"));
        let host = crate::testing::host(&tree);
        let ask = crate::discover::Ask {
            home: false,
            repositories: true,
            all: false,
            listeners: false,
            contents: false,
            file: None,
        };
        let found = crate::discover::discover(&host, ask, &mut |_| ());
        let server: &Server = &found.inventory.servers[0];
        let around = Around { home: Some(&home), tree: Some(&tree), path: &self.path };
        start(server, &around).map_err(|refusal| refusal.to_string())
    }
}

const MANIFEST: &str =
    r#"{"version": "1.2.3", "bin": {"server-mail": "dist/index.js", "other": "o.js"}}"#;

#[test]
fn a_program_of_the_work_tree_may_read_the_work_tree_and_no_more() {
    let machine = Machine::new(&[("system/bin/node", ""), ("home/tree/build/index.js", "")]);
    let started =
        machine.start(r#"{"command": "node", "args": ["build/index.js", "--x"]}"#).unwrap();
    assert_eq!(started.program, machine.at("system/bin/node"));
    assert_eq!(started.args, ["build/index.js", "--x"]);
    assert_eq!(started.dir, Some(machine.at("home/tree")));
    let roots = [machine.at("home/tree"), machine.at("system/bin")];
    assert_eq!(started.read, roots);
}

#[test]
fn a_home_is_never_opened_as_a_whole() {
    let machine = Machine::new(&[
        ("home/server.sh", "#!/bin/sh\n"),
        ("home/package.json", "{}"),
        ("home/bin/tool", "#!/usr/bin/env -S tool2 x\n"),
        ("home/lib/x", ""),
        ("system/bin/tool2", ""),
    ]);
    let started = machine.start(r#"{"command": "~/server.sh", "args": ["${HOME}"]}"#).unwrap();
    assert_eq!(started.read, [machine.at("home/server.sh")]);
    let started = machine.start(r#"{"command": "~/bin/tool"}"#).unwrap();
    assert_eq!(started.read, [machine.at("home/bin"), machine.at("system/bin")]);
}

#[test]
fn a_launcher_is_replaced_by_the_installed_package_of_its_version() {
    let machine = Machine::new(&[
        ("system/bin/node", ""),
        ("system/lib/node_modules/@acme/server-mail/package.json", MANIFEST),
        ("system/lib/node_modules/@acme/server-mail/dist/index.js", ""),
        ("system/lib/node_modules/@acme/server-mail/o.js", ""),
    ]);
    let script = machine.at("system/lib/node_modules/@acme/server-mail/dist/index.js");
    let started = machine
        .start(r#"{"command": "npx", "args": ["-y", "@acme/server-mail@1.2.3", "--verbose"]}"#)
        .unwrap();
    assert_eq!(started.args, [script.to_str().unwrap(), "--verbose"]);
    assert!(started.read.contains(&machine.at("system/lib/node_modules")), "{:?}", started.read);
    let other = machine
        .start(r#"{"command": "npx", "args": ["-p", "@acme/server-mail", "other", "a"]}"#)
        .unwrap();
    assert!(other.args[0].ends_with("o.js") && other.args[1] == "a", "{:?}", other.args);
    let refused = machine.start(r#"{"command": "npx", "args": ["-y", "@acme/server-mail@9.9.9"]}"#);
    assert!(
        refused
            .unwrap_err()
            .starts_with("is fetched by `npx`, and cannot be asked without network")
    );
}

#[test]
fn a_tool_of_python_is_found_where_its_installer_puts_it() {
    let tools = "home/.local/share/uv/tools/mcp-server-mail";
    let machine = Machine::new(&[
        (&format!("{tools}/bin/mcp-server-mail"), "#!/opt/python3\n"),
        (&format!("{tools}/pyvenv.cfg"), "home = /usr/bin\n"),
        (
            &format!("{tools}/lib/python3.12/site-packages/mcp_server_mail-1.0.dist-info/METADATA"),
            "",
        ),
    ]);
    for package in ["mcp-server-mail", "mcp-server-mail==1.0"] {
        let entry = format!(r#"{{"command": "uvx", "args": ["{package}"]}}"#);
        let started = machine.start(&entry).unwrap();
        assert_eq!(started.program, machine.at(tools).join("bin/mcp-server-mail"), "{package}");
        assert!(started.read.contains(&machine.at(tools)));
    }
    assert!(machine.start(r#"{"command": "uvx", "args": ["mcp-server-mail==2.0"]}"#).is_err());
}

#[test]
fn a_project_of_uv_is_started_from_its_environment() {
    let machine = Machine::new(&[
        ("home/src/mail/.venv/bin/python", ""),
        ("home/src/mail/.venv/pyvenv.cfg", ""),
        ("home/src/mail/pyproject.toml", ""),
        ("home/src/mail/server.py", ""),
    ]);
    let entry =
        r#"{"command": "uv", "args": ["--directory", "~/src/mail", "run", "server.py", "-v"]}"#;
    let started = machine.start(&entry.replace("~", machine.at("home").to_str().unwrap())).unwrap();
    assert_eq!(started.program, machine.at("home/src/mail/.venv/bin/python"));
    assert_eq!(started.args, [machine.at("home/src/mail/server.py").to_str().unwrap(), "-v"]);
    assert!(started.read.contains(&machine.at("home/src/mail")), "{:?}", started.read);
    assert!(machine.start(r#"{"command": "uv", "args": ["run", "none.py"]}"#).is_err());
}

#[test]
fn a_shim_is_replaced_by_the_program_of_the_version_that_is_set() {
    let mut machine = Machine::new(&[
        ("home/.pyenv/shims/python3", "#!/usr/bin/env bash\n"),
        ("home/.pyenv/shims/other", "#!/usr/bin/env bash\n"),
        ("home/.pyenv/version", "3.12\n"),
        ("home/.pyenv/versions/3.12.9/bin/python3", ""),
        ("home/.pyenv/versions/3.12.11/bin/python3", ""),
        ("home/.pyenv/versions/3.12.11/lib/x", ""),
        ("home/.pyenv/versions/3.9.1/bin/python3", ""),
        ("home/tree/server.py", ""),
    ]);
    machine.path.insert(0, machine.at("home/.pyenv/shims"));
    let python = r#"{"command": "python3", "args": ["server.py"]}"#;
    let started = machine.start(python).unwrap();
    let version = machine.at("home/.pyenv/versions/3.12.11");
    assert_eq!(started.program, version.join("bin/python3"));
    assert!(started.read.contains(&version), "{:?}", started.read);
    // The project's own word counts more, and chooses among versions alone.
    fs::write(machine.at("home/tree/.python-version"), "3.9.1\n").unwrap();
    let older = machine.at("home/.pyenv/versions/3.9.1/bin/python3");
    assert_eq!(machine.start(python).unwrap().program, older);
    fs::write(machine.at("home/tree/.python-version"), "../../../tree\n").unwrap();
    assert!(machine.start(python).unwrap_err().contains("asks a version manager"));
    // Where the system has one too, that is what the manager calls `system`.
    fs::create_dir_all(machine.at("system/bin")).unwrap();
    fs::write(machine.at("system/bin/python3"), "").unwrap();
    fs::write(machine.at("home/tree/.python-version"), "system\n").unwrap();
    assert_eq!(machine.start(python).unwrap().program, machine.at("system/bin/python3"));
    let refused = machine.start(r#"{"command": "other"}"#).unwrap_err();
    assert!(refused.contains("name the program itself"), "{refused}");
}

#[test]
fn what_cannot_be_started_is_told_why() {
    let machine = Machine::new(&[]);
    let why = |entry: &str| machine.start(entry).unwrap_err();
    assert_eq!(why(r#"{"url": "http://localhost:1/mcp"}"#), "is no program of this machine");
    assert!(
        why(r#"{"command": "docker", "args": ["run", "x"]}"#).starts_with("runs in a container")
    );
    assert_eq!(
        why(r#"{"command": "no-such-program"}"#),
        "cannot be started: there is no program `no-such-program`"
    );
    assert!(why(r#"{"command": "npx", "args": ["-y", "a"]}"#).contains("install `a`"));
}

/// A repository's configuration, links, scripts and packages come from others.
#[cfg(unix)]
#[test]
fn what_a_person_keeps_to_himself_is_read_by_no_server_of_a_repository() {
    let machine = Machine::new(&[
        ("system/bin/node", ""),
        ("home/.ssh/key", "secret"),
        ("home/.ssh/a.js", "secret"),
        ("home/notes/diary.txt", "secret"),
        ("home/tree/.venv/pyvenv.cfg", "home = HOME/.ssh/key\n"),
        ("home/tree/.venv/bin/python", ""),
        ("home/tree/x.py", ""),
        (
            "home/tree/node_modules/evil/package.json",
            r#"{"version": "1.0.0", "bin": "../../../.ssh/key"}"#,
        ),
    ]);
    let link =
        std::os::unix::fs::symlink(machine.at("home/.ssh/key"), machine.at("home/tree/link.js"));
    link.unwrap();
    let config = machine.at("home/tree/.venv/pyvenv.cfg");
    let home = machine.at("home").to_str().unwrap().to_owned();
    fs::write(&config, format!("home = {home}/.ssh/key\n")).unwrap();
    for entry in [
        r#"{"command": "node", "args": ["~/.ssh/key"]}"#,
        r#"{"command": "node", "args": ["~/.ssh/a.js"]}"#,
        r#"{"command": "node", "args": ["--dir=HOME/.ssh"]}"#,
        r#"{"command": "node", "args": ["../.ssh/a.js"]}"#,
        r#"{"command": "node", "args": ["~/tree/../.ssh/key"]}"#,
        r#"{"command": "node", "args": ["link.js"]}"#,
        r#"{"command": "node", "args": ["../notes/diary.txt"]}"#,
        r#"{"command": "node", "args": ["~/notes"]}"#,
        r#"{"command": "node", "args": ["~/notes/diary.txt"]}"#,
        r#"{"command": "./.venv/bin/python", "args": ["x.py"]}"#,
        r#"{"command": "npx", "args": ["evil@1.0.0"]}"#,
    ] {
        let started = machine.start(&entry.replace("HOME", &home));
        let read = started.map(|start| start.read).unwrap_or_default();
        for secret in ["home/.ssh/key", "home/.ssh/a.js", "home/notes/diary.txt"] {
            let secret = machine.at(secret);
            assert!(!read.iter().any(|read| secret.starts_with(read)), "{entry}: {read:?}");
        }
    }
}
