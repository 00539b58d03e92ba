//! `throughline token`: who may come into the team's server by a token.
//!
//! In: the ledger of the server. Out: tokens made, listed, revoked; each change is in the audit log.
//! **Invariant:** the text of a token is shown once, when it is made, and kept nowhere.

use clap::ValueEnum;
use serde::Serialize;
use tl_core::time::Millis;
use tl_policy::access::{Action, Role};
use tl_server::access::keys::{self, KeyError, Token, Wanted};

use super::serve::place::PlaceArgs;
use crate::context::Globals;
use crate::error::{CmdResult, CommandError, Outcome};
use crate::ui::{Table, Ui};

/// Give tokens for the team's server, list them, take them back
///
/// A server that other machines can reach asks everybody for a token, or for a sign-in by one.
#[derive(Debug, clap::Args)]
#[command(arg_required_else_help = true)]
pub(crate) struct TokenArgs {
    #[command(subcommand)]
    command: TokenCommand,
}

#[derive(Debug, clap::Subcommand)]
enum TokenCommand {
    Create(CreateArgs),
    List(ListArgs),
    Revoke(RevokeArgs),
}

/// Make a token, and print it once
#[derive(Debug, clap::Args)]
struct CreateArgs {
    /// What it is for, such as `ci` or whose it is
    name: String,
    /// What it may do at most
    #[arg(long, value_name = "ROLE", default_value = "viewer")]
    role: RoleArg,
    /// What it may do of that, comma-separated [default: all]
    #[arg(long, value_name = "ACTION", value_delimiter = ',')]
    scope: Vec<ActionArg>,
    /// Days for which it is valid; 0 for ever
    #[arg(long, value_name = "N", default_value_t = 90)]
    days: u32,
    #[command(flatten)]
    place: PlaceArgs,
}

/// Show which tokens there are
#[derive(Debug, clap::Args)]
struct ListArgs {
    /// Print one JSON document (`tokens/v1`)
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: PlaceArgs,
}

/// Take a token back; a server knows within five seconds
#[derive(Debug, clap::Args)]
struct RevokeArgs {
    /// Its id, as `token list` shows it
    id: String,
    #[command(flatten)]
    place: PlaceArgs,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum RoleArg {
    /// Looks
    Viewer,
    /// Sends events, starts collections
    Member,
    /// Approves what agents may do
    Approver,
    /// Gives tokens, changes settings
    Admin,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum ActionArg {
    Read,
    Send,
    Collect,
    Approve,
    Administer,
}

impl From<RoleArg> for Role {
    fn from(role: RoleArg) -> Self {
        match role {
            RoleArg::Viewer => Self::Viewer,
            RoleArg::Member => Self::Member,
            RoleArg::Approver => Self::Approver,
            RoleArg::Admin => Self::Admin,
        }
    }
}

impl From<ActionArg> for Action {
    fn from(action: ActionArg) -> Self {
        match action {
            ActionArg::Read => Self::Read,
            ActionArg::Send => Self::Send,
            ActionArg::Collect => Self::Collect,
            ActionArg::Approve => Self::Approve,
            ActionArg::Administer => Self::Administer,
        }
    }
}

impl TokenArgs {
    /// Whether the output is for a program.
    pub(super) const fn json(&self) -> bool {
        matches!(&self.command, TokenCommand::List(args) if args.json)
    }
}

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    tokens: &'a [Token],
}

/// Who makes changes at the command line.
const BY: &str = "this machine";

pub(super) async fn cmd_token(ui: &mut Ui, globals: &Globals, args: &TokenArgs) -> CmdResult {
    let place = match &args.command {
        TokenCommand::Create(args) => &args.place,
        TokenCommand::List(args) => &args.place,
        TokenCommand::Revoke(args) => &args.place,
    };
    let (cx, ledger) = place.open_here(ui, globals).await?;
    match &args.command {
        TokenCommand::Create(args) => {
            let wanted = Wanted {
                name: args.name.clone(),
                role: args.role.into(),
                scope: (!args.scope.is_empty())
                    .then(|| args.scope.iter().map(|action| (*action).into()).collect()),
                valid: (args.days > 0).then(|| Millis::days(i64::from(args.days))),
            };
            let made = keys::create(&ledger, &wanted, BY, cx.now).await;
            let (token, text) = made.map_err(failed)?;
            ui.print(&format!("{text}\n"))?;
            let until = token
                .expires
                .map_or_else(|| "for ever".to_owned(), |at| format!("until {}", at.date()));
            ui.status(format!(
                "token {} for {}, {}, valid {until}, in ledger {}; it is not shown again",
                token.id,
                token.name,
                token.role.name(),
                ledger.place()
            ));
        }
        TokenCommand::List(args) => {
            let tokens = keys::tokens(&ledger).await.map_err(failed)?;
            if args.json {
                ui.print_json(&Document { schema: "tokens/v1", tokens: &tokens })?;
            } else {
                let mut table = Table::new(["id", "name", "role", "scope", "made", "ends"]);
                table.rows.extend(tokens.iter().map(row));
                ui.print_table(&table)?;
            }
        }
        TokenCommand::Revoke(args) => {
            keys::revoke(&ledger, &args.id, BY, cx.now).await.map_err(failed)?;
            ui.status(format!("token {} is revoked", args.id));
        }
    }
    ledger.close().await.map_err(CommandError::environment)?;
    Ok(Outcome::Done)
}

fn row(token: &Token) -> Vec<String> {
    let scope = token.scope.as_ref().map_or_else(
        || "all".to_owned(),
        |scope| scope.iter().map(|action| action.name()).collect::<Vec<_>>().join(" "),
    );
    vec![
        token.id.clone(),
        token.name.clone(),
        token.role.name().to_owned(),
        scope,
        token.created.date(),
        token.expires.map_or_else(|| "never".to_owned(), |at| at.date()),
    ]
}

fn failed(err: KeyError) -> CommandError {
    match err {
        KeyError::Unknown(_) => {
            CommandError::usage(err).hint("`throughline token list` shows the ids")
        }
        err => CommandError::environment(err),
    }
}
