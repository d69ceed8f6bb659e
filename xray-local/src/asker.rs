//! Whoever asked, who may leave before the answer is there.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Tells those who compute whether the answer is still wanted. Clones are of the same one who asked.
#[derive(Clone, Debug, Default)]
pub(crate) struct Asker {
    has_left: Arc<AtomicBool>,
}

/// Held while the answer is wanted. Dropping it ends the work.
#[derive(Debug)]
pub(crate) struct Wanted(Asker);

impl Asker {
    /// One who waits for as long as the guard is there.
    pub(crate) fn new() -> (Self, Wanted) {
        let asker = Self::default();
        (asker.clone(), Wanted(asker))
    }

    /// Whether nobody waits any more: what is computed may be cut short, and be wrong.
    pub(crate) fn has_left(&self) -> bool {
        self.has_left.load(Ordering::Relaxed)
    }
}

impl Drop for Wanted {
    fn drop(&mut self) {
        self.0.has_left.store(true, Ordering::Relaxed);
    }
}
