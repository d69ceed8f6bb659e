use std::ops::{Deref, DerefMut};
use std::panic::Location;
use std::sync::Arc;

use crate::context::{self, Context, Passive, missing};
use crate::header::Sampled;
use crate::id::SegmentId;
use crate::record::Text;
use crate::record::event::{Mark, What};
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
    entity: Entity,
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

/// What kind of call a subsegment is. X-Ray draws a node only for calls that leave the process.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Namespace {
    Local,
    Remote,
    Aws,
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
    pub fn remote(self) -> Self {
        Self {
            namespace: Namespace::Remote,
            ..self
        }
    }

    /// The call goes to an AWS service.
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
    pub fn without_sampling(self) -> Self {
        Self {
            is_left_out: true,
            ..self
        }
    }

    /// Runs `work` inside the subsegment, which closes when `work` returns or panics.
    #[inline]
    pub fn run<R>(self, work: impl FnOnce(&mut Entity) -> R) -> R {
        if self.is_left_out {
            return run_left_out(self, work);
        }
        match self.parent {
            None => run(&self.name, self.namespace, self.place, work),
            Some(parent) if matches!(parent.place, Place::Within { .. }) => {
                let mut parent = Carried::of(parent);
                let _parent = parent.enter();
                run(&self.name, self.namespace, self.place, work)
            }
            Some(parent) => {
                let _parent = Entered::enter(parent);
                run(&self.name, self.namespace, self.place, work)
            }
        }
    }

    /// Begins the subsegment as a handle of its own.
    pub fn begin(self) -> Subsegment {
        let name = &self.name;
        let namespace = self.namespace;
        if self.is_left_out {
            return self.leave_out();
        }
        let (context, node) = match self.parent.map(|parent| &parent.place) {
            None | Some(Place::Current | Place::Nowhere | Place::Unrecorded) => {
                context::with(|current| begin(current, current.node(), name, namespace))
            }
            Some(Place::Held { context, node, .. }) => begin(context, Some(*node), name, namespace),
            Some(Place::Within { identity, node }) => begin_in(identity, *node, name, namespace),
        };
        if matches!(context, Context::Missing) {
            missing::report(self.place);
        }
        Subsegment {
            entity: Entity::held(context, node),
        }
    }

    /// A handle that records nothing, and passes on that nothing is.
    fn leave_out(self) -> Subsegment {
        let header = match self.parent {
            Some(parent) => parent.header(),
            None => context::with(|current| current.header()),
        };
        let context = match header {
            Some(header) => Context::Passive(Passive::new(header.with_sampled(Sampled::No))),
            None => Context::Missing,
        };
        if matches!(context, Context::Missing) {
            missing::report(self.place);
        }
        Subsegment {
            entity: Entity::held(context, SegmentId::from_u64(0)),
        }
    }
}

impl<'a, T: Into<Text<'a>>> From<T> for SubsegmentBuilder<'a> {
    #[track_caller]
    fn from(name: T) -> Self {
        subsegment(name)
    }
}

/// Opens a subsegment with a lane of its own, below `parent` in `context`.
pub(crate) fn begin(
    context: &Context,
    parent: Option<SegmentId>,
    name: &Text<'_>,
    namespace: Namespace,
) -> (Context, SegmentId) {
    match (context, parent) {
        (Context::Recording(lane), Some(parent)) => {
            begin_in(&lane.identity, parent, name, namespace)
        }
        (Context::Passive(passive), _) => (
            Context::Passive(passive.for_others()),
            SegmentId::from_u64(0),
        ),
        _ => (Context::Missing, SegmentId::from_u64(0)),
    }
}

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
#[inline]
pub(crate) fn open(
    lane: &mut Box<Lane>,
    id: SegmentId,
    parent: SegmentId,
    name: &Text<'_>,
    namespace: Namespace,
) {
    let outlet = lane.identity.outlet();
    let (now, beat) = (outlet.clock.tick(), outlet.beat());
    lane.open(id, parent, name, now);
    match namespace {
        Namespace::Local => {}
        Namespace::Remote => lane.push(id, What::Mark(Mark::Remote)),
        Namespace::Aws => lane.push(id, What::Mark(Mark::Aws)),
    }
    lane.node = id;
    lane.hand_over_old(beat);
}

/// Runs `work` in a subsegment of what is current on this thread.
fn run<R>(
    name: &Text<'_>,
    namespace: Namespace,
    place: &'static Location<'static>,
    work: impl FnOnce(&mut Entity) -> R,
) -> R {
    let opened = context::with(|current| match current {
        Context::Missing => Err(true),
        Context::Passive(_) => Err(false),
        Context::Recording(lane) => {
            if !lane.has_room() {
                lane.refuse();
                return Err(false);
            }
            let parent = lane.node;
            let node = SegmentId::random();
            open(lane, node, parent, name, namespace);
            Ok(Running {
                node,
                parent,
                identity: lane.identity.clone(),
            })
        }
    });
    match opened {
        Ok(running) => work(&mut Entity {
            place: Place::Within {
                identity: running.identity.clone(),
                node: running.node,
            },
        }),
        Err(missing) => {
            if missing {
                missing::report(place);
            }
            work(&mut Entity {
                place: Place::Nowhere,
            })
        }
    }
}

/// Runs `work` where nothing is recorded.
fn run_left_out<R>(builder: SubsegmentBuilder<'_>, work: impl FnOnce(&mut Entity) -> R) -> R {
    let mut left_out = builder.leave_out();
    let _entered = left_out.enter();
    work(&mut Entity {
        place: Place::Nowhere,
    })
}

/// A subsegment that is open while a closure runs; dropping it closes the subsegment, also on panic.
struct Running {
    node: SegmentId,
    parent: SegmentId,
    identity: Arc<Identity>,
}

impl Drop for Running {
    #[inline]
    fn drop(&mut self) {
        let now = self.identity.outlet().clock.tick();
        context::with(|current| match current.lane_of(&self.identity) {
            Some(lane) => {
                lane.close(self.node, now);
                lane.node = self.parent;
            }
            None => {
                let mut lane = self.identity.outlet().lane_to_end(&self.identity);
                lane.close(self.node, now);
                Context::Recording(lane).hand_over();
            }
        });
    }
}

impl Subsegment {
    /// Makes this subsegment current on this thread while the guard lives.
    pub fn enter(&mut self) -> Entered<'_> {
        Entered::enter(&mut self.entity)
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
