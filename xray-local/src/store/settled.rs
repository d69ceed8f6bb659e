//! What others keep of traces beside their documents: entries, and blobs of their own.

use std::ops::ControlFlow;

use super::Store;
use super::engine::{Changes, EngineError, TraceRow};
use crate::lock::lock;

impl Store {
    /// Keeps the entries of settled traces, all or none, each with the trace's number and the revision it was made of. That of a trace
    /// which has come on since, or has left, is not kept: the trace stays unsettled.
    pub(crate) fn keep_entries(&self, entries: &[(u64, u64, &[u8])]) -> Result<(), EngineError> {
        self.keep(&Changes {
            entries: entries.to_vec(),
            ..Changes::default()
        })
    }

    /// The entries that are kept, from a number on, in the order of numbers, until the visitor has enough. The entry of a trace that
    /// has come on is there until a new one takes its place. Entries leave with their traces.
    pub(crate) fn entries(
        &self,
        from: u64,
        visit: &mut dyn FnMut(u64, &[u8]) -> ControlFlow<()>,
    ) -> Result<(), EngineError> {
        self.engine().entries(from, visit)
    }

    /// The traces that have come on since their entry was made, or have none, in the order of their numbers. Costs by how many they are.
    pub(crate) fn unsettled(&self) -> Result<Vec<TraceRow>, EngineError> {
        self.engine().unsettled()
    }

    /// The numbers of the oldest and the newest trace.
    pub(crate) fn span(&self) -> Result<Option<(u64, u64)>, EngineError> {
        self.engine().span()
    }

    /// What is known of a trace.
    pub(crate) fn row(&self, id: xray_sdk::TraceId) -> Result<Option<TraceRow>, EngineError> {
        self.engine().trace(id)
    }

    /// Keeps bytes under a name, or takes them away.
    pub(crate) fn keep_blob(&self, name: &str, blob: Option<&[u8]>) -> Result<(), EngineError> {
        self.keep(&Changes {
            blobs: vec![(name, blob)],
            ..Changes::default()
        })
    }

    /// What is kept under a name.
    pub(crate) fn blob(&self, name: &str) -> Result<Option<Vec<u8>>, EngineError> {
        self.engine().blob(name)
    }

    fn keep(&self, changes: &Changes<'_>) -> Result<(), EngineError> {
        // Whoever writes documents must find revisions as it left them.
        let _writer = lock(&self.shared.writer);
        self.engine().commit(changes)
    }
}
