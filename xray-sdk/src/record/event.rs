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
    Request(Length, Length),
    /// Text in a named place of the document.
    Text(Field, Words),
    Number(Field, u64),
    Mark(Mark),
    AnnotationText(Key, Length),
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
        namespace: Length,
        key: Length,
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
        message: Length,
        link: Chain,
        remote: bool,
    },
    Link {
        /// The trace id as text.
        trace: Length,
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
    Kept(Length),
}

/// So many bytes of the lane's text: those that follow what the event before, or the field before, has of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Length(pub(crate) u32);

/// A value that is to become JSON, kept in the lane.
#[derive(Clone, Copy)]
pub(crate) struct Json {
    pub(crate) length: Length,
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
    /// What was recorded of it before may be in the segment's own lane, of which a part is not queued yet.
    Moved,
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

    pub(crate) fn is_close(&self) -> bool {
        matches!(self, Self::Close { .. })
    }

    /// How many bytes of the lane's text it has.
    #[inline]
    pub(crate) fn text_bytes(&self) -> usize {
        match self {
            Self::Open { name: words, .. }
            | Self::Text(_, words)
            | Self::AnnotationInteger(Key { words, .. }, _)
            | Self::AnnotationUnsigned(Key { words, .. }, _)
            | Self::AnnotationFloat(Key { words, .. }, _)
            | Self::AnnotationBoolean(Key { words, .. }, _) => words.kept(),
            Self::AnnotationText(Key { words, .. }, text)
            | Self::Metadata {
                key: words,
                json: Json { length: text, .. },
            }
            | Self::Aws {
                key: words,
                json: Json { length: text, .. },
            }
            | Self::Exception {
                kind: words,
                message: text,
                ..
            } => words.kept() + text.bytes(),
            Self::Request(method, url) => method.bytes() + url.bytes(),
            Self::MetadataIn {
                namespace,
                key,
                json,
            } => namespace.bytes() + key.bytes() + json.length.bytes(),
            Self::Link { trace, .. } => trace.bytes(),
            Self::Close { .. } | Self::Number(..) | Self::Mark(_) | Self::Precursor(_) => 0,
        }
    }
}

impl Words {
    #[inline]
    fn kept(&self) -> usize {
        match self {
            Self::Static(_) => 0,
            Self::Kept(length) => length.bytes(),
        }
    }
}

impl Length {
    #[inline]
    pub(crate) fn bytes(self) -> usize {
        self.0 as usize
    }
}

/// The text that an event has, to be read in the order in which it was kept.
#[derive(Clone, Copy)]
pub(crate) struct Texts<'a>(pub(crate) &'a str);

impl<'a> Texts<'a> {
    /// So much of what follows.
    #[inline]
    pub(crate) fn next(&mut self, length: Length) -> &'a str {
        // Nothing that an event tells is longer than its text.
        let (text, rest) = self.0.split_at_checked(length.bytes()).unwrap_or_default();
        self.0 = rest;
        text
    }

    /// The words, of which only those that are not static follow.
    #[inline]
    pub(crate) fn words(&mut self, words: Words) -> &'a str {
        match words {
            Words::Static(text) => text,
            Words::Kept(length) => self.next(length),
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
