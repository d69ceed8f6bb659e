//! `man`: the manual.

use clap::{Args, CommandFactory};
use clap_mangen::Man as Page;

use super::{CommandLine, Exit, Failure, output};

const EXAMPLES: &str = "\
Examples:
  xray-local man | man -l -
  xray-local man assert > xray-local-assert.1

";

/// Write the manual page of the program, or of a command, in the form of man(1)
#[derive(Debug, Args)]
#[command(before_help = EXAMPLES)]
pub(super) struct Man {
    /// The command; of a command below another one both, as in `man traces get`
    #[arg(value_name = "COMMAND")]
    command: Vec<String>,
}

impl Man {
    pub(super) fn run(self) -> Result<Exit, Failure> {
        let mut command = CommandLine::command();
        command.build();
        for name in &self.command {
            let found = command.find_subcommand(name).cloned();
            command = found.ok_or_else(|| {
                Failure::not_found(
                    format!("there is no command {name:?}"),
                    "`xray-local --help` lists the commands.",
                )
            })?;
        }
        let mut page = Vec::new();
        // Of a command below another one its bare name would stand there.
        let source = concat!("xray-local ", env!("CARGO_PKG_VERSION"));
        Page::new(command).source(source).render(&mut page)?;
        output::bytes(&page)?;
        Ok(Exit::Ok)
    }
}
