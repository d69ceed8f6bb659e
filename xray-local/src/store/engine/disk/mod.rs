//! A store on disk: one SQLite database in a folder of its own.
//!
//! A commit is written to the database's log before it returns, so it outlives the process. What a power cut may cost is bounded by
//! the sync that `upkeep` does every second.

mod batch;
mod error;
mod files;
mod folder;
mod fresh;
mod readers;
mod receipt;
mod removal;
mod replay;
mod reserve;
mod schema;
mod tables;
mod upkeep;
mod vault;
mod writing;

use std::collections::BTreeMap;
use std::ops::{ControlFlow, Range};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use rusqlite::Connection;
use xray_sdk::TraceId;

use super::{Arrived, Engine, EngineError, Made, Outline, TraceRow, VisitBlob};
use crate::lock::lock;
use crate::store::{EncryptionKey, Sealer};
use batch::{Batches, damaged};
use files::Files;
pub(crate) use folder::FolderError;
use folder::{Folder, FolderLock};
use fresh::Fresh;
use readers::Readers;
use receipt::Placed;
use reserve::Reserve;
use tables::Tables;
use upkeep::Upkeep;
use vault::{Place, Vault};
use writing::Room;

/// Keeps everything in a folder.
pub(crate) struct Disk {
    readers: Readers,
    /// The files that were opened.
    files: Files,
    /// The one connection that writes; its lock also keeps a restart of the log and a commit apart.
    writer: Arc<Mutex<Connection>>,
    /// Changed under the writer's lock, once what changes it is written. Held for maps only.
    fresh: Mutex<Fresh>,
    batches: Batches,
    /// What is in use.
    bytes: AtomicU64,
    upkeep: Upkeep,
    reserve: Arc<Reserve>,
    /// None where nothing is encrypted.
    vault: Option<Arc<Vault>>,
    /// Dropped last: then another process may open the folder.
    _lock: FolderLock,
}

impl Disk {
    /// Opens the store in a folder, or makes one there, which is encrypted if a key is given. Traces are to take `most` bytes, about.
    pub(crate) fn open(
        path: &Path,
        key: Option<&EncryptionKey>,
        most: u64,
    ) -> Result<Self, FolderError> {
        let folder = Folder::new(path);
        let lock = folder.lock()?;
        let vault = Vault::of(path, folder.is_new(), key).map_err(FolderError::Vault)?;
        let is_encrypted = vault.is_some();
        let writer = folder.open(|database| schema::prepare(database, is_encrypted))?;
        let unreadable = |error: &EngineError| FolderError::read(folder.database(), error);
        let tables = Tables {
            connection: &writer,
            vault: vault.as_ref(),
        };
        let opened = replay::replay(&tables).and_then(|fresh| Ok((fresh, tables.bytes()?)));
        let (fresh, bytes) = opened.map_err(|error| unreadable(&error.into()))?;
        let batches = Batches::new().map_err(|error| unreadable(&error))?;
        let writer = Arc::new(Mutex::new(writer));
        let reserve = Arc::new(Reserve::of(path));
        let upkeep = Upkeep::start(&folder, Arc::clone(&writer), Arc::clone(&reserve), most)?;
        let files = folder.files().map_err(FolderError::Io)?;
        Ok(Self {
            files,
            readers: Readers::of(folder),
            writer,
            fresh: Mutex::new(fresh),
            batches,
            bytes: AtomicU64::new(bytes),
            upkeep,
            reserve,
            vault: vault.map(Arc::new),
            _lock: lock,
        })
    }

