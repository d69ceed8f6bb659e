//! How a trace is written on a line.

use std::fmt::Write as _;
use std::io::{self, Write};

use clap::ValueEnum;
use xray_local::printable;

use crate::commands::summary::{Summary, ToldSummary};
use crate::commands::{amount, output};

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// Columns, in colour on a terminal
    Human,
    /// A line of JSON for each
    Json,
    /// key=value
    Logfmt,
    /// The rows of a table in Markdown
    Md,
}

impl Format {
    /// Writes what stands above all lines.
    pub(super) fn begin(self) -> io::Result<()> {
        match self {
            Self::Md => heading(),
            _ => Ok(()),
        }
    }

    /// Writes a line at once: whoever reads it waits for it.
    pub(super) fn write(self, summary: &Summary) -> io::Result<()> {
        let line = match self {
            Self::Json => return output::json_line(&ToldSummary::of(summary)),
            Self::Human => human(summary),
            Self::Logfmt => logfmt(summary),
            Self::Md => markdown(summary),
        };
        let mut out = output::stream();
        writeln!(out, "{line}")?;
        out.flush()
    }
}

fn heading() -> io::Result<()> {
    let mut out = output::stream();
    writeln!(
        out,
        "| time | trace | duration | outcome | status | service | request |"
    )?;
    writeln!(out, "| --- | --- | ---: | --- | ---: | --- | --- |")?;
    out.flush()
}

fn human(summary: &Summary) -> String {
    let outcome = summary.outcome();
    let style = output::style(outcome);
    let status = summary
        .http
        .status
        .map_or("-".to_owned(), |status| status.to_string());
    format!(
        "{}  {}  {:>8}  {style}{:<8}{style:#}  {status:>3}  {}  {}",
        amount::clock_text(summary.start_time),
        printable(&summary.id),
        amount::duration_text(summary.duration),
        outcome.as_str(),
        printable(summary.service()),
        summary.request(),
    )
}

fn logfmt(summary: &Summary) -> String {
    let mut line = format!(
        "time={} trace={} outcome={}",
        summary.start_time,
        quoted(&summary.id),
        summary.outcome().as_str()
    );
    let http = &summary.http;
    let mut add = |key: &str, value: Option<String>| {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            let _ = write!(line, " {key}={}", quoted(&value));
        }
    };
    add(
        "duration",
        summary.duration.map(|seconds| seconds.to_string()),
    );
    add("partial", summary.is_partial.then(|| "true".to_owned()));
    add("status", http.status.map(|status| status.to_string()));
    add("service", Some(summary.service().to_owned()));
    add("method", http.method.clone());
    add("url", http.url.clone());
    line
}

/// A value as logfmt has it: in quotes where it has blanks, quotes or equal signs.
fn quoted(text: &str) -> String {
    let text = printable(text);
    match text.contains([' ', '"', '=', '\\']) {
        true => format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")),
        false => text,
    }
}

fn markdown(summary: &Summary) -> String {
    let cell = |text: &str| {
        printable(text)
            .replace('\\', "\\\\")
            .replace('|', "\\|")
            .replace('<', "&lt;")
    };
    format!(
        "| {} | {} | {} | {} | {} | {} | {} |",
        amount::clock_text(summary.start_time),
        cell(&summary.id),
        amount::duration_text(summary.duration),
        summary.outcome().as_str(),
        summary
            .http
            .status
            .map(|status| status.to_string())
            .unwrap_or_default(),
        cell(summary.service()),
        cell(&summary.request()),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_cannot_leave_their_place() {
        assert_eq!(quoted("a b"), "\"a b\"");
        assert_eq!(quoted("a\"=\\"), "\"a\\\"=\\\\\"");
        let mut hostile = Summary::default();
        hostile.http.url = Some("http://h/a|b<script>\x1b[2J".to_owned());
        assert!(
            markdown(&hostile).contains("/a\\|b&lt;script>\u{fffd}[2J"),
            "{}",
            markdown(&hostile)
        );
        assert!(!human(&hostile).contains("\x1b[2J"));
    }
}
