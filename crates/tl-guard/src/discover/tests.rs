use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use tempfile::TempDir;

use super::*;
use crate::host::Os;
use crate::inventory::{Client, Launch, Scope};
use crate::text::unit::Role;

struct Tree(TempDir);

impl Tree {
    fn new(files: &[(&str, &str)]) -> Self {
        let tree = Self(TempDir::new().unwrap());
        for (path, text) in files {
            tree.write(path, text);
        }
        tree
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.0.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn path(&self, below: &str) -> std::path::PathBuf {
        self.0.path().join(below)
    }

    fn host(&self, os: Os) -> Host {
        Host {
            os,
            home: Some(self.path("home")),
            system: self.path("system"),
            variables: BTreeMap::new(),
            repositories: vec![self.path("repo")],
        }
    }

    fn look(&self, os: Os) -> (Discovered, Vec<Artifact>) {
        let mut artifacts = Vec::new();
        fs::create_dir_all(self.path("repo")).unwrap();
        let found = discover(&self.host(os), ALL, &mut |artifact| artifacts.push(artifact));
        (found, artifacts)
    }
}

const ALL: Ask<'_> =
    Ask { home: true, repositories: true, all: false, listeners: true, contents: true, file: None };
const SERVER: &str = r#"{"mcpServers":{"a":{"command":"npx","args":["-y","pkg"]}}}"#;

fn servers(found: &Discovered) -> Vec<String> {
    let name = |s: &crate::inventory::Server| format!("{:?} {:?} {}", s.client, s.scope, s.name);
    found.inventory.servers.iter().map(name).collect()
}

#[test]
fn every_table_of_servers_is_read_at_its_place() {
    let toml = "[mcp_servers.a]\ncommand = \"npx\"\nargs = [\"-y\", \"pkg\"]\n";
    for place in crate::location::all() {
        let Some(shape) =
            place.shapes.first().filter(|s| **s != crate::inventory::shape::Shape::None)
        else {
            continue;
        };
        let server = r#"{"a":{"command":"npx","args":["-y","pkg"]}}"#;
        let text = match shape {
            _ if place.path.ends_with(".toml") => toml.to_owned(),
            crate::inventory::shape::Shape::Map(keys) => keys
                .rsplit('/')
                .fold(server.to_owned(), |inner, key| format!("{{\"{key}\":{inner}}}")),
            crate::inventory::shape::Shape::List(key) => {
                format!(r#"{{"{key}":[{{"name":"a","command":"npx","args":["-y","pkg"]}}]}}"#)
            }
            crate::inventory::shape::Shape::Catalogue(key) => format!("{{\"{key}\":{server}}}"),
            other => panic!("{}: {other:?}", place.path),
        };
        let os = place.os[0];
        let tree = Tree::new(&[]);
        let components = match place.scope {
            Scope::Project => vec![format!("repo/{}", place.path)],
            _ => crate::location::expanded(place, &tree.host(os))
                .into_iter()
                .map(|c| match c[0].as_str() {
                    "~" => format!("home/{}", c[1..].join("/")),
                    drive if drive.ends_with(':') => format!("system/{}", c[1..].join("/")),
                    _ => format!("system/{}", c.join("/")),
                })
                .collect(),
        };
        let file = components[0].replace("**", "deep").replace('*', "any");
        tree.write(&file, &text);
        let (found, _) = tree.look(os);
        let expected = format!("{:?} {:?} a", place.client, place.scope);
        assert_eq!(servers(&found), [expected], "{file}");
        assert_eq!(found.inventory.packages.len(), 1, "{file}");
        assert_eq!(found.problems, [], "{file}");
    }
}

#[test]
fn instructions_count_at_any_depth_and_in_dependencies() {
    let tree = Tree::new(&[
        ("repo/AGENTS.md", "a"),
        ("repo/sub/dir/CLAUDE.md", "b"),
        ("repo/node_modules/x/AGENTS.md", "c"),
        ("repo/node_modules/x/index.js", "d"),
        ("repo/README.md", "e"),
        ("repo/src/main.py", "f"),
    ]);
    let (found, artifacts) = tree.look(Os::Linux);
    let rules: Vec<_> =
        found.inventory.rule_files.iter().map(|r| (r.at.path.as_str(), r.scope)).collect();
    assert_eq!(
        rules,
        [
            ("AGENTS.md", Scope::Project),
            ("node_modules/x/AGENTS.md", Scope::Dependency),
            ("sub/dir/CLAUDE.md", Scope::Project),
        ]
    );
    let roles: Vec<_> = artifacts.iter().map(|a| (a.at.path.as_str(), a.role)).collect();
    assert!(roles.contains(&("README.md", Role::Document)));
    assert!(roles.contains(&("src/main.py", Role::Source)));
    assert!(!roles.iter().any(|(path, _)| path.ends_with("index.js")));
}

#[test]
fn a_skill_is_its_document_and_all_beside_it() {
    let head = "---\nname: mail\ndescription: Reads mail.\nallowed-tools: Bash(ls:*), Read\n---\n";
    let tree = Tree::new(&[
        ("repo/.claude/skills/mail/SKILL.md", head),
        ("repo/.claude/skills/mail/scripts/run.py", "print()"),
        ("home/.claude/skills/mine/SKILL.md", "no head"),
        ("home/.claude/skills/mine/a.txt", "a"),
        ("repo/.claude/agents/bo.md", "---\nname: bo\n---\n"),
    ]);
    let (found, artifacts) = tree.look(Os::Linux);
    let shown: Vec<_> = found
        .inventory
        .skills
        .iter()
        .map(|s| format!("{:?} {} {} {:?}", s.kind, s.name, s.files.len(), s.allowed_tools))
        .collect();
    assert_eq!(
        shown,
        [r#"Agent bo 1 []"#, r#"Skill mail 2 ["Bash(ls:*)", "Read"]"#, r#"Skill mine 2 []"#]
    );
    let files = artifacts.iter().filter(|a| a.role == Role::SkillFile).count();
    assert_eq!(files, 2);
}

#[test]
fn hooks_of_all_forms_and_their_targets_are_listed() {
    let settings = r#"{
      "hooks": {"PreToolUse": [{"matcher": "Bash", "hooks": [
        {"type": "command", "command": "$CLAUDE_PROJECT_DIR/check.sh --fast", "onFailure": "block"}]}]},
      "apiKeyHelper": "./key.sh",
      "permissions": {"allow": ["Bash(*)", "Read"], "defaultMode": "bypassPermissions"},
      "env": {"ANTHROPIC_BASE_URL": "https://x.example", "MY_TOKEN": "not kept"}
    }"#;
    let tree = Tree::new(&[
        ("repo/.claude/settings.json", settings),
        ("repo/check.sh", "true"),
        (
            "repo/.cursor/hooks.json",
            r#"{"version":1,"hooks":{"beforeReadFile":[{"command":"x"}]}}"#,
        ),
        (
            "repo/.github/hooks/a.json",
            r#"{"version":1,"hooks":{"preToolUse":[{"type":"command","bash":"b","powershell":"p"}]}}"#,
        ),
        (
            "repo/.vscode/tasks.json",
            r#"{"tasks":[{"command":"make","args":["x"],"runOptions":{"runOn":"folderOpen"}},{"command":"y"}]}"#,
        ),
        ("repo/.clinerules/hooks/PreToolUse", "#!/bin/sh\n"),
    ]);
    let (found, _) = tree.look(Os::Linux);
    let shown: Vec<_> = found
        .inventory
        .hooks
        .iter()
        .map(|h| format!("{:?} {} {} {}", h.client, h.event, h.command, h.target.is_some()))
        .collect();
    assert_eq!(
        shown,
        [
            "ClaudeCode PreToolUse $CLAUDE_PROJECT_DIR/check.sh --fast true",
            "ClaudeCode apiKeyHelper ./key.sh false",
            "Cline PreToolUse .clinerules/hooks/PreToolUse true",
            "Cursor beforeReadFile x false",
            "CopilotCli preToolUse b false",
            "CopilotCli preToolUse p false",
            "Vscode folderOpen make x false",
        ]
    );
    let json = serde_json::to_string(&found.inventory).unwrap();
    assert!(!json.contains("MY_TOKEN") && json.contains("https://x.example"));
}

#[test]
fn a_configuration_that_no_table_knows_is_of_an_unknown_client() {
    let tree = Tree::new(&[("repo/tools/agent.json", SERVER), ("repo/package.json", "{}")]);
    let (found, artifacts) = tree.look(Os::Linux);
    assert_eq!(servers(&found), ["Unknown Project a"]);
    assert!(artifacts.iter().any(|a| a.role == Role::Config && a.at.path == "tools/agent.json"));
}

#[test]
fn shapes_of_all_clients_are_read_under_a_wrong_name() {
    for (text, expected) in [
        (
            r#"{"servers":{"a":{"url":"https://x.example","headers":{"A":"b"}}}}"#,
            "https://x.example",
        ),
        (
            r#"{"mcp":{"a":{"type":"local","command":["npx","-y","p"],"environment":{"K":"v"}}}}"#,
            "npx -y p",
        ),
        (r#"{"context_servers":{"a":{"command":{"path":"npx","args":["p"],"env":{}}}}}"#, "npx p"),
        (r#"{"mcpServers":[{"name":"a","command":"npx"}]}"#, "npx"),
        (r#"{"a":{"command":"npx"}}"#, "npx"),
        (r#"{"powers":{"mcpServers":{"a":{"serverUrl":"http://x.example"}}}}"#, "http://x.example"),
    ] {
        let tree = Tree::new(&[("repo/.cursor/mcp.json", text)]);
        let (found, _) = tree.look(Os::Linux);
        let launches: Vec<_> = found
            .inventory
            .servers
            .iter()
            .map(|s| match &s.launch {
                Launch::Stdio { command, args, .. } => {
                    [vec![command.clone()], args.clone()].concat().join(" ")
                }
                Launch::Http { url, .. } => url.clone(),
                Launch::Other { text } => text.clone(),
            })
            .collect();
        assert_eq!(launches, [expected], "{text}");
    }
}

#[test]
fn broken_and_odd_files_are_told_and_do_not_stop_the_scan() {
    let tree = Tree::new(&[
        ("repo/.mcp.json", "{\n\"mcpServers\": {,}"),
        ("repo/AGENTS.md", ""),
        ("repo/.cursor/mcp.json", ""),
        ("outside.md", "x"),
    ]);
    let wide: Vec<u8> = "\u{feff}{\"mcpServers\":{\"a\":{\"command\":\"x\"}}}"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    fs::create_dir_all(tree.path("repo/.roo")).unwrap();
    fs::write(tree.path("repo/.roo/mcp.json"), wide).unwrap();
    let (found, artifacts) = tree.look(Os::Linux);
    assert_eq!(found.problems.len(), 1);
    assert_eq!((found.problems[0].kind, found.problems[0].at.line), (ProblemKind::Syntax, 2));
    assert_eq!(servers(&found), ["Roo Project a"]);
    assert_eq!(artifacts.len(), 4);
}

#[test]
fn a_key_that_is_there_twice_is_told_and_both_servers_are_seen() {
    let text = "{\"mcpServers\":{\n\"a\":{\"command\":\"x\"},\n\"a\":{\"command\":\"y\"}}}";
    let tree = Tree::new(&[("repo/.mcp.json", text)]);
    let (found, _) = tree.look(Os::Linux);
    assert_eq!((found.problems[0].kind, found.problems[0].at.line), (ProblemKind::Duplicate, 3));
    assert_eq!(servers(&found).len(), 2);
}

#[cfg(unix)]
#[test]
fn loops_outside_links_sockets_and_pipes_end_the_walk_well() {
    use std::os::unix::fs::symlink;
    use std::os::unix::net::UnixListener;
    let tree = Tree::new(&[
        ("repo/sub/AGENTS.md", "a"),
        ("repo/skills/s/SKILL.md", "s"),
        ("secret/CLAUDE.md", "never read"),
        ("home/.claude/x", ""),
    ]);
    symlink("..", tree.path("repo/sub/loop")).unwrap();
    symlink("loop2", tree.path("repo/loop2")).unwrap();
    symlink(tree.path("secret"), tree.path("repo/out")).unwrap();
    symlink(tree.path("secret/CLAUDE.md"), tree.path("home/.claude/CLAUDE.md")).unwrap();
    fs::create_dir_all(tree.path("repo/.claude")).unwrap();
    symlink("../skills", tree.path("repo/.claude/skills")).unwrap();
    let _socket = UnixListener::bind(tree.path("repo/CLAUDE.md")).unwrap();
    let (found, artifacts) = tree.look(Os::Linux);
    assert!(!artifacts.iter().any(|a| a.text.contains("never read")));
    let mut kinds: Vec<_> = found.problems.iter().map(|p| (p.kind, p.at.path.as_str())).collect();
    kinds.sort_unstable();
    assert_eq!(
        kinds,
        [
            (ProblemKind::Link, ".claude/CLAUDE.md"),
            (ProblemKind::Link, "loop2"),
            (ProblemKind::Link, "out"),
            (ProblemKind::Link, "sub/loop"),
            (ProblemKind::Special, "CLAUDE.md"),
        ]
    );
}

#[test]
fn one_file_alone_keeps_its_role_and_what_locks_its_packages() {
    let tree = Tree::new(&[
        ("repo/CLAUDE.md", "other"),
        ("repo/package-lock.json", "{}"),
        ("repo/.claude/skills/k/SKILL.md", "skill text"),
        ("repo/.claude/skills/k/x.sh", "script"),
        ("repo/.claude/skills/k2/SKILL.md", "other"),
        ("repo/a.png", "x"),
    ]);
    let mut read = Vec::new();
    let mut look = |file| {
        let ask = Ask { home: false, listeners: false, file: Some(file), ..ALL };
        let found =
            discover(&tree.host(Os::Linux), ask, &mut |one| read.push((one.at.path, one.role)));
        (found, std::mem::take(&mut read))
    };
    let (found, read) = look(".claude/skills/k/SKILL.md");
    assert_eq!(
        read,
        [
            (".claude/skills/k/SKILL.md".to_owned(), Role::SkillDoc),
            ("package-lock.json".to_owned(), Role::Lockfile),
        ]
    );
    assert!(found.problems.is_empty() && found.inventory.skills.len() == 1);
    let (found, _) = look("a.png");
    assert_eq!(found.problems[0].kind, ProblemKind::Unreadable);
}

#[cfg(unix)]
#[test]
fn a_skill_that_links_lead_to_is_one_skill_and_read_once() {
    use std::os::unix::fs::symlink;
    let tree = Tree::new(&[
        ("repo/skills/k/SKILL.md", "skill text"),
        ("repo/skills/k/scripts/x.sh", "script text"),
        ("repo/node_modules/p/SKILL.md", "text of a package"),
        ("repo/.claude/skills/own/SKILL.md", "own text"),
    ]);
    symlink("../../skills/k", tree.path("repo/.claude/skills/k")).unwrap();
    symlink("../../node_modules/p", tree.path("repo/.claude/skills/p")).unwrap();
    symlink(".claude/skills", tree.path("repo/again")).unwrap();
    let (found, artifacts) = tree.look(Os::Linux);
    let paths: Vec<_> = found.inventory.skills.iter().map(|s| s.at.path.as_str()).collect();
    assert_eq!(
        paths,
        [
            ".claude/skills/own/SKILL.md",
            // What is linked from there is the repository's own.
            ".claude/skills/p/SKILL.md",
            "node_modules/p/SKILL.md",
            "skills/k/SKILL.md",
        ]
    );
    let skill = &found.inventory.skills[3];
    assert_eq!((&skill.clients[..], skill.files.len()), (&[Client::ClaudeCode][..], 2));
    for text in ["skill text", "script text", "own text"] {
        assert_eq!(artifacts.iter().filter(|a| a.text == text).count(), 1, "{text}");
    }
}

#[test]
fn a_large_text_is_read_in_windows_that_know_their_lines() {
    let tree = Tree::new(&[]);
    let line = "word word word\n";
    let count = (10 << 20) / line.len();
    tree.write("repo/big.txt", &format!("{}the end\n", line.repeat(count)));
    let (found, artifacts) = tree.look(Os::Linux);
    assert_eq!((found.read.partly, found.problems.len()), (0, 0));
    let [head, .., last] = &artifacts[..] else { panic!("windows") };
    assert!(artifacts.len() == 3 && head.text.len() <= 8 << 20);
    assert!(artifacts[1..].iter().all(|window| window.text.len() <= (1 << 20) + (4 << 10)));
    let end = last.text.find("the end").unwrap();
    let lines = last.text[..end].matches('\n').count();
    assert_eq!(usize::try_from(last.at.line).unwrap() + lines, count + 1);
}

#[test]
fn what_is_in_an_archive_is_read_as_files_of_a_folder() {
    let tree = Tree::new(&[]);
    let bytes = include_bytes!("../../../../fuzz/seeds/guard_zip/document");
    fs::create_dir_all(tree.path("repo")).unwrap();
    fs::write(tree.path("repo/notes.docx"), bytes).unwrap();
    fs::write(tree.path("repo/broken.zip"), &bytes[..40]).unwrap();
    let (found, artifacts) = tree.look(Os::Linux);
    let read: Vec<_> =
        artifacts.iter().map(|a| (a.at.path.as_str(), a.role, a.text.as_str())).collect();
    let part = "notes.docx!word/document.xml";
    assert_eq!(read, [(part, Role::Document, "Read & say.\n")]);
    let told: Vec<_> = found.problems.iter().map(|p| (p.kind, p.at.path.as_str())).collect();
    assert_eq!(told, [(ProblemKind::Archive, "broken.zip")]);
}

#[test]
fn what_instructions_import_is_instructions_once() {
    let tree = Tree::new(&[
        ("repo/AGENTS.md", "all"),
        ("repo/CLAUDE.md", "@AGENTS.md and @docs/a.md and @../out.md and @CLAUDE.md"),
        ("repo/docs/a.md", "@b.md"),
        ("repo/docs/b.md", "@a.md"),
        ("repo/docs/c.md", "prose"),
        ("out.md", "outside"),
    ]);
    let (found, artifacts) = tree.look(Os::Linux);
    let mut rules: Vec<_> = found.inventory.rule_files.iter().map(|r| r.at.path.as_str()).collect();
    rules.sort_unstable();
    assert_eq!(rules, ["AGENTS.md", "CLAUDE.md", "docs/a.md", "docs/b.md"]);
    let mut read: Vec<_> = artifacts.iter().map(|a| (a.at.path.as_str(), a.role)).collect();
    read.sort_unstable_by_key(|(path, _)| *path);
    let rule = |path| (path, Role::RuleFile);
    let expected = [rule("AGENTS.md"), rule("CLAUDE.md"), rule("docs/a.md"), rule("docs/b.md")];
    assert_eq!(read[..4], expected);
    assert_eq!(read[4..], [("docs/c.md", Role::Document)]);
}

#[test]
fn a_large_file_of_which_the_structure_matters_is_told() {
    let tree = Tree::new(&[]);
    tree.write("repo/AGENTS.md", &"word ".repeat(2_000_000));
    let (found, artifacts) = tree.look(Os::Linux);
    assert_eq!((found.read.partly, found.problems[0].kind), (1, ProblemKind::Limit));
    assert!(!artifacts[0].whole && artifacts[0].text.len() <= 8 << 20);
}

#[test]
fn repositories_below_the_home_are_found_and_named() {
    let tree = Tree::new(&[
        ("home/code/one/.git/HEAD", ""),
        ("home/code/one/AGENTS.md", "a"),
        ("home/two/.git/HEAD", ""),
        ("home/two/AGENTS.md", "a"),
    ]);
    let ask = Ask {
        home: false,
        repositories: false,
        all: true,
        listeners: false,
        contents: false,
        file: None,
    };
    let found = discover(&tree.host(Os::Linux), ask, &mut |_| {});
    let rules: Vec<_> = found.inventory.rule_files.iter().map(|r| r.at.path.as_str()).collect();
    assert_eq!(rules, ["code/one/AGENTS.md", "two/AGENTS.md"]);
}

#[test]
fn the_same_tree_gives_the_same_bytes() {
    let tree = Tree::new(&[
        ("repo/.mcp.json", SERVER),
        ("repo/b/AGENTS.md", "b"),
        ("repo/a/AGENTS.md", "a"),
    ]);
    let ask = Ask { listeners: false, ..ALL };
    let once = |_: u8| {
        serde_json::to_string(&discover(&tree.host(Os::Linux), ask, &mut |_| {}).inventory).unwrap()
    };
    assert_eq!(once(1), once(2));
    assert!(Path::new(&tree.path("repo")).is_dir());
}

#[test]
fn servers_of_goose_are_read_as_it_writes_them() {
    let config = "GOOSE_MODE: auto\nextensions:\n  developer:\n    enabled: true\n    type: builtin\n    name: developer\n    bundled: true\n  mail:\n    type: stdio\n    enabled: true\n    cmd: npx\n    args:\n    - -y\n    - mail-mcp\n    envs: {}\n    env_keys: [MAIL_TOKEN]\n    timeout: 300\n  off:\n    type: sse\n    uri: https://acme.example/sse\n    enabled: false\n";
    let recipe = "version: 1.0.0\ntitle: t\ninstructions: |\n  Do it.\nextensions:\n- type: stdio\n  name: build\n  cmd: uvx\n  args: [build-mcp@1.2.3]\n";
    let tree = Tree::new(&[
        ("home/.config/goose/config.yaml", config),
        ("repo/.goose/recipes/build.yaml", recipe),
    ]);
    let (found, artifacts) = tree.look(Os::Linux);
    assert_eq!(servers(&found), ["Goose Project build", "Goose User mail", "Goose User off"]);
    let mail = &found.inventory.servers[1];
    assert_eq!((mail.at.line, mail.at.within.as_str()), (8, "extensions.mail"));
    assert_eq!(mail.package.as_ref().map(|p| (p.name.as_str(), p.at.line)), Some(("mail-mcp", 14)));
    assert!(found.inventory.servers[2].disabled);
    assert_eq!(found.inventory.permissions[0].key, "GOOSE_MODE");
    assert!(artifacts.iter().any(|a| a.at.path.ends_with("build.yaml") && a.role == Role::Config));
}

#[test]
fn servers_of_continue_and_docker_are_read_as_they_write_them() {
    let config = "name: Local\nversion: 1.0.0\nschema: v1\nmodels: []\nmcpServers:\n  - name: db\n    command: npx\n    args: [\"-y\", \"db-mcp@1.0.0\"]\n    env:\n      DB_TOKEN: ${{ secrets.DB_TOKEN }}\n  - name: far\n    type: streamable-http\n    url: https://acme.example/mcp\n";
    let tree = Tree::new(&[
        ("home/.continue/config.yaml", config),
        ("home/.docker/mcp/registry.yaml", "registry:\n  fetch:\n    ref: \"\"\n"),
    ]);
    let (found, _) = tree.look(Os::Linux);
    let expected = ["Continue User db", "Continue User far", "DockerMcp User fetch"];
    assert_eq!(servers(&found), expected);
    assert_eq!(found.inventory.servers[0].env["DB_TOKEN"], "${{ secrets.DB_TOKEN }}");
    assert_eq!(found.problems, []);
}

#[test]
fn what_yaml_cannot_be_read_is_told_with_its_line() {
    let tree = Tree::new(&[("home/.continue/config.yaml", "a: 1\nmcpServers: [\n")]);
    let (found, _) = tree.look(Os::Linux);
    let problem = &found.problems[0];
    assert_eq!((problem.kind, problem.at.line), (ProblemKind::Syntax, 3));
}

#[test]
fn rules_and_commands_of_a_collection_are_known_by_their_names_alone() {
    let tree = Tree::new(&[
        ("repo/rules/style.mdc", "Write tests."),
        ("repo/rules/react.cursorrules", "Use hooks."),
        ("repo/instructions/go.instructions.md", "Use gofmt."),
        ("repo/agents/reviewer.agent.md", "---\nname: reviewer\n---\nReview."),
        ("repo/prompts/fix.prompt.md", "Fix it."),
        ("repo/docs/style.md", "A page."),
    ]);
    let (found, _) = tree.look(Os::Linux);
    let mut rules: Vec<_> =
        found.inventory.rule_files.iter().map(|rule| rule.at.path.as_str()).collect();
    rules.sort_unstable();
    let of = ["instructions/go.instructions.md", "rules/react.cursorrules", "rules/style.mdc"];
    assert_eq!(rules, of);
    let names: Vec<_> = found.inventory.skills.iter().map(|skill| skill.at.path.as_str()).collect();
    assert_eq!(names.len(), 2, "{names:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn names_that_are_no_text_are_read_and_shown_byte_by_byte() {
    use std::os::unix::ffi::OsStrExt as _;

    let tree = Tree::new(&[]);
    let name = |bytes: &[u8]| std::ffi::OsStr::from_bytes(bytes).to_owned();
    let skill = tree.path("repo/.claude/skills").join(name(b"caf\xe9"));
    fs::create_dir_all(&skill).unwrap();
    fs::write(skill.join("SKILL.md"), "---\nname: k\ndescription: d\n---\nx\n").unwrap();
    fs::create_dir_all(tree.path("repo/.cursor/rules")).unwrap();
    fs::write(tree.path("repo/.cursor/rules").join(name(b"r\xe9.md")), "x").unwrap();
    let (found, artifacts) = tree.look(Os::Linux);
    let mut paths: Vec<&str> = artifacts.iter().map(|one| one.at.path.as_str()).collect();
    paths.sort_unstable();
    assert_eq!(paths, [".claude/skills/caf\\xe9/SKILL.md", ".cursor/rules/r\\xe9.md"]);
    assert_eq!(found.inventory.skills.len(), 1);
}
