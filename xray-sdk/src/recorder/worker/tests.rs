use std::panic::AssertUnwindSafe;

use super::*;
use crate::emitter::Report;
use crate::origin::{Origins, Surroundings, Whereabouts};
use crate::record::hand_over;
use crate::record::identity::Identity;

/// Takes everything at once.
struct Prompt;

impl Emitter for Prompt {
    fn emit(&mut self, batch: &Batch) -> Report {
        Report::sent(batch.len())
    }

    fn emit_at_once(&mut self, batch: &Batch) -> Option<Report> {
        Some(self.emit(batch))
    }
}

/// Panics when it is dropped, if asked to.
struct Fragile(bool);

impl Emitter for Fragile {
    fn emit(&mut self, batch: &Batch) -> Report {
        Report::sent(batch.len())
    }
}

impl Drop for Fragile {
    fn drop(&mut self) {
        if self.0 {
            std::panic::resume_unwind(Box::new("no"));
        }
    }
}

fn worker(outlet: &Arc<Outlet>, emitter: impl Emitter + 'static) -> Mutex<Worker> {
    let whereabouts = Whereabouts::find(&Origins::none(), Surroundings::default);
    let description = Description::new(None, None, None, whereabouts);
    let common = description.at_start(&outlet.notices);
    Mutex::new(Worker::new(
        outlet.clone(),
        Assembler::new(outlet.clone(), common, 60_000, None),
        Box::new(emitter),
        Arc::default(),
        Arc::new(description),
        Pulse::new(outlet, None),
        None,
    ))
}

#[test]
fn a_flush_in_a_child_that_was_forked_leaves_its_parents_queue_alone() {
    for (outlet, is_forked) in [
        (Outlet::for_tests(), false),
        (Outlet::of_a_forked_process(), true),
    ] {
        let worker = worker(&outlet, Prompt);
        let identity = Identity::for_tests(&outlet);
        let mut lane = Outlet::lane(identity).ok().expect("room");
        let (node, now) = (lane.node, lane.tick());
        lane.close(node, now);
        hand_over(lane);
        assert_eq!(Worker::try_flush(&worker), !is_forked);
        assert_eq!(outlet.waiting(), usize::from(is_forked));
        // What is queued refers to the outlet.
        outlet.end(false);
    }
}

#[test]
fn an_emitter_may_panic_when_it_is_dropped() {
    let outlet = Outlet::for_tests();
    for is_fragile in [true, false] {
        let worker = worker(&outlet, Fragile(is_fragile));
        let dropped = std::panic::catch_unwind(AssertUnwindSafe(|| drop(worker)));
        assert!(dropped.is_ok());
    }
    outlet.end(false);
}
