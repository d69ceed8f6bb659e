//! The calls that give all of their rows at once, or none.

use tokio_postgres::types::{BorrowToSql, ToSql, Type};
use tokio_postgres::{Error, Row, SimpleQueryMessage};

use super::client::{TracedClient, sealed};
use super::error::{recorded, settle};
use super::statement::{PreparedStatement, Sql, what};
use crate::call::{Call, What};

/// How many rows a list has.
fn count<T>(call: &mut Call, rows: &[T]) {
    call.rows_returned(rows.len() as u64);
}

impl<C: sealed::Holds> TracedClient<C> {
    /// As [`tokio_postgres::Client::query`].
    ///
    /// # Errors
    ///
    /// What tokio-postgres returns, untouched.
    #[track_caller]
    pub fn query<T: Sql + ?Sized>(
        &self,
        statement: &T,
        params: &[&(dyn ToSql + Sync)],
    ) -> impl Future<Output = Result<Vec<Row>, Error>> + Send {
        let call = self.begin(what(statement));
        recorded(
            call,
            self.inner.client().query(statement.inner(), params),
            |call, rows| count(call, rows),
        )
    }

    /// As [`tokio_postgres::Client::query_one`].
    ///
    /// # Errors
    ///
    /// What tokio-postgres returns, untouched.
    #[track_caller]
    pub fn query_one<T: Sql + ?Sized>(
        &self,
        statement: &T,
        params: &[&(dyn ToSql + Sync)],
    ) -> impl Future<Output = Result<Row, Error>> + Send {
        let call = self.begin(what(statement));
        recorded(
            call,
            self.inner.client().query_one(statement.inner(), params),
            |call, _| call.rows_returned(1),
        )
    }

    /// As [`tokio_postgres::Client::query_opt`].
    ///
    /// # Errors
    ///
    /// What tokio-postgres returns, untouched.
    #[track_caller]
    pub fn query_opt<T: Sql + ?Sized>(
        &self,
        statement: &T,
        params: &[&(dyn ToSql + Sync)],
    ) -> impl Future<Output = Result<Option<Row>, Error>> + Send {
        let call = self.begin(what(statement));
        recorded(
            call,
            self.inner.client().query_opt(statement.inner(), params),
            |call, row| {
                call.rows_returned(u64::from(row.is_some()));
            },
        )
    }

    /// As [`tokio_postgres::Client::execute`].
    ///
    /// # Errors
    ///
    /// What tokio-postgres returns, untouched.
    #[track_caller]
    pub fn execute<T: Sql + ?Sized>(
        &self,
        statement: &T,
        params: &[&(dyn ToSql + Sync)],
    ) -> impl Future<Output = Result<u64, Error>> + Send {
        let call = self.begin(what(statement));
        recorded(
            call,
            self.inner.client().execute(statement.inner(), params),
            |call, rows| call.rows_affected(*rows),
        )
    }

    /// As [`tokio_postgres::Client::execute_raw`].
    ///
    /// # Errors
    ///
    /// What tokio-postgres returns, untouched.
    #[track_caller]
    pub fn execute_raw<T, P, I>(
        &self,
        statement: &T,
        params: I,
    ) -> impl Future<Output = Result<u64, Error>> + Send
    where
        T: Sql + ?Sized,
        P: BorrowToSql,
        I: IntoIterator<Item = P> + Send,
        I::IntoIter: ExactSizeIterator + Send,
    {
        let call = self.begin(what(statement));
        recorded(
            call,
            self.inner.client().execute_raw(statement.inner(), params),
            |call, rows| call.rows_affected(*rows),
        )
    }

    /// As [`tokio_postgres::Client::query_typed`].
    ///
    /// # Errors
    ///
    /// What tokio-postgres returns, untouched.
    #[track_caller]
    pub fn query_typed(
        &self,
        statement: &str,
        params: &[(&(dyn ToSql + Sync), Type)],
    ) -> impl Future<Output = Result<Vec<Row>, Error>> + Send {
        let call = self.begin(What::text(statement));
        recorded(
            call,
            self.inner.client().query_typed(statement, params),
            |call, rows| count(call, rows),
        )
    }

