//! A block that grows no more: what stays of it in memory, and its pieces.

use std::sync::{Arc, OnceLock};

use xray_sdk::TraceId;

use super::block::Block;
use super::bounds::Bounds;
use super::piece::{Piece, PieceId, Shelf, kept, opened};
use super::rows::Rows;
use super::spans::Spans;
use super::view::View;
use crate::entry::{Bytes, fields};
use crate::query::TimeRange;

/// What tells whether a block has to be looked into, and where its pieces are.
#[derive(Clone, Debug)]
pub(super) struct Closed {
    pub(super) number: u64,
    pub(super) outline: Outline,
    /// The numbers by which those of its traces are kept that were not taken out.
    pub(super) there: Spans,
    /// Until it is kept.
    own: Option<Own>,
    /// Whether its traces were counted, since some were taken out.
    is_counted: OnceLock<()>,
    /// Whether traces were taken out since it was kept.
    is_changed: bool,
}

/// What is told of a block without looking into it. It never changes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Outline {
    pub(super) bounds: Bounds,
    /// All traces, those that were taken out among them, and all rows.
    pub(super) traces: usize,
    pub(super) rows: usize,
    /// How many traces were there when it was closed: those that its tallies count.
    counted: usize,
    /// Whether any trace has to be held against its documents.
    pub(super) has_opaque: bool,
    pub(super) pieces: u16,
}

/// What nobody else has yet.
#[derive(Clone, Debug)]
struct Own {
    pieces: Arc<Vec<Vec<u8>>>,
    waits: Vec<(TraceId, TraceId)>,
}

/// A block as bytes.
pub(crate) struct Kept {
    pub(crate) number: u64,
    /// What a start reads of it.
    pub(crate) outline: Vec<u8>,
    /// In the order of their numbers.
    pub(crate) pieces: Arc<Vec<Vec<u8>>>,
}

/// What a start reads of a block: beside the outline the traces that were there when it was kept, and what waits for what.
struct Written {
    outline: Outline,
    there: Spans,
    waits: Vec<(TraceId, TraceId)>,
}

fields!(Written {
    outline,
    there,
    waits
});
fields!(Outline {
    bounds,
    traces,
    rows,
    counted,
    has_opaque,
    pieces
});

impl Closed {
    /// `None` of a block in which nothing is left.
    pub(super) fn of(number: u64, block: Block) -> Option<Self> {
        let there = Spans::of(block.traces.ordinals_there().collect());
        let bounds = Bounds::of(&block.traces).filter(|_| !there.is_empty())?;
        let pieces = block.pieces(&Rows::whole(&View::of_open(&block)).count(&TimeRange::ALWAYS));
        Some(Self {
            number,
            outline: Outline {
                bounds,
                traces: block.traces.count(),
                rows: block.works.count(),
                counted: there.count(),
                has_opaque: !block.traces.is_opaque.is_empty(),
                pieces: pieces.len() as u16,
            },
            there,
            own: Some(Own {
                pieces: Arc::new(pieces),
                waits: block.waits,
            }),
            is_counted: OnceLock::new(),
            is_changed: false,
        })
    }

    /// A block that was kept, and what waits for what in it. `left` are the traces that are there, if these changed. `None` when it cannot be
    /// read.
    pub(super) fn read(
        number: u64,
        outline: &[u8],
        left: Option<&[u8]>,
    ) -> Option<(Self, Vec<(TraceId, TraceId)>)> {
        let Written {
            outline,
            there,
            waits,
        } = opened(outline)?;
        let there = match left {
            Some(left) => opened(left)?,
            None => there,
        };
        let closed = Self {
            number,
            outline,
            there,
            own: None,
            is_counted: OnceLock::new(),
            is_changed: false,
        };
        Some((closed, waits))
    }

    /// As it is to be kept; `None` once it is.
    pub(super) fn to_keep(&self) -> Option<Kept> {
        let own = self.own.as_ref()?;
        let written = Written {
            outline: self.outline,
            there: self.there.clone(),
            waits: own.waits.clone(),
        };
        Some(Kept {
            number: self.number,
            outline: kept(&written),
            pieces: Arc::clone(&own.pieces),
        })
    }

    pub(super) fn was_kept(&mut self) {
        self.own = None;
    }

    pub(super) fn is_kept(&self) -> bool {
        self.own.is_none()
    }

    pub(super) fn waits(&self) -> &[(TraceId, TraceId)] {
        self.own.as_ref().map_or(&[], |own| &own.waits)
    }

    /// How many traces were taken out since it was closed.
    pub(super) fn left(&self) -> usize {
        self.outline.counted - self.there.count()
    }

    pub(super) fn remove(&mut self, ordinal: u64) -> bool {
        let is_removed = self.there.remove(ordinal);
        self.lost(usize::from(is_removed));
        is_removed
    }

    /// Takes out all traces with lower numbers. Returns how many that were.
    pub(super) fn remove_before(&mut self, first: u64) -> usize {
        let removed = self.there.remove_before(first);
        self.lost(removed);
        removed
    }

    fn lost(&mut self, traces: usize) {
        if traces > 0 {
            self.is_counted = OnceLock::new();
            self.is_changed |= self.is_kept();
        }
    }

    /// The traces that are left, where that has changed since it was kept.
    pub(super) fn change(&self) -> Option<Vec<u8>> {
        self.is_changed.then(|| kept(&self.there))
    }

    /// Whether that has changed.
    pub(super) fn is_changed(&self) -> bool {
        self.is_changed
    }

    pub(super) fn change_kept(&mut self) {
        self.is_changed = false;
    }

    /// A piece of it. `None` when it cannot be read, which is told.
    pub(super) fn piece(&self, number: u16, shelf: &dyn Shelf) -> Option<Piece> {
        let id = self.id(number);
        let piece = shelf.piece(id, &mut || match &self.own {
            Some(own) => Piece::open(number, own.pieces.get(usize::from(number))?),
            None => Piece::open(number, &shelf.bytes(id)?),
        });
        if piece.is_none() {
            shelf.broke(self.number);
        }
        piece
    }

    pub(super) fn id(&self, number: u16) -> PieceId {
        PieceId {
            block: self.number,
            number,
            left: 0,
        }
    }

    /// Counts its traces, where that is not known from its closing, or was done.
    pub(super) fn count(&self, shelf: &dyn Shelf) {
        if self.left() == 0 || self.is_counted.set(()).is_err() {
            return;
        }
        if let Some(view) = View::of(self, shelf) {
            view.tallies();
        }
    }

    /// The memory that stays in use for it, in bytes.
    pub(super) fn bytes(&self) -> usize {
        let own = self.own.iter().flat_map(|own| own.pieces.iter());
        size_of::<Self>() + self.there.bytes() + own.map(Vec::capacity).sum::<usize>()
    }
}
