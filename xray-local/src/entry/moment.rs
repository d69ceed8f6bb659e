use super::Request;
use crate::query::TimeRange;
use crate::trace::{Outcome, seconds};

/// When a request began, how long it took and how it ended: all that is counted of it. Times are whole microseconds, so that it makes no
/// difference in which order they are added, or where they are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Moment {
    /// Since 1970.
    pub(crate) start: i64,
    /// None while it is in progress.
    pub(crate) duration: Option<u64>,
    pub(crate) outcome: Outcome,
}

/// A time in seconds as whole microseconds.
pub(crate) fn micros(seconds: f64) -> i64 {
    (seconds * 1e6).round() as i64
}

impl Moment {
    pub(crate) fn of(request: &Request) -> Self {
        let duration = request.duration();
        Self {
            start: micros(request.start),
            duration: duration.map(|time| micros(seconds(time)).unsigned_abs()),
            outcome: request.outcome,
        }
    }

    pub(crate) fn begins_in(&self, range: &TimeRange) -> bool {
        range.holds(self.start as f64 / 1e6)
    }

    /// When it ended; when it began, while it is in progress.
    pub(crate) fn end(&self) -> i64 {
        self.start
            .saturating_add_unsigned(self.duration.unwrap_or(0))
    }

    /// The number of the stretch of time in which it began, of stretches of so many seconds.
    pub(crate) fn stretch(&self, seconds: u32) -> i64 {
        self.start.div_euclid(i64::from(seconds) * 1_000_000)
    }
}
