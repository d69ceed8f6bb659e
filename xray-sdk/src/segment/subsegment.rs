use std::mem::ManuallyDrop;
use std::ops::{Deref, DerefMut};
use std::panic::Location;
use std::time::Duration;

use crate::context::{self, Context, Kind, Passive, missing};
use crate::header::TraceHeader;
use crate::id::SegmentId;
use crate::record::Text;
use crate::record::event::{Field, Namespace};
use crate::record::identity::Share;
use crate::record::lane::Lane;
use crate::record::outlet::Outlet;
use crate::segment::entered::Entered;
use crate::segment::entity::{Entity, Place};
use crate::segment::running::{run, run_below};
use crate::segment::shared::{self, Begun, Shared};

/// A part of a segment's work, as a handle of its own: `Send`, and closed when it is dropped.
///
/// For work that is one closure use [`SubsegmentBuilder::run`], for a future
/// [`in_subsegment`](crate::InSubsegment::in_subsegment): both are cheaper. A subsegment may outlive its segment;
/// it is then sent as a document of its own.
#[must_use = "a subsegment closes when it is dropped"]
pub struct Subsegment {
    // Has nothing that is to be dropped once it is closed.
    entity: ManuallyDrop<Entity>,
}

impl Subsegment {
    #[inline(always)]
    pub(super) fn new(entity: Entity) -> Self {
        Self {
            entity: ManuallyDrop::new(entity),
        }
    }
}

/// A subsegment that is not begun yet. Made by [`subsegment`](crate::subsegment()) or [`Entity::subsegment`].
#[must_use = "nothing is recorded until the subsegment begins"]
pub struct SubsegmentBuilder<'a> {
    pub(crate) name: Text<'a>,
    pub(crate) namespace: Namespace,
    pub(crate) place: &'static Location<'static>,
    pub(crate) is_left_out: bool,
    pub(crate) parent: Option<&'a mut Entity>,
}

/// A new subsegment below whatever is current on this thread.
///
/// ```
/// use xray_sdk::subsegment;
///
/// let total = subsegment("price").run(|subsegment| {
///     subsegment.annotate("currency", "EUR");
///     20 + 22
/// });
/// assert_eq!(total, 42);
/// ```
#[inline(always)]
#[track_caller]
pub fn subsegment<'a>(name: impl Into<Text<'a>>) -> SubsegmentBuilder<'a> {
    SubsegmentBuilder {
        name: name.into(),
        namespace: Namespace::Local,
        place: Location::caller(),
        is_left_out: false,
        parent: None,
    }
}

impl<'a> SubsegmentBuilder<'a> {
    #[track_caller]
    pub(crate) fn below(parent: &'a mut Entity, name: Text<'a>) -> Self {
        Self {
            name,
            namespace: Namespace::Local,
            place: Location::caller(),
            is_left_out: false,
            parent: Some(parent),
        }
    }

    /// The call leaves the process: X-Ray draws a node for what it calls.
    #[inline(always)]
    pub fn remote(self) -> Self {
        Self {
            namespace: Namespace::Remote,
            ..self
        }
    }

    /// The call goes to an AWS service.
    #[inline(always)]
    pub fn aws(self) -> Self {
        Self {
            namespace: Namespace::Aws,
            ..self
        }
    }

    /// Leaves the subsegment out, and all below it: nothing of it is recorded, and what is called from it is told that it is not
    /// sampled. For work on behalf of another trace that was not sampled, as one message of a batch.
    ///
    /// ```
    /// use xray_sdk::{Sampled, current, subsegment};
    ///
    /// # let capture = xray_sdk::testing::Capture::new("worker");
    /// # capture.recorder().segment("worker").run_sync(|_| {
    /// subsegment("message").without_sampling().run(|_| {
    ///     assert_eq!(current().header().map(|header| header.sampled()), Some(Sampled::No));
    /// });
    /// # });
    /// # assert_eq!(capture.tree(), "worker\n");
    /// ```
    #[inline(always)]
    pub fn without_sampling(self) -> Self {
        Self {
            is_left_out: true,
            ..self
        }
    }

    /// Runs `work` inside the subsegment, which closes when `work` returns or panics.
    #[inline(always)]
    pub fn run<R>(self, work: impl FnOnce(&mut Entity) -> R) -> R {
        if self.is_left_out {
            return self.run_left_out(work);
        }
        match self.parent {
            None => run(&self.name, self.namespace, self.place, work),
            Some(parent) => run_below(parent, &self.name, self.namespace, self.place, work),
        }
    }

    /// Begins the subsegment as a handle of its own.
    #[inline(always)]
    pub fn begin(mut self) -> Subsegment {
        if self.is_left_out {
            return self.leave_out();
        }
        let (name, namespace) = (&self.name, self.namespace);
        let begun = match self.parent.as_deref_mut() {
            Some(parent) => parent.open_below(name, namespace),
            None => shared::open_in_current(name, namespace),
        };
        match begun {
            Begun::Shared(Shared {
                key,
                node,
                identity,
            }) => Subsegment::new(Entity {
                key,
                node,
                identity: Some(identity),
                ..Entity::at(Place::Held)
            }),
            Begun::Refused => self.refuse(),
            // Made where it stays: what is returned by code elsewhere, and moved, is waited for.
            Begun::Not if self.is_unsampled() => {
                Subsegment::new(Entity::passive(Passive::Unsampled, NO_NODE))
            }
            Begun::Not => self.begin_elsewhere(),
        }
    }

