//! Which events tell of which node.

/// The events of all nodes, each node's a [`List`] of its own.
#[derive(Default)]
pub(super) struct Lists(Vec<Link>);

/// Where the events of one node are.
#[derive(Clone, Copy)]
pub(super) struct List {
    first: u32,
    last: u32,
}

/// Where one event is.
#[derive(Clone, Copy)]
pub(super) struct Link {
    pub(super) lane: u32,
    pub(super) event: u32,
    /// Where its text begins.
    pub(super) text: u32,
    next: u32,
}

const NONE: u32 = u32::MAX;

impl List {
    pub(super) const EMPTY: Self = Self {
        first: NONE,
        last: NONE,
    };
}

impl Link {
    pub(super) fn new(lane: u32, event: u32, text: u32) -> Self {
        Self {
            lane,
            event,
            text,
            next: NONE,
        }
    }
}

impl Lists {
    #[inline]
    pub(super) fn push(&mut self, list: &mut List, link: Link) {
        let place = self.0.len() as u32;
        if list.first == NONE {
            list.first = place;
        } else {
            self.0[list.last as usize].next = place;
        }
        list.last = place;
        self.0.push(link);
    }

    /// Puts what is in another list behind what is in this one, and leaves the other empty.
    pub(super) fn join(&mut self, list: &mut List, other: &mut List) {
        let other = std::mem::replace(other, List::EMPTY);
        if other.first == NONE {
            return;
        }
        if list.first == NONE {
            list.first = other.first;
        } else {
            self.0[list.last as usize].next = other.first;
        }
        list.last = other.last;
    }

    /// The events of one node, in their order.
    pub(super) fn of(&self, list: List) -> impl Iterator<Item = Link> + use<'_> {
        let mut next = list.first;
        std::iter::from_fn(move || {
            let link = *self.0.get(next as usize)?;
            next = link.next;
            Some(link)
        })
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}
