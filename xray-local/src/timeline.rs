//! A trace as text: an indented line with a bar for each segment and subsegment.

use xray_sdk::document::{Document, Namespace, Trace};

use crate::amount::duration_text;
use crate::terminal::{cut, printable};
use crate::trace::{Anatomy, Outcome, Row, rows};

/// How a timeline is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimelineStyle {
    /// The longest line, in characters. Below 40 it is taken for 40.
    pub width: usize,
    /// Whether bars are coloured, by ANSI escapes: green, yellow (error), magenta (throttle) or red (fault).
    pub colour: bool,
}

const NARROWEST: usize = 40;

/// The columns of durations: nine characters at most, and a blank.
const DURATION: usize = 10;

/// The columns of notes behind the durations, when there are any.
const NOTE: usize = 28;

/// Draws a trace.
///
/// ```
/// use xray_local::{TimelineStyle, timeline};
/// use xray_sdk::document::{Document, Trace};
///
/// let document = br#"{"name":"front","id":"53995c3f42cd8ad8","trace_id":"1-581cf771-a006649127e371903a2de979",
///     "start_time":10.0,"end_time":10.2,"http":{"request":{"method":"GET","url":"http://localhost/checkout"},"response":{"status":200}},
///     "subsegments":[{"name":"orders","namespace":"remote","id":"63995c3f42cd8ad8","start_time":10.05,"end_time":10.15}]}"#;
/// let traces = Trace::assemble([Document::parse(document)?]);
/// let style = TimelineStyle { width: 60, colour: false };
/// assert_eq!(timeline(&traces[0], style), "\
/// trace 1-581cf771-a006649127e371903a2de979  200 ms  GET /checkout  200
/// front ............. ██████████████████████████████    200 ms
///   orders (remote) .         ███████████████           100 ms
/// ");
/// # Ok::<(), xray_sdk::Error>(())
/// ```
pub fn timeline(trace: &Trace, style: TimelineStyle) -> String {
    let anatomy = Anatomy::of(trace);
    let rows = rows(&anatomy);
    let layout = Layout::of(&rows, style);
    let mut text = headline(trace, anatomy.root().map(|root| root.document));
    for row in &rows {
        text.push('\n');
        text.push_str(layout.line(row).trim_end());
    }
    text.push('\n');
    text
}

/// The trace as a whole: id, time, and the request that it began with.
fn headline(trace: &Trace, root: Option<&Document>) -> String {
    let mut parts = vec![format!("trace {}", trace.id())];
    parts.push(
        trace
            .duration()
            .map_or("in progress".to_owned(), duration_text),
    );
    let request = root.and_then(Document::request);
    if let Some(request) = request {
        let method = request.method.as_deref().unwrap_or_default();
        let path = request.url.as_deref().map(path).unwrap_or_default();
        parts.push(printable(&format!("{method} {path}")));
    }
    parts.extend(
        root.and_then(Document::status)
            .map(|status| status.to_string()),
    );
    parts.join("  ")
}

/// Where things stand in a line.
struct Layout {
    start: f64,
    length: f64,
    names: usize,
    bars: usize,
    notes: usize,
    colour: bool,
}

impl Layout {
    fn of(rows: &[Row<'_>], style: TimelineStyle) -> Self {
        let width = style.width.max(NARROWEST);
        let starts = rows.iter().map(|row| row.document.start_time);
        let ends = rows.iter().filter_map(|row| row.document.end_time);
        let start = starts.reduce(f64::min).unwrap_or(0.0);
        let end = ends.reduce(f64::max).unwrap_or(start);
        let widest = rows
            .iter()
            .map(|row| 2 * row.level + name(row.document).chars().count());
        // A name, a blank and at least one dot, then a blank before the bars.
        let names = (widest.max().unwrap_or(0) + 3).min(width * 2 / 5);
        let has_notes = rows.iter().any(|row| !note(row.document).is_empty());
        let notes = if has_notes { NOTE.min(width / 4) } else { 0 };
        Self {
            start,
            length: (end - start).max(0.0),
            names,
            bars: width - names - DURATION - notes,
            notes,
            colour: style.colour,
        }
    }

    fn line(&self, row: &Row<'_>) -> String {
        let document = row.document;
        let time = document.duration().map_or("...".to_owned(), duration_text);
        let mut line = self.label(row);
        line.push_str(&self.bar(document));
        line.push_str(&format!("{time:>DURATION$}"));
        if self.notes > 0 {
            line.push_str("  ");
            line.push_str(&cut(&note(document), self.notes - 2));
        }
        line
    }

    /// The name, indented, with dots up to the bar.
    fn label(&self, row: &Row<'_>) -> String {
        // However deep a row stands, there is room for some letters of its name.
        let indent = (2 * row.level).min(self.names / 2);
        let name = cut(&name(row.document), self.names - indent - 3);
        let dots = self.names - indent - name.chars().count() - 2;
        format!("{:indent$}{name} {} ", "", ".".repeat(dots))
    }

    /// The bar, with blanks on both sides to the full width.
    fn bar(&self, document: &Document) -> String {
        let place = |time: f64| {
            let part = if self.length > 0.0 {
                (time - self.start) / self.length
            } else {
                0.0
            };
            (part.clamp(0.0, 1.0) * self.bars as f64).round() as usize
        };
        let end = document.end_time.unwrap_or(self.start + self.length);
        let from = place(document.start_time).min(self.bars - 1);
        let length = place(end).saturating_sub(from).max(1);
        let bar = "█".repeat(length);
        let bar = if self.colour {
            coloured(&bar, Outcome::of(document))
        } else {
            bar
        };
        let rest = self.bars - from - length;
        format!("{:from$}{bar}{:rest$}", "", "")
    }
}

fn coloured(text: &str, outcome: Outcome) -> String {
    let colour = match outcome {
        Outcome::Ok => 32,
        Outcome::Error => 33,
        Outcome::Throttle => 35,
        Outcome::Fault => 31,
    };
    format!("\x1b[{colour}m{text}\x1b[0m")
}

fn name(document: &Document) -> String {
    let name = printable(&document.name);
    match document.namespace {
        Some(Namespace::Remote) if document.sql.is_none() => format!("{name} (remote)"),
        Some(Namespace::Aws) => format!("{name} (aws)"),
        _ => name,
    }
}

/// What is worth a word: how it failed, that it goes on, the query or the operation.
fn note(document: &Document) -> String {
    let mut parts = Vec::new();
    match (Outcome::of(document), document.status()) {
        (Outcome::Ok, _) => {}
        (outcome, Some(status)) => parts.push(format!("{} {status}", outcome.as_str())),
        (outcome, None) => parts.push(outcome.as_str().to_owned()),
    }
    if document.in_progress {
        parts.push("in progress".to_owned());
    }
    let query = document
        .sql
        .as_ref()
        .and_then(|sql| sql.sanitized_query.as_deref());
    let operation = document
        .aws
        .as_ref()
        .and_then(|aws| aws.operation.as_deref());
    parts.extend(query.or(operation).map(printable));
    parts.join("  ")
}

/// The path of a URL; the whole of what is none.
fn path(url: &str) -> &str {
    let Some((_, rest)) = url.split_once("://") else {
        return url;
    };
    rest.find('/').map_or("/", |start| &rest[start..])
}
