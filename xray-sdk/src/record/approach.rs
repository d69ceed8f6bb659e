//! What was recorded lies where its thread's processor left it, or where all that ran since has pushed it: who reads it waits for each piece,
//! and most of the time that it takes is that. So a lane is fetched into the cache while those before it are worked on.

use std::mem;
use std::ptr;

use crate::record::lane::Lane;
use crate::record::raw;

/// Two lanes on their way.
#[derive(Default)]
pub(crate) struct Approach {
    /// The lane itself is being fetched.
    far: Option<Box<Lane>>,
    /// The lane is there, and what it points to is being fetched.
    near: Option<Box<Lane>>,
}

impl Approach {
    /// So many steps after it was given a lane comes out.
    pub(crate) const STEPS: usize = 2;

    /// Takes the lane that follows, if there is one, and gives the one whose turn it is.
    #[inline]
    pub(crate) fn step(&mut self, next: Option<Box<Lane>>) -> Option<Box<Lane>> {
        if let Some(lane) = &next {
            lane.approach();
        }
        let near = mem::replace(&mut self.far, next);
        if let Some(lane) = &near {
            lane.fetch();
        }
        mem::replace(&mut self.near, near)
    }
}

/// What a processor fetches at once.
const LINE: usize = 64;

/// Has the processor fetch a lane itself: before it is there, [what it points to](Lane::fetch) cannot be fetched without waiting.
#[inline(always)]
pub(crate) fn approach(lane: *const Lane) {
    for place in (0..size_of::<Lane>()).step_by(LINE) {
        raw::fetch(lane.cast::<u8>().wrapping_add(place));
    }
}

impl Lane {
    /// The same of this one.
    #[inline(always)]
    pub(crate) fn approach(&self) {
        approach(ptr::from_ref(self));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::identity::Identity;
    use crate::record::outlet::Outlet;

    #[test]
    fn lanes_come_out_in_the_order_in_which_they_went_in() {
        let outlet = Outlet::for_tests();
        let lane = || {
            let lane = Outlet::lane(Identity::for_tests(&outlet));
            lane.unwrap_or_else(|_| panic!("there is room"))
        };
        let mut approach = Approach::default();
        for count in [0, 1, 2, 5] {
            let mut lanes: Vec<_> = (0..count).map(|_| lane()).collect();
            let expected: Vec<_> = lanes.iter().map(|lane| lane.key()).collect();
            lanes.reverse();
            let steps = count + Approach::STEPS;
            let out: Vec<_> = (0..steps).map(|_| approach.step(lanes.pop())).collect();
            assert!(out[..Approach::STEPS].iter().all(Option::is_none));
            let keys: Vec<_> = out.iter().flatten().map(|lane| lane.key()).collect();
            assert_eq!(keys, expected);
        }
    }
}
