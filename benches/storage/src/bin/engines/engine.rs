//! What xray-local asks of an engine.

use storage::Document;

/// A trace's id.
pub(crate) type TraceKey = [u8; 16];

/// A trace's id and a document's.
pub(crate) type Key = [u8; 24];

/// Keeps documents by trace.
pub(crate) trait Engine {
    /// Keeps all of them. When it returns they outlive the process.
    fn put(&mut self, batch: &[Document]);

    /// What was kept outlives the machine, too.
    fn sync(&mut self);

    /// How many documents a trace has; reads all of them.
    fn read(&mut self, trace: &TraceKey) -> usize;

    /// Takes whole traces out, those that came first.
    fn remove(&mut self, traces: &[TraceKey]);
}
