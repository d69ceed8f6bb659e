//! A block that is looked at. Of its pieces only those are read that are asked for.

use std::cell::{Cell, OnceCell};
use std::sync::Arc;

use super::bits::Bits;
use super::block::{Block, Head};
use super::cause::Causes;
use super::closed::Closed;
use super::form::Forms;
use super::key::Name;
use super::matcher::Matcher;
use super::piece::{self, Kind, Piece, PieceId, Shelf};
use super::rows::{Rows, Tallies};
use super::traces::Traces;
use super::works::Works;
use crate::entry::Side;
use crate::query::TimeRange;

pub(super) struct View<'a> {
    block: Source<'a>,
    pub(super) head: Arc<Head>,
    traces: OnceCell<Arc<Traces>>,
    works: OnceCell<Arc<Works>>,
    forms: OnceCell<Arc<Forms>>,
    causes: OnceCell<Arc<Causes>>,
    /// Whether all that was asked for could be read.
    is_whole: Cell<bool>,
}

#[derive(Clone, Copy)]
enum Source<'a> {
    Open(&'a Block),
    Closed(&'a Closed, &'a dyn Shelf),
}

impl<'a> View<'a> {
    pub(super) fn of_open(block: &'a Block) -> Self {
        Self::new(Source::Open(block), Arc::clone(&block.head))
    }

    /// `None` when it cannot be read what there is.
    pub(super) fn of(closed: &'a Closed, shelf: &'a dyn Shelf) -> Option<Self> {
        let Kind::Head(head) = closed.piece(piece::HEAD, shelf)?.0 else {
            return None;
        };
        Some(Self::new(Source::Closed(closed, shelf), head))
    }

    fn new(block: Source<'a>, head: Arc<Head>) -> Self {
        Self {
            block,
            head,
            traces: OnceCell::new(),
            works: OnceCell::new(),
            forms: OnceCell::new(),
            causes: OnceCell::new(),
            is_whole: Cell::new(true),
        }
    }

    /// Whether all that was asked for could be read. What is found in a block that is not whole does not count.
    pub(super) fn is_whole(&self) -> bool {
        self.is_whole.get()
    }

    /// How many traces there are, those that were taken out among them.
    pub(super) fn trace_count(&self) -> usize {
        match self.block {
            Source::Open(block) => block.traces.count(),
            Source::Closed(closed, _) => closed.outline.traces,
        }
    }

    pub(super) fn row_count(&self) -> usize {
        match self.block {
            Source::Open(block) => block.works.count(),
            Source::Closed(closed, _) => closed.outline.rows,
        }
    }

    /// Whether any trace has to be held against its documents.
    pub(super) fn has_opaque(&self) -> bool {
        match self.block {
            Source::Open(block) => !block.traces.is_opaque.is_empty(),
            Source::Closed(closed, _) => closed.outline.has_opaque,
        }
    }

    pub(super) fn traces(&self) -> &Traces {
        self.traces.get_or_init(|| match self.block {
            Source::Open(block) => Arc::clone(&block.traces),
            Source::Closed(..) => match self.piece(piece::TRACES) {
                Some(Kind::Traces(traces)) => traces,
                _ => self.broken(Traces::blank(self.trace_count(), self.row_count())),
            },
        })
    }

    pub(super) fn works(&self) -> &Works {
        self.works.get_or_init(|| match self.block {
            Source::Open(block) => Arc::clone(&block.works),
            Source::Closed(..) => match self.piece(piece::WORKS) {
                Some(Kind::Works(works)) => works,
                _ => self.broken(Works::blank(self.row_count())),
            },
        })
    }

    pub(super) fn forms(&self) -> &Forms {
        self.forms.get_or_init(|| match self.block {
            Source::Open(block) => Arc::clone(&block.forms),
            Source::Closed(..) => match self.piece(piece::FORMS) {
                Some(Kind::Forms(forms)) => forms,
                _ => self.broken(Forms::default()),
            },
        })
    }

