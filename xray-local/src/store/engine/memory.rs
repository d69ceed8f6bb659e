use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, MutexGuard};

use xray_sdk::TraceId;

use super::{Changes, Engine, EngineError, Outline, TraceRow, VisitBlob};
use crate::lock::lock;
use crate::store::Position;

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
    by_start: BTreeMap<Position, u64>,
    unsettled: BTreeSet<u64>,
    entries: BTreeMap<u64, Arc<[u8]>>,
    blobs: BTreeMap<String, Vec<u8>>,
    bytes: u64,
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
    fn commit(&self, changes: &Changes<'_>) -> Result<(), EngineError> {
        let mut tables = self.tables();
        for row in &changes.traces {
            tables.know(*row);
        }
        for document in &changes.documents {
            let kept = tables.traces.get_mut(&document.ordinal);
            let kept = kept.expect("the writer tells of a trace with its documents");
            let number = document.outline.number;
            kept.documents
                .insert(number, (document.outline, document.text.into()));
        }
        for (ordinal, number) in &changes.replaced {
            if let Some(kept) = tables.traces.get_mut(ordinal) {
                kept.documents.remove(number);
            }
        }
        for (ordinal, revision, entry) in &changes.entries {
            tables.settle(*ordinal, *revision, entry);
        }
        for (name, blob) in &changes.blobs {
            match blob {
                Some(blob) => tables.blobs.insert((*name).to_owned(), blob.to_vec()),
                None => tables.blobs.remove(*name),
            };
        }
        if let Some(first) = changes.first {
            tables.forget_before(first);
        }
        Ok(())
    }

    fn bytes(&self) -> Result<u64, EngineError> {
        Ok(self.tables().bytes)
    }

    fn span(&self) -> Result<Option<(u64, u64)>, EngineError> {
        let tables = self.tables();
        let (first, last) = (
            tables.traces.first_key_value(),
            tables.traces.last_key_value(),
        );
        Ok(first.zip(last).map(|(first, last)| (*first.0, *last.0)))
    }

    fn trace(&self, id: TraceId) -> Result<Option<TraceRow>, EngineError> {
        let tables = self.tables();
        let ordinal = tables.ordinals.get(&id);
        Ok(ordinal.map(|ordinal| tables.traces[ordinal].row))
    }

    fn oldest(&self, count: usize) -> Result<Vec<TraceRow>, EngineError> {
        let tables = self.tables();
        let rows = tables.traces.values().take(count);
        Ok(rows.map(|kept| kept.row).collect())
    }

    fn unsettled(&self) -> Result<Vec<TraceRow>, EngineError> {
        let tables = self.tables();
        let rows = tables
            .unsettled
            .iter()
            .map(|ordinal| tables.traces[ordinal].row);
        Ok(rows.collect())
    }

    fn newest_first(
        &self,
        mut after: Option<Position>,
        visit: &mut dyn FnMut(TraceRow) -> ControlFlow<()>,
    ) -> Result<(), EngineError> {
        loop {
            let rows = self.tables().newest(after);
            for row in &rows {
                if visit(*row).is_break() {
                    return Ok(());
                }
            }
            match rows.last() {
                Some(row) => after = Some(row.position()),
                None => return Ok(()),
            }
        }
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

    fn is_lasting(&self) -> bool {
        false
    }
}

/// What an entry takes, with its place in the map and in the heap. An estimate.
fn entry_bytes(entry: &[u8]) -> u64 {
    entry.len() as u64 + 64
}

impl Tables {
    fn know(&mut self, row: TraceRow) {
        let documents = match self.traces.remove(&row.ordinal) {
            Some(known) => {
                self.by_start.remove(&known.row.position());
                self.bytes -= known.row.bytes;
                known.documents
            }
            None => {
                self.ordinals.insert(row.id, row.ordinal);
                BTreeMap::new()
            }
        };
        self.bytes += row.bytes;
        self.by_start.insert(row.position(), row.ordinal);
        self.unsettled.insert(row.ordinal);
        self.traces.insert(row.ordinal, Kept { row, documents });
    }

    fn settle(&mut self, ordinal: u64, revision: u64, entry: &[u8]) {
        let kept = self.traces.get(&ordinal);
        if kept.is_some_and(|kept| kept.row.revision == revision) {
            let before = self.entries.insert(ordinal, entry.into());
            self.bytes += entry_bytes(entry);
            self.bytes -= before.map_or(0, |before| entry_bytes(&before));
            self.unsettled.remove(&ordinal);
        }
    }

    fn forget_before(&mut self, first: u64) {
        let stay = self.traces.split_off(&first);
        for (ordinal, kept) in std::mem::replace(&mut self.traces, stay) {
            self.ordinals.remove(&kept.row.id);
            self.by_start.remove(&kept.row.position());
            self.unsettled.remove(&ordinal);
            self.bytes -= kept.row.bytes;
        }
        let stay = self.entries.split_off(&first);
        for entry in std::mem::replace(&mut self.entries, stay).values() {
            self.bytes -= entry_bytes(entry);
        }
    }

    fn newest(&self, after: Option<Position>) -> Vec<TraceRow> {
        let older = match after {
            Some(position) => self.by_start.range(..position),
            None => self.by_start.range(..),
        };
        let ordinals = older.rev().take(AT_ONCE);
        ordinals
            .map(|(_, ordinal)| self.traces[ordinal].row)
            .collect()
    }
}
