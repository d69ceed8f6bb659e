//! Subsegments that are open while a closure runs.

use std::mem::{self, ManuallyDrop};
use std::panic::Location;

use crate::context::{self, Kind, missing};
use crate::id::SegmentId;
use crate::record::Text;
use crate::record::event::{Mark, Namespace};
use crate::record::lane::Lane;
use crate::segment::carried::Carried;
use crate::segment::current::drop_other;
use crate::segment::entered::Entered;
use crate::segment::entity::{Entity, Place, close_aside};
use crate::segment::subsegment::{NO_NODE, open};

/// Runs `work` in a subsegment of what is current on this thread.
#[inline(always)]
pub(super) fn run<R>(
    name: &Text<'_>,
    namespace: Namespace,
    place: &'static Location<'static>,
    work: impl FnOnce(&mut Entity) -> R,
) -> R {
    let mut running = Running::new();
    running.open(name, namespace, place);
    let result = work(&mut running.entity);
    running.end();
    result
}

/// Runs `work` in a subsegment of `parent`, which is made current.
pub(super) fn run_below<R>(
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
///
/// It stays where it was made, and is written a word at a time: what is moved by other words than it was written in waits for the processor.
struct Running {
    // What the closure gets: it may put another one in its place. Has nothing that is to be dropped once it has ended.
    entity: ManuallyDrop<Entity>,
    /// None where it is not open.
    node: SegmentId,
    parent: SegmentId,
}

impl Running {
    /// None yet.
    #[inline(always)]
    fn new() -> Self {
        Self {
            entity: ManuallyDrop::new(Entity::at(Place::Nowhere)),
            node: NO_NODE,
            parent: NO_NODE,
        }
    }

    /// Opens a subsegment of what is current on this thread, and makes it current.
    #[inline(always)]
    fn open(&mut self, name: &Text<'_>, namespace: Namespace, place: &'static Location<'static>) {
        let is_open = context::at_once!(|lane| {
            let (parent, node) = (lane.node, lane.new_id());
            let is_open = lane.open_at_once(node, parent, name, namespace);
            if is_open {
                self.be_in(lane, node, parent);
            }
            is_open
        });
        match is_open {
            Some(true) => {}
            Some(false) => self.open_otherwise(name, namespace),
            None if context::kind().is_passive() => {}
            None => open_nowhere(place),
        }
    }

    /// There is no room at hand, or something else has to be done.
    #[cold]
    #[inline(never)]
    fn open_otherwise(&mut self, name: &Text<'_>, namespace: Namespace) {
        context::with_lane(|lane| {
            if let Some(lane) = lane {
                let (parent, node) = (lane.node, lane.new_id());
                if open(lane, node, parent, name, namespace) {
                    self.be_in(lane, node, parent);
                }
            }
        });
    }

    #[inline(always)]
    fn be_in(&mut self, lane: &mut Lane, node: SegmentId, parent: SegmentId) {
        let entity = &mut *self.entity;
        entity.place = Place::Within;
        entity.key = lane.key();
        entity.node = node;
        // What is replaced is nothing, so nothing has to be dropped.
        mem::forget(entity.identity.replace(lane.lend()));
        self.node = node;
        self.parent = parent;
    }

    /// Closes the subsegment.
    #[inline(always)]
    fn end(&mut self) {
        if self.node != NO_NODE {
            self.close();
        }
    }

    #[inline(always)]
    fn close(&mut self) {
        let is_own = self.entity.place == Place::Within;
        let mut other = None;
        let is_closed = context::at_once!(|lane| {
            let is_closed = lane.node == self.node && lane.close_at_once(self.node);
            if is_closed {
                lane.node = self.parent;
                if is_own && let Some(identity) = self.entity.identity.take() {
                    other = lane.give_back(identity);
                }
            }
            is_closed
        });
        drop(other);
        if is_closed != Some(true) {
            self.close_otherwise();
        }
        self.node = NO_NODE;
        if is_own {
            // There is nothing more to be done when it is dropped.
            self.entity.place = Place::Nowhere;
        }
    }

    /// There is no room at hand, or another segment is current.
    #[cold]
    #[inline(never)]
    fn close_otherwise(&mut self) {
        let is_in = |lane: &Lane| match self.entity.node == self.node {
            true => lane.key() == self.entity.key,
            false => lane.node == self.node,
        };
        let is_closed = context::with_lane(|lane| match lane {
            Some(lane) if is_in(lane) => {
                let now = lane.tick();
                lane.close(self.node, now);
                lane.node = self.parent;
                true
            }
            _ => false,
        });
        if self.entity.place == Place::Within {
            let identity = self.entity.identity.take();
            // Where the program took the entity away, whoever drops it closes it.
            let identity = identity.filter(|_| !is_closed && self.entity.node == self.node);
            if let Some(identity) = identity {
                close_aside(&identity, self.node, true);
            }
        }
    }

    /// The closure panicked, or the program put another entity in the place of its own.
    #[cold]
    #[inline(never)]
    fn drop_unended(&mut self) {
        if self.node != NO_NODE {
            if self.entity.node == self.node {
                self.entity.mark(Mark::Panicked);
            }
            self.close();
        }
        drop_other(&mut self.entity);
    }
}

impl Drop for Running {
    #[inline(always)]
    fn drop(&mut self) {
        if self.node != NO_NODE || self.entity.place != Place::Nowhere {
            self.drop_unended();
        }
    }
}

/// There is no segment.
#[cold]
#[inline(never)]
fn open_nowhere(place: &'static Location<'static>) {
    if context::kind() == Kind::Missing {
        missing::report(place);
    }
}
