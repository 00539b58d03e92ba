//! One file after the other: read, entered into the inventory, handed on.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};
use tl_core::finding::{Location, Root};

use super::read::{self, Content, read};
use super::{Discovered, Problem, ProblemKind, archive, location, modules, runs};
use crate::host::Host;
use crate::inventory::server::Source;
use crate::inventory::{
    Client, ClientSeen, FileDigest, Hook, HookKind, RuleFile, Scope, SkillKind, Wanted, hook,
    settings, shape, skill,
};
use crate::limits;
use crate::location::{Place, PlaceKind};
use crate::lockfiles::{self, mention, mention::Mention};
use crate::parse::{self, Limits, Lines, Node, ParseError, zip};
use crate::text::unit::{Artifact, Encoding, Role, advance};

/// A file that somebody should look at.
pub(super) struct Found<'a> {
    pub(super) path: &'a Path,
    pub(super) at: Location,
    /// the row that names it
    pub(super) place: Option<&'static Place>,
    pub(super) role: Role,
    pub(super) scope: Scope,
    /// index in the inventory's skills of the skill that it belongs to, and its path there
    pub(super) skill: Option<(usize, String)>,
}

/// What was gathered so far.
pub(super) struct Gather<'a> {
    each: &'a mut dyn FnMut(Artifact),
    pub(super) found: Discovered,
    /// directory of each hook's tree, by the hook's index
    hook_roots: Vec<(usize, PathBuf)>,
    /// what runs by itself
    runs: runs::Runs,
    pub(super) home: Option<PathBuf>,
    /// instruction files that were read, and how many imports deep we are
    pub(super) imported: BTreeSet<PathBuf>,
    pub(super) import_depth: usize,
}

impl<'a> Gather<'a> {
    pub(super) fn new(host: &Host, each: &'a mut dyn FnMut(Artifact)) -> Self {
        let home = host.home.clone();
        let (found, hook_roots) = (Discovered::default(), Vec::new());
        let (imported, runs) = (BTreeSet::new(), runs::Runs::default());
        Self { each, found, hook_roots, runs, home, imported, import_depth: 0 }
    }

    /// Takes note of something that is not read.
    pub(super) fn problem(&mut self, at: Location, kind: ProblemKind, text: impl Into<String>) {
        self.found.read.skipped +=
            u64::from(!matches!(kind, ProblemKind::Syntax | ProblemKind::Duplicate));
        self.found.problems.push(Problem { at, kind, text: text.into() });
    }

    /// Begins a skill, agent or command; the files that follow are added by [`Gather::file`].
    pub(super) fn begin_skill(
        &mut self,
        at: Location,
        client: Client,
        scope: Scope,
        kind: SkillKind,
    ) -> usize {
        self.found.inventory.skills.push(skill::begun(at, client, scope, kind));
        self.found.inventory.skills.len() - 1
    }

    /// A skill is at another place as well, by a link: those who look there read it too.
    pub(super) fn skill_again(&mut self, index: usize, client: Client, at: &Location) {
        if client == Client::Unknown {
            return;
        }
        self.seen(client, at);
        let Some(skill) = self.found.inventory.skills.get_mut(index) else { return };
        skill.clients.retain(|known| *known != Client::Unknown && *known != client);
        skill.clients.push(client);
    }

