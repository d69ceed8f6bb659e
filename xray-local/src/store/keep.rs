//! What is known of traces is kept beside their documents: entries, one for each, and the blocks of the index. So a start reads the outlines of the
//! blocks, and of entries only those of traces that stand in none.
//!
//! A crash may come between any two commits. A block is kept after the entries of all its traces; that a trace has left a block is kept before
//! its new entry. So a block that is found says of its traces what their entries say.

use std::ops::{ControlFlow, Range};

use xray_sdk::TraceId;

use super::Store;
use super::catalog::Settling;
use super::engine::{EngineError, Made};
use super::shelf::{PIECE_BLOB, piece_name};
use crate::entry::Entry;
use crate::index::Index;
use crate::lock::lock;

/// Under this name the form of the entries is kept.
const FORM_BLOB: &str = "entry form";

/// Under these names and a number the outline of a block of the index is kept, and which of its traces are left in it, if that has changed.
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
        let mut waits = self.load_blocks(&mut index);
        let traces = self.engine().span();
        index.remove_before(traces.start);
        for ordinal in self.engine().removed() {
            index.remove(ordinal);
        }
        self.load_entries(&mut index, traces);
        waits.extend(index.waits());
        for (source, waits) in waits {
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

    /// Reads the outlines of the index's blocks. Those that cannot be read are told of and taken away, and what they held is read from the entries. Returns
    /// what waits for what in them.
    fn load_blocks(&self, index: &mut Index) -> Vec<(TraceId, TraceId)> {
        let mut waits = Vec::new();
        let mut broken = Vec::new();
        let read = self.engine().blobs(BLOCK_BLOB, &mut |name, outline| {
            let number = name.strip_prefix(BLOCK_BLOB);
            let number = number.and_then(|number| u64::from_str_radix(number, 16).ok());
            let restored = number.zip(outline).and_then(|(number, outline)| {
                let left = self.engine().blob(&left_name(number)).ok()?;
                index.restore(number, outline, left.as_deref())
            });
            match restored {
                Some(some) => waits.extend(some),
                None => broken.push(name.to_owned()),
            }
            ControlFlow::Continue(())
        });
        self.read(read);
        if broken.is_empty() {
            return waits;
        }
        self.tell_broken(broken.len());
        let mut names = Vec::new();
        for name in broken {
            names.push(name.replacen(BLOCK_BLOB, LEFT_BLOB, 1));
            // How many pieces it has is not known.
            let pieces = name.replacen(BLOCK_BLOB, PIECE_BLOB, 1);
            let read = self.engine().blobs(&pieces, &mut |piece, _| {
                names.push(piece.to_owned());
                ControlFlow::Continue(())
            });
            self.read(read);
            names.push(name);
        }
        // Where there is no room they stay, and are found broken once more.
        let _ = self.engine().keep(&Made {
            blobs: names.iter().map(|name| (name.as_str(), None)).collect(),
            ..Made::default()
        });
        waits
    }

    fn tell_broken(&self, blocks: usize) {
        self.shared.notice.tell(&format!(
            "{blocks} blocks of the index were written by another version, or are damaged: they are made anew"
        ));
    }

    /// Makes blocks anew of which a piece could not be read. What they held is read from the entries.
    fn mend_blocks(&self) {
        while let Some(number) = self.shared.pieces.take_broken() {
            let mut known = self.shared.catalog.change();
            let Some(traces) = known.index.forget(number) else {
                continue;
            };
            self.load_entries(&mut known.index, traces);
            drop(known);
            self.tell_broken(1);
        }
    }

    /// Reads the entries of the traces that stand in no block.
    fn load_entries(&self, index: &mut Index, traces: Range<u64>) {
        for Range { start, end } in index.gaps(traces) {
            let read = self.engine().entries(start, &mut |ordinal, bytes| {
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
        self.mend_blocks();
        self.keep_all();
    }

    /// Keeps it for the one who settles.
    pub(super) fn keep_all(&self) {
        if self.keep_changes().is_ok() && self.keep_entries().is_ok() {
            // Where that fails, it is told by whoever stores documents.
            let _ = self.keep_blocks();
        }
    }

    /// Keeps which traces have left blocks that were kept.
    fn keep_changes(&self) -> Result<(), EngineError> {
        let (changes, gone) = {
            let known = self.shared.catalog.known();
            (known.index.changes(), known.index.gone().to_vec())
        };
        if changes.is_empty() && gone.is_empty() {
            return Ok(());
        }
        let lefts = changes.iter();
        let lefts: Vec<_> = lefts
            .map(|(number, left)| (left_name(*number), Some(&left[..])))
            .collect();
        let names = gone.iter().flat_map(|(number, pieces)| {
            let pieces = (0..*pieces).map(|piece| piece_name(*number, piece));
            pieces.chain([block_name(*number), left_name(*number)])
        });
        let names: Vec<_> = names.map(|name| (name, None)).collect();
        let blobs = lefts.iter().chain(&names);
        self.engine().keep(&Made {
            blobs: blobs.map(|(name, blob)| (name.as_str(), *blob)).collect(),
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
        loop {
            let next = {
                let known = catalog.known();
                let is_open = |ordinal| known.unkept.contains_key(&ordinal);
                known.index.next_to_keep(is_open)
            };
            let Some(block) = next else {
                return Ok(());
            };
            let name = block_name(block.number);
            let pieces: Vec<_> = block
                .pieces
                .iter()
                .zip(0..)
                .map(|(piece, number)| (piece_name(block.number, number), piece))
                .collect();
            let pieces = pieces.iter();
            let mut blobs: Vec<_> = pieces
                .map(|(name, piece)| (name.as_str(), Some(&piece[..])))
                .collect();
            blobs.push((&name, Some(&block.outline)));
            self.engine().keep(&Made {
                blobs,
                ..Made::default()
            })?;
            catalog.change().index.kept(block.number);
        }
    }
}
