use std::panic::Location;

use serde::Serialize;

use crate::context::{self, Kind, Passive};
use crate::header::TraceHeader;
use crate::id::{SegmentId, TraceId};
use crate::record::event::{Field, What};
use crate::record::identity::{Identity, Loan, Share};
use crate::record::json::Written;
use crate::record::lane::Lane;
use crate::record::outlet::Outlet;
use crate::record::{Text, Value, hand_over, json};
use crate::segment::reach::{not_recorded, write_at_hand};
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
    /// The [key](Lane::key) of the lane that it records in, to be compared with that of the lane at hand; zero where it records in none.
    pub(crate) key: usize,
    pub(crate) node: SegmentId,
    /// Whose it is, where it is recorded and its lane does not tell.
    pub(crate) identity: Option<Loan>,
    /// The lane of a handle that is recorded, while it is not entered.
    pub(crate) lane: Option<Box<Lane>>,
    /// What a handle passes on that is not recorded, while it is not entered.
    pub(crate) passive: Option<Passive>,
}

/// Where an entity's events go.
///
/// Those that have nothing to record stand last, so that one comparison finds them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Place {
    /// To one segment or subsegment: into its lane where that is current, and into a lane of its own elsewhere.
    Within,
    /// To a lane of its own.
    Held,
    /// To whatever is current on this thread, asked anew at each call.
    Current,
    /// Nowhere: the subsegment was not recorded. Its header is that of what is current.
    Nowhere,
    /// Nowhere either: the handle's segment is not recorded. While it is entered it is what is current on this thread.
    Unrecorded,
}

