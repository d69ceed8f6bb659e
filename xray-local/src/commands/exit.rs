use std::process::ExitCode;

/// What a command answers to the shell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    Ok,
    Failed,
    /// What clap itself exits with when a command line makes no sense.
    Usage,
    /// Something was looked for that should not be there, and it is; or the other way round.
    Findings,
    NotFound,
    Unreachable,
    PortInUse,
    Interrupted,
    /// What a program that was started here has answered.
    Child(u8),
}

/// The list for `--help` and the manual.
pub(crate) const EXIT_CODES: &str = "\
Exit codes:
  0    ok
  1    failed
  2    the command line makes no sense
  3    findings: what was checked does not hold
  4    what was named is not there
  5    the server cannot be reached
  6    the port is in use
  130  interrupted by Ctrl-C; the server itself ends with 0";

impl Exit {
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Findings => 3,
            Self::NotFound => 4,
            Self::Unreachable => 5,
            Self::PortInUse => 6,
            Self::Interrupted => 130,
            Self::Child(code) => code,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}
