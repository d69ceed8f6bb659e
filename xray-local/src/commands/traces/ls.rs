//! `traces ls`: the traces that a filter means, the newest first.

use std::io::Write as _;

use clap::Args;
use serde::Serialize;

use crate::commands::client::Address;
use crate::commands::output::{self, style};
use crate::commands::range::now;
use crate::commands::selection::Selection;
use crate::commands::summary::{Summary, ToldSummary};
use crate::commands::table::{Cell, Table};
use crate::commands::{Exit, Failure, amount};

const EXAMPLES: &str = "\
Examples:
  xray-local traces ls                                       the twenty newest traces
  xray-local traces ls 'responsetime > 0.5' --since 1h --json   for scripts

";

/// List the traces that a filter means, the newest first
#[derive(Debug, Args)]
#[command(before_help = EXAMPLES)]
pub(super) struct Ls {
    #[command(flatten)]
    selection: Selection,

    /// How many at most
    #[arg(long, short = 'n', value_name = "NUMBER", value_parser = amount::some_number, allow_negative_numbers = true, default_value_t = 20)]
    limit: usize,

    #[command(flatten)]
    address: Address,

    /// Write JSON
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Told<'a> {
    traces: Vec<ToldSummary<'a>>,
}

impl Ls {
    pub(super) fn run(self) -> Result<Exit, Failure> {
        self.selection.check()?;
        let client = self.address.client()?;
        let found = self.selection.summaries(&client, self.limit)?;
        if self.json {
            output::json(&Told {
                traces: found.iter().map(ToldSummary::of).collect(),
            })?;
        } else if found.is_empty() {
            output::talk(format_args!(
                "xray-local: no such traces; `xray-local health` tells what is stored\n"
            ));
        } else {
            let mut out = output::data();
            table(&found).write(&mut out, output::is_watched())?;
            out.flush()?;
        }
        Ok(Exit::Ok)
    }
}

fn table(found: &[Summary]) -> Table {
    let now = now();
    let mut table = Table::new(&[
        "TRACE", "AGE", "TIME", "OUTCOME", "STATUS", "SERVICE", "REQUEST",
    ]);
    for summary in found {
        let outcome = summary.outcome();
        let word = match summary.is_partial {
            true => format!("{}, open", outcome.as_str()),
            false => outcome.as_str().to_owned(),
        };
        let status = summary.http.status.map(|status| status.to_string());
        table.row([
            Cell::text(&summary.id),
            Cell::number(&amount::age_text(now - summary.start_time)),
            Cell::number(&amount::duration_text(summary.duration)),
            Cell::text(&word).styled(style(outcome)),
            Cell::number(&status.unwrap_or_default()),
            Cell::text(summary.service()),
            Cell::text(&summary.request()),
        ]);
    }
    table
}
