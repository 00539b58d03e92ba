//! An archive, member by member, as if it were a folder.
//!
//! In: a file that begins as a zip archive does. Out: an [`Artifact`] for each member that holds text,
//! named `archive!member`, and a [`ProblemKind::Archive`] for each that was not read.

use super::add::Found;
use super::read::decoded;
use super::{ProblemKind, role};
use crate::inventory::Client;
use crate::limits;
use crate::parse::{office, zip};
use crate::text::unit::{Artifact, Encoding, Role};

/// Hands on what is in an archive. Archives in archives are opened [`limits::ARCHIVE_DEPTH`] deep.
pub(super) fn look(
    found: &Found<'_>,
    client: Client,
    bytes: &[u8],
    each: &mut dyn FnMut(Artifact),
    problem: &mut dyn FnMut(String, ProblemKind, String),
) {
    let all = Archive { found, client };
    all.open(&found.at.path, bytes, 1, each, problem);
}

struct Archive<'a, 'f> {
    found: &'a Found<'f>,
    client: Client,
}

impl Archive<'_, '_> {
    fn open(
        &self,
        path: &str,
        bytes: &[u8],
        depth: usize,
        each: &mut dyn FnMut(Artifact),
        problem: &mut dyn FnMut(String, ProblemKind, String),
    ) {
        let mut members = Vec::new();
        let left = zip::read(bytes, &mut |name, bytes| members.push((name.to_owned(), bytes)));
        for one in left {
            let at =
                if one.name.is_empty() { path.to_owned() } else { format!("{path}!{}", one.name) };
            problem(
                at,
                ProblemKind::Archive,
                format!("an archive was not read whole: {}", one.why),
            );
        }
        let office = members
            .iter()
            .any(|(name, _)| name == "[Content_Types].xml" || name == "META-INF/manifest.xml");
        let skill = members.iter().any(|(name, _)| is_skill(name));
        for (name, bytes) in members {
            let at = format!("{path}!{name}");
            if zip::is(&bytes) {
                if depth < limits::ARCHIVE_DEPTH {
                    self.open(&at, &bytes, depth + 1, each, problem);
                } else {
                    let text = "an archive in an archive in an archive is not opened".to_owned();
                    problem(at, ProblemKind::Archive, text);
                }
                continue;
            }
            if office && name.ends_with(".xml") {
                let text = office::text(&bytes);
                if !text.trim().is_empty() {
                    each(self.artifact(at, self.office(), text, bytes.len(), Encoding::Utf8));
                }
                continue;
            }
            let role = match self.found.role {
                _ if is_skill(&name) => Some(Role::SkillDoc),
                Role::SkillFile | Role::SkillDoc => Some(Role::SkillFile),
                _ if skill => Some(Role::SkillFile),
                _ => role::of_name(name.rsplit('/').next().unwrap_or(&name)),
            };
            let Some(role) = role else { continue };
            let (text, encoding) = decoded(&bytes);
            each(self.artifact(at, role, text, bytes.len(), encoding));
        }
    }

    /// What the text of an office document is: a skill's, or one to read.
    const fn office(&self) -> Role {
        match self.found.role {
            Role::SkillFile | Role::SkillDoc => Role::SkillFile,
            _ => Role::Document,
        }
    }

    fn artifact(
        &self,
        path: String,
        role: Role,
        text: String,
        bytes: usize,
        encoding: Encoding,
    ) -> Artifact {
        let mut at = self.found.at.clone();
        at.path = path;
        let (client, scope, bytes) = (self.client, self.found.scope, bytes as u64);
        Artifact { role, client, scope, at, text, bytes, whole: true, encoding }
    }
}

fn is_skill(name: &str) -> bool {
    name.rsplit('/').next().is_some_and(|name| name.eq_ignore_ascii_case("SKILL.md"))
}
