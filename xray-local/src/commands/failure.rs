use std::io;

use super::Exit;
use super::output::talk;

/// Why a command ends early, and what to do about it.
#[derive(Debug)]
pub(crate) struct Failure {
    exit: Exit,
    /// `None` where there is nobody left to tell.
    told: Option<Told>,
}

#[derive(Debug)]
struct Told {
    problem: String,
    cure: String,
}

impl Failure {
    /// `problem` says what is wrong in small letters and without a full stop, `cure` what to do next as a sentence or a command.
    pub(crate) fn new(exit: Exit, problem: impl Into<String>, cure: impl Into<String>) -> Self {
        let told = Told {
            problem: problem.into(),
            cure: cure.into(),
        };
        Self {
            exit,
            told: Some(told),
        }
    }

    /// The command could not do what it was to do.
    pub(crate) fn failed(problem: impl Into<String>, cure: impl Into<String>) -> Self {
        Self::new(Exit::Failed, problem, cure)
    }

    /// What is asked for makes no sense.
    pub(crate) fn usage(problem: impl Into<String>, cure: impl Into<String>) -> Self {
        Self::new(Exit::Usage, problem, cure)
    }

    /// What is asked for is not there.
    pub(crate) fn not_found(problem: impl Into<String>, cure: impl Into<String>) -> Self {
        Self::new(Exit::NotFound, problem, cure)
    }

    /// Whether the server was not there.
    pub(crate) fn is_unreachable(&self) -> bool {
        self.exit == Exit::Unreachable
    }

    /// The same of a command that has found something by then: where its reader has had enough, that is what it ends with.
    pub(crate) fn having_found(self) -> Self {
        match self.exit {
            Exit::Ok => Self {
                exit: Exit::Findings,
                ..self
            },
            _ => self,
        }
    }

    /// Says it on standard error, and what to exit with.
    pub(crate) fn tell(self) -> Exit {
        if let Some(told) = self.told {
            talk(format_args!(
                "xray-local: {}\n{}\n",
                told.problem, told.cure
            ));
        }
        self.exit
    }
}

/// Standard output cannot be written to. Where its reader has had enough, as `head` has, all is well.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self {
                exit: Exit::Ok,
                told: None,
            },
            _ => Self::failed(
                format!("cannot write to standard output: {error}"),
                "Make room where it is written to, or write elsewhere.",
            ),
        }
    }
}