    /// Whether all that there is to know of it is that it is not sampled.
    #[inline(always)]
    fn is_unsampled(&self) -> bool {
        match &self.parent {
            Some(parent) if parent.place == Place::Unrecorded => {
                matches!(parent.passive, Some(Passive::Unsampled))
            }
            Some(parent) if parent.place != Place::Current => false,
            _ => context::kind() == Kind::Unsampled,
        }
    }

    /// There is no room for it, which was counted.
    #[cold]
    #[inline(never)]
    fn refuse(self) -> Subsegment {
        let header = match &self.parent {
            Some(parent) if parent.is_own() => parent.header(),
            _ => context::with(|current| current.header()),
        };
        Subsegment::new(refused(header.unwrap_or_default()))
    }

    /// Below what has a lane of its own, or is not recorded.
    #[inline(never)]
    fn begin_elsewhere(self) -> Subsegment {
        let (name, namespace) = (&self.name, self.namespace);
        let entity = match self.parent {
            Some(parent) if parent.is_own() => match (parent.share(), &parent.passive) {
                (Some(identity), _) => begin_in(identity, parent.node, name, namespace),
                (None, Some(passive)) => Entity::passive(passive.for_others(), NO_NODE),
                (None, None) => Entity::at(Place::Held),
            },
            _ => context::with(|current| begin(current, name, namespace)),
        };
        if entity.place == Place::Held && entity.identity().is_none() {
            missing::report(self.place);
        }
        Subsegment::new(entity)
    }
}

impl<'a, T: Into<Text<'a>>> From<T> for SubsegmentBuilder<'a> {
    #[track_caller]
    fn from(name: T) -> Self {
        subsegment(name)
    }
}

/// What is not recorded has no id.
pub(crate) const NO_NODE: SegmentId = SegmentId::from_u64(0);

/// Opens a subsegment with a lane of its own, below what is current in `context`, of which so much is seen as is old.
pub(crate) fn begin(context: &mut Context, name: &Text<'_>, namespace: Namespace) -> Entity {
    match context {
        Context::Recording(lane) => {
            lane.hand_over_old();
            begin_in(lane.share().divide(), lane.node, name, namespace)
        }
        Context::Passive(passive) => Entity::passive(passive.for_others(), NO_NODE),
        Context::Missing => Entity::at(Place::Held),
    }
}

/// Opens a subsegment with a lane of its own.
fn begin_in(identity: Share, parent: SegmentId, name: &Text<'_>, namespace: Namespace) -> Entity {
    let mut lane = match Outlet::lane(identity) {
        Ok(lane) => lane,
        Err(identity) => {
            identity.outlet().refuse();
            return refused(identity.header(parent));
        }
    };
    let id = lane.new_id();
    let now = lane.tick();
    lane.open(id, parent, name, namespace, now);
    lane.node = id;
    if lane.identity().is_part() {
        // A handle may be out of reach when the function runs out of time: that it is open is known then.
        lane.hand_over_now();
    }
    Entity::held(lane, id)
}

/// What there is no room for. What is called from it belongs to its parent.
#[cold]
#[inline(never)]
fn refused(header: TraceHeader) -> Entity {
    Entity::passive(Passive::new(header), SegmentId::random())
}

/// Opens `id` below `parent` and makes it current in `lane`. False when there is no room, which is counted.
#[inline(always)]
pub(crate) fn open(
    lane: &mut Lane,
    id: SegmentId,
    parent: SegmentId,
    name: &Text<'_>,
    namespace: Namespace,
) -> bool {
    let now = lane.tick();
    let is_open = lane.open(id, parent, name, namespace, now);
    if is_open {
        lane.node = id;
        lane.hand_over_old();
    }
    is_open
}

impl Subsegment {
    /// Makes this subsegment current on this thread while the guard lives.
    pub fn enter(&mut self) -> Entered<'_> {
        Entered::enter(&mut self.entity)
    }

    /// Moves the beginning back: `before` is how long ago the work began when this subsegment did. For what is told only when it is over, as a query
    /// in the log of a driver. The last call counts.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// # let capture = xray_sdk::testing::Capture::new("shop");
    /// # capture.recorder().segment("shop").run_sync(|_| {
    /// let mut query = xray_sdk::subsegment("shop@db").remote().begin();
    /// query.began_before(Duration::from_millis(12));
    /// query.end();
    /// # });
    /// # let document = &capture.documents()[0];
    /// # assert!(document.subsegments[0].start_time <= document.start_time - 0.011);
    /// ```
    pub fn began_before(&mut self, before: Duration) -> &mut Self {
        let nanoseconds = u64::try_from(before.as_nanos()).unwrap_or(u64::MAX);
        self.number(Field::BeganBefore, nanoseconds);
        self
    }

    /// Closes the subsegment. The same as dropping it.
    pub fn end(self) {}
}

impl Drop for Subsegment {
    #[inline]
    fn drop(&mut self) {
        if !self.entity.close_where_it_rests() {
            self.entity.close();
        }
    }
}

impl Deref for Subsegment {
    type Target = Entity;

    fn deref(&self) -> &Entity {
        &self.entity
    }
}

impl DerefMut for Subsegment {
    fn deref_mut(&mut self) -> &mut Entity {
        &mut self.entity
    }
}
