//! What stays of a tree when something of it was sent.

use super::{Awaits, Node, Place, Tree};
use crate::document::limits;
use crate::record::event::{Event, Mark, Texts, What};
use crate::record::lane::Lane;
use crate::record::outlet::{LANE_BYTES, Outlet};

impl Tree {
    /// Copies the nodes that stay into a lane of their own.
    pub(crate) fn keep(
        &mut self,
        stays: impl Fn(&Self, Place) -> bool,
        copy: impl Fn(&Self, &Node, &mut Lane),
    ) -> Option<Box<Lane>> {
        let mut kept: Option<Box<Lane>> = None;
        for place in 0..self.nodes.len() {
            if stays(self, place) {
                // One that was used before: a segment that goes on for long would add one lane to the pool each time.
                let lane = kept.get_or_insert_with(|| Outlet::kept_lane(self.share()));
                copy(self, &self.nodes[place], lane);
            }
        }
        kept
    }

    /// Copies that it is open, and what was recorded of it where that is so little that the whole lane takes no more than any lane counts for: all,
    /// or all but the values that may be large. What is left out has to be all of its kind: a later value may have replaced one that is
    /// kept. What is known of one whose opening is not here stays.
    pub(crate) fn copy_little(&self, node: &Node, to: &mut Lane) {
        if node.opened.is_none() {
            return self.copy_node(node, to);
        }
        let takes = |is_kept: fn(&What) -> bool| {
            let events = self.events_of(node).map(|(event, _)| &event.what);
            let kept = events.filter(|what| is_kept(what));
            // Its opening, its end, and that it moved.
            let around = 3 * size_of::<Event>() + limits::NAME_CHARACTERS;
            kept.map(|what| size_of::<Event>() + what.text_bytes())
                .sum::<usize>()
                + around
        };
        let room = LANE_BYTES.saturating_sub(to.bytes());
        let kept: fn(&What) -> bool = match () {
            () if takes(|_| true) <= room => |_| true,
            () if takes(is_small) <= room => is_small,
            () => |_| false,
        };
        self.copy(node, to, kept);
    }

    fn copy_opening(&self, node: &Node, to: &mut Lane) {
        if let Some(opened) = &node.opened {
            let event = Event {
                node: node.id,
                what: What::Open {
                    parent: opened.parent,
                    name: opened.name,
                    at: opened.at,
                    namespace: opened.namespace,
                },
            };
            to.copy(&event, self.texts_of(opened));
        }
    }

    pub(crate) fn copy_node(&self, node: &Node, to: &mut Lane) {
        self.copy(node, to, |_| true);
    }

    /// Copies all that is known of a node, but of its values those that are to be kept.
    fn copy(&self, node: &Node, to: &mut Lane, is_kept: fn(&What) -> bool) {
        let copy = |to: &mut Lane, list| {
            for (event, texts) in self.listed(list) {
                if is_kept(&event.what) {
                    to.copy(event, texts);
                }
            }
        };
        self.copy_opening(node, to);
        copy(to, node.events);
        let tell = |to: &mut Lane, what| {
            let node = node.id;
            to.copy(&Event { node, what }, Texts(""));
        };
        if node.awaits.is_some() {
            tell(to, What::Mark(Mark::Moved));
        }
        copy(to, node.elsewhere);
        let closed = match node.awaits {
            Some(Awaits::Part(at)) => Some(at),
            _ => node.closed,
        };
        if let Some(at) = closed {
            tell(to, What::Close { at });
        }
    }
}

/// Whether it is of the kinds of values of which there are few, and those short.
fn is_small(what: &What) -> bool {
    !matches!(
        what,
        What::Metadata { .. } | What::MetadataIn { .. } | What::Aws { .. } | What::Exception { .. }
    )
}
