//! The way from the UDP receiver into the store: a bounded queue, so that the receiver never waits, and the thread that empties it.
//! While the disk is full, what comes waits in the queue; what has no room there either is refused, and counted by the receiver.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;
use std::{io, mem};

use serde::Serialize;
use xray_daemon::{Handover, Sink};

use super::Store;
use super::put::Sorted;
use crate::lock::lock;
use crate::program::Programs;

/// How many bytes of documents wait at most. At 100,000 documents of 1 kB a second this is a sixth of a second.
const WAITING: usize = 16 << 20;

/// How often traces are looked after that have become too old, while nothing comes.
const IDLE: Duration = Duration::from_secs(60);

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
        let batch = &self.queue.waiting().batch;
        QueueLevel {
            documents: batch.ends.len(),
            bytes: batch.bytes.len(),
            room: WAITING,
        }
    }
}

#[derive(Default)]
struct Queue {
    waiting: Mutex<Waiting>,
    changed: Condvar,
}

#[derive(Default)]
struct Waiting {
    batch: Batch,
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
        let queue = Arc::new(Queue::default());
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
        let batch = &mut waiting.batch;
        if batch.bytes.len() + document.len() > WAITING {
            return Handover::Refused;
        }
        let was_empty = batch.ends.is_empty();
        batch.bytes.extend_from_slice(document);
        batch.ends.push(batch.bytes.len());
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
    let mut batch = Batch::default();
    // What has become too old, or too much for limits that are new, since the store was open last.
    store.retain();
    loop {
        match queue.take(&mut batch) {
            Next::Documents => store_all(&batch, queue, store),
            Next::Nothing => store.retain(),
            Next::End => return,
        }
        batch.clear();
    }
}

/// Stores a batch, however long it takes while the queue is open.
fn store_all(batch: &Batch, queue: &Queue, store: &Store) {
    // What is not UTF-8 inside a text is replaced, as the AWS daemon does when it sends documents on.
    let texts: Vec<_> = batch.documents().map(String::from_utf8_lossy).collect();
    let mut sorted = Sorted::new(texts.iter().map(AsRef::as_ref));
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

    /// Waits for documents and takes all that wait in exchange for an empty batch.
    fn take(&self, batch: &mut Batch) -> Next {
        let is_idle = |waiting: &mut Waiting| waiting.batch.ends.is_empty() && !waiting.is_closed;
        let waited = self
            .changed
            .wait_timeout_while(self.waiting(), IDLE, is_idle);
        let (mut waiting, _) = waited.unwrap_or_else(PoisonError::into_inner);
        mem::swap(&mut waiting.batch, batch);
        match (batch.ends.is_empty(), waiting.is_closed) {
            (false, _) => Next::Documents,
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

impl Batch {
    fn documents(&self) -> impl Iterator<Item = &[u8]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts
            .zip(&self.ends)
            .map(|(start, end)| &self.bytes[start..*end])
    }

    fn clear(&mut self) {
        self.bytes.clear();
        self.bytes.shrink_to(KEPT);
        self.ends.clear();
        self.ends.shrink_to(KEPT / size_of::<usize>());
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
    fn a_full_queue_refuses_and_does_not_wait() {
        let mut sink = IntakeSink {
            queue: Arc::default(), // nobody empties it
            programs: Arc::default(),
        };
        let half = vec![b' '; WAITING / 2];
        assert_eq!(sink.accept(&half), Handover::Taken);
        assert_eq!(sink.accept(&half), Handover::Taken);
        assert_eq!(sink.accept(b"x"), Handover::Refused);
        let expected = QueueLevel {
            documents: 2,
            bytes: WAITING,
            room: WAITING,
        };
        assert_eq!(sink.gauge().level(), expected);
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
