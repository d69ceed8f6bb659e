//! The way from the UDP receiver into the store: a bounded queue, and the thread that empties it. Where documents come faster than they
//! are stored, and the queue is full, the receiver waits for room, so that its socket fills up: a recorder on this machine sees that,
//! and sends no faster. While the disk is full nothing is stored: then the receiver does not wait, and what has no room is refused, and
//! counted by it.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use std::{io, mem};

use serde::Serialize;
use xray_daemon::{Handover, Sink};

use super::Store;
use super::put::Sorted;
use crate::ledger::Source;
use crate::lock::lock;
use crate::program::Programs;

/// How many bytes of documents wait at most. At 100,000 documents of 1 kB a second this is a sixth of a second.
const WAITING: usize = 16 << 20;

/// The size of a batch, of which several are stored at a time.
const TOGETHER: usize = 32 << 10;

/// So long it takes to store what is stored at a time, about: that there is room again has to be known well before anybody's patience ends.
const A_TIME: Duration = Duration::from_millis(20);

/// So many batches are stored at a time, at most.
const MOST: usize = WAITING / TOGETHER / 4;

/// How long the receiver waits for room. A recorder that sees for two seconds that nothing is read takes the receiver for stopped.
const PATIENCE: Duration = Duration::from_millis(1_500);

/// How often traces are looked after that have become too old, while nothing comes: in a tenth of the time for which they are kept, within these bounds.
const IDLE: [Duration; 2] = [Duration::from_millis(100), Duration::from_secs(60)];

/// How soon a store that could not write is asked again.
const RETRY: Duration = Duration::from_millis(250);

/// A buffer that has grown beyond this in a burst gives its memory back.
const KEPT: usize = 1 << 20;

/// The receiver's end of the queue. Dropping it ends the queue once it is empty.
pub(crate) struct IntakeSink {
    queue: Arc<Queue>,
    programs: Arc<Mutex<Programs>>,
}

/// The thread at the other end. Dropping it waits for the thread, which ends after the sink is dropped.
pub(crate) struct Intake {
    thread: Option<JoinHandle<()>>,
}

/// How full the queue is.
#[derive(Clone)]
pub(crate) struct Gauge {
    queue: Arc<Queue>,
}

/// What waits in the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct QueueLevel {
    documents: usize,
    bytes: usize,
    /// How many bytes may wait.
    room: usize,
}

impl Gauge {
    pub(crate) fn level(&self) -> QueueLevel {
        let waiting = self.queue.waiting();
        QueueLevel {
            documents: waiting.batches.iter().map(|batch| batch.ends.len()).sum(),
            bytes: waiting.bytes,
            room: WAITING,
        }
    }
}

#[derive(Default)]
struct Queue {
    /// After so long without documents the other end looks around.
    idle: Duration,
    waiting: Mutex<Waiting>,
    /// Something came, or the end.
    changed: Condvar,
    /// Something was taken out.
    emptied: Condvar,
}

#[derive(Default)]
struct Waiting {
    /// The oldest first; none is empty.
    batches: VecDeque<Batch>,
    bytes: usize,
    /// An empty one that was used before.
    spare: Batch,
    /// The receiver has waited in vain since something was taken out.
    is_stuck: bool,
    is_closed: bool,
}

