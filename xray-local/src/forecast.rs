//! How many faults are to be expected, by what was before: a simple model, and the same for the statistics of a service and for insights. Pure.
//!
//! Faults are taken to come by chance at one rate, which the last hour tells. Where little is known it is taken to be one in a hundred:
//! that counts as much as a hundred requests. The bounds stand three standard deviations of so many throws of a die to either side.

use serde::Serialize;

/// How long before a moment its past reaches, in seconds.
pub(crate) const PAST: f64 = 3_600.0;

/// What is known before anything has happened.
const PRIOR: Counts = Counts {
    requests: 100,
    faults: 1,
};

/// How many standard deviations are within the expected.
const DEVIATIONS: f64 = 3.0;

/// Requests, and those of them that failed by the service's own fault.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) requests: u64,
    pub(crate) faults: u64,
}

/// The expected bounds of a number of faults, in the form of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Forecast {
    pub(crate) fault_count_high: u64,
    pub(crate) fault_count_low: u64,
}

impl Forecast {
    /// Of so many requests after such a past.
    pub(crate) fn of(past: Counts, requests: u64) -> Self {
        let rate = (past.faults + PRIOR.faults) as f64 / (past.requests + PRIOR.requests) as f64;
        let requests = requests as f64;
        let mean = requests * rate;
        let deviation = DEVIATIONS * (mean * (1.0 - rate)).max(0.0).sqrt();
        Self {
            fault_count_high: (mean + deviation).ceil().min(requests) as u64,
            fault_count_low: (mean - deviation).floor().max(0.0) as u64,
        }
    }
}

impl std::ops::AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.requests += other.requests;
        self.faults += other.faults;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bounds(past: (u64, u64), requests: u64) -> (u64, u64) {
        let (past, faults) = past;
        let past = Counts {
            requests: past,
            faults,
        };
        let forecast = Forecast::of(past, requests);
        (forecast.fault_count_low, forecast.fault_count_high)
    }

    #[test]
    fn bounds_follow_from_the_rate_of_the_past() {
        // Nothing known: 1 % of 100 is 1, and three times the root of 0.99 to either side.
        assert_eq!(bounds((0, 0), 100), (0, 4));
        // 10 % of 100 is 10, and three times the root of 9 to either side.
        assert_eq!(bounds((9_900, 999), 100), (1, 19));
        // A service that always fails is expected to.
        assert_eq!(bounds((1_000_000, 1_000_000), 50), (49, 50));
        assert_eq!(bounds((1_000, 0), 0), (0, 0));
    }
}
