use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::{ControlFlow, Range};
use std::sync::{Arc, Mutex, MutexGuard};

use xray_sdk::TraceId;

use super::{Arrived, Engine, EngineError, FULL, Made, Outline, TraceRow, VisitBlob, full_name};
use crate::lock::lock;

/// Keeps everything in memory, until the process ends.
#[derive(Default)]
pub(crate) struct Memory {
    /// Guards all of it. Held for maps only: a reader takes texts out by reference.
    tables: Mutex<Tables>,
}

#[derive(Default)]
struct Tables {
    traces: BTreeMap<u64, Kept>,
    ordinals: HashMap<TraceId, u64>,
    unsettled: BTreeSet<u64>,
    entries: BTreeMap<u64, Arc<[u8]>>,
    blobs: BTreeMap<String, Vec<u8>>,
    bytes: u64,
    /// The number of the next trace.
    next: u64,
}

struct Kept {
    row: TraceRow,
    documents: BTreeMap<u32, (Outline, Arc<str>)>,
}

/// How many are taken out of the tables at once for a visitor, who is not waited for under the lock.
const AT_ONCE: usize = 256;

impl Memory {
    fn tables(&self) -> MutexGuard<'_, Tables> {
        lock(&self.tables)
    }
}

impl Engine for Memory {
    fn put(&self, arrived: &Arrived<'_>) -> Result<(), EngineError> {
        let mut tables = self.tables();
        for row in &arrived.traces {
            tables.know(*row);
        }
        for document in &arrived.documents {
            let kept = tables.traces.get_mut(&document.ordinal);
            let kept = kept.expect("the writer tells of a trace with its documents");
            let number = document.outline.number;
            kept.documents
                .insert(number, (document.outline, document.text.into()));
        }
        for (ordinal, number) in &arrived.replaced {
            if let Some(kept) = tables.traces.get_mut(ordinal) {
                kept.documents.remove(number);
            }
        }
        Ok(())
    }

    fn keep(&self, made: &Made<'_>) -> Result<Vec<u64>, EngineError> {
        let mut tables = self.tables();
        for (name, blob) in &made.blobs {
            tables.name(name, *blob);
        }
        let entries = made.entries.iter();
        let kept =
            entries.filter(|(ordinal, revision, entry)| tables.settle(*ordinal, *revision, entry));
        Ok(kept.map(|(ordinal, ..)| *ordinal).collect())
    }

    fn remove_before(&self, first: u64) -> Result<(), EngineError> {
        self.tables().remove_before(first);
        Ok(())
    }

    fn remove(&self, rows: &[TraceRow]) -> Result<(), EngineError> {
        let mut tables = self.tables();
        for row in rows {
            tables.remove(row.ordinal);
        }
        Ok(())
    }

    fn count(&self) -> usize {
        self.tables().traces.len()
    }

    fn bytes(&self) -> u64 {
        self.tables().bytes
    }

    fn span(&self) -> Range<u64> {
        let tables = self.tables();
        let first = tables.traces.first_key_value();
        first.map_or(tables.next, |(first, _)| *first)..tables.next
    }

    fn known(&self, ids: &[TraceId]) -> Result<Vec<TraceRow>, EngineError> {
        let tables = self.tables();
        let ordinals = ids.iter().filter_map(|id| tables.ordinals.get(id));
        Ok(ordinals.map(|ordinal| tables.traces[ordinal].row).collect())
    }

    fn traces(&self, from: u64, count: usize) -> Result<Vec<TraceRow>, EngineError> {
        let tables = self.tables();
        let kept = tables.traces.range(from..).take(count);
        Ok(kept.map(|(_, kept)| kept.row).collect())
    }

    fn unsettled(&self) -> Result<Vec<TraceRow>, EngineError> {
        let tables = self.tables();
        let rows = tables
            .unsettled
            .iter()
            .map(|ordinal| tables.traces[ordinal].row);
        Ok(rows.collect())
    }

    fn outlines(&self, ordinal: u64) -> Result<Vec<Outline>, EngineError> {
        let tables = self.tables();
        let kept = tables.traces.get(&ordinal);
        let documents = kept.into_iter().flat_map(|kept| kept.documents.values());
        Ok(documents.map(|(outline, _)| *outline).collect())
    }