/// Documents one behind the other in one buffer, so that taking one in costs no allocation of its own.
#[derive(Default)]
struct Batch {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl IntakeSink {
    pub(crate) fn gauge(&self) -> Gauge {
        Gauge {
            queue: Arc::clone(&self.queue),
        }
    }
}

impl Intake {
    /// Starts the thread that puts into `store` what comes in at the sink.
    pub(crate) fn start(store: Store) -> io::Result<(IntakeSink, Self)> {
        let [least, most] = IDLE;
        let queue = Arc::new(Queue {
            idle: (store.limits().age / 10).clamp(least, most),
            ..Queue::default()
        });
        let own = Arc::clone(&queue);
        let programs = Arc::clone(&store.shared.programs);
        let thread = thread::Builder::new()
            .name("xray-store".to_owned())
            .spawn(move || empty(&own, &store))?;
        let intake = Self {
            thread: Some(thread),
        };
        Ok((IntakeSink { queue, programs }, intake))
    }
}

impl Drop for Intake {
    fn drop(&mut self) {
        if let Some(thread) = self.thread.take() {
            // A panic there has been reported by the panic hook.
            let _ = thread.join();
        }
    }
}

impl Sink for IntakeSink {
    fn accept(&mut self, document: &[u8]) -> Handover {
        if Programs::is_report(document) {
            lock(&self.programs).hear(document);
            return Handover::Taken;
        }
        let mut waiting = self.queue.waiting();
        if !waiting.has_room(document) {
            waiting = self.queue.wait_for_room(waiting, document);
        }
        if !waiting.has_room(document) {
            waiting.is_stuck = true;
            return Handover::Refused;
        }
        let was_empty = waiting.batches.is_empty();
        waiting.push(document);
        drop(waiting);
        if was_empty {
            self.queue.changed.notify_one();
        }
        Handover::Taken
    }
}

impl Drop for IntakeSink {
    fn drop(&mut self) {
        self.queue.waiting().is_closed = true;
        self.queue.changed.notify_one();
    }
}

fn empty(queue: &Queue, store: &Store) {
    let mut batches = Vec::new();
    let mut most = 1;
    // What has become too old, or too much for limits that are new, since the store was open last.
    store.retain();
    loop {
        match queue.take(&mut batches, most) {
            Next::Documents => {
                let start = Instant::now();
                store_all(&batches, queue, store);
                most = match start.elapsed() > A_TIME {
                    true => (most / 2).max(1),
                    false => (most * 2).min(MOST),
                };
            }
            Next::Nothing => {
                batches.clear();
                store.retain();
            }
            Next::End => return,
        }
    }
}

/// Stores batches, however long it takes while the queue is open.
fn store_all(batches: &[Batch], queue: &Queue, store: &Store) {
    // What is not UTF-8 inside a text is replaced, as the AWS daemon does when it sends documents on.
    let documents = batches.iter().flat_map(Batch::documents);
    let texts: Vec<_> = documents.map(String::from_utf8_lossy).collect();
    let mut sorted = Sorted::new(Source::Udp);
    for text in &texts {
        sorted.add(text, matches!(text, Cow::Owned(_)));
    }
    while store.write(&mut sorted).is_err() {
        if queue.is_closed_after(RETRY) {
            break;
        }
    }
    store.conclude(sorted);
}

/// What the queue has.
enum Next {
    Documents,
    /// Nothing has come for a while.
    Nothing,
    /// Nothing will come any more.
    End,
}

impl Queue {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        lock(&self.waiting)
    }

    /// Waits until there is room for a document, while documents are stored.
    fn wait_for_room<'a>(
        &'a self,
        waiting: MutexGuard<'a, Waiting>,
        document: &[u8],
    ) -> MutexGuard<'a, Waiting> {
        let is_full = |waiting: &mut Waiting| !waiting.has_room(document) && !waiting.is_stuck;
        let waited = self.emptied.wait_timeout_while(waiting, PATIENCE, is_full);
        waited.unwrap_or_else(PoisonError::into_inner).0
    }

    /// Waits for documents and takes the oldest, in so many batches at most, in exchange for batches that are not needed any more.
    fn take(&self, batches: &mut Vec<Batch>, most: usize) -> Next {
        let is_idle = |waiting: &mut Waiting| waiting.batches.is_empty() && !waiting.is_closed;
        let waited = self
            .changed
            .wait_timeout_while(self.waiting(), self.idle, is_idle);
        let (mut waiting, _) = waited.unwrap_or_else(PoisonError::into_inner);
        match (waiting.batches.is_empty(), waiting.is_closed) {
            (false, _) => {
                waiting.spare = batches.pop().unwrap_or_default().cleared();
                batches.clear();
                let count = most.min(waiting.batches.len());
                batches.extend(waiting.batches.drain(..count));
                waiting.bytes -= batches.iter().map(|batch| batch.bytes.len()).sum::<usize>();
                waiting.is_stuck = false;
                self.emptied.notify_one();
                Next::Documents
            }
            (true, false) => Next::Nothing,
            (true, true) => Next::End,
        }
    }

    /// Waits for the end; returns whether it has come.
    fn is_closed_after(&self, time: Duration) -> bool {
        let is_open = |waiting: &mut Waiting| !waiting.is_closed;
        let waited = self
            .changed
            .wait_timeout_while(self.waiting(), time, is_open);
        let (waiting, _) = waited.unwrap_or_else(PoisonError::into_inner);
        waiting.is_closed
    }
}

