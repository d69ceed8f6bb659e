//! How an entity reaches the lane that it writes to.

use std::panic::Location;

use crate::context::{self, Kind, missing};
use crate::id::SegmentId;
use crate::record::hand_over;
use crate::record::lane::Lane;
use crate::record::outlet::Outlet;
use crate::segment::entity::{Entity, Place};

/// Writes what one call records: to the lane at hand, or else to where else the entity writes, which is code of its own.
macro_rules! record {
    ($entity:expr, $write:expr) => {
        if !$entity.record_at_hand($write) {
            $entity.record_elsewhere($write);
        }
    };
}
pub(super) use record;

impl Entity {
    /// Whether there is nothing to record here and nothing to tell: the one test that a call makes where it is not sampled.
    #[inline(always)]
    pub(crate) fn is_silent(&self) -> bool {
        self.place >= Place::Nowhere
            || (self.place == Place::Current && context::kind().is_passive())
    }

    /// Runs `write` on the lane that is [at hand](Self::at_hand), if one is: what nearly all calls do, to become one with the caller.
    /// False when none is. `write` must be ours alone, as for [`context::with_lane`].
    #[inline(always)]
    pub(crate) fn record_at_hand(&mut self, write: impl FnOnce(&mut Lane, SegmentId)) -> bool {
        let mut current = context::take();
        let at_hand = self.at_hand(&mut current);
        let is_at_hand = at_hand.is_some();
        if let Some((lane, node)) = at_hand {
            write(lane, node);
        }
        context::put(current);
        is_at_hand
    }

    /// The lane that a handle has, or else the one that is current, if that is of what this entity writes to; and the segment or subsegment.
    ///
    /// The handle's own goes first, also where that of a task of the same segment is current: the end of the handle is queued with it, and the
    /// task's lane later, when what the handle was may have been written.
    #[inline(always)]
    pub(crate) fn at_hand<'a>(
        &'a mut self,
        current: &'a mut context::Taken,
    ) -> Option<(&'a mut Lane, SegmentId)> {
        if let Some(lane) = self.lane.as_deref_mut() {
            return Some((lane, self.node));
        }
        let lane = current.as_deref_mut()?;
        if lane.key() == self.key {
            return Some((lane, self.node));
        }
        if self.place != Place::Current {
            return None;
        }
        let node = lane.node;
        Some((lane, node))
    }

    /// Runs `write` on the lane that this entity writes to, if it is recorded and there is room. Tells when there is no segment.
    #[inline(always)]
    #[track_caller]
    pub(crate) fn record_elsewhere(&mut self, write: impl FnOnce(&mut Lane, SegmentId)) {
        self.record_elsewhere_for(Location::caller(), write);
    }

    #[cold]
    #[inline(never)]
    pub(crate) fn record_elsewhere_for(
        &mut self,
        caller: &'static Location<'static>,
        write: impl FnOnce(&mut Lane, SegmentId),
    ) {
        let is_aside = context::with_lane(|current| {
            let (own, is_current) = (self.node, self.place == Place::Current);
            let Some(lane) = self.find_lane(current, caller) else {
                return false;
            };
            let node = if is_current { lane.node } else { own };
            write(lane, node);
            lane.is_aside
        });
        if is_aside {
            self.hand_over_aside();
        }
    }

    fn find_lane<'a>(
        &'a mut self,
        current: Option<&'a mut Lane>,
        caller: &'static Location<'static>,
    ) -> Option<&'a mut Lane> {
        match (self.place, current) {
            (Place::Held, _) => self.lane.as_deref_mut(),
            (Place::Current, Some(lane)) => Some(lane),
            (Place::Current, None) => {
                not_recorded(caller);
                None
            }
            (_, Some(lane)) if lane.key() == self.key => Some(lane),
            _ => {
                self.lane = self.lane_aside();
                self.lane.as_deref_mut()
            }
        }
    }

    /// Takes a lane for what is recorded away from the segment's, if there is room. It is handed over at once, so that it is queued
    /// before the segment's close.
    #[cold]
    fn lane_aside(&self) -> Option<Box<Lane>> {
        // Only what is recorded in one segment has its identity while it has no lane.
        let identity = self.identity.as_ref()?;
        match Outlet::lane(identity.share()) {
            Ok(mut lane) => {
                lane.is_aside = true;
                Some(lane)
            }
            Err(_) => {
                identity.outlet().refuse();
                None
            }
        }
    }

    /// Hands over what was recorded away from the segment's lane.
    #[cold]
    #[inline(never)]
    fn hand_over_aside(&mut self) {
        if let Some(lane) = self.lane.take() {
            hand_over(lane);
        }
    }

    /// Hands over what is recorded so far, if the lane is at hand.
    pub(crate) fn hand_over_now(&mut self) {
        context::with_lane(|current| {
            let lane = match self.place {
                Place::Held => self.lane.as_deref_mut(),
                Place::Within => current.filter(|lane| lane.key() == self.key),
                Place::Current => current,
                Place::Nowhere | Place::Unrecorded => None,
            };
            if let Some(lane) = lane {
                lane.hand_over_now();
            }
        });
    }
}

/// There is no lane where something was to be recorded: it is not sampled, or there is no segment.
pub(super) fn not_recorded(place: &'static Location<'static>) {
    if context::kind() == Kind::Missing {
        missing::report(place);
    }
}
