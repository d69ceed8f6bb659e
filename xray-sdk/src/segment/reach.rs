//! How an entity reaches the lane that it writes to.

use std::mem;
use std::panic::Location;

use crate::context::{self, Context, Kind, missing};
use crate::id::SegmentId;
use crate::record::lane::Lane;
use crate::segment::entity::{Entity, Place};

impl Entity {
    /// Whether there is nothing to record here and nothing to tell: the one test that a call makes where it is not sampled.
    #[inline(always)]
    pub(crate) fn is_silent(&self) -> bool {
        match self.place {
            Place::Within | Place::Held => false,
            Place::Nowhere | Place::Unrecorded => true,
            Place::Current => context::kind().is_passive(),
        }
    }

    /// Runs `record` on the lane that this entity writes to, if it is recorded.
    #[inline]
    #[track_caller]
    pub(crate) fn record(&mut self, record: impl FnOnce(&mut Lane, SegmentId)) {
        if let Some((mut lane, node)) = self.take_lane() {
            record(&mut lane, node);
            self.put_back(lane);
        }
    }

    /// Takes the lane that this entity writes to, if it is recorded and there is room, to be [put back](Self::put_back) before any
    /// code but ours runs. Tells when there is no segment.
    #[inline(always)]
    #[track_caller]
    pub(crate) fn take_lane(&mut self) -> Option<(Box<Lane>, SegmentId)> {
        let (lane, node) = match self.place {
            Place::Within => match context::lane_of(self.identity.as_ref()) {
                Some(lane) => (lane, self.node),
                None => (self.lane_aside()?, self.node),
            },
            Place::Current => match context::lane() {
                Some(lane) => {
                    let node = lane.node;
                    (lane, node)
                }
                None => {
                    not_recorded(Location::caller());
                    return None;
                }
            },
            Place::Held | Place::Nowhere | Place::Unrecorded => (self.lane.take()?, self.node),
        };
        if lane.has_room() {
            return Some((lane, node));
        }
        Some((self.make_room(lane)?, node))
    }

    /// Puts back what was taken.
    #[inline(always)]
    pub(crate) fn put_back(&mut self, lane: Box<Lane>) {
        if self.place == Place::Held {
            // What is replaced is nothing, so nothing has to be dropped.
            mem::forget(self.lane.replace(lane));
        } else if lane.is_aside {
            hand_over(lane);
        } else {
            context::put_back(lane);
        }
    }

    #[cold]
    #[inline(never)]
    fn make_room(&mut self, mut lane: Box<Lane>) -> Option<Box<Lane>> {
        if lane.make_room() {
            return Some(lane);
        }
        lane.refuse();
        self.put_back(lane);
        None
    }

    /// Takes a lane for what is recorded away from the segment's, if there is room. It is handed over at once, so that it is queued
    /// before the segment's close.
    #[cold]
    #[inline(never)]
    fn lane_aside(&self) -> Option<Box<Lane>> {
        let identity = self.identity.as_ref()?;
        match identity.outlet().lane(identity) {
            Some(mut lane) => {
                lane.is_aside = true;
                Some(lane)
            }
            None => {
                identity.outlet().refuse();
                None
            }
        }
    }
}

/// There is no lane where something was to be recorded: it is not sampled, or there is no segment.
#[inline]
pub(super) fn not_recorded(place: &'static Location<'static>) {
    if context::kind() == Kind::Missing {
        missing::report(place);
    }
}

#[cold]
#[inline(never)]
fn hand_over(lane: Box<Lane>) {
    Context::Recording(lane).hand_over();
}
