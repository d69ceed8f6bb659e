use std::sync::atomic::{AtomicU64, Ordering};

use super::{Decision, Sampler, SamplingRequest};
use crate::clock::Clock;

/// Records a fixed number of requests each second, and a share of the rest.
///
/// The fixed number makes sure that a quiet service is seen at all; the share bounds what a busy one records. The default is that of
/// all X-Ray SDKs: one request a second, and 5 % of the rest (developer guide, "Configuring sampling rules").
///
/// Each sampler counts by itself: ten processes with one each record ten requests a second.
pub struct LocalSampler {
    fixed_target: u32,
    rate: f64,
    clock: Clock,
    /// The current second in the upper half, and in the lower half how much of the fixed target it has used. One number, so that no
    /// lock is needed, and no second is used up twice.
    used: AtomicU64,
}

impl LocalSampler {
    /// Records the first `fixed_target` requests of each second, and of the others the share `rate`, from 0 to 1.
    ///
    /// A rate beyond these bounds counts as the nearest of them, and NaN as 0.
    pub fn new(fixed_target: u32, rate: f64) -> Self {
        Self {
            fixed_target,
            rate: if rate.is_nan() {
                0.0
            } else {
                rate.clamp(0.0, 1.0)
            },
            clock: Clock::system(),
            used: AtomicU64::new(0),
        }
    }

    /// Decides at a second, with a die that shows a number from 0 up to but not including 1.
    fn decide_at(&self, second: u32, die: impl FnOnce() -> f64) -> bool {
        // A rate of 0 or 1 needs no die. "Less than": a rate of 0 never passes, and one of 1 always does.
        self.take_from_target(second) || self.rate >= 1.0 || (self.rate > 0.0 && die() < self.rate)
    }

    /// Uses one of the fixed target's requests of this second, if one is left.
    fn take_from_target(&self, second: u32) -> bool {
        let next = |state| {
            let (known, used) = ((state >> 32) as u32, state as u32);
            // A thread that read the clock just before the second changed must not open the old second again.
            let (second, used) = if second > known {
                (second, 0)
            } else {
                (known, used)
            };
            (used < self.fixed_target).then(|| u64::from(second) << 32 | u64::from(used + 1))
        };
        // Nothing else is published with the number: its own order is enough.
        let taken = self
            .used
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, next);
        taken.is_ok()
    }
}

impl Default for LocalSampler {
    fn default() -> Self {
        Self::new(1, 0.05)
    }
}

impl Sampler for LocalSampler {
    fn decide(&self, _request: &SamplingRequest<'_>) -> Decision {
        let second = self.clock.epoch_seconds(self.clock.now());
        self.decide_at(second, rand::random::<f64>).into()
    }
}

impl std::fmt::Debug for LocalSampler {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LocalSampler")
            .field("fixed_target", &self.fixed_target)
            .field("rate", &self.rate)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;

    use super::*;

    const SECOND: u32 = 1_700_000_000;

    fn no_die() -> f64 {
        panic!("no die is needed")
    }

    #[test]
    fn the_first_of_each_second_are_sampled_and_then_a_share() {
        let sampler = LocalSampler::new(2, 0.05);
        for second in [SECOND, SECOND + 1, SECOND + 7] {
            assert!(sampler.decide_at(second, no_die));
            assert!(sampler.decide_at(second, no_die));
            assert!(sampler.decide_at(second, || 0.0));
            assert!(sampler.decide_at(second, || 0.0499));
            assert!(!sampler.decide_at(second, || 0.05));
            assert!(!sampler.decide_at(second, || 0.99));
        }
    }

    #[test]
    fn a_second_that_is_over_is_not_opened_again() {
        let sampler = LocalSampler::new(1, 0.0);
        assert!(sampler.decide_at(SECOND, no_die));
        assert!(sampler.decide_at(SECOND + 1, no_die));
        assert!(!sampler.decide_at(SECOND, no_die));
        assert!(!sampler.decide_at(SECOND + 1, no_die));
    }

    #[test]
    fn a_rate_of_nothing_never_passes_and_one_of_all_always_does() {
        assert!(!LocalSampler::new(0, 0.0).decide_at(SECOND, || 0.0));
        assert!(!LocalSampler::new(0, f64::NAN).decide_at(SECOND, || 0.0));
        assert!(!LocalSampler::new(0, -1.0).decide_at(SECOND, || 0.0));
        assert!(LocalSampler::new(0, 1.0).decide_at(SECOND, no_die));
        assert!(LocalSampler::new(0, f64::INFINITY).decide_at(SECOND, no_die));
    }

    #[test]
    fn threads_share_the_fixed_target_exactly() {
        const THREADS: usize = 4;
        let sampler = LocalSampler::new(1_000, 0.0);
        let start = Barrier::new(THREADS);
        let sampled: usize = std::thread::scope(|scope| {
            let count = || {
                start.wait();
                (0..2_000)
                    .filter(|_| sampler.decide_at(SECOND, no_die))
                    .count()
            };
            let threads = [(); THREADS].map(|()| scope.spawn(count));
            threads
                .into_iter()
                .map(|thread| thread.join().expect("does not panic"))
                .sum()
        });
        assert_eq!(sampled, 1_000);
    }

    #[test]
    fn the_default_samples_the_first_request() {
        let sampler = LocalSampler::default();
        assert!(sampler.decide(&SamplingRequest::default()).is_sampled());
    }
}
