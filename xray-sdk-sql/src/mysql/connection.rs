use std::ops::{Deref, DerefMut};

use mysql_async::{Conn, Opts, Result, TxOpts};

use super::DRIVER;
use super::error::{recorded, settle};
use crate::address::Address;
use crate::call::{Call, What};
use crate::database::{Database, Record};
use crate::engine::Engine;

/// A connection or a transaction of mysql_async whose calls are recorded. It derefs to what it holds; what is called there is
/// not recorded.
///
/// The subsegment begins where a method is called; nothing is sent until its future is polled. Where nothing is recorded a
/// call costs a look at what is current.
pub struct TracedConnection<C> {
    pub(super) inner: C,
    database: Database,
}

/// A transaction whose calls are recorded, its beginning and its end among them.
pub type Transaction<'a> = TracedConnection<mysql_async::Transaction<'a>>;

/// Adds [`traced`](Self::traced) to mysql_async's connections, also those out of its pool.
pub trait Traced {
    /// The connection with its calls recorded. What the database is, is read from the connection's own settings.
    fn traced(self) -> TracedConnection<Conn>;
}

impl Traced for Conn {
    fn traced(self) -> TracedConnection<Conn> {
        let database = database(self.opts());
        let (major, minor, patch) = self.server_version();
        TracedConnection {
            database: database.version(format!("{major}.{minor}.{patch}")),
            inner: self,
        }
    }
}

fn database(settings: &Opts) -> Database {
    Database::at(Address {
        engine: Some(Engine::MySql),
        user: settings.user().map(str::to_owned),
        // A socket on the same machine, which the driver prefers, leads to the same server.
        host: Some(settings.ip_or_hostname().to_owned()),
        port: Some(settings.tcp_port()),
        database: settings.db_name().map(str::to_owned),
    })
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

    #[track_caller]
    pub(super) fn begin(&self, what: What<'_>) -> Option<Call> {
        Call::begin(|| &self.database, DRIVER, what)
    }
}

impl TracedConnection<Conn> {
    /// Begins a transaction.
    ///
    /// # Errors
    ///
    /// What [`Conn::start_transaction`] returns, untouched.
    #[track_caller]
    pub fn start_transaction(
        &mut self,
        options: TxOpts,
    ) -> impl Future<Output = Result<Transaction<'_>>> + Send {
        let call = self.begin(What::Named("BEGIN"));
        async move {
            let outcome = self.inner.start_transaction(options).await;
            settle(call, &outcome, |_, _| {});
            Ok(TracedConnection::new(outcome?, self.database.clone()))
        }
    }
}

impl<'c> TracedConnection<mysql_async::Transaction<'c>> {
    /// Commits the transaction.
    ///
    /// # Errors
    ///
    /// What [`mysql_async::Transaction::commit`] returns, untouched.
    #[track_caller]
    pub fn commit(self) -> impl Future<Output = Result<()>> + Send + use<'c> {
        let call = self.begin(What::Named("COMMIT"));
        recorded(call, self.inner.commit(), |_, ()| {})
    }

    /// Rolls the transaction back. One that is dropped is rolled back later, which is not recorded.
    ///
    /// # Errors
    ///
    /// What [`mysql_async::Transaction::rollback`] returns, untouched.
    #[track_caller]
    pub fn rollback(self) -> impl Future<Output = Result<()>> + Send + use<'c> {
        let call = self.begin(What::Named("ROLLBACK"));
        recorded(call, self.inner.rollback(), |_, ()| {})
    }
}