    fn fresh(&self) -> MutexGuard<'_, Fresh> {
        lock(&self.fresh)
    }

    fn read<T>(
        &self,
        read: impl FnOnce(&Tables<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, EngineError> {
        self.readers.read(|connection| {
            let vault = self.vault.as_deref();
            read(&Tables { connection, vault })
        })
    }

    /// Where the documents of a trace stand.
    fn placed(&self, ordinal: u64) -> Result<Vec<Placed>, EngineError> {
        if let Some(trace) = self.fresh().get(ordinal) {
            return Ok(trace.documents.clone());
        }
        let found = self.read(|tables| tables.documents(ordinal))?;
        Ok(found.map_or_else(Vec::new, |(_, documents)| documents))
    }

    /// The texts of a batch. `None` when it is not there.
    fn texts(&self, number: u64) -> Result<Option<Arc<str>>, EngineError> {
        if let Some(texts) = self.batches.at_hand(number) {
            return Ok(Some(texts));
        }
        let Some((length, packed)) = self.read(|tables| tables.batch(number))? else {
            return Ok(None);
        };
        let texts = self.batches.unpack(&packed, length)?;
        self.batches.keep_at_hand(number, Arc::clone(&texts));
        Ok(Some(texts))
    }
}

impl Engine for Disk {
    fn put(&self, arrived: &Arrived<'_>) -> Result<(), EngineError> {
        self.write_arrived(arrived)
    }

    fn keep(&self, made: &Made<'_>) -> Result<Vec<u64>, EngineError> {
        self.write_made(made)
    }

    fn remove_before(&self, first: u64) -> Result<(), EngineError> {
        self.change(
            Room::Less,
            |tables| tables.remove_before(first),
            |fresh, ()| fresh.remove_before(first),
        )
    }

    fn remove(&self, rows: &[TraceRow]) -> Result<(), EngineError> {
        self.take_out(rows)
    }

    fn removed(&self) -> Vec<u64> {
        self.fresh().removed.iter().copied().collect()
    }

    fn count(&self) -> usize {
        self.fresh().count()
    }

    fn check(&self) -> Result<(), EngineError> {
        self.files.check()
    }

    fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    fn span(&self) -> Range<u64> {
        let fresh = self.fresh();
        fresh.first..fresh.next
    }

    fn known(&self, ids: &[TraceId]) -> Result<Vec<TraceRow>, EngineError> {
        let (mut known, others) = {
            let fresh = self.fresh();
            let found = ids.iter().map(|id| fresh.find(*id).ok_or(*id));
            let (known, others): (Vec<_>, Vec<_>) = found.partition(Result::is_ok);
            let known = known.into_iter().flatten().map(|trace| trace.row);
            (
                known.collect::<Vec<_>>(),
                others
                    .into_iter()
                    .filter_map(Result::err)
                    .collect::<Vec<_>>(),
            )
        };
        if !others.is_empty() {
            let found = self.read(|tables| {
                // One look at the database for all of them.
                let _at_once = tables.connection.unchecked_transaction()?;
                let rows = others.iter().map(|id| tables.trace(*id));
                rows.collect::<rusqlite::Result<Vec<_>>>()
            })?;
            known.extend(found.into_iter().flatten());
        }
        Ok(known)
    }

    fn traces(&self, from: u64, count: usize) -> Result<Vec<TraceRow>, EngineError> {
        let fresh = by_number(self.fresh().from(from).take(count).map(|trace| trace.row));
        let mut all = self.read(|tables| Ok(by_number(tables.traces(from, count)?)))?;
        // What is fresh was looked at first, and is newer than what is written of the same trace.
        all.extend(fresh);
        Ok(all.into_values().take(count).collect())
    }

    fn unsettled(&self) -> Result<Vec<TraceRow>, EngineError> {
        let fresh = by_number(self.fresh().from(0).map(|trace| trace.row));
        let mut all = self.read(|tables| Ok(by_number(tables.unsettled()?)))?;
        all.extend(fresh);
        Ok(all.into_values().collect())
    }

    fn outlines(&self, ordinal: u64) -> Result<Vec<Outline>, EngineError> {
        let placed = self.placed(ordinal)?.into_iter();
        Ok(placed.map(|placed| placed.outline).collect())
    }

    fn documents(&self, ordinal: u64) -> Result<Vec<(Outline, Arc<str>)>, EngineError> {
        let mut documents = Vec::new();
        for placed in self.placed(ordinal)? {
            let Some(texts) = self.texts(placed.batch)? else {
                if ordinal < self.fresh().first {
                    // The trace has left meanwhile.
                    return Ok(Vec::new());
                }
                return Err(damaged(&format!("batch {} is missing", placed.batch)));
            };
            let end = placed.offset + placed.outline.length;
            let text = texts.get(placed.offset..end);
            let text = text.ok_or_else(|| damaged(&format!("batch {} is cut", placed.batch)))?;
            if removal::is_blank(text) {
                // The trace was taken out meanwhile.
                return Ok(Vec::new());
            }
            documents.push((placed.outline, text.into()));
        }
        Ok(documents)
    }

    fn entries(
        &self,
        from: u64,
        visit: &mut dyn FnMut(u64, &[u8]) -> ControlFlow<()>,
    ) -> Result<(), EngineError> {
        self.read(|tables| {
            let mut statement = tables.connection.prepare_cached(
                "SELECT ordinal, entry FROM entries WHERE ordinal >= ? ORDER BY ordinal",
            )?;
            let mut rows = statement.query([from.cast_signed()])?;
            while let Some(row) = rows.next()? {
                let ordinal = row.get::<_, i64>(0)?.cast_unsigned();
                let entry = tables.opened(Place::Entry(ordinal), row, 1)?;
                if visit(ordinal, &entry).is_break() {
                    break;
                }
            }
            Ok(())
        })
    }

    fn blob(&self, name: &str) -> Result<Option<Vec<u8>>, EngineError> {
        self.read(|tables| tables.blob(name))
    }

    fn blobs(&self, prefix: &str, visit: &mut VisitBlob<'_>) -> Result<(), EngineError> {
        self.read(|tables| {
            let mut statement = tables.connection.prepare_cached(
                "SELECT name, blob FROM blobs WHERE name >= ?1 AND name < ?1 || char(1114111) ORDER BY name",
            )?;
            let mut rows = statement.query([prefix])?;
            while let Some(row) = rows.next()? {
                let name = row.get::<_, String>(0)?;
                let blob = tables.opened(Place::Blob(&name), row, 1).ok();
                if visit(&name, blob.as_deref()).is_break() {
                    break;
                }
            }
            Ok(())
        })
    }

    fn encryption_key(&self) -> Option<&str> {
        self.vault.as_deref().map(Vault::key_id)
    }

    fn sealer(&self) -> Option<Arc<dyn Sealer>> {
        let vault = self.vault.as_ref()?;
        Some(Arc::clone(vault) as Arc<dyn Sealer>)
    }
}

fn by_number(rows: impl IntoIterator<Item = TraceRow>) -> BTreeMap<u64, TraceRow> {
    rows.into_iter().map(|row| (row.ordinal, row)).collect()
}
