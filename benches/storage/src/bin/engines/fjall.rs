use std::path::Path;

use fjall::config::BlockSizePolicy;
use fjall::{Database, Keyspace, KeyspaceCreateOptions, PersistMode};
use storage::Document;

use crate::engine::{Engine, TraceKey};

/// A log-structured merge tree, compressed.
pub(crate) struct Fjall {
    database: Database,
    documents: Keyspace,
}

impl Fjall {
    /// As it comes.
    pub(crate) fn open(folder: &Path) -> Self {
        Self::of(Database::builder(folder), KeyspaceCreateOptions::default())
    }

    /// With as little as can be set to be kept in memory and to be read at the start.
    pub(crate) fn open_small(folder: &Path) -> Self {
        let builder = Database::builder(folder)
            .max_journaling_size(64 << 20)
            .cache_size(16 << 20);
        let options = KeyspaceCreateOptions::default()
            .data_block_size_policy(BlockSizePolicy::all(16 << 10))
            .max_memtable_size(8 << 20);
        Self::of(builder, options)
    }

    fn of(builder: fjall::DatabaseBuilder<Database>, options: KeyspaceCreateOptions) -> Self {
        let database = builder.open().expect("opens");
        let documents = database.keyspace("documents", || options).expect("opens");
        Self {
            database,
            documents,
        }
    }
}

impl Engine for Fjall {
    fn put(&mut self, batch: &[Document]) {
        let mut writes = self.database.batch();
        for Document { key, text } in batch {
            writes.insert(&self.documents, &key[..], text.as_str());
        }
        writes.commit().expect("is written");
    }

    fn sync(&mut self) {
        self.database
            .persist(PersistMode::SyncData)
            .expect("is synced");
    }

    fn read(&mut self, trace: &TraceKey) -> usize {
        self.documents
            .prefix(trace)
            .map(|guard| guard.value().expect("is read").len())
            .filter(|length| *length > 0)
            .count()
    }

    fn remove(&mut self, traces: &[TraceKey]) {
        let mut writes = self.database.batch();
        for trace in traces {
            for guard in self.documents.prefix(trace) {
                writes.remove(&self.documents, guard.key().expect("is read"));
            }
        }
        writes.commit().expect("is written");
    }
}
