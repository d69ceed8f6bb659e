//! Documents go into their traces here, and whole traces out again. One at a time writes.

use std::borrow::Cow;
use std::collections::BTreeMap;

use xray_sdk::TraceId;

use super::Limits;
use super::engine::{Arrived, DocumentRow, Engine, EngineError, TraceRow};
use super::record::{Record, Records, cost};
use crate::validate::{Envelope, Rejection, RejectionCode};

/// The one who writes.
#[derive(Default)]
pub(super) struct Writer {
    records: Records,
    /// The number of the next new trace.
    next: u64,
    /// The trace that leaves next, if it is known.
    oldest: Option<TraceRow>,
}

/// A document that is fit to be stored.
pub(super) struct Checked<'a> {
    /// Its place among what was given.
    pub(super) index: usize,
    pub(super) envelope: Envelope,
    pub(super) text: Cow<'a, str>,
}

/// What became of documents.
pub(super) struct Put {
    pub(super) stored: u64,
    /// The traces that have come on, as they are now, in the order of their numbers.
    pub(super) touched: Vec<TraceRow>,
    /// Those that were refused, with their place among what was given.
    pub(super) rejections: Vec<(usize, Rejection)>,
    /// The numbers of the traces that had no room for a document, and had had room before.
    pub(super) full: Vec<u64>,
}

/// What is refused, and what is full since.
#[derive(Default)]
struct Refused {
    rejections: Vec<(usize, Rejection)>,
    full: Vec<u64>,
}

/// Traces that left.
pub(super) struct Left {
    pub(super) traces: u64,
    /// The lowest number of those that stay.
    pub(super) first: u64,
}

/// So many documents may come of one trace. What tells a document's place on disk has room for twice as many.
const DOCUMENTS: u64 = (1 << 23) - 1;

/// How many traces leave at once at most, so that whoever writes next does not wait for long.
const LEAVE_AT_ONCE: usize = 1_000;

impl Writer {
    /// Goes on where the engine ended.
    pub(super) fn new(engine: &dyn Engine) -> Self {
        Self {
            next: engine.span().end,
            ..Self::default()
        }
    }

