//! `health`: whether the server is there and well, and what became of what came.

use std::collections::BTreeMap;
use std::io::{self, Write};

use clap::Args;
use serde::{Deserialize, Serialize};
use xray_local::{Severity, count_text, printable};

use super::client::Address;
use super::range::now;
use super::table::{Cell, Table};
use super::{Exit, Failure, amount, output};

const EXAMPLES: &str = "\
Examples:
  xray-local health                            whether the server on 127.0.0.1:2000 is well
  xray-local health --json --address shop:2000  the same for scripts, of another one

";

/// Tell whether the server is there and well, and what became of the documents of each service: exits with 0, 1 when it cannot store, 5 when it cannot be reached
#[derive(Debug, Args)]
#[command(before_help = EXAMPLES)]
pub(super) struct Health {
    #[command(flatten)]
    address: Address,

    /// Write JSON
    #[arg(long)]
    json: bool,
}

/// What the server tells of itself, as far as it is told on.
#[derive(Deserialize)]
struct Answer {
    store: Store,
    services: Vec<Service>,
    /// Those of before did not tell.
    #[serde(default)]
    connections: Connections,
}

#[derive(Default, Deserialize)]
struct Connections {
    closed: u64,
    refused: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Store {
    stored: u64,
    rejected: u64,
    evicted_traces: u64,
    removed_traces: u64,
    traces: u64,
    bytes: u64,
    trouble: Option<String>,
}

/// What became of the documents of one service that came on one way, since the server started.
#[derive(Deserialize, Serialize)]
struct Service {
    /// None where they tell of no service; then `of` says what they are.
    service: Option<String>,
    of: String,
    source: String,
    last: f64,
    taken: u64,
    unwritten: u64,
    refused: Vec<Tally>,
    inspected: u64,
    findings: Vec<Tally>,
}

/// In how many documents something was found.
#[derive(Clone, Deserialize, Serialize)]
struct Tally {
    code: String,
    severity: Severity,
    documents: u64,
    cure: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Told<'a> {
    server: &'a str,
    is_well: bool,
    trouble: Option<&'a str>,
    traces: u64,
    stored: u64,
    rejected: u64,
    evicted_traces: u64,
    removed_traces: u64,
    bytes: u64,
    services: &'a [Service],
    /// Closed while they asked for nothing, to make room for others.
    closed_connections: u64,
    /// Turned away, for there was no room.
    refused_connections: u64,
}

impl Health {
    pub(super) fn run(self) -> Result<Exit, Failure> {
        let client = self.address.client()?;
        let Answer {
            store,
            services,
            connections,
        } = client.get("/local/health")?;
        let told = Told {
            server: client.endpoint().as_str(),
            is_well: store.trouble.is_none(),
            trouble: store.trouble.as_deref(),
            traces: store.traces,
            stored: store.stored,
            rejected: store.rejected,
            evicted_traces: store.evicted_traces,
            removed_traces: store.removed_traces,
            bytes: store.bytes,
            services: &services,
            closed_connections: connections.closed,
            refused_connections: connections.refused,
        };
        match self.json {
            true => output::json(&told)?,
            false => told.write()?,
        }
        Ok(if told.is_well { Exit::Ok } else { Exit::Failed })
    }
}

impl Told<'_> {
    fn write(&self) -> io::Result<()> {
        let mut out = output::data();
        let state = match self.trouble {
            None => "well".to_owned(),
            Some(trouble) => format!("in trouble: {}", printable(trouble)),
        };
        writeln!(out, "{} is {state}", self.server)?;
        let bytes = amount::size_text(self.bytes);
        let traces = |number| count_text(number, "trace", "traces");
        writeln!(out, "keeps    {}, {bytes}", traces(self.traces))?;
        let removed = match self.removed_traces {
            0 => String::new(),
            removed => format!("; {removed} taken out"),
        };
        writeln!(
            out,
            "took in  {} since it started, refused {}, let {} leave{removed}",
            count_text(self.stored, "document", "documents"),
            self.rejected,
            traces(self.evicted_traces)
        )?;
        if self.closed_connections + self.refused_connections > 0 {
            let closed = count_text(
                self.closed_connections,
                "silent connection",
                "silent connections",
            );
            writeln!(
                out,
                "crowded  closed {closed}, turned {} away",
                self.refused_connections
            )?;
        }
        if !self.services.is_empty() {
            writeln!(out)?;
            self.table().write(&mut out, output::is_watched())?;
        }
        self.write_cures(&mut out)?;
        out.flush()
    }

    fn table(&self) -> Table {
        let now = now();
        let mut table = Table::new(&["SERVICE", "CAME BY", "LAST", "STORED", "REFUSED", "FOUND"]);
        for service in self.services {
            let name = service.service.as_ref().unwrap_or(&service.of);
            let found = service.refused.iter().chain(&service.findings);
            let found = found.map(|tally| format!("{} {}", tally.documents, tally.code));
            let found = match found.collect::<Vec<_>>() {
                found if found.is_empty() => "nothing".to_owned(),
                found => found.join(", "),
            };
            table.row([
                Cell::text(name),
                Cell::text(way(&service.source)),
                Cell::number(&format!("{} ago", amount::age_text(now - service.last))),
                Cell::number(&service.taken),
                Cell::number(&service.lost()),
                Cell::text(&found),
            ]);
        }
        table
    }

    /// What was found, each with what to do about it.
    fn write_cures(&self, out: &mut impl Write) -> io::Result<()> {
        let mut all = BTreeMap::new();
        for service in self.services {
            let refused = service.refused.iter().map(|tally| (true, tally));
            let found = service.findings.iter().map(|tally| (false, tally));
            for (is_refused, tally) in refused.chain(found) {
                let known = all
                    .entry((&tally.code, is_refused))
                    .or_insert_with(|| Tally {
                        documents: 0,
                        ..tally.clone()
                    });
                known.documents += tally.documents;
            }
        }
        for (number, ((_, is_refused), tally)) in all.iter().enumerate() {
            if number == 0 {
                writeln!(out)?;
            }
            let style = output::severity(tally.severity);
            writeln!(
                out,
                "{style}{}{style:#} {} in {}\n  {}",
                fate(*is_refused, tally.severity),
                printable(&tally.code),
                count_text(tally.documents, "document", "documents"),
                printable(&tally.cure)
            )?;
        }
        Ok(())
    }
}

impl Service {
    /// How many documents are not there: refused, or not written for want of room.
    fn lost(&self) -> u64 {
        let refused = self.refused.iter().map(|tally| tally.documents);
        refused.sum::<u64>() + self.unwritten
    }
}

/// What became of a document here, or would become of it in AWS.
fn fate(is_refused: bool, severity: Severity) -> &'static str {
    match severity {
        _ if is_refused => "refused",
        Severity::Rejected => "stored, X-Ray would reject",
        Severity::Dropped => "stored, X-Ray would drop",
        Severity::Cut => "stored, X-Ray would cut",
        _ => "advice",
    }
}

fn way(source: &str) -> &str {
    match source {
        "udp" => "UDP",
        "api" => "API",
        "program" => "own program",
        other => other,
    }
}
