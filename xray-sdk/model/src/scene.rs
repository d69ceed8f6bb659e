use std::sync::Arc;
use std::time::Duration;

use loom::sync::atomic::{AtomicU64, Ordering};
use loom::thread::{self, JoinHandle};

use crate::clock::Clock;
use crate::record::identity::{About, Share};
use crate::record::lane::Lane;
use crate::record::outlet::{Outlet, hand_over};
use crate::record::raw::Rest;
use crate::record::round::Next;
use crate::record::sync::Thread;

/// For ever: in the model nothing takes time, so what waits for this waits for another thread.
const PATIENCE: Duration = Duration::from_secs(3_600);
/// Memory for all that is recorded here.
const ROOMY: usize = 1 << 20;

/// An outlet and its background thread.
struct Stage {
    outlet: Arc<Outlet>,
    emitted: Arc<AtomicU64>,
    background: JoinHandle<()>,
}

/// What the background thread has beside the outlet.
struct Worker {
    outlet: Arc<Outlet>,
    /// A digit for each segment, by its number: how often it was emitted.
    emitted: Arc<AtomicU64>,
}

impl Stage {
    fn set(bytes_limit: usize) -> Self {
        let outlet = Outlet::new(Clock, bytes_limit);
        let emitted = Arc::new(AtomicU64::new(0));
        let mut worker = Worker {
            outlet: outlet.clone(),
            emitted: emitted.clone(),
        };
        let itself = Thread::default();
        outlet.set_background(itself.clone());
        let background = thread::spawn(move || {
            loop {
                match worker
                    .outlet
                    .clone()
                    .round(&mut worker, Worker::sweep, |_| ())
                {
                    Next::Round => thread::yield_now(),
                    // It is to be woken in time whenever somebody waits for it: what comes by its short rests alone is the end.
                    Next::Rest(_) if worker.outlet.is_closed() => thread::yield_now(),
                    Next::Rest(_) => itself.park(),
                    Next::End => return,
                }
            }
        });
        Self {
            outlet,
            emitted,
            background,
        }
    }

    /// How often each segment was emitted.
    fn emitted(&self) -> u64 {
        self.emitted.load(Ordering::Relaxed)
    }

    fn refused(&self) -> u64 {
        self.outlet.counts.refused.load(Ordering::Relaxed)
    }

    /// A thread that records the segment of this number.
    fn recorder(&self, number: u32) -> JoinHandle<()> {
        let outlet = self.outlet.clone();
        thread::spawn(move || record(&outlet, number))
    }

    /// Ends the background thread; whether all that was open had ended.
    fn shut_down(self, patience: Duration) -> (bool, u64, u64) {
        self.outlet.close(patience);
        let all = self.outlet.flush_last(PATIENCE);
        let (emitted, refused) = (self.emitted(), self.refused());
        self.background.join().expect("it does not panic");
        (all, emitted, refused)
    }
}

impl Worker {
    fn sweep(&mut self) {
        let mut found = self.outlet.find();
        while let Some(lane) = self.outlet.take(&mut found) {
            self.emitted.fetch_add(lane.text(), Ordering::Relaxed);
            self.outlet.written(lane);
        }
        self.outlet.share_lanes();
    }
}

/// The digit of a segment.
fn digit(number: u32) -> u64 {
    1 << (8 * number)
}

fn begin(outlet: &Arc<Outlet>, number: u32) -> Option<Box<Lane>> {
    let Some(mut lane) = outlet.segment_lane(About(&u64::from(number))) else {
        outlet.refuse();
        return None;
    };
    lane.record(digit(number));
    Some(lane)
}

fn record(outlet: &Arc<Outlet>, number: u32) {
    if let Some(lane) = begin(outlet, number) {
        hand_over(lane);
    }
}

fn join(thread: JoinHandle<()>) {
    thread.join().expect("it does not panic");
}

pub(crate) fn a_flush_emits_all_that_was_handed_over_before_it() {
    let stage = Stage::set(ROOMY);
    let other = stage.recorder(1);
    record(&stage.outlet, 0);
    assert!(stage.outlet.flush(PATIENCE));
    assert_eq!(stage.emitted() & 0xff, 1);
    join(other);
    assert_eq!(stage.shut_down(PATIENCE), (true, digit(0) + digit(1), 0));
}

pub(crate) fn what_is_open_at_a_patient_shutdown_is_emitted() {
    let stage = Stage::set(ROOMY);
    let lane = begin(&stage.outlet, 0).expect("room");
    let other = thread::spawn(move || hand_over(lane));
    assert_eq!(stage.shut_down(PATIENCE), (true, digit(0), 0));
    join(other);
}

