//! What people and tokens may do on a server: roles, by Cedar.
//!
//! In: who it is, what they want to do. Out: a [`Verdict`]: neutral, or a denial with every reason. Start at
//! [`Access::new`] and [`Access::decide`]. What each role may do is `access/roles.cedar`; a team's own
//! policies in the same language come on top, and a `forbid` wins. **Invariants:** pure; what no policy
//! permits is denied; what cannot be evaluated is denied; a token can do what its owner's role and its own
//! scope both allow.

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};
use tl_core::verdict::{Effect, Reason, Verdict};

use crate::cedar::permission::{Permissions, Wish};
use crate::error::PolicyError;

/// The types of what is asked, in Cedar's own schema language.
pub const SCHEMA: &str = include_str!("access/server.cedarschema");

/// What each role may do.
pub const ROLES: &str = include_str!("access/roles.cedar");

/// What somebody is to the team's server. Each role may do what those before it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Looks.
    Viewer,
    /// Works here: sends events, starts collections.
    Member,
    /// Answers for what agents may do: approves drift, quarantines, releases.
    Approver,
    /// Gives tokens and changes settings.
    Admin,
}

/// What can be done on a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// Read pages and the API.
    Read,
    /// Send events.
    Send,
    /// Start, pause and resume collections.
    Collect,
    /// Approve what waits for a person.
    Approve,
    /// Give and revoke tokens, read the audit log, change settings.
    Administer,
}

impl Role {
    /// Every role, the weakest first.
    pub const ALL: [Self; 4] = [Self::Viewer, Self::Member, Self::Approver, Self::Admin];

    /// Its name in policies, configuration and addresses.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Member => "member",
            Self::Approver => "approver",
            Self::Admin => "admin",
        }
    }

    /// The role of a name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }
}

impl Action {
    /// Every action.
    pub const ALL: [Self; 5] =
        [Self::Read, Self::Send, Self::Collect, Self::Approve, Self::Administer];

    /// Its name in policies and in the scopes of tokens.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Send => "send",
            Self::Collect => "collect",
            Self::Approve => "approve",
            Self::Administer => "administer",
        }
    }

    /// The action of a name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.name() == name)
    }
}

/// Who wants to do something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Who {
    /// Their name, or the token's.
    pub name: String,
    /// What they are.
    pub role: Role,
    /// What a token is for; `None` for a person, who is not limited beyond the role.
    pub scope: Option<Vec<Action>>,
}

/// Policies, ready to be asked.
#[derive(Debug)]
pub struct Access(Permissions);

impl Access {
    /// The policies of the roles, and a team's own: the name of the file, and its text.
    ///
    /// # Errors
    /// The team's text is not Cedar, or speaks of what [`SCHEMA`] does not know: where, and what is
    /// meant.
    pub fn new(own: Option<(&str, &str)>) -> Result<Self, PolicyError> {
        let roles = ("roles.cedar", ROLES);
        Ok(Self(Permissions::read(SCHEMA, [Some(roles), own].into_iter().flatten())?))
    }

    /// Whether somebody may do something: neutral, or denied with every reason.
    pub fn decide(&self, who: &Who, action: Action) -> Verdict {
        let below = Role::ALL.into_iter().filter(|role| *role <= who.role).map(Role::name);
        let denied = self.0.ask(&Wish {
            who: &who.name,
            roles: below.collect(),
            action: action.name(),
            scope: who.scope.as_ref().map(|scope| scope.iter().map(|one| one.name()).collect()),
        });
        let mut verdict = Verdict::default();
        for (policy, text) in denied {
            let text = text.unwrap_or_else(|| {
                format!("`{}` is {} and may not {}", who.name, who.role.name(), action.name())
            });
            verdict.add(Reason { effect: Effect::Deny, policy, rule: None, text });
        }
        verdict
    }
}
