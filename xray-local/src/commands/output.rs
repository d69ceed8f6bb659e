//! Data goes to standard output, talk to standard error. Colours reach terminals only, as `NO_COLOR` and `CLICOLOR_FORCE` say.

use std::fmt;
use std::io::{self, IsTerminal, Write};

use anstyle::{AnsiColor, Style};
use serde::Serialize;
use xray_local::{Level, Outcome, Severity, printable_json};

/// The version of what `--json` writes. It changes when a field goes or means something else; new fields may come any time.
const VERSION: u32 = 1;

/// How wide lines are where nobody sees them on a terminal.
const WIDTH: usize = 100;

/// Standard output for people: styles are left out where it is no terminal. For an answer as a whole: a reader who leaves
/// changes nothing of how the command ends.
pub(crate) fn data() -> impl Write {
    io::BufWriter::new(Answer(anstream::stdout().lock()))
}

/// The same for what is written piece by piece: that nobody reads on is told, and ends the command.
pub(crate) fn stream() -> impl Write {
    io::BufWriter::new(anstream::stdout().lock())
}

/// Writes a value as JSON, over several lines, with the version in front. It must be an object.
pub(crate) fn json(value: &impl Serialize) -> io::Result<()> {
    let text = serde_json::to_string_pretty(&Versioned::of(value))?;
    line(&mut Answer(io::stdout().lock()), &text)
}

/// The same on one line, as a piece of a [`stream`], at once.
pub(crate) fn json_line(value: &impl Serialize) -> io::Result<()> {
    let text = serde_json::to_string(&Versioned::of(value))?;
    line(&mut io::stdout().lock(), &text)
}

/// Writes what is no text of ours as it is.
pub(crate) fn bytes(bytes: &[u8]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(bytes)?;
    out.flush()
}

fn line(out: &mut impl Write, text: &str) -> io::Result<()> {
    out.write_all(printable_json(text).as_bytes())?;
    out.write_all(b"\n")?;
    out.flush()
}

#[derive(Serialize)]
struct Versioned<'a, T> {
    version: u32,
    #[serde(flatten)]
    value: &'a T,
}

impl<'a, T> Versioned<'a, T> {
    fn of(value: &'a T) -> Self {
        Self {
            version: VERSION,
            value,
        }
    }
}

/// What is written behind the back of a reader who has had enough counts as written: an exit code says what was found, not who
/// looked.
struct Answer<Out>(Out);

impl<Out: Write> Write for Answer<Out> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        unless_left(self.0.write(bytes), bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        unless_left(self.0.flush(), ())
    }
}

fn unless_left<T>(done: io::Result<T>, otherwise: T) -> io::Result<T> {
    match done {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(otherwise),
        done => done,
    }
}

/// Says something on standard error. That nobody hears it is no reason to fail.
pub(crate) fn talk(words: fmt::Arguments<'_>) {
    let _ = anstream::stderr().lock().write_fmt(words);
}

/// Whether a person looks at standard output.
pub(crate) fn is_watched() -> bool {
    io::stdout().is_terminal()
}

/// How many columns there are for a line.
pub(crate) fn width() -> usize {
    let found = || terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
    columns()
        .or_else(found)
        .filter(|width| *width > 0)
        .unwrap_or(WIDTH)
}

/// How many columns `COLUMNS` asks for, which goes before the width of a terminal.
pub(crate) fn columns() -> Option<usize> {
    let columns = std::env::var("COLUMNS").ok()?;
    columns.parse().ok().filter(|columns| *columns > 0)
}

/// The colour of a finding.
pub(crate) fn severity(severity: Severity) -> Style {
    let colour = match severity {
        Severity::Rejected => AnsiColor::Red,
        Severity::Dropped => AnsiColor::Yellow,
        Severity::Cut => AnsiColor::Magenta,
        _ => AnsiColor::Cyan,
    };
    colour.on_default()
}

/// The colour of what the doctor finds.
pub(crate) fn level(level: Level) -> Style {
    match level {
        Level::Problem => severity(Severity::Rejected),
        Level::Note => severity(Severity::Advice),
    }
}

/// The colour of an outcome: X-Ray's own.
pub(crate) fn style(outcome: Outcome) -> Style {
    let colour = match outcome {
        Outcome::Ok => AnsiColor::Green,
        Outcome::Error => AnsiColor::Yellow,
        Outcome::Throttle => AnsiColor::Magenta,
        Outcome::Fault => AnsiColor::Red,
    };
    colour.on_default()
}
