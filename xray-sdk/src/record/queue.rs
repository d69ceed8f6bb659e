//! The queue to the background thread.

use crate::record::lane::Lane;
use crate::record::sync::{ArrayQueue, AtomicU64, Ordering, SegQueue};

/// Lanes in the order in which they were handed over, as far as one owner's go.
///
/// It has a place for each lane that may be lent, and for a quarter more. What is open beyond that ends all the same, thousands of handles
/// at once perhaps: for those it grows, and is no larger than what is open.
pub(crate) struct Queue {
    places: ArrayQueue<Box<Lane>>,
    beyond: SegQueue<Box<Lane>>,
    /// How many are beyond, or on their way there.
    beyond_count: AtomicU64,
}

impl Queue {
    pub(crate) fn new(places: usize) -> Self {
        Self {
            places: ArrayQueue::new(places),
            beyond: SegQueue::new(),
            beyond_count: AtomicU64::new(0),
        }
    }

    #[inline(always)]
    pub(crate) fn push(&self, lane: Box<Lane>) {
        // As long as something is beyond, what follows goes there too: parts of one segment are read in their order.
        if self.beyond_count.load(Ordering::Acquire) > 0 {
            self.push_beyond(lane);
        } else if let Err(lane) = self.places.push(lane) {
            self.push_beyond(lane);
        }
    }

    #[cold]
    #[inline(never)]
    fn push_beyond(&self, lane: Box<Lane>) {
        self.beyond_count.fetch_add(1, Ordering::AcqRel);
        self.beyond.push(lane);
    }

    pub(crate) fn pop(&self) -> Option<Box<Lane>> {
        self.places.pop().or_else(|| self.pop_beyond())
    }

    fn pop_beyond(&self) -> Option<Box<Lane>> {
        if self.beyond_count.load(Ordering::Acquire) == 0 {
            return None;
        }
        let lane = self.beyond.pop()?;
        self.beyond_count.fetch_sub(1, Ordering::AcqRel);
        Some(lane)
    }

    pub(crate) fn len(&self) -> usize {
        self.places.len() + self.beyond_count.load(Ordering::Acquire) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::identity::Identity;
    use crate::record::outlet::Outlet;

    #[test]
    fn what_there_is_no_place_for_comes_out_in_its_order_too() {
        let outlet = Outlet::for_tests();
        let queue = Queue::new(2);
        let mut expected = Vec::new();
        let mut push = |queue: &Queue| {
            let lane = Outlet::lane_to_end(Identity::for_tests(&outlet));
            expected.push(lane.key());
            queue.push(lane);
        };
        (0..5).for_each(|_| push(&queue));
        assert_eq!(queue.len(), 5);
        let mut found: Vec<_> = (0..3).filter_map(|_| queue.pop()).collect();
        // There are places again, and something is beyond.
        push(&queue);
        while let Some(lane) = queue.pop() {
            found.push(lane);
        }
        let found: Vec<_> = found.iter().map(|lane| lane.key()).collect();
        assert_eq!((found, queue.len()), (expected, 0));
    }
}