    /// Reads a file, enters it, and hands it on. `root` is the tree that it belongs to.
    pub(super) fn file(&mut self, found: Found<'_>, root: &Path) {
        if self.import_depth == 0 && self.imported.contains(found.path) {
            return;
        }
        let content = match read(found.path) {
            Ok(content) => content,
            Err(error) => {
                return self.problem(found.at, ProblemKind::Unreadable, error.to_string());
            }
        };
        self.found.read.files += 1;
        self.found.read.bytes += content.bytes().len() as u64;
        // What is behind the bound is looked at in windows, as text, whatever it says as a structure.
        let windowed = !content.whole && content.encoding != Encoding::Binary;
        let whole = content.whole
            || windowed && found.place.is_none() && content.size <= limits::WINDOWED_FILE;
        if !whole {
            self.found.read.partly += 1;
            let read = if windowed && found.place.is_none() {
                limits::WINDOWED_FILE
            } else {
                content.bytes().len() as u64
            };
            let text = format!("the first {read} of {} bytes were read", content.size);
            self.found.problems.push(Problem {
                at: found.at.clone(),
                kind: ProblemKind::Limit,
                text,
            });
        }
        if let Some((index, path)) = &found.skill {
            self.skill_file(*index, path, &content);
        }
        self.packages(&found, &content.text);
        if found.at.root == Root::Repository && found.scope == Scope::Project {
            self.runs.of_file(&found, &content.text, root);
            let sources = &mut self.found.inventory.sources;
            if let Some(left) = modules::of_file(&found, &content.text, root, sources) {
                self.problem(found.at.clone(), ProblemKind::Limit, left);
            }
        }
        let client = self.enter(&found, &content, root);
        let role = match (found.role, client) {
            (Role::Other, Some(_)) => Role::Config,
            (role, _) => role,
        };
        let client = client.or(found.place.map(|p| p.client)).unwrap_or(Client::Unknown);
        if content.whole && content.encoding == Encoding::Binary && zip::is(content.bytes()) {
            return self.archive(&found, client, content.bytes());
        }
        let behind = (content.bytes().len() as u64, read::lines(content.bytes()) + 1);
        let head = Artifact {
            role,
            client,
            scope: found.scope,
            at: found.at,
            text: content.text,
            bytes: content.size,
            whole,
            encoding: content.encoding,
        };
        let at = head.at.clone();
        (self.each)(head);
        if windowed {
            self.windows((found.path, at), (role, client, found.scope), behind, content.encoding);
        }
    }

    /// What stands behind the bound of a large file.
    fn windows(
        &mut self,
        (path, at): (&Path, Location),
        (role, client, scope): (Role, Client, Scope),
        behind: (u64, u32),
        encoding: Encoding,
    ) {
        let each = &mut self.each;
        let read = read::windows(path, behind, encoding, &mut |text, line| {
            let at = Location { line, ..at.clone() };
            each(Artifact { role, client, scope, at, text, bytes: 0, whole: true, encoding });
        });
        if let Err(error) = read {
            self.problem(at, ProblemKind::Unreadable, error.to_string());
        }
    }

    fn archive(&mut self, found: &Found<'_>, client: Client, bytes: &[u8]) {
        let (each, mut problems) = (&mut self.each, Vec::new());
        archive::look(found, client, bytes, each, &mut |path, kind, text| {
            problems.push((Location { path, ..found.at.clone() }, kind, text));
        });
        for (at, kind, text) in problems {
            self.problem(at, kind, text);
        }
    }

    /// Packages that a file locks, declares, installs or imports.
    fn packages(&mut self, found: &Found<'_>, text: &str) {
        if found.scope == Scope::Dependency {
            return;
        }
        let path = &found.at.path;
        let inventory = &mut self.found.inventory;
        inventory.known.add_module(path);
        let mut wanted = Vec::new();
        if let Some(file) = lockfiles::read(path, text) {
            inventory.known.add(&file);
            if !file.locks {
                let mention = |name| (Mention::declared(file.ecosystem, name), true);
                wanted.extend(file.names.into_iter().map(mention));
            }
        } else {
            let document = path.to_ascii_lowercase().ends_with(".md");
            let mentions = match found.role {
                Role::RuleFile | Role::SkillDoc => mention::of_document(text),
                Role::SkillFile if document => mention::of_document(text),
                Role::SkillFile => mention::of_script(path, text),
                _ => Vec::new(),
            };
            wanted.extend(mentions.into_iter().map(|mention| (mention, false)));
        }
        wanted.sort_by_key(|(mention, _)| mention.name.at);
        let (mut at, mut seen) = (found.at.clone(), 0);
        let room = limits::WANTED.saturating_sub(inventory.wanted.len());
        if wanted.len() > room {
            let text =
                format!("the first {} packages that are asked for were looked at", limits::WANTED);
            self.found.problems.push(Problem { at: at.clone(), kind: ProblemKind::Limit, text });
        }
        let inventory = &mut self.found.inventory;
        for (mention, declared) in wanted.into_iter().take(room) {
            advance(&mut at, &text[seen..], mention.name.at - seen);
            seen = mention.name.at;
            inventory.wanted.push(Wanted { mention, declared, at: at.clone() });
        }
    }

