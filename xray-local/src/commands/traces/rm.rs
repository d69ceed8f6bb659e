//! `traces rm`: takes traces out.

use std::io::{self, BufRead, IsTerminal, Write as _};
use std::time::Duration;

use clap::{ArgGroup, Args};
use serde::{Deserialize, Serialize};
use xray_local::count_text;
use xray_sdk::TraceId;

use crate::commands::client::{Address, Client};
use crate::commands::progress::progress;
use crate::commands::selection::Selection;
use crate::commands::stored::missing;
use crate::commands::{Exit, Failure, amount, output};

const EXAMPLES: &str = "\
Examples:
  xray-local traces rm 1-5f84c7a1-e7d1852db8c4fd35d88bf49a   asks first
  xray-local traces rm -f 'annotation.test = true' --yes     all that a filter means

";

/// How many traces a server is told of at once.
const AT_ONCE: usize = 100;

/// Take traces out for good: exits with 4 when one that is named is not there, or a filter means none
///
/// Nothing tells of them any more, and their documents are overwritten where they are stored. Documents that come later for one of them make a new trace.
/// Only an xray-local does this.
#[derive(Debug, Args)]
#[command(before_help = EXAMPLES, group = ArgGroup::new("which").args(["ids", "filter"]).required(true))]
pub(super) struct Rm {
    /// The ids of the traces, as X-Ray or as W3C writes them
    #[arg(value_name = "ID")]
    ids: Vec<TraceId>,

    /// All traces that this filter expression means
    #[arg(long, short, value_name = "FILTER")]
    filter: Option<String>,

    /// Only traces that began within this time, as in 15m or 2h [default: all]
    #[arg(long, value_name = "TIME", allow_hyphen_values = true, value_parser = amount::some_time, requires = "filter")]
    since: Option<Duration>,

    /// Only tell which these are
    #[arg(long)]
    dry_run: bool,

    /// Do not ask first
    #[arg(long, short)]
    yes: bool,

    #[command(flatten)]
    address: Address,

    /// Write JSON
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Input {
    trace_ids: Vec<String>,
    dry_run: bool,
}

/// What the server answers.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Removed {
    trace_ids: Vec<TraceId>,
    /// Those that are not there.
    unprocessed_trace_ids: Vec<TraceId>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    is_dry_run: bool,
    removed: Vec<String>,
    missing: Vec<String>,
}

impl Rm {
    pub(super) fn run(self) -> Result<Exit, Failure> {
        let selection = Selection::of(self.filter.clone(), self.since);
        selection.check()?;
        if !self.dry_run && !self.yes && !is_attended() {
            return Err(Failure::usage(
                "nobody is there to be asked, and what is taken out does not come back",
                "Say --yes to take it out unasked, or --dry-run to see what that would be.",
            ));
        }
        let client = self.address.client()?;
        client.wants_ours(
            "lets nobody take traces out",
            " AWS keeps each trace for 30 days.",
        )?;
        let ids = match self.filter {
            None => self.ids.clone(),
            Some(_) => {
                let found = selection.summaries(&client, usize::MAX)?;
                found
                    .iter()
                    .filter_map(|found| found.id.parse().ok())
                    .collect()
            }
        };
        let meant = Removed::of(&client, &ids, true)?;
        if meant.trace_ids.is_empty() {
            return Err(self.none(&ids, &client));
        }
        let is_wanted = self.dry_run || self.yes || is_confirmed(meant.trace_ids.len(), &client)?;
        if !is_wanted {
            output::talk(format_args!("xray-local: nothing was taken out\n"));
            return Ok(Exit::Failed);
        }
        let mut removed = match self.dry_run {
            true => meant,
            false => {
                Removed::of(&client, &meant.trace_ids, false)?.with(meant.unprocessed_trace_ids)
            }
        };
        if self.filter.is_some() {
            // What has left by itself meanwhile was not named by anybody.
            removed.unprocessed_trace_ids.clear();
        }
        self.tell(&removed)?;
        match removed.unprocessed_trace_ids.as_slice() {
            [] => Ok(Exit::Ok),
            ids => Err(missing(ids, &client)),
        }
    }

    fn none(&self, ids: &[TraceId], client: &Client) -> Failure {
        match ids {
            [] => Failure::not_found(
                format!("{} has no such traces", client.endpoint()),
                "`xray-local traces ls` lists what it has.",
            ),
            ids => missing(ids, client),
        }
    }

    fn tell(&self, removed: &Removed) -> io::Result<()> {
        let texts = |ids: &[TraceId]| ids.iter().map(ToString::to_string).collect::<Vec<_>>();
        let ids = texts(&removed.trace_ids);
        if self.json {
            return output::json(&Told {
                is_dry_run: self.dry_run,
                removed: ids,
                missing: texts(&removed.unprocessed_trace_ids),
            });
        }
        let traces = |was, were| count_text(ids.len() as u64, was, were);
        let told = match self.dry_run {
            true => traces("trace would be", "traces would be"),
            false => traces("trace was", "traces were"),
        };
        // First of all, for the ids may find no room where they are written to.
        output::talk(format_args!("xray-local: {told} taken out\n"));
        let mut out = output::data();
        ids.iter().try_for_each(|id| writeln!(out, "{id}"))?;
        out.flush()
    }
}

impl Removed {
    /// Has the server take traces out, or tell only which of them it has.
    fn of(client: &Client, ids: &[TraceId], dry_run: bool) -> Result<Self, Failure> {
        let bar = progress(ids.len() as u64, "taking out");
        let mut all = Self::default();
        for some in ids.chunks(AT_ONCE) {
            let trace_ids = some.iter().map(ToString::to_string).collect();
            let answer: Self = client.call("/local/remove", &Input { trace_ids, dry_run })?;
            all.trace_ids.extend(answer.trace_ids);
            all = all.with(answer.unprocessed_trace_ids);
            bar.inc(some.len() as u64);
        }
        bar.finish_and_clear();
        Ok(all)
    }

    fn with(mut self, missing: Vec<TraceId>) -> Self {
        self.unprocessed_trace_ids.extend(missing);
        self
    }
}

/// Whether a person can be asked, and can answer.
fn is_attended() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

fn is_confirmed(count: usize, client: &Client) -> io::Result<bool> {
    let traces = count_text(count as u64, "trace", "traces");
    output::talk(format_args!(
        "Take {traces} out of {}? That cannot be undone. [y/N] ",
        client.endpoint()
    ));
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}
