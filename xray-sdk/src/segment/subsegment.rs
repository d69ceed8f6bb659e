use std::mem;
use std::ops::{Deref, DerefMut};
use std::panic::Location;
use std::sync::Arc;
use std::time::Duration;

use crate::context::{self, Context, Kind, Passive, missing};
use crate::id::SegmentId;
use crate::record::Text;
use crate::record::event::{Field, Namespace};
use crate::record::identity::Identity;
use crate::record::lane::Lane;
use crate::segment::carried::Carried;
use crate::segment::entered::Entered;
use crate::segment::entity::{Entity, Place};

/// A part of a segment's work, as a handle of its own: `Send`, and closed when it is dropped.
///
/// For work that is one closure use [`SubsegmentBuilder::run`], for a future
/// [`in_subsegment`](crate::InSubsegment::in_subsegment): both are cheaper. A subsegment may outlive its segment;
/// it is then sent as a document of its own.
#[must_use = "a subsegment closes when it is dropped"]
pub struct Subsegment {
    pub(super) entity: Entity,
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
    pub fn begin(self) -> Subsegment {
        let name = &self.name;
        let namespace = self.namespace;
        if self.is_left_out {
            return self.leave_out();
        }
        let (context, node) = match self.parent {
            Some(Entity {
                place: Place::Within | Place::Held,
                identity,
                node,
                passive,
                lane,
            }) => match (identity, passive) {
                (Some(identity), _) => {
                    if let Some(lane) = lane {
                        lane.hand_over_old();
                    }
                    begin_in(identity, *node, name, namespace)
                }
                (None, Some(passive)) => (Context::Passive(passive.for_others()), NO_NODE),
                (None, None) => (Context::Missing, NO_NODE),
            },
            _ => context::with(|current| begin(current, name, namespace)),
        };
        if matches!(context, Context::Missing) {
            missing::report(self.place);
        }
        Subsegment {
            entity: Entity::held(context, node),
        }
    }
}

impl<'a, T: Into<Text<'a>>> From<T> for SubsegmentBuilder<'a> {
    #[track_caller]
    fn from(name: T) -> Self {
        subsegment(name)
    }
}

/// What is not recorded has no id.
const NO_NODE: SegmentId = SegmentId::from_u64(0);

/// Opens a subsegment with a lane of its own, below what is current in `context`, of which so much is seen as is old.
pub(crate) fn begin(
    context: &mut Context,
    name: &Text<'_>,
    namespace: Namespace,
) -> (Context, SegmentId) {
    match context {
        Context::Recording(lane) => {
            lane.hand_over_old();
            begin_in(lane.identity(), lane.node, name, namespace)
        }
        Context::Passive(passive) => (Context::Passive(passive.for_others()), NO_NODE),
        Context::Missing => (Context::Missing, NO_NODE),
    }
}

/// Opens a subsegment with a lane of its own.
fn begin_in(
    identity: &Arc<Identity>,
    parent: SegmentId,
    name: &Text<'_>,
    namespace: Namespace,
) -> (Context, SegmentId) {
    let id = SegmentId::random();
    let context = match identity.outlet().lane(identity) {
        Some(mut lane) => {
            open(&mut lane, id, parent, name, namespace);
            if identity.is_part() {
                // A handle may be out of reach when the function runs out of time: that it is open is known then.
                lane.hand_over_now();
            }
            Context::Recording(lane)
        }
        None => {
            identity.outlet().refuse();
            Context::Passive(Passive::new(identity.header(parent)))
        }
    };
    (context, id)
}

/// Opens `id` below `parent` and makes it current in `lane`.
#[inline(always)]
pub(crate) fn open(
    lane: &mut Box<Lane>,
    id: SegmentId,
    parent: SegmentId,
    name: &Text<'_>,
    namespace: Namespace,
) {
    let now = lane.tick();
    lane.open(id, parent, name, namespace, now);
    lane.node = id;
    lane.hand_over_old();
}

/// Runs `work` in a subsegment of what is current on this thread.
#[inline(always)]
fn run<R>(
    name: &Text<'_>,
    namespace: Namespace,
    place: &'static Location<'static>,
    work: impl FnOnce(&mut Entity) -> R,
) -> R {
    let Some(mut lane) = context::lane() else {
        return run_nowhere(place, work);
    };
    if !lane.has_room() && !lane.make_room() {
        lane.refuse();
        context::put_back(lane);
        return work(&mut Entity::at(Place::Nowhere));
    }
    let (parent, node) = (lane.node, SegmentId::random());
    open(&mut lane, node, parent, name, namespace);
    let identity = lane.lend();
    context::put_back(lane);
    let mut running = Running {
        entity: Entity::within(identity, node),
        parent,
    };
    let result = work(&mut running.entity);
    running.end();
    result
}

/// Runs `work` where there is no lane.
#[inline(never)]
fn run_nowhere<R>(place: &'static Location<'static>, work: impl FnOnce(&mut Entity) -> R) -> R {
    if context::kind() == Kind::Missing {
        missing::report(place);
    }
    work(&mut Entity::at(Place::Nowhere))
}

/// Runs `work` in a subsegment of `parent`, which is made current.
fn run_below<R>(
    parent: &mut Entity,
    name: &Text<'_>,
    namespace: Namespace,
    place: &'static Location<'static>,
    work: impl FnOnce(&mut Entity) -> R,
) -> R {
    if parent.place == Place::Within {
        let mut parent = Carried::of(parent);
        let _parent = parent.enter();
        run(name, namespace, place, work)
    } else {
        let _parent = Entered::enter(parent);
        run(name, namespace, place, work)
    }
}

/// A subsegment that is open while a closure runs; dropping it closes the subsegment, also on panic.
struct Running {
    entity: Entity,
    parent: SegmentId,
}

impl Running {
    /// Closes the subsegment.
    #[inline(always)]
    fn end(mut self) {
        let identity = self.entity.identity.take();
        match context::lane_of(identity.as_ref()) {
            Some(mut lane) => {
                self.close_in(&mut lane);
                if let Some(identity) = identity {
                    lane.give_back(identity);
                }
                context::put_back(lane);
            }
            None => close_aside(identity.as_ref(), self.entity.node),
        }
        // Nothing else is left to be done, unless the program swapped entities.
        if self.entity.lane.is_none() && self.entity.passive.is_none() {
            mem::forget(self);
        }
    }

    #[inline(always)]
    fn close_in(&self, lane: &mut Lane) {
        let now = lane.tick();
        lane.close(self.entity.node, now);
        lane.node = self.parent;
    }
}

/// The closure panicked.
impl Drop for Running {
    #[cold]
    #[inline(never)]
    fn drop(&mut self) {
        let identity = self.entity.identity.as_ref();
        match context::lane_of(identity) {
            Some(mut lane) => {
                self.close_in(&mut lane);
                context::put_back(lane);
            }
            None => close_aside(identity, self.entity.node),
        }
    }
}

/// Closes a subsegment whose segment is not current any more.
#[cold]
#[inline(never)]
fn close_aside(identity: Option<&Arc<Identity>>, node: SegmentId) {
    if let Some(identity) = identity {
        let mut lane = identity.outlet().lane_to_end(identity);
        let now = lane.tick();
        lane.close(node, now);
        identity.outlet().hand_over(lane);
    }
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
        self.record(|lane, node| lane.number(node, Field::BeganBefore, nanoseconds));
        self
    }

    /// Closes the subsegment. The same as dropping it.
    pub fn end(self) {}
}

impl Drop for Subsegment {
    fn drop(&mut self) {
        self.entity.close();
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
