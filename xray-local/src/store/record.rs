use std::collections::HashMap;
use std::sync::Arc;

use xray_sdk::document::{Document, Trace};
use xray_sdk::{SegmentId, TraceId};

use crate::entry::{Entry, Span};
use crate::query::Times;
use crate::validate::{Envelope, Place};

/// The documents of one trace, as they came.
pub(super) struct Record {
    id: TraceId,
    /// At most one that is complete and one in progress for each id; the last of each counts.
    documents: HashMap<(SegmentId, bool), Stored>,
    arrivals: u64,
    start: f64,
    end: f64,
    bytes: usize,
}

struct Stored {
    text: Arc<str>,
    envelope: Envelope,
    arrival: u64,
}

/// What a document costs beside its text, in bytes: its place in the maps and in the heap. An estimate.
const OVERHEAD: usize = 256;

/// A copy of what is stored of a trace, to be read without holding up the store. The texts are shared, not copied.
pub(crate) struct Snapshot {
    /// How many documents have come.
    pub(crate) revision: u64,
    span: Span,
    texts: Vec<Arc<str>>,
}

/// What a document with this text takes of the store's memory.
pub(super) fn cost(text: &str) -> usize {
    text.len() + OVERHEAD
}

impl Record {
    pub(super) fn new(id: TraceId) -> Self {
        Self {
            id,
            documents: HashMap::new(),
            arrivals: 0,
            start: f64::INFINITY,
            end: f64::NEG_INFINITY,
            bytes: 0,
        }
    }

    /// Keeps a document, in place of one with the same id that is as complete.
    pub(super) fn put(&mut self, envelope: Envelope, text: &str) {
        self.arrivals += 1;
        self.start = self.start.min(envelope.start_time);
        let end = envelope.end_time.unwrap_or(envelope.start_time);
        self.end = self.end.max(envelope.start_time).max(end);
        self.bytes += cost(text);
        let stored = Stored {
            text: text.into(),
            envelope,
            arrival: self.arrivals,
        };
        let key = (envelope.id, envelope.is_in_progress);
        if let Some(replaced) = self.documents.insert(key, stored) {
            self.bytes -= cost(&replaced.text);
        }
    }

    pub(super) fn id(&self) -> TraceId {
        self.id
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(super) fn snapshot(&self) -> Snapshot {
        let mut documents: Vec<_> = self.documents.values().collect();
        documents.sort_by_key(|stored| stored.arrival);
        let texts = documents.into_iter().map(|stored| Arc::clone(&stored.text));
        Snapshot {
            revision: self.arrivals,
            span: Span {
                start: self.start,
                end: self.end,
                segment_ends: self.segment_ends().collect(),
            },
            texts: texts.collect(),
        }
    }
}

impl Times for Record {
    fn by_id(&self) -> f64 {
        f64::from(self.id.epoch_seconds())
    }

    fn start(&self) -> f64 {
        self.start
    }

    fn end(&self) -> f64 {
        self.end
    }

    fn segment_ends(&self) -> impl Iterator<Item = f64> {
        let segments = self.documents.values().map(|stored| &stored.envelope);
        segments
            .filter(|envelope| envelope.kind == Place::Segment)
            .filter_map(|envelope| envelope.end_time)
    }
}

impl Snapshot {
    /// The documents as they came.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &str> {
        self.texts.iter().map(|text| &**text)
    }

    /// What is kept of the trace beside its documents. `trace` is what these make up.
    pub(crate) fn entry(&self, trace: &Trace) -> Entry {
        Entry::of(trace, self.revision, self.span.clone())
    }

    /// Puts the documents together.
    pub(crate) fn assemble(&self) -> Trace {
        // Each text was read once when it was checked, and so can be read again.
        let documents = self
            .texts()
            .filter_map(|text| Document::parse(text.as_bytes()).ok());
        let mut traces = Trace::assemble(documents);
        traces
            .pop()
            .expect("a record holds at least one document, and all of one trace")
    }
}
