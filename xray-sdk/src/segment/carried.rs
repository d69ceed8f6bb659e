use std::marker::PhantomData;
use std::mem;
use std::panic::Location;
use std::sync::Arc;
use std::thread;

use crate::context::{self, Context, Kind, Passive, missing};
use crate::header::Sampled;
use crate::id::SegmentId;
use crate::record::Text;
use crate::record::event::Namespace;
use crate::record::identity::Identity;
use crate::segment::entity::{Entity, Place};
use crate::segment::subsegment;

/// What was current in one place, to be made current in another: on another thread, in a spawned task, at a later poll.
///
/// Where the same segment is current already, its lane is used. Elsewhere a lane is taken for as long as the work runs,
/// and handed over before control goes back: what happened before the segment closed is then queued before its close.
pub(crate) struct Carried {
    origin: Origin,
    /// A subsegment was opened and not closed yet.
    is_open: bool,
}

enum Origin {
    Missing,
    Passive(Passive),
    /// Left out of a segment that is recorded.
    LeftOut(Passive),
    Recording {
        identity: Arc<Identity>,
        node: SegmentId,
    },
}

impl Carried {
    /// What is current on this thread.
    #[inline]
    pub(crate) fn capture() -> Self {
        let origin = match context::kind() {
            Kind::Missing => Origin::Missing,
            Kind::Unsampled => Origin::Passive(Passive::Unsampled),
            Kind::Recording => match context::lane() {
                Some(mut lane) => {
                    // What goes on elsewhere may be all that happens from here on.
                    lane.hand_over_old();
                    let (identity, node) = (lane.lend(), lane.node);
                    context::put_back(lane);
                    Origin::Recording { identity, node }
                }
                None => Origin::Missing,
            },
            Kind::Passive => context::with(|current| match current {
                Context::Passive(passive) => Origin::Passive(passive.for_others()),
                Context::Missing | Context::Recording(_) => Origin::Missing,
            }),
        };
        Self {
            origin,
            is_open: false,
        }
    }

    /// Whether it is what is current here, and nothing is recorded.
    #[inline(always)]
    pub(crate) fn is_unsampled_here(&self) -> bool {
        matches!(self.origin, Origin::Passive(Passive::Unsampled))
            && context::kind() == Kind::Unsampled
    }

    /// Opens a subsegment in the lane that is current here, if that is of the same segment, and makes it current.
    /// Returns its id and what was current.
    #[inline(always)]
    pub(crate) fn open_here(
        &mut self,
        name: &Text<'_>,
        namespace: Namespace,
    ) -> Option<(SegmentId, SegmentId)> {
        let Origin::Recording { identity, node } = &mut self.origin else {
            return None;
        };
        let mut lane = context::lane_of(Some(identity))?;
        let opened = lane.has_room().then(|| {
            let (id, before) = (SegmentId::random(), lane.node);
            subsegment::open(&mut lane, id, *node, name, namespace);
            *node = id;
            self.is_open = true;
            (id, before)
        });
        context::put_back(lane);
        opened
    }

    /// Makes current what was before it was opened here.
    #[inline]
    pub(crate) fn leave_here(&self, before: SegmentId) {
        if let Origin::Recording { identity, .. } = &self.origin {
            if let Some(mut lane) = context::lane_of(Some(identity)) {
                lane.node = before;
                context::put_back(lane);
            }
        }
    }

    /// Closes what was opened, in the lane that is current here, and makes current what was before. False when that lane is another.
    #[inline(always)]
    pub(crate) fn close_here(&mut self, node: SegmentId, before: SegmentId) -> bool {
        let Origin::Recording { identity, .. } = &self.origin else {
            return false;
        };
        let Some(mut lane) = context::lane_of(Some(identity)) else {
            return false;
        };
        let now = lane.tick();
        lane.close(node, now);
        lane.node = before;
        self.is_open = false;
        if let Origin::Recording { identity, .. } = mem::replace(&mut self.origin, Origin::Missing)
        {
            lane.give_back(identity);
        }
        context::put_back(lane);
        true
    }

    /// What `entity` is, as the parent of work elsewhere.
    pub(crate) fn of(entity: &Entity) -> Self {
        let origin = match (entity.place, &entity.identity, &entity.passive) {
            (Place::Within | Place::Held, Some(identity), _) => Origin::Recording {
                identity: identity.clone(),
                node: entity.node,
            },
            (Place::Held, None, Some(passive)) => Origin::Passive(passive.for_others()),
            _ => return Self::capture(),
        };
        Self {
            origin,
            is_open: false,
        }
    }

