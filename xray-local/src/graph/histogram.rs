use std::collections::BTreeMap;

use serde::de::{Deserialize, Deserializer};
use serde::ser::{Serialize, SerializeSeq, Serializer};

use crate::entry::{Bytes, fields};

/// How the times of requests are spread: each time, rounded, with how often it occurred.
///
/// X-Ray has no fixed buckets. Few times are told one by one, to the millisecond; of many, those that lie close together are
/// told as one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Histogram {
    by_millisecond: BTreeMap<u64, u64>,
}

/// How many entries are written before times are put together. X-Ray's number is not known.
const SINGLE_ENTRIES: usize = 100;

impl Histogram {
    /// Counts one time, in microseconds.
    pub(crate) fn count(&mut self, micros: u64) {
        let millisecond = micros.saturating_add(500) / 1_000;
        *self.by_millisecond.entry(millisecond).or_default() += 1;
    }

    /// Counts what another one has counted.
    pub(crate) fn merge(&mut self, other: &Self) {
        for (millisecond, count) in &other.by_millisecond {
            *self.by_millisecond.entry(*millisecond).or_default() += count;
        }
    }

    /// About how much memory it takes beside itself: nodes of a tree are half full.
    pub(super) fn bytes(&self) -> usize {
        self.by_millisecond.len() * 2 * size_of::<(u64, u64)>()
    }

    /// Whether no time was counted.
    pub fn is_empty(&self) -> bool {
        self.by_millisecond.is_empty()
    }

    /// The time, in seconds, within which this share of the requests ended; `None` where there was none.
    pub(crate) fn within(&self, share: f64) -> Option<f64> {
        let total: u64 = self.by_millisecond.values().sum();
        let wanted = ((total as f64 * share).ceil() as u64).max(1);
        let mut passed = 0;
        let mut times = self.by_millisecond.iter();
        let time = times.find(|(_, count)| {
            passed += *count;
            passed >= wanted
        });
        time.map(|(time, _)| *time as f64 / 1e3)
    }

    /// The times in seconds with their counts, the shortest first.
    pub fn entries(&self) -> Vec<(f64, u64)> {
        let in_seconds = |(time, count): (&u64, &u64)| (*time as f64 / 1e3, *count);
        if self.by_millisecond.len() <= SINGLE_ENTRIES {
            return self.by_millisecond.iter().map(in_seconds).collect();
        }
        let mut merged = BTreeMap::new();
        for (time, count) in &self.by_millisecond {
            *merged.entry(two_digits(*time)).or_default() += count;
        }
        merged.iter().map(in_seconds).collect()
    }
}

/// The number with all digits but the first two replaced by zeros, rounded.
fn two_digits(number: u64) -> u64 {
    let mut step = 1;
    while number / step >= 100 {
        step *= 10;
    }
    number.saturating_add(step / 2) / step * step
}

fields!(Histogram { by_millisecond });

/// As the API writes an entry.
#[derive(serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
struct WrittenEntry {
    value: f64,
    count: u64,
}

/// As the API's list of `{Value, Count}`.
impl Serialize for Histogram {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let entries = self.entries();
        let mut list = serializer.serialize_seq(Some(entries.len()))?;
        for (value, count) in entries {
            list.serialize_element(&WrittenEntry { value, count })?;
        }
        list.end()
    }
}

impl<'de> Deserialize<'de> for Histogram {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut histogram = Self::default();
        for entry in Vec::<WrittenEntry>::deserialize(deserializer)? {
            let time = (entry.value * 1e3).round() as u64;
            *histogram.by_millisecond.entry(time).or_default() += entry.count;
        }
        Ok(histogram)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_times_are_told_to_the_millisecond() {
        let mut histogram = Histogram::default();
        for time in [178_400, 178_000, 2_000_000, 100] {
            histogram.count(time);
        }
        assert_eq!(
            serde_json::to_string(&histogram).expect("can be written"),
            r#"[{"Value":0.0,"Count":1},{"Value":0.178,"Count":2},{"Value":2.0,"Count":1}]"#
        );
    }

    #[test]
    fn many_times_are_put_together_and_none_is_lost() {
        let mut histogram = Histogram::default();
        for millisecond in 0..20_000 {
            histogram.count(millisecond * 1_000);
        }
        let entries = histogram.entries();
        assert!(entries.len() <= 400, "{}", entries.len());
        assert_eq!(entries.iter().map(|(_, count)| count).sum::<u64>(), 20_000);
        assert!(entries.is_sorted_by(|one, next| one.0 < next.0));
    }

    #[test]
    fn shares_of_the_requests_end_within_their_times() {
        let mut histogram = Histogram::default();
        assert_eq!(histogram.within(0.5), None);
        for millisecond in 1..=100 {
            histogram.count(millisecond * 1_000);
        }
        let within = |share| histogram.within(share).expect("there are times");
        assert_eq!(
            [0.0, 0.01, 0.5, 0.95, 1.0].map(within),
            [0.001, 0.001, 0.05, 0.095, 0.1]
        );
    }

    #[test]
    fn rounding_keeps_two_digits() {
        for (number, rounded) in [
            (0, 0),
            (99, 99),
            (104, 100),
            (105, 110),
            (999, 1000),
            (123_456, 120_000),
        ] {
            assert_eq!(two_digits(number), rounded);
        }
    }
}