impl Entity {
    /// Adds an annotation, which X-Ray indexes for filter expressions: at most 50 a trace (developer guide, "Quotas").
    /// The last value of a key wins, wherever its handle has gone. Of values that several tasks or threads record by `current()`, which one is
    /// kept is not defined. Characters of `key` other than `A-Z a-z 0-9 _` become `_`, which is told once.
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
        if !write_at_hand!(self, |sheet, node| sheet
            .annotate(node, &key, &value, place))
        {
            self.out_of_line(|entity| entity.annotate_elsewhere(key, value, place));
        }
        self
    }

    #[allow(
        clippy::needless_pass_by_value,
        reason = "a reference would keep both in memory where they are not needed"
    )]
    #[cold]
    #[inline(never)]
    fn annotate_elsewhere(
        &mut self,
        key: Text<'_>,
        value: Value<'_>,
        place: &'static Location<'static>,
    ) {
        self.record_elsewhere_for(place, |lane, node| {
            lane.annotate(node, &key, &value, place);
        });
    }

    /// Adds metadata in the namespace `default`: any value that serialises to JSON, stored and not indexed.
    ///
    /// The value is serialised at once, and not at all when the request is not sampled.
    /// What does not fit into one datagram is cut, marked in the document and counted.
    /// Of several values of a key one is kept, as for [annotations](Self::annotate).
    #[inline(always)]
    #[track_caller]
    pub fn metadata<'k>(
        &mut self,
        key: impl Into<Text<'k>>,
        value: &(impl Serialize + ?Sized),
    ) -> &mut Self {
        if !self.is_silent() && self.is_recording_here() {
            let (key, place) = (key.into(), Location::caller());
            self.record_metadata(&key, value, place);
        }
        self
    }

    #[inline(never)]
    fn record_metadata(
        &mut self,
        key: &Text<'_>,
        value: &(impl Serialize + ?Sized),
        caller: &'static Location<'static>,
    ) {
        json::write(value, |json| self.keep_metadata(key, json, caller));
    }

    fn keep_metadata(
        &mut self,
        key: &Text<'_>,
        json: Written<'_>,
        caller: &'static Location<'static>,
    ) {
        if !write_at_hand!(self, |sheet, node| sheet.metadata(node, key, json)) {
            self.record_elsewhere_for(caller, |lane, node| lane.metadata(node, key, json));
        }
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
                self.record_elsewhere(|lane, node| {
                    lane.metadata_in(node, &namespace, &key, json);
                });
            });
        }
        self
    }

    /// Names the user who sent the request; at most 250 characters. Belongs to the segment, wherever it is called.
    #[inline]
    #[track_caller]
    pub fn set_user(&mut self, user: &str) -> &mut Self {
        self.record_elsewhere(|lane, _| {
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
        self.record_elsewhere(|lane, _| {
            let own = lane.identity().segment_id();
            lane.link(own, trace, segment);
        });
        self
    }

    /// Names a sibling that had to complete before this subsegment could begin.
    #[track_caller]
    pub fn precursor(&mut self, id: SegmentId) -> &mut Self {
        self.record_elsewhere(|lane, node| lane.push(node, What::Precursor(id)));
        self
    }

    /// Whether what is recorded here is kept: false when the request is not sampled or there is no segment.
    #[inline]
    pub fn is_recording(&self) -> bool {
        match self.place {
            Place::Nowhere | Place::Unrecorded => false,
            Place::Within => true,
            Place::Held => self.lane.is_some() || self.identity.is_some(),
            Place::Current => context::kind() == Kind::Recording,
        }
    }

    /// Whether anything comes of what is recorded here: it is kept, or the segment's sampler [wants to know](crate::sampling::Sampler::observe)
    /// how it ends. For adapters, which need not find out what nobody asks for.
    #[inline]
    pub fn is_heard(&self) -> bool {
        match (self.place, &self.passive) {
            (Place::Unrecorded, Some(passive)) => passive.is_watched(),
            (Place::Nowhere, _) => false,
            _ => true,
        }
    }

    /// As [`is_recording`](Self::is_recording), and tells when there is no segment at all.
    #[inline]
    #[track_caller]
    pub(crate) fn is_recording_here(&mut self) -> bool {
        let is_recording = self.is_recording();
        if !is_recording && self.place == Place::Current {
            not_recorded(Location::caller());
        }
        is_recording
    }

    /// The id of this segment or subsegment; `None` when it is not recorded.
    pub fn id(&self) -> Option<SegmentId> {
        match self.place {
            Place::Nowhere | Place::Unrecorded => None,
            Place::Within => Some(self.node),
            Place::Held => self.identity().map(|_| self.node),
            Place::Current => context::with(|current| current.node()),
        }
    }

    /// The id of the trace that this entity belongs to, also when it is not sampled.
    #[inline]
    pub fn trace_id(&self) -> Option<TraceId> {
        match (self.identity(), &self.passive) {
            (Some(identity), _) => Some(identity.trace_id()),
            (None, Some(passive)) => passive.trace_id(),
            (None, None) if self.is_own() => None,
            (None, None) => current_trace_id(),
        }
    }

    /// The header to send with a request that this entity makes. `None` only where there is no segment, and where nothing is recorded
    /// in this process and the caller sent none: also what is not sampled is passed on.
    pub fn header(&self) -> Option<TraceHeader> {
        match (self.identity(), &self.passive) {
            (Some(identity), _) => Some(identity.header(self.node)),
            (None, Some(passive)) => passive.header(),
            (None, None) if self.is_own() => None,
            (None, None) => context::with(|current| current.header()),
        }
    }

    /// Whether what it belongs to is its own, and not whatever is current.
    pub(crate) fn is_own(&self) -> bool {
        matches!(self.place, Place::Within | Place::Held) || self.passive.is_some()
    }

    /// Whose it is, where it is recorded and not whatever is current.
    #[inline(always)]
    pub(crate) fn identity(&self) -> Option<&Identity> {
        match &self.lane {
            Some(lane) => Some(lane.identity()),
            None => self.identity.as_deref(),
        }
    }

    /// A reference to that, for what is recorded elsewhere.
    #[inline(always)]
    pub(crate) fn share(&mut self) -> Option<Share> {
        match &mut self.lane {
            Some(lane) => Some(lane.share().divide()),
            None => self.identity.as_ref().map(Loan::share),
        }
    }

    /// One that has nothing of its own.
    #[inline(always)]
    pub(crate) const fn at(place: Place) -> Self {
        Self {
            place,
            key: 0,
            node: SegmentId::from_u64(0),
            identity: None,
            lane: None,
            passive: None,
        }
    }

    /// A handle that records in `lane`.
    #[inline(always)]
    pub(crate) fn held(lane: Box<Lane>, node: SegmentId) -> Self {
        Self {
            place: Place::Held,
            key: lane.key(),
            node,
            identity: None,
            lane: Some(lane),
            passive: None,
        }
    }

    /// A handle that records nothing, and passes `passive` on.
    #[inline(always)]
    pub(crate) fn passive(passive: Passive, node: SegmentId) -> Self {
        Self {
            node,
            passive: Some(passive),
            ..Self::at(Place::Unrecorded)
        }
    }

    /// Closes what a handle held, and gives it to the background thread.
    #[inline]
    pub(crate) fn close(&mut self) {
        match self.lane.take() {
            Some(lane) => {
                close_in(lane, self.node);
                drop(self.identity.take());
            }
            None if self.identity.is_some() => self.close_shared(),
            None => {
                if let Some(Passive::Told(_)) = self.passive {
                    self.recycle();
                }
            }
        }
    }

    /// Keeps the room of what it passed on.
    #[inline(never)]
    fn recycle(&mut self) {
        if let Some(passive) = self.passive.take() {
            passive.recycle();
        }
    }

    /// A new subsegment below this entity.
    #[track_caller]
    pub fn subsegment<'a>(&'a mut self, name: impl Into<Text<'a>>) -> SubsegmentBuilder<'a> {
        SubsegmentBuilder::below(self, name.into())
    }
}

#[inline(never)]
fn current_trace_id() -> Option<TraceId> {
    context::with(|current| current.trace_id())
}

/// An empty lane for the end of what is open, where its own is out of reach.
pub(super) fn lane_to_end(identity: &Loan) -> Box<Lane> {
    Outlet::lane_to_end(identity.share())
}

/// Closes what is dropped where its lane is out of reach. `is_moved` says that something of it may be in the segment's own.
#[cold]
#[inline(never)]
pub(super) fn close_aside(identity: &Loan, node: SegmentId, is_moved: bool) {
    let mut lane = lane_to_end(identity);
    if is_moved {
        lane.moved(node);
    }
    close_in(lane, node);
}

/// Closes a handle that is dropped, and hands over its lane.
pub(super) fn close_in(mut lane: Box<Lane>, node: SegmentId) {
    let now = lane.tick();
    lane.close_dropped(node, now);
    hand_over(lane);
}
