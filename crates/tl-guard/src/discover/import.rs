//! Files that an instruction file takes in with `@path`: a client loads them as it loads the file itself.
//!
//! In: the paths behind `@`. Out: each file as an instruction file of the same client, once, at most
//! [`DEEPEST`] deep. **Invariant:** nothing outside the tree of the importing file is read.

use std::path::{Path, PathBuf};

use tl_core::finding::Location;

use super::add::{Found, Gather};
use crate::text::unit::Role;

/// Imports in imports that clients follow.
const DEEPEST: usize = 5;

impl Gather<'_> {
    /// Reads what a file imports. `root` is the tree that it belongs to.
    pub(super) fn imports(&mut self, found: &Found<'_>, imports: &[String], root: &Path) {
        if self.import_depth == DEEPEST {
            return;
        }
        self.import_depth += 1;
        for import in imports {
            let Some((path, at)) = self.target(found, import, root) else { continue };
            if self.imported.insert(path.clone()) {
                let (place, scope, role) = (found.place, found.scope, Role::RuleFile);
                self.file(Found { path: &path, at, place, role, scope, skill: None }, root);
            }
        }
        self.import_depth -= 1;
    }

    /// The file that an import names, if it lies in the tree.
    fn target(&self, found: &Found<'_>, import: &str, root: &Path) -> Option<(PathBuf, Location)> {
        let root = std::fs::canonicalize(root).ok()?;
        let path = match import.strip_prefix("~/") {
            Some(below) => self.home.as_deref()?.join(below),
            None => found.path.parent()?.join(import),
        };
        let path = std::fs::canonicalize(path).ok()?;
        let below = path.strip_prefix(&root).ok()?.to_string_lossy().replace('\\', "/");
        let importer = std::fs::canonicalize(found.path).ok()?;
        let importer = importer.strip_prefix(&root).ok()?.to_string_lossy().replace('\\', "/");
        if !path.is_file() || below == importer {
            return None;
        }
        // Among several repositories their names stand before the path.
        let prefix = found.at.path.strip_suffix(&importer).unwrap_or_default();
        let at = Location { path: format!("{prefix}{below}"), ..found.at.clone() };
        Some((path, at))
    }
}
