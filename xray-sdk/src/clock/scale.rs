use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::clock::{Moment, Tick};

/// Turns ticks into epoch time. Made off the request path, and good for some seconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scale {
    base: u64,
    /// Epoch nanoseconds at `base`.
    epoch: i64,
    /// Nanoseconds since the clock was made, at `base`.
    monotonic: i64,
    /// Nanoseconds of one tick, times 2^32.
    step: u64,
}

/// What three clocks showed at one moment.
#[derive(Clone, Copy)]
pub(super) struct Sample {
    pub(super) tick: u64,
    pub(super) monotonic: Duration,
    /// Nanoseconds.
    pub(super) epoch: i64,
}

/// Keeps a scale in step with the system's time.
pub(super) struct Timeline {
    scale: Scale,
    sample: Sample,
    /// The length of a tick was measured over a whole window.
    is_measured: bool,
    /// What the latest window said, where that was not believed.
    doubted: Option<u64>,
}

/// The length of a tick is measured, and the system's time taken over, once in so long.
const WINDOW: Duration = Duration::from_secs(5);
/// One nanosecond a tick.
const ONE: u64 = 1 << 32;

impl Scale {
    /// One nanosecond a tick; tick 0 was at `epoch` nanoseconds.
    pub(super) fn nanoseconds(epoch: i64) -> Self {
        Self {
            base: 0,
            epoch,
            monotonic: 0,
            step: ONE,
        }
    }

    /// Epoch microseconds of `tick`.
    #[inline]
    pub(crate) fn epoch_micros(&self, tick: Tick) -> u64 {
        let epoch = self.epoch.saturating_add(self.since_base(tick));
        epoch.max(0) as u64 / 1_000
    }

    /// `tick` as a moment of the same clock.
    pub(crate) fn moment(&self, tick: Tick) -> Moment {
        let moment = self.monotonic.saturating_add(self.since_base(tick));
        Moment(moment.max(0) as u64)
    }

    /// Nanoseconds from the base to `tick`, which is often before it.
    #[inline]
    fn since_base(&self, tick: Tick) -> i64 {
        let ticks = tick.0.wrapping_sub(self.base) as i64;
        ((i128::from(ticks) * i128::from(self.step)) >> 32) as i64
    }
}

impl Sample {
    /// Reads all clocks, as close together as can be had in three attempts: this thread may lose its processor in between.
    pub(super) fn take(origin: Instant, tick: impl Fn() -> u64) -> Self {
        let attempt = |_| {
            let before = tick();
            let monotonic = origin.elapsed();
            let epoch = SystemTime::now();
            let took = tick().wrapping_sub(before);
            let sample = Self {
                tick: before.wrapping_add(took / 2),
                monotonic,
                epoch: nanoseconds(epoch),
            };
            (took, sample)
        };
        let (_, sample) =
            (1..3).map(attempt).fold(
                attempt(0),
                |best, other| if other.0 < best.0 { other } else { best },
            );
        sample
    }
}

impl Timeline {
    pub(super) fn new(sample: Sample) -> Self {
        Self {
            scale: Scale {
                base: sample.tick,
                epoch: sample.epoch,
                monotonic: sample.monotonic.as_nanos() as i64,
                step: ONE,
            },
            sample,
            is_measured: false,
            doubted: None,
        }
    }

    /// The scale that is right at the moment of `sample`.
    ///
    /// Until a first window is over, the length of a tick is measured from the start to now: as exact as it has to be for what
    /// happened in between, so nothing has to be calibrated.
    pub(super) fn advance(&mut self, sample: Sample) -> Scale {
        let passed = sample.monotonic.saturating_sub(self.sample.monotonic);
        let is_over = passed >= WINDOW;
        if let Some(step) = step(sample.tick.wrapping_sub(self.sample.tick), passed) {
            // Where the machine slept, the clocks disagree about how long that was: the window tells nothing. But two in a row
            // that say the same are right, and what was believed before was measured during a sleep, or on another machine.
            let agrees = |known: u64| step.abs_diff(known) <= known / 1_000;
            let is_plausible = agrees(self.scale.step) || self.doubted.is_some_and(agrees);
            if !self.is_measured || is_over && is_plausible {
                self.scale.step = step;
                self.doubted = None;
            } else if is_over {
                self.doubted = Some(step);
            }
        }
        if is_over {
            self.is_measured = true;
            self.sample = sample;
            self.scale.base = sample.tick;
            self.scale.epoch = sample.epoch;
            self.scale.monotonic = sample.monotonic.as_nanos() as i64;
        }
        self.scale
    }

