use std::time::Duration;

/// How long the recorder's thread rests after a round: until about enough has been recorded that another one is worth it.
///
/// A rest costs a processor two switches of threads, some microseconds, which is to be little for each of what was recorded meanwhile. The more
/// waits for it, the more memory goes round between who records and who writes, and what does not stay in a processor's cache is waited for.
#[derive(Debug)]
pub(crate) struct Rest {
    latest: Duration,
}

/// So many lanes are enough: their switches cost less than a tenth of what they do, and they are a tenth of a second-level cache.
const ENOUGH: u32 = 128;
/// Timers are not exact to much less, and at a million lanes in a second they still fit into the second-level cache.
const SHORTEST: Duration = Duration::from_millis(1);

impl Rest {
    pub(crate) const fn new() -> Self {
        Self {
            latest: Duration::from_millis(50),
        }
    }

    /// How long to rest after a round that found so many lanes, but no longer than `longest`.
    pub(crate) fn after(&mut self, lanes: usize, longest: Duration) -> Duration {
        let lanes = u32::try_from(lanes).unwrap_or(u32::MAX).max(1);
        let next = (self.latest * ENOUGH / lanes).max(SHORTEST);
        self.latest = next.min(longest);
        self.latest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONGEST: Duration = Duration::from_millis(50);

    /// The rests of a thread that finds so many lanes for each second that it rested.
    fn rests(rate: u32, rounds: usize) -> Vec<Duration> {
        let mut rest = Rest::new();
        let mut lanes = 0;
        let mut next = || {
            let time = rest.after(lanes, LONGEST);
            lanes = (time * rate).as_secs() as usize;
            time
        };
        (0..rounds).map(|_| next()).collect()
    }

    #[test]
    fn a_thread_with_little_to_do_rests_as_long_as_it_may() {
        assert_eq!(rests(0, 3), [LONGEST; 3]);
        assert_eq!(rests(2_000, 5), [LONGEST; 5]);
    }

    #[test]
    fn a_thread_with_much_to_do_rests_until_there_is_enough() {
        for rate in [10_000, 100_000] {
            let enough = Duration::from_secs(1) * ENOUGH / rate;
            let last = rests(rate, 10)[9];
            assert!(last.abs_diff(enough) < enough / 20, "{rate}: {last:?}");
        }
        assert_eq!(rests(10_000_000, 10)[9], SHORTEST);
    }

    #[test]
    fn it_rests_long_again_once_there_is_nothing() {
        let mut rest = Rest::new();
        assert_eq!(rest.after(1_000_000, LONGEST), SHORTEST);
        assert_eq!(rest.after(0, LONGEST), LONGEST);
        assert_eq!(rest.after(usize::MAX, LONGEST), SHORTEST);
        assert_eq!(rest.after(3, LONGEST), Duration::from_nanos(42_666_666));
    }
}
