//! What is known of traces is kept beside their documents: entries, one for each, and the blocks of the index. So a start reads the blocks, and
//! of entries only those that stand in none.
//!
//! A crash may come between any two commits. A block is kept after the entries of all its traces; that a trace has left a block is kept before
//! its new entry. So a block that is found says of its traces what their entries say.

use std::ops::{ControlFlow, Range};

use super::Store;
use super::catalog::Settling;
use super::engine::{EngineError, Made};
use crate::entry::Entry;
use crate::index::Index;
use crate::lock::lock;

/// Under this name the form of the entries is kept.
const FORM_BLOB: &str = "entry form";

/// Under these names and a number a block of the index is kept, and which of its traces are left in it, if that has changed.
const BLOCK_BLOB: &str = "index block ";
const LEFT_BLOB: &str = "index left ";

/// How many entries are kept before others get their turn.
const AT_ONCE: usize = 256;

fn block_name(number: u64) -> String {
    format!("{BLOCK_BLOB}{number:016x}")
}

fn left_name(number: u64) -> String {
    format!("{LEFT_BLOB}{number:016x}")
}

impl Store {
    /// Reads what was kept, once. Nobody who stores documents waits for it.
    pub(super) fn load(&self, settling: &mut Settling) {
        let catalog = &self.shared.catalog;
        if catalog.is_loaded() {
            return;
        }
        let form = self.read(self.engine().blob(FORM_BLOB));
        let is_readable = form.is_some_and(|form| form == [Entry::FORM]);
        let mut index = catalog.known().index.anew();
        self.load_blocks(&mut index);
        let traces = self.engine().span();
        index.remove_before(traces.start);
        self.load_entries(&mut index, traces);
        for (source, waits) in index.waits() {
            settling.wait_for(source, waits);
        }
        catalog.change().index = index;
        let mut open = self.read(self.engine().unsettled());
        if !is_readable {
            // Another version wrote the entries: all are made anew.
            open = self.read(self.engine().traces(0, usize::MAX));
        }
        catalog.reopen(open);
        catalog.loaded();
        self.retain();
    }

    /// Reads the blocks of the index. Those that cannot be read are told of and taken away, and what they held is read from the entries.
    fn load_blocks(&self, index: &mut Index) {
        let mut broken = Vec::new();
        let read = self.engine().blobs(BLOCK_BLOB, &mut |name, block| {
            let number = name.strip_prefix(BLOCK_BLOB);
            let number = number.and_then(|number| u64::from_str_radix(number, 16).ok());
            let is_read = number.zip(block).is_some_and(|(number, block)| {
                let left = self.engine().blob(&left_name(number));
                left.is_ok_and(|left| index.restore(number, block, left.as_deref()))
            });
            if !is_read {
                broken.push(name.to_owned());
            }
            ControlFlow::Continue(())
        });
        self.read(read);
        if broken.is_empty() {
            return;
        }
        self.shared.notice.tell(&format!(
            "{} blocks of the index were written by another version, or are damaged: they are made anew",
            broken.len()
        ));
        let lefts: Vec<_> = broken
            .iter()
            .map(|name| name.replacen(BLOCK_BLOB, LEFT_BLOB, 1))
            .collect();
        let names = broken.iter().chain(&lefts);
        // Where there is no room they stay, and are found broken once more.
        let _ = self.engine().keep(&Made {
            blobs: names.map(|name| (name.as_str(), None)).collect(),
            ..Made::default()
        });
    }

    /// Reads the entries of the traces that stand in no block.
    fn load_entries(&self, index: &mut Index, traces: Range<u64>) {
        let first = traces.start;
        let mut stands = vec![false; (traces.end - first) as usize];
        for ordinal in index.ordinals() {
            if let Some(stands) = stands.get_mut((ordinal - first) as usize) {
                *stands = true;
            }
        }
        let mut next = first;
        for run in stands.chunk_by(|one, other| one == other) {
            let (begin, end) = (next, next + run.len() as u64);
            next = end;
            if run[0] {
                continue;
            }
            let read = self.engine().entries(begin, &mut |ordinal, bytes| {
                if ordinal >= end {
                    return ControlFlow::Break(());
                }
                if let Some(entry) = Entry::from_bytes(bytes) {
                    index.insert(ordinal, &entry);
                }
                ControlFlow::Continue(())
            });
            self.read(read);
        }
    }

    /// Keeps what is known of traces, as far as that can be done now. What has no room stays as it is, and is tried again.
    pub(super) fn keep_settled(&self) {
        let _settling = self.shared.catalog.settling();
        if self.keep_changes().is_ok() && self.keep_entries().is_ok() {
            // Where that fails, it is told by whoever stores documents.
            let _ = self.keep_blocks();
        }
    }

    /// Keeps which traces have left blocks that were kept.
    fn keep_changes(&self) -> Result<(), EngineError> {
        let changes = self.shared.catalog.known().index.changes();
        if changes.is_empty() {
            return Ok(());
        }
        let names: Vec<_> = changes
            .iter()
            .map(|(number, _)| (block_name(*number), left_name(*number)))
            .collect();
        let mut blobs = Vec::new();
        for ((block, left), (_, traces)) in names.iter().zip(&changes) {
            blobs.push((left.as_str(), traces.as_deref()));
            if traces.is_none() {
                blobs.push((block.as_str(), None));
            }
        }
        self.engine().keep(&Made {
            blobs,
            ..Made::default()
        })?;
        self.shared.catalog.change().index.changes_kept();
        Ok(())
    }

    fn keep_entries(&self) -> Result<(), EngineError> {
        let catalog = &self.shared.catalog;
        let mut next = 0;
        loop {
            let some: Vec<_> = {
                let known = catalog.known();
                let unkept = known.unkept.range(next..).take(AT_ONCE);
                unkept
                    .map(|(ordinal, unkept)| (*ordinal, unkept.clone()))
                    .collect()
            };
            let Some((last, _)) = some.last() else {
                return Ok(());
            };
            next = last + 1;
            let entries = some.iter();
            // Whoever stores documents holds the store to its limits, and nothing may come between.
            let writer = lock(&self.shared.writer);
            let kept = self.engine().keep(&Made {
                entries: entries
                    .map(|(ordinal, unkept)| (*ordinal, unkept.revision, &unkept.bytes[..]))
                    .collect(),
                blobs: vec![(FORM_BLOB, Some(&[Entry::FORM]))],
            })?;
            drop(writer);
            let mut known = catalog.change();
            for ordinal in kept {
                known.unkept.remove(&ordinal);
            }
        }
    }

    /// Keeps the blocks that grow no more, each once the entries of all its traces are kept.
    fn keep_blocks(&self) -> Result<(), EngineError> {
        let catalog = &self.shared.catalog;
        while self.engine().is_lasting() {
            let next = {
                let known = catalog.known();
                let is_open = |ordinal| known.unkept.contains_key(&ordinal);
                known.index.next_to_keep(is_open)
            };
            let Some((number, block)) = next else {
                break;
            };
            let name = block_name(number);
            self.engine().keep(&Made {
                blobs: vec![(&name, Some(&block))],
                ..Made::default()
            })?;
            catalog.change().index.kept(number);
        }
        Ok(())
    }
}
