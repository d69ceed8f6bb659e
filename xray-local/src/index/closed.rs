use std::ops::RangeInclusive;
use std::sync::OnceLock;

use super::block::Block;
use super::bounds::Bounds;
use super::rows::Tallies;

/// A block that grows no more, with what tells whether it has to be looked into.
#[derive(Debug)]
pub(super) struct Closed {
    pub(super) number: u64,
    pub(super) block: Block,
    /// How many traces are left in it.
    pub(super) traces: usize,
    pub(super) bounds: Bounds,
    /// The numbers by which its traces are kept lie here.
    pub(super) ordinals: RangeInclusive<u64>,
    /// What is counted of its traces for graphs, once that was asked for.
    pub(super) tallies: OnceLock<Tallies>,
    pub(super) is_kept: bool,
    /// Whether traces were taken out since it was kept.
    pub(super) is_changed: bool,
}

impl Closed {
    /// `None` of a block in which nothing is left.
    pub(super) fn of(number: u64, block: Block) -> Option<Self> {
        let traces = block.is_there.count();
        Some(Self {
            number,
            traces,
            bounds: Bounds::of(&block).filter(|_| traces > 0)?,
            ordinals: block.ordinals()?,
            block,
            tallies: OnceLock::new(),
            is_kept: false,
            is_changed: false,
        })
    }

    pub(super) fn remove(&mut self, ordinal: u64) -> bool {
        if !self.ordinals.contains(&ordinal) {
            return false;
        }
        let Some(trace) = self.block.find(ordinal) else {
            return false;
        };
        self.block.is_there.clear(trace);
        self.lost(1);
        true
    }

    /// Notes that traces were taken out.
    pub(super) fn lost(&mut self, traces: usize) {
        if traces > 0 {
            self.traces -= traces;
            self.tallies = OnceLock::new();
            self.is_changed |= self.is_kept;
        }
    }
}
