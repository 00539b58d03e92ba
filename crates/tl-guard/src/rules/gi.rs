//! Inventory: servers where nobody expects them.

use crate::rules::Rule;

mod disabled;
pub mod expired_exception;
mod unknown_config;

/// Rules of the family.
pub(crate) const RULES: &[Rule] = &[unknown_config::RULE, disabled::RULE, expired_exception::RULE];
