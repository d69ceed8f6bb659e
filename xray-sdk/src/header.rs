//! The tracing header: `X-Amzn-Trace-Id` read and printed, and W3C's `traceparent` in and out.

use std::fmt;
use std::str;
use std::sync::Arc;

use crate::id::{SegmentId, TraceId};

/// What one service tells the next about a trace: its id, who calls, whether it is sampled, and what others added.
///
/// Reading never fails: what cannot be understood is left out, and the rest is kept. So a trace goes on when one part of its
/// header is damaged, or written by a newer tool.
///
/// ```
/// use xray_sdk::{Sampled, TraceHeader};
///
/// let header = TraceHeader::parse("Root=1-5759e988-bd862e3fe1be46a994272793;Parent=nonsense;Sampled=1;Lineage=a87bd80c:1");
/// assert_eq!(header.sampled(), Sampled::Yes);
/// assert_eq!(header.parent(), None);
/// assert_eq!(header.to_string(), "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1;Lineage=a87bd80c:1");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct TraceHeader {
    root: Option<TraceId>,
    parent: Option<SegmentId>,
    sampled: Sampled,
    // Shared, because every call that a request makes sends the same ones on.
    extras: Option<Arc<str>>,
}

/// Whether a request is recorded, as far as its header tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Sampled {
    /// `1`: it is recorded.
    Yes,
    /// `0`: it is not recorded.
    No,
    /// `?`: whoever receives it decides, and says so in the response.
    Requested,
    /// Nothing is said: whoever receives it decides.
    #[default]
    Unknown,
}

/// The bytes of pairs of other makers that are kept (as the Node SDK limits them).
const EXTRAS_BYTES: usize = 256;

impl TraceHeader {
    /// The name of the HTTP header, in lower case.
    pub const NAME: &'static str = "x-amzn-trace-id";

    /// A header that names a trace and nothing else.
    pub fn new(root: TraceId) -> Self {
        Self {
            root: Some(root),
            ..Self::default()
        }
    }

    /// The same header with another root.
    pub(crate) fn with_root(mut self, root: TraceId) -> Self {
        self.root = Some(root);
        self
    }

    /// The same header with another parent.
    #[must_use]
    pub fn with_parent(mut self, parent: SegmentId) -> Self {
        self.parent = Some(parent);
        self
    }

    /// The same header with another decision.
    #[must_use]
    pub fn with_sampled(mut self, sampled: Sampled) -> Self {
        self.sampled = sampled;
        self
    }

    /// Reads the value of an `X-Amzn-Trace-Id` header: pairs of `key=value`, with `;` between them.
    ///
    /// Keys are read in either case, with blanks around them. Of several values for one key the last one that can be understood
    /// counts. `Self`, which load balancers add for themselves, is dropped. All other pairs, such as `Lineage`, are kept in
    /// [`extras`](Self::extras) while they fit into 256 bytes together and hold visible ASCII only.
    pub fn parse(text: &str) -> Self {
        let mut header = Self::default();
        let mut extras = Extras::default();
        for pair in text.split(';') {
            let Some((key, value)) = pair.split_once('=') else {
                continue;
            };
            let (key, value) = (key.trim(), value.trim());
            if key.eq_ignore_ascii_case("Root") {
                header.root = TraceId::from_text(value.as_bytes()).or(header.root);
            } else if key.eq_ignore_ascii_case("Parent") {
                header.parent = SegmentId::from_text(value.as_bytes()).or(header.parent);
            } else if key.eq_ignore_ascii_case("Sampled") {
                header.sampled = Sampled::from_text(value).unwrap_or(header.sampled);
            } else if !key.eq_ignore_ascii_case("Self") {
                extras.keep(key, value);
            }
        }
        header.extras = extras.into_text();
        header
    }

