//! Traces are taken out because somebody says so.

use std::collections::BTreeSet;

use xray_sdk::TraceId;

use super::Store;
use super::engine::EngineError;
use crate::lock::lock;

impl Store {
    /// Those of these traces that there are.
    pub(crate) fn held(&self, ids: &BTreeSet<TraceId>) -> Result<Vec<TraceId>, EngineError> {
        let ids: Vec<_> = ids.iter().copied().collect();
        let rows = self.engine().known(&ids)?;
        Ok(rows.into_iter().map(|row| row.id).collect())
    }

    /// Takes traces out for good: with their documents, in all answers, and after a crash. Documents that come later for one of them make
    /// a new trace. Returns those that were there.
    ///
    /// # Errors
    ///
    /// When that cannot be written. Then all of them are still there.
    pub(crate) fn remove(&self, ids: &BTreeSet<TraceId>) -> Result<Vec<TraceId>, EngineError> {
        let ids: Vec<_> = ids.iter().copied().collect();
        let catalog = &self.shared.catalog;
        // Nobody puts a trace into the catalog of which the documents were read before.
        let mut settling = catalog.settling();
        self.load(&mut settling);
        let mut writer = lock(&self.shared.writer);
        let removed = writer.remove(&ids, self.engine());
        let rows = removed.inspect_err(|error| self.has_failed(error))?;
        self.works();
        catalog.removed(&rows);
        self.measure();
        drop(writer);
        let mut known = catalog.change();
        for row in &rows {
            known.remove(row.ordinal);
        }
        drop(known);
        self.tell(|state| state.counts.removed_traces += rows.len() as u64);
        self.keep_all();
        Ok(rows.into_iter().map(|row| row.id).collect())
    }
}