impl Waiting {
    fn has_room(&self, document: &[u8]) -> bool {
        self.bytes + document.len() <= WAITING
    }

    fn push(&mut self, document: &[u8]) {
        let is_full = |batch: &Batch| batch.bytes.len() + document.len() > TOGETHER;
        if self.batches.back().is_none_or(is_full) {
            let empty = mem::take(&mut self.spare);
            self.batches.push_back(empty);
        }
        if let Some(batch) = self.batches.back_mut() {
            batch.bytes.extend_from_slice(document);
            batch.ends.push(batch.bytes.len());
            self.bytes += document.len();
        }
    }
}

impl Batch {
    fn documents(&self) -> impl Iterator<Item = &[u8]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts
            .zip(&self.ends)
            .map(|(start, end)| &self.bytes[start..*end])
    }

    fn cleared(mut self) -> Self {
        self.bytes.clear();
        self.bytes.shrink_to(KEPT);
        self.ends.clear();
        self.ends.shrink_to(KEPT / size_of::<usize>());
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Limits;

    const TRACE: &str = "1-581cf771-a006649127e371903a2de979";

    fn document(number: usize) -> String {
        format!(
            r#"{{"name":"a","id":"{number:016x}","trace_id":"{TRACE}","start_time":1,"end_time":2}}"#
        )
    }

    #[test]
    fn what_was_taken_is_stored_before_the_thread_ends() {
        let store = Store::new(Limits::default());
        let (mut sink, intake) = Intake::start(store.clone()).expect("a thread");
        for number in 0..1000 {
            assert_eq!(sink.accept(document(number).as_bytes()), Handover::Taken);
        }
        drop(sink);
        drop(intake);
        assert_eq!(store.counts().stored, 1000);
    }

    #[test]
    fn a_full_queue_that_nobody_empties_is_waited_for_once_and_refuses() {
        let mut sink = IntakeSink {
            queue: Arc::default(), // nobody empties it
            programs: Arc::default(),
        };
        let half = vec![b' '; WAITING / 2];
        assert_eq!(sink.accept(&half), Handover::Taken);
        assert_eq!(sink.accept(&half), Handover::Taken);
        assert_eq!(sink.accept(b"x"), Handover::Refused);
        assert!(sink.queue.waiting().is_stuck);
        assert_eq!(sink.accept(b"x"), Handover::Refused);
        let expected = QueueLevel {
            documents: 2,
            bytes: WAITING,
            room: WAITING,
        };
        assert_eq!(sink.gauge().level(), expected);
    }

    #[test]
    fn a_full_queue_takes_more_once_something_was_taken_out() {
        let mut sink = IntakeSink {
            queue: Arc::default(),
            programs: Arc::default(),
        };
        let quarter = vec![b' '; WAITING / 4];
        for _ in 0..4 {
            assert_eq!(sink.accept(&quarter), Handover::Taken);
        }
        let queue = Arc::clone(&sink.queue);
        let other = thread::spawn(move || sink.accept(b"x"));
        let mut taken = Vec::new();
        assert!(matches!(queue.take(&mut taken, 1), Next::Documents));
        assert_eq!(taken[0].bytes, quarter);
        assert_eq!(other.join().expect("no panic"), Handover::Taken);
    }

    #[test]
    fn bytes_that_are_no_text_are_repaired() {
        let store = Store::new(Limits::default());
        let (mut sink, intake) = Intake::start(store.clone()).expect("a thread");
        let mut bytes = document(1).into_bytes();
        bytes.pop();
        bytes.extend_from_slice(b",\"user\":\"a\xffb\"}");
        sink.accept(&bytes);
        drop(sink);
        drop(intake);
        let traces = store.traces();
        assert_eq!(traces[0].segments()[0].user.as_deref(), Some("a\u{fffd}b"));
    }
}
