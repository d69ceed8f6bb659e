//! What is done beside the writing: the log is synced every second, and worked into the database, so that writers wait for neither.

use std::fs::File;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rusqlite::Connection;

use super::folder::{Folder, FolderError};
use super::reserve::{Reserve, free_bytes};
use crate::lock::lock;

/// How much a power cut may cost.
const SYNC: Duration = Duration::from_secs(1);

/// How long the log gets before it is worked into the database and begins anew: an eighth of what traces are to take, or of what is free on the disk,
/// within these bounds. Shorter, pages that change often were written and synced more often.
const MOST: u64 = 32 << 20;
const LEAST: u64 = 1 << 20;

/// How long those who read may keep the log from beginning anew. Those who write wait meanwhile.
const PATIENCE: Duration = Duration::from_millis(20);

/// Works all of the log in and gives its room back.
pub(super) const TRUNCATE: &str = "PRAGMA wal_checkpoint(TRUNCATE)";

/// The thread. Dropping it ends it, when what it does is done.
pub(super) struct Upkeep {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    folder: Folder,
    todo: Mutex<Todo>,
    changed: Condvar,
}

struct Todo {
    /// The length of the log when something was written last; 0 once that is worked in.
    log: u64,
    /// From this length on it is worked in.
    due: u64,
    is_synced: bool,
    is_over: bool,
}

/// The thread's own.
struct Worker {
    writer: Arc<Mutex<Connection>>,
    connection: Connection,
    reserve: Arc<Reserve>,
    /// What traces are to take.
    bytes: u64,
}

impl Upkeep {
    pub(super) fn start(
        folder: &Folder,
        writer: Arc<Mutex<Connection>>,
        reserve: Arc<Reserve>,
        bytes: u64,
    ) -> Result<Self, FolderError> {
        let failed = |problem: String| FolderError::Database(folder.log(), problem);
        let connection = folder.again().and_then(|connection| {
            connection.busy_timeout(PATIENCE)?;
            Ok(connection)
        });
        let worker = Worker {
            writer,
            connection: connection.map_err(|error| failed(error.to_string()))?,
            reserve,
            bytes,
        };
        let shared = Arc::new(Shared {
            folder: folder.clone(),
            todo: Mutex::new(Todo {
                log: 0,
                due: worker.due(folder),
                is_synced: true,
                is_over: false,
            }),
            changed: Condvar::new(),
        });
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

    /// Something was written.
    pub(super) fn wrote(&self) {
        let log = self.shared.folder.log_bytes();
        let mut todo = lock(&self.shared.todo);
        let was_due = todo.log >= todo.due;
        todo.log = log;
        todo.is_synced = false;
        if todo.log >= todo.due && !was_due {
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
            let is_idle = |todo: &mut Todo| todo.log < todo.due && !todo.is_over;
            let waited = shared.changed.wait_timeout_while(todo, SYNC, is_idle);
            let (mut todo, _) = waited.unwrap_or_else(PoisonError::into_inner);
            if todo.is_over {
                // The last connection works in what is left when it closes.
                return;
            }
            let is_quiet = todo.log > 0 && todo.log == before;
            let is_due = todo.log >= todo.due || is_quiet;
            let is_synced = std::mem::replace(&mut todo.is_synced, true);
            before = todo.log;
            drop(todo);
            if is_due {
                before = 0;
                self.work_in(shared);
            } else if !is_synced && before > 0 {
                sync(&shared.folder);
            }
        }
    }

    /// What fails here is not lost: it stays in the log, and a full disk is told by the next commit.
    fn work_in(&self, shared: &Shared) {
        // Most of it, while others write.
        let _ = checkpoint(&self.connection, "PRAGMA wal_checkpoint(PASSIVE)");
        {
            let _nobody_writes = lock(&self.writer);
            let _ = checkpoint(&self.connection, TRUNCATE);
        }
        self.reserve.secure();
        let due = self.due(&shared.folder);
        let mut todo = lock(&shared.todo);
        todo.log = shared.folder.log_bytes();
        // Where somebody reads it or the disk is full, it is tried again when it is longer.
        todo.due = if todo.log < due {
            due
        } else {
            todo.log + due / 2
        };
    }

    fn due(&self, folder: &Folder) -> u64 {
        let room = free_bytes(folder.path()).min(self.bytes);
        (room / 8).clamp(LEAST, MOST)
    }
}

fn sync(folder: &Folder) {
    let _ = File::open(folder.log()).and_then(|log| log.sync_data());
}

/// Works the log into the database.
pub(super) fn checkpoint(connection: &Connection, pragma: &str) -> rusqlite::Result<()> {
    connection.query_row(pragma, [], |_| Ok(()))
}
