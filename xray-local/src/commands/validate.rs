//! `validate`: what X-Ray would reject, drop or cut.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use clap::Args;
use serde::Serialize;
use xray_local::{Finding, Severity, Validator, count_text, printable};

use super::{Exit, Failure, output};

const EXAMPLES: &str = "\
Examples:
  xray-local validate segment.json                what X-Ray would reject, drop or cut of it
  xray-local validate - --json < segments.jsonl   the same of a stream, in lines of JSON

";

/// Tell what X-Ray would reject, drop or cut of segment documents, each with its place and cure: exits with 3 when there is something
///
/// Reads one document, a list of them, documents one after the other or a line each, and datagrams with their header lines.
#[derive(Debug, Args)]
#[command(before_help = EXAMPLES)]
pub(super) struct Validate {
    /// The files to read; `-` is the standard input, which is told of while it comes
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,

    /// Write JSON, a line for each finding
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Told<'a> {
    file: &'a str,
    document: Option<&'a str>,
    #[serde(flatten)]
    finding: &'a Finding,
}

/// How many there were.
#[derive(Default)]
struct Sum {
    documents: usize,
    by_severity: [usize; 4],
}

impl Validate {
    pub(super) fn run(self) -> Result<Exit, Failure> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let now = now.map_or(0.0, |now| now.as_secs_f64());
        let mut sum = Sum::default();
        for file in &self.files {
            if file == Path::new("-") {
                self.read(io::stdin().lock(), "-", now, &mut sum)?;
                continue;
            }
            let name = file.display().to_string();
            let opened = File::open(file).map_err(|error| {
                let exit = match error.kind() {
                    io::ErrorKind::NotFound => Exit::NotFound,
                    _ => Exit::Failed,
                };
                let cure = "Name a file of segment documents, or - for the standard input.";
                Failure::new(exit, format!("cannot read {name}: {error}"), cure)
            })?;
            self.read(BufReader::new(opened), &name, now, &mut sum)?;
        }
        output::talk(format_args!("{}\n", sum.told()));
        Ok(match sum.by_severity {
            [0, 0, 0, 0] => Exit::Ok,
            _ => Exit::Findings,
        })
    }

    fn read(
        &self,
        input: impl BufRead,
        file: &str,
        now: f64,
        sum: &mut Sum,
    ) -> Result<(), Failure> {
        for inspected in Validator::new(input, now) {
            let inspected = inspected.map_err(|error| {
                let cure = "Name a file of segment documents, or - for the standard input.";
                Failure::failed(format!("cannot read {}: {error}", printable(file)), cure)
            })?;
            sum.documents += 1;
            for finding in &inspected.findings {
                sum.by_severity[finding.severity as usize] += 1;
                let document = inspected.id.as_deref();
                let written = match self.json {
                    true => output::json_line(&Told {
                        file,
                        document,
                        finding,
                    }),
                    false => write(file, finding),
                };
                written.map_err(|error| Failure::from(error).having_found())?;
            }
        }
        Ok(())
    }
}

fn write(file: &str, finding: &Finding) -> io::Result<()> {
    let mut out = output::stream();
    let style = output::severity(finding.severity);
    let place = match finding.path.as_str() {
        "" => "the document".to_owned(),
        path => printable(path),
    };
    writeln!(
        out,
        "{}:{}:{}: {style}{}{style:#}: {}",
        printable(file),
        finding.line,
        finding.column,
        finding.code,
        printable(&finding.message)
    )?;
    let becomes = match finding.severity {
        Severity::Rejected => "X-Ray refuses the document".to_owned(),
        Severity::Dropped => format!("X-Ray leaves out {place}"),
        Severity::Cut => format!("X-Ray changes {place}"),
        _ => format!("X-Ray keeps {place}"),
    };
    writeln!(out, "    {becomes}; {}", finding.cure)?;
    out.flush()
}

impl Sum {
    fn told(&self) -> String {
        let documents = count_text(self.documents as u64, "document", "documents");
        let words = [
            "rejected",
            "dropped",
            "cut",
            "kept, and not as meant perhaps",
        ];
        let counts = self.by_severity.iter().zip(words);
        let counts = counts.filter(|(number, _)| **number > 0);
        let counts: Vec<_> = counts
            .map(|(number, word)| format!("{number} {word}"))
            .collect();
        match counts.as_slice() {
            [] => format!("{documents}, nothing to find"),
            counts => format!("{documents}, findings: {}", counts.join(", ")),
        }
    }
}
