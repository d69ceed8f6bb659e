//! What is counted of a node, and of an edge.

use super::histogram::Histogram;
use super::statistics::Statistics;
use crate::entry::{Bytes, Moment, fields};
use crate::query::TimeRange;

/// Counts of some requests.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Tally {
    /// All requests, those in progress among them. With none, the tally is that of nothing.
    requests: u64,
    /// The first start and the last end, in microseconds since 1970. `None` of nothing.
    extent: Option<(i64, i64)>,
    pub(super) statistics: Statistics,
    pub(super) times: Histogram,
    /// How old what was handed on had become.
    pub(super) ages: Histogram,
}

fields!(Tally {
    requests,
    extent,
    statistics,
    times,
    ages
});

impl Tally {
    /// Of one request.
    pub(crate) fn of(request: Moment) -> Self {
        let mut tally = Self::default();
        tally.count(request);
        tally
    }

    /// Of one request, where it begins in a time range; else of nothing.
    pub(super) fn of_one_in(range: &TimeRange, request: Moment) -> Self {
        match request.begins_in(range) {
            true => Self::of(request),
            false => Self::default(),
        }
    }

    /// Counts a request, and its time when it is finished.
    pub(crate) fn count(&mut self, request: Moment) {
        self.widen(1, Some((request.start, request.end())));
        if let Some(duration) = request.duration {
            self.statistics
                .count(request.outcome, duration as f64 / 1e6);
            self.times.count(duration);
        }
    }

    /// Counts a request that took up what had been handed on, so many microseconds before.
    pub(crate) fn count_aged(&mut self, request: Moment, age: u64) {
        self.count(request);
        self.ages.count(age);
    }

    /// Takes the times of requests into the time of the whole, and counts nothing else of them.
    pub(super) fn extend(&mut self, other: &Self) {
        self.widen(other.requests, other.extent);
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.extend(other);
        self.statistics.merge(&other.statistics);
        self.times.merge(&other.times);
        self.ages.merge(&other.ages);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.requests == 0
    }

    /// Whether all its requests began and ended in a time range.
    pub(crate) fn lies_in(&self, range: &TimeRange) -> bool {
        let holds = |time: i64| range.holds(time as f64 / 1e6);
        self.extent
            .is_none_or(|(start, end)| holds(start) && holds(end))
    }

    /// The first start and the last end, in seconds since 1970.
    pub(super) fn extent(&self) -> (f64, f64) {
        let (start, end) = self.extent.unwrap_or_default();
        (start as f64 / 1e6, end as f64 / 1e6)
    }

    /// About how much memory it takes.
    pub(crate) fn bytes(&self) -> usize {
        size_of::<Self>() + self.times.bytes() + self.ages.bytes()
    }

    fn widen(&mut self, requests: u64, extent: Option<(i64, i64)>) {
        self.requests += requests;
        self.extent = match (self.extent, extent) {
            (Some((start, end)), Some((first, last))) => Some((start.min(first), end.max(last))),
            (one, other) => one.or(other),
        };
    }
}
