//! `completions`: what a shell needs to complete the command line.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::{CommandLine, Exit, Failure, output};

const EXAMPLES: &str = "\
Examples:
  xray-local completions bash > ~/.local/share/bash-completion/completions/xray-local
  xray-local completions fish > ~/.config/fish/completions/xray-local.fish

";

/// Write the completions of a shell
#[derive(Debug, Args)]
#[command(before_help = EXAMPLES)]
pub(super) struct Completions {
    /// The shell that is to complete
    shell: Shell,
}

impl Completions {
    pub(super) fn run(self) -> Result<Exit, Failure> {
        let mut script = Vec::new();
        let mut command = CommandLine::command();
        clap_complete::generate(self.shell, &mut command, "xray-local", &mut script);
        output::bytes(&script)?;
        Ok(Exit::Ok)
    }
}
