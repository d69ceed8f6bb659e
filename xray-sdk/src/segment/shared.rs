//! Handles that share their segment's lane.
//!
//! A segment's handle has its lane alone until the first subsegment is begun below it by hand. From then on the lane rests with the segment's
//! identity, and each call of any of them takes it from there and puts it back: one step that other threads see, and what is recorded stands
//! in one lane. Where the lane is away, because the segment is entered on another thread or has closed, a handle gets one of its own.

use crate::context;
use crate::id::SegmentId;
use crate::record::event::Namespace;
use crate::record::identity::Loan;
use crate::record::lane::Lane;
use crate::record::{Text, hand_over};
use crate::segment::entity::{Entity, Place, close_aside, close_in, lane_to_end};

/// What became of a handle that was to share its segment's lane.
pub(super) enum Begun {
    Shared(Shared),
    /// There is no room.
    Refused,
    /// The lane is not at hand, or not the segment's own.
    Not,
}

/// What a handle that shares a lane has.
///
/// It is words, and becomes an entity where that stays: what is moved in other pieces than it was written in waits for the processor.
pub(super) struct Shared {
    pub(super) key: usize,
    pub(super) node: SegmentId,
    pub(super) identity: Loan,
}

/// Opens a subsegment below `parent` in the segment's lane, for a handle that shares the lane.
#[inline(always)]
pub(super) fn open_in(
    lane: &mut Lane,
    parent: SegmentId,
    name: &Text<'_>,
    namespace: Namespace,
) -> Begun {
    lane.hand_over_old();
    let node = lane.new_id();
    let now = lane.tick();
    if !lane.open(node, parent, name, namespace, now) {
        return Begun::Refused;
    }
    lane.is_shared = true;
    lane.handles += 1;
    if lane.identity().is_part() {
        // A handle may be out of reach when the function runs out of time: that it is open is known then.
        lane.hand_over_now();
    }
    Begun::Shared(Shared {
        key: lane.key(),
        node,
        identity: lane.lend(),
    })
}

/// Opens a subsegment below what is current on this thread, in its lane, if that is the segment's own.
#[inline(always)]
pub(super) fn open_in_current(name: &Text<'_>, namespace: Namespace) -> Begun {
    let mut current = context::take();
    let begun = match current.as_deref_mut() {
        Some(lane) if lane.is_main() => {
            let parent = lane.node;
            open_in(lane, parent, name, namespace)
        }
        _ => Begun::Not,
    };
    context::put(current);
    begun
}

impl Entity {
    /// Opens a subsegment below this handle in the segment's lane, which they share, if that is at hand.
    #[inline(always)]
    pub(super) fn open_below(&mut self, name: &Text<'_>, namespace: Namespace) -> Begun {
        let mut current = context::take();
        let begun = match current.as_deref_mut() {
            Some(lane) if lane.key() == self.key && lane.is_main() => {
                open_in(lane, self.node, name, namespace)
            }
            _ => Begun::Not,
        };
        context::put(current);
        if !matches!(begun, Begun::Not) || self.place != Place::Held {
            return begun;
        }
        let lane = match self.lane.take_if(|lane| lane.is_main()) {
            // From now on it rests where it is taken from below.
            Some(mut lane) => {
                self.identity = Some(lane.lend());
                Some(lane)
            }
            None if self.lane.is_some() => None,
            None => self.resting(),
        };
        match lane {
            Some(mut lane) => {
                let begun = open_in(&mut lane, self.node, name, namespace);
                lane.put_back();
                begun
            }
            None => Begun::Not,
        }
    }

    /// The lane that it shares, taken from where it rests.
    #[inline(always)]
    fn resting(&self) -> Option<Box<Lane>> {
        let identity = self.identity.as_ref()?;
        identity.rest.take().or_else(|| identity.rest.take_next())
    }

    /// Whether it shares the segment's lane.
    #[inline(always)]
    pub(super) fn is_sharing(&self) -> bool {
        let is_held = self.place == Place::Held && self.lane.is_none();
        is_held
            && self
                .identity
                .as_ref()
                .is_some_and(|identity| identity.address() == self.key)
    }

    /// Whether it is the segment itself.
    fn is_segment(&self) -> bool {
        let identity = self.identity();
        identity.is_some_and(|identity| identity.segment_id() == self.node)
    }

