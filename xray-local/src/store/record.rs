//! What the writer must know of a trace to put a document into its place.

use std::mem;

use hashbrown::HashMap;
use xray_sdk::{SegmentId, TraceId};

use super::engine::{Engine, EngineError, Outline, TraceRow};
use crate::validate::{Envelope, Place};

/// A trace, and which of its documents there are.
pub(super) struct Record {
    pub(super) row: TraceRow,
    /// Whether it is noted that a document had no room in it.
    pub(super) is_noted_full: bool,
    /// With its number and what it costs.
    documents: HashMap<Key, (u32, u64)>,
}

/// What a trace has one document of, the last: of each segment and each subsegment one that is complete and one in progress. Some
/// senders give a segment and a subsegment the same id.
#[derive(PartialEq, Eq, Hash)]
struct Key {
    id: SegmentId,
    is_segment: bool,
    is_in_progress: bool,
}

impl Key {
    fn of(outline: &Outline) -> Self {
        Self {
            id: outline.id,
            is_segment: outline.is_segment,
            is_in_progress: outline.is_in_progress,
        }
    }
}

/// The records of late. Those of other traces are read again when one of their documents comes.
#[derive(Default)]
pub(super) struct Records {
    young: HashMap<TraceId, Record>,
    old: HashMap<TraceId, Record>,
}

/// What a document costs beside its text, in bytes: its place in the maps and in the heap, or in the file's pages and
/// indexes. An estimate.
const OVERHEAD: u64 = 256;

/// How many records make a generation. One takes about a kilobyte, for three documents.
const GENERATION: usize = 8_192;

/// What a document with a text of this length takes of the store's room.
pub(super) fn cost(length: usize) -> u64 {
    length as u64 + OVERHEAD
}

impl Record {
    pub(super) fn new(ordinal: u64, id: TraceId, came: f64) -> Self {
        Self {
            row: TraceRow {
                ordinal,
                id,
                start: f64::INFINITY,
                end: f64::NEG_INFINITY,
                came,
                revision: 0,
                bytes: 0,
            },
            is_noted_full: false,
            documents: HashMap::new(),
        }
    }

    fn read(row: TraceRow, engine: &dyn Engine) -> Result<Self, EngineError> {
        let outlines = engine.outlines(row.ordinal)?;
        let documents = outlines
            .into_iter()
            .map(|outline| (Key::of(&outline), (outline.number, cost(outline.length))));
        Ok(Self {
            row,
            is_noted_full: false,
            documents: documents.collect(),
        })
    }

    /// Takes a document in, in place of an earlier one of the same that is as complete, whose number it returns.
    pub(super) fn put(&mut self, envelope: &Envelope, length: usize) -> (Outline, Option<u32>) {
        let row = &mut self.row;
        row.revision += 1;
        row.start = row.start.min(envelope.start_time);
        let end = envelope.end_time.unwrap_or(envelope.start_time);
        row.end = row.end.max(envelope.start_time).max(end);
        row.bytes += cost(length);
        let outline = Outline {
            number: u32::try_from(row.revision).expect("the writer refuses documents beyond"),
            id: envelope.id,
            is_in_progress: envelope.is_in_progress,
            is_segment: envelope.kind == Place::Segment,
            end: envelope.end_time,
            length,
        };
        let place = (outline.number, cost(length));
        let known = self.documents.insert(Key::of(&outline), place);
        if let Some((_, cost)) = known {
            row.bytes -= cost;
        }
        (outline, known.map(|(number, _)| number))
    }
}

impl Records {
    /// Has what is known of these traces at hand. Others are new.
    pub(super) fn learn(
        &mut self,
        ids: impl Iterator<Item = TraceId>,
        engine: &dyn Engine,
    ) -> Result<(), EngineError> {
        let mut unknown: Vec<_> = ids
            .filter(|id| !self.young.contains_key(id) && !self.old.contains_key(id))
            .collect();
        unknown.sort_unstable();
        unknown.dedup();
        if unknown.is_empty() {
            return Ok(());
        }
        for row in engine.known(&unknown)? {
            self.add(Record::read(row, engine)?);
        }
        Ok(())
    }

    /// The record of a trace; `None` when it is a new one.
    pub(super) fn find(&mut self, id: TraceId) -> Option<&mut Record> {
        if let Some(record) = self.old.remove(&id) {
            self.add(record);
        }
        self.young.get_mut(&id)
    }

    pub(super) fn add(&mut self, record: Record) -> &mut Record {
        // What was learned just now is still there when it is asked for: it is far less than a generation.
        if self.young.len() >= GENERATION {
            self.old = mem::take(&mut self.young);
        }
        self.young.entry(record.row.id).insert(record).into_mut()
    }

    pub(super) fn remove(&mut self, id: TraceId) {
        self.young.remove(&id);
        self.old.remove(&id);
    }
}
