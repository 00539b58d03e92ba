//! `throughline guard explain RULE`.

use super::registry;
use crate::error::{CmdResult, CommandError, Outcome};
use crate::ui::Ui;

/// Say what a rule finds, why it matters and what to do
#[derive(Debug, clap::Args)]
pub(super) struct ExplainArgs {
    /// Id or name, such as `GD001` or `tool-changed`; without one, all are listed
    #[arg(value_name = "RULE")]
    rule: Option<String>,
}

pub(super) fn cmd_explain(ui: &mut Ui, args: &ExplainArgs) -> CmdResult {
    let registry = registry();
    let Some(rule) = &args.rule else {
        let mut table = crate::ui::Table::new(["rule", "name", "level", "finds"]);
        table.rows.extend(registry.docs().iter().map(|doc| {
            let level = crate::report::guard::word(doc.level);
            [doc.id, doc.name, level, doc.summary].map(str::to_owned).to_vec()
        }));
        ui.print_table(&table)?;
        return Ok(Outcome::Done);
    };
    let text = registry.explain(rule).map_err(|err| {
        let hint = match err.nearest {
            Some(nearest) => format!("did you mean `{nearest}`?"),
            None => "`throughline guard explain` lists all rules".to_owned(),
        };
        CommandError::usage(err).hint(hint)
    })?;
    ui.print(&text)?;
    Ok(Outcome::Done)
}
