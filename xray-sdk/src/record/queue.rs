//! The queue to the background thread.

use std::array;

use crate::record::lane::Lane;
use crate::record::raw::Chain;
use crate::record::sync::SHARDS;

/// Lanes that were handed over. Those of one segment are in one shard, in the order in which they were handed over.
pub(crate) struct Queue {
    shards: [Shard; SHARDS],
}

/// In lines of a processor's cache in which nothing else is.
#[repr(align(128))]
struct Shard(Chain<Lane>);

/// What is found in the queue at one time, and is to be taken. What comes meanwhile is for the next time.
pub(crate) struct Found {
    /// How many were put into each shard, ever.
    until: [u64; SHARDS],
    shard: usize,
    count: usize,
}

impl Found {
    /// How many were found.
    pub(crate) fn len(&self) -> usize {
        self.count
    }
}

impl Queue {
    pub(crate) fn new() -> Self {
        Self {
            shards: array::from_fn(|_| Shard(Chain::new())),
        }
    }

    /// Where the lanes of a shard go.
    #[inline(always)]
    pub(crate) fn shard(&self, number: usize) -> &Chain<Lane> {
        &self.shards[number % SHARDS].0
    }

    /// What is there now.
    pub(crate) fn find(&self) -> Found {
        let until = array::from_fn(|number| self.shards[number].0.put());
        Found {
            until,
            shard: 0,
            count: until.iter().sum::<u64>().saturating_sub(self.taken()) as usize,
        }
    }

    /// Takes one of those that were found, if any is left.
    pub(crate) fn take(&self, found: &mut Found) -> Option<Box<Lane>> {
        while let Some(Shard(chain)) = self.shards.get(found.shard) {
            if chain.taken() < found.until[found.shard] {
                let lane = chain.pop();
                if lane.is_some() {
                    return lane;
                }
            }
            found.shard += 1;
        }
        None
    }

    /// How many wait.
    pub(crate) fn len(&self) -> usize {
        let taken = self.taken();
        let put = self.shards.iter().map(|Shard(chain)| chain.put());
        put.sum::<u64>().saturating_sub(taken) as usize
    }

    /// How many were taken, ever.
    pub(crate) fn taken(&self) -> u64 {
        self.shards.iter().map(|Shard(chain)| chain.taken()).sum()
    }

    /// Takes no lane any more.
    pub(crate) fn close(&self) {
        self.shards.iter().for_each(|Shard(chain)| chain.close());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::identity::Identity;
    use crate::record::outlet::Outlet;

    #[test]
    fn what_is_found_is_taken_and_nothing_that_came_later() {
        let outlet = Outlet::for_tests();
        let queue = Queue::new();
        let push = |shard| {
            let lane = Outlet::lane_to_end(Identity::for_tests(&outlet));
            let key = lane.key();
            assert!(queue.shard(shard).push(lane).is_ok());
            key
        };
        let expected = [push(3), push(3), push(7)];
        let mut found = queue.find();
        push(0);
        push(3);
        assert_eq!(queue.len(), 5);
        let taken: Vec<_> = std::iter::from_fn(|| queue.take(&mut found)).collect();
        let keys: Vec<_> = taken.iter().map(|lane| lane.key()).collect();
        assert_eq!(keys, expected);
        assert_eq!((queue.len(), queue.taken()), (2, 3));
    }
}
