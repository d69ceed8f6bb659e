//! What is counted of a node, and of an edge: requests can be added, and taken out again.

use super::histogram::Histogram;
use super::statistics::Statistics;
use crate::entry::Request;

/// Counts of some requests. Times are kept in whole microseconds, so that what is added and taken out leaves nothing behind.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Tally {
    /// All requests, those in progress among them. With none, the tally is that of nothing.
    requests: u64,
    /// The first start and the last end. `None` of nothing.
    extent: Option<(f64, f64)>,
    /// Whether the request that gave the extent one of its ends was taken out: it may be too wide then.
    is_loose: bool,
    pub(super) statistics: Statistics,
    pub(super) times: Histogram,
    /// How old what was handed on had become.
    pub(super) ages: Histogram,
}

impl Tally {
    /// Counts a request, and its time when it is finished.
    pub(super) fn count(&mut self, request: &Request) {
        self.widen(request);
        if let Some(duration) = request.duration() {
            self.statistics.count(request.outcome, duration);
            self.times.count(duration);
        }
    }

    /// Takes the time of a request into the time of the whole.
    pub(super) fn widen(&mut self, request: &Request) {
        let (start, end) = extent(request);
        self.requests += 1;
        self.extent = Some(match self.extent {
            None => (start, end),
            // Whoever stands at both ends of what was too wide makes it right again.
            Some((first, last)) => {
                self.is_loose &= !(start <= first && end >= last);
                (first.min(start), last.max(end))
            }
        });
    }

    pub(super) fn uncount(&mut self, request: &Request) {
        self.narrow(request);
        if let Some(duration) = request.duration() {
            self.statistics.uncount(request.outcome, duration);
            self.times.uncount(duration);
        }
    }

    pub(super) fn narrow(&mut self, request: &Request) {
        let (start, end) = extent(request);
        self.requests = self.requests.saturating_sub(1);
        if self.requests == 0 {
            self.extent = None;
            self.is_loose = false;
        } else if let Some((first, last)) = self.extent {
            self.is_loose |= start <= first || end >= last;
        }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.requests += other.requests;
        self.is_loose |= other.is_loose;
        self.extent = match (self.extent, other.extent) {
            (Some((start, end)), Some((first, last))) => Some((start.min(first), end.max(last))),
            (one, other) => one.or(other),
        };
        self.statistics.merge(&other.statistics);
        self.times.merge(&other.times);
        self.ages.merge(&other.ages);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.requests == 0
    }

    pub(super) fn is_loose(&self) -> bool {
        self.is_loose
    }

    pub(super) fn extent(&self) -> (f64, f64) {
        self.extent.unwrap_or_default()
    }
}

/// When a request began and ended. One in progress has no end, and one by a broken clock may end before it begins.
fn extent(request: &Request) -> (f64, f64) {
    let end = request.end.unwrap_or(request.start);
    (request.start, end.max(request.start))
}
