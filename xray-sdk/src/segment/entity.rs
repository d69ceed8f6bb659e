use std::error::Error as StdError;
use std::panic::Location;
use std::sync::Arc;

use serde::Serialize;

use crate::context::{self, Context, Kind, Passive};
use crate::header::TraceHeader;
use crate::id::{SegmentId, TraceId};
use crate::record::event::{Chain, Field, Mark, What};
use crate::record::identity::Identity;
use crate::record::lane::Lane;
use crate::record::{Text, Value, json};
use crate::segment::exception;
use crate::segment::reach::not_recorded;
use crate::segment::subsegment::SubsegmentBuilder;

/// A segment or subsegment that is being recorded: what [`Segment`](crate::Segment), [`Subsegment`](crate::Subsegment)
/// and [`current()`](crate::current) have in common.
///
/// Nothing here fails, blocks or panics. When the request is not sampled, each call
/// looks at where it would record, and returns.
/// What X-Ray would refuse is repaired when the document is written, off the request path, and told once.
pub struct Entity {
    // Fields beside a plain tag, and not an enum with fields: whoever records looks at the tag and at one of them.
    pub(crate) place: Place,
    pub(crate) node: SegmentId,
    /// Whose it is, where that is known here and it is recorded.
    pub(crate) identity: Option<Arc<Identity>>,
    /// The lane of a handle that is recorded, while it is not entered.
    pub(crate) lane: Option<Box<Lane>>,
    /// What a handle passes on that is not recorded, while it is not entered.
    pub(crate) passive: Option<Passive>,
}

/// Where an entity's events go.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// To one segment or subsegment: into its lane where that is current, and into a lane of its own elsewhere.
    Within,
    /// To whatever is current on this thread, asked anew at each call.
    Current,
    /// To a lane of its own; while the handle is entered that lane is the thread's.
    Held,
    /// Nowhere: the subsegment was not recorded. Its header is that of what is current.
    Nowhere,
    /// Nowhere either: the segment is not recorded. It is what is current on this thread.
    Unrecorded,
}

impl Entity {
    /// Adds an annotation, which X-Ray indexes for filter expressions: at most 50 a trace (developer guide, "Quotas").
    /// The last value of a key wins. Characters of `key` other than `A-Z a-z 0-9 _` become `_`, which is told once.
    #[inline(always)]
    #[track_caller]
    pub fn annotate<'k, 'v>(
        &mut self,
        key: impl Into<Text<'k>>,
        value: impl Into<Value<'v>>,
    ) -> &mut Self {
        if self.is_silent() {
            return self;
        }
        let place = Location::caller();
        // Conversions may be the program's code, which must not run while the context is looked at.
        let (key, value) = (key.into(), value.into());
        if let Some((mut lane, node)) = self.take_lane() {
            lane.annotate(node, &key, &value, place);
            self.put_back(lane);
        }
        self
    }

