//! Settling: a trace of which nothing more comes for a moment is put into the catalog, and its entry is kept beside its documents.
//! A query settles what is open before it looks, so no answer is older than the documents.

use std::io;
use std::num::NonZero;
use std::ops::ControlFlow;
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
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

/// On so many threads at most entries are made, and so many at a time: a thread is started where there is more than that.
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

/// What one who settles has come across so far.
struct Round {
    /// Traces with lower numbers have left. Entries may have been made of them before.
    first: u64,
    /// With so many unkept entries they are kept.
    most_unkept: usize,
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
        let mut round = Round {
            first: 0,
            most_unkept: UNKEPT,
        };
        let mut made = Vec::new();
        loop {
            let rows = catalog.take_open(since, AT_ONCE.min(left_to_do));
            left_to_do -= rows.len();
            made = self.make_all(&rows, || self.put_in(made, &mut settling, &mut round));
            if rows.is_empty() {
                return;
            }
        }
    }

    /// Puts traces whose entries are made into the catalog, and takes those out that have left.
    fn put_in(&self, made: Vec<Settled>, settling: &mut Settling, round: &mut Round) {
        let catalog = &self.shared.catalog;
        for settled in &made {
            self.note(settled, settling);
        }
        let left = catalog.take_left();
        if made.is_empty() && left.is_none() {
            return;
        }
        let mut known = catalog.change();
        if let Some(first) = left {
            known.remove_before(first);
            round.first = first;
        }
        for settled in made {
            if round.first <= settled.row.ordinal {
                known.put(settled.row.ordinal, &settled.entry, settled.unkept);
            }
        }
        let unkept = known.unkept.len();
        drop(known);
        if unkept >= round.most_unkept {
            self.keep_all();
            // Traces that have come on wait until they are settled once more.
            round.most_unkept = catalog.known().unkept.len() + UNKEPT;
        }
    }

    /// Makes the entries of traces, on as many threads as there are cores, in the order of the rows. None of those that have left. This thread does `first` before
    /// it makes any itself.
    fn make_all(&self, rows: &[TraceRow], first: impl FnOnce()) -> Vec<Settled> {
        let shares: Vec<_> = rows.chunks(A_SHARE).collect();
        let next = AtomicUsize::new(0);
        let work = || {
            let mut made = Vec::new();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                let Some(share) = shares.get(number) else {
                    return made;
                };
                let entries: Vec<_> = share.iter().filter_map(|row| self.make(row)).collect();
                made.push((number, entries));
            }
        };
        let cores = thread::available_parallelism().map_or(1, NonZero::get);
        let mut made = thread::scope(|scope| {
            let mut threads = Vec::new();
            for _ in 1..cores.min(THREADS).min(shares.len()) {
                let thread = thread::Builder::new().name("xray-settle".to_owned());
                // Where there is none to be had, all is done here.
                threads.extend(thread.spawn_scoped(scope, work));
            }
            first();
            let mut made = work();
            for thread in threads {
                made.extend(thread.join().unwrap_or_else(|panic| resume_unwind(panic)));
            }
            made
        });
        made.sort_unstable_by_key(|(number, _)| *number);
        made.into_iter().flat_map(|(_, entries)| entries).collect()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Limits;

    fn store_of(traces: u32) -> Store {
        let store = Store::new(Limits::default());
        for number in 1..=traces {
            let text = format!(
                r#"{{"name":"a","id":"{number:016x}","trace_id":"1-581cf771-{number:024x}","start_time":1,"end_time":2}}"#
            );
            assert_eq!(store.insert(&text), []);
        }
        store
    }

    #[test]
    fn entries_are_made_in_the_order_of_their_traces() {
        let store = store_of(10 * A_SHARE as u32 + 1);
        let rows = store.shared.catalog.take_open(f64::INFINITY, usize::MAX);
        let mut has_begun = false;
        let made = store.make_all(&rows, || has_begun = true);
        let made: Vec<_> = made.iter().map(|settled| settled.row).collect();
        assert!(has_begun);
        assert_eq!(made, rows);
    }

    #[test]
    fn a_trace_that_left_while_others_were_put_in_is_not_put_in() {
        let store = store_of(2);
        let catalog = &store.shared.catalog;
        let rows = catalog.take_open(f64::INFINITY, usize::MAX);
        let mut round = Round {
            first: 0,
            most_unkept: UNKEPT,
        };
        let mut settling = catalog.settling();
        let made = store.make_all(&rows, || {
            catalog.left(rows[1].ordinal);
            store.put_in(Vec::new(), &mut settling, &mut round);
        });
        store.put_in(made, &mut settling, &mut round);
        let known = catalog.known();
        let kept: Vec<_> = known.unkept.keys().copied().collect();
        assert_eq!(kept, [rows[1].ordinal]);
    }
}
