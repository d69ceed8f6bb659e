//! Traces, found by an index and by asking each one.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use xray_sdk::document::Trace;

use super::random::{self, Chance};
use crate::entry::{Entry, Span};
use crate::filter::Filter;
use crate::index::{Candidate, Index, Piece, PieceId, Position, Search, Shelf};
use crate::query::{TimeRange, Times as _};

/// Traces, and an index of them with small blocks.
pub(super) struct World {
    pub(super) index: Index,
    pub(super) kept: Keeper,
    pub(super) traces: BTreeMap<Position, (Trace, Entry)>,
}

/// Keeps blocks, and all pieces at hand that were read.
#[derive(Default)]
pub(super) struct Keeper {
    /// What a start reads of each block, and which traces were left in it.
    blocks: BTreeMap<u64, (Vec<u8>, Option<Vec<u8>>)>,
    pub(super) pieces: HashMap<(u64, u16), Vec<u8>>,
    pub(super) at_hand: RefCell<HashMap<PieceId, Piece>>,
    pub(super) broken: RefCell<BTreeSet<u64>>,
}

impl Shelf for Keeper {
    fn piece(&self, id: PieceId, make: &mut dyn FnMut() -> Option<Piece>) -> Option<Piece> {
        let at_hand = self.at_hand.borrow().get(&id).cloned();
        let piece = at_hand.or_else(make)?;
        self.at_hand.borrow_mut().insert(id, piece.clone());
        Some(piece)
    }

    fn bytes(&self, id: PieceId) -> Option<Vec<u8>> {
        self.pieces.get(&(id.block, id.number)).cloned()
    }

    fn broke(&self, block: u64) {
        self.broken.borrow_mut().insert(block);
    }
}

impl World {
    pub(super) fn new() -> Self {
        Self {
            index: Index::with_blocks_of(16),
            kept: Keeper::default(),
            traces: BTreeMap::new(),
        }
    }

    /// A world of so many traces, of which some came again with more, and some were taken out.
    pub(super) fn random(chance: &mut Chance, traces: u64) -> Self {
        let mut world = Self::new();
        for number in 0..traces {
            let documents = random::documents(chance, number);
            let first = world.put(&documents[..1], None);
            let last = world.put(&documents, Some(first));
            if chance.below(5) == 0 {
                world.take(last);
            }
            match chance.below(20) {
                0 | 1 => world.keep(),
                2 => world.restart(),
                _ => {}
            }
        }
        world
    }

    /// Keeps what can be kept.
    pub(super) fn keep(&mut self) {
        for (number, left) in self.index.changes() {
            self.kept.blocks.get_mut(&number).expect("is kept").1 = Some(left);
        }
        for (number, pieces) in self.index.gone() {
            self.kept.blocks.remove(number);
            (0..*pieces).for_each(|piece| {
                self.kept.pieces.remove(&(*number, piece));
            });
            let mut left = self.kept.pieces.keys();
            assert!(left.all(|(block, _)| block != number));
        }
        self.index.changes_kept();
        while let Some(block) = self.index.next_to_keep(|_| false) {
            let pieces = block.pieces.iter().cloned().zip(0..);
            let pieces = pieces.map(|(piece, number)| ((block.number, number), piece));
            self.kept.pieces.extend(pieces);
            self.kept.blocks.insert(block.number, (block.outline, None));
            self.index.kept(block.number);
        }
    }

    /// Makes an index of what is kept, and of the traces that stand in no block.
    pub(super) fn restart(&mut self) {
        self.keep();
        let mut index = self.index.anew();
        for (number, (outline, left)) in &self.kept.blocks {
            let restored = index.restore(*number, outline, left.as_deref());
            assert!(restored.is_some());
        }
        self.index = index;
        self.kept.at_hand.take();
        self.fill();
    }

    /// Puts in the traces that stand in no block.
    pub(super) fn fill(&mut self) {
        let gaps = self.index.gaps(0..10_000);
        let entries = self.traces.values().map(|(_, entry)| entry);
        for entry in entries {
            let ordinal = entry.id.to_u128() as u64;
            if gaps.iter().any(|gap| gap.contains(&ordinal)) {
                self.index.insert(ordinal, entry);
            }
        }
        assert_eq!(self.index.traces, self.traces.len());
    }

    /// Puts in the trace of these documents, in place of what was known of it.
    pub(super) fn put(&mut self, documents: &[String], known: Option<Position>) -> Position {
        let trace = random::trace(documents);
        if let Some(known) = known {
            self.take(known);
        }
        let entry = Entry::of(&trace, 1, Span::of(&trace));
        let position = Position::of(entry.id, entry.start());
        // The trace's number stands in its id.
        let ordinal = entry.id.to_u128() as u64;
        self.index.insert(ordinal, &entry);
        self.traces.insert(position, (trace, entry));
        position
    }

    pub(super) fn take(&mut self, position: Position) {
        let (_, entry) = self.traces.remove(&position).expect("it is there");
        assert!(self.index.remove(entry.id.to_u128() as u64));
    }

    /// What a search finds, page by page, doubts settled by the traces.
    pub(super) fn found(
        &self,
        range: &TimeRange,
        filter: Option<&Filter>,
        limit: usize,
    ) -> Vec<Position> {
        let mut found = Vec::new();
        let mut after = None;
        loop {
            let search = Search {
                range,
                filter,
                after,
                limit,
            };
            let page = self.index.blocks().search(&search, &self.kept, None);
            let Some(last) = page.last() else {
                return found;
            };
            after = Some(last.position);
            assert!(page.len() <= limit);
            found.extend(
                page.iter()
                    .filter(|candidate| self.is_meant(candidate, range, filter))
                    .map(|candidate| candidate.position),
            );
        }
    }

    fn is_meant(&self, candidate: &Candidate, range: &TimeRange, filter: Option<&Filter>) -> bool {
        let (trace, entry) = &self.traces[&candidate.position];
        assert_eq!(candidate.ordinal, entry.id.to_u128() as u64);
        let is_in_time = range.matched(entry).is_some();
        is_in_time && (candidate.is_certain || filter.is_none_or(|filter| filter.matches(trace)))
    }

    /// What should be found: by asking every trace.
    pub(super) fn meant(&self, range: &TimeRange, filter: Option<&Filter>) -> Vec<Position> {
        let newest_first = self.traces.iter().rev();
        let meant = newest_first.filter(|(_, (trace, entry))| {
            range.matched(entry).is_some() && filter.is_none_or(|filter| filter.matches(trace))
        });
        meant.map(|(position, _)| *position).collect()
    }
}
