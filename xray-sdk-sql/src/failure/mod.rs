//! What is recorded of an error of a database: its code, and its message as far as that is known to hold no values.
//!
//! Databases quote names and values alike, functions and triggers raise whatever they like with any code, and servers speak many languages. So a message
//! is recorded where it is one that the server is known to say for its code (`messages.rs`), with its names; else what the code means.

mod messages;
mod template;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::fmt::Display;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::engine::Engine;

/// What went wrong with a call.
#[derive(Debug)]
pub(crate) struct Failure<'a> {
    /// The type of the error.
    pub(crate) kind: &'a str,
    /// The database's code, with the name of the annotation that it goes by.
    pub(crate) code: Option<(&'static str, Cow<'a, str>)>,
    message: Message<'a>,
    /// Other texts of the error that may hold values.
    details: Vec<&'a str>,
    /// The database, or the pool, had no room for another connection.
    pub(crate) is_throttled: bool,
}

#[derive(Debug)]
enum Message<'a> {
    /// One that holds no values.
    Own(Cow<'static, str>),
    OfServer {
        engine: Engine,
        /// The server's code for its messages, where it is known.
        code: Option<Cow<'a, str>>,
        text: &'a str,
        otherwise: &'static str,
    },
}

/// The annotation for the five characters of the SQL standard.
pub(crate) const SQLSTATE: &str = "sqlstate";

/// The annotation for SQLite's number.
pub(crate) const SQLITE_CODE: &str = "sqlite_code";

/// What is told of a text that is withheld and not the message.
pub(crate) const LEFT_OUT: &str = "(left out)";

/// The text of an error. A `Display` that panics must not fail the program because it is traced.
pub(crate) fn text_of(error: &dyn Display) -> String {
    let text = catch_unwind(AssertUnwindSafe(|| error.to_string()));
    text.unwrap_or_else(|_| "(its Display panicked)".to_owned())
}

impl<'a> Failure<'a> {
    /// An error that no server sent, with a message of our own.
    pub(crate) fn new(kind: &'a str, message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            kind,
            code: None,
            message: Message::Own(message.into()),
            details: Vec::new(),
            is_throttled: false,
        }
    }

    /// An error of the operating system, by its kind: its text may be anybody's.
    pub(crate) fn io(kind: &'a str, what: &'static str, error: &std::io::Error) -> Self {
        Self::new(kind, format!("{what}: {}", error.kind()))
    }

    /// The same, with a code of the SQL standard.
    pub(crate) fn with_sqlstate(self, code: impl Into<Cow<'a, str>>) -> Self {
        Self {
            code: Some((SQLSTATE, code.into())),
            ..self
        }
    }

    /// The same, for want of a connection.
    pub(crate) fn throttled(self) -> Self {
        Self {
            is_throttled: true,
            ..self
        }
    }

    /// Other texts of the error, which may hold values.
    pub(crate) fn with_details(self, details: impl IntoIterator<Item = Option<&'a str>>) -> Self {
        Self {
            details: details.into_iter().flatten().collect(),
            ..self
        }
    }

    /// An error of PostgreSQL.
    pub(crate) fn postgres(kind: &'a str, code: &'a str, message: &'a str) -> Self {
        let otherwise = messages::of_state(code);
        Self {
            is_throttled: code == "53300",
            ..Self::of_server(
                kind,
                Engine::PostgreSql,
                Some(code.into()),
                message,
                otherwise,
            )
        }
        .with_sqlstate(code)
    }

    /// An error of MySQL or MariaDB.
    pub(crate) fn mysql(kind: &'a str, number: u16, state: &'a str, message: &'a str) -> Self {
        let (code, otherwise) = (number.to_string().into(), messages::of_state(state));
        Self {
            is_throttled: matches!(number, 1040 | 1203 | 1226),
            ..Self::of_server(kind, Engine::MySql, Some(code), message, otherwise)
        }
        .with_sqlstate(state)
    }

    /// An error of SQLite, by its extended result code.
    pub(crate) fn sqlite(kind: &'a str, code: Cow<'a, str>, message: &'a str) -> Self {
        let otherwise = messages::of_sqlite(&code);
        Self {
            code: Some((SQLITE_CODE, code.clone())),
            ..Self::of_server(kind, Engine::Sqlite, Some(code), message, otherwise)
        }
    }

    /// An error of a server whose code is not known; `otherwise` is told where the message is none that it is known to say.
    pub(crate) fn uncoded(
        kind: &'a str,
        engine: Engine,
        message: &'a str,
        otherwise: &'static str,
    ) -> Self {
        Self::of_server(kind, engine, None, message, otherwise)
    }

    fn of_server(
        kind: &'a str,
        engine: Engine,
        code: Option<Cow<'a, str>>,
        text: &'a str,
        otherwise: &'static str,
    ) -> Self {
        let message = Message::OfServer {
            engine,
            code,
            text,
            otherwise,
        };
        Self {
            message,
            ..Self::new(kind, "")
        }
    }

    /// The message without values. `has_name` tells whether the statement without literals has that name.
    pub(crate) fn told(&self, has_name: &dyn Fn(&str) -> bool) -> Cow<'_, str> {
        match &self.message {
            Message::Own(message) => Cow::Borrowed(message),
            Message::OfServer {
                engine,
                code,
                text,
                otherwise,
            } => {
                let known = match engine {
                    Engine::PostgreSql => messages::POSTGRESQL,
                    Engine::MySql | Engine::MariaDb => messages::MYSQL,
                    Engine::Sqlite => messages::SQLITE,
                };
                let of_code = known
                    .iter()
                    .filter(|(known, _)| code.as_deref().is_none_or(|code| code == *known));
                let templates = of_code.flat_map(|(_, templates)| *templates);
                template::told(templates, text, has_name)
                    .map_or(Cow::Borrowed(*otherwise), Cow::Owned)
            }
        }
    }

    /// What of the error must not be told, when `told` is: with what takes its place.
    pub(crate) fn withheld<'t>(
        &'t self,
        told: &'t str,
    ) -> impl Iterator<Item = (&'t str, &'t str)> {
        let message = match &self.message {
            Message::Own(_) => None,
            Message::OfServer { text, .. } => Some((*text, told)),
        };
        let details = self.details.iter().map(|detail| (*detail, LEFT_OUT));
        message
            .into_iter()
            .chain(details)
            .filter(move |(text, _)| !told.contains(text))
    }

    /// Whether all of its text is the driver's.
    pub(crate) fn is_own(&self) -> bool {
        matches!(self.message, Message::Own(_))
    }
}
