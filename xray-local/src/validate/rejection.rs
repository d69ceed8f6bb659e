use std::fmt;

/// Why a document was not stored, in the words of X-Ray's `UnprocessedTraceSegments`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    id: Option<String>,
    code: RejectionCode,
    place: Place,
    cause: String,
}

/// What is wrong with a document.
///
/// `InvalidTraceId`, `InvalidName`, `MissingName`, `MissingId`, `MissingEndTime` and `InvalidSegment` have been seen in X-Ray's answers;
/// the others are named after them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum RejectionCode {
    /// The text is not JSON, or no object.
    ParseError,
    /// There is no id.
    MissingId,
    /// The id is not 16 hex digits.
    InvalidId,
    /// There is no trace id.
    MissingTraceId,
    /// The trace id does not have the form of one.
    InvalidTraceId,
    /// There is no name.
    MissingName,
    /// The name holds characters that X-Ray does not allow, or more than 200.
    InvalidName,
    /// There is no start time, or it is no number.
    MissingStartTime,
    /// The start time lies before 1970 or after the year 9999.
    InvalidStartTime,
    /// There is no end time, and the work is not said to be in progress.
    MissingEndTime,
    /// The end time lies before 1970 or after the year 9999.
    InvalidEndTime,
    /// A subsegment that was sent alone does not say what it belongs to.
    MissingParentId,
    /// The parent's id is not 16 hex digits.
    InvalidParentId,
    /// The trace has outgrown the store, or [`Limits::trace_bytes`](crate::Limits::trace_bytes).
    InvalidSegment,
    /// The document is good, and could not be written: the disk is full, or fails.
    InternalFailure,
}

/// Where in the document the fault lies: X-Ray says "subsegment" also when a nested one is the culprit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Segment,
    Subsegment,
}

impl Rejection {
    pub(crate) fn new(code: RejectionCode, place: Place, cause: impl Into<String>) -> Self {
        Self {
            id: None,
            code,
            place,
            cause: cause.into(),
        }
    }

    pub(crate) fn of_document(mut self, id: Option<&str>) -> Self {
        self.id = id.map(str::to_owned);
        self
    }

    /// The id of the document, when it could be read.
    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// What is wrong.
    pub fn code(&self) -> RejectionCode {
        self.code
    }

    pub(super) fn cause(&self) -> &str {
        &self.cause
    }

    /// The whole message, as X-Ray words it; its cause is ours, since X-Ray's is always `null`.
    pub fn message(&self) -> String {
        self.to_string()
    }
}

impl RejectionCode {
    /// The code as X-Ray writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ParseError => "ParseError",
            Self::MissingId => "MissingId",
            Self::InvalidId => "InvalidId",
            Self::MissingTraceId => "MissingTraceId",
            Self::InvalidTraceId => "InvalidTraceId",
            Self::MissingName => "MissingName",
            Self::InvalidName => "InvalidName",
            Self::MissingStartTime => "MissingStartTime",
            Self::InvalidStartTime => "InvalidStartTime",
            Self::MissingEndTime => "MissingEndTime",
            Self::InvalidEndTime => "InvalidEndTime",
            Self::MissingParentId => "MissingParentId",
            Self::InvalidParentId => "InvalidParentId",
            Self::InvalidSegment => "InvalidSegment",
            Self::InternalFailure => "InternalFailure",
        }
    }

    /// What the sender can do about it, in one sentence without a full stop.
    pub fn cure(self) -> &'static str {
        match self {
            Self::ParseError => {
                "send one JSON object, or a list of them, as the guide to segment documents shows it"
            }
            Self::MissingId | Self::InvalidId => {
                "make an id of 16 random hex digits for each segment and subsegment"
            }
            Self::MissingTraceId | Self::InvalidTraceId => {
                "write 1-, 8 hex digits of the time in seconds, -, and 24 random hex digits"
            }
            Self::MissingName => {
                "name the segment after its service, and a subsegment after what it does or calls"
            }
            Self::InvalidName => {
                "use letters, digits, spaces and _ . : / % & # = + - @, at most 200"
            }
            Self::MissingStartTime | Self::InvalidStartTime | Self::InvalidEndTime => {
                "write the time as a number of seconds since 1970, with a fraction"
            }
            Self::MissingEndTime => {
                "write end_time, or in_progress: true and the whole once more at the end"
            }
            Self::MissingParentId | Self::InvalidParentId => {
                "write the id of the segment or subsegment that it stands in"
            }
            Self::InvalidSegment => "record less in one trace, or let the store keep more of each",
            Self::InternalFailure => "make room on the disk, and send it again",
        }
    }
}

impl fmt::Display for RejectionCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = match self.place {
            Place::Segment => "segment",
            Place::Subsegment => "subsegment",
        };
        write!(
            f,
            "Invalid {place}. ErrorCode: {}, Cause: {}",
            self.code, self.cause
        )
    }
}
