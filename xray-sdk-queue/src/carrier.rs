//! The headers of a message: how a trace gets into them and out of them, whatever the broker.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;

use xray_sdk::{Entity, TraceHeader};

/// The name under which the tracing header is written into messages.
///
/// Reading is not so strict: letters count in either case, `-` and `_` may stand anywhere or be left out, and `AWSTraceHeader`, as SQS
/// calls it, is the same header.
pub const TRACE_HEADER: &str = "X-Amzn-Trace-Id";

/// Something that headers are written into: the headers of a message that is about to be sent.
///
/// ```
/// use xray_sdk_queue::{Inject, inject};
///
/// struct Envelope(Vec<(&'static str, String)>);
///
/// impl Inject for Envelope {
///     fn set(&mut self, name: &'static str, value: String) {
///         self.0.retain(|(other, _)| *other != name);
///         self.0.push((name, value));
///     }
/// }
///
/// # let capture = xray_sdk::testing::Capture::new("shop");
/// # capture.recorder().segment("shop").run_sync(|segment| {
/// let mut envelope = Envelope(Vec::new());
/// inject(segment, &mut envelope);
/// assert!(envelope.0[0].1.starts_with("Root=1-"));
/// # });
/// ```
pub trait Inject {
    /// Sets the header `name`, in place of one of the same name.
    fn set(&mut self, name: &'static str, value: String);
}

/// Something that headers are read from: a message that was received.
///
/// ```
/// use xray_sdk_queue::{Extract, extract};
///
/// struct Envelope(Vec<(String, Vec<u8>)>);
///
/// impl Extract for Envelope {
///     fn visit(&self, look: &mut dyn FnMut(&str, &[u8])) {
///         for (name, value) in &self.0 {
///             look(name, value);
///         }
///     }
/// }
///
/// let header = b"Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1".to_vec();
/// let envelope = Envelope(vec![("x_amzn_trace_id".to_owned(), header)]);
/// assert_eq!(extract(&envelope).root().unwrap().to_string(), "1-5759e988-bd862e3fe1be46a994272793");
/// ```
pub trait Extract {
    /// Shows each header that is text, or may be: its name and its bytes. Other headers may be left out.
    fn visit(&self, look: &mut dyn FnMut(&str, &[u8]));
}

/// Writes the tracing header of `entity` into the headers of a message: of [`current()`](xray_sdk::current), or of the subsegment that
/// sends it.
///
/// Where the trace is not sampled the header says so, and is written all the same. Outside of a trace nothing is written. Costs the
/// allocation of the header's text.
pub fn inject(entity: &Entity, carrier: &mut (impl Inject + ?Sized)) {
    if let Some(header) = entity.header() {
        carrier.set(TRACE_HEADER, text(&header));
    }
}

/// The header as text, in one allocation.
fn text(header: &TraceHeader) -> String {
    // `Root=` and 35, `;Parent=` and 16, `;Sampled=0`.
    const ESSENTIAL: usize = 74;
    let mut text = String::with_capacity(ESSENTIAL + 1 + header.extras().len());
    // Writing into a text does not fail.
    let _ = write!(text, "{header}");
    text
}

/// Reads the tracing header of whoever sent a message. Never fails, whatever the bytes: the empty header, with which a new trace
/// begins, is the answer where nothing is understood.
///
/// Of several the first that names a trace counts: `X-Amzn-Trace-Id`, then its other spellings (see [`TRACE_HEADER`]), then W3C's
/// `traceparent`. A header that names none, but tells a decision, is the last choice.
pub fn extract(carrier: &(impl Extract + ?Sized)) -> TraceHeader {
    let mut found = Found::default();
    carrier.visit(&mut |name, value| found.look(name, value));
    found.header
}

/// The best tracing header that was seen so far.
#[derive(Default)]
pub(crate) struct Found {
    pub(crate) header: TraceHeader,
    rank: Rank,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    #[default]
    Nothing,
    /// It names no trace.
    Rootless,
    TraceParent,
    OtherSpelling,
    Exact,
}

impl Found {
    /// Looks at one header of a message.
    pub(crate) fn look(&mut self, name: &str, value: &[u8]) {
        let rank = if name == TRACE_HEADER {
            Rank::Exact
        } else if is_spelled(name, "xamzntraceid") || is_spelled(name, "awstraceheader") {
            Rank::OtherSpelling
        } else if is_spelled(name, "traceparent") {
            Rank::TraceParent
        } else {
            return;
        };
        if rank <= self.rank {
            return;
        }
        let value = String::from_utf8_lossy(value);
        let header = match rank {
            Rank::TraceParent => TraceHeader::from_traceparent(&value).unwrap_or_default(),
            _ => TraceHeader::parse(&value),
        };
        let rank = match header.root() {
            Some(_) => rank,
            None if header == TraceHeader::default() => Rank::Nothing,
            None => Rank::Rootless,
        };
        if rank > self.rank {
            *self = Self { header, rank };
        }
    }
}

/// Whether `name` has the letters of `letters`, in either case, with any `-` and `_` between them.
pub(crate) fn is_spelled(name: &str, letters: &str) -> bool {
    let between = |byte: &u8| matches!(byte, b'-' | b'_');
    let plain = name.bytes().filter(|byte| !between(byte));
    plain
        .map(|byte| byte.to_ascii_lowercase())
        .eq(letters.bytes())
}

impl<S: std::hash::BuildHasher> Inject for HashMap<String, String, S> {
    fn set(&mut self, name: &'static str, value: String) {
        self.insert(name.to_owned(), value);
    }
}

impl<S> Extract for HashMap<String, String, S> {
    fn visit(&self, look: &mut dyn FnMut(&str, &[u8])) {
        self.iter()
            .for_each(|(name, value)| look(name, value.as_bytes()));
    }
}

impl Inject for BTreeMap<String, String> {
    fn set(&mut self, name: &'static str, value: String) {
        self.insert(name.to_owned(), value);
    }
}

impl Extract for BTreeMap<String, String> {
    fn visit(&self, look: &mut dyn FnMut(&str, &[u8])) {
        self.iter()
            .for_each(|(name, value)| look(name, value.as_bytes()));
    }
}

impl Inject for Vec<(String, String)> {
    fn set(&mut self, name: &'static str, value: String) {
        self.retain(|(other, _)| other != name);
        self.push((name.to_owned(), value));
    }
}

impl<K: AsRef<str>, V: AsRef<[u8]>> Extract for [(K, V)] {
    fn visit(&self, look: &mut dyn FnMut(&str, &[u8])) {
        self.iter()
            .for_each(|(name, value)| look(name.as_ref(), value.as_ref()));
    }
}

#[cfg(test)]
mod tests;
