//! How an entity reaches the lane that it writes to.

use std::panic::Location;

use crate::context::{self, Kind, Taken, missing};
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
        let (mut current, mut resting) = (context::take(), Taken::new(None));
        let at_hand = self.at_hand(&mut current, &mut resting);
        let is_at_hand = at_hand.is_some();
        if let Some((lane, node)) = at_hand {
            write(lane, node);
        }
        put(current, resting);
        is_at_hand
    }

    /// The lane that a handle has, or else the one that is current, if that is what this entity writes to, or else the one that handles share; and
    /// the segment or subsegment. What was taken for it is to be [put](put) back.
    ///
    /// The handle's own goes first, also where that of a task of the same segment is current: the end of the handle is queued with it, and the
    /// task's lane later, when what the handle was may have been written.
    #[inline(always)]
    pub(crate) fn at_hand<'a>(
        &'a mut self,
        current: &'a mut Taken,
        resting: &'a mut Taken,
    ) -> Option<(&'a mut Lane, SegmentId)> {
        if let Some(lane) = self.lane.as_deref_mut() {
            return Some((lane, self.node));
        }
        if let Some(lane) = current.as_deref_mut() {
            if lane.key() == self.key {
                return Some((lane, self.node));
            }
            if self.place == Place::Current {
                let node = lane.node;
                return Some((lane, node));
            }
        }
        match &self.identity {
            Some(identity) if self.place == Place::Held => **resting = identity.rest.take(),
            _ => return None,
        }
        Some((resting.as_deref_mut()?, self.node))
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
        let mut write = Some(write);
        let mut write = |lane: &mut Lane, node: SegmentId| {
            if let Some(write) = write.take() {
                write(lane, node);
            }
        };
        if self.record_at_hand(&mut write) {
            return;
        }
        if self.place == Place::Current {
            return not_recorded(caller);
        }
        if let Some(mut lane) = self.wait_for_lane() {
            write(&mut lane, self.node);
            return lane.put_back();
        }
        self.share_no_more();
        if self.lane.is_none() {
            self.lane = self.lane_aside();
        }
        self.record_at_hand(&mut write);
        if self.lane.as_ref().is_some_and(|lane| lane.is_aside) {
            self.hand_over_aside();
        }
    }

    /// The lane that it shares, when another call was going on and is over.
    fn wait_for_lane(&self) -> Option<Box<Lane>> {
        let identity = self.identity.as_ref()?;
        match self.place {
            Place::Held => identity.rest.take_next(),
            _ => None,
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
        if self.place < Place::Nowhere {
            self.record_at_hand(|lane, _| lane.hand_over_now());
        }
    }
}

/// Puts back what was taken to be [at hand](Entity::at_hand).
#[inline(always)]
pub(crate) fn put(current: Taken, resting: Taken) {
    context::put(current);
    if let Some(lane) = Taken::into_inner(resting) {
        lane.put_back();
    }
}

/// There is no lane where something was to be recorded: it is not sampled, or there is no segment.
pub(super) fn not_recorded(place: &'static Location<'static>) {
    if context::kind() == Kind::Missing {
        missing::report(place);
    }
}
