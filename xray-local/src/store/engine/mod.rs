//! Where documents are kept: on disk or in memory, behind one face.

#[cfg(feature = "disk")]
mod disk;
mod memory;
#[cfg(test)]
mod tests;

use std::ops::{ControlFlow, Range};
use std::sync::Arc;
use std::{fmt, io};

use xray_sdk::{SegmentId, TraceId};

use super::Sealer;
#[cfg(feature = "disk")]
pub(super) use disk::Disk;
#[cfg(feature = "disk")]
pub(crate) use disk::FolderError;
pub(super) use memory::Memory;

/// Keeps documents and what is known of their traces. Readers see what was kept; several may read while one writes.
///
/// What changes anything keeps all of it, or nothing when it fails. When it returns, that outlives the process, if anything does.
pub(super) trait Engine: Send + Sync {
    /// Keeps documents that came.
    fn put(&self, arrived: &Arrived<'_>) -> Result<(), EngineError>;

    /// Keeps what was made of documents. Returns the numbers of the traces whose entries were kept: not that of a trace of which more
    /// has come since.
    fn keep(&self, made: &Made<'_>) -> Result<Vec<u64>, EngineError>;

    /// Lets the traces with lower numbers leave, with all that is kept of them.
    fn remove_before(&self, first: u64) -> Result<(), EngineError>;

    /// Takes these traces out, with all that is kept of them and their texts. Their numbers are given to no others.
    fn remove(&self, rows: &[TraceRow]) -> Result<(), EngineError>;

    /// The numbers of traces that were taken out, as far as these have not left since: what was kept under names may tell of them.
    fn removed(&self) -> Vec<u64> {
        Vec::new()
    }

    /// How many traces there are.
    fn count(&self) -> usize;

    /// Whether what is kept is still where it is kept.
    fn check(&self) -> Result<(), EngineError> {
        Ok(())
    }

    /// What is in use, in bytes, as [`Limits::bytes`](super::Limits::bytes) means it.
    fn bytes(&self) -> u64;

    /// The numbers of the traces: from that of the oldest one up to that which the next one gets.
    fn span(&self) -> Range<u64>;

    /// Those of these traces that there are, in no order.
    fn known(&self, ids: &[TraceId]) -> Result<Vec<TraceRow>, EngineError>;

    /// What is known of a trace.
    fn trace(&self, id: TraceId) -> Result<Option<TraceRow>, EngineError> {
        Ok(self.known(&[id])?.pop())
    }

    /// The traces from a number on, in the order of their numbers, up to a number of them.
    fn traces(&self, from: u64, count: usize) -> Result<Vec<TraceRow>, EngineError>;

    /// The traces that have come on since their entry was made, or have none, in the order of their numbers.
    fn unsettled(&self) -> Result<Vec<TraceRow>, EngineError>;

    /// The documents of a trace without their texts, in the order in which they came.
    fn outlines(&self, ordinal: u64) -> Result<Vec<Outline>, EngineError>;

    /// The documents of a trace, in the order in which they came.
    fn documents(&self, ordinal: u64) -> Result<Vec<(Outline, Arc<str>)>, EngineError>;

    /// The entries from a number on, in the order of their numbers, until the visitor has enough.
    fn entries(
        &self,
        from: u64,
        visit: &mut dyn FnMut(u64, &[u8]) -> ControlFlow<()>,
    ) -> Result<(), EngineError>;

    /// What the key is called that all this is encrypted with.
    fn encryption_key(&self) -> Option<&str> {
        None
    }

    /// Seals with the same key what is kept elsewhere.
    fn sealer(&self) -> Option<Arc<dyn Sealer>> {
        None
    }

    /// What is kept under a name.
    fn blob(&self, name: &str) -> Result<Option<Vec<u8>>, EngineError>;

    /// What is kept under names that begin so, in the order of the names, until the visitor has enough. `None` of what cannot be
    /// read.
    fn blobs(&self, prefix: &str, visit: &mut VisitBlob<'_>) -> Result<(), EngineError>;
}

/// The name of what is kept of a trace that had no room for a document. It leaves with the trace: names are in the order of numbers.
pub(super) fn full_name(ordinal: u64) -> String {
    format!("{FULL}{ordinal:016x}")
}

const FULL: &str = "full/";

/// Is shown blobs by their names; `None` is one that cannot be read.
pub(super) type VisitBlob<'v> = dyn FnMut(&str, Option<&[u8]>) -> ControlFlow<()> + 'v;

/// What is known of one trace.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct TraceRow {
    /// Its number: traces are numbered as their first documents come, and leave from the lowest number on, but for those that somebody has
    /// taken out.
    pub(crate) ordinal: u64,
    pub(crate) id: TraceId,
    /// When the first of its segments began, in seconds since 1970.
    pub(crate) start: f64,
    /// When the last of its segments ended, as far as is known.
    pub(crate) end: f64,
    /// When its first document came.
    pub(crate) came: f64,
    /// How many documents have come, those that others took the place of among them.
    pub(crate) revision: u64,
    /// What its documents take, by [`cost`](super::record::cost).
    pub(crate) bytes: u64,
}

/// A document without its text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Outline {
    /// Its number in its trace: the how manyth that came.
    pub(super) number: u32,
    pub(super) id: SegmentId,
    pub(super) is_in_progress: bool,
    pub(super) is_segment: bool,
    pub(super) end: Option<f64>,
    /// The length of the text, in bytes.
    pub(super) length: usize,
}

/// A document that comes.
pub(super) struct DocumentRow<'a> {
    pub(super) ordinal: u64,
    pub(super) outline: Outline,
    pub(super) text: &'a str,
}

