//! `traces get`: a trace as a timeline.

use std::io::Write;
use std::process::{Command, Stdio};

use clap::Args;
use serde::Serialize;
use serde_json::value::RawValue;
use xray_local::{TimelineStyle, timeline};
use xray_sdk::TraceId;

use crate::commands::client::Address;
use crate::commands::output;
use crate::commands::stored::{Stored, StoredTrace, missing};
use crate::commands::{Exit, Failure};

const EXAMPLES: &str = "\
Examples:
  xray-local traces get 1-5f84c7a1-e7d1852db8c4fd35d88bf49a   the timeline in the terminal
  xray-local traces get 5f84c7a1e7d1852db8c4fd35d88bf49a --web  in the browser

";

/// Draw traces as timelines in the terminal
#[derive(Debug, Args)]
#[command(before_help = EXAMPLES)]
pub(super) struct Get {
    /// The ids of the traces, as X-Ray or as W3C writes them
    #[arg(value_name = "ID", required = true)]
    ids: Vec<TraceId>,

    #[command(flatten)]
    address: Address,

    /// Write the documents as JSON
    #[arg(long)]
    json: bool,

    /// Print where they are on the page, and open it where there is a browser
    #[arg(long, conflicts_with = "json")]
    web: bool,
}

#[derive(Serialize)]
struct Told<'a> {
    traces: Vec<ToldTrace<'a>>,
}

#[derive(Serialize)]
struct ToldTrace<'a> {
    id: String,
    duration: Option<f64>,
    /// As X-Ray's JSON has them.
    documents: Vec<&'a RawValue>,
}

impl Get {
    pub(super) fn run(self) -> Result<Exit, Failure> {
        let client = self.address.client()?;
        let stored = Stored::get(&client, &self.ids)?;
        if self.json {
            output::json(&Told {
                traces: stored.traces.iter().map(ToldTrace::of).collect(),
            })?;
        } else if self.web {
            for trace in &stored.traces {
                show(&format!("{}/#/trace/{}", client.endpoint(), trace.id))?;
            }
        } else {
            draw(&stored.traces)?;
        }
        match stored.missing.as_slice() {
            [] => Ok(Exit::Ok),
            ids => Err(missing(ids, &client)),
        }
    }
}

fn draw(traces: &[StoredTrace]) -> Result<(), Failure> {
    let style = TimelineStyle {
        width: output::width(),
        colour: true,
    };
    let mut out = output::data();
    for (number, trace) in traces.iter().filter_map(StoredTrace::assemble).enumerate() {
        if number > 0 {
            writeln!(out)?;
        }
        write!(out, "{}", timeline(&trace, style))?;
    }
    Ok(out.flush()?)
}

/// Prints an address, and opens it where someone sits in front of a terminal.
fn show(url: &str) -> Result<(), Failure> {
    let mut out = output::data();
    writeln!(out, "{url}")?;
    out.flush()?;
    if output::is_watched() {
        let opener = match std::env::consts::OS {
            "macos" => "open",
            "windows" => "explorer",
            _ => "xdg-open",
        };
        // Where there is none the address has been printed.
        let quiet = Stdio::null;
        let _ = Command::new(opener)
            .arg(url)
            .stdin(quiet())
            .stdout(quiet())
            .stderr(quiet())
            .spawn();
    }
    Ok(())
}

impl<'a> ToldTrace<'a> {
    fn of(trace: &'a StoredTrace) -> Self {
        let documents = trace.documents.iter();
        let raw = documents.filter_map(|document| serde_json::from_str(document).ok());
        Self {
            id: trace.id.to_string(),
            duration: trace.duration,
            documents: raw.collect(),
        }
    }
}
