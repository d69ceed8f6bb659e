//! A store on disk: one SQLite database in a folder of its own.
//!
//! A commit is written to the database's log before it returns, so it outlives the process. What a power cut may cost is bounded by
//! the sync that `upkeep` does every second.

mod error;
mod folder;
mod readers;
mod row;
mod schema;
mod upkeep;
mod vault;

use std::borrow::Cow;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::{Arc, Mutex};

use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension as _, Row, ToSql, params};
use xray_sdk::TraceId;

use super::{Changes, DocumentRow, Engine, EngineError, Outline, TraceRow, VisitBlob};
use crate::lock::lock;
use crate::store::{EncryptionKey, Position};
pub(crate) use folder::FolderError;
use folder::{Folder, FolderLock};
use readers::Readers;
use row::{PLACES, key, outline, place, trace_row};
use upkeep::Upkeep;
use vault::{Place, SEAL_BYTES, Vault};

/// Keeps everything in a folder.
pub(crate) struct Disk {
    readers: Readers,
    /// The one connection that writes; its lock also keeps a restart of the log and a commit apart.
    writer: Arc<Mutex<Connection>>,
    upkeep: Upkeep,
    /// None where nothing is encrypted.
    vault: Option<Vault>,
    /// Dropped last: then another process may open the folder.
    _lock: FolderLock,
}

const TRACE: &str = "SELECT ordinal, id, start, finish, came, revision, bytes FROM traces";

impl Disk {
    /// Opens the store in a folder, or makes one there, which is encrypted if a key is given.
    pub(crate) fn open(path: &Path, key: Option<&EncryptionKey>) -> Result<Self, FolderError> {
        let folder = Folder::new(path);
        let lock = folder.lock()?;
        let vault = Vault::of(path, folder.is_new(), key).map_err(FolderError::Vault)?;
        let writer = folder.open(schema::prepare)?;
        let writer = Arc::new(Mutex::new(writer));
        let upkeep = Upkeep::start(&folder, Arc::clone(&writer))?;
        Ok(Self {
            readers: Readers::of(folder),
            writer,
            upkeep,
            vault,
            _lock: lock,
        })
    }
}

impl Engine for Disk {
    fn commit(&self, changes: &Changes<'_>) -> Result<(), EngineError> {
        let mut writer = lock(&self.writer);
        let transaction = writer.transaction()?;
        self.write(&transaction, changes)?;
        transaction.commit()?;
        drop(writer);
        let documents = changes.documents.iter();
        let written: usize = documents.map(|document| document.text.len()).sum();
        self.upkeep.wrote(written as u64);
        Ok(())
    }

    fn bytes(&self) -> Result<u64, EngineError> {
        let writer = lock(&self.writer);
        let number = |name| {
            let mut statement = writer.prepare_cached(name)?;
            statement.query_row([], |row| row.get::<_, i64>(0))
        };
        let pages = number("PRAGMA page_count")? - number("PRAGMA freelist_count")?;
        Ok(pages.unsigned_abs() * schema::PAGE_BYTES)
    }