    fn documents(&self, ordinal: u64) -> Result<Vec<(Outline, Arc<str>)>, EngineError> {
        let tables = self.tables();
        let kept = tables.traces.get(&ordinal);
        let documents = kept.into_iter().flat_map(|kept| kept.documents.values());
        Ok(documents.cloned().collect())
    }

    fn entries(
        &self,
        mut from: u64,
        visit: &mut dyn FnMut(u64, &[u8]) -> ControlFlow<()>,
    ) -> Result<(), EngineError> {
        loop {
            let some: Vec<_> = {
                let tables = self.tables();
                let range = tables.entries.range(from..).take(AT_ONCE);
                range
                    .map(|(ordinal, entry)| (*ordinal, Arc::clone(entry)))
                    .collect()
            };
            for (ordinal, entry) in &some {
                if visit(*ordinal, entry).is_break() {
                    return Ok(());
                }
            }
            match some.last() {
                Some((ordinal, _)) => from = ordinal + 1,
                None => return Ok(()),
            }
        }
    }

    fn blob(&self, name: &str) -> Result<Option<Vec<u8>>, EngineError> {
        Ok(self.tables().blobs.get(name).cloned())
    }

    fn blobs(&self, prefix: &str, visit: &mut VisitBlob<'_>) -> Result<(), EngineError> {
        let tables = self.tables();
        let named = tables.blobs.range(prefix.to_owned()..);
        let named: Vec<_> = named
            .take_while(|(name, _)| name.starts_with(prefix))
            .map(|(name, blob)| (name.clone(), blob.clone()))
            .collect();
        drop(tables);
        for (name, blob) in &named {
            if visit(name, Some(blob)).is_break() {
                break;
            }
        }
        Ok(())
    }
}

/// What an entry or a blob takes, with its place in the map and in the heap. An estimate.
fn kept_bytes(kept: &[u8]) -> u64 {
    kept.len() as u64 + 64
}

impl Tables {
    fn know(&mut self, row: TraceRow) {
        self.next = self.next.max(row.ordinal + 1);
        self.unsettled.insert(row.ordinal);
        self.bytes += row.bytes;
        match self.traces.get_mut(&row.ordinal) {
            Some(known) => {
                self.bytes -= known.row.bytes;
                known.row = row;
            }
            None => {
                let documents = BTreeMap::new();
                self.ordinals.insert(row.id, row.ordinal);
                self.traces.insert(row.ordinal, Kept { row, documents });
            }
        }
    }

    /// Returns whether the entry was kept.
    fn settle(&mut self, ordinal: u64, revision: u64, entry: &[u8]) -> bool {
        let kept = self.traces.get(&ordinal);
        let is_meant = kept.is_some_and(|kept| kept.row.revision == revision);
        if is_meant {
            let before = self.entries.insert(ordinal, entry.into());
            self.bytes += kept_bytes(entry);
            self.bytes -= before.map_or(0, |before| kept_bytes(&before));
            self.unsettled.remove(&ordinal);
        }
        is_meant
    }

    fn name(&mut self, name: &str, blob: Option<&[u8]>) {
        let before = match blob {
            Some(blob) => self.blobs.insert(name.to_owned(), blob.to_vec()),
            None => self.blobs.remove(name),
        };
        self.bytes += blob.map_or(0, kept_bytes);
        self.bytes -= before.map_or(0, |before| kept_bytes(&before));
    }

    fn remove_before(&mut self, first: u64) {
        let full = self.blobs.range(FULL.to_owned()..full_name(first));
        let full: Vec<_> = full.map(|(name, _)| name.clone()).collect();
        full.iter().for_each(|name| self.name(name, None));
        let stay = self.traces.split_off(&first);
        for (ordinal, kept) in std::mem::replace(&mut self.traces, stay) {
            self.forget(ordinal, &kept);
        }
    }

    fn remove(&mut self, ordinal: u64) {
        if let Some(kept) = self.traces.remove(&ordinal) {
            self.forget(ordinal, &kept);
        }
    }

    fn forget(&mut self, ordinal: u64, kept: &Kept) {
        self.ordinals.remove(&kept.row.id);
        self.unsettled.remove(&ordinal);
        self.bytes -= kept.row.bytes;
        let entry = self.entries.remove(&ordinal);
        self.bytes -= entry.map_or(0, |entry| kept_bytes(&entry));
    }
}
