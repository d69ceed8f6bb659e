use std::sync::Arc;

use crate::address::Address;
use crate::engine::Engine;

/// How much of a statement is recorded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Record {
    /// The statement without literals and comments, and its name. See [`sanitize`](crate::sanitize).
    #[default]
    Sanitized,
    /// The statement as it is, with all values written into it, and messages of errors with theirs: of both all that the server says. Bound
    /// values are not recorded.
    Raw,
    /// Nothing of the statement. Errors are recorded as with [`Sanitized`](Self::Sanitized).
    Nothing,
}

/// A database that a program calls: what its subsegments are named, and what they tell of it.
///
/// Most adapters find all of it out by themselves, at connect. Where they cannot, as for a connection out of a pool whose driver does
/// not tell its address, a program describes the database once and hands it to the adapter. A clone costs a reference count.
///
/// ```
/// use xray_sdk_sql::{Database, Engine};
///
/// let database = Database::new(Engine::PostgreSql).host("db.internal").name("shop").user("app");
/// assert_eq!(database.label(), "shop@db.internal");
/// // The password, and all parameters, are forgotten at once.
/// let same = Database::from_url("postgres://app:hunter2@db.internal/shop?sslmode=require");
/// assert_eq!(same, database);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Database(Arc<Description>);

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Description {
    pub(crate) engine: Engine,
    pub(crate) user: Option<String>,
    pub(crate) version: Option<String>,
    pub(crate) record: Record,
    host: Option<String>,
    port: Option<u16>,
    name: Option<String>,
    pub(crate) label: String,
    pub(crate) url: Option<String>,
}

impl Database {
    /// A database of which nothing is known yet but its engine, by whose name its subsegments go.
    pub fn new(engine: Engine) -> Self {
        Self::at(Address {
            engine: Some(engine),
            ..Address::default()
        })
    }

    /// What a connection string says: a URL as `postgres://user:password@host:port/name?…`, settings as `host=… user=… password=…`,
    /// or the path of a SQLite file. Nothing of it is kept but engine, user, host, port and name. What is not clear
    /// is left out.
    pub fn from_url(url: &str) -> Self {
        Self::at(Address::read(url))
    }

    pub(crate) fn at(address: Address) -> Self {
        let description = Description {
            engine: address.engine.unwrap_or(Engine::PostgreSql),
            user: address.user,
            version: None,
            record: Record::default(),
            host: address.host,
            port: address.port,
            name: address.database,
            label: String::new(),
            url: None,
        };
        Self(Arc::new(description)).with(|_| {})
    }

    fn with(mut self, change: impl FnOnce(&mut Description)) -> Self {
        let description = Arc::make_mut(&mut self.0);
        change(description);
        description.settle();
        self
    }

    /// The host, or the path of a socket. `localhost` unless set.
    pub fn host(self, host: impl Into<String>) -> Self {
        self.with(|description| description.host = Some(host.into()))
    }

    /// The port, where it is not the usual one.
    pub fn port(self, port: u16) -> Self {
        self.with(|description| description.port = Some(port))
    }

    /// The name of the database.
    pub fn name(self, name: impl Into<String>) -> Self {
        self.with(|description| description.name = Some(name.into()))
    }

    /// The user that the program logs in as.
    pub fn user(self, user: impl Into<String>) -> Self {
        self.with(|description| description.user = Some(user.into()))
    }

    /// The version of the server.
    pub fn version(self, version: impl Into<String>) -> Self {
        self.with(|description| description.version = Some(version.into()))
    }

    /// How much is recorded of statements.
    pub fn record(self, record: Record) -> Self {
        self.with(|description| description.record = record)
    }

    /// The name of its subsegments, and of its node on the map: `name@host`.
    pub fn label(&self) -> &str {
        &self.0.label
    }

    pub(crate) fn description(&self) -> &Description {
        &self.0
    }
}

impl AsRef<Database> for Database {
    fn as_ref(&self) -> &Database {
        self
    }
}

impl Description {
    /// Makes what follows from the rest.
    fn settle(&mut self) {
        let host = self.host.as_deref();
        self.label = match (&self.name, host) {
            (Some(name), host) => format!("{name}@{}", host.unwrap_or("localhost")),
            (None, Some(host)) => host.to_owned(),
            (None, None) => self.engine.scheme().to_owned(),
        };
        let is_remote = self.engine != Engine::Sqlite && (host.is_some() || self.name.is_some());
        self.url = is_remote.then(|| {
            let port = self.port.map_or(String::new(), |port| format!(":{port}"));
            let name = self.name.as_deref().unwrap_or_default();
            // A socket has no place in a URL.
            let host = host
                .filter(|host| !host.starts_with('/'))
                .unwrap_or("localhost");
            format!("{}://{host}{port}/{name}", self.engine.scheme())
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(database: &Database) -> (&str, Option<&str>) {
        (database.label(), database.0.url.as_deref())
    }

    #[test]
    fn a_database_is_named_by_what_is_known_of_it() {
        let database = Database::new(Engine::MySql);
        assert_eq!(told(&database), ("mysql", None));
        let database = database.host("db");
        assert_eq!(told(&database), ("db", Some("mysql://db/")));
        let database = database.name("shop").port(3307);
        assert_eq!(told(&database), ("shop@db", Some("mysql://db:3307/shop")));
    }

    #[test]
    fn a_socket_and_a_file_have_no_host_in_their_url() {
        let socket = Database::from_url("host=/run/postgresql dbname=shop");
        assert_eq!(
            told(&socket),
            ("shop@/run/postgresql", Some("postgresql://localhost/shop"))
        );
        let file = Database::from_url("sqlite:///var/shop.db");
        assert_eq!(told(&file), ("shop.db@localhost", None));
    }
}
