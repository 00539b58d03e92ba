//! What agents may do: a short TOML, and Cedar for experts, behind one verdict with reasons. And what
//! people and tokens may do on a server ([`access`]).
//!
//! In: texts of policies, a [`Request`](request::Request). Out: a
//! [`Verdict`](tl_core::verdict::Verdict). Start at [`PolicyFile::read`](file::PolicyFile::read),
//! [`Policy::merged`](policy::Policy::merged) and [`Engine::decide`](engine::Engine::decide).
//! **Invariants:** pure: no file, clock or process; nothing here allows, it objects or is silent;
//! what cannot be evaluated is an objection.

pub mod access;
mod cedar;
mod compile;
pub mod engine;
pub mod error;
pub mod file;
pub mod host;
mod pattern;
pub mod policy;
pub mod request;

pub use cedar::SCHEMA;
pub use compile::Clause;