    /// Stores documents, all that are fit or none.
    pub(super) fn put(
        &mut self,
        documents: &[Checked<'_>],
        now: f64,
        limits: &Limits,
        engine: &dyn Engine,
    ) -> Result<Put, EngineError> {
        let next = self.next;
        let mut touched = BTreeMap::new();
        let put = self
            .gather(documents, now, limits, engine, &mut touched)
            .and_then(|(mut arrived, refused)| {
                arrived.traces = touched.values().copied().collect();
                let stored = arrived.documents.len() as u64;
                if stored > 0 {
                    engine.put(&arrived)?;
                }
                Ok(Put {
                    stored,
                    touched: arrived.traces,
                    rejections: refused.rejections,
                    full: refused.full,
                })
            });
        if put.is_err() {
            // What is known is ahead of what is kept: it is read again.
            self.next = next;
            for row in touched.values() {
                self.records.remove(row.id);
            }
        }
        put
    }

    /// Lets traces leave that are beyond the limits; at most some at once.
    pub(super) fn retain(
        &mut self,
        now: f64,
        limits: &Limits,
        engine: &dyn Engine,
    ) -> Result<Option<Left>, EngineError> {
        let surplus = Surplus {
            bytes: surplus_bytes(engine.bytes(), limits.bytes),
            traces: engine.count().saturating_sub(limits.traces),
            came: now - limits.age.as_secs_f64(),
        };
        if self.oldest.is_none() {
            self.oldest = engine.traces(0, 1)?.pop();
        }
        if !self.oldest.is_some_and(|oldest| surplus.takes(&oldest)) {
            return Ok(None);
        }
        let candidates = engine.traces(0, LEAVE_AT_ONCE)?;
        let leaving = surplus.leaving(&candidates);
        let Some(last) = leaving.last() else {
            return Ok(None);
        };
        let first = last.ordinal + 1;
        engine.remove_before(first)?;
        for row in leaving {
            self.records.remove(row.id);
        }
        self.oldest = candidates.get(leaving.len()).copied();
        // What they took is an estimate: the engine is asked again.
        Ok(Some(Left {
            traces: leaving.len() as u64,
            first,
        }))
    }

    /// Takes traces out. Returns those that were there.
    pub(super) fn remove(
        &mut self,
        ids: &[TraceId],
        engine: &dyn Engine,
    ) -> Result<Vec<TraceRow>, EngineError> {
        let rows = engine.known(ids)?;
        if rows.is_empty() {
            return Ok(rows);
        }
        engine.remove(&rows)?;
        for row in &rows {
            self.records.remove(row.id);
        }
        self.oldest = None;
        Ok(rows)
    }

    fn gather<'a>(
        &mut self,
        documents: &'a [Checked<'_>],
        now: f64,
        limits: &Limits,
        engine: &dyn Engine,
        touched: &mut BTreeMap<u64, TraceRow>,
    ) -> Result<(Arrived<'a>, Refused), EngineError> {
        let ids = documents.iter().map(|document| document.envelope.trace_id);
        self.records.learn(ids, engine)?;
        let mut arrived = Arrived::default();
        let mut refused = Refused::default();
        for document in documents {
            let length = document.text.len();
            let known = self.records.find(document.envelope.trace_id);
            if let Err(cause) = fits(known.as_deref().map(|record| &record.row), length, limits) {
                let Envelope { kind, id, .. } = document.envelope;
                let rejection = Rejection::new(RejectionCode::InvalidSegment, kind, cause)
                    .of_document(Some(&id.to_string()));
                refused.rejections.push((document.index, rejection));
                // A note of a trace that is as large as all of the store would drive it out.
                if let Some(record) = known
                    && record.row.bytes + cost(length) <= limits.bytes
                    && !std::mem::replace(&mut record.is_noted_full, true)
                {
                    refused.full.push(record.row.ordinal);
                }
                continue;
            }
            let record = match known {
                Some(record) => record,
                None => self.begin(document.envelope.trace_id, now),
            };
            let (outline, replaced) = record.put(&document.envelope, length);
            let ordinal = record.row.ordinal;
            touched.insert(ordinal, record.row);
            if let Some(number) = replaced {
                arrived.replaced.push((ordinal, number));
            }
            arrived.documents.push(DocumentRow {
                ordinal,
                outline,
                text: &document.text,
            });
        }
        Ok((arrived, refused))
    }

    fn begin(&mut self, id: TraceId, now: f64) -> &mut Record {
        let record = Record::new(self.next, id, now);
        self.next += 1;
        self.records.add(record)
    }
}

/// Whether a document has room in its trace; if not, why.
fn fits(row: Option<&TraceRow>, length: usize, limits: &Limits) -> Result<(), String> {
    let bytes = row.map_or(0, |row| row.bytes) + cost(length);
    if bytes > limits.bytes {
        let all = limits.bytes;
        return Err(format!(
            "the trace would take {bytes} bytes, all of a store holds {all}"
        ));
    }
    if bytes > limits.trace_bytes {
        let most = limits.trace_bytes;
        return Err(format!(
            "the trace would take {bytes} bytes, more than the {most} that one may"
        ));
    }
    match row.is_some_and(|row| row.revision >= DOCUMENTS) {
        true => Err(format!("the trace has {DOCUMENTS} documents already")),
        false => Ok(()),
    }
}

/// How much has to go. A little more than is beyond the limit, so that not each document has to make room for itself.
fn surplus_bytes(bytes: u64, limit: u64) -> u64 {
    match bytes.saturating_sub(limit) {
        0 => 0,
        surplus => surplus + (limit >> 20 << 10),
    }
}

/// What is beyond the limits.
struct Surplus {
    bytes: u64,
    traces: usize,
    /// What came before this time is too old.
    came: f64,
}

impl Surplus {
    fn takes(&self, row: &TraceRow) -> bool {
        self.bytes > 0 || self.traces > 0 || row.came < self.came
    }

    /// As many of the oldest as it takes.
    fn leaving(mut self, oldest: &[TraceRow]) -> &[TraceRow] {
        let mut count = 0;
        for row in oldest {
            if !self.takes(row) {
                break;
            }
            self.bytes = self.bytes.saturating_sub(row.bytes);
            self.traces = self.traces.saturating_sub(1);
            count += 1;
        }
        &oldest[..count]
    }
}
