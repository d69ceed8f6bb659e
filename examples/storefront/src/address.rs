//! Where a server is, by a URL of the command line, and what is said when it cannot be had: never a password.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use tokio::time::timeout;
use url::{Position, Url};

/// How long a server may take to let the shop in.
const PATIENCE: Duration = Duration::from_secs(5);

/// The address of a server.
pub(crate) struct Address {
    flag: &'static str,
    url: Url,
}

/// Why a server cannot be used.
pub(crate) enum Why {
    /// Nobody answers, or nobody who speaks its language.
    Away(String),
    /// It does not let the user in.
    Login(String),
    Other(String),
}

/// What is wrong, and what helps, in one line.
#[derive(Debug)]
pub(crate) struct Problem(String);

impl Address {
    /// Reads the URL that `flag` was given. Its scheme is to be one of `schemes`; `form` says what it looks like.
    pub(crate) fn parse(
        flag: &'static str,
        url: &str,
        schemes: &[&str],
        form: &'static str,
    ) -> Result<Self, Problem> {
        // Nothing of the text is told: any part of it may be the password.
        let wrong = |what: &str| {
            let hint = "/ ? # @ in user or password as %2F %3F %23 %40";
            Problem(format!(
                "{flag} is not understood ({what}): write {form}, with {hint}"
            ))
        };
        let url = Url::parse(url).map_err(|error| wrong(&error.to_string()))?;
        if !schemes.contains(&url.scheme()) {
            return Err(wrong("the shop knows no such server"));
        }
        if !url.has_host() || url[Position::BeforePath..].contains(['@', '#']) {
            return Err(wrong("no host"));
        }
        Ok(Self { flag, url })
    }

    pub(crate) fn url(&self) -> &Url {
        &self.url
    }

    /// Connects to the server.
    pub(crate) async fn reach<T, E>(
        &self,
        connect: impl Future<Output = Result<T, E>>,
        why: impl FnOnce(&E) -> Why,
    ) -> Result<T, Problem> {
        match timeout(PATIENCE, connect).await {
            Ok(reached) => reached.map_err(|error| self.problem(&why(&error))),
            Err(_) => {
                let seconds = PATIENCE.as_secs();
                let silence = format!("no answer within {seconds} s");
                Err(self.problem(&Why::Away(silence)))
            }
        }
    }

    /// What is said when the server cannot be used.
    pub(crate) fn problem(&self, why: &Why) -> Problem {
        let (flag, scheme) = (self.flag, self.url.scheme());
        let host = self.url.host_str().unwrap_or_default();
        let port = self.url.port().map(|port| format!(":{port}"));
        let server = format!("{scheme}://{host}{}", port.unwrap_or_default());
        Problem(match why {
            Why::Away(what) => {
                format!(
                    "{flag}: {server} cannot be reached ({what}): is the server running, and is this where it listens?"
                )
            }
            Why::Login(what) => {
                format!(
                    "{flag}: {server} does not let the shop in ({what}): are user and password of the URL right?"
                )
            }
            Why::Other(what) => format!("{flag}: {server} cannot be used: {what}"),
        })
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for Problem {}
