//! The policy that holds: an administrator's file, a person's, and the repository's.
//!
//! **Invariant:** who has less say can only tighten. A repository's file is foreign text until a
//! person trusts it: its exceptions and lists of what is allowed hold against its own entries.

use std::fmt;

use tl_core::verdict::Effect;

use crate::file::{AskFallback, OnError, PolicyFile};

/// Whose file, from the least say to the most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Layer {
    /// Checked in.
    Repository,
    /// The person's own.
    User,
    /// The administrator's.
    Managed,
}

impl Layer {
    /// In ids of policies.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Repository => "repository",
            Self::User => "user",
            Self::Managed => "managed",
        }
    }

    /// The file, for people.
    pub const fn file(self) -> &'static str {
        match self {
            Self::Repository => "the repository's guard.toml",
            Self::User => "your own guard.toml",
            Self::Managed => "the administrator's guard.toml",
        }
    }
}

/// Something in a file that does not do what it seems to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// Which file.
    pub file: String,
    /// From 1; 0 where it has no one place.
    pub line: u32,
    /// What.
    pub text: String,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}: {}", self.file, self.text),
            line => write!(f, "{}, line {line}: {}", self.file, self.text),
        }
    }
}

/// A file, and how much say it has.
#[derive(Debug, Clone)]
pub(crate) struct Layered {
    pub(crate) layer: Layer,
    /// That of the person, for a repository that the person trusts.
    pub(crate) say: Layer,
    pub(crate) file: PolicyFile,
}

/// Up to three files as one.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    /// The most say first.
    pub(crate) layers: Vec<Layered>,
}

impl Policy {
    /// Puts files together. `directory` is the repository's, in the form of a request's path.
    pub fn merged(
        managed: Option<PolicyFile>,
        user: Option<PolicyFile>,
        repository: Option<PolicyFile>,
        directory: &str,
    ) -> (Self, Vec<Warning>) {
        let trusted = [&managed, &user].into_iter().flatten().any(|file| file.trusts(directory));
        let given =
            [(Layer::Managed, managed), (Layer::User, user), (Layer::Repository, repository)];
        let mut policy = Self::default();
        let mut warnings = Vec::new();
        for (layer, file) in given {
            let Some(file) = file else { continue };
            let say = if layer == Layer::Repository && trusted { Layer::User } else { layer };
            if layer == Layer::Repository {
                let ignored = ignored(&file, trusted);
                warnings.extend(ignored.into_iter().map(|text| Warning {
                    file: layer.file().to_owned(),
                    line: 0,
                    text,
                }));
            }
            policy.layers.push(Layered { layer, say, file });
        }
        (policy, warnings)
    }

    /// What is answered where policy cannot be asked.
    pub fn on_error(&self) -> OnError {
        self.strictest(OnError::default(), |file| file.on_error)
    }

    /// What becomes of "ask" where nobody can be asked.
    pub fn ask_fallback(&self) -> AskFallback {
        self.strictest(AskFallback::default(), |file| file.ask_fallback)
    }

    /// How strongly a rule objects at run time: as a file says for the rule or else its family,
    /// or as the rule says of itself.
    pub fn mode(&self, rule: &str, default: Effect) -> Effect {
        let family = rule.trim_end_matches(|c: char| c.is_ascii_digit());
        self.strictest(default, |file| {
            let mode = file.mode.get(rule).or_else(|| file.mode.get(family));
            mode.map(|mode| mode.effect())
        })
    }

    /// Who may loosen sets the value, who has less say can only raise it.
    fn strictest<T: Ord + Copy>(&self, default: T, given: impl Fn(&PolicyFile) -> Option<T>) -> T {
        let mut settled = None;
        for layered in &self.layers {
            let Some(value) = given(&layered.file) else { continue };
            settled = Some(match settled {
                Some(before) => value.max(before),
                None if layered.say > Layer::Repository => value,
                None => value.max(default),
            });
        }
        settled.unwrap_or(default)
    }
}

/// A file alone, as a person's own.
impl From<PolicyFile> for Policy {
    fn from(file: PolicyFile) -> Self {
        Self::merged(None, Some(file), None, "").0
    }
}

/// What of a repository's file does not count.
fn ignored(file: &PolicyFile, trusted: bool) -> Vec<String> {
    let mut ignored = Vec::new();
    if !file.trust.is_empty() {
        ignored.push("`trust` does not count: a repository cannot vouch for itself".to_owned());
    }
    if trusted {
        return ignored;
    }
    let why = "does not count: only a file of a repository that you `trust` can loosen";
    if file.on_error == Some(OnError::Neutral) {
        ignored.push(format!("`on_error = \"neutral\"` {why}"));
    }
    if file.ask_fallback == Some(AskFallback::Neutral) {
        ignored.push(format!("`ask_fallback = \"neutral\"` {why}"));
    }
    for (rule, mode) in &file.mode {
        if mode.effect() < Effect::Ask {
            let word = format!("{mode:?}").to_lowercase();
            ignored.push(format!("`mode.{rule} = \"{word}\"` {why}"));
        }
    }
    ignored
}

#[cfg(test)]
mod tests;