    /// Reads a W3C `traceparent` (W3C Recommendation "Trace Context"): `00-` trace id `-` parent id `-` flags.
    ///
    /// Versions after 00 are read as far as 00 goes. `None` when the text has another form, is of version ff, or has an id of
    /// nothing but zeros, all of which W3C calls invalid.
    ///
    /// ```
    /// use xray_sdk::TraceHeader;
    ///
    /// let header = TraceHeader::from_traceparent("00-4efaaf4d1e8720b39541901950019ee5-53995c3f42cd8ad8-01");
    /// assert_eq!(
    ///     header.map(|header| header.to_string()).as_deref(),
    ///     Some("Root=1-4efaaf4d-1e8720b39541901950019ee5;Parent=53995c3f42cd8ad8;Sampled=1"),
    /// );
    /// ```
    pub fn from_traceparent(text: &str) -> Option<Self> {
        let (known, more) = text.trim().split_at_checked(TRACEPARENT_BYTES)?;
        let mut parts = known.split('-');
        let version = digits(parts.next()?, 2)?;
        let root = TraceId::from_text(digits(parts.next()?, 32)?.as_bytes())?;
        let parent = SegmentId::from_text(digits(parts.next()?, 16)?.as_bytes())?;
        let flags = u8::from_str_radix(digits(parts.next()?, 2)?, 16).ok()?;

        let ends_well = more.is_empty() || (version != "00" && more.starts_with('-'));
        let has_ids = root.to_u128() != 0 && parent.to_u64() != 0;
        if version == "ff" || !ends_well || !has_ids {
            return None;
        }
        let is_sampled = flags & 1 == 1;
        Some(
            Self::new(root)
                .with_parent(parent)
                .with_sampled(is_sampled.into()),
        )
    }

    /// The same as a W3C `traceparent`.
    ///
    /// `None` without a trace id and a parent, or when nothing is decided yet: `traceparent` cannot say so.
    pub fn to_traceparent(&self) -> Option<String> {
        let root = self.root.filter(|root| root.to_u128() != 0)?;
        let parent = self.parent.filter(|parent| parent.to_u64() != 0)?;
        let flags = u8::from(self.sampled.decision()?);
        Some(format!("00-{}-{parent}-{flags:02x}", root.to_w3c()))
    }

    /// Whether it names a trace and tells neither who calls nor whether the trace is recorded, as that of a Lambda function in
    /// pass-through mode. Whoever has nothing to add sends it on as it is, and the next service decides.
    pub fn is_pass_through(&self) -> bool {
        self.root.is_some() && self.parent.is_none() && self.sampled == Sampled::Unknown
    }

    /// Takes away ids of nothing but zeros, which are written where a trace is not recorded: they name none.
    #[inline]
    pub(crate) fn drop_zeros(&mut self) {
        if self.root.is_some_and(|root| root.to_u128() == 0) {
            (self.root, self.parent) = (None, None);
        } else if self.parent.is_some_and(|parent| parent.to_u64() == 0) {
            self.parent = None;
        }
    }

    /// Whether it says nothing.
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The trace.
    pub fn root(&self) -> Option<TraceId> {
        self.root
    }

    /// The segment or subsegment that calls.
    pub fn parent(&self) -> Option<SegmentId> {
        self.parent
    }

    /// Whether the trace is recorded.
    pub fn sampled(&self) -> Sampled {
        self.sampled
    }

    /// Gives `take` the header's value, the same as is printed, without allocating it: for who writes it into something of their own.
    ///
    /// ```
    /// use xray_sdk::TraceHeader;
    ///
    /// let header = TraceHeader::parse("Sampled=1;Root=1-5759e988-bd862e3fe1be46a994272793");
    /// let length = header.with_text(|text| text.len());
    /// assert_eq!(length, "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1".len());
    /// ```
    pub fn with_text<R>(&self, take: impl FnOnce(&str) -> R) -> R {
        self.with_bytes(|bytes| take(str::from_utf8(bytes).unwrap_or_default()))
    }

    /// As [`with_text`](Self::with_text), for who wants bytes: all of them are visible ASCII.
    #[inline]
    pub fn with_bytes<R>(&self, take: impl FnOnce(&[u8]) -> R) -> R {
        let mut known = Letters::<KNOWN_BYTES>::new();
        if let Some(root) = self.root {
            known.add([b"Root=", &root.letters()]);
        }
        if let Some(parent) = self.parent {
            known.add([b"Parent=", &parent.letters()]);
        }
        match self.sampled {
            Sampled::Yes => known.add([b"Sampled=", b"1"]),
            Sampled::No => known.add([b"Sampled=", b"0"]),
            Sampled::Requested => known.add([b"Sampled=", b"?"]),
            Sampled::Unknown => {}
        }
        let Some(extras) = &self.extras else {
            return take(known.bytes());
        };
        let mut all = Letters::<{ KNOWN_BYTES + 1 + EXTRAS_BYTES }>::new();
        for part in [known.bytes(), extras.as_bytes()]
            .into_iter()
            .filter(|part| !part.is_empty())
        {
            all.add([part, b""]);
        }
        take(all.bytes())
    }

