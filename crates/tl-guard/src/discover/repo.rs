//! One walk through a repository: what the tables name at any depth, and all other text.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::ffi::{OsStr, OsString};
use std::fs::FileType;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use rustc_hash::FxHashMap;
use tl_core::finding::Root;

use super::add::{Found, Gather, at, role_of, skill_kind};
use super::{Ask, ProblemKind, role};
use crate::inventory::{Client, Scope, SkillKind};
use crate::location::{self, Place, PlaceKind, matches};
use crate::text::unit::Role;

/// Directories inside each other.
const DEEPEST: usize = 40;
/// The same, in directories of dependencies.
const DEEPEST_DEPENDENCY: usize = 12;
/// Entries of one repository.
const MOST: usize = 200_000;

/// Rows of repositories by the first name of their path.
static ROWS: LazyLock<Rows> = LazyLock::new(Rows::of_tables);

struct Rows {
    by_name: FxHashMap<String, Vec<(&'static Place, Vec<&'static str>)>>,
    /// first names with `*`
    wild: Vec<(&'static Place, Vec<&'static str>)>,
}

impl Rows {
    fn of_tables() -> Self {
        let mut rows = Self { by_name: FxHashMap::default(), wild: Vec::new() };
        for place in location::all().filter(|place| place.scope == Scope::Project) {
            let components: Vec<&str> = place.path.split('/').collect();
            if components[0].contains('*') {
                rows.wild.push((place, components));
            } else {
                rows.by_name
                    .entry(components[0].to_ascii_lowercase())
                    .or_default()
                    .push((place, components));
            }
        }
        rows
    }

    /// The first row whose path ends this one.
    fn find(&self, path: &[String]) -> Option<&'static Place> {
        for start in 0..path.len() {
            let rows =
                self.by_name.get(path[start].as_str()).map(Vec::as_slice).unwrap_or_default();
            for (place, pattern) in rows.iter().chain(&self.wild) {
                if matches(pattern, &path[start..]) {
                    return Some(place);
                }
            }
        }
        None
    }
}

/// Looks through a repository. `label` is its name among several.
pub(super) fn look(root: &Path, label: &str, ask: Ask<'_>, gather: &mut Gather<'_>) {
    let Ok(canonical) = std::fs::canonicalize(root) else {
        return gather.problem(
            at(Root::Repository, label, "."),
            ProblemKind::Unreadable,
            "no such directory",
        );
    };
    let mut walk = Walk {
        root: canonical.clone(),
        label,
        contents: ask.contents,
        file: ask.file,
        met: false,
        gather,
        names: Vec::new(),
        left: MOST,
        linked: BTreeSet::new(),
        skills: BTreeMap::new(),
        behind: VecDeque::new(),
    };
    walk.directory(&canonical, String::new(), State::default());
    walk.behind_links();
    if let Some(file) = ask.file.filter(|_| !walk.met) {
        let text = "it holds no text that is looked at, or lies where nothing is looked for";
        walk.gather.problem(at(Root::Repository, label, file), ProblemKind::Unreadable, text);
    }
    if walk.left == 0 {
        let text = format!("the first {MOST} entries were looked at");
        gather.problem(at(Root::Repository, label, "."), ProblemKind::Limit, text);
    }
}

/// What holds for a directory and all below it.
#[derive(Debug, Clone, Default)]
struct State {
    depth: usize,
    dependency: bool,
    /// index of the skill, and its folder
    skill: Option<(usize, String)>,
    linked: bool,
}

struct Walk<'w, 'g> {
    root: PathBuf,
    label: &'w str,
    contents: bool,
    /// this file alone
    file: Option<&'w str>,
    /// whether it was read
    met: bool,
    gather: &'w mut Gather<'g>,
    /// names from the root, in lower case
    names: Vec<String>,
    left: usize,
    /// targets of links that were followed
    linked: BTreeSet<PathBuf>,
    /// index of each skill by its real folder, and whether that is of a dependency
    skills: BTreeMap<(PathBuf, bool), usize>,
    /// links to directories, which wait for what is there without them
    behind: VecDeque<Behind>,
}

