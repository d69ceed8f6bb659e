//! The tables, and how the database is told apart from those of others.
//!
//! What comes is written where the last ended: the texts of some documents as one piece (`batches`), and beside it what has become
//! of their traces with them (`receipts`). A trace's row, which says where its documents stand, is written once nothing more has
//! come of it for a while, and then what arrived before is not needed any more.

use rusqlite::Connection;

use super::folder::FormatError;

/// `XRay`, by which SQLite knows whose database this is.
const APPLICATION: i64 = 0x5852_6179;

/// `XRae`, of a store that is encrypted: it is not to be opened as one that is not.
const ENCRYPTED: i64 = 0x5852_6165;

/// Grows when another version could not read what this one writes.
const VERSION: i64 = 3;

/// The version before, in which no trace could be taken out alone.
const BEFORE: i64 = 2;

pub(super) const PAGE_BYTES: u64 = 8_192;

/// A batch's `newest` is the highest number that a trace had when it was written: once that trace has left, so have all in the batch.
const TABLES: &str = "
    CREATE TABLE batches (
        number INTEGER PRIMARY KEY,
        newest INTEGER NOT NULL,
        length INTEGER NOT NULL,
        texts BLOB NOT NULL
    );
    CREATE TABLE receipts (batch INTEGER PRIMARY KEY, receipt BLOB NOT NULL);
    CREATE TABLE traces (
        ordinal INTEGER PRIMARY KEY,
        id BLOB NOT NULL,
        start REAL NOT NULL,
        finish REAL NOT NULL,
        came REAL NOT NULL,
        revision INTEGER NOT NULL,
        bytes INTEGER NOT NULL,
        settled INTEGER NOT NULL,
        documents BLOB NOT NULL
    );
    CREATE UNIQUE INDEX traces_by_id ON traces (id);
    CREATE INDEX traces_unsettled ON traces (ordinal) WHERE settled < revision;
    CREATE TABLE entries (ordinal INTEGER PRIMARY KEY, entry BLOB NOT NULL);
    CREATE TABLE blobs (name TEXT PRIMARY KEY, blob BLOB NOT NULL) WITHOUT ROWID;
    CREATE TABLE bounds (first INTEGER NOT NULL);
    INSERT INTO bounds VALUES (1);
";

/// The numbers of traces that were taken out: receipts and blocks of the index may still tell of them.
const REMOVED: &str = "CREATE TABLE removed (ordinal INTEGER PRIMARY KEY);";

/// Readies a connection for writing, and an empty database for use.
pub(super) fn prepare(connection: &mut Connection, is_encrypted: bool) -> Result<(), FormatError> {
    let (ours, other) = match is_encrypted {
        true => (ENCRYPTED, APPLICATION),
        false => (APPLICATION, ENCRYPTED),
    };
    let number = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let (application, version) = (number("application_id")?, number("user_version")?);
    let is_empty = number("schema_version")? == 0;
    match (application, version) {
        (application, VERSION | BEFORE) if application == ours => {}
        (application, VERSION | BEFORE) if application == other => {
            return Err(FormatError::Encryption);
        }
        (APPLICATION | ENCRYPTED, version) => return Err(FormatError::Version(version)),
        (0, 0) if is_empty => {}
        _ => return Err(FormatError::Foreign),
    }
    // The page size is settled with the first write; the log comes after.
    connection.execute_batch(&format!(
        "PRAGMA page_size = {PAGE_BYTES};
         PRAGMA journal_mode = WAL;
         PRAGMA synchronous = NORMAL;
         PRAGMA wal_autocheckpoint = 0;
         PRAGMA cache_size = -16384;"
    ))?;
    if version != VERSION {
        let transaction = connection.transaction()?;
        if is_empty {
            transaction.execute_batch(TABLES)?;
            transaction.pragma_update(None, "application_id", ours)?;
        }
        transaction.execute_batch(REMOVED)?;
        transaction.pragma_update(None, "user_version", VERSION)?;
        transaction.commit()?;
    }
    Ok(())
}

/// The version that this program writes.
pub(super) const fn version() -> i64 {
    VERSION
}