    fn span(&self) -> Result<Option<(u64, u64)>, EngineError> {
        self.readers.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT (SELECT min(ordinal) FROM traces), (SELECT max(ordinal) FROM traces)",
            )?;
            let span = statement.query_row([], |row| {
                let (first, last) = (row.get::<_, Option<i64>>(0)?, row.get::<_, Option<i64>>(1)?);
                Ok(first.zip(last))
            })?;
            Ok(span.map(|(first, last)| (first.cast_unsigned(), last.cast_unsigned())))
        })
    }

    fn trace(&self, id: TraceId) -> Result<Option<TraceRow>, EngineError> {
        self.readers.read(|connection| {
            let mut statement = connection.prepare_cached(&format!("{TRACE} WHERE id = ?"))?;
            statement.query_row([key(id)], trace_row).optional()
        })
    }

    fn oldest(&self, count: usize) -> Result<Vec<TraceRow>, EngineError> {
        self.readers.read(|connection| {
            let sql = format!("{TRACE} ORDER BY ordinal LIMIT ?");
            let mut statement = connection.prepare_cached(&sql)?;
            let rows = statement.query_map([count as i64], trace_row)?;
            rows.collect()
        })
    }

    fn unsettled(&self) -> Result<Vec<TraceRow>, EngineError> {
        self.readers.read(|connection| {
            let sql = format!("{TRACE} WHERE settled < revision ORDER BY ordinal");
            let mut statement = connection.prepare_cached(&sql)?;
            let rows = statement.query_map([], trace_row)?;
            rows.collect()
        })
    }

    fn newest_first(
        &self,
        after: Option<Position>,
        visit: &mut dyn FnMut(TraceRow) -> ControlFlow<()>,
    ) -> Result<(), EngineError> {
        let (micros, id) = after.map_or((i64::MAX, [u8::MAX; 16]), |position| {
            (position.start_micros, key(position.id))
        });
        self.readers.read(|connection| {
            let sql = format!("{TRACE} WHERE (micros, id) < (?, ?) ORDER BY micros DESC, id DESC");
            let mut statement = connection.prepare_cached(&sql)?;
            let mut rows = statement.query(params![micros, id])?;
            while let Some(row) = rows.next()? {
                if visit(trace_row(row)?).is_break() {
                    break;
                }
            }
            Ok(())
        })
    }

    fn outlines(&self, ordinal: u64) -> Result<Vec<Outline>, EngineError> {
        self.readers.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT place, id, flags, finish, octet_length(text) FROM documents
                 WHERE place >= ? AND place < ? ORDER BY place",
            )?;
            let range = [place(ordinal, 0), place(ordinal + 1, 0)];
            let rows = statement.query_map(range, |row| self.outline(row))?;
            rows.collect()
        })
    }

    fn documents(&self, ordinal: u64) -> Result<Vec<(Outline, Arc<str>)>, EngineError> {
        self.readers.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT place, id, flags, finish, octet_length(text), text FROM documents
                 WHERE place >= ? AND place < ? ORDER BY place",
            )?;
            let range = [place(ordinal, 0), place(ordinal + 1, 0)];
            let rows =
                statement.query_map(range, |row| Ok((self.outline(row)?, self.text(row)?)))?;
            rows.collect()
        })
    }

    fn entries(
        &self,
        from: u64,
        visit: &mut dyn FnMut(u64, &[u8]) -> ControlFlow<()>,
    ) -> Result<(), EngineError> {
        self.readers.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT ordinal, entry FROM entries WHERE ordinal >= ? ORDER BY ordinal",
            )?;
            let mut rows = statement.query([from.cast_signed()])?;
            while let Some(row) = rows.next()? {
                let ordinal = row.get::<_, i64>(0)?.cast_unsigned();
                let entry = self.opened(Place::Entry(ordinal), row, 1)?;
                if visit(ordinal, &entry).is_break() {
                    break;
                }
            }
            Ok(())
        })
    }

    fn blob(&self, name: &str) -> Result<Option<Vec<u8>>, EngineError> {
        self.readers.read(|connection| {
            let mut statement =
                connection.prepare_cached("SELECT blob FROM blobs WHERE name = ?")?;
            let found = statement.query_row([name], |row| {
                let blob = self.opened(Place::Blob(name), row, 0)?;
                Ok(blob.into_owned())
            });
            found.optional()
        })
    }

    fn blobs(&self, prefix: &str, visit: &mut VisitBlob<'_>) -> Result<(), EngineError> {
        self.readers.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT name, blob FROM blobs WHERE name >= ?1 AND name < ?1 || char(1114111) ORDER BY name",
            )?;
            let mut rows = statement.query([prefix])?;
            while let Some(row) = rows.next()? {
                let name = row.get::<_, String>(0)?;
                let blob = self.opened(Place::Blob(&name), row, 1).ok();
                if visit(&name, blob.as_deref()).is_break() {
                    break;
                }
            }
            Ok(())
        })
    }

    fn encryption_key(&self) -> Option<&str> {
        self.vault.as_ref().map(Vault::key_id)
    }
}

/// What is sealed where the store is encrypted.
impl Disk {
    fn outline(&self, row: &Row<'_>) -> rusqlite::Result<Outline> {
        let mut outline = outline(row)?;
        if self.vault.is_some() {
            outline.length = outline.length.saturating_sub(SEAL_BYTES);
        }
        Ok(outline)
    }

    /// Of the columns place, id, flags, finish, length, text.
    fn text(&self, row: &Row<'_>) -> rusqlite::Result<Arc<str>> {
        if self.vault.is_none() {
            return Ok(Arc::from(row.get_ref(5)?.as_str()?));
        }
        let text = self.opened(Place::Document(row.get(0)?), row, 5)?;
        let text = String::from_utf8(text.into_owned());
        Ok(text.map_err(|error| unreadable(5, error))?.into())
    }