/// A directory behind a link.
struct Behind {
    target: PathBuf,
    below: String,
    names: Vec<String>,
    state: State,
}

/// A name in a directory.
struct Listed {
    /// As people see it.
    shown: String,
    name: OsString,
    kind: FileType,
}

/// A name for people: bytes that are no UTF-8 as `\\x` and two digits.
fn shown(name: &OsStr) -> String {
    let mut out = String::new();
    for chunk in name.as_encoded_bytes().utf8_chunks() {
        out.push_str(chunk.valid());
        for byte in chunk.invalid() {
            let digit = |half: u8| char::from_digit(u32::from(half), 16).unwrap_or('?');
            out.extend(['\\', 'x', digit(byte >> 4), digit(byte & 15)]);
        }
    }
    out
}

impl Walk<'_, '_> {
    fn directory(&mut self, path: &Path, below: String, mut state: State) {
        let entries = match std::fs::read_dir(path) {
            Ok(entries) => entries,
            Err(error) => {
                let place = at(Root::Repository, self.label, &below);
                return self.gather.problem(place, ProblemKind::Unreadable, error.to_string());
            }
        };
        let mut listed: Vec<Listed> = entries
            .flatten()
            .filter_map(|entry| {
                let name = entry.file_name();
                Some(Listed { shown: shown(&name), kind: entry.file_type().ok()?, name })
            })
            .collect();
        listed.sort_by(|a, b| a.shown.cmp(&b.shown));
        if self.begin_skill(path, &listed, &below, &mut state) {
            return;
        }
        for Listed { shown: name, name: real, kind } in listed {
            if self.left == 0 {
                return;
            }
            self.left -= 1;
            let child = if below.is_empty() { name.clone() } else { format!("{below}/{name}") };
            if !self.is_asked_for(&child, &name, kind) {
                continue;
            }
            self.names.push(name.to_ascii_lowercase());
            self.entry(&path.join(real), child, kind, &name, &state);
            self.names.pop();
        }
    }

    /// Whether an entry is the file that is looked for, on the way to it, or a lock file that is.
    fn is_asked_for(&self, below: &str, name: &str, kind: FileType) -> bool {
        let Some(file) = self.file else { return true };
        let rest = file.strip_prefix(below);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            || kind.is_file() && role::of_name(name) == Some(Role::Lockfile)
    }

    /// A folder with a `SKILL.md` is a skill wherever it is; the row says whose. Whether it is one that
    /// was looked at without the link that leads to it here.
    fn begin_skill(
        &mut self,
        real: &Path,
        listed: &[Listed],
        below: &str,
        state: &mut State,
    ) -> bool {
        let document = listed
            .iter()
            .find(|one| one.shown.eq_ignore_ascii_case("SKILL.md") && one.kind.is_file());
        let Some(Listed { shown: name, .. }) = document else { return false };
        self.names.push(name.to_ascii_lowercase());
        let row = ROWS.find(&self.names);
        self.names.pop();
        let path = if below.is_empty() { name.clone() } else { format!("{below}/{name}") };
        let client = row.map_or(Client::Unknown, |place| place.client);
        let place = at(Root::Repository, self.label, &path);
        let key = (real.to_owned(), state.dependency);
        if let Some(known) = self.skills.get(&key) {
            self.gather.skill_again(*known, client, &place);
            return true;
        }
        let index = self.gather.begin_skill(place, client, scope(state), SkillKind::Skill);
        self.skills.insert(key, index);
        state.skill = Some((index, below.to_owned()));
        false
    }

    fn entry(&mut self, path: &Path, below: String, kind: FileType, name: &str, state: &State) {
        if kind.is_symlink() {
            return self.link(path, below, name, state);
        }
        if kind.is_dir() {
            return self.child(path, below, name, state);
        }
        if kind.is_file() {
            return self.file(path, below, name, state);
        }
        let place = at(Root::Repository, self.label, &below);
        self.gather.problem(place, ProblemKind::Special, "a socket, pipe or device");
    }

