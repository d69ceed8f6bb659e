use std::fmt::Display;

use xray_local::printable;

use super::{Endpoint, Refusal};
use crate::commands::{Exit, Failure};

/// Why a server gave no answer, or no good one.
#[derive(Debug)]
pub(crate) struct ClientError {
    kind: Kind,
    problem: String,
    cure: String,
}

#[derive(Debug, PartialEq)]
enum Kind {
    /// What was to be sent is no request.
    Request,
    Unreachable,
    /// By the name that AWS gives errors.
    Refused(String),
    Nonsense,
}

impl ClientError {
    pub(super) fn request(problem: &dyn Display) -> Self {
        Self {
            kind: Kind::Request,
            problem: problem.to_string(),
            cure: "Try it with other arguments.".to_owned(),
        }
    }

    pub(super) fn unreachable(endpoint: &Endpoint, problem: &dyn Display) -> Self {
        Self {
            kind: Kind::Unreachable,
            problem: format!("nothing answers at {endpoint}: {problem}"),
            cure: "Start a server with `xray-local`, or name one that runs: --address HOST:PORT, or XRAY_LOCAL_ADDRESS.".to_owned(),
        }
    }

    /// Something is there, and it is no server of HTTP, or not of this kind.
    pub(super) fn foreign(endpoint: &Endpoint, problem: &dyn Display) -> Self {
        Self {
            kind: Kind::Nonsense,
            problem: format!("what answers at {endpoint} is no server of the X-Ray API: {problem}"),
            cure: "Another program may have that port, or speak https where http was asked for: name the server, --address HOST:PORT, or XRAY_LOCAL_ADDRESS.".to_owned(),
        }
    }

    /// The answer began, and did not come whole.
    pub(super) fn cut(endpoint: &Endpoint, problem: &dyn Display) -> Self {
        Self {
            kind: Kind::Unreachable,
            problem: format!("{endpoint} broke its answer off: {problem}"),
            cure: "Try again; the server may have ended meanwhile.".to_owned(),
        }
    }

    /// The server was there, and is no more.
    pub(super) fn gone(endpoint: &Endpoint, problem: &dyn Display) -> Self {
        Self {
            kind: Kind::Unreachable,
            problem: format!("{endpoint} tells no more: {problem}"),
            cure: "Start it again with `xray-local`, and then this command.".to_owned(),
        }
    }

    pub(super) fn nonsense(endpoint: &Endpoint, problem: &dyn Display) -> Self {
        Self {
            kind: Kind::Nonsense,
            problem: format!("{endpoint} answers what is not understood: {problem}"),
            cure: "Is it an xray-local of this version? `xray-local health` tells.".to_owned(),
        }
    }

    pub(super) fn refused(endpoint: &Endpoint, status: u16, refusal: Refusal) -> Self {
        let Refusal { name, message } = refusal;
        let problem = match message.as_deref().map(printable) {
            Some(message) => format!("{endpoint} refuses: {message}"),
            None => format!("{endpoint} answers with status {status}"),
        };
        let cure = match name.as_str() {
            "MissingAuthenticationTokenException" => {
                "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY to a key of the server's file of --keys."
            }
            _ if status >= 500 => "Try again; the server's own standard error may say more.",
            _ if (300..400).contains(&status) => {
                "It sends callers elsewhere, which may be another program: name the server itself, --address HOST:PORT, or XRAY_LOCAL_ADDRESS."
            }
            _ if status == 404 => "Is it an xray-local of this version? `xray-local health` tells.",
            _ => "Correct what it names; --help shows examples.",
        };
        Self {
            kind: Kind::Refused(name),
            problem,
            cure: cure.to_owned(),
        }
    }

    /// Tells which key was used, where the key is what is wrong.
    pub(super) fn with_key(mut self, key_id: &str) -> Self {
        let is_of_key = self.refusal().is_some_and(|name| {
            [
                "AccessDenied",
                "Signature",
                "UnrecognizedClient",
                "InvalidClientToken",
                "ExpiredToken",
            ]
            .iter()
            .any(|part| name.contains(part))
        });
        if is_of_key {
            let key_id = printable(key_id);
            let is_of_secret = self
                .refusal()
                .is_some_and(|name| name.contains("Signature"));
            let cure = match is_of_secret {
                true => "is AWS_SECRET_ACCESS_KEY its secret, and this machine's clock right?",
                false => "set a key that may do it.",
            };
            self.cure = format!("It was signed with the key {key_id} of AWS_ACCESS_KEY_ID: {cure}");
        }
        self
    }

    /// Whether the server was asked too much at once, and takes the same a little later.
    pub(super) fn is_throttled(&self) -> bool {
        let names = ["Throttl", "TooManyRequests"];
        let name = self.refusal().unwrap_or_default();
        names.iter().any(|part| name.starts_with(part))
    }

    pub(super) fn wants_signature(&self) -> bool {
        let names = [
            "MissingAuthenticationTokenException",
            "MissingAuthenticationToken",
        ];
        self.refusal().is_some_and(|name| names.contains(&name))
    }

    /// The name of the error with which the server refused; `None` where it did not answer so.
    pub(crate) fn refusal(&self) -> Option<&str> {
        match &self.kind {
            Kind::Refused(name) => Some(name),
            _ => None,
        }
    }

    /// What is wrong, in small letters and without a full stop.
    pub(crate) fn problem(&self) -> &str {
        &self.problem
    }

    /// Whether there was no answer at all.
    pub(crate) fn is_unreachable(&self) -> bool {
        self.kind == Kind::Unreachable
    }
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        let exit = match error.kind {
            Kind::Unreachable => Exit::Unreachable,
            Kind::Request | Kind::Refused(_) | Kind::Nonsense => Exit::Failed,
        };
        Self::new(exit, error.problem, error.cure)
    }
}
