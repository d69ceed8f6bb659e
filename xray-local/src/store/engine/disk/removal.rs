//! Traces are taken out one by one: their rows, and their texts, which stand among those of others.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use rusqlite::Connection;
use serde::Deserialize;
use xray_sdk::TraceId;

use super::Disk;
use super::batch::damaged;
use super::upkeep::{TRUNCATE, checkpoint};
use super::writing::Room;
use crate::lock::lock;
use crate::store::engine::{EngineError, TraceRow};

/// What stands in the place of a document, as long as it was: no document is blank.
const BLANK: char = ' ';

/// Whether a text stands in the place of a document.
pub(super) fn is_blank(text: &str) -> bool {
    text.chars().all(|letter| letter == BLANK)
}

/// What tells whose a document is.
#[derive(Deserialize)]
struct Whose<'a> {
    #[serde(borrow)]
    trace_id: std::borrow::Cow<'a, str>,
}

/// A batch without the texts that are taken out of it.
struct Blanked {
    number: u64,
    texts: String,
    packed: Vec<u8>,
}

impl Disk {
    /// Takes traces out. Whoever stores documents waits, so that no more of them come meanwhile.
    pub(super) fn take_out(&self, rows: &[TraceRow]) -> Result<(), EngineError> {
        let blanked = self.blank(rows)?;
        self.erase(true)?;
        let done = self.change(
            Room::Less,
            |tables| {
                for batch in &blanked {
                    tables.replace_batch(batch.number, &batch.packed)?;
                }
                rows.iter().try_for_each(|row| tables.remove(row.ordinal))
            },
            |fresh, ()| rows.iter().for_each(|row| fresh.take_out(row.ordinal)),
        );
        // Otherwise it only takes longer when traces leave.
        let _ = self.erase(false);
        done?;
        for batch in blanked {
            self.batches.keep_at_hand(batch.number, batch.texts.into());
        }
        // Where somebody reads the log just now, it is worked in later, and what it held is in it until then.
        let _ = checkpoint(&lock(&self.writer), TRUNCATE);
        Ok(())
    }

    /// Says whether what is deleted in the database is overwritten there.
    fn erase(&self, erases: bool) -> rusqlite::Result<()> {
        let writer: &Connection = &lock(&self.writer);
        writer.query_row(&format!("PRAGMA secure_delete = {erases}"), [], |_| Ok(()))
    }

    /// The batches in which texts of these traces stand, those too that others took the place of.
    fn blank(&self, rows: &[TraceRow]) -> Result<Vec<Blanked>, EngineError> {
        let ids: HashSet<_> = rows.iter().map(|row| row.id).collect();
        let mut numbers = BTreeSet::new();
        let mut extents = HashSet::new();
        for row in rows {
            let placed = self.placed(row.ordinal)?;
            if let Some(last) = placed.iter().map(|placed| placed.batch).max() {
                numbers.extend(self.read(|tables| tables.batches_of(row.ordinal, last))?);
            }
            let extent = placed.iter();
            extents
                .extend(extent.map(|placed| (placed.batch, placed.offset, placed.outline.length)));
        }
        let mut blanked = Vec::new();
        for number in numbers {
            let texts = self.texts(number)?;
            let texts: Arc<str> =
                texts.ok_or_else(|| damaged(&format!("batch {number} is missing")))?;
            let known = extents.iter().filter(|(batch, ..)| *batch == number);
            let known = known.map(|(_, offset, length)| (*offset, *length));
            let all: Vec<_> = known.chain(documents_of(&texts, &ids)).collect();
            if let Some(texts) = without(&texts, &all) {
                let packed = self.batches.pack(&texts)?;
                blanked.push(Blanked {
                    number,
                    texts,
                    packed,
                });
            }
        }
        Ok(blanked)
    }
}

/// Where the documents of some traces stand among others, and how long they are.
fn documents_of(texts: &str, ids: &HashSet<TraceId>) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut documents = serde_json::Deserializer::from_str(texts).into_iter::<Whose<'_>>();
    let mut start = 0;
    while let Some(Ok(document)) = documents.next() {
        let end = documents.byte_offset();
        if TraceId::parse(&document.trace_id).is_ok_and(|id| ids.contains(&id)) {
            found.push((start, end - start));
        }
        start = end;
    }
    found
}

/// The texts with blanks in these places. `None` where there are none, or something is damaged.
fn without(texts: &str, places: &[(usize, usize)]) -> Option<String> {
    let mut rest = texts.to_owned();
    for (start, length) in places {
        let range = *start..start + length;
        texts.get(range.clone())?;
        rest.replace_range(range, &BLANK.to_string().repeat(*length));
    }
    (!places.is_empty()).then_some(rest)
}
