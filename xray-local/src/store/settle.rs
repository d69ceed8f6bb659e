//! Settling: a trace of which nothing more comes for a moment is put into the catalog, and its entry is kept beside its documents.
//! A query settles what is open before it looks, so no answer is older than the documents.

use std::io;
use std::ops::ControlFlow;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use xray_sdk::TraceId;

use super::Store;
use super::catalog::{Settling, Unkept};
use super::engine::{Changes, EngineError, TraceRow};
use crate::entry::{Entry, Source};
use crate::lock::lock;

/// How long nothing must come of a trace until it is settled, in seconds. Sooner, traces would be settled more than once.
const QUIET: f64 = 1.0;

/// How often the thread looks after quiet traces.
const ROUND: Duration = Duration::from_millis(500);

/// How many traces are settled before others get their turn.
const AT_ONCE: usize = 256;

/// Under this name the form of the entries is kept.
const FORM_BLOB: &str = "entry form";

/// The thread that settles. Dropping it ends it.
pub(crate) struct Settler {
    end: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Settler {
    pub(crate) fn start(store: Store) -> io::Result<Self> {
        let (end, ended) = mpsc::channel();
        let thread = thread::Builder::new()
            .name("xray-index".to_owned())
            .spawn(move || {
                // What is still open when it ends is settled after the next start.
                loop {
                    store.settle_quiet();
                    if ended.recv_timeout(ROUND) != Err(RecvTimeoutError::Timeout) {
                        return;
                    }
                }
            })?;
        Ok(Self {
            end: Some(end),
            thread: Some(thread),
        })
    }
}

impl Drop for Settler {
    fn drop(&mut self) {
        drop(self.end.take());
        if let Some(thread) = self.thread.take() {
            // A panic there has been reported by the panic hook.
            let _ = thread.join();
        }
    }
}

impl Store {
    /// Settles every trace of which something has come until now.
    pub(super) fn settle(&self) {
        self.settle_since(f64::INFINITY);
    }

    /// Settles quiet traces, and keeps their entries.
    pub(super) fn settle_quiet(&self) {
        self.settle_since(self.shared.clock.now() - QUIET);
        self.keep_settled();
    }

    fn settle_since(&self, since: f64) {
        let catalog = &self.shared.catalog;
        let mut settling = catalog.settling();
        self.load(&mut settling);
        // What comes meanwhile is left to the next one: else there might be no end.
        let mut left_to_do = catalog.count_open();
        loop {
            let rows = catalog.take_open(since, AT_ONCE.min(left_to_do));
            left_to_do -= rows.len();
            let made: Vec<_> = rows
                .iter()
                .filter_map(|row| self.make(row, &mut settling))
                .collect();
            let left = catalog.take_left();
            if rows.is_empty() && left.is_empty() {
                return;
            }
            let mut known = catalog.change();
            for (ordinal, kept) in &left {
                let last = known.unkept.remove(ordinal).map(|unkept| unkept.bytes);
                let entry = last.as_ref().or(kept.as_ref());
                if let Some(entry) = entry.and_then(|bytes| Entry::from_bytes(bytes)) {
                    known.remove(&entry);
                }
            }
            for Made {
                ordinal,
                old,
                entry,
                bytes,
            } in made
            {
                if let Some(old) = old {
                    known.remove(&old);
                }
                if left.contains_key(&ordinal) {
                    continue;
                }
                known.add(ordinal, &entry);
                let unkept = Unkept {
                    id: entry.id,
                    revision: entry.revision,
                    bytes,
                };
                known.unkept.insert(ordinal, unkept);
            }
        }
    }

    /// Makes the entry of a trace. `None` when the trace has left.
    fn make(&self, row: &TraceRow, settling: &mut Settling) -> Option<Made> {
        let snapshot = self.snapshot_of(row)?;
        let mut entry = snapshot.entry(&snapshot.assemble());
        if entry.resolve(|link| Source::of(&self.trace(link.trace_id)?, link.id)) {
            settling.wait(&entry);
        }
        let waiting = settling.waiting.remove(&row.id).unwrap_or_default();
        let waiting = waiting
            .into_iter()
            .filter_map(|id| self.read(self.engine().trace(id)));
        self.shared.catalog.reopen(waiting);
        let old = (row.ordinal <= settling.highest).then(|| self.entry_of(row.ordinal));
        settling.highest = settling.highest.max(row.ordinal);
        Some(Made {
            ordinal: row.ordinal,
            old: old.flatten(),
            bytes: entry.to_bytes(),
            entry,
        })
    }

