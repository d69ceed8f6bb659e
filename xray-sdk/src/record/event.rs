//! What is recorded on the request path: small events of one fixed size, turned into documents elsewhere.

use std::panic::Location;

use crate::clock::Tick;
use crate::id::SegmentId;

/// Something that happened to one segment or subsegment.
#[derive(Clone, Copy)]
pub(crate) struct Event {
    pub(crate) node: SegmentId,
    pub(crate) what: What,
}

#[derive(Clone, Copy)]
pub(crate) enum What {
    Open {
        /// Zero for a segment whose caller is unknown.
        parent: SegmentId,
        name: Words,
        at: Tick,
        namespace: Namespace,
    },
    Close {
        at: Tick,
    },
    /// The method and URL of an HTTP request.
    Request(Span, Span),
    /// Text in a named place of the document.
    Text(Field, Words),
    Number(Field, u64),
    Mark(Mark),
    AnnotationText(Key, Span),
    AnnotationInteger(Key, i64),
    AnnotationUnsigned(Key, u64),
    AnnotationFloat(Key, f64),
    AnnotationBoolean(Key, bool),
    /// JSON under a key of the namespace `default`.
    Metadata {
        key: Words,
        json: Json,
    },
    MetadataIn {
        namespace: Span,
        key: Span,
        json: Json,
    },
    /// JSON under a key of the `aws` block.
    Aws {
        key: Words,
        json: Json,
    },
    /// One error of a chain, outermost first.
    Exception {
        kind: Words,
        message: Span,
        link: Chain,
        remote: bool,
    },
    Link {
        /// The trace id as text.
        trace: Span,
        segment: SegmentId,
    },
    Precursor(SegmentId),
}

/// An annotation's key and where in the program it was written, for the notice when X-Ray would drop it.
#[derive(Clone, Copy)]
pub(crate) struct Key {
    pub(crate) words: Words,
    pub(crate) place: &'static Location<'static>,
}

/// Text that is either static or kept in the lane's text.
#[derive(Clone, Copy)]
pub(crate) enum Words {
    Static(&'static str),
    Kept(Span),
}

/// A part of the lane's text.
#[derive(Clone, Copy, Default)]
pub(crate) struct Span {
    pub(crate) start: u32,
    pub(crate) length: u32,
}

/// A value that is to become JSON, kept in the lane.
#[derive(Clone, Copy)]
pub(crate) struct Json {
    pub(crate) span: Span,
    pub(crate) form: Form,
}

/// What a kept value is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Form {
    /// A text, as it was given.
    Text,
    /// JSON.
    Json,
    /// JSON that was longer than may be kept, and is no whole value any more.
    Cut,
}

/// Where an exception stands in the chain that was recorded together.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Chain {
    First,
    SourceOfPrevious,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Field {
    Name,
    User,
    SamplingRule,
    HttpMethod,
    HttpUrl,
    HttpUserAgent,
    HttpClientIp,
    HttpStatus,
    HttpContentLength,
    SqlConnection,
    SqlUrl,
    SqlQuery,
    SqlDatabaseType,
    SqlDatabaseVersion,
    SqlDriverVersion,
    SqlUser,
    SqlPreparation,
    /// Nanoseconds from the beginning to the opening, of what was begun late.
    BeganBefore,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Mark {
    Fault,
    Error,
    Throttle,
    Forwarded,
    /// The code inside panicked.
    Panicked,
    /// The program asks that the segment be seen as it is now.
    Shown,
}

/// What kind of call a subsegment is. X-Ray draws a node only for calls that leave the process.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Namespace {
    Local,
    Remote,
    Aws,
}

impl Field {
    /// How many there are.
    pub(crate) const COUNT: usize = Self::SqlPreparation as usize + 1;

    /// A bit of its own.
    #[inline]
    pub(crate) const fn bit(self) -> u32 {
        1 << self as u32
    }
}

impl Mark {
    /// A bit of its own.
    #[inline]
    pub(crate) const fn bit(self) -> u8 {
        1 << self as u8
    }

    /// What an HTTP status says beside the number: 429 is throttling, other 4xx an error, 5xx a fault.
    pub(crate) fn of_status(status: u64) -> &'static [Self] {
        match status {
            429 => &[Self::Error, Self::Throttle],
            400..=499 => &[Self::Error],
            500..=599 => &[Self::Fault],
            _ => &[],
        }
    }
}

impl Event {
    /// What fills the room for events.
    pub(crate) const NOTHING: Self = Self {
        node: SegmentId::from_u64(0),
        what: What::Mark(Mark::Shown),
    };
}

impl What {
    /// Whether it says that its segment or subsegment is a fault.
    pub(crate) fn is_fault(&self) -> bool {
        match self {
            Self::Mark(mark) => matches!(mark, Mark::Fault | Mark::Panicked),
            Self::Number(Field::HttpStatus, status) => {
                Mark::of_status(*status).contains(&Mark::Fault)
            }
            _ => false,
        }
    }

    pub(crate) fn is_open(&self) -> bool {
        matches!(self, Self::Open { .. })
    }

    /// Hands every reference into the lane's text to `visit`, for copying an event to another lane.
    pub(crate) fn visit_spans(&mut self, visit: &mut impl FnMut(&mut Span)) {
        match self {
            Self::Open { name, .. } => name.visit_span(visit),
            Self::Request(method, url) => {
                visit(method);
                visit(url);
            }
            Self::Text(_, words) => words.visit_span(visit),
            Self::AnnotationText(key, text) => {
                key.words.visit_span(visit);
                visit(text);
            }
            Self::AnnotationInteger(key, _)
            | Self::AnnotationUnsigned(key, _)
            | Self::AnnotationFloat(key, _)
            | Self::AnnotationBoolean(key, _) => key.words.visit_span(visit),
            Self::Metadata { key, json } | Self::Aws { key, json } => {
                key.visit_span(visit);
                visit(&mut json.span);
            }
            Self::MetadataIn {
                namespace,
                key,
                json,
            } => {
                visit(namespace);
                visit(key);
                visit(&mut json.span);
            }
            Self::Exception { kind, message, .. } => {
                kind.visit_span(visit);
                visit(message);
            }
            Self::Link { trace, .. } => visit(trace),
            Self::Close { .. } | Self::Number(..) | Self::Mark(_) | Self::Precursor(_) => {}
        }
    }
}

impl Words {
    fn visit_span(&mut self, visit: &mut impl FnMut(&mut Span)) {
        if let Self::Kept(span) = self {
            visit(span);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_stays_within_48_bytes() {
        assert!(size_of::<Event>() <= 48, "{}", size_of::<Event>());
        assert_eq!(size_of::<Words>(), 16);
    }
}
