//! SeaORM: anything that takes a `ConnectionTrait`.
//!
//! ```no_run
//! use sea_orm::{ConnectionTrait as _, Database, DbErr};
//! use xray_sdk_sql::sea_orm::Traced as _;
//!
//! # async fn run() -> Result<(), DbErr> {
//! let database = Database::connect("postgres://app@db/shop").await?.traced("postgres://app@db/shop");
//! database.execute_unprepared("DELETE FROM baskets").await?; // and `Entity::find().all(&database)`, `model.insert(&database)`, …
//! # Ok(())
//! # }
//! ```
//!
//! Each call has a subsegment `shop@db` of the namespace `remote`, with the statement without literals, its name as the annotation `statement`,
//! the numbers of rows as metadata, and for an error the database's code as the annotation `sqlstate` or `sqlite_code` and its message
//! without values. Streams and transactions are SeaORM's own: `database.begin()` gives a `DatabaseTransaction`, whose
//! [`traced_as`](Traced::traced_as) records what is done in it.

use std::ops::Deref;

use sea_orm::{
    ConnAcquireErr, ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr,
    ExecResult, QueryResult, RuntimeErr, Statement,
};

use crate::call::{Call, What};
use crate::database::{Database, Record};
use crate::engine::Engine;
use crate::failure::Failure;

/// What `sql.driver_version` says.
const DRIVER: &str = "sea-orm 2.0";

const KIND: &str = "sea_orm::DbErr";

/// A connection, or a transaction, of SeaORM whose calls are recorded. It derefs to what it holds; what is called there is
/// not recorded.
pub struct TracedConnection<C> {
    inner: C,
    database: Database,
}

/// Adds [`traced`](Self::traced) to SeaORM's connections and transactions.
pub trait Traced: ConnectionTrait + Sized {
    /// The connection with its calls recorded. SeaORM's connections do not tell where they lead, so the URL is given again;
    /// its password and parameters are forgotten at once.
    fn traced(self, url: &str) -> TracedConnection<Self> {
        self.traced_as(&Database::from_url(url))
    }

    /// The connection with its calls recorded as calls of `database`.
    fn traced_as(self, database: &Database) -> TracedConnection<Self> {
        TracedConnection::new(self, database)
    }
}

impl Traced for DatabaseConnection {}
impl Traced for DatabaseTransaction {}

impl<C> TracedConnection<C> {
    /// A connection, or a transaction, of that database: also one that is no SeaORM's own, as a mock.
    pub fn new(inner: C, database: &Database) -> Self {
        Self {
            inner,
            database: database.clone(),
        }
    }

    /// How much is recorded of statements.
    pub fn record(self, record: Record) -> Self {
        Self {
            database: self.database.record(record),
            ..self
        }
    }

    /// What is recorded of the database: for [`Traced::traced_as`] on a transaction.
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// The connection without its recording: a transaction is committed by that.
    pub fn into_inner(self) -> C {
        self.inner
    }

    fn begin(&self, what: What<'_>) -> Option<Call> {
        Call::begin(|| &self.database, DRIVER, what)
    }

    /// Runs a call, and records how it ended.
    async fn recorded<T>(
        &self,
        call: Option<Call>,
        work: impl Future<Output = Result<T, DbErr>>,
        tell: impl FnOnce(&mut Call, &T),
    ) -> Result<T, DbErr> {
        let outcome = work.await;
        if let Some(mut call) = call {
            match &outcome {
                Ok(value) => {
                    tell(&mut call, value);
                    call.complete();
                }
                Err(error) => {
                    let failure = failure(self.database.description().engine, error);
                    call.fail(&failure, error);
                }
            }
        }
        outcome
    }
}

impl<C> Deref for TracedConnection<C> {
    type Target = C;

    fn deref(&self) -> &C {
        &self.inner
    }
}

#[async_trait::async_trait]
impl<C: ConnectionTrait + Send> ConnectionTrait for TracedConnection<C> {
    fn get_database_backend(&self) -> DbBackend {
        self.inner.get_database_backend()
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        let call = self.begin(What::prepared(&statement.sql));
        let work = self.inner.execute_raw(statement);
        self.recorded(call, work, |call, done| {
            call.rows_affected(done.rows_affected());
        })
        .await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        let call = self.begin(What::text(sql));
        let work = self.inner.execute_unprepared(sql);
        self.recorded(call, work, |call, done| {
            call.rows_affected(done.rows_affected());
        })
        .await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        let call = self.begin(What::prepared(&statement.sql));
        let work = self.inner.query_one_raw(statement);
        self.recorded(call, work, |call, row| {
            call.rows_returned(u64::from(row.is_some()));
        })
        .await
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        let call = self.begin(What::prepared(&statement.sql));
        let work = self.inner.query_all_raw(statement);
        self.recorded(call, work, |call, rows| {
            call.rows_returned(rows.len() as u64);
        })
        .await
    }

    fn support_returning(&self) -> bool {
        self.inner.support_returning()
    }

    fn is_mock_connection(&self) -> bool {
        self.inner.is_mock_connection()
    }
}

fn failure(engine: Engine, error: &DbErr) -> Failure<'_> {
    match error {
        DbErr::Conn(RuntimeErr::SqlxError(inner))
        | DbErr::Exec(RuntimeErr::SqlxError(inner))
        | DbErr::Query(RuntimeErr::SqlxError(inner)) => crate::sqlx::failure(engine, KIND, inner),
        DbErr::ConnectionAcquire(ConnAcquireErr::Timeout) => {
            Failure::new(KIND, "the pool had no connection in time").throttled()
        }
        DbErr::ConnectionAcquire(_) => Failure::new(KIND, "the pool gave no connection"),
        DbErr::RecordNotFound(_) => Failure::new(KIND, "no record was found"),
        DbErr::RecordNotInserted => Failure::new(KIND, "no record was inserted"),
        DbErr::RecordNotUpdated => Failure::new(KIND, "no record was updated"),
        // Their texts may hold values.
        _ => Failure::new(
            KIND,
            "the call failed, with a message that is left out as it may hold values",
        ),
    }
}
