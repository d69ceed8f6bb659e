//! `import`: what was exported, into a server.

use clap::Args;

use super::client::Address;
use super::deliver::Delivery;
use super::documents::Source;
use super::progress::progress;
use super::send::conclude;
use super::{Exit, Failure};

const EXAMPLES: &str = "\
Examples:
  xray-local import traces.jsonl                                   what `xray-local export` wrote
  xray-local import answer.json      what `aws xray batch-get-traces` has answered

";

/// Take exported traces in, as they are, with their ids and times: exits with 3 when some are refused
#[derive(Debug, Args)]
#[command(before_help = EXAMPLES)]
pub(super) struct Import {
    /// The file, - for standard input
    #[arg(value_name = "FILE", value_parser = Source::parse)]
    file: Source,

    #[command(flatten)]
    address: Address,

    /// Write JSON
    #[arg(long)]
    json: bool,
}

/// What tells a segment that X-Ray inferred: whoever reads the others infers it again.
#[derive(Default, serde::Deserialize)]
#[serde(default)]
struct Origin {
    inferred: bool,
}

impl Import {
    pub(super) fn run(self) -> Result<Exit, Failure> {
        let mut documents = self.file.documents()?;
        documents.retain(|document| {
            let origin = serde_json::from_str::<Origin>(document);
            !origin.is_ok_and(|origin| origin.inferred)
        });
        let bar = progress(documents.len() as u64, "importing");
        let delivery = Delivery::put(&self.address.client()?, &documents, &bar)?;
        bar.finish_and_clear();
        conclude(&delivery, self.json)
    }
}
