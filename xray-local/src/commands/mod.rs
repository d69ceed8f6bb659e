//! The command line.

mod amount;
mod secret;
mod serve;
mod state_folder;

use std::process::ExitCode;

use clap::Parser;

use serve::Serve;

/// What a command answers to the shell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Exit {
    Ok = 0,
    Failed = 1,
    /// What clap itself exits with when a command line makes no sense.
    Usage = 2,
    PortInUse = 6,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

const EXAMPLES: &str = "\
Examples:
  xray-local                         receive and answer on 127.0.0.1:2000
  xray-local --bind 127.0.0.1:3000   the same on another port

";

const EXIT_CODES: &str = "\
Exit codes:
  0  ended by Ctrl-C or SIGTERM
  1  failed
  2  the command line makes no sense
  6  the port is in use";

/// AWS X-Ray on this machine: receives segments over UDP as the X-Ray daemon does, keeps them, and answers the X-Ray API.
#[derive(Debug, Parser)]
#[command(name = "xray-local", version, before_help = EXAMPLES, after_help = EXIT_CODES)]
pub(crate) struct CommandLine {
    #[command(flatten)]
    serve: Serve,
}

impl CommandLine {
    pub(crate) fn run(self) -> Exit {
        self.serve.run()
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        CommandLine::command().debug_assert();
    }
}
