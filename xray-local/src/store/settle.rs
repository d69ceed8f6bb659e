//! Settling: a trace of which nothing more comes for a moment is put into the catalog, and its entry is kept beside its documents.
//! A query settles what is open before it looks, so no answer is older than the documents.

use std::io;
use std::num::NonZero;
use std::ops::ControlFlow;
use std::panic::resume_unwind;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::Store;
use super::catalog::{Settling, Unkept};
use super::engine::TraceRow;
use crate::entry::{Entry, Source};

/// How long nothing must come of a trace until it is settled, in seconds. Sooner, traces would be settled more than once.
const QUIET: f64 = 1.0;

/// How often the thread looks after quiet traces.
const ROUND: Duration = Duration::from_millis(500);

/// How many traces are settled before others get their turn.
const AT_ONCE: usize = 256;

/// How many entries may wait to be kept before those who settle keep them first: they take memory.
const UNKEPT: usize = 4_096;

/// On so many threads at most entries are made, and so many of them at least on each: starting it has to be worth it.
const THREADS: usize = 4;
const A_SHARE: usize = 32;

/// A trace whose entry is made.
struct Settled {
    row: TraceRow,
    entry: Entry,
    /// Whether something that it goes on from has not come.
    waits: bool,
    unkept: Unkept,
}

/// The thread that settles. Dropping it ends it.
pub(crate) struct Settler {
    end: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Settler {
    pub(crate) fn start(store: Store) -> io::Result<Self> {
        let (end, ended) = mpsc::channel();
        store.shared.catalog.attend(true);
        let thread = thread::Builder::new()
            .name("xray-index".to_owned())
            .spawn(move || {
                // What is still open when it ends is settled after the next start.
                loop {
                    store.settle_quiet();
                    store.check();
                    if ended.recv_timeout(ROUND) != Err(RecvTimeoutError::Timeout) {
                        return store.shared.catalog.attend(false);
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

    /// Settles quiet traces, tells those who listen of them, keeps what is known of them, and counts them for graphs.
    pub(super) fn settle_quiet(&self) {
        let since = self.shared.clock.now() - QUIET;
        self.settle_since(since);
        self.tell_quiet(since);
        self.keep_settled();
        self.blocks().count(self);
    }

    fn settle_since(&self, since: f64) {
        let catalog = &self.shared.catalog;
        let mut settling = catalog.settling();
        self.load(&mut settling);
        // What comes meanwhile is left to the next one: else there might be no end.
        let mut left_to_do = catalog.count_open();
        let mut most_unkept = UNKEPT;
        loop {
            let rows = catalog.take_open(since, AT_ONCE.min(left_to_do));
            left_to_do -= rows.len();
            let made = self.make_all(&rows);
            for settled in &made {
                self.note(settled, &mut settling);
            }
            let left = catalog.take_left();
            if rows.is_empty() && left.is_none() {
                return;
            }
            let mut known = catalog.change();
            if let Some(first) = left {
                known.remove_before(first);
            }
            for Settled {
                row, entry, unkept, ..
            } in made
            {
                if left.is_none_or(|first| first <= row.ordinal) {
                    known.put(row.ordinal, &entry, unkept);
                }
            }
            let unkept = known.unkept.len();
            drop(known);
            if unkept >= most_unkept {
                self.keep_all();
                // Traces that have come on wait until they are settled once more.
                most_unkept = catalog.known().unkept.len() + UNKEPT;
            }
        }
    }

    /// Makes the entries of traces, on as many threads as there are cores. None of those that have left.
    fn make_all(&self, rows: &[TraceRow]) -> Vec<Settled> {
        let cores = thread::available_parallelism().map_or(1, NonZero::get);
        let share = rows.len().div_ceil(cores.min(THREADS)).max(A_SHARE);
        let (own, others) = rows.split_at(share.min(rows.len()));
        let make = |rows: &[TraceRow]| -> Vec<_> {
            let made = rows.iter().filter_map(|row| self.make(row));
            made.collect()
        };
        thread::scope(|scope| {
            let mut threads = Vec::new();
            let mut left = Vec::new();
            for some in others.chunks(share) {
                let thread = thread::Builder::new().name("xray-settle".to_owned());
                match thread.spawn_scoped(scope, move || make(some)) {
                    Ok(thread) => threads.push(thread),
                    // Where there is none to be had, it is done here.
                    Err(_) => left.push(some),
                }
            }
            let here = std::iter::once(own).chain(left);
            let mut made: Vec<_> = here.flat_map(make).collect();
            for thread in threads {
                made.extend(thread.join().unwrap_or_else(|panic| resume_unwind(panic)));
            }
            made
        })
    }

    /// Makes the entry of a trace. `None` when the trace has left.
    fn make(&self, row: &TraceRow) -> Option<Settled> {
        let snapshot = self.snapshot_of(row)?;
        let mut entry = snapshot.entry(&snapshot.assemble());
        let waits = entry.resolve(|link| Source::of(&self.trace(link.trace_id)?, link.id));
        let unkept = Unkept {
            revision: entry.revision,
            bytes: entry.to_bytes(),
        };
        Some(Settled {
            row: *row,
            entry,
            waits,
            unkept,
        })
    }

    /// Notes what a trace waits for, and has those settled once more that wait for it.
    fn note(&self, settled: &Settled, settling: &mut Settling) {
        if settled.waits {
            settling.wait(&settled.entry);
        }
        let waiting = settling.waiting.remove(&settled.row.id).unwrap_or_default();
        let waiting = waiting
            .into_iter()
            .filter_map(|id| self.read(self.engine().trace(id)));
        self.shared.catalog.reopen(waiting);
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
}
