use std::time::Duration;

use crate::clock::Moment;
use crate::sampling::central::rule::{EARLY, INTERVAL};

/// When X-Ray is asked for rules, and told what was decided by them.
///
/// Many processes start at the same time, and are cut off at the same time. Dice keep them from asking at the same time too: each
/// shows a number from 0 up to but not including 1.
pub(super) struct Schedule {
    rules: Moment,
    /// None until there are rules.
    report: Option<Moment>,
    failures: u32,
    report_failures: u32,
}

/// The first call comes within this time.
const SPREAD: Duration = Duration::from_secs(5);
/// How often rules are asked for (all official SDKs).
const REFRESH: Duration = Duration::from_secs(300);
/// So much later at most.
const REFRESH_SPREAD: Duration = Duration::from_secs(30);
/// The longest wait after failures. Short enough to be back soon when the daemon is.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

impl Schedule {
    pub(super) fn new(now: Moment, die: f64) -> Self {
        Self {
            rules: now.after(SPREAD.mul_f64(die)),
            report: None,
            failures: 0,
            report_failures: 0,
        }
    }

    /// When there is something to do next.
    pub(super) fn next(&self) -> Moment {
        self.report
            .map_or(self.rules, |report| report.min(self.rules))
    }

    pub(super) fn is_time_for_rules(&self, now: Moment) -> bool {
        now >= self.rules
    }

    pub(super) fn is_time_for_report(&self, now: Moment) -> bool {
        self.report.is_some_and(|report| now >= report)
    }

    /// Whether the last call for rules was in vain.
    pub(super) fn is_without_rules(&self) -> bool {
        self.failures > 0
    }

    pub(super) fn rules_came(&mut self, now: Moment, die: f64) {
        self.failures = 0;
        self.rules = now.after(REFRESH).after(REFRESH_SPREAD.mul_f64(die));
        if self.report.is_none() {
            // At any time of the ten seconds: from then on all are spread over them.
            self.report = Some(now.after(INTERVAL.mul_f64(1.0 - die)));
        }
    }

    pub(super) fn rules_failed(&mut self, now: Moment, die: f64) {
        self.failures = self.failures.saturating_add(1);
        self.rules = now.after(wait(self.failures, die));
    }

    /// Rules are to be asked for at once.
    pub(super) fn ask_for_rules(&mut self, now: Moment) {
        self.rules = self.rules.min(now);
    }

    pub(super) fn reported(&mut self, now: Moment, die: f64) {
        self.report_failures = 0;
        // Early rather than late: a rule that was changed is to be in force ten seconds later.
        self.report = Some(now.after(INTERVAL - EARLY.mul_f64(die)));
    }

    pub(super) fn report_failed(&mut self, now: Moment, die: f64) {
        self.report_failures = self.report_failures.saturating_add(1);
        self.report = Some(now.after(wait(self.report_failures, die)));
    }
}

/// Twice as long after each failure, and between half of that and all of it.
fn wait(failures: u32, die: f64) -> Duration {
    let doubled = INTERVAL.saturating_mul(1 << failures.saturating_sub(1).min(10));
    doubled.min(LONGEST_WAIT).mul_f64(0.5 + die / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;

    fn start() -> Moment {
        Clock::manual(Duration::from_secs(1_700_000_000)).now()
    }

    #[test]
    fn two_hundred_that_start_together_spread_their_first_calls() {
        use rand::{RngExt as _, SeedableRng as _};
        let mut dice = rand::rngs::SmallRng::seed_from_u64(7);
        let mut tenths = [0; 50];
        for _ in 0..200 {
            let first = Schedule::new(start(), dice.random()).next();
            let tenth = first.since(start()).as_millis() / 100;
            tenths[tenth as usize] += 1;
        }
        // Four are expected in each tenth of a second.
        assert!(tenths.iter().all(|calls| *calls <= 14), "{tenths:?}");
        assert!(tenths.iter().filter(|calls| **calls > 0).count() > 40);
    }

    #[test]
    fn rules_are_asked_for_every_five_minutes_and_a_bit() {
        for (die, seconds) in [(0.0, 300), (0.5, 315)] {
            let mut schedule = Schedule::new(start(), die);
            schedule.rules_came(start(), die);
            schedule.report = None;
            assert_eq!(schedule.next().since(start()), Duration::from_secs(seconds));
        }
    }

    #[test]
    fn reports_go_out_every_ten_seconds_or_a_bit_earlier() {
        for (die, milliseconds) in [(0.0, 10_000), (0.5, 9_500)] {
            let mut schedule = Schedule::new(start(), die);
            schedule.reported(start(), die);
            schedule.rules_came(start(), die);
            assert_eq!(
                schedule.next().since(start()),
                Duration::from_millis(milliseconds)
            );
        }
    }

    #[test]
    fn the_first_report_goes_out_at_any_time_of_the_ten_seconds_after_the_rules() {
        for (die, milliseconds) in [(0.0, 10_000), (0.25, 7_500), (0.75, 2_500)] {
            let mut schedule = Schedule::new(start(), 0.0);
            schedule.rules_came(start(), die);
            assert_eq!(
                schedule.next().since(start()),
                Duration::from_millis(milliseconds)
            );
        }
    }

    #[test]
    fn each_failure_in_a_row_doubles_the_wait_up_to_a_minute() {
        let mut schedule = Schedule::new(start(), 0.0);
        let mut waits = |die| {
            schedule.rules_failed(start(), die);
            schedule.next().since(start()).as_millis()
        };
        assert_eq!(
            [(); 5].map(|()| waits(0.0)),
            [5_000, 10_000, 20_000, 30_000, 30_000]
        );
        assert_eq!(waits(0.5), 45_000);
        schedule.rules_came(start(), 0.0);
        schedule.rules_failed(start(), 0.0);
        assert!(schedule.is_time_for_rules(start().after(Duration::from_secs(5))));
    }
}
