use std::sync::Arc;

use xray_sdk::document::{Document, Trace};

use super::engine::{Outline, TraceRow};
use crate::entry::{Entry, Span};
use crate::validate::comply;

/// What is stored of a trace, to be read without holding up the store.
pub(crate) struct Snapshot {
    /// How many documents have come.
    pub(crate) revision: u64,
    span: Span,
    texts: Vec<Arc<str>>,
}

impl Snapshot {
    /// `None` when there is no document.
    pub(super) fn new(row: &TraceRow, documents: Vec<(Outline, Arc<str>)>) -> Option<Self> {
        if documents.is_empty() {
            return None;
        }
        let outlines = documents.iter().map(|(outline, _)| outline);
        let segments = outlines.filter(|outline| outline.is_segment);
        Some(Self {
            revision: row.revision,
            span: Span {
                start: row.start,
                end: row.end,
                segment_ends: segments.filter_map(|outline| outline.end).collect(),
            },
            texts: documents.into_iter().map(|(_, text)| text).collect(),
        })
    }

    /// The documents as they came.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &str> {
        self.texts.iter().map(|text| &**text)
    }

    /// The bytes of all documents.
    pub(crate) fn bytes(&self) -> usize {
        self.texts().map(str::len).sum()
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
            .filter_map(|text| Document::parse(text.as_bytes()).ok())
            .map(|mut document| {
                comply(&mut document);
                document
            });
        let mut traces = Trace::assemble(documents);
        traces
            .pop()
            .expect("a snapshot holds at least one document, and all of one trace")
    }
}
