//! What was received: documents as they came, kept by trace, on disk or in memory, within bounds.

mod arrival;
mod catalog;
#[cfg(feature = "disk")]
mod encryption_key;
mod engine;
mod intake;
mod keep;
mod limits;
mod page;
mod put;
mod record;
mod removal;
mod sealer;
mod search;
mod settle;
mod shelf;
mod snapshot;
mod writer;

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::asker::Asker;
use crate::clock::Clock;
pub(crate) use crate::index::Position;
use crate::ledger::Ledger;
use crate::lock::lock;
use crate::notice::Notice;
use crate::program::Programs;
use crate::validate::Rejection;
pub(crate) use arrival::Arrivals;
use arrival::Listeners;
use catalog::Catalog;
#[cfg(feature = "disk")]
pub use encryption_key::{EncryptionKey, EncryptionKeyError};
pub(crate) use engine::EngineError;
#[cfg(feature = "disk")]
pub(crate) use engine::FolderError;
use engine::{Engine, Memory};
pub(crate) use intake::{Gauge, Intake, QueueLevel};
pub use limits::Limits;
pub(crate) use sealer::Sealer;
pub(crate) use search::Found;
pub(crate) use settle::Settler;
use shelf::Pieces;
pub(crate) use snapshot::Snapshot;
use writer::Writer;

/// The traces of one server. Clones are the same store.
///
/// Documents are kept as they came and put together when they are read; a reader sees what was there when it began and holds
/// up nobody.
#[derive(Clone)]
pub struct Store {
    shared: Arc<Shared>,
    /// Of this clone.
    asker: Asker,
}

/// What became of the documents that were given to a store since it was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoreCounts {
    /// Documents that were stored, those since evicted or replaced among them.
    pub stored: u64,
    /// Documents that were refused.
    pub rejected: u64,
    /// Documents that could not be written, as when the disk was full. Who sent them over the API was told so, and may have sent
    /// them again; those that came over UDP are lost.
    pub unwritten: u64,
    /// Traces that made room for newer ones, or were too old.
    pub evicted_traces: u64,
    /// Traces that somebody has taken out.
    pub removed_traces: u64,
    /// Traces that are there now.
    pub traces: usize,
    /// The room that they take, in bytes, as [`Limits::bytes`] counts it.
    pub bytes: u64,
}

struct Shared {
    limits: Limits,
    clock: Clock,
    notice: Notice,
    engine: Box<dyn Engine>,
    /// Held by the one who writes, while it does.
    writer: Mutex<Writer>,
    catalog: Catalog,
    listeners: Listeners,
    /// Those of the index.
    pieces: Pieces,
    /// Guards what is told of the store. Held for numbers only.
    state: Mutex<State>,
    changed: Condvar,
    /// Guards what recorders report of themselves. Held for reading or writing one report.
    programs: Arc<Mutex<Programs>>,
    /// Guards what is told of documents that came. Held for entering some.
    ledger: Mutex<Ledger>,
}

#[derive(Default)]
struct State {
    counts: StoreCounts,
    /// Why nothing could be written lately; `None` once something could.
    unwritable: Option<EngineError>,
    /// Why something could not be read.
    unreadable: Option<EngineError>,
    changes: u64,
}

impl Store {
    /// An empty store in memory.
    pub fn new(limits: Limits) -> Self {
        Self::in_memory(limits, Clock::default(), Notice::default())
    }

    pub(crate) fn in_memory(limits: Limits, clock: Clock, notice: Notice) -> Self {
        let engine = Box::new(Memory::default());
        Self::with(engine, Catalog::empty(), limits, clock, notice)
    }

    /// The store in a folder, which is made where it is not there.
    #[cfg(feature = "disk")]
    pub(crate) fn on_disk(
        folder: &std::path::Path,
        key: Option<&EncryptionKey>,
        limits: Limits,
        clock: Clock,
        notice: Notice,
    ) -> Result<Self, FolderError> {
        let engine = engine::Disk::open(folder, key, limits.bytes)?;
        let store = Self::with(Box::new(engine), Catalog::default(), limits, clock, notice);
        store.count();
        Ok(store)
    }

