//! How an entity reaches the lane that it writes to.

use std::mem::{self, ManuallyDrop};
use std::panic::Location;

use crate::context::{self, Kind, Taken, missing};
use crate::id::SegmentId;
use crate::record::event::Field;
use crate::record::hand_over;
use crate::record::lane::Lane;
use crate::record::outlet::Outlet;
use crate::segment::entity::{Entity, Place};

/// Writes to the sheet of the lane that is at hand, if one is and has room for it: what nearly all calls do. False when not: it is then to be
/// recorded elsewhere. What is written may be no more than one call of a [`Sheet`](crate::record::raw::Sheet)'s method, which calls nothing.
///
/// Where that is so, and what follows is the last thing that is done, all this happens in a few registers. A closure as large as some of this
/// would not become one with the caller.
macro_rules! write_at_hand {
    ($entity:expr, |$sheet:ident, $node:ident| $write:expr) => {{
        let mut resting = $crate::segment::reach::nothing_taken();
        let is_written = match $entity.at_hand(&mut resting) {
            Some((lane, $node)) => {
                let $sheet = lane.sheet();
                $write
            }
            None => false,
        };
        $entity.put_back(resting);
        is_written
    }};
}
pub(super) use write_at_hand;

/// To [take](Entity::at_hand) something to.
#[inline(always)]
pub(super) fn nothing_taken() -> Taken {
    Taken::new(None)
}

impl Entity {
    /// Whether there is nothing to record here and nothing to tell: the one test that a call makes where it is not sampled.
    #[inline(always)]
    pub(crate) fn is_silent(&self) -> bool {
        self.place >= Place::Nowhere
            || (self.place == Place::Current && context::kind().is_passive())
    }

    /// Runs `record` on the lane that is at hand, if one is. It must be ours alone, as for [`context::with_lane`].
    fn record_at_hand<R>(&mut self, record: impl FnOnce(&mut Lane, SegmentId) -> R) -> Option<R> {
        let (mut current, mut resting) = (context::take(), nothing_taken());
        let recorded = self
            .lane_among(|| current.as_deref_mut(), &mut resting)
            .map(|(lane, node)| record(lane, node));
        context::put(current);
        self.put_back(resting);
        recorded
    }

