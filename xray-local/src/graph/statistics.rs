use serde::{Deserialize, Serialize};

use crate::entry::{Bytes, fields};
use crate::trace::{Outcome, seconds};

/// How many requests ended how, and how long they took together. Only finished requests count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Statistics {
    /// Requests without error or fault.
    pub ok_count: u64,
    /// Requests that failed through the caller's fault.
    pub error_statistics: ErrorStatistics,
    /// Requests that failed through the service's fault.
    pub fault_statistics: FaultStatistics,
    /// All requests.
    pub total_count: u64,
    /// The sum of their response times, in seconds.
    #[serde(serialize_with = "rounded")]
    pub total_response_time: f64,
}

/// Requests that failed through the caller's fault.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ErrorStatistics {
    /// Turned away for asking too much.
    pub throttle_count: u64,
    /// All others.
    pub other_count: u64,
    /// Both together.
    pub total_count: u64,
}

/// Requests that failed through the service's fault.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct FaultStatistics {
    /// All of them: X-Ray tells no kinds of faults apart.
    pub other_count: u64,
    /// All of them.
    pub total_count: u64,
}

/// Requests by how they ended, each counted once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct OutcomeCounts {
    /// Without error or fault.
    pub ok: u64,
    /// Through the caller's fault, but for those that were turned away for asking too much.
    pub error: u64,
    /// Turned away for asking too much.
    pub throttle: u64,
    /// Through the service's fault.
    pub fault: u64,
    /// All of them.
    pub total: u64,
}

impl OutcomeCounts {
    /// The outcomes that there were, the gravest first.
    pub(crate) fn by_gravity(self) -> impl Iterator<Item = (Outcome, u64)> {
        let all = [
            (Outcome::Fault, self.fault),
            (Outcome::Throttle, self.throttle),
            (Outcome::Error, self.error),
            (Outcome::Ok, self.ok),
        ];
        all.into_iter().filter(|(_, count)| *count > 0)
    }
}

fields!(Statistics {
    ok_count,
    error_statistics,
    fault_statistics,
    total_count,
    total_response_time
});
fields!(ErrorStatistics {
    throttle_count,
    other_count,
    total_count
});
fields!(FaultStatistics {
    other_count,
    total_count
});

impl Statistics {
    /// The requests by how they ended.
    pub fn outcomes(&self) -> OutcomeCounts {
        OutcomeCounts {
            ok: self.ok_count,
            error: self.error_statistics.other_count,
            throttle: self.error_statistics.throttle_count,
            fault: self.fault_statistics.total_count,
            total: self.total_count,
        }
    }

    /// How long a request took on average, in seconds; `None` where there was none.
    pub fn average_time(&self) -> Option<f64> {
        let total = self.total_count;
        (total > 0).then(|| seconds(self.total_response_time / total as f64))
    }

    /// Counts one finished request.
    pub(crate) fn count(&mut self, outcome: Outcome, response_time: f64) {
        match outcome {
            Outcome::Ok => self.ok_count += 1,
            Outcome::Error => {
                self.error_statistics.other_count += 1;
                self.error_statistics.total_count += 1;
            }
            Outcome::Throttle => {
                self.error_statistics.throttle_count += 1;
                self.error_statistics.total_count += 1;
            }
            Outcome::Fault => {
                self.fault_statistics.other_count += 1;
                self.fault_statistics.total_count += 1;
            }
        }
        self.total_count += 1;
        self.total_response_time = seconds(self.total_response_time + seconds(response_time));
    }

    /// Counts what another one has counted.
    pub(crate) fn merge(&mut self, other: &Self) {
        self.ok_count += other.ok_count;
        self.error_statistics.throttle_count += other.error_statistics.throttle_count;
        self.error_statistics.other_count += other.error_statistics.other_count;
        self.error_statistics.total_count += other.error_statistics.total_count;
        self.fault_statistics.other_count += other.fault_statistics.other_count;
        self.fault_statistics.total_count += other.fault_statistics.total_count;
        self.total_count += other.total_count;
        self.total_response_time = seconds(self.total_response_time + other.total_response_time);
    }
}

fn rounded<S: serde::Serializer>(time: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(seconds(*time))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcomes_are_told_the_gravest_first() {
        let mut statistics = Statistics::default();
        for outcome in [Outcome::Ok, Outcome::Throttle, Outcome::Error, Outcome::Ok] {
            statistics.count(outcome, 0.1);
        }
        let told: Vec<_> = statistics.outcomes().by_gravity().collect();
        let expected = [
            (Outcome::Throttle, 1),
            (Outcome::Error, 1),
            (Outcome::Ok, 2),
        ];
        assert_eq!(told, expected);
    }

    #[test]
    fn each_outcome_has_its_count_and_all_have_the_total() {
        let mut statistics = Statistics::default();
        for outcome in [
            Outcome::Ok,
            Outcome::Error,
            Outcome::Throttle,
            Outcome::Fault,
            Outcome::Ok,
        ] {
            statistics.count(outcome, 0.1);
        }
        assert_eq!(
            serde_json::to_value(statistics).expect("can be written"),
            serde_json::json!({
                "OkCount": 2,
                "ErrorStatistics": {"ThrottleCount": 1, "OtherCount": 1, "TotalCount": 2},
                "FaultStatistics": {"OtherCount": 1, "TotalCount": 1},
                "TotalCount": 5,
                "TotalResponseTime": 0.5,
            })
        );
        let OutcomeCounts {
            ok,
            error,
            throttle,
            fault,
            total,
        } = statistics.outcomes();
        assert_eq!((ok, error, throttle, fault, total), (2, 1, 1, 1, 5));
        assert_eq!(statistics.average_time(), Some(0.1));
        assert_eq!(Statistics::default().average_time(), None);
    }
}
