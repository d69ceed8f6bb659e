use std::borrow::Cow;
use std::error::Error as StdError;
use std::ops::{Deref, DerefMut};

use mysql_async::{Conn, DriverError, Error, IoError, Opts, Result, TxOpts};

use super::DRIVER;
use crate::address::Address;
use crate::call::{Call, What};
use crate::database::{Database, Record};
use crate::engine::Engine;
use crate::failure::Failure;

const KIND: &str = "mysql_async::Error";

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
        async move {
            let outcome = self.inner.commit().await;
            settle(call, &outcome, |_, ()| {});
            outcome
        }
    }

    /// Rolls the transaction back. One that is dropped is rolled back later, which is not recorded.
    ///
    /// # Errors
    ///
    /// What [`mysql_async::Transaction::rollback`] returns, untouched.
    #[track_caller]
    pub fn rollback(self) -> impl Future<Output = Result<()>> + Send + use<'c> {
        let call = self.begin(What::Named("ROLLBACK"));
        async move {
            let outcome = self.inner.rollback().await;
            settle(call, &outcome, |_, ()| {});
            outcome
        }
    }
}

/// Records how a call ended.
pub(super) fn settle<T>(call: Option<Call>, outcome: &Result<T>, tell: impl FnOnce(&mut Call, &T)) {
    let Some(mut call) = call else {
        return;
    };
    match outcome {
        Ok(value) => {
            tell(&mut call, value);
            call.complete();
        }
        Err(error) => call.fail(&failure(error), error),
    }
}

/// What is recorded of an error, if it is mysql_async's.
pub(crate) fn recognise<'a>(_: Engine, error: &'a (dyn StdError + 'static)) -> Option<Failure<'a>> {
    error.downcast_ref::<Error>().map(failure)
}

/// The texts of most hold those of their sources, which may be anything.
fn failure(error: &Error) -> Failure<'_> {
    match error {
        Error::Server(server) => Failure::mysql(KIND, server.code, &server.state, &server.message),
        Error::Io(error) => of_transport(error),
        Error::Driver(error) => Failure::new(KIND, text(error)),
        Error::Url(_) => Failure::new(KIND, "the connection URL is wrong"),
        Error::Other(_) => Failure::new(
            KIND,
            "another error, with a message that is left out as it may hold values",
        ),
    }
}

fn of_transport(error: &IoError) -> Failure<'_> {
    let io = StdError::source(error).and_then(|source| source.downcast_ref::<std::io::Error>());
    match io {
        Some(io) => Failure::io(KIND, "error communicating with the database", io),
        None => Failure::new(KIND, "no TLS connection could be made"),
    }
}

fn text(error: &DriverError) -> Cow<'static, str> {
    let text = match error {
        DriverError::ConnectionClosed => "the connection to the server is closed",
        DriverError::PoolDisconnected => "the pool was disconnected",
        DriverError::NestedTransaction => "transactions cannot be nested",
        DriverError::FromValue { .. } | DriverError::FromRow { .. } => {
            "a value could not be converted"
        }
        DriverError::MixedParams | DriverError::Params(_) => {
            "the parameters do not fit the statement"
        }
        DriverError::StmtParamsMismatch { required, supplied } => {
            return format!("the statement takes {required} parameters, and {supplied} were given")
                .into();
        }
        DriverError::PacketTooLarge => "a packet is too large",
        DriverError::PacketOutOfOrder | DriverError::UnexpectedPacket { .. } => {
            "unexpected data from the server"
        }
        DriverError::LocalInfile(_) => "a local file could not be sent",
        _ => "error of the driver, with a message that is left out as it may hold values",
    };
    text.into()
}