    /// Gives it a lane of its own, where the one that it shares is away. Not to a segment, whose lane that is.
    pub(super) fn share_no_more(&mut self) {
        if !self.is_sharing() || self.is_segment() {
            return;
        }
        if let Some(identity) = &self.identity {
            // It is open already, so that it is recorded where the bound on memory is reached, too.
            let mut lane = lane_to_end(identity);
            lane.node = self.node;
            lane.moved(self.node);
            identity.share_no_more();
            self.key = lane.key();
            self.lane = Some(lane);
        }
    }

    /// Takes the segment's lane from where it rests, for as long as the segment is entered; another handle gets one of its own.
    pub(super) fn take_lane(&mut self) -> Option<Box<Lane>> {
        if self.is_sharing() && self.is_segment() {
            return self.identity.as_ref()?.rest.take_away();
        }
        self.share_no_more();
        self.lane.take()
    }

    /// Lets the segment's lane rest, where handles share it.
    #[cold]
    #[inline(never)]
    pub(super) fn let_rest(&mut self) {
        if let Some(mut lane) = self.lane.take() {
            let identity = match self.identity.take() {
                Some(identity) => identity,
                None => lane.lend(),
            };
            if let Err(lane) = identity.rest.put(lane) {
                end_sharing(&lane);
                hand_over(lane);
            }
            self.identity = Some(identity);
        }
    }

    /// Closes a handle below a segment in the lane that they share, if that rests: what nearly all handles do. Else false.
    #[inline(always)]
    pub(super) fn close_where_it_rests(&mut self) -> bool {
        let resting = match &self.identity {
            Some(identity) if self.is_sharing() && identity.segment_id() != self.node => {
                identity.rest.take()
            }
            _ => None,
        };
        let Some(mut lane) = resting else {
            return false;
        };
        if let Some(identity) = self.identity.take() {
            close_in_shared(&mut lane, identity, self.node);
        }
        lane.put_back();
        true
    }

    /// Closes a handle that has no lane of its own: in the segment's, which it shares, or where that is away in one for the end.
    #[inline(never)]
    pub(super) fn close_shared(&mut self) {
        let is_sharing = self.is_sharing();
        let Some(identity) = self.identity.take() else {
            return;
        };
        let node = self.node;
        if identity.segment_id() == node {
            return close_segment(identity, node);
        }
        if !is_sharing {
            // It is still entered somewhere: only its end can be told from here.
            return close_aside(&identity, node, false);
        }
        let mut current = context::take();
        let at_hand = current.as_deref_mut().filter(|lane| lane.key() == self.key);
        if let Some(lane) = at_hand {
            close_in_shared(lane, identity, node);
            return context::put(current);
        }
        context::put(current);
        let lane = identity.rest.take();
        match lane.or_else(|| identity.rest.take_next()) {
            Some(mut lane) => {
                close_in_shared(&mut lane, identity, node);
                lane.put_back();
            }
            None => {
                close_aside(&identity, node, true);
                identity.share_no_more();
            }
        }
    }
}

/// Closes a handle in the lane that it shares.
#[inline(always)]
fn close_in_shared(lane: &mut Lane, identity: Loan, node: SegmentId) {
    let now = lane.tick();
    lane.close_dropped(node, now);
    lane.handles = lane.handles.saturating_sub(1);
    lane.give_back(identity);
}

/// Closes a segment whose lane rests, or is entered elsewhere: then only its end can be told from here.
#[inline(never)]
fn close_segment(identity: Loan, node: SegmentId) {
    match identity.rest.close() {
        Ok(Some(mut lane)) => {
            end_sharing(&lane);
            lane.give_back(identity);
            close_in(lane, node);
        }
        Ok(None) => close_in(lane_to_end(&identity), node),
        Err(_) => {
            identity.outlet().refuse();
            close_in(lane_to_end(&identity), node);
        }
    }
}

/// The segment closes: handles that shared its lane go on without it.
#[cold]
#[inline(never)]
pub(super) fn end_sharing(lane: &Lane) {
    let identity = lane.identity();
    // It is not there: whoever ends the sharing has it.
    let _ = identity.rest.close();
    if lane.handles > 0 {
        identity.wait_for_late(lane.handles);
    }
}
