//! What came at once, as it is written down until the rows of its traces are.

use crate::entry::{Bytes, fields};
use crate::store::engine::{Arrived, Outline, TraceRow};

/// A document, and where its text stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Placed {
    pub(super) outline: Outline,
    pub(super) batch: u64,
    /// Where its text begins in the batch.
    pub(super) offset: usize,
}

/// What came at once, without the texts.
#[derive(Debug, PartialEq)]
pub(super) struct Receipt {
    /// The number of the first batch of the texts.
    pub(super) batch: u64,
    /// The traces, as they were with what came.
    pub(super) traces: Vec<TraceRow>,
    /// Each with the number of its trace.
    pub(super) documents: Vec<(u64, Placed)>,
    /// Documents that others took the place of: the number of the trace, and that of the document.
    pub(super) replaced: Vec<(u64, u32)>,
}

fields!(Receipt {
    batch,
    traces,
    documents,
    replaced
});
fields!(Placed {
    outline,
    batch,
    offset
});
fields!(Outline {
    number,
    id,
    is_in_progress,
    is_segment,
    end,
    length
});
fields!(TraceRow {
    ordinal,
    id,
    start,
    end,
    came,
    revision,
    bytes
});

impl Receipt {
    /// `places` are those of the documents: the batch, counted from this one, and the offset.
    pub(super) fn of(arrived: &Arrived<'_>, batch: u64, places: &[(usize, usize)]) -> Self {
        let documents = arrived.documents.iter().zip(places);
        let documents = documents.map(|(document, (after, offset))| {
            let placed = Placed {
                outline: document.outline,
                batch: batch + *after as u64,
                offset: *offset,
            };
            (document.ordinal, placed)
        });
        Self {
            batch,
            traces: arrived.traces.clone(),
            documents: documents.collect(),
            replaced: arrived.replaced.clone(),
        }
    }
}

pub(super) fn to_bytes(it: &impl Bytes) -> Vec<u8> {
    let mut bytes = Vec::new();
    it.write(&mut bytes);
    bytes
}

/// `None` when the bytes are not those of such a thing.
pub(super) fn from_bytes<T: Bytes>(mut bytes: &[u8]) -> Option<T> {
    let it = T::read(&mut bytes)?;
    bytes.is_empty().then_some(it)
}
