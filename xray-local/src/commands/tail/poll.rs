//! Traces as they come, of a server that has to be asked for them again and again.

use std::collections::HashMap;
use std::thread;
use std::time::Duration;

use crate::commands::Failure;
use crate::commands::client::Client;
use crate::commands::range::{Range, now};
use crate::commands::selection::Selection;
use crate::commands::summary::Summary;

/// How often the server is asked.
const PAUSE: Duration = Duration::from_secs(2);

/// How far back is looked for what is new, in seconds: a trace shows only once its first segment has come, at its end as a rule, and a daemon
/// may hold it back.
const BACK: f64 = 600.0;

/// How many rounds a trace that is complete must stay as it is before it is written, and one that is not.
const QUIET: u32 = 1;
const QUIET_WHILE_PARTIAL: u32 = 30;

/// After so many that were written before nothing new is looked for: traces come in about the order in which they began. Those that took long do
/// not, so every so manyth round looks at all.
const KNOWN: usize = 1_000;
const THOROUGH: u32 = 15;

/// Shows what is there already, up to a number of traces, and then what comes, until the visitor has enough.
pub(super) fn follow(
    client: &Client,
    selection: &Selection,
    lines: usize,
    mut wants_more: impl FnMut(&Summary) -> Result<bool, Failure>,
) -> Result<(), Failure> {
    let begin = now();
    let mut seen = Seen {
        now: begin,
        ..Seen::default()
    };
    selection.active(client, lately(begin), |summary| seen.pass_over(&summary))?;
    let mut there = selection.summaries(client, lines)?;
    // What has come meanwhile is written with what comes.
    there.retain(|summary| !summary.is_partial && seen.was_there(summary, begin));
    for summary in there.iter().rev() {
        if !wants_more(summary)? {
            return Ok(());
        }
    }
    loop {
        thread::sleep(PAUSE);
        let now = now();
        let mut round = seen.round(now);
        selection.active(client, lately(now), |summary| round.look(summary))?;
        for summary in round.ready() {
            if !wants_more(&summary)? {
                return Ok(());
            }
        }
    }
}

fn lately(now: f64) -> Range {
    Range {
        start: now - BACK,
        end: now,
    }
}

/// Which traces were seen, and for how long they have been as they are.
#[derive(Default)]
struct Seen {
    traces: HashMap<String, Look>,
    now: f64,
    rounds: u32,
}

struct Look {
    /// When it was there last.
    time: f64,
    revision: u64,
    rounds: u32,
    is_written: bool,
}

/// One look at what is there, the newest first.
struct Round<'a> {
    seen: &'a mut Seen,
    /// Those that wait to be written and have not been looked at.
    waiting: usize,
    /// How many stood there one behind the other that were written long ago.
    known: usize,
    is_thorough: bool,
    ready: Vec<Summary>,
}

impl Seen {
    /// This was there before. If it is open, it is written when it ends.
    fn pass_over(&mut self, summary: &Summary) -> bool {
        let look = Look::of(summary, self.now, !summary.is_partial);
        self.traces.insert(summary.id.clone(), look);
        true
    }

    /// Whether a trace was there when those that were there were passed over.
    fn was_there(&self, summary: &Summary, begin: f64) -> bool {
        let is_too_old_to_be_seen = summary.start_time < begin - BACK;
        is_too_old_to_be_seen || self.traces.contains_key(&summary.id)
    }

    fn round(&mut self, now: f64) -> Round<'_> {
        // What has not been seen for so long is too old to be seen again.
        self.traces.retain(|_, look| look.time >= now - BACK);
        self.now = now;
        self.rounds += 1;
        Round {
            waiting: self.traces.values().filter(|look| !look.is_written).count(),
            known: 0,
            is_thorough: self.rounds.is_multiple_of(THOROUGH),
            ready: Vec::new(),
            seen: self,
        }
    }
}

impl Look {
    fn of(summary: &Summary, time: f64, is_written: bool) -> Self {
        Self {
            time,
            revision: summary.revision,
            rounds: 0,
            is_written,
        }
    }
}

