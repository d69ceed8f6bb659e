//! `assert`: whether as many traces are there as should be. For scripts and continuous integration.

use std::thread;
use std::time::{Duration, Instant};

use clap::Args;
use serde::Serialize;
use xray_local::printable;

use super::client::{Address, Client};
use super::selection::{Selection, check_filter};
use super::summary::{Summary, ToldSummary};
use super::{Exit, Failure, amount, output};

const EXAMPLES: &str = "\
Examples:
  xray-local assert 'service(\"api\") { fault }' --count 0 --within 10s   no fault of the api
  xray-local assert 'http.url CONTAINS \"/checkout\"' --min 1 --within 5s

";

/// How often the server is asked; and one that takes no more than AWS does.
const PAUSE: Duration = Duration::from_millis(200);
const PAUSE_ELSEWHERE: Duration = Duration::from_secs(2);

/// How many of the traces are named.
const NAMED: usize = 5;

/// Check how many traces a filter means: exits with 0 when it holds, 3 when it does not
///
/// What there should at least be is waited for as long as --within says, and no longer than needed. What there should at most be must hold
/// until then: it is watched for the whole time. A server that is not there yet is waited for as long, too.
#[derive(Debug, Args)]
#[command(before_help = EXAMPLES)]
pub(super) struct Assert {
    /// The filter expression
    #[arg(value_name = "FILTER")]
    filter: String,

    /// How many there must be: no more and no fewer
    #[arg(long, value_name = "NUMBER", value_parser = amount::number, allow_negative_numbers = true, conflicts_with_all = ["min", "max"])]
    count: Option<usize>,

    /// How many there must be at least [default: 1, unless --count or --max is given]
    #[arg(long, value_name = "NUMBER", value_parser = amount::number, allow_negative_numbers = true)]
    min: Option<usize>,

    /// How many there may be at most
    #[arg(long, value_name = "NUMBER", value_parser = amount::number, allow_negative_numbers = true)]
    max: Option<usize>,

    /// How long to wait for it, and for the server, as in 10s
    #[arg(long, value_name = "TIME", allow_hyphen_values = true, default_value = "0s", value_parser = amount::time)]
    within: Duration,

    /// Only traces that began within this time, as in 15m or 2h [default: all]
    #[arg(long, value_name = "TIME", allow_hyphen_values = true, value_parser = amount::some_time)]
    since: Option<Duration>,

    #[command(flatten)]
    address: Address,

    /// Write JSON
    #[arg(long)]
    json: bool,
}

/// How many there must be.
#[derive(Clone, Copy, Serialize)]
struct Bounds {
    min: usize,
    max: Option<usize>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Told<'a> {
    holds: bool,
    filter: &'a str,
    #[serde(flatten)]
    bounds: Bounds,
    /// How many were found.
    count: usize,
    /// Whether there may be more: once the answer is known the rest is not counted.
    is_at_least: bool,
    /// Some of them, the newest first.
    traces: Vec<ToldSummary<'a>>,
}

/// What was found.
#[derive(Default)]
struct Found {
    count: usize,
    is_at_least: bool,
    some: Vec<Summary>,
}

impl Assert {
    pub(super) fn run(self) -> Result<Exit, Failure> {
        check_filter(&self.filter)?;
        let bounds = self.bounds()?;
        let client = self.address.client()?;
        let selection = Selection::of(Some(self.filter.clone()), self.since);
        let found = self.wait(&client, &selection, bounds)?;
        let told = Told {
            holds: bounds.hold(found.count),
            filter: &self.filter,
            bounds,
            count: found.count,
            is_at_least: found.is_at_least,
            traces: found.some.iter().map(ToldSummary::of).collect(),
        };
        if self.json {
            output::json(&told)?;
        }
        self.say(&client, &told, &found.some)?;
        Ok(if told.holds { Exit::Ok } else { Exit::Findings })
    }

    fn bounds(&self) -> Result<Bounds, Failure> {
        let max = self.count.or(self.max);
        let least = if max.is_some() { 0 } else { 1 };
        let min = self.count.or(self.min).unwrap_or(least);
        if max.is_some_and(|max| max < min) {
            return Err(Failure::usage(
                "--max is less than --min",
                "Turn them round, or name the one number: --count",
            ));
        }
        Ok(Bounds { min, max })
    }

    fn wait(
        &self,
        client: &Client,
        selection: &Selection,
        bounds: Bounds,
    ) -> Result<Found, Failure> {
        let began = Instant::now();
        loop {
            let found = Found::of(client, selection, bounds);
            let left = self.within.saturating_sub(began.elapsed());
            match found {
                // It may be about to start.
                Err(failure) if failure.is_unreachable() && !left.is_zero() => {}
                Err(failure) => return Err(failure),
                Ok(found) => {
                    let is_too_many = bounds.max.is_some_and(|max| found.count > max);
                    let is_enough = bounds.max.is_none() && found.count >= bounds.min;
                    if is_too_many || is_enough || left.is_zero() {
                        return Ok(found);
                    }
                }
            }
            let pause = match client.is_ours() {
                Ok(false) => PAUSE_ELSEWHERE,
                _ => PAUSE,
            };
            thread::sleep(pause.min(left));
        }
    }

    /// Says how it went, and where to look.
    fn say(&self, client: &Client, told: &Told<'_>, some: &[Summary]) -> Result<(), Failure> {
        let word = if told.holds { "holds" } else { "does not hold" };
        let (filter, count) = (printable(&self.filter), told.count);
        let expected = told.bounds.text();
        let at_least = if told.is_at_least { "at least " } else { "" };
        output::talk(format_args!(
            "xray-local: {word}: {filter}: {at_least}{count} found, {expected} expected\n"
        ));
        if told.holds {
            if count == 0 && Selection::default().summaries(client, 1)?.is_empty() {
                output::talk(format_args!(
                    "xray-local: nothing is stored at all: was anything traced?\n"
                ));
            }
            return Ok(());
        }
        for summary in some {
            output::talk(format_args!(
                "  {}/#/trace/{}  {}  {}\n",
                client.endpoint(),
                printable(&summary.id),
                summary.outcome().as_str(),
                summary.request()
            ));
        }
        let cure = match count < told.bounds.min {
            true => {
                "`xray-local traces ls` lists what is there; --within waits for what is still to come."
            }
            false => "`xray-local traces get ID` shows what happened.",
        };
        output::talk(format_args!("{cure}\n"));
        Ok(())
    }
}

impl Bounds {
    fn hold(self, count: usize) -> bool {
        count >= self.min && self.max.is_none_or(|max| count <= max)
    }

    fn text(self) -> String {
        match (self.min, self.max) {
            (min, None) => format!("at least {min}"),
            (min, Some(max)) if min == max => max.to_string(),
            (0, Some(max)) => format!("at most {max}"),
            (min, Some(max)) => format!("{min} to {max}"),
        }
    }
}

impl Found {
    fn of(client: &Client, selection: &Selection, bounds: Bounds) -> Result<Self, Failure> {
        let mut found = Self::default();
        // One more than may be, or as many as must be: more would not change the answer.
        let enough = bounds.max.map_or(bounds.min, |max| max.saturating_add(1));
        let is_all = selection.pages(client, |page| {
            found.count += page.len();
            let room = NAMED - found.some.len();
            found.some.extend(page.into_iter().take(room));
            found.count < enough
        })?;
        found.is_at_least = !is_all;
        Ok(found)
    }
}
