//! `guard.toml`: what is allowed, asked about and denied, as people write it.
//!
//! In: the text of one file. Out: [`PolicyFile`], or a [`PolicyError`] with its line. Start at
//! [`PolicyFile::read`]. **Invariant:** what was read compiles: every pattern, day, verb and name
//! of a policy has been checked.

use std::collections::BTreeMap;

use serde::Deserialize;
use tl_core::time::Timestamp;
use tl_core::verdict::Effect;
use toml::Spanned;

use crate::error::PolicyError;
use crate::pattern::{self, Kind};
use crate::request::Verb;

/// Largest file in bytes: a hand-written one has a few thousand.
pub const LARGEST: usize = 1 << 20;

/// Most patterns, roles and exceptions of a file together: each is evaluated for each request.
pub const MOST_ENTRIES: usize = 2_000;

/// Longest time for which an exception holds, in days.
pub const LONGEST: i64 = 365;

/// One `guard.toml`. What is not given is empty.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PolicyFile {
    /// Version of the form.
    pub schema: Option<Schema>,
    /// What is answered where policy cannot be asked.
    pub on_error: Option<OnError>,
    /// What becomes of "ask" where nobody can be asked.
    pub ask_fallback: Option<AskFallback>,
    /// Rules (`GA001`) or families (`GA`), and how strongly they object at run time.
    pub mode: BTreeMap<String, Mode>,
    /// Directories of repositories whose own file may also loosen; only in a person's or an
    /// administrator's file.
    pub trust: Vec<String>,
    /// Files and directories.
    pub paths: Paths,
    /// Settings, rules, skills and hooks of agents: the same patterns as paths.
    pub settings: Section,
    /// Programs with their arguments.
    pub commands: Section,
    /// Hosts that are reached.
    pub hosts: Section,
    /// MCP servers: by name, package or address.
    pub servers: Section,
    /// Tools of MCP servers.
    pub tools: Section,
    /// Packages that are installed.
    pub packages: Section,
    /// What some agents may not do at all.
    pub role: Vec<Role>,
    /// What a policy leaves alone, for a time.
    pub exception: Vec<Exception>,
    /// Findings that may be, as they stand: their form is the scanner's, not policy's.
    pub allow: Vec<Spanned<toml::Table>>,
    #[serde(skip)]
    text: String,
}

/// The known version of the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum Schema {
    /// The first.
    #[serde(rename = "guard-policy/v1")]
    V1,
}

/// What is answered where policy cannot be asked: a file that cannot be read, a panic.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnError {
    /// Nothing: the agent goes on unguarded.
    Neutral,
    /// A person is asked.
    #[default]
    Ask,
    /// It is denied.
    Deny,
}

/// What becomes of "ask" where nobody can be asked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AskFallback {
    /// It goes on.
    Neutral,
    /// It is denied.
    #[default]
    Deny,
}

/// How strongly a rule objects at run time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Not at all.
    Off,
    /// It is written down.
    Note,
    /// A person is asked.
    Ask,
    /// It is denied.
    Deny,
}

impl Mode {
    /// The effect of an objection.
    pub const fn effect(self) -> Effect {
        match self {
            Self::Off => Effect::Neutral,
            Self::Note => Effect::Note,
            Self::Ask => Effect::Ask,
            Self::Deny => Effect::Deny,
        }
    }
}

impl OnError {
    /// The effect of the answer.
    pub const fn effect(self) -> Effect {
        match self {
            Self::Neutral => Effect::Neutral,
            Self::Ask => Effect::Ask,
            Self::Deny => Effect::Deny,
        }
    }
}

/// What becomes of one kind of thing. `deny` and `ask` always hold; `allow` holds against
/// `default` and `when_tainted` alone.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Section {
    /// Not subject to `default` and `when_tainted`.
    pub allow: Vec<Spanned<String>>,
    /// A person is asked.
    pub ask: Vec<Spanned<String>>,
    /// Denied.
    pub deny: Vec<Spanned<String>>,
    /// What is in none of the lists.
    pub default: Option<Spanned<Effect>>,
    /// What is not in `allow`, in a session that has read what nobody vouches for.
    pub when_tainted: Option<Spanned<Effect>>,
}

/// `[paths]`: one [`Section`] for reading, one for writing.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[expect(missing_docs, reason = "each is the key of `Section` with the verb behind it")]
pub struct Paths {
    pub allow_read: Vec<Spanned<String>>,
    pub ask_read: Vec<Spanned<String>>,
    pub deny_read: Vec<Spanned<String>>,
    pub default_read: Option<Spanned<Effect>>,
    pub when_tainted_read: Option<Spanned<Effect>>,
    pub allow_write: Vec<Spanned<String>>,
    pub ask_write: Vec<Spanned<String>>,
    pub deny_write: Vec<Spanned<String>>,
    pub default_write: Option<Spanned<Effect>>,
    pub when_tainted_write: Option<Spanned<Effect>>,
}

