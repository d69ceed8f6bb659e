//! `traces explain`: how the traces are found that a filter means.

use std::io::{self, Write};

use clap::Args;
use serde::{Deserialize, Serialize};
use xray_local::{count_text, printable};

use crate::commands::client::{Address, query};
use crate::commands::range::{OF_SUMMARIES, ranges};
use crate::commands::selection::Selection;
use crate::commands::{Exit, Failure, amount, output};

const EXAMPLES: &str = "\
Examples:
  xray-local traces explain 'annotation.order = 7'   what is read for it
  xray-local traces explain 'responsetime > 1' --since 1h --json

";

/// Tell how the traces are found that a filter means: what the index knows, and how many traces have to be read
///
/// It is about the newest 200 of them. Only an xray-local tells this.
#[derive(Debug, Args)]
#[command(before_help = EXAMPLES)]
pub(super) struct Explain {
    #[command(flatten)]
    selection: Selection,

    #[command(flatten)]
    address: Address,

    /// Write JSON
    #[arg(long)]
    json: bool,
}

/// What the server tells, and `--json` tells on.
#[derive(Deserialize, Serialize)]
#[serde(rename_all(deserialize = "PascalCase", serialize = "camelCase"))]
struct Told {
    filter: String,
    traces: u64,
    bytes: u64,
    blocks: u64,
    blocks_searched: u64,
    terms: Vec<Term>,
    candidates: u64,
    doubtful: u64,
    traces_read: u64,
    found: u64,
}

/// A condition that the index was asked.
#[derive(Deserialize, Serialize)]
#[serde(rename_all(deserialize = "PascalCase", serialize = "camelCase"))]
struct Term {
    term: String,
    blocks: u64,
    traces: u64,
}

impl Explain {
    pub(super) fn run(self) -> Result<Exit, Failure> {
        self.selection.check()?;
        let client = self.address.client()?;
        client.wants_ours("keeps to itself how it finds traces", "")?;
        let range = ranges(&client, self.selection.since(), OF_SUMMARIES)?;
        let (start, end) = range
            .first()
            .map_or((0.0, 0.0), |range| (range.start, range.end));
        let question = [
            ("start", start.to_string()),
            ("end", end.to_string()),
            (
                "filter",
                self.selection.filter().unwrap_or_default().to_owned(),
            ),
        ];
        let question = question
            .each_ref()
            .map(|(name, value)| (*name, value.as_str()));
        let told: Told = client.get(&query("/local/explain", &question))?;
        match self.json {
            true => output::json(&told)?,
            false => told.write()?,
        }
        Ok(Exit::Ok)
    }
}

impl Told {
    fn write(&self) -> io::Result<()> {
        let mut out = output::data();
        let filter = match self.filter.as_str() {
            "" => "none: all traces".to_owned(),
            filter => printable(filter),
        };
        writeln!(out, "filter      {filter}")?;
        writeln!(
            out,
            "index       {} in {} ({}); looked into {}",
            traces(self.traces),
            blocks(self.blocks),
            amount::size_text(self.bytes),
            blocks(self.blocks_searched)
        )?;
        for term in &self.terms {
            writeln!(
                out,
                "  looked up {}: {} in {}",
                printable(&term.term),
                traces(term.traces),
                blocks(term.blocks)
            )?;
        }
        writeln!(
            out,
            "candidates  {}, {} of them too large for the index",
            traces(self.candidates),
            self.doubtful
        )?;
        writeln!(
            out,
            "read        {}",
            match self.traces_read {
                0 => "nothing: the index was enough".to_owned(),
                read => format!("the documents of {}", traces(read)),
            }
        )?;
        writeln!(out, "found       {}, of 200 at most", traces(self.found))?;
        out.flush()
    }
}

fn traces(number: u64) -> String {
    count_text(number, "trace", "traces")
}

fn blocks(number: u64) -> String {
    count_text(number, "block", "blocks")
}
