use std::marker::PhantomData;
use std::mem;
use std::thread;

use crate::context::{self, Context};
use crate::id::SegmentId;
use crate::segment::carried::Carried;

/// While it lives, what was carried is current on this thread.
pub(crate) struct Inside<'a> {
    pub(super) carried: &'a mut Carried,
    before: Before,
    /// Bound to this thread.
    _thread: PhantomData<*const ()>,
}

/// What is to be current again.
pub(super) enum Before {
    Nothing,
    Node(SegmentId),
    Context(Context),
}

impl<'a> Inside<'a> {
    #[inline(always)]
    pub(super) fn new(carried: &'a mut Carried, before: Before) -> Self {
        Self {
            carried,
            before,
            _thread: PhantomData,
        }
    }

    /// Makes current what was. The same as dropping it, where nothing panicked.
    #[inline(always)]
    pub(crate) fn leave(mut self) {
        self.go_back();
        mem::forget(self);
    }

    /// Closes what was opened, and makes current what was. There is nothing more to be carried.
    #[inline(always)]
    pub(crate) fn close(mut self) {
        if self.carried.is_open {
            self.close_open(false);
        }
        self.go_back();
        mem::forget(self);
    }

    /// As [`close`](Self::close), for what is dropped before it was done: perhaps by a panic.
    pub(crate) fn close_dropped(mut self) {
        if self.carried.is_open {
            self.close_open(thread::panicking());
        }
    }

    #[inline(always)]
    fn close_open(&mut self, has_panicked: bool) {
        let carried = &mut *self.carried;
        carried.is_open = false;
        let mut current = context::take();
        let is_closed = match current.as_deref_mut() {
            Some(lane) if carried.is_of(lane) => {
                if has_panicked {
                    lane.panicked(carried.node);
                }
                if carried.in_main && !lane.is_main() {
                    lane.moved(carried.node);
                }
                let now = lane.tick();
                lane.close(carried.node, now);
                if let Before::Node(before) = self.before {
                    lane.node = before;
                    self.before = Before::Nothing;
                }
                if let Some(identity) = carried.identity.take() {
                    lane.give_back(identity);
                }
                true
            }
            _ => false,
        };
        context::put(current);
        if !is_closed {
            carried.close_elsewhere();
        }
    }

    #[inline(always)]
    fn go_back(&mut self) {
        match self.before {
            Before::Nothing => {}
            Before::Node(before) => {
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
            Before::Context(_) => self.replace_context(),
        }
    }

    #[inline(never)]
    fn replace_context(&mut self) {
        if let Before::Context(before) = mem::replace(&mut self.before, Before::Nothing) {
            // Also when nothing was recorded: a shutdown waits for what has a lane, and this work may never go on.
            context::replace(before).hand_over();
        }
    }
}

impl Drop for Inside<'_> {
    #[inline]
    fn drop(&mut self) {
        // Whoever catches the panic may drop the future later, when it can no longer be seen.
        if self.carried.is_open && thread::panicking() {
            self.close_open(true);
        }
        self.go_back();
    }
}
