use std::time::Instant;

use crate::contender::Entry;
use crate::question::Question;
use crate::row::Row;
use crate::statistic::{median, rounded};
use crate::turn::Turn;

/// The contender that is well known to be fast: its ratio stands beside that of the floor.
const FAST_PEER: &str = "fastrace";

/// So many rounds are enough for ratios that do not change from run to run, where nobody asks for more.
const ROUNDS: usize = 15;

/// The turns of some contenders, in rounds: what disturbs the machine for a while disturbs all of them.
pub(crate) struct Comparison {
    question: &'static Question,
    /// The first is the floor, which the others are measured by.
    entries: Vec<&'static Entry>,
    /// The turns of each entry, one a round.
    turns: Vec<Vec<Turn>>,
}

impl Comparison {
    /// Gives every entry a turn in each of so many rounds, or of those that the question's time has room for. Each round begins with the next entry, so that none always follows the same.
    ///
    /// # Errors
    ///
    /// When `take` fails.
    pub(crate) fn run(
        question: &'static Question,
        entries: Vec<&'static Entry>,
        rounds: Option<u32>,
        mut take: impl FnMut(&Entry) -> Result<Turn, String>,
    ) -> Result<Self, String> {
        let mut turns = vec![Vec::new(); entries.len()];
        let start = Instant::now();
        let is_over = |round: usize| match rounds {
            Some(rounds) => round >= rounds as usize,
            None => round >= ROUNDS || round > 0 && start.elapsed().as_secs() >= question.seconds,
        };
        for round in (0..).take_while(|round| !is_over(*round)) {
            for place in 0..entries.len() {
                let entry = (round + place) % entries.len();
                turns[entry].push(take(entries[entry])?);
            }
        }
        Ok(Self {
            question,
            entries,
            turns,
        })
    }

    /// The question that is answered.
    pub(crate) fn question(&self) -> &'static Question {
        self.question
    }

    /// The figures of each entry: medians over the rounds. Ratios are the median of each round's own, for a machine that others
    /// use is faster in one round than in the next.
    pub(crate) fn rows(&self) -> Vec<Row> {
        let entries = self.entries.iter().zip(&self.turns);
        entries
            .map(|(entry, turns)| self.row(entry, turns))
            .collect()
    }

    fn row(&self, entry: &'static Entry, turns: &[Turn]) -> Row {
        let floor = self.turns.first().map_or(&[][..], Vec::as_slice);
        let mut path = numbers(turns, |turn| turn.ns);
        let more = 0..self.question.more.len();
        let is_fast_peer =
            |other: &&Entry| other.contender == FAST_PEER && other.variant == entry.variant;
        let peer = self.entries.iter().position(is_fast_peer);
        Row {
            contender: entry.contender,
            variant: entry.variant,
            ns: rounded(median(&mut path), 10.0),
            total_cpu_ns: rounded(median(&mut numbers(turns, |turn| turn.total_cpu_ns)), 10.0),
            allocations: allocations(turns),
            floor_ratio: ratio(turns, floor, |turn| turn.ns),
            peer_ratio: peer.map(|peer| ratio(turns, &self.turns[peer], |turn| turn.ns)),
            more: more
                .map(|place| median(&mut numbers(turns, |turn| turn.more[place])))
                .collect(),
            note: entry.note,
        }
    }

    /// How many datagrams were meant to be sent by contenders that send one for each request.
    #[cfg(test)]
    fn operations(&self) -> u64 {
        self.turns
            .iter()
            .flatten()
            .map(|turn| turn.operations)
            .sum()
    }
}

/// The median over the rounds, where they are counted.
fn allocations(turns: &[Turn]) -> Option<f64> {
    let counted: Option<Vec<f64>> = turns.iter().map(|turn| turn.allocations).collect();
    counted.map(|mut counted| rounded(median(&mut counted), 100.0))
}

fn numbers(turns: &[Turn], number: impl Fn(&Turn) -> f64) -> Vec<f64> {
    turns.iter().map(number).collect()
}

/// The median over the rounds of a figure by that of others.
fn ratio(turns: &[Turn], others: &[Turn], number: impl Fn(&Turn) -> f64) -> f64 {
    let rounds = turns.iter().zip(others);
    let mut ratios: Vec<_> = rounds
        .map(|(turn, other)| number(turn) / number(other))
        .collect();
    rounded(median(&mut ratios), 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENTRIES: &[Entry] = &[entry("floor"), entry("fastrace"), entry("other")];

    const QUESTION: Question = Question {
        name: "request",
        text: "What?",
        unit: "request",
        burst: 1,
        seconds: 1,
        more: &[],
        floor: "floor",
        is_headline: false,
        entries: &[ENTRIES],
    };

    const fn entry(contender: &'static str) -> Entry {
        Entry::new(contender, "sampled", "", |_| {
            Err("no turn in this test".to_owned())
        })
    }

    fn turn(ns: f64) -> Turn {
        Turn {
            ns,
            total_cpu_ns: 10.0 * ns,
            allocations: Some(4.0),
            operations: 100,
            gauge: None,
            more: Vec::new(),
        }
    }

    #[test]
    fn figures_are_medians_and_ratios_are_to_others_in_the_same_round() {
        let entries = [0, 2].map(|place| &ENTRIES[place]).to_vec();
        let mut times = [100.0, 900.0, 660.0, 220.0, 120.0, 300.0].into_iter();
        let mut order = Vec::new();
        let comparison = Comparison::run(&QUESTION, entries, Some(3), |entry| {
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
        assert_eq!(
            (rows[1].total_cpu_ns, rows[1].allocations),
            (6600.0, Some(4.0))
        );
        assert_eq!(rows[1].peer_ratio, None);
        assert_eq!(comparison.operations(), 600);
    }

    #[test]
    fn the_fast_peer_is_compared_with_where_it_has_a_turn() {
        let mut times = [1.0, 4.0, 2.0].into_iter();
        let entries = ENTRIES.iter().collect();
        let comparison = Comparison::run(&QUESTION, entries, Some(1), |_| {
            Ok(turn(times.next().expect("one round of three")))
        });
        let rows = comparison.expect("no turn fails").rows();
        assert_eq!(rows[2].peer_ratio, Some(0.5));
    }

    #[test]
    fn a_turn_that_fails_ends_the_comparison() {
        let failed = Comparison::run(&QUESTION, ENTRIES.iter().collect(), Some(2), |_| {
            Err("lost 1".to_owned())
        });
        assert_eq!(failed.err().as_deref(), Some("lost 1"));
    }
}
