//! Program text of a server, in each language, is judged whatever it is; every finding has a place in it.
#![cfg_attr(fuzzing, no_main)]

use tl_core::finding::{Location, Root};
use tl_fuzz::fuzz_target;
use tl_guard::inventory::{Client, Inventory, Scope};
use tl_guard::rules::Cx;
use tl_guard::scan::Run;
use tl_guard::text::unit::{Artifact, Encoding, Role};

const SERVERS: &[(&str, &str)] = &[
    ("a.py", "from fastmcp import FastMCP\n"),
    ("a.ts", "import { A } from \"@modelcontextprotocol/sdk\"\n"),
    ("a.go", "import \"github.com/mark3labs/mcp-go/mcp\"\n"),
];

fuzz_target!(|text: &str| {
    for (path, head) in SERVERS {
        let text = format!("{head}{text}");
        let lines = u32::try_from(text.matches('\n').count()).unwrap_or(u32::MAX).saturating_add(1);
        let at = Location {
            root: Root::Repository,
            path: (*path).to_owned(),
            line: 0,
            column: 0,
            end_line: 0,
            within: String::new(),
        };
        let artifact = Artifact {
            role: Role::Source,
            client: Client::Unknown,
            scope: Scope::Project,
            at,
            bytes: text.len() as u64,
            text,
            whole: true,
            encoding: Encoding::Utf8,
        };
        let (inventory, names) = (Inventory::default(), Default::default());
        let cx = Cx { inventory: &inventory, tools: &names };
        let Ok(mut run) = Run::new(cx, &[]) else { return };
        run.artifact(&artifact);
        for finding in run.finish() {
            assert!(finding.at.line <= lines, "{finding:?}");
        }
    }
});
