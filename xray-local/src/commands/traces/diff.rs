//! `traces diff`: what two traces did, side by side.

use std::io::Write;

use clap::Args;
use serde::Serialize;
use xray_local::{Outcome, Pair, compare, printable};
use xray_sdk::TraceId;
use xray_sdk::document::Document;

use crate::commands::client::Address;
use crate::commands::output;
use crate::commands::stored::{Stored, StoredTrace, missing};
use crate::commands::table::{Cell, Table};
use crate::commands::{Exit, Failure, amount};

const EXAMPLES: &str = "\
Examples:
  xray-local traces diff 1-5f84c7a1-e7d1852db8c4fd35d88bf49a 1-5f84c7a4-0a1b2c3d4e5f60718293a4b5
  xray-local traces diff --json $FAST $SLOW

";

/// Compare two traces: how long each part took in each, and what only one of them did
#[derive(Debug, Args)]
#[command(before_help = EXAMPLES)]
pub(super) struct Diff {
    /// The id of the one
    one: TraceId,

    /// The id of the other
    other: TraceId,

    #[command(flatten)]
    address: Address,

    /// Write JSON
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Told {
    one: String,
    other: String,
    rows: Vec<Row>,
}

/// A part of the work: what stands at the same place under the same names.
#[derive(Serialize)]
struct Row {
    level: usize,
    name: String,
    one: Option<Side>,
    other: Option<Side>,
}

#[derive(Clone, Serialize)]
struct Side {
    id: String,
    /// In seconds; none while it goes on.
    duration: Option<f64>,
    outcome: &'static str,
    #[serde(skip)]
    kind: Option<Outcome>,
}

impl Diff {
    pub(super) fn run(self) -> Result<Exit, Failure> {
        let client = self.address.client()?;
        let stored = Stored::get(&client, &[self.one, self.other])?;
        if !stored.missing.is_empty() {
            return Err(missing(&stored.missing, &client));
        }
        let find = |id| {
            stored
                .traces
                .iter()
                .find(|trace| trace.id == id)
                .and_then(StoredTrace::assemble)
        };
        let (Some(one), Some(other)) = (find(self.one), find(self.other)) else {
            return Err(missing(&[self.one, self.other], &client));
        };
        let told = Told {
            one: one.id().to_string(),
            other: other.id().to_string(),
            rows: compare(&one, &other).iter().map(Row::of).collect(),
        };
        match self.json {
            true => output::json(&told)?,
            false => told.write()?,
        }
        Ok(Exit::Ok)
    }
}

impl Side {
    fn of(document: &Document) -> Self {
        let outcome = Outcome::of(document);
        Self {
            id: document.id.to_string(),
            duration: document.duration(),
            outcome: outcome.as_str(),
            kind: Some(outcome),
        }
    }
}

impl Row {
    fn of(pair: &Pair<'_>) -> Self {
        let named = pair.one.or(pair.other);
        Self {
            level: pair.level,
            name: named
                .map(|document| document.name.clone())
                .unwrap_or_default(),
            one: pair.one.map(Side::of),
            other: pair.other.map(Side::of),
        }
    }

    fn difference(&self) -> Option<f64> {
        Some(self.other.as_ref()?.duration? - self.one.as_ref()?.duration?)
    }
}

impl Told {
    fn write(&self) -> std::io::Result<()> {
        let mut table = Table::new(&["ONE", "OTHER", "MORE", "OUTCOMES", "PART"]);
        for row in &self.rows {
            let time = |side: &Option<Side>| match side {
                Some(side) => amount::duration_text(side.duration),
                None => "-".to_owned(),
            };
            let word = |side: &Option<Side>| side.as_ref().map_or("-", |side| side.outcome);
            let outcomes = match (word(&row.one), word(&row.other)) {
                (one, other) if one == other => one.to_owned(),
                (one, other) => format!("{one} / {other}"),
            };
            let gravest = row
                .other
                .as_ref()
                .or(row.one.as_ref())
                .and_then(|side| side.kind);
            let difference = row.difference().map(|more| {
                let sign = if more < 0.0 { '-' } else { '+' };
                format!("{sign}{}", amount::duration_text(Some(more.abs())))
            });
            // An indent would be lost among the blanks that a cell puts together.
            let name = format!("{}{}", "· ".repeat(row.level), printable(&row.name));
            table.row([
                Cell::number(&time(&row.one)),
                Cell::number(&time(&row.other)),
                Cell::number(&difference.unwrap_or_default()),
                Cell::text(&outcomes).styled(gravest.map(output::style).unwrap_or_default()),
                Cell::text(&name),
            ]);
        }
        let mut out = output::data();
        writeln!(out, "one    {}\nother  {}", self.one, self.other)?;
        table.write(&mut out, output::is_watched())?;
        out.flush()
    }
}
