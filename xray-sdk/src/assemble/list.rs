//! Which events tell of which node.

/// The runs of all nodes, each node's a [`List`] of its own.
#[derive(Default)]
pub(super) struct Lists(Vec<Link>);

/// Where the runs of one node are.
#[derive(Clone, Copy)]
pub(super) struct List {
    first: u32,
    last: u32,
}

/// Events of one node that stand behind each other in one lane: most of what is recorded of a node comes so.
#[derive(Clone, Copy)]
pub(super) struct Run {
    pub(super) lane: u32,
    pub(super) first: u32,
    /// Where the events end that are of this run.
    pub(super) end: u32,
    /// Where the text of the first begins.
    pub(super) text: u32,
}

#[derive(Clone, Copy)]
struct Link {
    run: Run,
    next: u32,
}

const NONE: u32 = u32::MAX;

impl List {
    pub(super) const EMPTY: Self = Self {
        first: NONE,
        last: NONE,
    };

    pub(super) fn is_empty(self) -> bool {
        self.first == NONE
    }
}

impl Lists {
    #[inline]
    pub(super) fn push(&mut self, list: &mut List, run: Run) {
        let place = self.0.len() as u32;
        self.0.push(Link { run, next: NONE });
        match self.0.get_mut(list.last as usize) {
            Some(last) => last.next = place,
            None => list.first = place,
        }
        list.last = place;
    }

    /// Puts what is in another list behind what is in this one, and leaves the other empty.
    pub(super) fn join(&mut self, list: &mut List, other: &mut List) {
        let other = std::mem::replace(other, List::EMPTY);
        if other.is_empty() {
            return;
        }
        if list.is_empty() {
            list.first = other.first;
        } else {
            self.0[list.last as usize].next = other.first;
        }
        list.last = other.last;
    }

    /// The runs of one list, in their order.
    #[inline]
    pub(super) fn of(&self, list: List) -> impl Iterator<Item = Run> + use<'_> {
        self.of_both(list, List::EMPTY)
    }

    /// The runs of two lists, one after the other. Chained iterators are not as small, and become calls.
    #[inline]
    pub(super) fn of_both(&self, list: List, other: List) -> impl Iterator<Item = Run> + use<'_> {
        let (mut next, mut other) = (list.first, other.first);
        std::iter::from_fn(move || {
            if next == NONE {
                next = std::mem::replace(&mut other, NONE);
            }
            let link = self.0.get(next as usize)?;
            next = link.next;
            Some(link.run)
        })
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}
