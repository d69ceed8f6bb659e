//! `help`: the other way of writing `--help`.

use clap::Args;

use super::{CommandLine, Exit};

const EXAMPLES: &str = "\
Examples:
  xray-local help               the same as xray-local --help
  xray-local help traces get    the same as xray-local traces get --help

";

/// Tell what a command does and takes, as its --help does
#[derive(Debug, Args)]
#[command(before_help = EXAMPLES)]
pub(super) struct Help {
    /// The command; of a command below another one both, as in `help traces get`
    #[arg(value_name = "COMMAND")]
    command: Vec<String>,
}

impl Help {
    pub(super) fn run(self) -> Exit {
        let begin = ["xray-local".to_owned()];
        let end = ["--help".to_owned()];
        let typed = begin.into_iter().chain(self.command).chain(end);
        let read = CommandLine::of(typed.map(Into::into).collect());
        read.err().unwrap_or(Exit::Ok)
    }
}
