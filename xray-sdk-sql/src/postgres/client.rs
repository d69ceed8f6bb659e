use std::ops::{Deref, DerefMut};

use super::DRIVER;
use crate::call::{Call, What};
use crate::database::{Database, Record};

/// A client of PostgreSQL whose calls are recorded. Made by [`connect`](super::connect).
///
/// It derefs to tokio-postgres's client for all that is no call.
pub type Client = TracedClient<tokio_postgres::Client>;

/// A client, a borrowed client or a transaction of tokio-postgres, with its calls recorded.
///
/// The methods are those of [`tokio_postgres::Client`], and return what they return. The subsegment begins where the method is
/// called; nothing is sent until its future is polled. Where nothing is recorded a call costs a look at what is current.
pub struct TracedClient<C> {
    pub(super) inner: C,
    pub(super) database: Database,
    /// It is a transaction within another one.
    pub(super) is_savepoint: bool,
}

pub(super) mod sealed {
    /// What calls are made on.
    pub trait Holds: Sync {
        fn client(&self) -> &tokio_postgres::Client;
    }

    impl Holds for tokio_postgres::Client {
        fn client(&self) -> &tokio_postgres::Client {
            self
        }
    }

    impl Holds for &tokio_postgres::Client {
        fn client(&self) -> &tokio_postgres::Client {
            self
        }
    }

    impl Holds for tokio_postgres::Transaction<'_> {
        fn client(&self) -> &tokio_postgres::Client {
            tokio_postgres::Transaction::client(self)
        }
    }
}

impl<C> TracedClient<C> {
    /// A client that is connected already, and the database that it is connected to.
    pub fn new(inner: C, database: Database) -> Self {
        Self {
            inner,
            database,
            is_savepoint: false,
        }
    }

    /// How much is recorded of statements.
    pub fn record(self, record: Record) -> Self {
        Self {
            database: self.database.record(record),
            ..self
        }
    }

    /// The client without its recording.
    pub fn into_inner(self) -> C {
        self.inner
    }
}

impl<C> Deref for TracedClient<C> {
    type Target = C;

    fn deref(&self) -> &C {
        &self.inner
    }
}

impl<C> DerefMut for TracedClient<C> {
    fn deref_mut(&mut self) -> &mut C {
        &mut self.inner
    }
}

impl<C> TracedClient<C> {
    #[track_caller]
    pub(super) fn begin(&self, what: What<'_>) -> Option<Call> {
        Call::begin(|| &self.database, DRIVER, what)
    }
}
