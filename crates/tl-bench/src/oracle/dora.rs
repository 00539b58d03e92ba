//! Stub.
use super::compare::Case;
pub(super) static CASES: &[Case] = &[];
