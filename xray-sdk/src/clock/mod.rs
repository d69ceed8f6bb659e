//! The only place of this crate that reads time.

mod counter;
mod scale;

use std::sync::atomic::{AtomicI64, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

pub(crate) use scale::Scale;
use scale::{Sample, Timeline};

/// A moment in what is recorded, as cheap to take as can be: a number that a [`Scale`] of the same clock turns into a time.
///
/// Ticks never go back: a step of the system's time never makes a duration negative.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Tick(u64);

/// A moment for what calculates with time at once: nanoseconds since its clock was made. Means nothing without that clock.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Moment(u64);

impl Moment {
    /// The moment that is `by` later, or the last one there is.
    pub(crate) fn after(self, by: Duration) -> Self {
        let by = u64::try_from(by.as_nanos()).unwrap_or(u64::MAX);
        Self(self.0.saturating_add(by))
    }

    /// The time from `earlier` to this moment; nothing when that is not earlier.
    pub(crate) fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }

    /// The number of the clock's second that this moment is in. It never goes back, whatever is done to the system's time.
    #[cfg_attr(
        not(feature = "central-sampling"),
        allow(dead_code, reason = "only central sampling asks")
    )]
    pub(crate) fn second(self) -> u32 {
        (self.0 / 1_000_000_000) as u32
    }
}

/// Tells ticks while a program is recorded, and turns them into epoch time off the request path.
#[derive(Clone)]
pub(crate) struct Clock {
    source: Source,
    shared: Arc<Shared>,
}

/// What ticks are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Source {
    /// Counts of the processor's time-stamp counter.
    Counter,
    /// Nanoseconds of the system's monotonic clock.
    Monotonic,
    /// Nanoseconds that a test tells.
    Manual,
}

impl Source {
    /// Reads the counter, if ticks are counted.
    #[inline(always)]
    pub(crate) fn tick(self) -> Option<Tick> {
        match self {
            Self::Counter => Some(Tick(counter::read())),
            Self::Monotonic | Self::Manual => None,
        }
    }
}

struct Shared {
    origin: Instant,
    /// Nanoseconds on a manual clock.
    manual: AtomicU64,
    /// Epoch nanoseconds at moment 0, corrected by `anchor` as the system's time is slewed or set.
    offset: AtomicI64,
    /// The epoch second as it was lately, and the last tick for which that will do.
    second: AtomicU32,
    second_until: AtomicU64,
    // Guards the relation of ticks to epoch time. Locked by the background thread, and by whoever reads a clock in tests.
    timeline: Mutex<Timeline>,
}

/// The second of a trace id is read again after so many ticks: 0.05 to 0.3 seconds, by the kind of tick.
const SECOND_TICKS: u64 = 1 << 28;
/// A tick that is too far ahead of all others for any second to hold until it.
const NEVER: u64 = u64::MAX;

impl Clock {
    pub(crate) fn system() -> Self {
        let source = if counter::is_reliable() {
            Source::Counter
        } else {
            Source::Monotonic
        };
        Self::new(source, 0)
    }

    /// A clock that stands still at `epoch` until it is advanced.
    pub(crate) fn manual(epoch: Duration) -> Self {
        Self::new(Source::Manual, epoch.as_nanos() as i64)
    }

    fn new(source: Source, offset: i64) -> Self {
        let origin = Instant::now();
        let sample = Sample::take(origin, || match source {
            Source::Counter => counter::read(),
            Source::Monotonic | Source::Manual => origin.elapsed().as_nanos() as u64,
        });
        let clock = Self {
            source,
            shared: Arc::new(Shared {
                origin,
                manual: AtomicU64::new(0),
                offset: AtomicI64::new(offset),
                second: AtomicU32::new(0),
                second_until: AtomicU64::new(NEVER),
                timeline: Mutex::new(Timeline::new(sample)),
            }),
        };
        clock.anchor();
        clock
    }

    pub(crate) fn advance(&self, by: Duration) {
        self.shared
            .manual
            .fetch_add(by.as_nanos() as u64, Ordering::Relaxed);
    }

    #[inline]
    pub(crate) fn tick(&self) -> Tick {
        self.source.tick().unwrap_or_else(|| Tick(self.now().0))
    }

    /// For who reads this clock often: whether there is a counter to read, without a look at the clock.
    #[inline]
    pub(crate) fn source(&self) -> Source {
        self.source
    }

    pub(crate) fn now(&self) -> Moment {
        Moment(match self.source {
            Source::Counter | Source::Monotonic => self.shared.origin.elapsed().as_nanos() as u64,
            Source::Manual => self.shared.manual.load(Ordering::Relaxed),
        })
    }

    /// Epoch nanoseconds at moment 0.
    fn offset(&self) -> i64 {
        self.shared.offset.load(Ordering::Relaxed)
    }

