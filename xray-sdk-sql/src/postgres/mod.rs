//! PostgreSQL through tokio-postgres.
//!
//! Two ways: a client of its own, which stands for tokio-postgres's wherever that is used, and [`Traced`] for one call on any client, also
//! one out of a pool.
//!
//! ```no_run
//! # async fn run() -> Result<(), tokio_postgres::Error> {
//! let (client, connection) = xray_sdk_sql::postgres::connect("host=db user=app dbname=shop", tokio_postgres::NoTls).await?;
//! tokio::spawn(connection);
//! let rows = client.query("SELECT name FROM items WHERE id = $1", &[&7]).await?;
//! # Ok(())
//! # }
//! ```
//!
//! # What is recorded
//!
//! Each call has a subsegment `shop@db` of the namespace `remote`, from the call to its last row: a stream's ends with the stream. It has the
//! statement without literals, its name as the annotation `statement`, the numbers of rows as metadata, and for an error the annotation
//! `sqlstate` and PostgreSQL's message without values and details. A call that is given up, as by a time-out,
//! has the metadata `aborted: true` in the namespace `sql`. Bound values are never recorded.
//!
//! Errors, and all that is returned, are those of tokio-postgres, untouched.

mod client;
mod copy;
mod error;
mod query;
mod statement;
mod stream;
mod streams;
mod transaction;

use std::sync::LazyLock;

pub use client::{Client, TracedClient};
pub use copy::TracedCopyIn;
pub(crate) use error::recognise;
pub use statement::{PreparedStatement, Sql};
pub use stream::TracedStream;
use tokio_postgres::config::Host;
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::{Config, Connection, Error, GenericClient, Socket};
pub use transaction::Transaction;

use crate::address::Address;
use crate::call::{Call, What};
use crate::database::Database;
use crate::engine::Engine;

/// What `sql.driver_version` says.
const DRIVER: &str = "tokio-postgres 0.7";

/// The database of a client that was not told which it is.
static UNKNOWN: LazyLock<Database> = LazyLock::new(|| Database::new(Engine::PostgreSql));

/// Connects as [`tokio_postgres::connect`] does, and gives a client whose calls are recorded.
///
/// Where it is called inside of a segment, connecting has a subsegment of its own, with the name `CONNECT`.
///
/// # Errors
///
/// What [`tokio_postgres::connect`] returns, untouched.
pub async fn connect<T>(
    config: &str,
    tls: T,
) -> Result<(Client, Connection<Socket, T::Stream>), Error>
where
    T: MakeTlsConnect<Socket>,
{
    connect_with(&config.parse()?, tls).await
}

/// As [`connect`], with a configuration that is made already.
///
/// # Errors
///
/// What [`Config::connect`] returns, untouched.
pub async fn connect_with<T>(
    config: &Config,
    tls: T,
) -> Result<(Client, Connection<Socket, T::Stream>), Error>
where
    T: MakeTlsConnect<Socket>,
{
    let database = database(config);
    let call = Call::begin_quietly(&database, DRIVER, What::Named("CONNECT"));
    let outcome = config.connect(tls).await;
    error::settle(call, &outcome, |_, _| {});
    let (client, connection) = outcome?;
    let database = match connection.parameter("server_version") {
        Some(version) => database.version(version),
        None => database,
    };
    Ok((TracedClient::new(client, database), connection))
}

/// The database that a configuration leads to: for [`Traced::traced_as`], beside a pool.
pub fn database(config: &Config) -> Database {
    let host = config.get_hosts().first().map(|host| match host {
        Host::Tcp(name) => name.clone(),
        #[cfg(unix)]
        Host::Unix(path) => path.display().to_string(),
    });
    let address = config.get_hostaddrs().first().map(ToString::to_string);
    Database::at(Address {
        engine: Some(Engine::PostgreSql),
        user: config.get_user().map(str::to_owned),
        host: host.or(address),
        port: config.get_ports().first().copied(),
        // The server takes the user's name where none is given.
        database: config.get_dbname().or(config.get_user()).map(str::to_owned),
    })
}

/// Adds [`traced`](Self::traced) to tokio-postgres's clients and transactions, and to what derefs to one: the guards of
/// deadpool and bb8, an `Arc`.
///
/// ```no_run
/// use xray_sdk_sql::postgres::Traced as _;
///
/// # async fn run(pool: deadpool_postgres::Pool) -> Result<(), Box<dyn std::error::Error>> {
/// let row = pool.get().await?.traced().query_one("SELECT now()", &[]).await?;
/// # Ok(())
/// # }
/// ```
pub trait Traced: GenericClient {
    /// This client, with its calls recorded. Their subsegments are named `postgresql`: a client does not tell where its
    /// server is. [`traced_as`](Self::traced_as) does.
    fn traced(&self) -> TracedClient<&tokio_postgres::Client> {
        self.traced_as(&UNKNOWN)
    }

    /// This client, with its calls recorded as calls of `database`, which [`database()`] makes of a pool's configuration.
    fn traced_as(&self, database: &Database) -> TracedClient<&tokio_postgres::Client> {
        TracedClient::new(self.client(), database.clone())
    }

    /// Begins a transaction whose calls are recorded, and so are its beginning and its end.
    ///
    /// # Errors
    ///
    /// What [`tokio_postgres::Client::transaction`] returns, untouched.
    fn traced_transaction<'a>(
        &'a mut self,
        database: &Database,
    ) -> impl Future<Output = Result<Transaction<'a>, Error>> + Send
    where
        Self: Send + Sync,
    {
        transaction::begin(database.clone(), || GenericClient::transaction(self))
    }
}

impl<C: GenericClient> Traced for C {}
