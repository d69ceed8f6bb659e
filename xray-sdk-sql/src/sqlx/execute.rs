use sqlx::error::BoxDynError;
use sqlx::{Database, Execute, SqlStr};

/// A query whose text was looked at. sqlx gives a query's text only in exchange for the query, so this is made of its parts.
pub(super) struct Replayed<DB: Database> {
    sql: SqlStr,
    statement: Option<DB::Statement>,
    arguments: Option<Result<Option<DB::Arguments>, BoxDynError>>,
    is_persistent: bool,
}

impl<DB: Database> Replayed<DB> {
    pub(super) fn of<'q>(mut query: impl Execute<'q, DB>) -> Self {
        Self {
            statement: query.statement().cloned(),
            arguments: Some(query.take_arguments()),
            is_persistent: query.persistent(),
            sql: query.sql(),
        }
    }

    pub(super) fn text(&self) -> &str {
        self.sql.as_str()
    }

    /// Whether values are bound to it, for which sqlx prepares it.
    pub(super) fn is_prepared(&self) -> bool {
        !matches!(self.arguments, Some(Ok(None)))
    }
}

impl<'q, DB: Database> Execute<'q, DB> for Replayed<DB> {
    fn sql(self) -> SqlStr {
        self.sql
    }

    fn statement(&self) -> Option<&DB::Statement> {
        self.statement.as_ref()
    }

    fn take_arguments(&mut self) -> Result<Option<DB::Arguments>, BoxDynError> {
        self.arguments.take().unwrap_or(Ok(None))
    }

    fn persistent(&self) -> bool {
        self.is_persistent
    }
}