    /// The lane that a handle has, or the one that handles share, or else the one that is current, if that is what this entity writes to; and the
    /// segment or subsegment. What is taken for it is to be [put back](Self::put_back).
    ///
    /// For [`write_at_hand`] only: until it is put back nothing may look at what is current, and no code of the program may run.
    ///
    /// The handle's own goes first, also where that of a task of the same segment is current: the end of the handle is queued with it, and the
    /// task's lane later, when what the handle was may have been written.
    #[allow(
        unsafe_code,
        reason = "so that a call takes nothing and puts nothing back"
    )]
    #[inline(always)]
    pub(crate) fn at_hand<'a>(
        &'a mut self,
        resting: &'a mut Taken,
    ) -> Option<(&'a mut Lane, SegmentId)> {
        // SAFETY: `write_at_hand` alone calls this. What it does with the lane before that is put back is one method of a sheet, which
        // writes bytes, and neither calls code of others nor looks at what is current.
        self.lane_among(|| unsafe { context::lend() }, resting)
    }

    #[inline(always)]
    fn lane_among<'a>(
        &'a mut self,
        current: impl FnOnce() -> Option<&'a mut Lane>,
        resting: &'a mut Taken,
    ) -> Option<(&'a mut Lane, SegmentId)> {
        if self.place == Place::Held {
            return self.held_among(current, resting);
        }
        let lane = current()?;
        if self.place == Place::Current {
            let node = lane.node;
            return Some((lane, node));
        }
        match lane.key() == self.key {
            true => Some((lane, self.node)),
            false => None,
        }
    }

    #[inline(always)]
    fn held_among<'a>(
        &'a mut self,
        current: impl FnOnce() -> Option<&'a mut Lane>,
        resting: &'a mut Taken,
    ) -> Option<(&'a mut Lane, SegmentId)> {
        if let Some(lane) = self.lane.as_deref_mut() {
            return Some((lane, self.node));
        }
        **resting = self.identity.as_ref()?.rest.take();
        if let Some(lane) = resting.as_deref_mut() {
            return Some((lane, self.node));
        }
        // It does not rest while the segment is entered.
        let lane = current().filter(|lane| lane.key() == self.key)?;
        Some((lane, self.node))
    }

    /// Does what is rare, or large, and therefore not a part of the caller, with a copy of this: the one at hand is then never looked at from
    /// elsewhere, and the compiler knows all the time what is in it.
    #[inline(always)]
    pub(super) fn out_of_line<R>(&mut self, work: impl FnOnce(&mut Self) -> R) -> R {
        if self.place == Place::Current {
            return work(&mut ManuallyDrop::new(Self::at(Place::Current)));
        }
        let mut copy = ManuallyDrop::new(mem::replace(self, Self::at(Place::Nowhere)));
        let result = work(&mut copy);
        mem::forget(mem::replace(self, ManuallyDrop::into_inner(copy)));
        result
    }

    /// Puts back what was taken for the lane [at hand](Self::at_hand).
    #[inline(always)]
    pub(crate) fn put_back(&self, resting: Taken) {
        context::lent();
        // What rested was taken from there.
        if let Some(identity) = &self.identity {
            if let Some(lane) = Taken::into_inner(resting) {
                identity.rest.put_back(lane);
            }
        }
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
        if self.record_at_hand(&mut write).is_some() {
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
        if self.lane.is_some() {
            self.record_at_hand(&mut write);
        } else if let Some(mut lane) = self.lane_aside() {
            write(&mut lane, self.node);
            // At once, so that it is queued before the segment's close.
            hand_over(lane);
        }
    }

    /// Records text in a named place of the document.
    #[inline(always)]
    #[track_caller]
    pub(crate) fn field(&mut self, field: Field, text: &str) -> &mut Self {
        if !write_at_hand!(self, |sheet, node| sheet.field(node, field, text)) {
            let place = Location::caller();
            self.out_of_line(|entity| entity.field_elsewhere(field, text, place));
        }
        self
    }

    #[cold]
    #[inline(never)]
    fn field_elsewhere(&mut self, field: Field, text: &str, caller: &'static Location<'static>) {
        self.record_elsewhere_for(caller, |lane, node| lane.field(node, field, text));
    }

    #[inline(always)]
    #[track_caller]
    pub(crate) fn number(&mut self, field: Field, number: u64) {
        if !write_at_hand!(self, |sheet, node| sheet.number(node, field, number)) {
            let place = Location::caller();
            self.out_of_line(|entity| entity.number_elsewhere(field, number, place));
        }
    }

    #[cold]
    #[inline(never)]
    fn number_elsewhere(&mut self, field: Field, number: u64, caller: &'static Location<'static>) {
        self.record_elsewhere_for(caller, |lane, node| lane.number(node, field, number));
    }

    /// The lane that it shares, when another call was going on and is over.
    fn wait_for_lane(&self) -> Option<Box<Lane>> {
        let identity = self.identity.as_ref()?;
        match self.place {
            Place::Held => identity.rest.take_next(),
            _ => None,
        }
    }

    /// A lane for what is recorded away from the segment's, if there is room.
    #[cold]
    fn lane_aside(&self) -> Option<Box<Lane>> {
        // Only what is recorded in one segment has its identity while it has no lane.
        let identity = self.identity.as_ref()?;
        match Outlet::lane(identity.share()) {
            Ok(lane) => Some(lane),
            Err(_) => {
                identity.outlet().refuse();
                None
            }
        }
    }

    /// Hands over what is recorded so far, if the lane is at hand.
    pub(crate) fn hand_over_now(&mut self) {
        if self.place < Place::Nowhere {
            self.record_at_hand(|lane, _| lane.hand_over_now());
        }
    }
}

/// There is no lane where something was to be recorded: it is not sampled, or there is no segment.
pub(super) fn not_recorded(place: &'static Location<'static>) {
    if context::kind() == Kind::Missing {
        missing::report(place);
    }
}