/// `[[role]]`: what some agents may not do, whatever the resource.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Role {
    /// Its name; an agent that was given this role has it.
    pub name: Spanned<String>,
    /// Agents or clients that have it without being told.
    #[serde(default)]
    pub agents: Vec<String>,
    /// What they are asked about.
    #[serde(default)]
    pub ask: Vec<Spanned<Verb>>,
    /// What they may not.
    #[serde(default)]
    pub deny: Vec<Spanned<Verb>>,
}

/// `[[exception]]`: what a policy leaves alone, with somebody who answers for it and until a day.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exception {
    /// Which policy: `paths.deny_write`, or one entry of it, `paths.deny_write[0]`.
    pub policy: Spanned<String>,
    /// A path that is left alone.
    pub path: Option<Spanned<String>>,
    /// A command that is left alone.
    pub command: Option<Spanned<String>>,
    /// A host that is left alone.
    pub host: Option<Spanned<String>>,
    /// A server that is left alone.
    pub server: Option<Spanned<String>>,
    /// A tool that is left alone.
    pub tool: Option<Spanned<String>>,
    /// A package that is left alone.
    pub package: Option<Spanned<String>>,
    /// Who answers for it.
    pub owner: Spanned<String>,
    /// Why it is all right.
    pub reason: Spanned<String>,
    /// Last day on which it holds, `2027-01-31`; at most [`LONGEST`] days ahead. Files of before say `expires`.
    #[serde(rename = "until", alias = "expires")]
    pub expires: Spanned<String>,
}

impl Exception {
    /// What is left alone.
    pub(crate) fn subject(&self) -> Option<(Kind, &Spanned<String>)> {
        let mut given = self.subjects();
        given.next()
    }

    fn subjects(&self) -> impl Iterator<Item = (Kind, &Spanned<String>)> {
        let all = [
            (Kind::Path, &self.path),
            (Kind::Command, &self.command),
            (Kind::Host, &self.host),
            (Kind::Server, &self.server),
            (Kind::Tool, &self.tool),
            (Kind::Package, &self.package),
        ];
        all.into_iter().filter_map(|(kind, given)| Some((kind, given.as_ref()?)))
    }

    /// The last day, as days since 1970-01-01.
    pub(crate) fn last_day(&self) -> Option<i64> {
        let day = self.expires.get_ref();
        Timestamp::parse(&format!("{day}T00:00:00Z")).ok().map(Timestamp::day)
    }
}

/// One list, or one setting, of a section.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Part<'a> {
    /// What stands in the file before the key: `hosts`, `paths`.
    pub(crate) table: &'static str,
    /// What stands behind the key: `_read`, or nothing.
    pub(crate) suffix: &'static str,
    /// What is done to it.
    pub(crate) verb: Verb,
    /// What its patterns are of.
    pub(crate) kind: Kind,
    /// Each list.
    pub(crate) allow: &'a [Spanned<String>],
    pub(crate) ask: &'a [Spanned<String>],
    pub(crate) deny: &'a [Spanned<String>],
    pub(crate) default: Option<&'a Spanned<Effect>>,
    pub(crate) when_tainted: Option<&'a Spanned<Effect>>,
}

impl PolicyFile {
    /// Reads a file. Errors: its first mistake, with the line.
    pub fn read(text: &str) -> Result<Self, PolicyError> {
        if text.len() > LARGEST {
            return Err(PolicyError::new(format!("larger than {LARGEST} bytes")));
        }
        let parsed: Result<Self, toml::de::Error> = toml::from_str(text);
        let mut file = parsed.map_err(|err| PolicyError::in_toml(text, &err))?;
        text.clone_into(&mut file.text);
        file.check()?;
        Ok(file)
    }

    /// The line, from 1, on which something of this file stands.
    pub fn line<T>(&self, what: &Spanned<T>) -> u32 {
        crate::error::line_of(&self.text, what.span().start)
    }

    /// Whether this file lets that repository's own file loosen what is said here. `directory` is
    /// in the form of a request's path: absolute, the home as `~`.
    pub fn trusts(&self, directory: &str) -> bool {
        self.trust.iter().any(|trusted| match trusted.strip_suffix("/**") {
            Some(above) => directory.strip_prefix(above).is_some_and(|rest| rest.starts_with('/')),
            None => trusted == directory,
        })
    }

