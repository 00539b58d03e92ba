//! Inventory: servers where nobody expects them, or that nobody wants.

use crate::rules::Rule;

mod disabled;
pub mod expired_exception;
pub mod unapproved;
mod unknown_config;

/// Rules of the family.
pub(crate) const RULES: &[Rule] =
    &[unapproved::RULE, unknown_config::RULE, disabled::RULE, expired_exception::RULE];
