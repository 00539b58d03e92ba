//! Is this test flaky.

use rmcp::ErrorData;
use rmcp::schemars::{self, JsonSchema};
use serde::{Deserialize, Serialize};
use tl_test::listing::word;

use super::wrong;
use crate::app::App;
use crate::page::tests::suites;

/// Tests told at most.
const MOST: usize = 20;

/// Which test.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    /// A part of the test's name, class or file; the case of letters does not matter.
    name: String,
}

/// What history knows.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Tests {
    /// Tests whose name contains the text.
    #[schemars(with = "i64")]
    found: usize,
    /// The first twenty, those that need somebody first.
    tests: Vec<Known>,
}

/// What is known of a test.
#[derive(Debug, Serialize, JsonSchema)]
struct Known {
    /// File, class and name.
    test: String,
    /// What tells its runs apart, such as `os=linux`.
    variant: String,
    /// `flaky`, `broken`, `regressed`, `infra`, `new` or `healthy`.
    class: String,
    /// Whether it failed and passed on the same commit.
    proven: bool,
    /// First attempts on merged code.
    #[schemars(with = "i64")]
    runs: u32,
    /// Of those, red ones.
    #[schemars(with = "i64")]
    red: u32,
    /// Green ones since the last red one.
    #[schemars(with = "i64")]
    clean: u32,
    /// Commits on which it failed and then passed.
    #[schemars(with = "i64")]
    divergent_commits: u32,
    /// When it was seen last.
    last: String,
}

pub(super) async fn tests(app: &App, asked: &Asked) -> Result<Tests, ErrorData> {
    let wanted = asked.name.trim().to_lowercase();
    if wanted.is_empty() || wanted.len() > 500 {
        return Err(wrong("a part of a name has 1 to 500 characters"));
    }
    let suites = suites(app)
        .await
        .map_err(|_| ErrorData::internal_error("the history of tests cannot be read", None))?;
    let (mut found, mut tests) = (0, Vec::new());
    for listed in suites.iter().flat_map(|suite| &suite.listing.tests) {
        let name = listed.test.to_string();
        if !name.to_lowercase().contains(&wanted) {
            continue;
        }
        found += 1;
        if tests.len() < MOST {
            tests.push(Known {
                test: name,
                variant: listed.variant.clone(),
                class: word(listed.class).to_owned(),
                proven: listed.proven,
                runs: listed.runs,
                red: listed.red,
                clean: listed.clean,
                divergent_commits: listed.divergent_all,
                last: listed.last.to_string(),
            });
        }
    }
    Ok(Tests { found, tests })
}
