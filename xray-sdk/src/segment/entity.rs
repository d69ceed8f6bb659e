use std::error::Error as StdError;
use std::panic::Location;
use std::sync::Arc;

use serde::Serialize;

use crate::context::{self, Context, missing};
use crate::header::TraceHeader;
use crate::id::{SegmentId, TraceId};
use crate::record::event::{Chain, Field, Mark, What};
use crate::record::identity::Identity;
use crate::record::lane::Lane;
use crate::record::{Text, Value, json};
use crate::segment::exception;
use crate::segment::subsegment::SubsegmentBuilder;

/// A segment or subsegment that is being recorded: what [`Segment`](crate::Segment), [`Subsegment`](crate::Subsegment)
/// and [`current()`](crate::current) have in common.
///
/// Nothing here fails, blocks or panics. When the request is not sampled, each call
/// looks at where it would record, and returns.
/// What X-Ray would refuse is repaired when the document is written, off the request path, and told once.
pub struct Entity {
    pub(crate) place: Place,
}

/// Where an entity's events go.
pub(crate) enum Place {
    /// To whatever is current on this thread, asked anew at each call.
    Current,
    /// To one segment or subsegment: into its lane where that is current, and into a lane of its own elsewhere.
    Within {
        identity: Arc<Identity>,
        node: SegmentId,
    },
    /// Nowhere: the subsegment was not recorded. Its header is that of what is current.
    Nowhere,
    /// Nowhere either: the segment is not recorded. It is what is current on this thread.
    Unrecorded,
    /// To a context of its own; while the handle is entered that context is the thread's, and this is `Missing`.
    Held {
        context: Context,
        node: SegmentId,
        /// Whose it is when it is recorded, also while it is entered.
        identity: Option<Arc<Identity>>,
    },
}

impl Entity {
    /// Runs `record` on the lane that this entity writes to, if it is recorded.
    #[inline]
    #[track_caller]
    pub(crate) fn record(&mut self, record: impl FnOnce(&mut Lane, SegmentId)) {
        let place = Location::caller();
        match &mut self.place {
            Place::Nowhere | Place::Unrecorded => {}
            Place::Held { context, node, .. } => {
                if let Context::Recording(lane) = context {
                    write(lane, *node, record);
                }
            }
            Place::Within { identity, node } => {
                context::with(|current| match current.lane_of(identity) {
                    Some(lane) => write(lane, *node, record),
                    None => write_aside(identity, *node, record),
                });
            }
            Place::Current => {
                let found = context::with(|current| match current {
                    Context::Recording(lane) => {
                        let node = lane.node;
                        write(lane, node, record);
                        true
                    }
                    Context::Passive(_) => true,
                    Context::Missing => false,
                });
                if !found {
                    missing::report(place);
                }
            }
        }
    }

    /// Adds an annotation, which X-Ray indexes for filter expressions: at most 50 a trace (developer guide, "Quotas").
    /// The last value of a key wins. Characters of `key` other than `A-Z a-z 0-9 _` become `_`, which is told once.
    #[track_caller]
    pub fn annotate<'k, 'v>(
        &mut self,
        key: impl Into<Text<'k>>,
        value: impl Into<Value<'v>>,
    ) -> &mut Self {
        let place = Location::caller();
        // Conversions may be the program's code, which must not run while the context is looked at.
        let (key, value) = (key.into(), value.into());
        self.record(|lane, node| lane.annotate(node, &key, &value, place));
        self
    }