    /// For systems whose file names ignore case: patterns of paths in lower case, as the paths of
    /// requests have to be there.
    pub fn ignoring_case(mut self) -> Self {
        let paths = &mut self.paths;
        let lists = [
            &mut paths.allow_read,
            &mut paths.ask_read,
            &mut paths.deny_read,
            &mut paths.allow_write,
            &mut paths.ask_write,
            &mut paths.deny_write,
            &mut self.settings.allow,
            &mut self.settings.ask,
            &mut self.settings.deny,
        ];
        let of_exceptions = self.exception.iter_mut().filter_map(|entry| entry.path.as_mut());
        for pattern in lists.into_iter().flatten().chain(of_exceptions) {
            *pattern.get_mut() = pattern.get_ref().to_lowercase();
        }
        for trusted in &mut self.trust {
            *trusted = trusted.to_lowercase();
        }
        self
    }

    /// All sections, in the order of the documentation.
    pub(crate) fn parts(&self) -> [Part<'_>; 8] {
        let paths = &self.paths;
        [
            Part {
                table: "paths",
                suffix: "_read",
                verb: Verb::Read,
                kind: Kind::Path,
                allow: &paths.allow_read,
                ask: &paths.ask_read,
                deny: &paths.deny_read,
                default: paths.default_read.as_ref(),
                when_tainted: paths.when_tainted_read.as_ref(),
            },
            Part {
                table: "paths",
                suffix: "_write",
                verb: Verb::Write,
                kind: Kind::Path,
                allow: &paths.allow_write,
                ask: &paths.ask_write,
                deny: &paths.deny_write,
                default: paths.default_write.as_ref(),
                when_tainted: paths.when_tainted_write.as_ref(),
            },
            part("settings", Verb::ChangeSettings, Kind::Path, &self.settings),
            part("commands", Verb::Run, Kind::Command, &self.commands),
            part("hosts", Verb::Fetch, Kind::Host, &self.hosts),
            part("servers", Verb::CallTool, Kind::Server, &self.servers),
            part("tools", Verb::CallTool, Kind::Tool, &self.tools),
            part("packages", Verb::Install, Kind::Package, &self.packages),
        ]
    }

    fn check(&self) -> Result<(), PolicyError> {
        let mut entries = self.exception.len();
        for part in self.parts() {
            for pattern in [part.allow, part.ask, part.deny].into_iter().flatten() {
                self.check_pattern(part.kind, pattern)?;
                entries += 1;
            }
        }
        entries += self.role.iter().map(|role| role.ask.len() + role.deny.len()).sum::<usize>();
        if entries > MOST_ENTRIES {
            return Err(PolicyError::new(format!(
                "{entries} entries, more than {MOST_ENTRIES}: one pattern can stand for many things"
            )));
        }
        for role in &self.role {
            let name = role.name.get_ref();
            if name.is_empty()
                || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            {
                return Err(self.error(&role.name, "a role's name is letters, digits and `-`"));
            }
        }
        self.exception.iter().try_for_each(|entry| self.check_exception(entry))
    }

    fn check_pattern(&self, kind: Kind, pattern: &Spanned<String>) -> Result<(), PolicyError> {
        pattern::condition(kind, pattern.get_ref())
            .map(drop)
            .map_err(|why| self.error(pattern, why))
    }

    fn check_exception(&self, entry: &Exception) -> Result<(), PolicyError> {
        for said in [&entry.owner, &entry.reason] {
            if said.get_ref().trim().is_empty() {
                return Err(self.error(said, "an exception names who answers for it, and why"));
            }
        }
        if entry.last_day().is_none() {
            return Err(self.error(&entry.expires, "`until` is a day such as \"2027-01-31\""));
        }
        let mut subjects = entry.subjects();
        let (Some((kind, pattern)), None) = (subjects.next(), subjects.next()) else {
            return Err(self.error(
                &entry.policy,
                "an exception leaves exactly one of `path`, `command`, `host`, `server`, `tool` \
                 and `package` alone",
            ));
        };
        self.check_pattern(kind, pattern)
    }

    fn error<T>(&self, at: &Spanned<T>, text: impl Into<String>) -> PolicyError {
        PolicyError::new(text).at(&self.text, at.span().start)
    }
}

const fn part<'a>(table: &'static str, verb: Verb, kind: Kind, section: &'a Section) -> Part<'a> {
    Part {
        table,
        suffix: "",
        verb,
        kind,
        allow: section.allow.as_slice(),
        ask: section.ask.as_slice(),
        deny: section.deny.as_slice(),
        default: section.default.as_ref(),
        when_tainted: section.when_tainted.as_ref(),
    }
}

#[cfg(test)]
mod tests;