    /// Adds metadata in the namespace `default`: any value that serialises to JSON, stored and not indexed.
    ///
    /// The value is serialised at once, and not at all when the request is not sampled.
    /// What does not fit into one datagram is cut, marked in the document and counted.
    #[inline]
    #[track_caller]
    pub fn metadata<'k>(
        &mut self,
        key: impl Into<Text<'k>>,
        value: &(impl Serialize + ?Sized),
    ) -> &mut Self {
        if !self.is_silent() && self.is_recording_here() {
            let key = key.into();
            json::write(value, |json| {
                self.record(|lane, node| lane.metadata(node, None, &key, json));
            });
        }
        self
    }

    /// Adds metadata in a namespace of its own. Names that start with `AWS.` are X-Ray's (developer guide, "Segment documents").
    #[track_caller]
    pub fn metadata_in<'n, 'k>(
        &mut self,
        namespace: impl Into<Text<'n>>,
        key: impl Into<Text<'k>>,
        value: &(impl Serialize + ?Sized),
    ) -> &mut Self {
        if !self.is_silent() && self.is_recording_here() {
            let (namespace, key) = (namespace.into(), key.into());
            json::write(value, |json| {
                self.record(|lane, node| lane.metadata(node, Some(&namespace), &key, json));
            });
        }
        self
    }

    /// Records an error with its whole chain of sources, and marks this entity as a fault.
    ///
    /// When the same error was recorded in a subsegment below, only its id is written here.
    #[track_caller]
    pub fn record_error(&mut self, error: &(impl StdError + ?Sized)) -> &mut Self {
        if self.is_recording_here() {
            let chain = exception::chain_of(error);
            self.record(|lane, node| {
                lane.mark(node, Mark::Fault);
                exception::record(lane, node, &chain, false);
            });
        } else {
            self.fail();
        }
        self
    }

    /// As [`record_error`](Self::record_error), for adapters that know the error by a better name than that of its type.
    #[track_caller]
    pub fn record_error_as(&mut self, kind: &str, error: &(impl StdError + ?Sized)) -> &mut Self {
        if self.is_recording_here() {
            let chain = exception::chain_named(kind, error);
            self.record(|lane, node| {
                lane.mark(node, Mark::Fault);
                exception::record(lane, node, &chain, false);
            });
        } else {
            self.fail();
        }
        self
    }

    /// Records an error that a called service answered with, `kind` being its name there, with its whole chain of sources.
    ///
    /// The exceptions are marked as `remote`. Whether the call was an error, a fault or throttled is not decided here:
    /// [`http_status`](Self::http_status) tells that, or [`throttle`](Self::throttle).
    #[track_caller]
    pub fn record_remote_error(
        &mut self,
        kind: &str,
        error: &(impl StdError + ?Sized),
    ) -> &mut Self {
        if self.is_recording_here() {
            let chain = exception::chain_named(kind, error);
            self.record(|lane, node| exception::record(lane, node, &chain, true));
        }
        self
    }

    /// Records an exception that is no [`std::error::Error`], and marks this entity as a fault.
    #[track_caller]
    pub fn record_message(&mut self, kind: &str, message: &str) -> &mut Self {
        self.record(|lane, node| {
            lane.mark(node, Mark::Fault);
            lane.exception(node, &Text::copied(kind), message, Chain::First, false);
        });
        self.fail();
        self
    }

    /// Keeps `text` out of the segment's exceptions: wherever the message of one holds it, also one that is recorded later and elsewhere in
    /// the segment, `told` stands in its place.
    ///
    /// For adapters whose errors hold values: the program may record the same error again, by itself or wrapped in others. Texts of less
    /// than 3 bytes are not looked for; of a segment's texts the last 32 are.
    ///
    /// ```
    /// let capture = xray_sdk::testing::Capture::new("shop");
    /// capture.recorder().segment("shop").run_sync(|segment| {
    ///     segment.withhold("key 'ann@example.com' is taken", "a key is taken");
    ///     segment.record_message("SignUpError", "sign up: key 'ann@example.com' is taken");
    /// });
    /// let document = String::from_utf8(capture.bytes().remove(0)).expect("JSON");
    /// assert!(document.contains(r#""message":"sign up: a key is taken""#));
    /// ```
    #[track_caller]
    pub fn withhold(&mut self, text: &str, told: &str) -> &mut Self {
        self.record(|lane, _| lane.identity().withhold(text, told));
        self
    }

    /// Marks a fault: a failure of the service itself, as an HTTP status 5xx.
    #[inline]
    #[track_caller]
    pub fn fault(&mut self) -> &mut Self {
        self.fail();
        self.mark(Mark::Fault)
    }

    /// Marks an error: a failure that the caller caused, as an HTTP status 4xx.
    #[inline]
    #[track_caller]
    pub fn error(&mut self) -> &mut Self {
        self.mark(Mark::Error)
    }

    /// Marks throttling, which is also an error, as HTTP status 429. A status that says fault (S3 throttles by 503) then says none.
    #[inline]
    #[track_caller]
    pub fn throttle(&mut self) -> &mut Self {
        self.mark(Mark::Error).mark(Mark::Throttle)
    }

    #[inline]
    #[track_caller]
    pub(crate) fn mark(&mut self, mark: Mark) -> &mut Self {
        if self.is_silent() {
            return self;
        }
        if let Some((mut lane, node)) = self.take_lane() {
            lane.mark(node, mark);
            self.put_back(lane);
        }
        self
    }

    /// Names the user who sent the request; at most 250 characters. Belongs to the segment, wherever it is called.
    #[inline]
    #[track_caller]
    pub fn set_user(&mut self, user: &str) -> &mut Self {
        self.record(|lane, _| {
            let segment = lane.identity().segment_id();
            lane.field(segment, Field::User, user);
        });
        self
    }

    /// Replaces the name; at most 200 letters, digits, blanks and `_ . : / % & # = + - @` (developer guide, "Segment documents").
    #[inline]
    #[track_caller]
    pub fn set_name(&mut self, name: &str) -> &mut Self {
        self.field(Field::Name, name)
    }

    /// Links the segment to one of another trace, as the message that a batch consumer received; at most 20 are kept.
    #[track_caller]
    pub fn link(&mut self, trace: TraceId, segment: SegmentId) -> &mut Self {
        self.record(|lane, _| {
            let own = lane.identity().segment_id();
            lane.link(own, trace, segment);
        });
        self
    }

    /// Names a sibling that had to complete before this subsegment could begin.
    #[track_caller]
    pub fn precursor(&mut self, id: SegmentId) -> &mut Self {
        self.record(|lane, node| lane.push(node, What::Precursor(id)));
        self
    }

    #[track_caller]
    pub(crate) fn field(&mut self, field: Field, text: &str) -> &mut Self {
        if let Some((mut lane, node)) = self.take_lane() {
            lane.field(node, field, text);
            self.put_back(lane);
        }
        self
    }

    /// Whether what is recorded here is kept: false when the request is not sampled or there is no segment.
    pub fn is_recording(&self) -> bool {
        self.id().is_some()
    }

    /// As [`is_recording`](Self::is_recording), and tells when there is no segment at all.
    #[inline]
    #[track_caller]
    pub(crate) fn is_recording_here(&mut self) -> bool {
        match self.place {
            Place::Nowhere | Place::Unrecorded => false,
            Place::Within => true,
            Place::Held => self.lane.is_some(),
            Place::Current => {
                let is_recording = context::kind() == Kind::Recording;
                if !is_recording {
                    not_recorded(Location::caller());
                }
                is_recording
            }
        }
    }

    /// The id of this segment or subsegment; `None` when it is not recorded.
    pub fn id(&self) -> Option<SegmentId> {
        match self.place {
            Place::Nowhere | Place::Unrecorded => None,
            Place::Within => Some(self.node),
            Place::Held => self.lane.is_some().then_some(self.node),
            Place::Current => context::with(|current| current.node()),
        }
    }

    /// The id of the trace that this entity belongs to, also when it is not sampled.
    pub fn trace_id(&self) -> Option<TraceId> {
        match (self.place, &self.identity, &self.passive) {
            (Place::Within | Place::Held, Some(identity), _) => Some(identity.trace_id()),
            (Place::Within | Place::Held, None, passive) => passive.as_ref()?.trace_id(),
            _ => context::with(|current| current.trace_id()),
        }
    }

    /// The header to send with a request that this entity makes. `None` only where there is no segment, and where nothing is recorded
    /// in this process and the caller sent none: also what is not sampled is passed on.
    pub fn header(&self) -> Option<TraceHeader> {
        match (self.place, &self.identity, &self.passive) {
            (Place::Within | Place::Held, Some(identity), _) => Some(identity.header(self.node)),
            (Place::Within | Place::Held, None, passive) => passive.as_ref()?.header(),
            _ => context::with(|current| current.header()),
        }
    }

    /// One that has nothing of its own.
    #[inline(always)]
    pub(crate) fn at(place: Place) -> Self {
        Self {
            place,
            node: SegmentId::from_u64(0),
            identity: None,
            lane: None,
            passive: None,
        }
    }

    /// One of the segment that is current on this thread.
    #[inline(always)]
    pub(crate) fn within(identity: Arc<Identity>, node: SegmentId) -> Self {
        Self {
            node,
            identity: Some(identity),
            ..Self::at(Place::Within)
        }
    }

    /// A handle that keeps `context` for itself.
    #[inline(always)]
    pub(crate) fn held(context: Context, node: SegmentId) -> Self {
        let handle = Self {
            node,
            ..Self::at(Place::Held)
        };
        match context {
            Context::Missing => handle,
            Context::Passive(passive) => Self {
                passive: Some(passive),
                ..handle
            },
            Context::Recording(mut lane) => Self {
                identity: Some(lane.lend()),
                lane: Some(lane),
                ..handle
            },
        }
    }

    /// Closes what a handle held, and gives it to the background thread.
    pub(crate) fn close(&mut self) {
        let Some(identity) = &self.identity else {
            if let Some(passive) = self.passive.take() {
                passive.recycle();
            }
            return;
        };
        let mut lane = match self.lane.take() {
            Some(lane) => lane,
            // It is still entered somewhere; only its end can be told from here.
            None => identity.outlet().lane_to_end(identity),
        };
        let now = lane.tick();
        lane.close(self.node, now);
        identity.outlet().hand_over(lane);
    }

    /// A new subsegment below this entity.
    #[track_caller]
    pub fn subsegment<'a>(&'a mut self, name: impl Into<Text<'a>>) -> SubsegmentBuilder<'a> {
        SubsegmentBuilder::below(self, name.into())
    }
}