    /// Adds metadata in the namespace `default`: any value that serialises to JSON, stored and not indexed.
    ///
    /// The value is serialised at once, and not at all when the request is not sampled.
    /// What does not fit into one datagram is cut, marked in the document and counted.
    #[track_caller]
    pub fn metadata<'k>(
        &mut self,
        key: impl Into<Text<'k>>,
        value: &(impl Serialize + ?Sized),
    ) -> &mut Self {
        if self.is_recording_here() {
            let (key, json) = (key.into(), json::write(value));
            self.record(|lane, node| lane.metadata(node, None, &key, &json));
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
        if self.is_recording_here() {
            let (namespace, key) = (namespace.into(), key.into());
            let json = json::write(value);
            self.record(|lane, node| lane.metadata(node, Some(&namespace), &key, &json));
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
                exception::record(lane, node, &chain);
            });
        } else {
            self.fail();
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

    /// Marks a fault: a failure of the service itself, as an HTTP status 5xx.
    #[track_caller]
    pub fn fault(&mut self) -> &mut Self {
        self.fail();
        self.mark(Mark::Fault)
    }

    /// Marks an error: a failure that the caller caused, as an HTTP status 4xx.
    #[track_caller]
    pub fn error(&mut self) -> &mut Self {
        self.mark(Mark::Error)
    }

    /// Marks throttling, which is also an error, as HTTP status 429.
    #[track_caller]
    pub fn throttle(&mut self) -> &mut Self {
        self.mark(Mark::Error).mark(Mark::Throttle)
    }

    #[track_caller]
    pub(crate) fn mark(&mut self, mark: Mark) -> &mut Self {
        self.record(|lane, node| lane.mark(node, mark));
        self
    }

    /// Names the user who sent the request; at most 250 characters. Belongs to the segment, wherever it is called.
    #[track_caller]
    pub fn set_user(&mut self, user: &str) -> &mut Self {
        self.record(|lane, _| {
            let segment = lane.identity.segment_id();
            lane.field(segment, Field::User, user);
        });
        self
    }

    /// Replaces the name; at most 200 letters, digits, blanks and `_ . : / % & # = + - @` (developer guide, "Segment documents").
    #[track_caller]
    pub fn set_name(&mut self, name: &str) -> &mut Self {
        self.field(Field::Name, name)
    }

    /// Links the segment to one of another trace, as the message that a batch consumer received; at most 20 are kept.
    #[track_caller]
    pub fn link(&mut self, trace: TraceId, segment: SegmentId) -> &mut Self {
        self.record(|lane, _| {
            let own = lane.identity.segment_id();
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
        self.record(|lane, node| lane.field(node, field, text));
        self
    }

    /// Whether what is recorded here is kept: false when the request is not sampled or there is no segment.
    pub fn is_recording(&self) -> bool {
        self.id().is_some()
    }

    /// As [`is_recording`](Self::is_recording), and tells when there is no segment at all.
    #[track_caller]
    pub(crate) fn is_recording_here(&mut self) -> bool {
        let mut recording = false;
        self.record(|_, _| recording = true);
        recording
    }

    /// The id of this segment or subsegment; `None` when it is not recorded.
    pub fn id(&self) -> Option<SegmentId> {
        match &self.place {
            Place::Nowhere | Place::Unrecorded => None,
            Place::Within { node, .. } => Some(*node),
            Place::Held { context, node, .. } => context.node().map(|_| *node),
            Place::Current => context::with(|current| current.node()),
        }
    }

    /// The id of the trace that this entity belongs to, also when it is not sampled.
    pub fn trace_id(&self) -> Option<TraceId> {
        match &self.place {
            Place::Within { identity, .. } => Some(identity.trace_id()),
            Place::Held { context, .. } => context.trace_id(),
            Place::Current | Place::Nowhere | Place::Unrecorded => {
                context::with(|current| current.trace_id())
            }
        }
    }

    /// The header to send with a request that this entity makes. `None` only where there is no segment, and where nothing is recorded
    /// in this process and the caller sent none: also what is not sampled is passed on.
    pub fn header(&self) -> Option<TraceHeader> {
        match &self.place {
            Place::Within { identity, node } => Some(identity.header(*node)),
            Place::Held { context, node, .. } => match context {
                Context::Recording(lane) => Some(lane.identity.header(*node)),
                Context::Missing | Context::Passive(_) => context.header(),
            },
            Place::Current | Place::Nowhere | Place::Unrecorded => {
                context::with(|current| current.header())
            }
        }
    }

    /// A handle that keeps `context` for itself.
    pub(crate) fn held(context: Context, node: SegmentId) -> Self {
        let identity = match &context {
            Context::Recording(lane) => Some(lane.identity.clone()),
            Context::Missing | Context::Passive(_) => None,
        };
        Self {
            place: Place::Held {
                context,
                node,
                identity,
            },
        }
    }

    /// Closes what a handle held, and gives it to the background thread.
    pub(crate) fn close(&mut self) {
        let Place::Held {
            context,
            node,
            identity: Some(identity),
        } = &mut self.place
        else {
            return;
        };
        let mut lane = match std::mem::take(context) {
            Context::Recording(lane) => lane,
            // It is still entered somewhere; only its end can be told from here.
            Context::Missing | Context::Passive(_) => identity.outlet().lane_to_end(identity),
        };
        lane.close(*node, identity.outlet().clock.tick());
        Context::Recording(lane).hand_over();
    }

    /// A new subsegment below this entity.
    #[track_caller]
    pub fn subsegment<'a>(&'a mut self, name: impl Into<Text<'a>>) -> SubsegmentBuilder<'a> {
        SubsegmentBuilder::below(self, name.into())
    }
}

#[inline]
fn write(lane: &mut Box<Lane>, node: SegmentId, record: impl FnOnce(&mut Lane, SegmentId)) {
    if lane.has_room() {
        record(lane, node);
    } else {
        lane.refuse();
    }
}

/// Records away from the segment's lane: handed over at once, so that it is queued before the segment's close.
#[cold]
fn write_aside(
    identity: &Arc<Identity>,
    node: SegmentId,
    record: impl FnOnce(&mut Lane, SegmentId),
) {
    match identity.outlet().lane(identity) {
        Some(mut lane) => {
            record(&mut lane, node);
            Context::Recording(lane).hand_over();
        }
        None => identity.outlet().refuse(),
    }
}
