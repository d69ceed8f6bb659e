//! `tail`: traces as they come.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::{self, Write};
use std::thread;
use std::time::Duration;

use clap::{Args, ValueEnum};
use xray_local::printable;

use super::client::Address;
use super::selection::{Selection, now};
use super::summary::{Summary, ToldSummary};
use super::{Exit, Failure, amount, output};

const EXAMPLES: &str = "\
Examples:
  xray-local tail -f 'fault'            every trace that fails, as it comes
  xray-local tail --format json | jq .  all of them, a line of JSON each

";

/// How often the server is asked.
const PAUSE: Duration = Duration::from_millis(500);

/// How far back is looked for what is new: a trace shows only once its first segment has come, at its end as a rule.
const BACK: Duration = Duration::from_secs(300);

/// How many rounds a trace that is complete must stay as it is before it is written, and one that is not.
const QUIET: u32 = 1;
const QUIET_WHILE_PARTIAL: u32 = 20;

/// After so many that were written before nothing new is looked for: traces come in about the order in which they began.
const KNOWN: usize = 1_000;

/// Write a line for each trace as it comes, until Ctrl-C
#[derive(Debug, Args)]
#[command(before_help = EXAMPLES)]
pub(super) struct Tail {
    /// Only traces that this filter expression means
    #[arg(long, short, value_name = "FILTER")]
    filter: Option<String>,

    /// How lines are written
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,

    /// The same as --format json
    #[arg(long, conflicts_with = "format")]
    json: bool,

    /// How many of the traces that are there already are written first
    #[arg(long, short = 'n', value_name = "NUMBER", default_value_t = 10)]
    lines: usize,

    /// End after this many traces
    #[arg(long, value_name = "NUMBER")]
    count: Option<usize>,

    #[command(flatten)]
    address: Address,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Columns, in colour on a terminal
    Human,
    /// A line of JSON for each
    Json,
    /// key=value
    Logfmt,
    /// The rows of a table in Markdown
    Md,
}

impl Tail {
    pub(super) fn run(self) -> Result<Exit, Failure> {
        let all = Selection::of(self.filter.clone(), None);
        all.check()?;
        let client = self.address.client()?;
        let format = if self.json { Format::Json } else { self.format };
        let mut left = self.count.unwrap_or(usize::MAX);
        if format == Format::Md {
            heading()?;
        }
        let recent = Selection::of(self.filter, Some(BACK));
        let mut seen = Seen::default();
        let begin = now();
        recent.visit(&client, |summary| seen.pass_over(&summary))?;
        let mut there = all.summaries(&client, self.lines)?;
        // What has come meanwhile is written with what comes.
        there.retain(|summary| !summary.is_partial && seen.was_there(summary, begin));
        for summary in there.iter().rev().take(left) {
            write(summary, format)?;
        }
        left -= there.len().min(left);
        while left > 0 {
            thread::sleep(PAUSE);
            let mut round = seen.round(now());
            recent.visit(&client, |summary| round.look(summary))?;
            for summary in round.ready().iter().take(left) {
                write(summary, format)?;
                left -= 1;
            }
        }
        Ok(Exit::Ok)
    }
}

/// Which traces were seen, and for how long they have been as they are.
#[derive(Default)]
struct Seen {
    traces: HashMap<String, Look>,
}

struct Look {
    start_time: f64,
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
    ready: Vec<Summary>,
}

impl Seen {
    /// This was there before. If it is open, it is written when it ends.
    fn pass_over(&mut self, summary: &Summary) -> bool {
        let look = Look::of(summary, !summary.is_partial);
        self.traces.insert(summary.id.clone(), look);
        true
    }

    /// Whether a trace was there when those that were there were passed over.
    fn was_there(&self, summary: &Summary, begin: f64) -> bool {
        let is_too_old_to_be_seen = summary.start_time < begin - BACK.as_secs_f64();
        is_too_old_to_be_seen || self.traces.contains_key(&summary.id)
    }

    fn round(&mut self, now: f64) -> Round<'_> {
        // What is too old to be asked for again is forgotten.
        let oldest = now - BACK.as_secs_f64() - 1.0;
        self.traces.retain(|_, look| look.start_time >= oldest);
        Round {
            waiting: self.traces.values().filter(|look| !look.is_written).count(),
            known: 0,
            ready: Vec::new(),
            seen: self,
        }
    }
}

impl Look {
    fn of(summary: &Summary, is_written: bool) -> Self {
        Self {
            start_time: summary.start_time,
            revision: summary.revision,
            rounds: 0,
            is_written,
        }
    }
}

