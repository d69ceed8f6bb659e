//! `traces`: what is stored, as a list, one by one, and side by side; and what is to be stored no longer.

mod diff;
mod explain;
mod get;
mod ls;
mod rm;

use clap::{Args, Subcommand};

use super::{Exit, Failure};

const EXAMPLES: &str = "\
Examples:
  xray-local traces ls 'fault' --since 15m     those that failed lately
  xray-local traces get 1-5f84c7a1-e7d1852db8c4fd35d88bf49a

";

/// List traces, show them, compare them, take them out
#[derive(Debug, Args)]
#[command(before_help = EXAMPLES, subcommand_required = true, arg_required_else_help = true, disable_help_subcommand = true)]
pub(super) struct Traces {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Ls(ls::Ls),
    Get(get::Get),
    Diff(diff::Diff),
    Explain(explain::Explain),
    Rm(rm::Rm),
}

impl Traces {
    pub(super) fn run(self) -> Result<Exit, Failure> {
        match self.command {
            Command::Ls(ls) => ls.run(),
            Command::Get(get) => get.run(),
            Command::Diff(diff) => diff.run(),
            Command::Explain(explain) => explain.run(),
            Command::Rm(rm) => rm.run(),
        }
    }
}