    /// Adds what a file says to the inventory. `Some`: servers stand in a file of no table.
    fn enter(&mut self, found: &Found<'_>, content: &Content, root: &Path) -> Option<Client> {
        let Some(place) = found.place else { return self.unknown(found, content) };
        self.seen(place.client, &found.at);
        match place.kind {
            PlaceKind::Rules => self.rule_file(place.client, found, content, root),
            PlaceKind::Servers => self.settings(place, found, content, false, root),
            PlaceKind::Settings | PlaceKind::Hooks | PlaceKind::Plugins => {
                self.settings(place, found, content, true, root);
            }
            PlaceKind::HookFile => self.hook_file(place.client, found, content),
            PlaceKind::Skills | PlaceKind::Agents | PlaceKind::Commands => {
                if let Some((index, _)) = found.skill.as_ref().filter(|(_, p)| is_head(p, found)) {
                    skill::head(&mut self.found.inventory.skills[*index], &content.text);
                }
            }
        }
        None
    }

    fn seen(&mut self, client: Client, at: &Location) {
        let clients = &mut self.found.inventory.clients;
        match clients.iter_mut().find(|seen| seen.client == client) {
            Some(seen) => seen.places.push(at.clone()),
            None => clients.push(ClientSeen { client, places: vec![at.clone()] }),
        }
    }

    fn rule_file(&mut self, client: Client, found: &Found<'_>, content: &Content, root: &Path) {
        let (always, imports) = skill::rule_head(&content.text);
        self.imported.extend(std::fs::canonicalize(found.path));
        self.imports(found, &imports, root);
        self.found.inventory.rule_files.push(RuleFile {
            client,
            scope: found.scope,
            at: found.at.clone(),
            sha256: digest(content.bytes()),
            bytes: content.size,
            always,
            imports,
        });
    }

    fn settings(
        &mut self,
        place: &'static Place,
        found: &Found<'_>,
        content: &Content,
        settings: bool,
        root: &Path,
    ) {
        if content.text.trim().is_empty() {
            return;
        }
        let node = match tree(&found.at.path, content) {
            Ok(node) => node,
            Err(error) => {
                let mut at = found.at.clone();
                at.line = error.line();
                return self.problem(at, ProblemKind::Syntax, error.to_string());
            }
        };
        let lines = Lines::of(&content.text);
        self.duplicates(found, &node, &lines);
        let source =
            Source { client: place.client, scope: found.scope, at: &found.at, lines: &lines };
        let before = self.found.inventory.hooks.len();
        settings::read(source, &node, place.shapes, settings, &mut self.found.inventory);
        let hooks = before..self.found.inventory.hooks.len();
        self.hook_roots.extend(hooks.map(|index| (index, root.to_owned())));
    }

    /// Keys that are there twice: two readers may see two configurations.
    fn duplicates(&mut self, found: &Found<'_>, node: &Node, lines: &Lines<'_>) {
        for twice in node.duplicates() {
            let mut at = found.at.clone();
            (at.line, at.column) = lines.at(twice.second.start);
            at.within.clone_from(&twice.path);
            let (first, _) = lines.at(twice.first.start);
            let text = format!("`{}` is there twice, first on line {first}", twice.path);
            self.problem(at, ProblemKind::Duplicate, text);
        }
    }

    /// A configuration of servers where no table expects one.
    fn unknown(&mut self, found: &Found<'_>, content: &Content) -> Option<Client> {
        const KEYS: &[&str] = &["\"mcpServers\"", "\"context_servers\"", "mcp_servers."];
        if found.role != Role::Other || !KEYS.iter().any(|key| content.text.contains(key)) {
            return None;
        }
        let node = tree(&found.at.path, content).ok()?;
        let lines = Lines::of(&content.text);
        let source =
            Source { client: Client::Unknown, scope: found.scope, at: &found.at, lines: &lines };
        let known = [
            shape::Shape::Map("mcpServers"),
            shape::Shape::Map("context_servers"),
            shape::Shape::Map("mcp_servers"),
        ];
        let servers = settings::read(source, &node, &known, false, &mut self.found.inventory);
        (servers > 0).then_some(Client::Unknown)
    }

    fn hook_file(&mut self, client: Client, found: &Found<'_>, content: &Content) {
        let event = found.path.file_stem().map(|n| n.to_string_lossy().into_owned());
        let lines = Lines::of("");
        let source = Source { client, scope: found.scope, at: &found.at, lines: &lines };
        let event = event.unwrap_or_default();
        let mut entry = hook::hook(source, &event, "", HookKind::Helper, &found.at.path, 0, "");
        entry.target =
            Some(FileDigest { path: found.at.path.clone(), sha256: digest(content.bytes()) });
        self.found.inventory.hooks.push(Hook { at: found.at.clone(), ..entry });
    }