    /// The pairs that others added, as they are sent on: `Lineage=…;Other=…`, or nothing. At most 256 bytes of visible ASCII.
    pub fn extras(&self) -> &str {
        self.extras.as_deref().unwrap_or_default()
    }
}

/// `00-`, 32 digits, `-`, 16 digits, `-`, 2 digits.
const TRACEPARENT_BYTES: usize = 55;

/// The text itself when it is `count` hex digits in lower case, as `traceparent` has them.
fn digits(text: &str, count: usize) -> Option<&str> {
    let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    (text.len() == count && text.bytes().all(is_digit)).then_some(text)
}

impl Sampled {
    /// The decision that was made, if one was.
    pub fn decision(self) -> Option<bool> {
        match self {
            Self::Yes => Some(true),
            Self::No => Some(false),
            Self::Requested | Self::Unknown => None,
        }
    }

    fn from_text(text: &str) -> Option<Self> {
        match text {
            "1" => Some(Self::Yes),
            "0" => Some(Self::No),
            "?" => Some(Self::Requested),
            _ => None,
        }
    }
}

impl From<bool> for Sampled {
    fn from(is_sampled: bool) -> Self {
        if is_sampled { Self::Yes } else { Self::No }
    }
}

/// The value of the header: `Root`, `Parent`, `Sampled` and the extras, each if it is there. Always a valid HTTP header value of at
/// most 331 bytes.
impl fmt::Display for TraceHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.with_text(|text| f.write_str(text))
    }
}

/// Text that is put together where there is room for so many bytes: it is sent with each call, so nothing is allocated.
struct Letters<const ROOM: usize> {
    letters: [u8; ROOM],
    count: usize,
}

/// `Root=` and 35 letters, `;Parent=` and 16, `;Sampled=` and one.
const KNOWN_BYTES: usize = 74;

impl<const ROOM: usize> Letters<ROOM> {
    #[inline(always)]
    fn new() -> Self {
        Self {
            letters: [0; ROOM],
            count: 0,
        }
    }

    /// Adds a piece of ASCII, and a `;` where something stands before it.
    #[inline(always)]
    fn add(&mut self, parts: [&[u8]; 2]) {
        let between: &[u8] = if self.count == 0 { b"" } else { b";" };
        for part in [between, parts[0], parts[1]] {
            let end = self.count + part.len();
            self.letters[self.count..end].copy_from_slice(part);
            self.count = end;
        }
    }

    #[inline(always)]
    fn bytes(&self) -> &[u8] {
        &self.letters[..self.count]
    }
}

/// Pairs of other makers, while they are gathered.
#[derive(Default)]
struct Extras<'a> {
    pairs: Vec<(&'a str, &'a str)>,
    bytes: usize,
}

impl<'a> Extras<'a> {
    /// Keeps a pair, in place of an earlier one with the same key, if it may be kept and fits.
    fn keep(&mut self, key: &'a str, value: &'a str) {
        let is_visible = |text: &str| text.bytes().all(|byte| byte.is_ascii_graphic());
        if key.is_empty() || !is_visible(key) || !is_visible(value) {
            return;
        }
        let known = self
            .pairs
            .iter()
            .position(|(other, _)| other.eq_ignore_ascii_case(key));
        let freed = known.map_or(0, |known| cost(self.pairs[known]));
        let bytes = self.bytes - freed + cost((key, value));
        // The first pair has no semicolon before it.
        if bytes > EXTRAS_BYTES + 1 {
            return;
        }
        self.bytes = bytes;
        match known {
            Some(known) => self.pairs[known] = (key, value),
            None => self.pairs.push((key, value)),
        }
    }

    fn into_text(self) -> Option<Arc<str>> {
        if self.pairs.is_empty() {
            return None;
        }
        let mut text = String::with_capacity(self.bytes);
        for (key, value) in self.pairs {
            if !text.is_empty() {
                text.push(';');
            }
            text.push_str(key);
            text.push('=');
            text.push_str(value);
        }
        Some(text.into())
    }
}

/// The bytes of a pair with its `=` and the `;` before it.
fn cost((key, value): (&str, &str)) -> usize {
    key.len() + value.len() + 2
}

#[cfg(test)]
mod tests;
