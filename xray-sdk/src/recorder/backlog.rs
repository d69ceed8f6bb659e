use std::collections::VecDeque;

use crate::emitter::Batch;

/// Documents that wait to be emitted, by the batch, the oldest first. Their lanes are used again meanwhile, so what waits takes its bytes and no
/// more; the outlet counts them against the bound on memory.
#[derive(Default)]
pub(crate) struct Backlog {
    batches: VecDeque<Batch>,
    /// An empty one that was used before.
    spare: Batch,
    /// The next document begins a batch.
    is_sealed: bool,
    documents: u64,
    bytes: usize,
}

/// So much text is emitted together.
pub(crate) const BATCH_BYTES: usize = 256 * 1024;

impl Backlog {
    pub(crate) fn push(&mut self, document: &[u8]) {
        let is_open = !self.is_sealed
            && self
                .batches
                .back()
                .is_some_and(|last| last.bytes() < BATCH_BYTES);
        if !is_open {
            self.batches.push_back(std::mem::take(&mut self.spare));
            self.is_sealed = false;
        }
        if let Some(last) = self.batches.back_mut() {
            last.push(document);
            self.documents += 1;
            self.bytes += document.len();
        }
    }

    /// What comes from now on is not emitted together with what is there: a document that is shown in progress may not meet the one that
    /// replaces it, for a batch has no order.
    pub(crate) fn seal(&mut self) {
        self.is_sealed = true;
    }

    /// What is to be emitted next.
    pub(crate) fn first(&self) -> Option<&Batch> {
        self.batches.front()
    }

    /// The first was emitted. Its memory is kept for the next ones.
    pub(crate) fn drop_first(&mut self) {
        if let Some(mut batch) = self.batches.pop_front() {
            self.documents -= batch.len() as u64;
            self.bytes -= batch.bytes();
            batch.clear();
            self.spare = batch;
        }
    }

    /// How many batches wait.
    pub(crate) fn batches(&self) -> usize {
        self.batches.len()
    }

    /// How many documents wait.
    pub(crate) fn documents(&self) -> u64 {
        self.documents
    }

    /// The size of all documents together.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lengths(backlog: &Backlog) -> Vec<usize> {
        backlog.batches.iter().map(Batch::len).collect()
    }

    #[test]
    fn documents_wait_in_batches_in_the_order_in_which_they_came() {
        let mut backlog = Backlog::default();
        let half = vec![b'x'; BATCH_BYTES / 2];
        for document in [&half[..], &half, b"third", b"fourth"] {
            backlog.push(document);
        }
        assert_eq!(lengths(&backlog), [2, 2]);
        assert_eq!(
            (backlog.documents(), backlog.bytes()),
            (4, BATCH_BYTES + 11)
        );
        backlog.drop_first();
        let first = backlog.first().expect("one is left");
        assert!(first.iter().eq([&b"third"[..], b"fourth"]));
        backlog.drop_first();
        assert!(backlog.first().is_none());
        assert_eq!((backlog.documents(), backlog.bytes()), (0, 0));
        backlog.drop_first();
        backlog.push(b"again");
        assert_eq!(lengths(&backlog), [1]);
    }

    #[test]
    fn nothing_joins_a_batch_that_is_sealed() {
        let mut backlog = Backlog::default();
        backlog.push(b"in progress");
        backlog.seal();
        backlog.seal();
        backlog.push(b"complete");
        backlog.push(b"another");
        assert_eq!(lengths(&backlog), [1, 2]);
    }
}
