use std::marker::PhantomData;
use std::mem::{self, ManuallyDrop};
use std::sync::atomic::Ordering;
use std::thread;

use crate::context::{self, Context, Kind, Left, Passive};
use crate::id::SegmentId;
use crate::record::lane::Lane;
use crate::record::outlet::Outlet;
use crate::segment::current::drop_other;
use crate::segment::entity::{Entity, Place};
use crate::segment::shared::end_sharing;

/// While it lives, a segment or subsegment is current on this thread.
///
/// It must not be held across an await, where another task would find it: it is not `Send`.
///
/// It has to be dropped. One that is forgotten ([`mem::forget`], a cycle of `Rc`) leaves the segment current on this thread: the segment
/// is lost, with what is recorded on the thread from then on outside of other segments, and is not counted. A
/// [shutdown](crate::Recorder::shutdown) waits for it until its deadline.
#[must_use = "the segment is current only while the guard lives"]
pub struct Entered<'a> {
    entity: &'a mut Entity,
    way: Way,
    /// What to put back, where something was replaced. Nothing is left of it in the end.
    replaced: ManuallyDrop<Option<Context>>,
    panicking: bool,
    /// Bound to this thread.
    _thread: PhantomData<*const ()>,
}

/// How it was made current. What is rare stands apart: a context that is moved whole, after it was written in parts, is waited for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    /// Not at all: it has no segment of its own, and does not hide the one that is current.
    Not,
    /// Its lane, where nothing was.
    Lane,
    /// Nothing but that it is not sampled, where nothing was.
    Unsampled,
    /// In the place of another, or with more to keep.
    Replacing,
    /// In the lane that was current, of the same segment. This was current in it.
    Node(SegmentId),
}

impl<'a> Entered<'a> {
    #[inline(always)]
    pub(crate) fn enter(entity: &'a mut Entity) -> Self {
        let mut entered = Self::outside(entity);
        entered.begin();
        entered
    }

    /// A guard that has [not begun](Self::begin). Where it stays it is begun there: what is moved after it was written is waited for.
    #[inline(always)]
    pub(crate) fn outside(entity: &'a mut Entity) -> Self {
        Self {
            entity,
            way: Way::Not,
            replaced: ManuallyDrop::new(None),
            panicking: false,
            _thread: PhantomData,
        }
    }

    #[inline(always)]
    pub(crate) fn begin(&mut self) {
        let is_free = context::kind() == Kind::Missing;
        let entity = &mut *self.entity;
        if let Some(lane) = entity.lane.take() {
            self.begin_in(lane, is_free);
        } else if is_free && matches!(entity.passive, Some(Passive::Unsampled)) {
            self.way = Way::Unsampled;
            context::begin_unsampled();
        } else {
            self.begin_otherwise(is_free);
        }
    }

    #[inline(always)]
    fn begin_in(&mut self, mut lane: Box<Lane>, is_free: bool) {
        self.panicking = thread::panicking();
        self.entity.place = Place::Within;
        if self.entity.identity.is_none() {
            self.entity.identity = Some(lane.lend());
        }
        if is_free {
            self.way = Way::Lane;
            context::begin(lane);
        } else {
            self.replace(Context::Recording(lane));
        }
    }

    /// Leaves the segment that is entered and closes it, in the usual case that its lane is current: then that is to be handed over, and neither
    /// the guard nor the segment has anything left that is to be dropped.
    #[inline(always)]
    pub(crate) fn close(&mut self) -> Option<Box<Lane>> {
        let entity = &mut *self.entity;
        if self.way != Way::Lane || entity.place != Place::Within {
            return None;
        }
        let mut lane = context::end(Lane::tag_of(entity.key, entity.node))?;
        let now = lane.tick();
        lane.close(entity.node, now);
        if let Some(identity) = entity.identity.take() {
            lane.give_back(identity);
        }
        if lane.is_shared {
            end_sharing(&lane);
        }
        context::settle(|| Some(lane.tag()));
        Some(lane)
    }

    /// The same for what is not sampled, and keeps nothing else in mind: there is nothing to be handed over.
    #[inline(always)]
    pub(crate) fn close_unsampled(&mut self) -> bool {
        let is_own = self.entity.place == Place::Unrecorded
            && matches!(self.entity.passive, Some(Passive::Unsampled));
        let is_left = self.way == Way::Unsampled && is_own && context::end_unsampled();
        if is_left {
            context::settle(|| None);
        }
        is_left
    }

    #[inline(never)]
    fn begin_otherwise(&mut self, is_free: bool) {
        self.panicking = thread::panicking();
        if let Some(passive) = self.entity.passive.take() {
            return self.replace(Context::Passive(passive));
        }
        if !self.entity.is_sharing() {
            return;
        }
        let (key, node) = (self.entity.key, self.entity.node);
        let before = context::with_lane(|lane| {
            let lane = lane.filter(|lane| lane.key() == key)?;
            Some(mem::replace(&mut lane.node, node))
        });
        if let Some(before) = before {
            self.way = Way::Node(before);
        } else if let Some(lane) = self.entity.take_lane() {
            self.begin_in(lane, is_free);
        }
    }

    #[cold]
    #[inline(never)]
    fn replace(&mut self, own: Context) {
        self.way = Way::Replacing;
        *self.replaced = Some(context::replace(own));
    }

    /// That of its lane.
    #[inline(always)]
    fn tag(&self) -> usize {
        Lane::tag_of(self.entity.key, self.entity.node)
    }