    /// The moment of a time that another program told in epoch seconds; the first or last one there is for a time that is beyond them.
    #[cfg_attr(
        not(feature = "central-sampling"),
        allow(dead_code, reason = "only central sampling asks")
    )]
    pub(crate) fn at_epoch(&self, seconds: f64) -> Moment {
        let since = ((seconds * 1e9) as i64).saturating_sub(self.offset());
        Moment(since.max(0) as u64)
    }

    pub(crate) fn epoch_seconds(&self, moment: Moment) -> u32 {
        let nanoseconds = (moment.0 as i64).saturating_add(self.offset()).max(0);
        (nanoseconds / 1_000_000_000) as u32
    }

    /// The epoch second of a tick that was just read, for the id of a trace; it may lag by 0.3 seconds.
    #[inline]
    pub(crate) fn trace_second(&self, tick: Tick) -> u32 {
        let until = self.shared.second_until.load(Ordering::Relaxed);
        // Too far ahead is over as well: a counter begins anew where a machine was suspended.
        if until.wrapping_sub(tick.0) > SECOND_TICKS {
            return self.read_second(tick);
        }
        self.shared.second.load(Ordering::Relaxed)
    }

    #[cold]
    fn read_second(&self, tick: Tick) -> u32 {
        if self.source == Source::Manual {
            return self.epoch_seconds(self.now());
        }
        let second = (scale::nanoseconds(SystemTime::now()) / 1_000_000_000) as u32;
        self.shared.second.store(second, Ordering::Relaxed);
        let until = tick.0.wrapping_add(SECOND_TICKS);
        self.shared.second_until.store(until, Ordering::Relaxed);
        second
    }

    /// The scale for all ticks so far. Called by the background thread; compares with the system's time now and then.
    pub(crate) fn scale(&self) -> Scale {
        if self.source == Source::Manual {
            return Scale::nanoseconds(self.offset());
        }
        let origin = self.shared.origin;
        let mut timeline = self
            .shared
            .timeline
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if !timeline.is_due(origin.elapsed()) {
            return timeline.scale();
        }
        timeline.advance(Sample::take(origin, || self.tick().0))
    }

    /// Forgets what was known of the system's time and of the counter: the process goes on elsewhere.
    pub(crate) fn restart(&self) {
        self.anchor();
        if self.source != Source::Manual {
            self.shared.second_until.store(NEVER, Ordering::Relaxed);
            let sample = Sample::take(self.shared.origin, || self.tick().0);
            *self
                .shared
                .timeline
                .lock()
                .unwrap_or_else(PoisonError::into_inner) = Timeline::new(sample);
        }
    }

    /// Compares moments with the system's time again.
    pub(crate) fn anchor(&self) {
        if self.source != Source::Manual {
            let epoch = scale::nanoseconds(SystemTime::now());
            let offset = epoch - self.now().0 as i64;
            self.shared.offset.store(offset, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manual_clock_stands_still_until_it_is_advanced() {
        let clock = Clock::manual(Duration::from_secs(1_700_000_000));
        let (start, first) = (clock.now(), clock.tick());
        assert_eq!((clock.now(), clock.tick()), (start, first));
        clock.advance(Duration::from_micros(1_500));
        assert_eq!(
            clock.scale().epoch_micros(clock.tick()),
            1_700_000_000_001_500
        );
        assert_eq!(clock.epoch_seconds(start), 1_700_000_000);
        clock.advance(Duration::from_secs(1));
        assert_eq!(clock.trace_second(clock.tick()), 1_700_000_001);
    }

    #[test]
    fn a_time_of_another_program_becomes_a_moment() {
        let clock = Clock::manual(Duration::from_secs(1_700_000_000));
        let start = clock.now();
        let later = clock.at_epoch(1_700_000_012.5);
        assert_eq!(later.since(start), Duration::from_millis(12_500));
        assert_eq!(later, start.after(Duration::from_millis(12_500)));
        assert_eq!(later.second(), 12);
        for (seconds, nearest) in [(0.0, 0), (f64::NAN, 0), (-1e300, 0)] {
            assert_eq!(clock.at_epoch(seconds), Moment(nearest), "{seconds}");
        }
        assert!(clock.at_epoch(1e300) > later);
        assert_eq!(start.since(later), Duration::ZERO);
        assert_eq!(later.after(Duration::MAX), Moment(u64::MAX));
    }

    #[test]
    fn a_counter_that_began_anew_does_not_hold_the_second_of_trace_ids() {
        let clock = Clock::new(Source::Monotonic, 0);
        let year = 1 << 56;
        assert!(clock.trace_second(Tick(year)) > 0);
        clock.shared.second.store(1, Ordering::Relaxed);
        for near in [year, year + SECOND_TICKS] {
            assert_eq!(clock.trace_second(Tick(near)), 1);
        }
        for far in [year + SECOND_TICKS + 1, year, 0] {
            clock.shared.second.store(1, Ordering::Relaxed);
            assert!(clock.trace_second(Tick(far)) > 1, "{far}");
        }
    }

    #[test]
    fn system_clocks_agree_with_the_systems_time() {
        for clock in [Clock::system(), Clock::new(Source::Monotonic, 0)] {
            let tick = clock.tick();
            let ours = clock.scale().epoch_micros(tick) / 1_000_000;
            let systems = scale::nanoseconds(SystemTime::now()) as u64 / 1_000_000_000;
            assert!(ours.abs_diff(systems) <= 1);
            for ours in [clock.epoch_seconds(clock.now()), clock.trace_second(tick)] {
                assert!(u64::from(ours).abs_diff(systems) <= 1);
            }
        }
    }
}
