//! `export`: stored traces as a file.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use xray_local::{Store, TimeRange, count_text, printable_json};
use xray_sdk::TraceId;
use xray_sdk::document::Trace;

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
/// Each is written as it is stored: put together, where parts of it came one by one. The trace that began first comes first.
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
        let file = self.output.as_deref().map(ExportFile::open).transpose()?;
        let mut ids: Vec<TraceId> = Vec::new();
        self.selection.visit(&client, |summary| {
            ids.extend(summary.id.parse::<TraceId>().ok());
            true
        })?;
        ids.reverse();
        let count = match file {
            None => {
                let mut out = BufWriter::new(io::stdout().lock());
                write(&client, &ids, &mut out, Failure::from)?
            }
            Some(file) => {
                let (name, mut file) = file.emptied();
                write(&client, &ids, &mut file, |error| failure(&name, &error))?
            }
        };
        output::talk(format_args!(
            "xray-local: {}, {}\n",
            count_text(ids.len() as u64, "trace", "traces"),
            count_text(count, "document", "documents")
        ));
        Ok(Exit::Ok)
    }
}

/// A file that traces are to be written into.
pub(super) struct ExportFile {
    name: PathBuf,
    file: File,
}

impl ExportFile {
    /// Opens it: that it cannot be written is told before the work, not behind it. What is in it stays until there is something new.
    pub(super) fn open(name: &Path) -> Result<Self, Failure> {
        let mut options = OpenOptions::new();
        let opened = options.create(true).truncate(false).write(true).open(name);
        Ok(Self {
            file: opened.map_err(|error| failure(name, &error))?,
            name: name.to_owned(),
        })
    }

    fn emptied(self) -> (PathBuf, BufWriter<File>) {
        // What is no file, as a pipe, has no length.
        let _ = self.file.set_len(0);
        (self.name, BufWriter::new(self.file))
    }

    /// Writes all that a store of this process holds.
    pub(super) fn write(self, store: &Store) -> Result<(), Failure> {
        let (name, mut file) = self.emptied();
        let mut write = || {
            for summary in store.summaries(&TimeRange::ALWAYS).iter().rev() {
                let trace = store.trace(summary.id);
                for document in trace.iter().flat_map(Trace::segments) {
                    line(&mut file, &document.to_json())?;
                }
            }
            file.flush()
        };
        write().map_err(|error| failure(&name, &error))
    }
}

fn failure(name: &Path, error: &io::Error) -> Failure {
    Failure::failed(
        format!("cannot write {}: {error}", name.display()),
        "Name a file that can be written, as in traces.jsonl.",
    )
}

/// Writes a document.
fn line(out: &mut impl Write, document: &str) -> io::Result<()> {
    writeln!(out, "{}", printable_json(document))
}

fn write(
    client: &Client,
    ids: &[TraceId],
    out: &mut impl Write,
    failure: impl Fn(io::Error) -> Failure,
) -> Result<u64, Failure> {
    let bar = progress(ids.len() as u64, "exporting");
    let mut count = 0;
    for some in ids.chunks(AT_ONCE) {
        for trace in Stored::get(client, some)?.traces {
            for document in &trace.documents {
                line(out, document).map_err(&failure)?;
                count += 1;
            }
        }
        bar.inc(some.len() as u64);
    }
    bar.finish_and_clear();
    out.flush().map_err(failure)?;
    Ok(count)
}
