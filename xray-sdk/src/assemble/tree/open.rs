//! What of a tree is open, and what is over.

use std::hash::{DefaultHasher, Hash, Hasher};

use super::{Node, Opened, Tree};
use crate::clock::Tick;

impl Tree {
    /// How many are open.
    pub(crate) fn open_count(&self) -> usize {
        self.open_nodes().count()
    }

    /// How many need not be kept: they have closed, or are late.
    pub(crate) fn over_count(&self) -> usize {
        self.nodes.len() - self.open + self.late
    }

    /// Whether nothing has to be kept: all that is here has opened and closed.
    pub(crate) fn is_over(&self) -> bool {
        self.open == 0 && self.unopened == 0
    }

    /// Whether something was recorded of what is open.
    pub(crate) fn has_open_values(&self) -> bool {
        self.open_nodes()
            .any(|(node, _)| self.events_of(node).next().is_some())
    }

    /// Whether all that it could give up is given up.
    pub(crate) fn is_relieved(&self) -> bool {
        self.is_relieved
    }

    /// For want of memory it went out in progress just now, or was sent for another reason.
    pub(crate) fn set_relieved(&mut self, is_relieved: bool) {
        self.is_relieved = is_relieved;
    }

    fn open_nodes(&self) -> impl Iterator<Item = (&Node, &Opened)> {
        let open = self.nodes.iter().filter(|node| node.closed.is_none());
        open.filter_map(|node| Some((node, node.opened.as_ref()?)))
    }

    /// When the oldest of what is open began.
    pub(crate) fn oldest_open(&self) -> Option<Tick> {
        self.open_nodes().map(|(_, opened)| opened.at).min()
    }

    /// Changes with what is open and what was recorded of it.
    pub(crate) fn shape_of_open(&self) -> u64 {
        let mut shape = DefaultHasher::new();
        for (node, _) in self.open_nodes() {
            (node.id, self.events_of(node).count()).hash(&mut shape);
        }
        shape.finish()
    }

    /// Sending what is over copies what is open: worth it when that is not much.
    pub(crate) fn is_mostly_over(&self) -> bool {
        self.over_count() >= self.open
    }
}