    fn skill_file(&mut self, index: usize, path: &str, content: &Content) {
        let file = FileDigest { path: path.to_owned(), sha256: digest(content.bytes()) };
        if let Some(skill) = self.found.inventory.skills.get_mut(index) {
            skill.files.push(file);
        }
    }

    /// Fills what needs all files: hashes of skills, files that hooks run.
    pub(super) fn finish(mut self) -> Discovered {
        for skill in &mut self.found.inventory.skills {
            skill::finish(skill);
        }
        for (index, root) in std::mem::take(&mut self.hook_roots) {
            let Some(hook) = self.found.inventory.hooks.get_mut(index) else { continue };
            hook.target = target(&hook.command, &root, self.home.as_deref());
            if hook.at.root == Root::Repository && !hook.ours {
                self.runs.of_hook(hook, root);
            }
        }
        let (files, left) = std::mem::take(&mut self.runs).finish();
        self.found.inventory.run = files;
        if let Some((at, text)) = left {
            self.problem(at, ProblemKind::Limit, text);
        }
        self.found
    }
}

/// Whether a file is the document that its skill is named by.
fn is_head(path: &str, found: &Found<'_>) -> bool {
    found.at.path.ends_with(path) && !path.contains('/')
}

/// The tree of a configuration, by the ending of its name.
fn tree(path: &str, content: &Content) -> Result<Node, ParseError> {
    parse::configuration(path, &content.text, Limits::default())
}

/// Hex SHA-256; line ends count as LF where there is no NUL, because git may write either.
pub(super) fn digest(bytes: &[u8]) -> String {
    let mut hash = Sha256::new();
    if bytes.contains(&b'\r') && !bytes.contains(&0) {
        let mut rest = bytes;
        while let Some(at) = rest.windows(2).position(|pair| pair == b"\r\n") {
            hash.update(&rest[..at]);
            rest = &rest[at + 1..];
        }
        hash.update(rest);
    } else {
        hash.update(bytes);
    }
    skill::hex(&hash.finalize())
}

/// The file of the tree that a command line runs, where it names one.
fn target(command: &str, root: &Path, home: Option<&Path>) -> Option<FileDigest> {
    crate::inventory::package::words(command).iter().find_map(|word| {
        let word = word.replace("${CLAUDE_PROJECT_DIR}", "$CLAUDE_PROJECT_DIR");
        let (base, path) = match word.strip_prefix("~/").or_else(|| word.strip_prefix("$HOME/")) {
            Some(path) => (home?, path),
            None => (root, word.strip_prefix("$CLAUDE_PROJECT_DIR/").unwrap_or(&word)),
        };
        let path = path.strip_prefix("./").unwrap_or(path);
        if path.is_empty()
            || path.starts_with(['/', '-', '$'])
            || path.split('/').any(|c| c == "..")
        {
            return None;
        }
        let file = base.join(path);
        let listed = std::fs::symlink_metadata(&file).ok()?;
        if !listed.is_file() || listed.len() > limits::WHOLE_FILE {
            return None;
        }
        let content = read(&file).ok()?;
        Some(FileDigest { path: path.to_owned(), sha256: digest(content.bytes()) })
    })
}

/// Role of a file that a row names.
pub(super) const fn role_of(kind: PlaceKind) -> Role {
    match kind {
        PlaceKind::Servers | PlaceKind::Plugins => Role::Config,
        PlaceKind::Settings | PlaceKind::Hooks => Role::Settings,
        PlaceKind::Rules => Role::RuleFile,
        PlaceKind::Skills | PlaceKind::Agents | PlaceKind::Commands => Role::SkillDoc,
        PlaceKind::HookFile => Role::Source,
    }
}

/// Kind of a skill that a row names.
pub(super) const fn skill_kind(kind: PlaceKind) -> Option<SkillKind> {
    match kind {
        PlaceKind::Skills => Some(SkillKind::Skill),
        PlaceKind::Agents => Some(SkillKind::Agent),
        PlaceKind::Commands => Some(SkillKind::Command),
        _ => None,
    }
}

/// Place of an entry below a root.
pub(super) fn at(root: Root, prefix: &str, below: &str) -> Location {
    if prefix.is_empty() {
        location(root, below)
    } else if below.is_empty() {
        location(root, prefix)
    } else {
        location(root, &format!("{prefix}/{below}"))
    }
}