    fn child(&mut self, path: &Path, below: String, name: &str, state: &State) {
        if name == ".git" || (name == "target" && path.join("CACHEDIR.TAG").exists()) {
            return;
        }
        let dependency = state.dependency || role::is_dependency(name);
        let state = State { depth: state.depth + 1, dependency, ..state.clone() };
        let deepest = if dependency { DEEPEST_DEPENDENCY } else { DEEPEST };
        if state.depth > deepest {
            if !dependency {
                let place = at(Root::Repository, self.label, &below);
                let text = format!("directories are entered {DEEPEST} deep");
                self.gather.problem(place, ProblemKind::Limit, text);
            }
            return;
        }
        self.directory(path, below, state);
    }

    /// Follows a link once, if it stays below the root and does not lead to where we are.
    fn link(&mut self, path: &Path, below: String, name: &str, state: &State) {
        let target = std::fs::canonicalize(path).ok();
        let inside =
            target.filter(|target| target.starts_with(&self.root) && !path.starts_with(target));
        let Some(target) = inside else {
            if !state.dependency {
                let place = at(Root::Repository, self.label, &below);
                let text = "a link that leads out of the repository, to nothing or in a circle";
                self.gather.problem(place, ProblemKind::Link, text);
            }
            return;
        };
        let Ok(found) = std::fs::metadata(&target) else { return };
        let state = State { linked: true, ..state.clone() };
        if found.is_dir() {
            if self.linked.insert(target.clone()) {
                self.behind.push_back(Behind { target, below, names: self.names.clone(), state });
            }
        } else if found.is_file() {
            self.file(&target, below, name, &state);
        }
    }

    /// What is behind links to directories, in the order in which the links were met.
    fn behind_links(&mut self) {
        while let Some(Behind { target, below, names, state }) = self.behind.pop_front() {
            let name = below.rsplit('/').next().unwrap_or(&below).to_owned();
            self.names = names;
            self.child(&target, below, &name, &state);
        }
    }

    fn file(&mut self, path: &Path, below: String, name: &str, state: &State) {
        let mut place = ROWS.find(&self.names);
        if state.dependency {
            place = place.filter(|p| {
                matches!(p.kind, PlaceKind::Rules | PlaceKind::Skills | PlaceKind::Servers)
            });
        }
        let skill = state.skill.as_ref().map(|(index, folder)| {
            let path = below.strip_prefix(folder.as_str()).unwrap_or(&below);
            (*index, path.trim_start_matches('/').to_owned())
        });
        let role = match (place, &skill) {
            (Some(place), _) => role_of(place.kind),
            (None, Some((_, path))) if path.eq_ignore_ascii_case("SKILL.md") => Role::SkillDoc,
            (None, Some(_)) => Role::SkillFile,
            // Behind a link only what the link's own name makes of it is new.
            (None, None) if state.dependency || state.linked || !self.contents => return,
            (None, None) => match role::of_name(name) {
                Some(role) => role,
                None => return,
            },
        };
        let found = Found {
            path,
            at: at(Root::Repository, self.label, &below),
            place,
            role,
            scope: scope(state),
            skill: skill.or_else(|| self.single(place, &below, state)),
        };
        let root = self.root.clone();
        self.gather.file(found, &root);
        self.met |= self.file == Some(below.as_str());
    }

    /// An agent or command is a skill of one file.
    fn single(
        &mut self,
        place: Option<&'static Place>,
        below: &str,
        state: &State,
    ) -> Option<(usize, String)> {
        let place = place.filter(|p| matches!(p.kind, PlaceKind::Agents | PlaceKind::Commands))?;
        let location = at(Root::Repository, self.label, below);
        let kind = skill_kind(place.kind)?;
        let index = self.gather.begin_skill(location, place.client, scope(state), kind);
        Some((index, below.rsplit('/').next().unwrap_or(below).to_owned()))
    }
}

const fn scope(state: &State) -> Scope {
    if state.dependency { Scope::Dependency } else { Scope::Project }
}
