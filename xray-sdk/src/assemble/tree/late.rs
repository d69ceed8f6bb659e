//! What was recorded of a segment or subsegment after that was sent.

use super::{Node, Place, Tree};
use crate::clock::Moment;
use crate::id::SegmentId;
use crate::record::event::{Chain, What};

impl Tree {
    /// All that was opened in the segment's own lane before now has arrived, so that what is not here was sent: what is recorded of it is late.
    pub(crate) fn find_late(&mut self) {
        if self.waiting_count() == 0 {
            return;
        }
        let segment = self.identity().segment_id();
        // Where its end came from elsewhere, its own lane is still to come.
        let ended_aside = |own: &Node| own.opened.is_none() && own.closed.is_some();
        if !self.segment().is_some_and(ended_aside) {
            self.give_up(|id| id.is_in_row_of(segment));
        }
    }

    /// Waits no more for openings that `will_not_come`.
    pub(crate) fn give_up(&mut self, will_not_come: impl Fn(SegmentId) -> bool) {
        for node in &mut self.nodes {
            if node.opened.is_none() && !node.is_late && will_not_come(node.id) {
                node.is_late = true;
                self.late += 1;
            }
        }
    }

    /// How many wait for their opening: it is in a lane that has not arrived, or was sent.
    pub(crate) fn waiting_count(&self) -> usize {
        self.unopened - self.late
    }

    /// Since when the tree is kept for those alone, if it is.
    pub(crate) fn waiting_since(&self) -> Option<Moment> {
        self.waits_since
    }

    /// From now on it is kept for those alone, or is not.
    pub(crate) fn set_waiting(&mut self, now: Option<Moment>) {
        self.waits_since = now.map(|now| self.waits_since.unwrap_or(now));
    }

    pub(crate) fn is_late(&self, place: Place) -> bool {
        self.nodes[place].is_late
    }

    /// How many values came too late.
    pub(crate) fn late_values(&self) -> usize {
        if self.late == 0 {
            return 0;
        }
        // An error counts once, with its sources.
        let is_own = |what: &What| {
            !matches!(
                what,
                What::Exception {
                    link: Chain::SourceOfPrevious,
                    ..
                }
            )
        };
        let late = self.nodes.iter().filter(|node| node.is_late);
        late.flat_map(|node| self.events_of(node))
            .filter(|(event, _)| is_own(&event.what))
            .count()
    }
}
