//! The shop's database: SQLite, in memory. Every statement has a subsegment.

use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::{Connection, OptionalExtension as _, Result};
use xray_sdk::document::Sql;
use xray_sdk::subsegment;

/// Pieces that are not on the shelf come from the warehouse. The voucher has a price that no order may have.
const SCHEMA: &str = "
    CREATE TABLE items (name TEXT PRIMARY KEY, pieces INTEGER NOT NULL, cents INTEGER NOT NULL);
    INSERT INTO items VALUES ('tea', 40, 450), ('coffee', 0, 1290), ('voucher', 1, 0);
    CREATE TABLE orders (
        number INTEGER PRIMARY KEY,
        user TEXT NOT NULL,
        item TEXT NOT NULL REFERENCES items,
        cents INTEGER NOT NULL CHECK (cents > 0),
        packed INTEGER NOT NULL DEFAULT 0
    );";

/// A handle to the database. Its statements take microseconds, so they run where they are called.
#[derive(Clone)]
pub(crate) struct Database(Arc<Mutex<Connection>>);

/// An item that the shop sells.
pub(crate) struct Item {
    pub(crate) pieces: u32,
    pub(crate) cents: u32,
}

impl Database {
    pub(crate) fn open() -> Result<Database> {
        let connection = Connection::open_in_memory()?;
        connection.execute_batch(SCHEMA)?;
        Ok(Database(Arc::new(Mutex::new(connection))))
    }

    pub(crate) fn item(&self, name: &str) -> Result<Option<Item>> {
        let sql = "SELECT pieces, cents FROM items WHERE name = ?1";
        self.run(sql, |connection| {
            let item = |row: &rusqlite::Row<'_>| {
                Ok(Item {
                    pieces: row.get(0)?,
                    cents: row.get(1)?,
                })
            };
            connection.query_row(sql, [name], item).optional()
        })
    }

    pub(crate) fn insert_order(&self, user: &str, item: &str, cents: u32) -> Result<i64> {
        let sql = "INSERT INTO orders (user, item, cents) VALUES (?1, ?2, ?3)";
        self.run(sql, |connection| {
            connection.execute(sql, (user, item, cents))?;
            Ok(connection.last_insert_rowid())
        })
    }

    pub(crate) fn mark_packed(&self, number: i64) -> Result<()> {
        let sql = "UPDATE orders SET packed = 1 WHERE number = ?1";
        self.run(sql, |connection| {
            connection.execute(sql, [number]).map(drop)
        })
    }

    /// Runs a statement in a subsegment: `remote`, so that the map shows the database as a node of its own.
    fn run<R>(&self, sql: &str, statement: impl FnOnce(&Connection) -> Result<R>) -> Result<R> {
        subsegment("shop@localhost").remote().run(|query| {
            query.sql(&Sql {
                database_type: Some("SQLite".into()),
                database_version: Some(rusqlite::version().into()),
                sanitized_query: Some(sql.into()),
                ..Sql::default()
            });
            let connection = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let outcome = statement(&connection);
            if let Err(error) = &outcome {
                query.record_error(error);
            }
            outcome
        })
    }
}