impl Round<'_> {
    /// Looks at one more, and says whether it is worth going on.
    fn look(&mut self, summary: Summary) -> bool {
        let now = self.seen.now;
        let mut known = self.seen.traces.get_mut(&summary.id);
        if let Some(look) = &mut known {
            look.time = now;
        }
        match known {
            None => {
                let look = Look::of(&summary, now, false);
                self.seen.traces.insert(summary.id.clone(), look);
                self.known = 0;
            }
            Some(look) if look.is_written => self.known += 1,
            Some(look) => {
                self.waiting = self.waiting.saturating_sub(1);
                self.known = 0;
                if look.revision == summary.revision {
                    look.rounds += 1;
                } else {
                    (look.revision, look.rounds) = (summary.revision, 0);
                }
                let quiet = match summary.is_partial {
                    true => QUIET_WHILE_PARTIAL,
                    false => QUIET,
                };
                if look.rounds >= quiet {
                    look.is_written = true;
                    self.ready.push(summary);
                }
            }
        }
        self.waiting > 0 || self.known < KNOWN || self.is_thorough
    }

    /// Those that have become quiet, the oldest first.
    fn ready(mut self) -> Vec<Summary> {
        self.ready.reverse();
        self.ready
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn summary(id: &str, revision: u64, is_partial: bool) -> Summary {
        Summary {
            id: id.to_owned(),
            start_time: 1_000.0,
            revision,
            is_partial,
            ..Summary::default()
        }
    }

    fn round(seen: &mut Seen, there: &[Summary]) -> Vec<String> {
        let mut round = seen.round(0.0);
        for summary in there {
            round.look(summary.clone());
        }
        round
            .ready()
            .into_iter()
            .map(|summary| summary.id)
            .collect()
    }

    #[test]
    fn a_trace_is_written_once_and_when_it_has_become_quiet() {
        let mut seen = Seen::default();
        let none: [String; 0] = [];
        assert_eq!(round(&mut seen, &[summary("a", 1, false)]), none);
        assert_eq!(round(&mut seen, &[summary("a", 2, false)]), none);
        assert_eq!(
            round(&mut seen, &[summary("b", 1, false), summary("a", 2, false)]),
            ["a"]
        );
        assert_eq!(
            round(&mut seen, &[summary("b", 1, false), summary("a", 3, false)]),
            ["b"]
        );
        assert_eq!(
            round(&mut seen, &[summary("b", 1, false), summary("a", 3, false)]),
            none
        );
    }

    #[test]
    fn what_was_there_before_is_not_written_again_but_what_was_open_is() {
        let mut seen = Seen::default();
        seen.pass_over(&summary("done", 1, false));
        seen.pass_over(&summary("open", 1, true));
        let there = [summary("open", 2, false), summary("done", 1, false)];
        round(&mut seen, &there);
        assert_eq!(round(&mut seen, &there), ["open"]);
    }

    #[test]
    fn now_and_then_a_round_looks_at_all() {
        let mut seen = Seen::default();
        seen.pass_over(&summary("known", 1, false));
        let all = 2 * KNOWN;
        let thorough = (0..THOROUGH).filter(|_| {
            let mut round = seen.round(0.0);
            (0..all).all(|_| round.look(summary("known", 1, false)))
        });
        assert_eq!(thorough.count(), 1);
    }

    #[test]
    fn what_is_seen_no_more_is_forgotten() {
        let mut seen = Seen::default();
        seen.pass_over(&summary("a", 1, false));
        seen.round(BACK);
        assert_eq!(seen.traces.len(), 1);
        seen.round(BACK + 1.0);
        assert_eq!(seen.traces.len(), 0);
    }

    #[test]
    fn a_round_ends_early_among_what_is_known_unless_something_waits() {
        let mut seen = Seen::default();
        for number in 0..=KNOWN {
            seen.pass_over(&summary(&number.to_string(), 1, false));
        }
        let mut one = seen.round(0.0);
        let more = (0..=KNOWN).map(|number| one.look(summary(&number.to_string(), 1, false)));
        assert_eq!(more.filter(|more| *more).count(), KNOWN - 1);
    }
}
