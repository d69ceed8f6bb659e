use std::fmt;

use serde::{Deserialize, Serialize, Serializer};

use super::rejection::RejectionCode;

/// What X-Ray does about a [`Finding`](super::Finding).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Severity {
    /// Nothing of the document is stored.
    Rejected,
    /// The field, or the value, is left out, and the rest is stored.
    Dropped,
    /// The value is shortened or changed, and stored.
    Cut,
    /// All is stored, and is not what the sender is likely to mean.
    Advice,
}

/// What a [`Finding`](super::Finding) is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum FindingCode {
    /// The store refuses the document, as X-Ray does.
    Refused(RejectionCode),
    /// The first line is none that a daemon takes.
    InvalidHeader,
    /// Nothing stands behind the first line.
    MissingDocument,
    /// The document is larger than 64 kB. X-Ray refuses it; xray-local keeps it where it comes in one piece.
    DocumentTooLarge,
    /// The trace id is one of W3C, in one piece. X-Ray refuses it; xray-local takes it.
    W3cTraceId,
    /// The value has another type than X-Ray expects.
    WrongType,
    /// X-Ray has no field of this name here.
    UnknownField,
    /// The field belongs to the other of segment and subsegment.
    MisplacedField,
    /// The object has several fields of this name; the last counts.
    DuplicateField,
    /// The value is none of those that X-Ray knows.
    UnknownValue,
    /// The id is none.
    InvalidReference,
    /// The key of an annotation has characters that X-Ray does not index, or too many.
    InvalidAnnotationKey,
    /// The value of an annotation is no text, number or boolean.
    InvalidAnnotationValue,
    /// There are more annotations than X-Ray indexes of one trace.
    TooManyAnnotations,
    /// A segment goes on from more traces than X-Ray keeps.
    TooManyLinks,
    /// An exception has no id.
    ExceptionWithoutId,
    /// The document says that it ended and that it goes on.
    EndedInProgress,
    /// The text has more characters than X-Ray keeps.
    TooLong,
    /// The end lies before the start.
    EndBeforeStart,
    /// The text is not UTF-8.
    NotUtf8,
    /// An escape stands for half a character, as `\ud800` does. It is replaced by U+FFFD.
    LoneSurrogate,
    /// The number is larger than any of 64 bits. It is left out, as if it were null.
    NumberOutOfRange,
    /// The value is null, which is as if the field were not there.
    Null,
    /// The name holds a character that X-Ray takes, and its schema does not list.
    NameOutsideSchema,
    /// The key of an annotation holds a dot, as those of OpenTelemetry's exporter do, which the schema does not list: it is found by
    /// `annotation[key]` only.
    AnnotationKeyOutsideSchema,
    /// The trace began longer ago than X-Ray keeps traces.
    OldTrace,
    /// The trace begins later than now.
    FutureTrace,
    /// Subsegments stand deeper in one another than others read.
    DeepNesting,
    /// Two segments or subsegments have one id.
    DuplicateId,
    /// A segment or subsegment says that it stands in itself.
    OwnParent,
    /// The HTTP status tells of a failure, and no flag does; X-Ray goes by the flags.
    StatusWithoutFlag,
    /// It is throttled, and no error.
    ThrottleWithoutError,
}

