use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::document::{Document, Trace};
use crate::emitter::{Batch, Emitter, Report};
use crate::origin::Origins;
use crate::recorder::{Recorder, RecorderBuilder};
use crate::sampling::{Always, Sampler};
use crate::testing::{ManualClock, Surroundings};

/// A recorder whose documents stay in memory.
///
/// ```
/// use xray_sdk::{current, subsegment, testing::Capture};
///
/// let capture = Capture::new("checkout");
/// capture.recorder().segment("checkout").run_sync(|segment| {
///     segment.http_status(200);
///     subsegment("load order").run(|_| ());
///     subsegment("price").run(|_| ());
/// });
/// assert_eq!(capture.tree(), "\
/// checkout 200
///   load order
///   price
/// ");
/// ```
pub struct Capture {
    recorder: Recorder,
    documents: Arc<Mutex<Vec<Vec<u8>>>>,
}

/// Longer than any test's documents take.
const DEADLINE: Duration = Duration::from_secs(30);

impl Capture {
    /// Records the service `name`, and samples everything.
    pub fn new(name: &str) -> Self {
        Self::with(name, |builder| builder)
    }

    /// Records what `sampler` decides to.
    pub fn with_sampler(name: &str, sampler: impl Sampler + 'static) -> Self {
        Self::with(name, |builder| builder.sampler(sampler))
    }

    /// Records times of a clock that the test moves.
    pub fn with_clock(name: &str, clock: &ManualClock) -> Self {
        Self::with(name, |builder| builder.clock(clock.0.clone()))
    }

    /// Records with other settings; the emitter is replaced. Nothing is found out about where the test runs, unless
    /// [`RecorderBuilder::origins`] is given something else.
    ///
    /// # Panics
    ///
    /// When the settings or the environment cannot be used: a test would then show nothing.
    pub fn with(name: &str, settings: impl FnOnce(RecorderBuilder) -> RecorderBuilder) -> Self {
        let documents = Arc::default();
        let builder = Recorder::builder(name)
            .sampler(Always)
            .origins(Origins::detect_in(&Surroundings::new()));
        let recorder = settings(builder)
            .emitter(InMemory {
                documents: Arc::clone(&documents),
            })
            .build();
        match recorder {
            Ok(recorder) => Self {
                recorder,
                documents,
            },
            Err(error) => panic!("{error}"),
        }
    }

    /// The recorder to give to what is tested.
    pub fn recorder(&self) -> &Recorder {
        &self.recorder
    }

    /// The documents as they would be sent, in the order of sending. Waits until all that was closed is there.
    pub fn bytes(&self) -> Vec<Vec<u8>> {
        self.recorder.flush(DEADLINE);
        self.documents
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// The documents, read.
    ///
    /// # Panics
    ///
    /// When one cannot be read, which would be a fault of this crate.
    pub fn documents(&self) -> Vec<Document> {
        let read = |bytes: &Vec<u8>| match Document::parse(bytes) {
            Ok(document) => document,
            Err(error) => panic!("{error}: {}", String::from_utf8_lossy(bytes)),
        };
        self.bytes().iter().map(read).collect()
    }

    /// The documents, put together to traces.
    pub fn traces(&self) -> Vec<Trace> {
        Trace::assemble(self.documents())
    }

    /// All traces as text: a line for each segment and subsegment with its name, its HTTP status, and `fault`, `error`
    /// and `throttle` where they are set; what stands below another is indented.
    pub fn tree(&self) -> String {
        crate::document::tree(&self.traces())
    }
}

/// Keeps documents.
struct InMemory {
    documents: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Emitter for InMemory {
    fn emit(&mut self, batch: &Batch) -> Report {
        let mut documents = self
            .documents
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        documents.extend(batch.iter().map(<[u8]>::to_vec));
        Report::sent(batch.len())
    }
}
