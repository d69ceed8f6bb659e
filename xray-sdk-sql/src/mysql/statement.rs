use std::fmt;
use std::sync::Arc;

use mysql_async::Statement;
use mysql_async::prelude::StatementLike;

/// What a [`TracedConnection`](super::TracedConnection) executes: text, a [`PreparedStatement`], or mysql_async's own `Statement`, whose
/// text is not known.
pub trait Sql: Send + Sync {
    /// What mysql_async takes in its place.
    type Inner: StatementLike;

    /// What mysql_async takes in its place.
    fn into_inner(self) -> Self::Inner;

    /// The statement's text, where it is known.
    fn text(&self) -> Option<&str>;
}

impl<'a> Sql for &'a str {
    type Inner = &'a str;

    fn into_inner(self) -> &'a str {
        self
    }

    fn text(&self) -> Option<&str> {
        Some(self)
    }
}

impl Sql for String {
    type Inner = String;

    fn into_inner(self) -> String {
        self
    }

    fn text(&self) -> Option<&str> {
        Some(self)
    }
}

impl<'a> Sql for &'a String {
    type Inner = &'a str;

    fn into_inner(self) -> &'a str {
        self
    }

    fn text(&self) -> Option<&str> {
        Some(self)
    }
}

impl<'a> Sql for &'a Statement {
    type Inner = &'a Statement;

    fn into_inner(self) -> &'a Statement {
        self
    }

    fn text(&self) -> Option<&str> {
        None
    }
}

/// A prepared statement that knows its text. Made by [`TracedConnection::prep`](super::TracedConnection::prep).
#[derive(Clone)]
pub struct PreparedStatement {
    pub(super) inner: Statement,
    text: Arc<str>,
}

impl PreparedStatement {
    /// A statement that was prepared from this text.
    pub fn new(inner: Statement, text: impl Into<Arc<str>>) -> Self {
        Self {
            inner,
            text: text.into(),
        }
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

impl<'a> Sql for &'a PreparedStatement {
    type Inner = &'a Statement;

    fn into_inner(self) -> &'a Statement {
        &self.inner
    }

    fn text(&self) -> Option<&str> {
        Some(&self.text)
    }
}
