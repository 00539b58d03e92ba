//! `cargo xtask tidy`: the rules of this workspace that neither the compiler nor clippy knows.
//!
//! In: `cargo metadata` and the files that git tracks or would track. Out: one line a complaint.
//! Start at [`complaints`]. Each family of checks is a file of pure functions over a
//! [`Workspace`] or parts of it, so that each is tested on an example that
//! breaks its rule. **Invariant:** a complaint says where, what, and how to mend it.

mod bans;
mod docs;
mod files;
mod layers;
mod manifests;
mod reach;
mod source;
mod unused;
mod workspace;

use std::io::{self, Write as _};

use crate::failure::Failure;
use crate::tidy::workspace::Workspace;

/// Prints what is wrong, on stderr, and fails if anything is.
pub(crate) fn run() -> Result<(), Failure> {
    let workspace = Workspace::load()?;
    let complaints = complaints(&workspace);
    for complaint in &complaints {
        writeln!(io::stderr(), "tidy: {complaint}").map_err(Failure::io("write to stderr"))?;
    }
    if complaints.is_empty() {
        return Ok(());
    }
    Err(Failure::Found(format!("tidy has {} complaints", complaints.len())))
}

/// Everything that is wrong with the workspace, family by family.
fn complaints(workspace: &Workspace) -> Vec<String> {
    let Workspace { root, crates, graph, resolved, files } = workspace;
    [
        layers::check(crates),
        reach::check(crates, graph),
        manifests::check(files),
        unused::check(crates, files),
        source::check(files),
        bans::check(files, root),
        files::check(files, *resolved),
        docs::check(files),
    ]
    .concat()
}
