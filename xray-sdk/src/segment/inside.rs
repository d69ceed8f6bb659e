use std::marker::PhantomData;
use std::mem::{self, ManuallyDrop};
use std::thread;

use crate::context::{self, Context};
use crate::id::SegmentId;
use crate::record::Text;
use crate::record::event::Namespace;
use crate::segment::carried::Carried;

/// While it lives, and from when it was entered, what was carried is current on this thread.
///
/// It stays where it was made: what is moved after it was written in parts is waited for by the processor.
pub(crate) struct Inside<'a> {
    carried: &'a mut Carried,
    way: Way,
    /// What is to be current again, where something was replaced. Nothing is left of it in the end.
    replaced: ManuallyDrop<Option<Context>>,
    /// Bound to this thread.
    _thread: PhantomData<*const ()>,
}

/// How it was made current.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    /// Not at all, or it is left.
    Not,
    /// In a lane of the same segment. This is to be current in it again.
    Node(SegmentId),
    /// In the place of something else.
    Replacing,
}

impl<'a> Inside<'a> {
    /// A guard that has not entered yet.
    #[inline(always)]
    pub(super) fn outside(carried: &'a mut Carried) -> Self {
        Self {
            carried,
            way: Way::Not,
            replaced: ManuallyDrop::new(None),
            _thread: PhantomData,
        }
    }

    /// Makes what is carried current.
    #[inline(always)]
    pub(super) fn enter(&mut self) {
        let carried = &mut *self.carried;
        let mut current = context::take();
        match current.as_deref_mut() {
            Some(lane) if carried.is_of(lane) => {
                carried.in_main |= lane.is_main();
                self.way = Way::Node(mem::replace(&mut lane.node, carried.node));
                context::put(current);
            }
            _ => {
                context::put(current);
                self.enter_elsewhere();
            }
        }
    }

    /// The same, and opens a subsegment in it, which becomes what is carried. Most futures are polled first where they were made.
    #[inline(always)]
    pub(super) fn begin(&mut self, name: &Text<'_>, namespace: Namespace) {
        let carried = &mut *self.carried;
        let is_begun = context::at_once!(|lane| {
            let before = lane.node;
            let is_begun = carried.is_of(lane) && carried.open_at_once(lane, name, namespace);
            if is_begun {
                self.way = Way::Node(before);
            }
            is_begun
        });
        if is_begun != Some(true) {
            self.begin_elsewhere(name, namespace);
        }
    }

    #[inline(never)]
    fn begin_elsewhere(&mut self, name: &Text<'_>, namespace: Namespace) {
        self.enter();
        context::with_lane(|lane| match lane {
            Some(lane) if self.carried.is_of(lane) => self.carried.open_in(lane, name, namespace),
            _ => {}
        });
    }

    #[inline(never)]
    fn enter_elsewhere(&mut self) {
        if let Some(replaced) = self.carried.replace_current() {
            self.way = Way::Replacing;
            *self.replaced = Some(replaced);
        }
    }

    /// Makes current what was. The same as dropping it, where nothing panicked.
    #[inline(always)]
    pub(crate) fn leave(&mut self) {
        match self.way {
            Way::Not => {}
            Way::Node(before) => self.leave_node(before),
            Way::Replacing => self.put_replaced_back(),
        }
        self.way = Way::Not;
    }

    #[inline(always)]
    fn leave_node(&mut self, before: SegmentId) {
        let mut current = context::take();
        match current.as_deref_mut() {
            Some(lane) if self.carried.is_of(lane) => {
                lane.node = before;
                // It may go on and end elsewhere before this lane is queued. That the segment's own is awaited is told there.
                if self.carried.is_open && !lane.is_main() {
                    lane.hand_over_now();
                }
            }
            _ => {}
        }
        context::put(current);
    }

    /// Closes what was opened, and makes current what was. There is nothing more to be carried.
    #[inline(always)]
    pub(crate) fn close(&mut self) {
        let carried = &mut *self.carried;
        let mut other = None;
        let is_closed = match self.way {
            Way::Node(before) if carried.is_open => context::at_once!(|lane| {
                let is_closed = carried.is_of(lane) && carried.close_at_once(lane);
                if is_closed {
                    lane.node = before;
                    if let Some(identity) = carried.identity.take() {
                        other = lane.give_back(identity);
                    }
                }
                is_closed
            }),
            _ => None,
        };
        drop(other);
        match is_closed {
            Some(true) => self.way = Way::Not,
            _ => self.close_elsewhere(false),
        }
    }

    /// As [`close`](Self::close), for what is dropped before it was done: perhaps by a panic.
    pub(crate) fn close_dropped(&mut self) {
        self.close_elsewhere(thread::panicking());
    }

    #[inline(never)]
    fn close_elsewhere(&mut self, has_panicked: bool) {
        let carried = &mut *self.carried;
        if carried.is_open {
            let is_closed = context::with_lane(|lane| match lane {
                Some(lane) if carried.is_of(lane) => {
                    if has_panicked {
                        lane.panicked(carried.node);
                    }
                    // What was current in it is so again, also when it is not to be told any more whose that is.
                    if let Way::Node(before) = self.way {
                        lane.node = before;
                        self.way = Way::Not;
                    }
                    carried.close_in(lane);
                    true
                }
                _ => false,
            });
            if !is_closed {
                carried.close_elsewhere();
            }
        }
        self.leave();
    }

    #[inline(never)]
    fn put_replaced_back(&mut self) {
        if let Some(before) = self.replaced.take() {
            // Also when nothing was recorded: a shutdown waits for what has a lane, and this work may never go on.
            context::replace(before).hand_over();
        }
    }

    #[cold]
    #[inline(never)]
    fn drop_entered(&mut self) {
        // Whoever catches the panic may drop the future later, when it can no longer be seen.
        if self.carried.is_open && thread::panicking() {
            self.close_elsewhere(true);
        }
        self.leave();
    }
}

impl Drop for Inside<'_> {
    #[inline(always)]
    fn drop(&mut self) {
        if self.way != Way::Not {
            self.drop_entered();
        }
    }
}
