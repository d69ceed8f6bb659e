//! `health`: whether the server is there and well.

use std::io::Write;

use clap::Args;
use serde::{Deserialize, Serialize};
use xray_local::{count_text, printable};

use super::client::Address;
use super::{Exit, Failure, amount, output};

const EXAMPLES: &str = "\
Examples:
  xray-local health                            whether the server on 127.0.0.1:2000 is well
  xray-local health --json --address shop:2000  the same for scripts, of another one

";

/// Tell whether the server is there and well: exits with 0, 1 when it cannot store, 5 when it cannot be reached
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
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Store {
    stored: u64,
    rejected: u64,
    evicted_traces: u64,
    traces: u64,
    bytes: u64,
    trouble: Option<String>,
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
    bytes: u64,
}

impl Health {
    pub(super) fn run(self) -> Result<Exit, Failure> {
        let client = self.address.client()?;
        let Answer { store } = client.get("/local/health")?;
        let told = Told {
            server: client.endpoint().as_str(),
            is_well: store.trouble.is_none(),
            trouble: store.trouble.as_deref(),
            traces: store.traces,
            stored: store.stored,
            rejected: store.rejected,
            evicted_traces: store.evicted_traces,
            bytes: store.bytes,
        };
        match self.json {
            true => output::json(&told)?,
            false => told.write()?,
        }
        Ok(if told.is_well { Exit::Ok } else { Exit::Failed })
    }
}

impl Told<'_> {
    fn write(&self) -> std::io::Result<()> {
        let mut out = output::data();
        let state = match self.trouble {
            None => "well".to_owned(),
            Some(trouble) => format!("in trouble: {}", printable(trouble)),
        };
        writeln!(out, "{} is {state}", self.server)?;
        let bytes = amount::size_text(self.bytes);
        let traces = count_text(self.traces, "trace", "traces");
        writeln!(out, "keeps    {traces}, {bytes}")?;
        writeln!(
            out,
            "took in  {} since it started, refused {}, let {} leave",
            count_text(self.stored, "document", "documents"),
            self.rejected,
            count_text(self.evicted_traces, "trace", "traces")
        )?;
        out.flush()
    }
}
