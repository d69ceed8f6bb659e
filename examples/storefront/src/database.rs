//! The shop's database: a SQLite in memory, or a server. xray-sdk-sql gives every statement a subsegment.

use sqlx::mysql::MySql;
use sqlx::pool::{PoolConnectionMetadata, PoolOptions};
use sqlx::postgres::Postgres;
use sqlx::sqlite::{Sqlite, SqliteConnectOptions};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, query, query_as, query_scalar};
use sqlx::{Result, raw_sql};
use xray_sdk_sql::sqlx::{Traced as _, TracedDatabase, TracedPool};

use crate::address::{Address, Problem, Why};

const FORM: &str = "postgres://USER:PASSWORD@HOST/DATABASE or mysql://USER:PASSWORD@HOST/DATABASE";

/// Temporary tables, so that nothing is left in a database of others: each connection has its own, and the pool has one connection.
///
/// Pieces that are not on the shelf come from the warehouse. The voucher has a price that no order may have.
const TABLES: &str = "
    CREATE TEMPORARY TABLE items (name VARCHAR(40) PRIMARY KEY, pieces BIGINT NOT NULL, cents BIGINT NOT NULL);
    INSERT INTO items VALUES ('tea', 40, 450), ('coffee', 0, 1290), ('voucher', 1, 0);
    CREATE TEMPORARY TABLE orders (
        number {NUMBER},
        visitor VARCHAR(40) NOT NULL,
        item VARCHAR(40) NOT NULL,
        cents BIGINT NOT NULL CHECK (cents > 0),
        packed BOOLEAN NOT NULL DEFAULT FALSE
    );";

/// A handle to the database.
#[derive(Clone)]
pub(crate) enum Database {
    Sqlite(TracedPool<Sqlite>),
    Postgres(TracedPool<Postgres>),
    MySql(TracedPool<MySql>),
}

/// An item that the shop sells.
pub(crate) struct Item {
    pub(crate) pieces: i64,
    pub(crate) cents: i64,
}

impl Database {
    /// The database in memory.
    pub(crate) async fn in_memory() -> Result<Self> {
        let settings = SqliteConnectOptions::new();
        // The file is a name only: the trace shows it.
        let settings = settings.filename("shop").in_memory(true);
        let pool = pool::<Sqlite>(settings, "INTEGER PRIMARY KEY").await?;
        Ok(Self::Sqlite(pool))
    }

    /// The database of a server.
    pub(crate) async fn at(url: &str) -> Result<Self, Problem> {
        let schemes = ["postgres", "postgresql", "mysql", "mariadb"];
        let address = Address::parse("--database", url, &schemes, FORM)?;
        if address.url().scheme().starts_with("postgres") {
            let number = "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY";
            let pool = connect::<Postgres>(&address, number).await?;
            return Ok(Self::Postgres(pool));
        }
        let pool = connect::<MySql>(&address, "BIGINT PRIMARY KEY AUTO_INCREMENT").await?;
        Ok(Self::MySql(pool))
    }

    pub(crate) async fn item(&self, name: &str) -> Result<Option<Item>> {
        const SQL: &str = "SELECT pieces, cents FROM items WHERE name = ?";
        const NUMBERED: &str = "SELECT pieces, cents FROM items WHERE name = $1";
        let found: Option<(i64, i64)> = match self {
            Self::Sqlite(pool) => query_as(SQL).bind(name).fetch_optional(pool).await,
            Self::Postgres(pool) => query_as(NUMBERED).bind(name).fetch_optional(pool).await,
            Self::MySql(pool) => query_as(SQL).bind(name).fetch_optional(pool).await,
        }?;
        Ok(found.map(|(pieces, cents)| Item { pieces, cents }))
    }

    /// Writes an order down, and tells its number.
    pub(crate) async fn insert_order(&self, visitor: &str, item: &str, cents: i64) -> Result<i64> {
        const SQL: &str = "INSERT INTO orders (visitor, item, cents) VALUES (?, ?, ?)";
        const NUMBERED: &str =
            "INSERT INTO orders (visitor, item, cents) VALUES ($1, $2, $3) RETURNING number";
        match self {
            Self::Sqlite(pool) => {
                let order = query(SQL).bind(visitor).bind(item).bind(cents);
                Ok(order.execute(pool).await?.last_insert_rowid())
            }
            Self::Postgres(pool) => {
                let order = query_scalar(NUMBERED).bind(visitor).bind(item).bind(cents);
                order.fetch_one(pool).await
            }
            Self::MySql(pool) => {
                let order = query(SQL).bind(visitor).bind(item).bind(cents);
                Ok(order.execute(pool).await?.last_insert_id().cast_signed())
            }
        }
    }

    pub(crate) async fn mark_packed(&self, number: i64) -> Result<()> {
        const SQL: &str = "UPDATE orders SET packed = TRUE WHERE number = ?";
        const NUMBERED: &str = "UPDATE orders SET packed = TRUE WHERE number = $1";
        match self {
            Self::Sqlite(pool) => query(SQL).bind(number).execute(pool).await.map(drop),
            Self::Postgres(pool) => query(NUMBERED).bind(number).execute(pool).await.map(drop),
            Self::MySql(pool) => query(SQL).bind(number).execute(pool).await.map(drop),
        }
    }
}

/// The settings of a connection.
type Settings<DB> = <<DB as sqlx::Database>::Connection as Connection>::Options;

async fn connect<DB: TracedDatabase>(
    address: &Address,
    number: &'static str,
) -> Result<TracedPool<DB>, Problem>
where
    for<'c> &'c mut DB::Connection: Executor<'c, Database = DB>,
{
    let settings =
        Settings::<DB>::from_url(address.url()).map_err(|error| address.problem(&why(&error)))?;
    // A pool tries again and again where nobody listens, and keeps to itself why.
    let trial = async {
        let mut connection = settings.connect().await?;
        furnish::<DB>(&mut connection, number).await?;
        connection.close().await?;
        pool::<DB>(settings, number).await
    };
    address.reach(trial, why).await
}

/// A pool of one connection, which gets its tables whenever it is made anew.
async fn pool<DB: TracedDatabase>(
    settings: Settings<DB>,
    number: &'static str,
) -> Result<TracedPool<DB>>
where
    for<'c> &'c mut DB::Connection: Executor<'c, Database = DB>,
{
    let pool = PoolOptions::<DB>::new()
        .max_connections(1)
        .idle_timeout(None)
        .max_lifetime(None)
        .after_connect(move |connection, _: PoolConnectionMetadata| {
            Box::pin(furnish::<DB>(connection, number))
        });
    Ok(pool.connect_with(settings).await?.traced())
}

/// Makes the tables.
async fn furnish<DB: TracedDatabase>(
    connection: &mut DB::Connection,
    number: &'static str,
) -> Result<()>
where
    for<'c> &'c mut DB::Connection: Executor<'c, Database = DB>,
{
    let tables = TABLES.replace("{NUMBER}", number);
    connection.execute(raw_sql(AssertSqlSafe(tables))).await?;
    Ok(())
}

fn why(error: &sqlx::Error) -> Why {
    match error {
        sqlx::Error::Io(error) => Why::Away(error.to_string()),
        sqlx::Error::Database(error) => match error.code().as_deref() {
            // Invalid authorization specification, and invalid password: SQL's standard and PostgreSQL's.
            Some("28000" | "28P01") => Why::Login(error.message().to_owned()),
            _ => Why::Other(error.message().to_owned()),
        },
        error => Why::Other(error.to_string()),
    }
}