    /// The last entry that was made of a trace, by the trace's number.
    pub(super) fn entry_of(&self, ordinal: u64) -> Option<Entry> {
        let unkept = self.shared.catalog.known().unkept.get(&ordinal).cloned();
        if let Some(unkept) = unkept {
            return Entry::from_bytes(&unkept.bytes);
        }
        let mut found = None;
        let read = self.engine().entries(ordinal, &mut |number, bytes| {
            found = (number == ordinal)
                .then(|| Entry::from_bytes(bytes))
                .flatten();
            ControlFlow::Break(())
        });
        self.read(read);
        found
    }

    /// The last entry of a trace, by the trace's id. `None` when it has left.
    pub(super) fn entry(&self, id: TraceId) -> Option<Entry> {
        let row = self.read(self.engine().trace(id))?;
        self.entry_of(row.ordinal)
    }

    /// Reads what was kept, once. Nobody who stores documents waits for it.
    fn load(&self, settling: &mut Settling) {
        let catalog = &self.shared.catalog;
        if catalog.is_loaded() {
            return;
        }
        let form = self.read(self.engine().blob(FORM_BLOB));
        let is_readable = form.is_some_and(|form| form == [Entry::FORM]);
        let mut known = catalog.change();
        let read = self.engine().entries(0, &mut |ordinal, bytes| {
            settling.highest = ordinal;
            if let Some(entry) = Entry::from_bytes(bytes) {
                settling.wait(&entry);
                known.add(ordinal, &entry);
            }
            ControlFlow::Continue(())
        });
        self.read(read);
        drop(known);
        let mut open = self.read(self.engine().unsettled());
        if !is_readable {
            // Another version wrote the entries: all are made anew.
            let read = self.engine().newest_first(None, &mut |row| {
                open.push(row);
                ControlFlow::Continue(())
            });
            self.read(read);
        }
        catalog.reopen(open);
        catalog.loaded();
        self.retain();
    }

    /// Keeps the entries that were made, as far as that can be done now.
    fn keep_settled(&self) {
        let catalog = &self.shared.catalog;
        let _settling = catalog.settling();
        let mut next = 0;
        loop {
            let some: Vec<_> = {
                let known = catalog.known();
                let unkept = known.unkept.range(next..).take(AT_ONCE);
                unkept
                    .map(|(ordinal, unkept)| (*ordinal, unkept.clone()))
                    .collect()
            };
            let Some((last, _)) = some.last() else {
                return;
            };
            next = last + 1;
            // Where there is no room they stay as they are, and are tried again.
            let Ok(kept) = self.keep(&some) else {
                return;
            };
            let mut known = catalog.change();
            for ordinal in kept {
                known.unkept.remove(&ordinal);
            }
        }
    }

    /// Keeps those entries of which the traces have not come on since. Returns their numbers.
    fn keep(&self, some: &[(u64, Unkept)]) -> Result<Vec<u64>, EngineError> {
        // Nobody may write between the look and the commit.
        let _writer = lock(&self.shared.writer);
        let mut changes = Changes::default();
        for (ordinal, unkept) in some {
            let row = self.engine().trace(unkept.id)?;
            if row.is_some_and(|row| row.revision == unkept.revision && row.ordinal == *ordinal) {
                changes
                    .entries
                    .push((*ordinal, unkept.revision, &unkept.bytes));
            }
        }
        changes.blobs.push((FORM_BLOB, Some(&[Entry::FORM])));
        self.engine().commit(&changes)?;
        Ok(changes
            .entries
            .iter()
            .map(|(ordinal, ..)| *ordinal)
            .collect())
    }
}

/// A new entry, and the one in whose place it comes.
struct Made {
    ordinal: u64,
    old: Option<Entry>,
    entry: Entry,
    bytes: Vec<u8>,
}