    #[inline(never)]
    fn leave(&mut self) {
        match self.way {
            Way::Not => return,
            Way::Node(before) => self.leave_node(before),
            Way::Lane => match context::end(self.tag()) {
                Some(lane) => self.keep(lane),
                None => self.leave_otherwise(),
            },
            _ => self.leave_otherwise(),
        }
        context::settle(|| Some(self.tag()).filter(|tag| *tag != 0));
    }

    /// What was current in the lane is so again.
    #[inline(never)]
    fn leave_node(&mut self, before: SegmentId) {
        let has_panicked = thread::panicking() && !self.panicking;
        let (key, node) = (self.entity.key, self.entity.node);
        context::with_lane(|lane| {
            if let Some(lane) = lane.filter(|lane| lane.key() == key) {
                if has_panicked {
                    lane.panicked(node);
                }
                match lane.node == node {
                    true => lane.node = before,
                    // Another one of the segment was entered inside and not left yet: it stays.
                    false => out_of_order(lane.outlet()),
                }
            }
        });
    }

    /// It has its lane back.
    #[inline(always)]
    fn keep(&mut self, mut lane: Box<Lane>) {
        let entity = &mut *self.entity;
        entity.place = Place::Held;
        lane.node = entity.node;
        // Whoever catches the panic may drop the handle later, when it can no longer be seen.
        if thread::panicking() && !self.panicking {
            lane.panicked(entity.node);
        }
        lane.hand_over_old();
        if let Some(identity) = entity.identity.take() {
            lane.give_back(identity);
        }
        let is_shared = lane.is_shared;
        entity.lane = Some(lane);
        if is_shared {
            entity.let_rest();
        }
    }

    #[inline(never)]
    fn leave_otherwise(&mut self) {
        let before = self.replaced.take().unwrap_or_default();
        let is_inside = !matches!(before, Context::Missing);
        let has_panicked = thread::panicking() && !self.panicking;
        match context::replace(before) {
            Context::Recording(lane) if lane.tag() == self.tag() => {
                self.keep(lane);
                if is_inside {
                    self.hand_over_apart();
                }
            }
            Context::Passive(passive) if self.entity.key == 0 => {
                if has_panicked {
                    passive.fail();
                }
                self.entity.passive = Some(passive);
            }
            other => self.left_too_early(other),
        }
    }

    /// Hands over what was recorded in a lane of a handle's own, while it was in the place of another: of what closes in that one, too.
    fn hand_over_apart(&mut self) {
        match &mut self.entity.lane {
            Some(lane) if !lane.is_main() => lane.hand_over_now(),
            _ => {}
        }
    }

    /// What is current was entered inside and not left yet: it stays, and the one that is left is taken away after it.
    #[cold]
    #[inline(never)]
    fn left_too_early(&mut self, inner: Context) {
        let above = match &inner {
            Context::Recording(lane) => Some((lane.tag(), lane.outlet().clone())),
            Context::Missing | Context::Passive(_) => None,
        };
        let before = context::replace(inner);
        if self.entity.place == Place::Within {
            self.entity.place = Place::Held;
        }
        match (&self.entity.identity, above) {
            (Some(identity), _) => {
                out_of_order(identity.outlet());
                context::leave(Left::Lane(self.tag()), before);
            }
            (None, Some((above, outlet))) => {
                out_of_order(&outlet);
                context::leave(Left::Below(above), before);
            }
            (None, None) => before.hand_over(),
        }
    }
}

impl Drop for Entered<'_> {
    // Small, to become one with the caller: what is not sampled is left by it alone.
    #[inline(always)]
    fn drop(&mut self) {
        match self.way {
            Way::Not => {}
            Way::Unsampled if context::end_unsampled() => context::settle(|| None),
            _ => self.leave(),
        }
    }
}

/// What is entered while a closure runs that gets its entity, and may put another one in its place by `mem::swap`.
pub(crate) struct Lent<'a> {
    entered: Entered<'a>,
    key: usize,
    node: SegmentId,
}

impl<'a> Lent<'a> {
    /// Of a guard that is to [begin](Self::begin).
    #[inline(always)]
    pub(crate) fn outside(entered: Entered<'a>) -> Self {
        Self {
            key: entered.entity.key,
            node: entered.entity.node,
            entered,
        }
    }

    #[inline(always)]
    pub(crate) fn begin(&mut self) -> &mut Entity {
        self.entered.begin();
        self.entered.entity
    }

    /// The guard, of what was lent.
    #[inline(always)]
    pub(crate) fn back(&mut self) -> &mut Entered<'a> {
        // Those that are not recorded may have the same, and nothing that would be lost.
        if self.entered.entity.node != self.node {
            self.restore();
        }
        &mut self.entered
    }

    /// Closes what is there instead.
    #[cold]
    #[inline(never)]
    fn restore(&mut self) {
        let place = match self.key {
            0 => Place::Unrecorded,
            _ => Place::Within,
        };
        drop_other(self.entered.entity);
        *self.entered.entity = Entity {
            key: self.key,
            node: self.node,
            ..Entity::at(place)
        };
    }
}

impl Drop for Lent<'_> {
    #[inline(always)]
    fn drop(&mut self) {
        self.back();
    }
}

fn out_of_order(outlet: &Outlet) {
    outlet.counts.misplaced.fetch_add(1, Ordering::Relaxed);
    outlet.notices.tell_once("out of order", || {
        "a segment was left while another one, entered inside it, was still current: what is recorded meanwhile goes to \
         the wrong segment; do not hold the guard of enter() across an await, use run() or in_current()"
            .to_owned()
    });
}
