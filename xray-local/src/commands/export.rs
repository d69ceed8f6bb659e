//! `export`: stored traces as a file.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

use clap::Args;
use xray_local::printable_json;
use xray_sdk::TraceId;

use super::client::{Address, Client};
use super::progress::progress;
use super::selection::Selection;
use super::stored::Stored;
use super::{Exit, Failure, output};

const EXAMPLES: &str = "\
Examples:
  xray-local export -o traces.jsonl                    all that is stored
  xray-local export 'fault' --since 1h | xray-local replay - --to udp://10.0.0.7:2000

";

/// How many traces are asked for at a time.
const AT_ONCE: usize = 50;

/// Write the documents of traces as X-Ray's JSON, one a line: for `import`, `send`, `replay` and `validate`
///
/// Each is written as it is stored: put together, where parts of it came one by one.
#[derive(Debug, Args)]
#[command(before_help = EXAMPLES)]
pub(super) struct Export {
    #[command(flatten)]
    selection: Selection,

    /// The file [default: standard output]
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,

    #[command(flatten)]
    address: Address,
}

impl Export {
    pub(super) fn run(self) -> Result<Exit, Failure> {
        self.selection.check()?;
        let client = self.address.client()?;
        let mut ids: Vec<TraceId> = Vec::new();
        self.selection.visit(&client, |summary| {
            ids.extend(summary.id.parse::<TraceId>().ok());
            true
        })?;
        // The oldest first, as they came.
        ids.reverse();
        let count = match &self.output {
            None => {
                let mut out = BufWriter::new(io::stdout().lock());
                write(&client, &ids, &mut out, Failure::from)?
            }
            Some(file) => {
                let failure = |error: io::Error| {
                    Failure::failed(
                        format!("cannot write {}: {error}", file.display()),
                        "Name a file that can be written: xray-local export -o traces.jsonl",
                    )
                };
                let mut out = BufWriter::new(File::create(file).map_err(failure)?);
                write(&client, &ids, &mut out, failure)?
            }
        };
        output::talk(format_args!(
            "xray-local: {} traces, {count} documents\n",
            ids.len()
        ));
        Ok(Exit::Ok)
    }
}

fn write(
    client: &Client,
    ids: &[TraceId],
    out: &mut impl Write,
    failure: impl Fn(io::Error) -> Failure,
) -> Result<usize, Failure> {
    let bar = progress(ids.len() as u64, "exporting");
    let mut count = 0;
    for some in ids.chunks(AT_ONCE) {
        for trace in Stored::get(client, some)?.traces {
            for document in &trace.documents {
                writeln!(out, "{}", printable_json(document)).map_err(&failure)?;
                count += 1;
            }
        }
        bar.inc(some.len() as u64);
    }
    bar.finish_and_clear();
    out.flush().map_err(failure)?;
    Ok(count)
}
