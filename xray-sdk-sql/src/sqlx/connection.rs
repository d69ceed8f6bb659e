use std::fmt;
use std::ops::{Deref, DerefMut};

use futures_core::future::BoxFuture;
use sqlx::{Connection, Describe, Error, Execute, Executor, Pool, SqlStr, Transaction};

use super::DRIVER;
use super::engine::TracedDatabase;
use super::error::settle;
use super::execute::Replayed;
use super::pool::TracedPool;
use super::stream::{Recorded, Results};
use crate::call::{Call, What};
use crate::database::{Database, Record};

/// Adds [`traced`](Self::traced) to sqlx's pools.
pub trait Traced<DB: sqlx::Database>: sealed::Sealed {
    /// The pool with its calls recorded. Where it leads is read from its settings, once.
    fn traced(self) -> TracedPool<DB>;
}

mod sealed {
    pub trait Sealed {}
    impl<DB: sqlx::Database> Sealed for sqlx::Pool<DB> {}
}

impl<DB: TracedDatabase> Traced<DB> for Pool<DB> {
    fn traced(self) -> TracedPool<DB> {
        TracedPool::new(self)
    }
}

/// A connection or a transaction of sqlx whose calls are recorded. A mutable reference to it is an executor. It derefs
/// to what it holds; what is called there is not recorded.
pub struct TracedConnection<C> {
    inner: C,
    database: Database,
}

impl<C> TracedConnection<C> {
    /// A connection, or a transaction, of that database.
    pub fn new(inner: C, database: Database) -> Self {
        Self { inner, database }
    }

    /// How much is recorded of statements.
    pub fn record(self, record: Record) -> Self {
        Self {
            database: self.database.record(record),
            ..self
        }
    }

    /// The connection without its recording.
    pub fn into_inner(self) -> C {
        self.inner
    }
}

impl<C> fmt::Debug for TracedConnection<C> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("TracedConnection")
            .field("database", &self.database.label())
            .finish_non_exhaustive()
    }
}

impl<C> Deref for TracedConnection<C> {
    type Target = C;

    fn deref(&self) -> &C {
        &self.inner
    }
}

impl<C> DerefMut for TracedConnection<C> {
    fn deref_mut(&mut self) -> &mut C {
        &mut self.inner
    }
}

impl<'t, DB: TracedDatabase> TracedConnection<Transaction<'t, DB>> {
    /// Commits the transaction.
    ///
    /// # Errors
    ///
    /// What [`Transaction::commit`] returns, untouched.
    #[track_caller]
    pub fn commit(self) -> impl Future<Output = Result<(), Error>> + Send + use<'t, DB> {
        let call = Call::begin(|| &self.database, DRIVER, What::Named("COMMIT"));
        settled::<DB, _>(Box::pin(self.inner.commit()), call)
    }

    /// Rolls the transaction back. One that is dropped is rolled back later, which is not recorded.
    ///
    /// # Errors
    ///
    /// What [`Transaction::rollback`] returns, untouched.
    #[track_caller]
    pub fn rollback(self) -> impl Future<Output = Result<(), Error>> + Send + use<'t, DB> {
        let call = Call::begin(|| &self.database, DRIVER, What::Named("ROLLBACK"));
        settled::<DB, _>(Box::pin(self.inner.rollback()), call)
    }
}

/// The database of what a traced connection holds.
type Of<C> = <<C as Deref>::Target as Connection>::Database;

impl<'c, C> Executor<'c> for &'c mut TracedConnection<C>
where
    C: DerefMut + Send,
    C::Target: Connection + Sized,
    Of<C>: TracedDatabase,
    for<'e> &'e mut C::Target: Executor<'e, Database = Of<C>>,
{
    type Database = Of<C>;

    #[track_caller]
    fn fetch_many<'e, 'q: 'e, E>(self, query: E) -> Results<'e, Of<C>>
    where
        'c: 'e,
        E: 'q + Execute<'q, Of<C>>,
    {
        let query = Replayed::of(query);
        let call = begin(&self.database, &query);
        let inner = self.inner.deref_mut().fetch_many(query);
        match call {
            Some(call) => Recorded::<Of<C>>::boxed(inner, call),
            None => inner,
        }
    }

    #[track_caller]
    fn fetch_optional<'e, 'q: 'e, E>(
        self,
        query: E,
    ) -> BoxFuture<'e, Result<Option<<Of<C> as sqlx::Database>::Row>, Error>>
    where
        'c: 'e,
        E: 'q + Execute<'q, Of<C>>,
    {
        let query = Replayed::of(query);
        let call = begin(&self.database, &query);
        optional::<Of<C>>(self.inner.deref_mut().fetch_optional(query), call)
    }

    #[track_caller]
    fn prepare_with<'e>(
        self,
        sql: SqlStr,
        parameters: &'e [<Of<C> as sqlx::Database>::TypeInfo],
    ) -> BoxFuture<'e, Result<<Of<C> as sqlx::Database>::Statement, Error>>
    where
        'c: 'e,
    {
        let call = Call::begin(|| &self.database, DRIVER, What::text(sql.as_str()));
        settled::<Of<C>, _>(self.inner.deref_mut().prepare_with(sql, parameters), call)
    }

    fn describe<'e>(self, sql: SqlStr) -> BoxFuture<'e, Result<Describe<Of<C>>, Error>>
    where
        'c: 'e,
    {
        self.inner.deref_mut().describe(sql)
    }
}

/// Begins the call of a query.
#[track_caller]
pub(super) fn begin<DB: sqlx::Database>(database: &Database, query: &Replayed<DB>) -> Option<Call> {
    let what = What::Statement {
        text: query.text(),
        is_prepared: query.is_prepared(),
    };
    Call::begin(|| database, DRIVER, what)
}

/// A call that gives one row or none. Left as it is where nothing is recorded.
pub(super) fn optional<'e, DB: TracedDatabase>(
    inner: BoxFuture<'e, Result<Option<DB::Row>, Error>>,
    call: Option<Call>,
) -> BoxFuture<'e, Result<Option<DB::Row>, Error>> {
    let Some(mut call) = call else {
        return inner;
    };
    Box::pin(async move {
        let outcome = inner.await;
        if let Ok(row) = &outcome {
            call.rows_returned(u64::from(row.is_some()));
        }
        settle(Some(call), DB::ENGINE, &outcome);
        outcome
    })
}

/// A call of which nothing is told but how it ended.
pub(super) fn settled<'e, DB: TracedDatabase, T: 'e>(
    inner: BoxFuture<'e, Result<T, Error>>,
    call: Option<Call>,
) -> BoxFuture<'e, Result<T, Error>> {
    if call.is_none() {
        return inner;
    }
    Box::pin(async move {
        let outcome = inner.await;
        settle(call, DB::ENGINE, &outcome);
        outcome
    })
}