    pub(super) fn causes(&self) -> &Causes {
        self.causes.get_or_init(|| match self.block {
            Source::Open(block) => Arc::clone(&block.causes),
            Source::Closed(..) => match self.piece(piece::CAUSES) {
                Some(Kind::Causes(causes)) => causes,
                _ => self.broken(Causes::default()),
            },
        })
    }

    /// Whether any row may have such a value of this name.
    pub(super) fn may_have(&self, side: Side, name: Name<'_>, matcher: &Matcher<'_>) -> bool {
        self.head
            .column(side, name)
            .is_some_and(|number| self.may_hold(number, matcher))
    }

    /// The rows that have such a value of this name.
    pub(super) fn rows_with(&self, side: Side, name: Name<'_>, matcher: &Matcher<'_>) -> Bits {
        let rows = self.row_count();
        let number = self.head.column(side, name);
        let Some(number) = number.filter(|number| self.may_hold(*number, matcher)) else {
            return Bits::none(rows);
        };
        if let Source::Open(block) = self.block {
            return block.columns[number].rows_where(rows, matcher);
        }
        let (place, number) = self.column_piece(number);
        let Some(Kind::Columns(columns)) = self.piece(piece::columns(place)) else {
            self.is_whole.set(false);
            return Bits::none(rows);
        };
        let column = columns.get(number);
        column.map_or_else(
            || Bits::none(rows),
            |column| column.rows_where(rows, matcher),
        )
    }

    /// Whether a column may hold such a value, by its number.
    fn may_hold(&self, number: usize, matcher: &Matcher<'_>) -> bool {
        // The columns themselves are at hand.
        if matches!(self.block, Source::Open(_)) {
            return true;
        }
        let (place, number) = self.column_piece(number);
        let Some(Kind::Sieves(sieves)) = self.piece(piece::sieves(place)) else {
            self.is_whole.set(false);
            return false;
        };
        sieves
            .get(number)
            .is_some_and(|sieve| sieve.may_hold(matcher))
    }

    /// In which piece of columns a column stands, and at which place there.
    fn column_piece(&self, number: usize) -> (usize, usize) {
        let firsts = &self.head.first_columns;
        let behind = firsts.partition_point(|first| usize::from(*first) <= number);
        let place = behind.saturating_sub(1);
        let first = firsts.get(place).map_or(0, |first| usize::from(*first));
        (place, number - first)
    }

    /// The traces that were not taken out.
    pub(super) fn there(&self) -> Bits {
        let traces = self.traces();
        let mut there = traces.is_there.clone();
        if let Source::Closed(closed, _) = self.block
            && closed.left() > 0
        {
            let gone = there.numbers();
            let gone = gone.filter(|trace| !closed.there.has(traces.ordinal(*trace)));
            gone.collect::<Vec<_>>()
                .into_iter()
                .for_each(|trace| there.clear(trace));
        }
        there
    }

    /// What is counted of all its traces, where that is known, or can be known the next time.
    pub(super) fn tallies(&self) -> Option<Arc<Tallies>> {
        let Source::Closed(closed, shelf) = self.block else {
            return None;
        };
        let piece = match closed.left() {
            0 => self.piece(piece::TALLIES),
            left => {
                let id = PieceId {
                    left: left as u16,
                    ..closed.id(piece::TALLIES)
                };
                let mut count = || {
                    let tallies = Rows::new(self, self.there()).count(&TimeRange::ALWAYS);
                    let tallies = Kind::Tallies(Arc::new(tallies));
                    self.is_whole().then_some(Piece(tallies))
                };
                shelf.piece(id, &mut count).map(|piece| piece.0)
            }
        };
        Some(match piece {
            Some(Kind::Tallies(tallies)) => tallies,
            _ => self.broken(Tallies::default()),
        })
    }

    fn piece(&self, number: u16) -> Option<Kind> {
        let Source::Closed(closed, shelf) = self.block else {
            return None;
        };
        closed.piece(number, shelf).map(|piece| piece.0)
    }

    /// What stands in the place of something that cannot be read.
    fn broken<T>(&self, blank: T) -> Arc<T> {
        self.is_whole.set(false);
        Arc::new(blank)
    }
}
