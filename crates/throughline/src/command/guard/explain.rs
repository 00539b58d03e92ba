//! `throughline guard explain RULE`.

use super::{no_rule, registry};
use crate::error::{CmdResult, Outcome};
use crate::ui::Ui;

/// Say what a rule finds, why it matters and what to do
#[derive(Debug, clap::Args)]
pub(super) struct ExplainArgs {
    /// Id or name, such as `GD001` or `tool-changed`; without one, all are listed
    #[arg(value_name = "RULE")]
    rule: Option<String>,
    /// Print all rules as one page of Markdown
    #[arg(long, conflicts_with = "rule")]
    markdown: bool,
}

pub(super) fn cmd_explain(ui: &mut Ui, args: &ExplainArgs) -> CmdResult {
    let registry = registry();
    if args.markdown {
        ui.print(&tl_rules::page::page(&registry))?;
        return Ok(Outcome::Done);
    }
    let Some(rule) = &args.rule else {
        let mut table = crate::ui::Table::new(["rule", "name", "level", "finds"]);
        table.rows.extend(registry.docs().iter().map(|doc| {
            let level = crate::report::guard::word(doc.level);
            [doc.id, doc.name, level, doc.summary].map(str::to_owned).to_vec()
        }));
        ui.print_table(&table)?;
        return Ok(Outcome::Done);
    };
    // So our own findings are named that come back by `--sarif-in`.
    let rule = rule.strip_prefix("throughline/").unwrap_or(rule);
    let text = registry.explain(rule).map_err(|err| no_rule(&registry, &err.asked))?;
    ui.print(&text)?;
    Ok(Outcome::Done)
}
