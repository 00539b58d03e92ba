//! Is this package real.

use rmcp::ErrorData;
use rmcp::schemars::{self, JsonSchema};
use serde::{Deserialize, Serialize};
use tl_guard::inventory::Ecosystem;
use tl_guard::popular::{is_popular, lookalike};

use super::wrong;

/// Which package.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    /// `npm`, `pypi` or `crates`.
    ecosystem: String,
    /// Its name, without a version.
    name: String,
}

/// What is known of it.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Package {
    /// `popular`, `lookalike` or `unknown`.
    verdict: &'static str,
    /// The popular package that it looks like.
    looks_like: Option<&'static str>,
    /// What to do.
    advice: &'static str,
}

pub(super) fn package(asked: &Asked) -> Result<Package, ErrorData> {
    let ecosystem = match asked.ecosystem.to_lowercase().as_str() {
        "npm" => Ecosystem::Npm,
        "pypi" | "pip" | "python" => Ecosystem::Pypi,
        "crates" | "crates.io" | "cargo" => Ecosystem::Crates,
        other => return Err(wrong(format!("`{other}` is none of npm, pypi, crates"))),
    };
    let name = asked.name.trim();
    if name.is_empty() || name.len() > 214 {
        return Err(wrong("a name has 1 to 214 characters"));
    }
    Ok(if is_popular(ecosystem, name) {
        Package { verdict: "popular", looks_like: None, advice: "Many people use it." }
    } else if let Some((known, _)) = lookalike(ecosystem, name) {
        Package {
            verdict: "lookalike",
            looks_like: Some(known),
            advice: "Do not install it before a person has looked: its name is nearly that of a \
                     package that many people use.",
        }
    } else {
        Package {
            verdict: "unknown",
            looks_like: None,
            advice: "Nothing is known of it here. Look it up in its registry before it is added: \
                     names that a model made up are registered by attackers.",
        }
    })
}
