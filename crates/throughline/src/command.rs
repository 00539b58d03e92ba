//! The commands, a module each: arguments whose doc comments are the help text, and a function
//! that fetches, calls a pure function, and shows.
//!
//! In: [`Command`]. Out: [`CmdResult`]. Start at [`execute`]. **Invariant:** a command writes
//! only through [`Ui`] and decides nothing that a capability could decide.

mod backup;
mod collect;
mod completions;
mod config;
mod doctor;
mod events;
mod guard;
pub(crate) mod hook;
mod map;
mod mcp;
pub(crate) mod sandbox;
mod serve;
mod sql;
mod tables;
mod test;
mod token;

use crate::context::Globals;
use crate::error::CmdResult;
use crate::ui::Ui;

/// Every command of the program.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    Map(map::MapArgs),
    Collect(collect::CollectArgs),
    Sql(sql::SqlArgs),
    Events(events::EventsArgs),
    Guard(Box<guard::GuardArgs>),
    Test(test::TestArgs),
    Serve(Box<serve::ServeArgs>),
    Backup(backup::BackupArgs),
    Restore(backup::RestoreArgs),
    Token(token::TokenArgs),
    Mcp(mcp::McpArgs),
    Doctor(doctor::DoctorArgs),
    /// Show the configuration and where it comes from
    #[command(subcommand)]
    Config(config::ConfigCommand),
    Completions(completions::CompletionsArgs),
}

impl Command {
    /// Whether the output is for a program.
    pub(crate) const fn json(&self) -> bool {
        match self {
            Self::Map(args) => args.json,
            Self::Collect(args) => args.json,
            Self::Sql(args) => args.json,
            Self::Guard(args) => args.json(),
            Self::Test(args) => args.json(),
            Self::Token(args) => args.json(),
            Self::Backup(args) => args.json,
            Self::Restore(args) => args.json,
            Self::Doctor(args) => args.json,
            Self::Config(config::ConfigCommand::Show(args)) => args.json,
            Self::Events(_)
            | Self::Serve(_)
            | Self::Mcp(_)
            | Self::Config(_)
            | Self::Completions(_) => false,
        }
    }
}

/// Runs one command.
pub(crate) async fn execute(ui: &mut Ui, globals: &Globals, command: &Command) -> CmdResult {
    match command {
        Command::Map(args) => map::cmd_map(ui, globals, args).await,
        Command::Collect(args) => collect::cmd_collect(ui, globals, args).await,
        Command::Sql(args) => sql::cmd_sql(ui, globals, args).await,
        Command::Events(args) => events::cmd_events(ui, globals, args).await,
        Command::Guard(args) => guard::cmd_guard(ui, globals, args).await,
        Command::Test(args) => test::cmd_test(ui, globals, args).await,
        Command::Serve(args) => serve::cmd_serve(ui, globals, args).await,
        Command::Backup(args) => backup::cmd_backup(ui, globals, args).await,
        Command::Restore(args) => backup::cmd_restore(ui, globals, args).await,
        Command::Mcp(args) => mcp::cmd_mcp(ui, globals, args).await,
        Command::Token(args) => token::cmd_token(ui, globals, args).await,
        Command::Doctor(args) => doctor::cmd_doctor(ui, globals, args).await,
        Command::Config(command) => config::cmd_config(ui, globals, command),
        Command::Completions(args) => completions::cmd_completions(ui, args),
    }
}
