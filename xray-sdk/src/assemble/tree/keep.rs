//! What stays of a tree when something of it was sent.

use super::{Awaits, Node, Place, Tree};
use crate::record::event::{Event, Mark, Texts, What};
use crate::record::lane::Lane;
use crate::record::outlet::Outlet;

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

    /// Copies that it is open. What is known of one whose opening is not here stays.
    pub(crate) fn copy_open(&self, node: &Node, to: &mut Lane) {
        match node.opened {
            Some(_) => self.copy_opening(node, to),
            None => self.copy_node(node, to),
        }
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
        self.copy_opening(node, to);
        for (event, texts) in self.listed(node.events) {
            to.copy(event, texts);
        }
        let tell = |to: &mut Lane, what| {
            let node = node.id;
            to.copy(&Event { node, what }, Texts(""));
        };
        if node.awaits.is_some() {
            tell(to, What::Mark(Mark::Moved));
        }
        for (event, texts) in self.listed(node.elsewhere) {
            to.copy(event, texts);
        }
        let closed = match node.awaits {
            Some(Awaits::Part(at)) => Some(at),
            _ => node.closed,
        };
        if let Some(at) = closed {
            tell(to, What::Close { at });
        }
    }
}
