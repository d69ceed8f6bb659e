//! A rate that rises for a while when requests go wrong unseen.

use serde::Serialize;

use super::report::AnomalyReport;
use super::rule::RateBoost;

/// How long a boost lasts, in seconds: AWS's own last up to a minute.
const LENGTH: f64 = 60.0;

/// The boosts of one rule.
#[derive(Debug, Default)]
pub(crate) struct Boosts {
    /// When the latest one began, in seconds since 1970.
    begun: Option<f64>,
}

/// A boost as a target tells it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct SamplingBoost {
    pub(crate) boost_rate: f64,
    #[serde(rename = "BoostRateTTL")]
    pub(crate) boost_rate_ttl: f64,
}

impl Boosts {
    /// Begins a boost when anomalies went unrecorded, and no other began within the cooldown window.
    pub(crate) fn report(&mut self, report: &AnomalyReport, boost: RateBoost, now: f64) {
        let window = f64::from(u32::from(boost.cooldown_window_minutes)) * 60.0;
        let is_cooling = self.began_within(window, now);
        if report.anomalies > report.sampled_anomalies && !is_cooling {
            self.begun = Some(now);
        }
    }

    /// The boost that lasts now. AWS does not tell how it finds a rate below the rule's greatest one: here it is the greatest.
    /// There is none where it would not be above the rule's own rate.
    pub(crate) fn current(
        &self,
        boost: Option<RateBoost>,
        fixed_rate: f64,
        now: f64,
    ) -> Option<SamplingBoost> {
        let begun = self.begun.filter(|_| self.began_within(LENGTH, now))?;
        let boost_rate = boost.map(|boost| f64::from(boost.max_rate))?;
        (boost_rate > fixed_rate).then_some(SamplingBoost {
            boost_rate,
            boost_rate_ttl: (begun + LENGTH).floor(),
        })
    }

    fn began_within(&self, seconds: f64, now: f64) -> bool {
        // A clock that was put back far ends what began at a later time.
        self.begun
            .is_some_and(|begun| (now - begun).abs() < seconds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sampling::RuleName;

    const NOW: f64 = 1_700_000_000.0;

    fn boost(minutes: u32) -> RateBoost {
        let json = format!(r#"{{"MaxRate":0.5,"CooldownWindowMinutes":{minutes}}}"#);
        serde_json::from_str(&json).expect("within its bounds")
    }

    fn report(anomalies: u32, sampled_anomalies: u32) -> AnomalyReport {
        AnomalyReport {
            rule_name: RuleName::default_rule(),
            timestamp: NOW,
            anomalies,
            sampled_anomalies,
        }
    }

    #[test]
    fn anomalies_that_nobody_recorded_begin_a_boost_of_a_minute() {
        let mut boosts = Boosts::default();
        boosts.report(&report(3, 1), boost(10), NOW);
        let current = |now| boosts.current(Some(boost(10)), 0.05, now);
        let expected = SamplingBoost {
            boost_rate: 0.5,
            boost_rate_ttl: NOW + 60.0,
        };
        assert_eq!(current(NOW), Some(expected));
        assert_eq!(current(NOW + 59.9), Some(expected));
        assert_eq!(current(NOW + 60.0), None);
    }

    #[test]
    fn where_nothing_is_missed_there_is_no_boost() {
        let mut boosts = Boosts::default();
        boosts.report(&report(0, 0), boost(10), NOW);
        boosts.report(&report(3, 3), boost(10), NOW);
        assert_eq!(boosts.current(Some(boost(10)), 0.05, NOW), None);
    }

    #[test]
    fn a_cooldown_window_has_one_boost() {
        let mut boosts = Boosts::default();
        let mut begins = |now: f64| {
            boosts.report(&report(1, 0), boost(10), now);
            boosts.begun == Some(now)
        };
        assert!(begins(NOW));
        assert!(!begins(NOW + 30.0));
        assert!(!begins(NOW + 599.9));
        assert!(begins(NOW + 600.0));
    }

    #[test]
    fn without_a_cooldown_window_anomalies_keep_the_boost_up() {
        let mut boosts = Boosts::default();
        boosts.report(&report(1, 0), boost(0), NOW);
        boosts.report(&report(1, 0), boost(0), NOW + 50.0);
        assert!(boosts.current(Some(boost(0)), 0.05, NOW + 100.0).is_some());
    }

    #[test]
    fn a_rule_that_lost_its_boost_or_records_as_much_without_it_has_none() {
        let mut boosts = Boosts::default();
        boosts.report(&report(1, 0), boost(10), NOW);
        assert_eq!(boosts.current(None, 0.05, NOW), None);
        assert_eq!(boosts.current(Some(boost(10)), 0.5, NOW), None);
    }
}