    /// As [`tokio_postgres::Client::query_typed_one`].
    ///
    /// # Errors
    ///
    /// What tokio-postgres returns, untouched.
    #[track_caller]
    pub fn query_typed_one(
        &self,
        statement: &str,
        params: &[(&(dyn ToSql + Sync), Type)],
    ) -> impl Future<Output = Result<Row, Error>> + Send {
        let call = self.begin(What::text(statement));
        recorded(
            call,
            self.inner.client().query_typed_one(statement, params),
            |call, _| call.rows_returned(1),
        )
    }

    /// As [`tokio_postgres::Client::query_typed_opt`].
    ///
    /// # Errors
    ///
    /// What tokio-postgres returns, untouched.
    #[track_caller]
    pub fn query_typed_opt(
        &self,
        statement: &str,
        params: &[(&(dyn ToSql + Sync), Type)],
    ) -> impl Future<Output = Result<Option<Row>, Error>> + Send {
        let call = self.begin(What::text(statement));
        recorded(
            call,
            self.inner.client().query_typed_opt(statement, params),
            |call, row| {
                call.rows_returned(u64::from(row.is_some()));
            },
        )
    }

    /// As [`tokio_postgres::Client::execute_typed`].
    ///
    /// # Errors
    ///
    /// What tokio-postgres returns, untouched.
    #[track_caller]
    pub fn execute_typed(
        &self,
        statement: &str,
        params: &[(&(dyn ToSql + Sync), Type)],
    ) -> impl Future<Output = Result<u64, Error>> + Send {
        let call = self.begin(What::text(statement));
        recorded(
            call,
            self.inner.client().execute_typed(statement, params),
            |call, rows| call.rows_affected(*rows),
        )
    }

    /// As [`tokio_postgres::Client::simple_query`].
    ///
    /// # Errors
    ///
    /// What tokio-postgres returns, untouched.
    #[track_caller]
    pub fn simple_query(
        &self,
        statements: &str,
    ) -> impl Future<Output = Result<Vec<SimpleQueryMessage>, Error>> + Send {
        let call = self.begin(What::text(statements));
        recorded(
            call,
            self.inner.client().simple_query(statements),
            |call, messages| {
                let is_row =
                    |message: &&SimpleQueryMessage| matches!(message, SimpleQueryMessage::Row(_));
                call.rows_returned(messages.iter().filter(is_row).count() as u64);
            },
        )
    }

    /// As [`tokio_postgres::Client::batch_execute`].
    ///
    /// # Errors
    ///
    /// What tokio-postgres returns, untouched.
    #[track_caller]
    pub fn batch_execute(
        &self,
        statements: &str,
    ) -> impl Future<Output = Result<(), Error>> + Send {
        let call = self.begin(What::text(statements));
        recorded(
            call,
            self.inner.client().batch_execute(statements),
            |_, ()| {},
        )
    }

    /// As [`tokio_postgres::Client::prepare`].
    ///
    /// # Errors
    ///
    /// What tokio-postgres returns, untouched.
    #[track_caller]
    pub fn prepare(
        &self,
        statement: &str,
    ) -> impl Future<Output = Result<PreparedStatement, Error>> + Send {
        let call = self.begin(What::text(statement));
        async move {
            let outcome = self.inner.client().prepare(statement).await;
            settle(call, &outcome, |_, _| {});
            Ok(PreparedStatement::new(outcome?, statement))
        }
    }

    /// As [`tokio_postgres::Client::prepare_typed`].
    ///
    /// # Errors
    ///
    /// What tokio-postgres returns, untouched.
    #[track_caller]
    pub fn prepare_typed(
        &self,
        statement: &str,
        types: &[Type],
    ) -> impl Future<Output = Result<PreparedStatement, Error>> + Send {
        let call = self.begin(What::text(statement));
        async move {
            let outcome = self.inner.client().prepare_typed(statement, types).await;
            settle(call, &outcome, |_, _| {});
            Ok(PreparedStatement::new(outcome?, statement))
        }
    }
}