    /// Whether another sample would change the scale.
    pub(super) fn is_due(&self, monotonic: Duration) -> bool {
        !self.is_measured || monotonic.saturating_sub(self.sample.monotonic) >= WINDOW
    }

    pub(super) fn scale(&self) -> Scale {
        self.scale
    }
}

/// Nanoseconds of a tick, times 2^32, when `ticks` took so long.
fn step(ticks: u64, took: Duration) -> Option<u64> {
    let step = (took.as_nanos() << 32).checked_div(u128::from(ticks))?;
    u64::try_from(step).ok().filter(|step| *step > 0)
}

pub(super) fn nanoseconds(time: SystemTime) -> i64 {
    time.duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_nanos() as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: i64 = 1_700_000_000_000_000_000;

    /// Three clocks that agree, of which the counter makes three ticks a nanosecond.
    fn after(nanoseconds: u64) -> Sample {
        Sample {
            tick: 1_000 + 3 * nanoseconds,
            monotonic: Duration::from_nanos(nanoseconds),
            epoch: START + nanoseconds as i64,
        }
    }

    fn micros(scale: Scale, nanoseconds: u64) -> u64 {
        scale.epoch_micros(Tick(after(nanoseconds).tick)) - START as u64 / 1_000
    }

    const SECOND: u64 = 1_000_000_000;

    #[test]
    fn times_are_right_from_the_first_sample_on() {
        let mut timeline = Timeline::new(after(0));
        for now in [0, 1_000, 1_000_000, SECOND, 7 * SECOND, 3_600 * SECOND] {
            let scale = timeline.advance(after(now));
            for past in [0, now / 3, now] {
                let moment = scale.moment(Tick(after(past).tick)).0;
                assert!(moment.abs_diff(past) <= 1_000, "{moment} for {past}");
                assert!(
                    micros(scale, past).abs_diff(past / 1_000) <= 1,
                    "{past} seen at {now}"
                );
            }
        }
    }

    #[test]
    fn a_time_that_was_set_is_taken_over_after_a_while() {
        let mut timeline = Timeline::new(after(0));
        timeline.advance(after(6 * SECOND));
        let set = |seconds| Sample {
            epoch: START + (seconds * SECOND) as i64 + 60 * SECOND as i64,
            ..after(seconds * SECOND)
        };
        for (now, told) in [(7, 7), (12, 72)] {
            let micros = micros(timeline.advance(set(now)), now * SECOND);
            assert!(
                micros.abs_diff(told * 1_000_000) <= 1,
                "{micros} at {now} s"
            );
        }
    }

    #[test]
    fn a_sleep_that_only_one_clock_saw_does_not_bend_times() {
        let mut timeline = Timeline::new(after(0));
        timeline.advance(after(6 * SECOND));
        let awake = Sample {
            tick: after(6 * SECOND).tick + 3 * 8 * 3_600 * SECOND,
            monotonic: Duration::from_secs(12),
            epoch: START + 8 * 3_600 * SECOND as i64,
        };
        let scale = timeline.advance(awake);
        let second = scale.epoch_micros(Tick(awake.tick))
            - scale.epoch_micros(Tick(awake.tick - 3 * SECOND));
        assert!(second.abs_diff(1_000_000) <= 1);
    }

    #[test]
    fn a_sleep_in_the_first_window_bends_times_for_two_windows_and_no_longer() {
        let mut timeline = Timeline::new(after(0));
        // After eight hours that the monotonic clock did not see.
        let awake = |seconds| Sample {
            tick: after(seconds * SECOND).tick + 3 * 8 * 3_600 * SECOND,
            ..after(seconds * SECOND)
        };
        for now in [6, 12, 18] {
            timeline.advance(awake(now));
        }
        let scale = timeline.scale();
        let second =
            scale.epoch_micros(Tick(awake(18).tick)) - scale.epoch_micros(Tick(awake(17).tick));
        assert!(second.abs_diff(1_000_000) <= 1, "{second}");
    }
}
