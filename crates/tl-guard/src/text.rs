//! Text as a model reads it: cut into units, normalised, with what a person does not see.

pub(crate) mod catalogue;
pub(crate) mod comment;
pub(crate) mod decode;
pub mod hidden;
pub mod normalise;
pub(crate) mod script;
pub(crate) mod section;
pub mod unit;