impl Round<'_> {
    /// Looks at one more, and says whether it is worth going on.
    fn look(&mut self, summary: Summary) -> bool {
        match self.seen.traces.get_mut(&summary.id) {
            None => {
                let look = Look::of(&summary, false);
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
        self.waiting > 0 || self.known < KNOWN
    }

    /// Those that have become quiet, the oldest first.
    fn ready(mut self) -> Vec<Summary> {
        self.ready.reverse();
        self.ready
    }
}

fn heading() -> io::Result<()> {
    let mut out = output::data();
    writeln!(
        out,
        "| time | trace | duration | outcome | status | service | request |"
    )?;
    writeln!(out, "| --- | --- | ---: | --- | ---: | --- | --- |")?;
    out.flush()
}

/// Writes a line at once: whoever reads it waits for it.
fn write(summary: &Summary, format: Format) -> io::Result<()> {
    let line = match format {
        Format::Json => return output::json_line(&ToldSummary::of(summary)),
        Format::Human => human(summary),
        Format::Logfmt => logfmt(summary),
        Format::Md => markdown(summary),
    };
    let mut out = output::data();
    writeln!(out, "{line}")?;
    out.flush()
}

fn human(summary: &Summary) -> String {
    let outcome = summary.outcome();
    let style = output::style(outcome);
    let status = summary
        .http
        .status
        .map_or("-".to_owned(), |status| status.to_string());
    format!(
        "{}  {}  {:>8}  {style}{:<8}{style:#}  {status:>3}  {}  {}",
        amount::clock_text(summary.start_time),
        printable(&summary.id),
        amount::duration_text(summary.duration),
        outcome.as_str(),
        printable(summary.service()),
        summary.request(),
    )
}

fn logfmt(summary: &Summary) -> String {
    let mut line = format!(
        "time={} trace={} outcome={}",
        summary.start_time,
        quoted(&summary.id),
        summary.outcome().as_str()
    );
    let http = &summary.http;
    let mut add = |key: &str, value: Option<String>| {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            let _ = write!(line, " {key}={}", quoted(&value));
        }
    };
    add(
        "duration",
        summary.duration.map(|seconds| seconds.to_string()),
    );
    add("partial", summary.is_partial.then(|| "true".to_owned()));
    add("status", http.status.map(|status| status.to_string()));
    add("service", Some(summary.service().to_owned()));
    add("method", http.method.clone());
    add("url", http.url.clone());
    line
}

/// A value as logfmt has it: in quotes where it has blanks, quotes or equal signs.
fn quoted(text: &str) -> String {
    let text = printable(text);
    match text.contains([' ', '"', '=', '\\']) {
        true => format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")),
        false => text,
    }
}

fn markdown(summary: &Summary) -> String {
    let cell = |text: &str| {
        printable(text)
            .replace('\\', "\\\\")
            .replace('|', "\\|")
            .replace('<', "&lt;")
    };
    format!(
        "| {} | {} | {} | {} | {} | {} | {} |",
        amount::clock_text(summary.start_time),
        cell(&summary.id),
        amount::duration_text(summary.duration),
        summary.outcome().as_str(),
        summary
            .http
            .status
            .map(|status| status.to_string())
            .unwrap_or_default(),
        cell(summary.service()),
        cell(&summary.request()),
    )
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
        let mut round = seen.round(1_000.0);
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
    fn a_round_ends_early_among_what_is_known_unless_something_waits() {
        let mut seen = Seen::default();
        for number in 0..=KNOWN {
            seen.pass_over(&summary(&number.to_string(), 1, false));
        }
        let mut one = seen.round(1_000.0);
        let more = (0..=KNOWN).map(|number| one.look(summary(&number.to_string(), 1, false)));
        assert_eq!(more.filter(|more| *more).count(), KNOWN - 1);
    }

    #[test]
    fn values_cannot_leave_their_place() {
        assert_eq!(quoted("a b"), "\"a b\"");
        assert_eq!(quoted("a\"=\\"), "\"a\\\"=\\\\\"");
        let mut hostile = summary("x", 1, false);
        hostile.http.url = Some("http://h/a|b<script>\x1b[2J".to_owned());
        assert!(
            markdown(&hostile).contains("/a\\|b&lt;script>\u{fffd}[2J"),
            "{}",
            markdown(&hostile)
        );
        assert!(!human(&hostile).contains("\x1b[2J"));
    }
}