pub(crate) fn what_is_recorded_during_a_shutdown_is_emitted_or_counted() {
    let stage = Stage::set(ROOMY);
    let outlet = stage.outlet.clone();
    let other = stage.recorder(0);
    let (_, emitted, _) = stage.shut_down(Duration::ZERO);
    join(other);
    let refused = outlet.counts.refused.load(Ordering::Relaxed);
    assert_eq!(emitted + refused, 1);
}

pub(crate) fn what_there_is_no_room_for_is_counted_and_the_rest_wakes_the_background_thread() {
    // With anything in the queue it is full, and more than half full.
    let stage = Stage::set(1);
    let other = stage.recorder(1);
    record(&stage.outlet, 0);
    join(other);
    // Nobody flushes: a background thread that was not woken would wait for ever.
    while stage.outlet.is_in_use() {
        thread::yield_now();
    }
    let (all, emitted, refused) = stage.shut_down(PATIENCE);
    let emitted = (emitted & 0xff) + (emitted >> 8);
    assert!(all);
    assert_eq!(emitted + refused, 2);
    assert!(emitted >= 1, "there was room for the first");
}

pub(crate) fn lanes_are_used_again_and_nothing_is_left_in_them() {
    let stage = Stage::set(ROOMY);
    record(&stage.outlet, 0);
    assert!(stage.outlet.flush(PATIENCE));
    let other = stage.recorder(1);
    record(&stage.outlet, 2);
    join(other);
    let all = digit(0) + digit(1) + digit(2);
    assert_eq!(stage.shut_down(PATIENCE), (true, all, 0));
}

/// Lets the lane of a segment rest, of which so many handles are open.
fn share(mut lane: Box<Lane>, handles: u32) -> Share {
    lane.handles = handles;
    let identity = lane.identity().clone();
    assert!(identity.rest.put(lane).is_ok(), "nothing rests there yet");
    identity
}

/// A call of a handle that shares its segment's lane, and its close.
fn call_and_close(identity: &Share, number: u32) {
    match identity.rest.take() {
        Some(mut lane) => {
            lane.record_too(digit(number));
            lane.handles -= 1;
            Rest::put_back_within(lane, |lane| &lane.identity().rest);
        }
        None => {
            let mut lane = Outlet::lane_to_end(identity.clone());
            lane.record(digit(number));
            hand_over(lane);
            identity.late.leave(identity.outlet(), identity.shard());
        }
    }
}

/// The end of the segment.
fn close(identity: &Share) {
    let lane = identity.rest.close().expect("a call ends");
    let lane = lane.expect("nobody has it for long");
    if lane.handles > 0 {
        identity
            .late
            .wait_for(lane.handles, identity.outlet(), identity.shard());
    }
    hand_over(lane);
}

pub(crate) fn what_rests_is_had_by_one_at_a_time_and_by_none_after_its_end() {
    let rest = loom::sync::Arc::new(Rest::new());
    assert!(rest.put(Box::new(AtomicU64::new(0))).is_ok());
    let others = [(); 2].map(|()| {
        let rest = rest.clone();
        thread::spawn(move || match rest.take() {
            Some(number) => {
                // In two steps without an order of their own.
                number.store(number.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
                rest.put_back(number);
                1
            }
            None => 0,
        })
    });
    let number = rest.close().expect("a call ends").expect("it is there");
    let found = number.load(Ordering::Relaxed);
    let counted: u64 = others
        .into_iter()
        .map(|other| other.join().expect("it does not panic"))
        .sum();
    assert_eq!(found, counted);
}

pub(crate) fn what_handles_record_in_a_lane_that_they_share_is_emitted_once() {
    let stage = Stage::set(ROOMY);
    let lane = begin(&stage.outlet, 0).expect("room");
    let identity = share(lane, 2);
    let other = {
        let identity = identity.clone();
        thread::spawn(move || call_and_close(&identity, 1))
    };
    call_and_close(&identity, 2);
    close(&identity);
    drop(identity);
    join(other);
    let all = digit(0) + digit(1) + digit(2);
    assert_eq!(stage.shut_down(PATIENCE), (true, all, 0));
}

pub(crate) fn a_patient_shutdown_waits_for_handles_of_a_segment_that_has_closed() {
    let stage = Stage::set(ROOMY);
    let lane = begin(&stage.outlet, 0).expect("room");
    let identity = share(lane, 1);
    let other = {
        let identity = identity.clone();
        thread::spawn(move || call_and_close(&identity, 1))
    };
    close(&identity);
    drop(identity);
    let all = digit(0) + digit(1);
    assert_eq!(stage.shut_down(PATIENCE), (true, all, 0));
    join(other);
}
