use super::Position;
use super::Search;
use super::traces::Traces;
use crate::entry::{Bytes, fields};
use crate::query::{TimeRange, TimeRangeType};

/// Between which times the traces of a block lie.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    pub(super) oldest: Position,
    pub(super) newest: Position,
    /// The first start or time in an id, and the last end or time in an id.
    pub(super) first: f64,
    pub(super) last: f64,
}

fields!(Bounds {
    oldest,
    newest,
    first,
    last
});

impl Bounds {
    /// `None` where there are no traces.
    pub(super) fn of(traces: &Traces) -> Option<Self> {
        let positions = || (0..traces.count()).map(|trace| traces.position(trace));
        let by_id = || traces.ids.iter().map(|id| f64::from(id.epoch_seconds()));
        let starts = traces.starts.iter().copied();
        let ends = traces.ends.iter().copied();
        Some(Self {
            oldest: positions().min()?,
            newest: positions().max()?,
            first: starts.chain(by_id()).fold(f64::INFINITY, f64::min),
            last: ends.chain(by_id()).fold(f64::NEG_INFINITY, f64::max),
        })
    }

    /// Whether every trace between them lies in the time that is searched.
    pub(super) fn lie_in(&self, search: &Search<'_>) -> bool {
        let start = |time: f64| (time * 1e6).round() as i64;
        let TimeRange {
            start: first,
            end,
            kind,
        } = *search.range;
        kind != TimeRangeType::Service
            && start(first) < self.oldest.start_micros
            && self.newest.start_micros < start(end)
            && search.after.is_none_or(|after| self.newest < after)
    }

    pub(super) fn may_hold(&self, search: &Search<'_>) -> bool {
        let TimeRange { start, end, kind } = *search.range;
        // Ends of segments by broken clocks may lie anywhere.
        let is_in_time = kind == TimeRangeType::Service || (self.first < end && start <= self.last);
        is_in_time && search.after.is_none_or(|after| self.oldest < after)
    }
}