/// What came at once.
#[derive(Default)]
pub(super) struct Arrived<'a> {
    /// The traces of the documents, as they are with them.
    pub(super) traces: Vec<TraceRow>,
    pub(super) documents: Vec<DocumentRow<'a>>,
    /// Documents that others took the place of: the number of the trace, and that of the document.
    pub(super) replaced: Vec<(u64, u32)>,
}

/// What was made of documents.
#[derive(Default)]
pub(super) struct Made<'a> {
    /// Entries of traces, by the traces' numbers, each with the revision that it was made of.
    pub(super) entries: Vec<(u64, u64, &'a [u8])>,
    /// What is kept under names; `None` takes it away.
    pub(super) blobs: Vec<(&'a str, Option<&'a [u8]>)>,
}

/// Why something could not be kept or read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct EngineError {
    pub(crate) kind: EngineErrorKind,
    pub(crate) problem: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EngineErrorKind {
    /// There is no room on the disk.
    Full,
    /// What was written is not what is read.
    #[cfg_attr(
        not(feature = "disk"),
        allow(dead_code, reason = "memory is never found damaged")
    )]
    Damaged,
    /// The folder is no longer there, or another is in its place.
    #[cfg_attr(
        not(feature = "disk"),
        allow(dead_code, reason = "memory has no folder")
    )]
    Gone,
    Other,
}

impl fmt::Display for EngineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cure = match self.kind {
            EngineErrorKind::Full => {
                "the disk is full: make room on it, or keep less (--keep-bytes); it goes on by itself"
            }
            EngineErrorKind::Damaged => {
                "the store is damaged: end the server, move its folder away, and start again"
            }
            EngineErrorKind::Gone => {
                "the folder of traces was taken away under the running server: put it back, or end the server and start it again"
            }
            EngineErrorKind::Other => "the store cannot be used",
        };
        write!(f, "{cure} ({})", self.problem)
    }
}

impl std::error::Error for EngineError {}

impl From<io::Error> for EngineError {
    fn from(error: io::Error) -> Self {
        let kind = match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => EngineErrorKind::Full,
            _ => EngineErrorKind::Other,
        };
        Self {
            kind,
            problem: error.to_string(),
        }
    }
}
