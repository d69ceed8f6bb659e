//! What is fresh at a start: what was written of receipts and not yet of the rows of their traces.

use std::ops::Range;

use hashbrown::HashMap;

use super::fresh::{Before, Fresh};
use super::receipt::Receipt;
use super::tables::Tables;

pub(super) fn replay(tables: &Tables<'_>) -> rusqlite::Result<Fresh> {
    let [first, next, next_batch] = tables.bounds()?;
    let mut fresh = Fresh::new(first, next, next_batch);
    fresh.removed = tables.removed()?;
    let mut rows = Rows {
        of: first..next,
        revisions: HashMap::new(),
    };
    tables.receipts(|mut receipt, bytes| {
        let before = rows.leave_new(&mut receipt, &fresh, tables)?;
        fresh.take_in(receipt, before, bytes);
        Ok(())
    })?;
    Ok(fresh)
}

/// What the rows of traces say.
struct Rows {
    /// The numbers of the traces that may have one.
    of: Range<u64>,
    /// The revisions that rows are of, as far as they were looked at; 0 where there is none.
    revisions: HashMap<u64, u64>,
}

impl Rows {
    /// Leaves of a receipt what no row says yet. Returns where the documents stand, by their rows, of traces that have come on with it.
    fn leave_new(
        &mut self,
        receipt: &mut Receipt,
        fresh: &Fresh,
        tables: &Tables<'_>,
    ) -> rusqlite::Result<Before> {
        let mut before = Before::new();
        for row in &receipt.traces {
            let ordinal = row.ordinal;
            let is_known = self.revisions.get(&ordinal) >= Some(&row.revision);
            if self.of.contains(&ordinal) && !is_known && fresh.get(ordinal).is_none() {
                let (revision, documents) = tables.documents(ordinal)?.unwrap_or_default();
                self.revisions.insert(ordinal, revision);
                before.insert(ordinal, documents);
            }
        }
        let is_new = |ordinal: u64, number: u64| {
            let revision = self.revisions.get(&ordinal).copied().unwrap_or(0);
            ordinal >= self.of.start && number > revision && !fresh.removed.contains(&ordinal)
        };
        receipt
            .traces
            .retain(|row| is_new(row.ordinal, row.revision));
        receipt
            .documents
            .retain(|(ordinal, placed)| is_new(*ordinal, u64::from(placed.outline.number)));
        Ok(before)
    }
}
