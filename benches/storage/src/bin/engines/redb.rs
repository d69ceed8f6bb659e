use std::path::Path;

use redb::{Database, Durability, ReadableDatabase, TableDefinition};
use storage::Document;

use crate::engine::{Engine, Key, TraceKey};

const DOCUMENTS: TableDefinition<'_, &[u8], &str> = TableDefinition::new("documents");

/// A B-tree in one file; commits copy the pages that they change.
pub(crate) struct Redb {
    database: Database,
}

impl Redb {
    pub(crate) fn open(folder: &Path) -> Self {
        let database = Database::builder()
            .set_cache_size(64 << 20)
            .create(folder.join("documents.redb"))
            .expect("opens");
        let write = database.begin_write().expect("begins");
        write.open_table(DOCUMENTS).expect("opens");
        write.commit().expect("is written");
        Self { database }
    }

    fn write(&self, fill: impl FnOnce(&mut redb::Table<'_, &'static [u8], &'static str>)) {
        let mut write = self.database.begin_write().expect("begins");
        // Without a sync a commit is forgotten when the process is killed.
        write
            .set_durability(Durability::Immediate)
            .expect("is known");
        write.set_quick_repair(true);
        {
            let mut table = write.open_table(DOCUMENTS).expect("opens");
            fill(&mut table);
        }
        write.commit().expect("is written");
    }
}

fn range(trace: &TraceKey) -> (Key, Key) {
    let (mut first, mut last) = ([0; 24], [0xff; 24]);
    first[..16].copy_from_slice(trace);
    last[..16].copy_from_slice(trace);
    (first, last)
}

impl Engine for Redb {
    fn put(&mut self, batch: &[Document]) {
        self.write(|table| {
            for Document { key, text } in batch {
                table.insert(&key[..], text.as_str()).expect("is written");
            }
        });
    }

    fn sync(&mut self) {}

    fn read(&mut self, trace: &TraceKey) -> usize {
        let read = self.database.begin_read().expect("begins");
        let table = read.open_table(DOCUMENTS).expect("opens");
        let (first, last) = range(trace);
        let found = table
            .range::<&[u8]>(&first[..]..=&last[..])
            .expect("is read");
        found
            .filter(|entry| !entry.as_ref().expect("is read").1.value().is_empty())
            .count()
    }

    fn remove(&mut self, traces: &[TraceKey]) {
        self.write(|table| {
            for trace in traces {
                let (first, last) = range(trace);
                table
                    .retain_in::<&[u8], _>(&first[..]..=&last[..], |_, _| false)
                    .expect("is written");
            }
        });
    }
}