    /// What the key is called that the store is encrypted with; `None` where it is not.
    pub fn encryption_key(&self) -> Option<&str> {
        self.shared.engine.encryption_key()
    }

    /// Seals what is kept beside the store; `None` where it is not encrypted.
    pub(crate) fn sealer(&self) -> Option<Arc<dyn Sealer>> {
        self.shared.engine.sealer()
    }

    fn with(
        engine: Box<dyn Engine>,
        catalog: Catalog,
        limits: Limits,
        clock: Clock,
        notice: Notice,
    ) -> Self {
        Self {
            asker: Asker::default(),
            shared: Arc::new(Shared {
                limits,
                clock,
                notice,
                writer: Mutex::new(Writer::new(engine.as_ref())),
                engine,
                catalog,
                listeners: Listeners::default(),
                pieces: Pieces::new(limits.index_bytes),
                state: Mutex::default(),
                changed: Condvar::new(),
                programs: Arc::default(),
                ledger: Mutex::default(),
            }),
        }
    }

    /// The same store, for one who may leave: then what is read is cut short.
    pub(crate) fn asked_by(mut self, asker: Asker) -> Self {
        self.asker = asker;
        self
    }

    /// Whether nobody waits any more for what is read.
    pub(crate) fn is_abandoned(&self) -> bool {
        self.asker.has_left()
    }

    /// What became of the documents so far.
    pub fn counts(&self) -> StoreCounts {
        self.state().counts
    }

    pub(crate) fn limits(&self) -> Limits {
        self.shared.limits
    }

    /// How many traces are still to be put together and taken into the index, because something came of them lately.
    pub(crate) fn unsettled(&self) -> usize {
        self.shared.catalog.count_open()
    }

    /// What recorders report of themselves.
    pub(crate) fn programs<T>(&self, ask: impl FnOnce(&Programs) -> T) -> T {
        ask(&lock(&self.shared.programs))
    }

    /// What became of documents, by service.
    pub(crate) fn ledger<T>(&self, ask: impl FnOnce(&mut Ledger) -> T) -> T {
        ask(&mut lock(&self.shared.ledger))
    }

    /// The latest documents that were refused, the oldest first; at most 100.
    pub fn rejections(&self) -> Vec<Rejection> {
        let refused = |ledger: &mut Ledger| {
            let refused = ledger.refused().map(|refused| &refused.rejection);
            refused.cloned().collect()
        };
        self.ledger(refused)
    }

    /// What is wrong with the disk, and what to do; `None` while nothing is. Nothing can be stored while the disk is full, and what
    /// is stored stays; once there is room it goes on by itself.
    pub fn trouble(&self) -> Option<String> {
        let state = self.state();
        let trouble = state.unwritable.as_ref().or(state.unreadable.as_ref());
        trouble.map(ToString::to_string)
    }

    /// Waits until `is_reached` holds, which is asked now and whenever something was stored or refused, but no longer than
    /// `deadline`. Returns whether it was reached.
    pub fn wait_until(
        &self,
        mut is_reached: impl FnMut(&Self) -> bool,
        deadline: Duration,
    ) -> bool {
        let began = Instant::now();
        loop {
            let seen = self.state().changes;
            if is_reached(self) {
                return true;
            }
            let Some(left) = deadline.checked_sub(began.elapsed()) else {
                return false;
            };
            let waited = self
                .shared
                .changed
                .wait_timeout_while(self.state(), left, |state| state.changes == seen);
            drop(waited.unwrap_or_else(PoisonError::into_inner));
        }
    }

    fn engine(&self) -> &dyn Engine {
        self.shared.engine.as_ref()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.shared.state)
    }

    /// Changes what is told of the store, and tells those who wait for it.
    fn tell<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.state();
        state.changes += 1;
        let changed = change(&mut state);
        drop(state);
        self.shared.changed.notify_all();
        changed
    }

    /// Hands on what was read. What could not be read is as if it were not there, and told.
    fn read<T: Default>(&self, read: Result<T, EngineError>) -> T {
        read.unwrap_or_else(|error| {
            self.tell(|state| state.unreadable = Some(error));
            T::default()
        })
    }
}

#[cfg(test)]
mod tests;
