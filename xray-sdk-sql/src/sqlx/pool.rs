use std::fmt;

use futures_core::future::BoxFuture;
use sqlx::pool::PoolConnection;
use sqlx::{Connection, Describe, Error, Execute, Executor, Pool, SqlStr, Transaction};

use super::DRIVER;
use super::connection::TracedConnection;
use super::engine::TracedDatabase;
use super::error::settle;
use super::execute::Replayed;
use super::stream::{Recorded, Results};
use crate::call::{Call, What};
use crate::database::{Database, Record};

/// A pool of sqlx whose calls are recorded. Made by [`Traced::traced`](super::Traced::traced). A clone costs two reference counts.
///
/// `&TracedPool` is an executor, as `&Pool` is. Where nothing is recorded a call costs a look at what is current.
pub struct TracedPool<DB: sqlx::Database> {
    inner: Pool<DB>,
    pub(super) database: Database,
}

impl<DB: sqlx::Database> Clone for TracedPool<DB> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
            database: self.database.clone(),
        }
    }
}

impl<DB: sqlx::Database> fmt::Debug for TracedPool<DB> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("TracedPool")
            .field("database", &self.database.label())
            .finish_non_exhaustive()
    }
}

impl<DB: TracedDatabase> TracedPool<DB> {
    pub(super) fn new(inner: Pool<DB>) -> Self {
        let database = DB::database(&inner.connect_options());
        Self { inner, database }
    }

    /// How much is recorded of statements.
    pub fn record(self, record: Record) -> Self {
        Self {
            database: self.database.record(record),
            ..self
        }
    }

    /// The pool without its recording.
    pub fn inner(&self) -> &Pool<DB> {
        &self.inner
    }

    /// Takes a connection. The wait for it has a subsegment, with the name `ACQUIRE`.
    ///
    /// # Errors
    ///
    /// What [`Pool::acquire`] returns, untouched.
    #[track_caller]
    pub fn acquire(
        &self,
    ) -> impl Future<Output = Result<TracedConnection<PoolConnection<DB>>, Error>> + Send {
        let call = self.begin_call(What::Named("ACQUIRE"));
        async move {
            let outcome = self.inner.acquire().await;
            settle(call, DB::ENGINE, &outcome);
            Ok(TracedConnection::new(outcome?, self.database.clone()))
        }
    }

    /// Begins a transaction.
    ///
    /// # Errors
    ///
    /// What [`Pool::begin`] returns, untouched.
    #[track_caller]
    pub fn begin(
        &self,
    ) -> impl Future<Output = Result<TracedConnection<Transaction<'static, DB>>, Error>> + Send
    {
        let call = self.begin_call(What::Named("BEGIN"));
        async move {
            let outcome = self.inner.begin().await;
            settle(call, DB::ENGINE, &outcome);
            Ok(TracedConnection::new(outcome?, self.database.clone()))
        }
    }

    #[track_caller]
    fn begin_call(&self, what: What<'_>) -> Option<Call> {
        Call::begin(|| &self.database, DRIVER, what)
    }
}

impl<'p, DB> Executor<'p> for &'_ TracedPool<DB>
where
    DB: TracedDatabase,
    for<'c> &'c mut DB::Connection: Executor<'c, Database = DB>,
    DB::Connection: Connection<Database = DB>,
{
    type Database = DB;

    #[track_caller]
    fn fetch_many<'e, 'q: 'e, E>(self, query: E) -> Results<'e, DB>
    where
        'p: 'e,
        E: 'q + Execute<'q, DB>,
    {
        let query = Replayed::of(query);
        match super::connection::begin(&self.database, &query) {
            Some(call) => Recorded::<DB>::boxed(self.inner.fetch_many(query), call),
            None => self.inner.fetch_many(query),
        }
    }

    #[track_caller]
    fn fetch_optional<'e, 'q: 'e, E>(
        self,
        query: E,
    ) -> BoxFuture<'e, Result<Option<DB::Row>, Error>>
    where
        'p: 'e,
        E: 'q + Execute<'q, DB>,
    {
        let query = Replayed::of(query);
        let call = super::connection::begin(&self.database, &query);
        let inner = self.inner.fetch_optional(query);
        super::connection::optional::<DB>(inner, call)
    }

    #[track_caller]
    fn prepare_with<'e>(
        self,
        sql: SqlStr,
        parameters: &'e [DB::TypeInfo],
    ) -> BoxFuture<'e, Result<DB::Statement, Error>>
    where
        'p: 'e,
    {
        let call = self.begin_call(What::text(sql.as_str()));
        let inner = self.inner.prepare_with(sql, parameters);
        super::connection::settled::<DB, _>(inner, call)
    }

    fn describe<'e>(self, sql: SqlStr) -> BoxFuture<'e, Result<Describe<DB>, Error>>
    where
        'p: 'e,
    {
        self.inner.describe(sql)
    }
}