impl FindingCode {
    /// The code as it is printed: one word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Refused(code) => code.as_str(),
            Self::InvalidHeader => "InvalidHeader",
            Self::MissingDocument => "MissingDocument",
            Self::DocumentTooLarge => "DocumentTooLarge",
            Self::W3cTraceId => "W3cTraceId",
            Self::WrongType => "WrongType",
            Self::UnknownField => "UnknownField",
            Self::MisplacedField => "MisplacedField",
            Self::DuplicateField => "DuplicateField",
            Self::UnknownValue => "UnknownValue",
            Self::InvalidReference => "InvalidReference",
            Self::InvalidAnnotationKey => "InvalidAnnotationKey",
            Self::InvalidAnnotationValue => "InvalidAnnotationValue",
            Self::TooManyAnnotations => "TooManyAnnotations",
            Self::TooManyLinks => "TooManyLinks",
            Self::ExceptionWithoutId => "ExceptionWithoutId",
            Self::EndedInProgress => "EndedInProgress",
            Self::TooLong => "TooLong",
            Self::EndBeforeStart => "EndBeforeStart",
            Self::NotUtf8 => "NotUtf8",
            Self::LoneSurrogate => "LoneSurrogate",
            Self::NumberOutOfRange => "NumberOutOfRange",
            Self::Null => "Null",
            Self::NameOutsideSchema => "NameOutsideSchema",
            Self::AnnotationKeyOutsideSchema => "AnnotationKeyOutsideSchema",
            Self::OldTrace => "OldTrace",
            Self::FutureTrace => "FutureTrace",
            Self::DeepNesting => "DeepNesting",
            Self::DuplicateId => "DuplicateId",
            Self::OwnParent => "OwnParent",
            Self::StatusWithoutFlag => "StatusWithoutFlag",
            Self::ThrottleWithoutError => "ThrottleWithoutError",
        }
    }

    /// What becomes of the document, or of the value.
    pub fn severity(self) -> Severity {
        match self {
            Self::Refused(_)
            | Self::InvalidHeader
            | Self::MissingDocument
            | Self::DocumentTooLarge
            | Self::W3cTraceId => Severity::Rejected,
            Self::WrongType
            | Self::UnknownField
            | Self::MisplacedField
            | Self::DuplicateField
            | Self::UnknownValue
            | Self::InvalidReference
            | Self::InvalidAnnotationKey
            | Self::InvalidAnnotationValue
            | Self::TooManyAnnotations
            | Self::TooManyLinks
            | Self::ExceptionWithoutId
            | Self::EndedInProgress
            | Self::NumberOutOfRange => Severity::Dropped,
            Self::TooLong | Self::EndBeforeStart | Self::NotUtf8 | Self::LoneSurrogate => {
                Severity::Cut
            }
            Self::Null
            | Self::NameOutsideSchema
            | Self::AnnotationKeyOutsideSchema
            | Self::OldTrace
            | Self::FutureTrace
            | Self::DeepNesting
            | Self::DuplicateId
            | Self::OwnParent
            | Self::StatusWithoutFlag
            | Self::ThrottleWithoutError => Severity::Advice,
        }
    }

    /// What the sender can do about it, in one sentence without a full stop.
    pub fn cure(self) -> &'static str {
        match self {
            Self::Refused(code) => code.cure(),
            Self::InvalidHeader => {
                "put {\"format\":\"json\",\"version\":1} and a line end in front of the document"
            }
            Self::MissingDocument => "send header line and document in one datagram",
            Self::DocumentTooLarge => {
                "send subsegments as documents of their own when they end, and record less metadata"
            }
            Self::W3cTraceId => "write it as 1-, its first 8 digits, -, and the other 24",
            Self::WrongType => "write the type that is expected",
            Self::UnknownField => {
                "record it as an annotation or as metadata, or check its spelling"
            }
            Self::MisplacedField => {
                "write it where it belongs, or record it as an annotation or as metadata"
            }
            Self::DuplicateField => "write each field once",
            Self::UnknownValue => "write one of the values that are expected, or leave it out",
            Self::InvalidReference => {
                "write 16 hex digits, and trace ids as 1-, 8 digits, -, 24 digits"
            }
            Self::InvalidAnnotationKey => {
                "use letters of ASCII, digits and _, at most 500: user_id in place of user id"
            }
            Self::InvalidAnnotationValue => {
                "annotate a part of it, and record all of it as metadata"
            }
            Self::TooManyAnnotations => "record as metadata what nobody searches for",
            Self::TooManyLinks => "link to 20 other traces at most",
            Self::ExceptionWithoutId => "give each exception an id of 16 hex digits",
            Self::EndedInProgress => "leave in_progress out once end_time is there",
            Self::TooLong => "shorten it, or record it as metadata",
            Self::EndBeforeStart => "take both times from one clock that does not go back",
            Self::NotUtf8 => "encode the document in UTF-8",
            Self::LoneSurrogate => "cut texts between characters, not inside one",
            Self::NumberOutOfRange => "write it as a text, or leave it out",
            Self::Null => "leave the field out",
            Self::NameOutsideSchema => {
                "use letters, digits, spaces and _ . : / % & # = + - @ where other tools read the name, too"
            }
            Self::AnnotationKeyOutsideSchema => {
                "write user_id in place of user.id, or search for it as annotation[user.id]"
            }
            Self::OldTrace => {
                "send segments when they end; check the clock, and that trace ids are made from it"
            }
            Self::FutureTrace => "set the clock of the sender",
            Self::DeepNesting => "begin fewer subsegments inside one another, as in recursions",
            Self::DuplicateId => "make a new id for each segment and subsegment",
            Self::OwnParent => "write the id of what it stands in",
            Self::StatusWithoutFlag => {
                "set error for 4xx, error and throttle for 429, fault for 5xx"
            }
            Self::ThrottleWithoutError => "set error, too",
        }
    }
}

impl fmt::Display for FindingCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for FindingCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Rejected => "rejected",
            Self::Dropped => "dropped",
            Self::Cut => "cut",
            Self::Advice => "advice",
        })
    }
}
