//! What clients reported of a rule, in windows of ten seconds.

use std::collections::BTreeMap;

use super::report::Counts;

/// The length of a window, in seconds.
pub(crate) const WINDOW: f64 = 10.0;

/// For how long windows are kept, in seconds. AWS says "recent".
pub(crate) const KEPT: f64 = 3_600.0;

/// How far the clock of a client may be ahead, in seconds: what AWS takes of one that signs.
pub(crate) const AHEAD: f64 = 300.0;

/// The windows by their starts, in seconds since 1970.
#[derive(Debug, Default)]
pub(crate) struct Statistics {
    windows: BTreeMap<u64, Counts>,
}

impl Statistics {
    /// Counts what a client reports, in the window of the client's time; in the present one where its clock is ahead.
    pub(crate) fn count(&mut self, counts: Counts, timestamp: f64, now: f64) {
        let time = match (now - KEPT..=now + WINDOW).contains(&timestamp) {
            true => timestamp,
            false => now,
        };
        *self.windows.entry(window(time)).or_default() += counts;
        self.windows.retain(|start, _| is_kept(*start, now));
    }

    /// The windows that are kept, the latest first.
    pub(crate) fn windows(&self, now: f64) -> impl Iterator<Item = (u64, Counts)> {
        let kept = self.windows.iter().rev();
        kept.filter(move |(start, _)| is_kept(**start, now))
            .map(|(start, counts)| (*start, *counts))
    }
}

/// The start of the window that a time lies in.
fn window(time: f64) -> u64 {
    ((time / WINDOW).floor() * WINDOW) as u64
}

fn is_kept(start: u64, now: f64) -> bool {
    now - (start as f64) < KEPT + WINDOW
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: f64 = 1_700_000_005.0;

    fn counts(requests: u64) -> Counts {
        Counts {
            requests,
            borrowed: 1,
            sampled: 2,
        }
    }

    fn requests(statistics: &Statistics, now: f64) -> Vec<(u64, u64)> {
        let windows = statistics.windows(now);
        windows
            .map(|(start, counts)| (start, counts.requests))
            .collect()
    }

    #[test]
    fn reports_add_up_in_the_window_of_their_time() {
        let mut statistics = Statistics::default();
        for (requests, time) in [(1, NOW - 6.0), (2, NOW - 5.0), (4, NOW), (8, NOW + 4.9)] {
            statistics.count(counts(requests), time, NOW);
        }
        assert_eq!(
            requests(&statistics, NOW),
            [(1_700_000_000, 14), (1_699_999_990, 1)]
        );
        let (_, latest) = statistics.windows(NOW).next().expect("a window");
        assert_eq!((latest.borrowed, latest.sampled), (3, 6));
    }

    #[test]
    fn a_clock_that_is_far_off_does_not_count() {
        let mut statistics = Statistics::default();
        for time in [0.0, NOW - KEPT - 1.0, NOW + WINDOW + 1.0, 253_402_300_799.0] {
            statistics.count(counts(1), time, NOW);
        }
        assert_eq!(requests(&statistics, NOW), [(1_700_000_000, 4)]);
    }

    #[test]
    fn windows_are_kept_for_an_hour() {
        let mut statistics = Statistics::default();
        statistics.count(counts(1), NOW, NOW);
        assert_eq!(requests(&statistics, NOW + KEPT - 1.0).len(), 1);
        let later = NOW + KEPT + WINDOW;
        assert_eq!(requests(&statistics, later), []);
        statistics.count(counts(1), later, later);
        assert_eq!(statistics.windows.len(), 1);
    }
}