    /// The bytes of a column, as they were before they were sealed.
    fn opened<'a>(
        &self,
        place: Place<'_>,
        row: &'a Row<'_>,
        column: usize,
    ) -> rusqlite::Result<Cow<'a, [u8]>> {
        let bytes = row.get_ref(column)?.as_blob()?;
        match &self.vault {
            None => Ok(bytes.into()),
            Some(vault) => {
                let opened = vault.open_sealed(place, bytes);
                Ok(opened.map_err(|error| unreadable(column, error))?.into())
            }
        }
    }

    fn sealed<'a>(&self, place: Place<'_>, bytes: &'a [u8]) -> Cow<'a, [u8]> {
        match &self.vault {
            None => bytes.into(),
            Some(vault) => vault.seal(place, bytes).into(),
        }
    }

    fn write(&self, connection: &Connection, changes: &Changes<'_>) -> rusqlite::Result<()> {
        write_traces(connection, &changes.traces)?;
        self.write_documents(connection, &changes.documents)?;
        for (ordinal, number) in &changes.replaced {
            connection
                .prepare_cached("DELETE FROM documents WHERE place = ?")?
                .execute([place(*ordinal, *number)])?;
        }
        for (ordinal, revision, entry) in &changes.entries {
            let settled = connection
                .prepare_cached(
                    "UPDATE traces SET settled = ?2 WHERE ordinal = ?1 AND revision = ?2",
                )?
                .execute([ordinal.cast_signed(), revision.cast_signed()])?;
            if settled == 1 {
                connection
                    .prepare_cached("INSERT OR REPLACE INTO entries VALUES (?, ?)")?
                    .execute(params![
                        ordinal.cast_signed(),
                        self.sealed(Place::Entry(*ordinal), entry)
                    ])?;
            }
        }
        for (name, blob) in &changes.blobs {
            match blob {
                Some(blob) => connection
                    .prepare_cached("INSERT OR REPLACE INTO blobs VALUES (?, ?)")?
                    .execute(params![name, self.sealed(Place::Blob(name), blob)])?,
                None => connection
                    .prepare_cached("DELETE FROM blobs WHERE name = ?")?
                    .execute([name])?,
            };
        }
        if let Some(first) = changes.first {
            let sweep = |sql, before: i64| connection.prepare_cached(sql)?.execute([before]);
            sweep("DELETE FROM documents WHERE place < ?", place(first, 0))?;
            sweep("DELETE FROM entries WHERE ordinal < ?", first.cast_signed())?;
            sweep("DELETE FROM traces WHERE ordinal < ?", first.cast_signed())?;
        }
        Ok(())
    }

    fn write_documents(
        &self,
        connection: &Connection,
        documents: &[DocumentRow<'_>],
    ) -> rusqlite::Result<()> {
        let mut statement =
            connection.prepare_cached("INSERT INTO documents VALUES (?, ?, ?, ?, ?)")?;
        for DocumentRow {
            ordinal,
            outline,
            text,
        } in documents
        {
            let place = place(*ordinal, outline.number);
            let text: &dyn ToSql = match &self.vault {
                None => text,
                Some(vault) => &vault.seal(Place::Document(place), text.as_bytes()),
            };
            statement.execute(params![
                place,
                outline.id.to_u64().cast_signed(),
                row::flags(outline),
                outline.end,
                text,
            ])?;
        }
        Ok(())
    }
}

/// A value that has not the form that was written: damage.
fn unreadable(
    column: usize,
    error: impl std::error::Error + Send + Sync + 'static,
) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, Type::Blob, Box::new(error))
}

fn write_traces(connection: &Connection, traces: &[TraceRow]) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO traces (ordinal, id, start, finish, came, revision, bytes, micros) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (ordinal) DO UPDATE SET start = excluded.start, finish = excluded.finish,
             revision = excluded.revision, bytes = excluded.bytes, micros = excluded.micros",
    )?;
    for row in traces {
        statement.execute(params![
            row.ordinal.cast_signed(),
            key(row.id),
            row.start,
            row.end,
            row.came,
            row.revision.cast_signed(),
            row.bytes.cast_signed(),
            row.position().start_micros,
        ])?;
    }
    Ok(())
}

const _: () = assert!(PLACES.is_power_of_two());
