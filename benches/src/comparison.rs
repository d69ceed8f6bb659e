use crate::contender::Entry;
use crate::table::Row;
use crate::turn::{Turn, median, quantile};

/// The turns of some contenders, in rounds: what disturbs the machine for a while disturbs all of them.
pub(crate) struct Comparison<'a> {
    /// The first is the floor, which the others are measured by.
    entries: &'a [&'a Entry],
    /// The turns of each entry, one a round.
    turns: Vec<Vec<Turn>>,
}

impl<'a> Comparison<'a> {
    /// Gives every entry a turn in each of some rounds. Each round begins with the next entry, so that none always follows the same.
    ///
    /// # Errors
    ///
    /// When `take` fails.
    pub(crate) fn run(
        entries: &'a [&'a Entry],
        rounds: u32,
        mut take: impl FnMut(&Entry) -> Result<Turn, String>,
    ) -> Result<Self, String> {
        let mut turns = vec![Vec::new(); entries.len()];
        for round in 0..rounds as usize {
            for place in 0..entries.len() {
                let entry = (round + place) % entries.len();
                turns[entry].push(take(entries[entry])?);
            }
        }
        Ok(Self { entries, turns })
    }

    /// The figures of each entry: medians over the rounds. The ratio is the median of each round's own, for a machine that others
    /// use is faster in one round than in the next.
    pub(crate) fn rows(&self) -> Vec<Row> {
        let floor = self.turns.first().map_or(&[][..], Vec::as_slice);
        let entries = self.entries.iter().zip(&self.turns);
        entries
            .map(|(entry, turns)| {
                let mut path = numbers(turns, |turn| turn.ns);
                let rounds = turns.iter().zip(floor);
                let mut ratios: Vec<_> = rounds.map(|(turn, floor)| turn.ns / floor.ns).collect();
                Row {
                    contender: entry.contender,
                    variant: entry.variant,
                    ns: rounded(median(&mut path), 10.0),
                    total_cpu_ns: rounded(
                        median(&mut numbers(turns, |turn| turn.total_cpu_ns)),
                        10.0,
                    ),
                    allocations: rounded(
                        median(&mut numbers(turns, |turn| turn.allocations)),
                        100.0,
                    ),
                    floor_ratio: rounded(median(&mut ratios), 100.0),
                    quartiles: (quantile(&mut path, 0.25), quantile(&mut path, 0.75)),
                    note: entry.note,
                }
            })
            .collect()
    }

    /// How many requests were recorded and sent as datagrams.
    pub(crate) fn sent(&self) -> u64 {
        let entries = self.entries.iter().zip(&self.turns);
        entries
            .filter(|(entry, _)| entry.variant.ends_with("-udp"))
            .flat_map(|(_, turns)| turns)
            .map(|turn| turn.requests)
            .sum()
    }
}

fn numbers(turns: &[Turn], number: impl Fn(&Turn) -> f64) -> Vec<f64> {
    turns.iter().map(number).collect()
}

/// Without the digits that mean nothing; `unit` is one over the smallest that is kept.
fn rounded(number: f64, unit: f64) -> f64 {
    (number * unit).round() / unit
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(contender: &'static str, variant: &'static str) -> Entry {
        Entry {
            contender,
            variant,
            note: "",
            make: |_| unreachable!("no turn is taken in this test"),
        }
    }

    fn turn(ns: f64) -> Turn {
        Turn {
            ns,
            total_cpu_ns: 10.0 * ns,
            allocations: 4.0,
            requests: 100,
        }
    }

    #[test]
    fn figures_are_medians_and_ratios_are_to_the_first_in_the_same_round() {
        let (floor, other) = (entry("floor", "sampled"), entry("other", "sampled-udp"));
        let entries = [&floor, &other];
        let mut times = [100.0, 900.0, 660.0, 220.0, 120.0, 300.0].into_iter();
        let mut order = Vec::new();
        let comparison = Comparison::run(&entries, 3, |entry| {
            order.push(entry.contender);
            Ok(turn(times.next().expect("three rounds of two")))
        })
        .expect("no turn fails");
        assert_eq!(
            order,
            ["floor", "other", "other", "floor", "floor", "other"]
        );
        let rows = comparison.rows();
        assert_eq!((rows[0].ns, rows[0].floor_ratio), (120.0, 1.0));
        // The rounds' ratios are 9, 3 and 2.5; that of the medians would be 5.5.
        assert_eq!((rows[1].ns, rows[1].floor_ratio), (660.0, 3.0));
        assert_eq!((rows[1].total_cpu_ns, rows[1].allocations), (6600.0, 4.0));
        assert_eq!(rows[1].quartiles, (300.0, 900.0));
        assert_eq!(comparison.sent(), 300);
    }

    #[test]
    fn a_turn_that_fails_ends_the_comparison() {
        let floor = entry("floor", "sampled");
        let entries = [&floor];
        let failed = Comparison::run(&entries, 2, |_| Err("lost 1".to_owned()));
        assert_eq!(failed.err().as_deref(), Some("lost 1"));
    }
}
