use std::ops::{Deref, DerefMut};
use std::panic::Location;

use crate::context::{self, Context, missing};
use crate::id::SegmentId;
use crate::record::Text;
use crate::record::event::{Mark, What};
use crate::record::lane::Lane;
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
    parent: Option<&'a mut Entity>,
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

    /// Runs `work` inside the subsegment, which closes when `work` returns or panics.
    #[inline]
    pub fn run<R>(self, work: impl FnOnce(&mut Entity) -> R) -> R {
        match self.parent {
            None => run(&self.name, self.namespace, self.place, work),
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
        let (context, node) = match self.parent {
            None => context::with(|current| begin(current, None, name, namespace)),
            Some(parent) => match &mut parent.place {
                Place::Held { context, node } => begin(context, Some(*node), name, namespace),
                Place::Within { node, .. } => {
                    context::with(|current| begin(current, Some(*node), name, namespace))
                }
                Place::Current | Place::Nowhere => {
                    context::with(|current| begin(current, None, name, namespace))
                }
            },
        };
        if matches!(context, Context::Missing) {
            missing::report(self.place);
        }
        Subsegment {
            entity: Entity {
                place: Place::Held { context, node },
            },
        }
    }
}

impl<'a, T: Into<Text<'a>>> From<T> for SubsegmentBuilder<'a> {
    #[track_caller]
    fn from(name: T) -> Self {
        subsegment(name)
    }
}

/// Opens a subsegment with a lane of its own, below `parent` or what is current in `context`.
fn begin(
    context: &Context,
    parent: Option<SegmentId>,
    name: &Text<'_>,
    namespace: Namespace,
) -> (Context, SegmentId) {
    let id = SegmentId::random();
    let context = match context {
        Context::Missing => Context::Missing,
        Context::Passive(header) => Context::Passive(header.clone()),
        Context::Recording(lane) => {
            let parent = parent.unwrap_or(lane.node);
            let identity = &lane.identity;
            match identity.outlet().lane(identity) {
                Some(mut lane) => {
                    open(&mut lane, id, parent, name, namespace);
                    Context::Recording(lane)
                }
                None => {
                    identity.outlet().refuse();
                    Context::Passive(identity.header(parent))
                }
            }
        }
    };
    (context, id)
}

/// Opens `id` below `parent` and makes it current in `lane`.
#[inline]
pub(crate) fn open(
    lane: &mut Lane,
    id: SegmentId,
    parent: SegmentId,
    name: &Text<'_>,
    namespace: Namespace,
) {
    let now = lane.identity.outlet().clock.now();
    lane.open(id, parent, name, now);
    match namespace {
        Namespace::Local => {}
        Namespace::Remote => lane.push(id, What::Mark(Mark::Remote)),
        Namespace::Aws => lane.push(id, What::Mark(Mark::Aws)),
    }
    lane.node = id;
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
                segment: lane.identity.segment_id(),
            })
        }
    });
    match opened {
        Ok(running) => work(&mut Entity {
            place: Place::Within {
                node: running.node,
                segment: running.segment,
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

/// A subsegment that is open while a closure runs; dropping it closes the subsegment, also on panic.
struct Running {
    node: SegmentId,
    parent: SegmentId,
    segment: SegmentId,
}

impl Drop for Running {
    #[inline]
    fn drop(&mut self) {
        context::with(|current| {
            if let Context::Recording(lane) = current {
                if lane.identity.segment_id() == self.segment {
                    let now = lane.identity.outlet().clock.now();
                    lane.close(self.node, now);
                    lane.node = self.parent;
                }
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
