//! What becomes of documents while nothing can be written.

use std::ops::{ControlFlow, Range};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver};

use xray_daemon::{Handover, Sink};
use xray_sdk::TraceId;

use super::{document, id, texts};
use crate::clock::Clock;
use crate::notice::Notice;
use crate::store::catalog::Catalog;
use crate::store::engine::{Arrived, Engine, EngineError, Made, Memory, Outline, TraceRow};
use crate::store::{Intake, Limits, Store};
use crate::validate::RejectionCode;

/// A store, the switch that fills its disk, and what it tells.
fn faulty() -> (Store, Arc<AtomicBool>, Receiver<String>) {
    let engine = Faulty::default();
    let is_full = Arc::clone(&engine.is_full);
    let (told, hear) = mpsc::channel();
    let notice = Notice::new(move |text| {
        let _ = told.send(text.to_owned());
    });
    let store = Store::with(
        Box::new(engine),
        Catalog::empty(),
        Limits::default(),
        Clock::default(),
        notice,
    );
    (store, is_full, hear)
}

#[test]
fn what_could_not_be_written_is_not_known_either() {
    let (store, is_full, hear) = faulty();
    assert_eq!(store.insert(&document(1, 1, "")), []);
    is_full.store(true, Ordering::Relaxed);
    for _ in 0..2 {
        let list = format!("[{},{}]", document(1, 2, ""), document(2, 1, ""));
        let rejections = store.insert(&list);
        assert_eq!(rejections[0].code(), RejectionCode::InternalFailure);
        assert!(
            rejections[0]
                .message()
                .contains("the disk is full: make room on it")
        );
    }
    store.retain();
    let trouble = store
        .trouble()
        .expect("is told, also after a look at what is too old");
    assert_eq!(
        hear.try_iter().collect::<Vec<_>>(),
        [format!("nothing can be stored: {trouble}")]
    );
    assert_eq!(store.counts().unwritten, 4);

    is_full.store(false, Ordering::Relaxed);
    assert_eq!(store.insert(&document(2, 1, "")), []);
    assert_eq!((store.trouble(), store.counts().traces), (None, 2));
    assert_eq!(
        hear.try_iter().collect::<Vec<_>>(),
        ["documents are stored again"]
    );
    assert_eq!(texts(&store, 1).len(), 1);
    let revision = |trace| store.snapshot(id(trace)).expect("is there").revision;
    assert_eq!(
        (revision(1), revision(2)),
        (1, 1),
        "as if nothing had been tried"
    );
}

#[test]
fn datagrams_wait_while_the_disk_is_full() {
    let (store, is_full, hear) = faulty();
    is_full.store(true, Ordering::Relaxed);
    let (mut sink, intake) = Intake::start(store.clone()).expect("a thread");
    for number in 1..=100 {
        let document = document(number, 1, "");
        assert_eq!(sink.accept(document.as_bytes()), Handover::Taken);
    }
    hear.recv().expect("it was tried");
    is_full.store(false, Ordering::Relaxed);
    hear.recv().expect("it was tried again");
    drop(sink);
    drop(intake);
    assert_eq!((store.counts().stored, store.counts().unwritten), (100, 0));
}

#[test]
fn datagrams_that_are_given_up_at_the_end_are_counted() {
    let (store, is_full, hear) = faulty();
    is_full.store(true, Ordering::Relaxed);
    let (mut sink, intake) = Intake::start(store.clone()).expect("a thread");
    sink.accept(document(1, 1, "").as_bytes());
    hear.recv().expect("it was tried");
    sink.accept(document(2, 1, "").as_bytes());
    drop(sink);
    drop(intake);
    assert_eq!((store.counts().stored, store.counts().unwritten), (0, 2));
}

/// An engine in memory whose disk is full at times.
#[derive(Default)]
struct Faulty {
    memory: Memory,
    is_full: Arc<AtomicBool>,
}

impl Faulty {
    fn check(&self) -> Result<(), EngineError> {
        match self.is_full.load(Ordering::Relaxed) {
            true => Err(std::io::Error::from(std::io::ErrorKind::StorageFull).into()),
            false => Ok(()),
        }
    }
}

impl Engine for Faulty {
    fn put(&self, arrived: &Arrived<'_>) -> Result<(), EngineError> {
        self.check()?;
        self.memory.put(arrived)
    }

    fn keep(&self, made: &Made<'_>) -> Result<Vec<u64>, EngineError> {
        self.check()?;
        self.memory.keep(made)
    }

    fn remove_before(&self, first: u64) -> Result<(), EngineError> {
        self.check()?;
        self.memory.remove_before(first)
    }

    fn remove(&self, rows: &[TraceRow]) -> Result<(), EngineError> {
        self.check()?;
        self.memory.remove(rows)
    }

    fn count(&self) -> usize {
        self.memory.count()
    }

    fn bytes(&self) -> u64 {
        self.memory.bytes()
    }

    fn span(&self) -> Range<u64> {
        self.memory.span()
    }

    fn known(&self, ids: &[TraceId]) -> Result<Vec<TraceRow>, EngineError> {
        self.memory.known(ids)
    }

    fn traces(&self, from: u64, count: usize) -> Result<Vec<TraceRow>, EngineError> {
        self.memory.traces(from, count)
    }

    fn unsettled(&self) -> Result<Vec<TraceRow>, EngineError> {
        self.memory.unsettled()
    }

    fn outlines(&self, ordinal: u64) -> Result<Vec<Outline>, EngineError> {
        self.memory.outlines(ordinal)
    }

    fn documents(&self, ordinal: u64) -> Result<Vec<(Outline, Arc<str>)>, EngineError> {
        self.memory.documents(ordinal)
    }

    fn entries(
        &self,
        from: u64,
        visit: &mut dyn FnMut(u64, &[u8]) -> ControlFlow<()>,
    ) -> Result<(), EngineError> {
        self.memory.entries(from, visit)
    }

    fn blobs(
        &self,
        prefix: &str,
        visit: &mut crate::store::engine::VisitBlob<'_>,
    ) -> Result<(), EngineError> {
        self.memory.blobs(prefix, visit)
    }

    fn blob(&self, name: &str) -> Result<Option<Vec<u8>>, EngineError> {
        self.memory.blob(name)
    }
}