    /// What is current on this thread; tells when nothing is.
    #[track_caller]
    pub(crate) fn capture_here() -> Self {
        let mut carried = Self::capture();
        carried.resolve(Location::caller());
        carried
    }

    /// Takes what is current now when nothing was before; tells when there still is nothing.
    pub(crate) fn resolve(&mut self, place: &'static Location<'static>) {
        if let Origin::Missing = self.origin {
            *self = Self::capture();
            if let Origin::Missing = self.origin {
                missing::report(place);
            }
        }
    }

    /// Leaves out what is recorded from here on, and passes on that it is not sampled.
    pub(crate) fn leave_out(&mut self) {
        if let Origin::Recording { identity, node } = &self.origin {
            let header = identity.header(*node).with_sampled(Sampled::No);
            self.origin = Origin::LeftOut(Passive::new(header));
        }
    }

    /// Makes it current on this thread while the guard lives.
    pub(crate) fn enter(&mut self) -> Inside<'_> {
        let before = match &self.origin {
            Origin::Missing => Before::Nothing,
            Origin::Passive(Passive::Unsampled) if context::kind() == Kind::Unsampled => {
                Before::Nothing
            }
            Origin::LeftOut(passive) => {
                Before::Context(context::replace(Context::Passive(passive.for_others())))
            }
            Origin::Passive(passive) => context::with(|current| match current {
                Context::Passive(other) if other.trace_id() == passive.trace_id() => {
                    Before::Nothing
                }
                _ => Before::Context(mem::replace(
                    current,
                    Context::Passive(passive.for_others()),
                )),
            }),
            Origin::Recording { identity, node } => match context::lane_of(Some(identity)) {
                Some(mut lane) => {
                    let before = mem::replace(&mut lane.node, *node);
                    context::put_back(lane);
                    Before::Node(before)
                }
                None => Before::Context(context::replace(lane_for(identity, *node, self.is_open))),
            },
        };
        Inside {
            carried: self,
            before,
            panicking: thread::panicking(),
            _thread: PhantomData,
        }
    }
}

fn lane_for(identity: &Arc<Identity>, node: SegmentId, is_open: bool) -> Context {
    let outlet = identity.outlet();
    let lane = match is_open {
        true => Some(outlet.lane_to_end(identity)),
        false => outlet.lane(identity),
    };
    match lane {
        Some(mut lane) => {
            lane.node = node;
            Context::Recording(lane)
        }
        None => {
            outlet.refuse();
            Context::Passive(Passive::new(identity.header(node)))
        }
    }
}

/// While it lives, what was carried is current on this thread.
pub(crate) struct Inside<'a> {
    carried: &'a mut Carried,
    before: Before,
    panicking: bool,
    /// Bound to this thread.
    _thread: PhantomData<*const ()>,
}

enum Before {
    Nothing,
    Node(SegmentId),
    Context(Context),
}

impl Inside<'_> {
    /// Opens a subsegment here, which becomes what is carried. `None` where nothing is recorded.
    pub(crate) fn open(&mut self, name: &Text<'_>, namespace: Namespace) -> Option<SegmentId> {
        let Origin::Recording { identity, node } = &mut self.carried.origin else {
            return None;
        };
        let mut lane = context::lane_of(Some(identity))?;
        let opened = if lane.has_room() || lane.make_room() {
            let id = SegmentId::random();
            subsegment::open(&mut lane, id, *node, name, namespace);
            *node = id;
            self.carried.is_open = true;
            Some(id)
        } else {
            lane.refuse();
            None
        };
        context::put_back(lane);
        opened
    }

    /// Closes what [`open`](Self::open) opened.
    pub(crate) fn close(&mut self, node: SegmentId) {
        self.carried.is_open = false;
        if let Origin::Recording { identity, .. } = &self.carried.origin {
            if let Some(mut lane) = context::lane_of(Some(identity)) {
                let now = lane.tick();
                lane.close(node, now);
                context::put_back(lane);
            }
        }
    }

    /// The code that ran inside is panicking.
    pub(crate) fn has_panicked(&self) -> bool {
        thread::panicking() && !self.panicking
    }
}

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        match mem::replace(&mut self.before, Before::Nothing) {
            Before::Nothing => {}
            Before::Node(before) => {
                if let Origin::Recording { identity, .. } = &self.carried.origin {
                    if let Some(mut lane) = context::lane_of(Some(identity)) {
                        lane.node = before;
                        context::put_back(lane);
                    }
                }
            }
            // Also when nothing was recorded: a shutdown waits for what has a lane, and this work may never go on.
            Before::Context(before) => context::replace(before).hand_over(),
        }
    }
}
