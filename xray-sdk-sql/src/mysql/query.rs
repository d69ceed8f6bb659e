use mysql_async::prelude::{AsQuery, FromRow, Queryable};
use mysql_async::{BinaryProtocol, Params, QueryResult, Result, TextProtocol};

use super::connection::TracedConnection;
use super::error::{recorded, settle};
use super::statement::{PreparedStatement, Sql};
use crate::call::{Call, What};

/// Begins the call of a query that is text.
#[track_caller]
fn begin_query<C>(
    connection: &TracedConnection<C>,
    query: &(impl AsQuery + ?Sized),
) -> Option<Call> {
    // The text is looked at only where it is recorded.
    if !xray_sdk::current().is_recording() {
        return connection.begin(What::Unknown);
    }
    let text = query.as_query();
    connection.begin(What::text(&String::from_utf8_lossy(&text)))
}

/// Begins the call of a statement that is executed with parameters.
#[track_caller]
fn begin_statement<C>(connection: &TracedConnection<C>, statement: &impl Sql) -> Option<Call> {
    connection.begin(statement.text().map_or(What::Unknown, What::prepared))
}

/// How many rows a list has.
fn count<T>(call: &mut Call, rows: &[T]) {
    call.rows_returned(rows.len() as u64);
}

impl<C: Queryable> TracedConnection<C> {
    /// As [`Queryable::query`].
    ///
    /// # Errors
    ///
    /// What mysql_async returns, untouched.
    #[track_caller]
    pub fn query<'a, T, Q>(&'a mut self, query: Q) -> impl Future<Output = Result<Vec<T>>> + Send
    where
        T: FromRow + Send + 'static,
        Q: AsQuery + 'a,
    {
        let call = begin_query(self, &query);
        recorded(call, self.inner.query(query), |call, rows| {
            count(call, rows);
        })
    }

    /// As [`Queryable::query_first`].
    ///
    /// # Errors
    ///
    /// What mysql_async returns, untouched.
    #[track_caller]
    pub fn query_first<'a, T, Q>(
        &'a mut self,
        query: Q,
    ) -> impl Future<Output = Result<Option<T>>> + Send
    where
        T: FromRow + Send + 'static,
        Q: AsQuery + 'a,
    {
        let call = begin_query(self, &query);
        recorded(call, self.inner.query_first(query), |call, row| {
            call.rows_returned(u64::from(row.is_some()));
        })
    }

    /// As [`Queryable::query_map`].
    ///
    /// # Errors
    ///
    /// What mysql_async returns, untouched.
    #[track_caller]
    pub fn query_map<'a, T, F, Q, U>(
        &'a mut self,
        query: Q,
        map: F,
    ) -> impl Future<Output = Result<Vec<U>>> + Send
    where
        T: FromRow + Send + 'static,
        F: FnMut(T) -> U + Send + 'a,
        Q: AsQuery + 'a,
        U: Send + 'a,
    {
        let call = begin_query(self, &query);
        recorded(call, self.inner.query_map(query, map), |call, rows| {
            count(call, rows);
        })
    }

    /// As [`Queryable::query_drop`].
    ///
    /// # Errors
    ///
    /// What mysql_async returns, untouched.
    #[track_caller]
    pub fn query_drop<'a, Q>(&'a mut self, query: Q) -> impl Future<Output = Result<()>> + Send
    where
        Q: AsQuery + 'a,
    {
        let call = begin_query(self, &query);
        recorded(call, self.inner.query_drop(query), |_, _| {})
    }

    /// As [`Queryable::query_iter`]. The subsegment ends before the first row, as mysql_async's result cannot be wrapped.
    ///
    /// # Errors
    ///
    /// What mysql_async returns, untouched.
    #[track_caller]
    pub fn query_iter<'a, Q>(
        &'a mut self,
        query: Q,
    ) -> impl Future<Output = Result<QueryResult<'a, 'static, TextProtocol>>> + Send
    where
        Q: AsQuery + 'a,
    {
        let call = begin_query(self, &query);
        recorded(call, self.inner.query_iter(query), |_, _| {})
    }

    /// As [`Queryable::exec`].
    ///
    /// # Errors
    ///
    /// What mysql_async returns, untouched.
    #[track_caller]
    pub fn exec<'a, T, S, P>(
        &'a mut self,
        statement: S,
        params: P,
    ) -> impl Future<Output = Result<Vec<T>>> + Send
    where
        T: FromRow + Send + 'static,
        S: Sql + 'a,
        S::Inner: 'a,
        P: Into<Params> + Send + 'a,
    {
        let call = begin_statement(self, &statement);
        recorded(
            call,
            self.inner.exec(statement.into_inner(), params),
            |call, rows| count(call, rows),
        )
    }

    /// As [`Queryable::exec_first`].
    ///
    /// # Errors
    ///
    /// What mysql_async returns, untouched.
    #[track_caller]
    pub fn exec_first<'a, T, S, P>(
        &'a mut self,
        statement: S,
        params: P,
    ) -> impl Future<Output = Result<Option<T>>> + Send
    where
        T: FromRow + Send + 'static,
        S: Sql + 'a,
        S::Inner: 'a,
        P: Into<Params> + Send + 'a,
    {
        let call = begin_statement(self, &statement);
        recorded(
            call,
            self.inner.exec_first(statement.into_inner(), params),
            |call, row| {
                call.rows_returned(u64::from(row.is_some()));
            },
        )
    }

    /// As [`Queryable::exec_map`].
    ///
    /// # Errors
    ///
    /// What mysql_async returns, untouched.
    #[track_caller]
    pub fn exec_map<'a, T, S, P, U, F>(
        &'a mut self,
        statement: S,
        params: P,
        map: F,
    ) -> impl Future<Output = Result<Vec<U>>> + Send
    where
        T: FromRow + Send + 'static,
        S: Sql + 'a,
        S::Inner: 'a,
        P: Into<Params> + Send + 'a,
        F: FnMut(T) -> U + Send + 'a,
        U: Send + 'a,
    {
        let call = begin_statement(self, &statement);
        recorded(
            call,
            self.inner.exec_map(statement.into_inner(), params, map),
            |call, rows| count(call, rows),
        )
    }

    /// As [`Queryable::exec_drop`].
    ///
    /// # Errors
    ///
    /// What mysql_async returns, untouched.
    #[track_caller]
    pub fn exec_drop<'a, S, P>(
        &'a mut self,
        statement: S,
        params: P,
    ) -> impl Future<Output = Result<()>> + Send
    where
        S: Sql + 'a,
        S::Inner: 'a,
        P: Into<Params> + Send + 'a,
    {
        let call = begin_statement(self, &statement);
        recorded(
            call,
            self.inner.exec_drop(statement.into_inner(), params),
            |_, _| {},
        )
    }

    /// As [`Queryable::exec_batch`].
    ///
    /// # Errors
    ///
    /// What mysql_async returns, untouched.
    #[track_caller]
    pub fn exec_batch<'a, S, P, I>(
        &'a mut self,
        statement: S,
        params: I,
    ) -> impl Future<Output = Result<()>> + Send
    where
        S: Sql + 'a,
        S::Inner: 'a,
        I: IntoIterator<Item = P> + Send + 'a,
        I::IntoIter: Send,
        P: Into<Params> + Send + 'a,
    {
        let call = begin_statement(self, &statement);
        recorded(
            call,
            self.inner.exec_batch(statement.into_inner(), params),
            |_, _| {},
        )
    }

    /// As [`Queryable::exec_iter`]. The subsegment ends before the first row, as mysql_async's result cannot be wrapped.
    ///
    /// # Errors
    ///
    /// What mysql_async returns, untouched.
    #[track_caller]
    pub fn exec_iter<'a, S, P>(
        &'a mut self,
        statement: S,
        params: P,
    ) -> impl Future<Output = Result<QueryResult<'a, 'static, BinaryProtocol>>> + Send
    where
        S: Sql + 'a,
        S::Inner: 'a,
        P: Into<Params> + Send + 'a,
    {
        let call = begin_statement(self, &statement);
        recorded(
            call,
            self.inner.exec_iter(statement.into_inner(), params),
            |_, _| {},
        )
    }

    /// As [`Queryable::prep`].
    ///
    /// # Errors
    ///
    /// What mysql_async returns, untouched.
    #[track_caller]
    pub fn prep(
        &mut self,
        statement: &str,
    ) -> impl Future<Output = Result<PreparedStatement>> + Send {
        let call = self.begin(What::text(statement));
        async move {
            let outcome = self.inner.prep(statement).await;
            settle(call, &outcome, |_, _| {});
            Ok(PreparedStatement::new(outcome?, statement))
        }
    }

    /// As [`Queryable::ping`].
    ///
    /// # Errors
    ///
    /// What mysql_async returns, untouched.
    #[track_caller]
    pub fn ping(&mut self) -> impl Future<Output = Result<()>> + Send {
        let call = self.begin(What::Named("PING"));
        recorded(call, self.inner.ping(), |_, ()| {})
    }
}
