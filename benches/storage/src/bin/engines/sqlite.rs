use std::collections::HashMap;
use std::fs::File;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension as _};
use storage::Document;

use crate::engine::{Engine, TraceKey};

/// Traces are numbered as they come, and documents stand in the order of their traces' numbers.
pub(crate) struct Sqlite {
    connection: Connection,
    /// The file that commits are written to first.
    log: PathBuf,
    /// The traces of late: number, documents. Emptied when it is large; then the table of traces is asked.
    recent: HashMap<TraceKey, (i64, i64)>,
    next: i64,
}

/// A trace has room for so many documents.
const ROOM: i64 = 1 << 20;

impl Sqlite {
    pub(crate) fn open(folder: &Path) -> Self {
        let connection = Connection::open(folder.join("documents.sqlite")).expect("opens");
        connection
            .execute_batch(
                "PRAGMA page_size = 8192; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
                 PRAGMA cache_size = -16384; PRAGMA wal_autocheckpoint = 4000;
                 CREATE TABLE IF NOT EXISTS traces (number INTEGER PRIMARY KEY, id BLOB NOT NULL, documents INTEGER NOT NULL);
                 CREATE UNIQUE INDEX IF NOT EXISTS by_id ON traces (id);
                 CREATE TABLE IF NOT EXISTS documents (place INTEGER PRIMARY KEY, text TEXT NOT NULL);",
            )
            .expect("is understood");
        let next = connection
            .query_row("SELECT ifnull(max(number), 0) + 1 FROM traces", [], |row| {
                row.get(0)
            })
            .expect("is read");
        Self {
            connection,
            log: folder.join("documents.sqlite-wal"),
            recent: HashMap::new(),
            next,
        }
    }

    fn number(&self, trace: &TraceKey) -> Option<i64> {
        let mut select = self
            .connection
            .prepare_cached("SELECT number FROM traces WHERE id = ?")
            .expect("is understood");
        select
            .query_row([&trace[..]], |row| row.get(0))
            .optional()
            .expect("is read")
    }
}

impl Engine for Sqlite {
    fn put(&mut self, batch: &[Document]) {
        if self.recent.len() > 10_000 {
            self.recent.clear();
        }
        let transaction = self.connection.unchecked_transaction().expect("begins");
        let mut find = transaction
            .prepare_cached("SELECT number, documents FROM traces WHERE id = ?")
            .expect("is understood");
        let mut insert = transaction
            .prepare_cached("INSERT INTO documents VALUES (?, ?)")
            .expect("is understood");
        let mut touched = HashMap::new();
        for Document { key, text } in batch {
            let trace: TraceKey = key[..16].try_into().expect("16 bytes");
            let entry = self.recent.entry(trace).or_insert_with(|| {
                let found = find.query_row([&trace[..]], |row| Ok((row.get(0)?, row.get(1)?)));
                found.optional().expect("is read").unwrap_or_else(|| {
                    self.next += 1;
                    (self.next, 0)
                })
            });
            entry.1 += 1;
            insert
                .execute((entry.0 * ROOM + entry.1, text))
                .expect("is written");
            touched.insert(trace, *entry);
        }
        let mut record = transaction
            .prepare_cached("INSERT OR REPLACE INTO traces VALUES (?, ?, ?)")
            .expect("is understood");
        for (trace, (number, documents)) in touched {
            record
                .execute((number, &trace[..], documents))
                .expect("is written");
        }
        drop((find, insert, record));
        transaction.commit().expect("is written");
    }

    fn sync(&mut self) {
        let log = File::open(&self.log).expect("is there");
        log.sync_data().expect("is synced");
    }

    fn read(&mut self, trace: &TraceKey) -> usize {
        let Some(number) = self.number(trace) else {
            return 0;
        };
        let mut select = self
            .connection
            .prepare_cached("SELECT text FROM documents WHERE place >= ? AND place < ?")
            .expect("is understood");
        let found = select
            .query_map([number * ROOM, (number + 1) * ROOM], |row| {
                row.get::<_, String>(0)
            })
            .expect("is read");
        found
            .filter(|text| !text.as_ref().expect("is read").is_empty())
            .count()
    }

    fn remove(&mut self, traces: &[TraceKey]) {
        let last = self.number(traces.last().expect("some")).expect("is there");
        let transaction = self.connection.transaction().expect("begins");
        transaction
            .prepare_cached("DELETE FROM documents WHERE place < ?")
            .expect("is understood")
            .execute([(last + 1) * ROOM])
            .expect("is written");
        transaction
            .prepare_cached("DELETE FROM traces WHERE number <= ?")
            .expect("is understood")
            .execute([last])
            .expect("is written");
        transaction.commit().expect("is written");
    }
}
