//! Which traces are asked for, and what is told of each.

mod root_cause;
mod summary;

pub(crate) use root_cause::RootCauses;
pub use root_cause::{RootCause, RootCauseEntity, RootCauseException, RootCauseService};
pub use summary::{AnnotationValues, EntryHttp, TraceSummary, TraceUser};

/// A stretch of time, from `start` up to but without `end`, in seconds since 1970; and which of a trace's times must lie in it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TimeRange {
    /// The first moment.
    pub start: f64,
    /// The first moment after it.
    pub end: f64,
    /// Which time counts.
    pub kind: TimeRangeType,
}

/// Which time of a trace must lie in a [`TimeRange`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TimeRangeType {
    /// When the trace began: by its id or by its first segment. Ids made from W3C trace ids hold no time.
    #[default]
    TraceId,
    /// Any moment of the trace.
    Event,
    /// The end of any of its segments.
    Service,
}

/// The times of a trace that a [`TimeRange`] is held against.
pub(crate) trait Times {
    /// The time in its id.
    fn by_id(&self) -> f64;
    /// When the first segment began.
    fn start(&self) -> f64;
    /// When the last segment ended, as far as is known.
    fn end(&self) -> f64;
    /// When each segment ended that has.
    fn segment_ends(&self) -> impl Iterator<Item = f64>;
}

impl TimeRange {
    /// All of time.
    pub const ALWAYS: Self = Self {
        start: f64::NEG_INFINITY,
        end: f64::INFINITY,
        kind: TimeRangeType::TraceId,
    };

    /// Traces that began between the two times.
    pub fn began(start: f64, end: f64) -> Self {
        Self {
            start,
            end,
            kind: TimeRangeType::TraceId,
        }
    }

    /// The same time, for what counts requests that begin in it: their traces may have begun before.
    pub(crate) fn requests(&self) -> Self {
        Self {
            kind: TimeRangeType::Event,
            ..*self
        }
    }

    /// Whether a moment lies in it.
    pub(crate) fn holds(&self, time: f64) -> bool {
        self.start <= time && time < self.end
    }

    /// The time by which a trace matches; `None` when it does not.
    pub(crate) fn matched(&self, trace: &impl Times) -> Option<f64> {
        let holds = |time| self.holds(time);
        match self.kind {
            TimeRangeType::TraceId => {
                (holds(trace.by_id()) || holds(trace.start())).then(|| trace.start())
            }
            TimeRangeType::Event => {
                let overlaps = trace.start() < self.end && self.start <= trace.end();
                overlaps.then(|| trace.start().max(self.start))
            }
            TimeRangeType::Service => trace.segment_ends().find(|end| holds(*end)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Trace {
        by_id: f64,
        ends: [f64; 2],
    }

    impl Times for Trace {
        fn by_id(&self) -> f64 {
            self.by_id
        }

        fn start(&self) -> f64 {
            100.0
        }

        fn end(&self) -> f64 {
            self.ends[1]
        }

        fn segment_ends(&self) -> impl Iterator<Item = f64> {
            self.ends.into_iter()
        }
    }

    fn matched(kind: TimeRangeType, start: f64, end: f64) -> Option<f64> {
        let trace = Trace {
            by_id: 90.0,
            ends: [110.0, 120.0],
        };
        TimeRange { start, end, kind }.matched(&trace)
    }

    #[test]
    fn a_trace_began_when_its_id_or_its_first_segment_says() {
        use TimeRangeType::TraceId;
        assert_eq!(matched(TraceId, 90.0, 91.0), Some(100.0));
        assert_eq!(matched(TraceId, 100.0, 101.0), Some(100.0));
        assert_eq!(matched(TraceId, 91.0, 100.0), None, "the end is outside");
        assert_eq!(matched(TraceId, 101.0, 200.0), None);
    }

    #[test]
    fn an_event_is_any_moment_of_the_trace() {
        use TimeRangeType::Event;
        assert_eq!(matched(Event, 0.0, 100.0), None);
        assert_eq!(matched(Event, 0.0, 101.0), Some(100.0));
        assert_eq!(matched(Event, 110.0, 111.0), Some(110.0));
        assert_eq!(matched(Event, 121.0, 130.0), None);
    }

    #[test]
    fn a_service_has_its_time_at_its_end() {
        use TimeRangeType::Service;
        assert_eq!(matched(Service, 100.0, 110.0), None);
        assert_eq!(matched(Service, 105.0, 111.0), Some(110.0));
        assert_eq!(matched(Service, 111.0, 130.0), Some(120.0));
    }
}
