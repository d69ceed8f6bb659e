//! `send`: documents to a server, as an SDK or a daemon sends them.

use std::io::Write;

use clap::Args;

use super::client::Address;
use super::deliver::{Delivery, Udp};
use super::documents::Source;
use super::progress::progress;
use super::{Exit, Failure, output};

const EXAMPLES: &str = "\
Examples:
  xray-local send segment.json                    the server says what it refuses
  xray-local send --udp 127.0.0.1:2000 segment.json  as SDKs do

";

/// Send segment documents: exits with 3 when some are refused
#[derive(Debug, Args)]
#[command(before_help = EXAMPLES)]
pub(super) struct Send {
    /// The file of documents, - for standard input
    #[arg(value_name = "FILE", value_parser = Source::parse)]
    file: Source,

    /// Send over UDP to this address, as SDKs do, in place of the server
    #[arg(long, value_name = "ADDRESS")]
    udp: Option<String>,

    #[command(flatten)]
    address: Address,

    /// Write JSON
    #[arg(long)]
    json: bool,
}

impl Send {
    pub(super) fn run(self) -> Result<Exit, Failure> {
        let documents = self.file.documents()?;
        let bar = progress(documents.len() as u64, "sending");
        let delivery = match &self.udp {
            Some(address) => {
                let udp = Udp::connect(address)?;
                let mut delivery = Delivery::default();
                for document in &documents {
                    udp.send(document, &mut delivery)?;
                    bar.inc(1);
                }
                udp.conclude()?;
                delivery
            }
            None => Delivery::put(&self.address.client()?, &documents, &bar)?,
        };
        bar.finish_and_clear();
        conclude(&delivery, self.json)
    }
}

/// Tells what became of documents.
pub(super) fn conclude(delivery: &Delivery, json: bool) -> Result<Exit, Failure> {
    if json {
        output::json(delivery)?;
    } else {
        let mut out = output::data();
        writeln!(
            out,
            "{} sent, {} refused",
            delivery.sent,
            delivery.refused.len()
        )?;
        out.flush()?;
    }
    delivery.tell();
    Ok(match delivery.refused.is_empty() {
        true => Exit::Ok,
        false => Exit::Findings,
    })
}
