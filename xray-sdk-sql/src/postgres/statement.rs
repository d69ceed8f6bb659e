use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use tokio_postgres::{Statement, ToStatement};

use crate::call::What;

/// What a [`TracedClient`](super::TracedClient) runs: text, a [`PreparedStatement`], or tokio-postgres's own `Statement`, whose text
/// is not known.
pub trait Sql: Sync + sealed::Sealed {
    /// What tokio-postgres takes.
    type Inner: ToStatement + ?Sized + Sync;

    /// What tokio-postgres takes in its place.
    fn inner(&self) -> &Self::Inner;

    /// The statement's text, where it is known.
    fn text(&self) -> Option<&str>;
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for str {}
    impl Sealed for String {}
    impl Sealed for tokio_postgres::Statement {}
    impl Sealed for super::PreparedStatement {}
}

impl Sql for str {
    type Inner = str;

    fn inner(&self) -> &str {
        self
    }

    fn text(&self) -> Option<&str> {
        Some(self)
    }
}

impl Sql for String {
    type Inner = str;

    fn inner(&self) -> &str {
        self
    }

    fn text(&self) -> Option<&str> {
        Some(self)
    }
}

impl Sql for Statement {
    type Inner = Statement;

    fn inner(&self) -> &Statement {
        self
    }

    fn text(&self) -> Option<&str> {
        None
    }
}

/// A prepared statement that knows its text. Made by [`TracedClient::prepare`](super::TracedClient::prepare).
#[derive(Clone)]
pub struct PreparedStatement {
    inner: Statement,
    text: Arc<str>,
}

impl PreparedStatement {
    /// A statement that something else prepared, as a pool's cache, from this text.
    pub fn new(inner: Statement, text: impl Into<Arc<str>>) -> Self {
        Self {
            inner,
            text: text.into(),
        }
    }
}

impl Deref for PreparedStatement {
    type Target = Statement;

    fn deref(&self) -> &Statement {
        &self.inner
    }
}

/// Without the text, which may hold values.
impl fmt::Debug for PreparedStatement {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("PreparedStatement")
            .finish_non_exhaustive()
    }
}

impl Sql for PreparedStatement {
    type Inner = Statement;

    fn inner(&self) -> &Statement {
        &self.inner
    }

    fn text(&self) -> Option<&str> {
        Some(&self.text)
    }
}

pub(super) fn what<T: Sql + ?Sized>(statement: &T) -> What<'_> {
    statement.text().map_or(What::Unknown, What::prepared)
}
