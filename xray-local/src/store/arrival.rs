//! Who listens hears of each trace as soon as nothing more comes of it for a moment.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use tokio::sync::mpsc::{self, error::TrySendError};

use super::Store;
use super::engine::TraceRow;
use crate::entry::Entry;
use crate::lock::lock;

/// How many traces may wait for one who listens. What comes then is counted, and not told to it.
const WAITING: usize = 16_384;

/// The traces that come, for one who listens.
pub(crate) struct Arrivals {
    traces: mpsc::Receiver<Arc<Entry>>,
    missed: Arc<AtomicU64>,
}

#[derive(Default)]
pub(super) struct Listeners {
    /// Held for handing on what has come, and never while anything is read.
    listeners: Mutex<Vec<Listener>>,
    /// Traces of which documents have come and nobody was told yet, by number, each with the time of the last. Held for maps only.
    open: Mutex<BTreeMap<u64, f64>>,
}

struct Listener {
    traces: mpsc::Sender<Arc<Entry>>,
    missed: Arc<AtomicU64>,
}

impl Arrivals {
    /// The next one. Never, once the store has gone.
    pub(crate) async fn next(&mut self) -> Option<Arc<Entry>> {
        self.traces.recv().await
    }

    /// How many were not told since this was asked last, because too many waited.
    pub(crate) fn missed(&self) -> u64 {
        self.missed.swap(0, Ordering::Relaxed)
    }
}

impl Listeners {
    fn listen(&self) -> Arrivals {
        let (sender, traces) = mpsc::channel(WAITING);
        let missed = Arc::default();
        lock(&self.listeners).push(Listener {
            traces: sender,
            missed: Arc::clone(&missed),
        });
        Arrivals { traces, missed }
    }

    /// Documents of these traces have come.
    pub(super) fn came(&self, rows: &[TraceRow], now: f64) {
        let mut listeners = lock(&self.listeners);
        listeners.retain(|listener| !listener.traces.is_closed());
        let is_heard = !listeners.is_empty();
        drop(listeners);
        let mut open = lock(&self.open);
        match is_heard {
            true => open.extend(rows.iter().map(|row| (row.ordinal, now))),
            false => open.clear(),
        }
    }

    /// Takes the numbers of traces of which nothing has come since a time.
    fn take_quiet(&self, since: f64) -> Vec<u64> {
        let mut open = lock(&self.open);
        let quiet = open.extract_if(.., |_, came| *came <= since);
        quiet.map(|(ordinal, _)| ordinal).collect()
    }

    fn tell(&self, entry: &Arc<Entry>) {
        for listener in lock(&self.listeners).iter() {
            if let Err(TrySendError::Full(_)) = listener.traces.try_send(Arc::clone(entry)) {
                listener.missed.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
}

impl Store {
    /// From now on, every trace of which documents come, each time that nothing more has come of it for a second.
    pub(crate) fn arrivals(&self) -> Arrivals {
        self.shared.listeners.listen()
    }

    /// Tells of the traces of which nothing has come since a time, and which are settled.
    pub(super) fn tell_quiet(&self, since: f64) {
        for ordinal in self.shared.listeners.take_quiet(since) {
            if let Some(entry) = self.entry_of(ordinal) {
                self.shared.listeners.tell(&Arc::new(entry));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::Future as _;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use super::*;
    use crate::store::Limits;

    fn document(trace: u8, id: u8) -> String {
        format!(
            r#"{{"name":"a","id":"00000000000000{id:02x}","trace_id":"1-581cf771-0000000000000000000000{trace:02x}","start_time":1,"end_time":2}}"#
        )
    }

    /// Those that have been told, by the last digit of the id and by revision.
    fn told(arrivals: &mut Arrivals) -> Vec<(u128, u64)> {
        let mut told = Vec::new();
        let mut context = Context::from_waker(Waker::noop());
        while let Poll::Ready(Some(entry)) = pin!(arrivals.next()).poll(&mut context) {
            told.push((entry.id.to_u128() & 0xff, entry.revision));
        }
        told
    }

    fn pass(store: &Store) {
        store.settle();
        store.tell_quiet(f64::INFINITY);
    }

    #[test]
    fn who_listens_hears_of_what_comes_from_then_on_each_time_that_it_is_quiet() {
        let store = Store::new(Limits::default());
        store.insert(&document(1, 1));
        let mut arrivals = store.arrivals();
        pass(&store);
        assert_eq!(told(&mut arrivals), [], "it was there before");
        store.insert(&document(2, 2));
        store.tell_quiet(0.0);
        assert_eq!(told(&mut arrivals), [], "more may come of it");
        store.insert(&document(2, 3));
        pass(&store);
        pass(&store);
        assert_eq!(told(&mut arrivals), [(2, 2)]);
        store.insert(&document(1, 4));
        pass(&store);
        assert_eq!(told(&mut arrivals), [(1, 2)], "more of one that was there");
    }

    #[test]
    fn nothing_is_kept_for_those_who_have_gone() {
        let store = Store::new(Limits::default());
        drop(store.arrivals());
        store.insert(&document(1, 1));
        assert!(lock(&store.shared.listeners.open).is_empty());
        assert!(lock(&store.shared.listeners.listeners).is_empty());
    }

    #[test]
    fn what_too_many_wait_before_is_counted() {
        let store = Store::new(Limits::default());
        let mut arrivals = store.arrivals();
        store.insert(&document(1, 1));
        store.settle();
        let entry = Arc::new(
            store
                .entry_of(1)
                .or_else(|| store.entry_of(0))
                .expect("is settled"),
        );
        for _ in 0..WAITING + 3 {
            store.shared.listeners.tell(&entry);
        }
        assert_eq!((arrivals.missed(), arrivals.missed()), (3, 0));
        assert_eq!(told(&mut arrivals).len(), WAITING);
    }
}
