//! What is done beside the writing: the log is synced every second, and worked into the database, so that writers wait for neither.

use std::fs::File;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rusqlite::Connection;

use super::folder::{Folder, FolderError};
use super::schema::PAGE_BYTES;
use crate::lock::lock;

/// How much a power cut may cost.
const SYNC: Duration = Duration::from_secs(1);

/// How much is written before it is worked into the database.
const WORK: u64 = 16 << 20;

/// How long the log may grow before writers wait for it to begin anew. It does so by itself when they pause.
const LOG: u64 = 128 << 20;

/// The thread. Dropping it ends it, when what it does is done.
pub(super) struct Upkeep {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    todo: Mutex<Todo>,
    changed: Condvar,
}

#[derive(Default)]
struct Todo {
    /// What was written and not yet worked in, in bytes.
    written: u64,
    is_synced: bool,
    is_over: bool,
}

/// The thread's own.
struct Worker {
    folder: Folder,
    writer: Arc<Mutex<Connection>>,
    connection: Connection,
}

impl Upkeep {
    pub(super) fn start(
        folder: &Folder,
        writer: Arc<Mutex<Connection>>,
    ) -> Result<Self, FolderError> {
        let failed = |problem: String| FolderError::Database(folder.log(), problem);
        let connection = folder.again().map_err(|error| failed(error.to_string()))?;
        let worker = Worker {
            folder: folder.clone(),
            writer,
            connection,
        };
        let shared = Arc::new(Shared::default());
        let own = Arc::clone(&shared);
        let thread = thread::Builder::new()
            .name("xray-disk".to_owned())
            .spawn(move || worker.run(&own))
            .map_err(|error| failed(error.to_string()))?;
        Ok(Self {
            shared,
            thread: Some(thread),
        })
    }

    /// Tells of documents that were written.
    pub(super) fn wrote(&self, bytes: u64) {
        let mut todo = lock(&self.shared.todo);
        let was_due = todo.written >= WORK;
        // Whatever else was written counts, too.
        todo.written += bytes.max(1);
        todo.is_synced = false;
        if todo.written >= WORK && !was_due {
            self.shared.changed.notify_one();
        }
    }
}

impl Drop for Upkeep {
    fn drop(&mut self) {
        lock(&self.shared.todo).is_over = true;
        self.shared.changed.notify_one();
        if let Some(thread) = self.thread.take() {
            // A panic there has been reported by the panic hook.
            let _ = thread.join();
        }
    }
}

impl Worker {
    fn run(&self, shared: &Shared) {
        let mut before = 0;
        loop {
            let todo = lock(&shared.todo);
            let is_idle = |todo: &mut Todo| todo.written < WORK && !todo.is_over;
            let waited = shared.changed.wait_timeout_while(todo, SYNC, is_idle);
            let (mut todo, _) = waited.unwrap_or_else(PoisonError::into_inner);
            if todo.is_over {
                // The last connection works in what is left when it closes.
                return;
            }
            let is_quiet = todo.written > 0 && todo.written == before;
            let is_due = todo.written >= WORK || is_quiet;
            let is_synced = std::mem::replace(&mut todo.is_synced, true);
            if is_due {
                todo.written = 0;
            }
            before = todo.written;
            drop(todo);
            if is_due {
                self.work_in();
            } else if !is_synced && before > 0 {
                self.sync();
            }
        }
    }

    /// What fails here is not lost: it stays in the log, and a full disk is told by the next commit.
    fn work_in(&self) {
        let pages = checkpoint(&self.connection, "PRAGMA wal_checkpoint(PASSIVE)");
        if pages.is_ok_and(|pages| pages * PAGE_BYTES > LOG) {
            // Little is left to do since the line above, and nobody writes meanwhile.
            let _ = checkpoint(&lock(&self.writer), "PRAGMA wal_checkpoint(TRUNCATE)");
        }
    }

    fn sync(&self) {
        let _ = File::open(self.folder.log()).and_then(|log| log.sync_data());
    }
}

/// Works the log into the database; returns how many pages the log has.
pub(super) fn checkpoint(connection: &Connection, pragma: &str) -> rusqlite::Result<u64> {
    let pages = connection.query_row(pragma, [], |row| row.get::<_, i64>(1))?;
    Ok(u64::try_from(pages).unwrap_or(0))
}
