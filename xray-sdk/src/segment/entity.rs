use std::error::Error as StdError;
use std::panic::Location;

use serde::Serialize;

use crate::context::{self, Context, missing};
use crate::header::TraceHeader;
use crate::id::{SegmentId, TraceId};
use crate::record::event::{Chain, Field, Mark, What};
use crate::record::lane::Lane;
use crate::record::{Text, Value, json};
use crate::segment::exception;
use crate::segment::subsegment::SubsegmentBuilder;

/// A segment or subsegment that is being recorded: what [`Segment`](crate::Segment), [`Subsegment`](crate::Subsegment)
/// and [`current()`](crate::current) have in common.
///
/// Nothing here fails, blocks or panics. When the request is not sampled, each call costs one test.
/// What X-Ray would refuse is repaired when the document is written, off the request path, and told once.
pub struct Entity {
    pub(crate) place: Place,
}

/// Where an entity's events go.
pub(crate) enum Place {
    /// To whatever is current on this thread, asked anew at each call.
    Current,
    /// To one subsegment of the segment that is current on this thread.
    Within { node: SegmentId, segment: SegmentId },
    /// Nowhere: the subsegment was not recorded. Its header is that of what is current.
    Nowhere,
    /// To a context of its own; while the handle is entered that context is the thread's, and this is `Missing`.
    Held { context: Context, node: SegmentId },
}

impl Entity {
    /// Runs `record` on the lane that this entity writes to, if it is recorded.
    #[inline]
    #[track_caller]
    pub(crate) fn record(&mut self, record: impl FnOnce(&mut Lane, SegmentId)) {
        let place = Location::caller();
        match &mut self.place {
            Place::Nowhere => {}
            Place::Held { context, node } => {
                if let Context::Recording(lane) = context {
                    write(lane, *node, record);
                }
            }
            Place::Within { node, segment } => context::with(|current| {
                if let Context::Recording(lane) = current {
                    if lane.identity.segment_id() == *segment {
                        write(lane, *node, record);
                    } else {
                        misplaced(lane, place);
                    }
                }
            }),
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

    /// Looks at the context that this entity writes to.
    fn look<R>(&self, look: impl FnOnce(&Context, Option<SegmentId>) -> R) -> R {
        match &self.place {
            Place::Held { context, node } => look(context, Some(*node)),
            Place::Within { node, .. } => context::with(|current| look(current, Some(*node))),
            Place::Current | Place::Nowhere => context::with(|current| {
                let node = current.node();
                look(current, node)
            }),
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
        self.record(|lane, node| lane.annotate(node, &key.into(), &value.into(), place));
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
            let json = json::write(value);
            self.record(|lane, node| lane.metadata(node, None, &key.into(), &json));
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
            let json = json::write(value);
            self.record(|lane, node| {
                lane.metadata(node, Some(&namespace.into()), &key.into(), &json);
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
                exception::record(lane, node, &chain);
            });
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
        self
    }

    /// Marks a fault: a failure of the service itself, as an HTTP status 5xx.
    #[track_caller]
    pub fn fault(&mut self) -> &mut Self {
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
        self.look(|context, node| match (&self.place, context) {
            (Place::Nowhere, _) | (_, Context::Missing | Context::Passive(_)) => None,
            (_, Context::Recording(_)) => node,
        })
    }

    /// The id of the trace that this entity belongs to, also when it is not sampled.
    pub fn trace_id(&self) -> Option<TraceId> {
        self.look(|context, _| match context {
            Context::Recording(lane) => Some(lane.identity.trace_id()),
            Context::Passive(header) => header.root(),
            Context::Missing => None,
        })
    }

    /// The header to send with a request that this entity makes. `None` only where there is no segment:
    /// also what is not sampled is passed on.
    pub fn header(&self) -> Option<TraceHeader> {
        self.look(|context, node| match (context, node) {
            (Context::Recording(lane), Some(node)) => Some(lane.identity.header(node)),
            _ => context.header(),
        })
    }

    /// Closes what a handle held, and gives it to the background thread.
    pub(crate) fn close(&mut self) {
        if let Place::Held { context, node } = &mut self.place {
            let mut context = std::mem::take(context);
            if let Context::Recording(lane) = &mut context {
                let now = lane.identity.outlet().clock.now();
                lane.close(*node, now);
            }
            context.hand_over();
        }
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

#[cold]
fn misplaced(lane: &Lane, place: &'static Location<'static>) {
    let outlet = lane.identity.outlet();
    outlet
        .counts
        .misplaced
        .fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    outlet.notices.tell_once(&format!("misplaced {place}"), || {
        format!("a subsegment was used at {place} while another segment was current; what was recorded there is lost: use current() or a handle that is owned")
    });
}
