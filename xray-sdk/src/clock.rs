//! The only place of this crate that reads time.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// A moment on a recorder's clock: nanoseconds since that clock was made. Means nothing without its clock.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Tick(u64);

impl Tick {
    /// The tick that is `by` later, or the last one there is.
    pub(crate) fn after(self, by: Duration) -> Self {
        let by = u64::try_from(by.as_nanos()).unwrap_or(u64::MAX);
        Self(self.0.saturating_add(by))
    }

    /// The time from `earlier` to this tick; nothing when that is not earlier.
    pub(crate) fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }

    /// The number of the clock's second that this tick is in. It never goes back, whatever is done to the system's time.
    #[cfg_attr(
        not(feature = "central-sampling"),
        allow(dead_code, reason = "only central sampling asks")
    )]
    pub(crate) fn second(self) -> u32 {
        (self.0 / 1_000_000_000) as u32
    }
}

/// Tells ticks while a program is recorded, and turns them into epoch time off the request path.
///
/// Ticks are monotonic: a step of the system's time never makes a duration negative.
#[derive(Clone)]
pub(crate) struct Clock(Arc<Source>);

enum Source {
    System {
        origin: Instant,
        /// Epoch nanoseconds at `origin`, corrected by `anchor` as the system's time is slewed or set.
        offset: AtomicI64,
    },
    Manual {
        nanoseconds: AtomicU64,
        offset: i64,
    },
}

impl Clock {
    pub(crate) fn system() -> Self {
        let clock = Self(Arc::new(Source::System {
            origin: Instant::now(),
            offset: AtomicI64::new(0),
        }));
        clock.anchor();
        clock
    }

    /// A clock that stands still at `epoch` until it is advanced.
    pub(crate) fn manual(epoch: Duration) -> Self {
        Self(Arc::new(Source::Manual {
            nanoseconds: AtomicU64::new(0),
            offset: epoch.as_nanos() as i64,
        }))
    }

    pub(crate) fn advance(&self, by: Duration) {
        if let Source::Manual { nanoseconds, .. } = &*self.0 {
            nanoseconds.fetch_add(by.as_nanos() as u64, Ordering::Relaxed);
        }
    }

    #[inline]
    pub(crate) fn now(&self) -> Tick {
        match &*self.0 {
            Source::System { origin, .. } => Tick(origin.elapsed().as_nanos() as u64),
            Source::Manual { nanoseconds, .. } => Tick(nanoseconds.load(Ordering::Relaxed)),
        }
    }

    /// Epoch nanoseconds at tick 0.
    fn offset(&self) -> i64 {
        match &*self.0 {
            Source::System { offset, .. } => offset.load(Ordering::Relaxed),
            Source::Manual { offset, .. } => *offset,
        }
    }

    /// Epoch microseconds of `tick`.
    pub(crate) fn epoch_micros(&self, tick: Tick) -> u64 {
        (tick.0 as i64).saturating_add(self.offset()).max(0) as u64 / 1_000
    }

    /// The tick of a time that another program told in epoch seconds; the first or last one there is for a time that is beyond them.
    #[cfg_attr(
        not(feature = "central-sampling"),
        allow(dead_code, reason = "only central sampling asks")
    )]
    pub(crate) fn at_epoch(&self, seconds: f64) -> Tick {
        Tick(
            ((seconds * 1e9) as i64)
                .saturating_sub(self.offset())
                .max(0) as u64,
        )
    }

    pub(crate) fn epoch_seconds(&self, tick: Tick) -> u32 {
        (self.epoch_micros(tick) / 1_000_000) as u32
    }

    /// Compares with the system's time again. Called now and then by the background thread.
    pub(crate) fn anchor(&self) {
        if let Source::System { origin, offset } = &*self.0 {
            let epoch = SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .map_or(0, |since| since.as_nanos() as i64);
            offset.store(
                epoch - origin.elapsed().as_nanos() as i64,
                Ordering::Relaxed,
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manual_clock_stands_still_until_it_is_advanced() {
        let clock = Clock::manual(Duration::from_secs(1_700_000_000));
        let start = clock.now();
        assert_eq!(clock.now(), start);
        clock.advance(Duration::from_micros(1_500));
        assert_eq!(clock.epoch_micros(clock.now()), 1_700_000_000_001_500);
        assert_eq!(clock.epoch_seconds(start), 1_700_000_000);
    }

    #[test]
    fn a_time_of_another_program_becomes_a_tick() {
        let clock = Clock::manual(Duration::from_secs(1_700_000_000));
        let start = clock.now();
        let later = clock.at_epoch(1_700_000_012.5);
        assert_eq!(later.since(start), Duration::from_millis(12_500));
        assert_eq!(later, start.after(Duration::from_millis(12_500)));
        assert_eq!(later.second(), 12);
        for (seconds, nearest) in [(0.0, 0), (f64::NAN, 0), (-1e300, 0)] {
            assert_eq!(clock.at_epoch(seconds), Tick(nearest), "{seconds}");
        }
        assert!(clock.at_epoch(1e300) > later);
        assert_eq!(start.since(later), Duration::ZERO);
        assert_eq!(later.after(Duration::MAX), Tick(u64::MAX));
    }

    #[test]
    fn the_system_clock_agrees_with_the_systems_time() {
        let clock = Clock::system();
        let ours = clock.epoch_micros(clock.now()) / 1_000_000;
        let systems = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .expect("after 1970")
            .as_secs();
        assert!(ours.abs_diff(systems) <= 1);
    }
}
