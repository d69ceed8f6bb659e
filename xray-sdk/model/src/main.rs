//! Tries every order in which the threads of a program can meet in xray-sdk's hand-over: the queue, the pool of lanes, the account of memory,
//! flushes, rounds of the background thread, the shutdown. The files are those of xray-sdk; around them stand a clock that does not
//! exist, lanes that hold a number, and loom's threads, atomics and locks.
//!
//! `cargo run -p xray-sdk-model` runs all; a name runs that one. Orders in which threads are interrupted more often than
//! `INTERRUPTIONS` times are left out: there are too many, and hardly any fault needs more (loom's documentation, "preemption_bound").
//! Of those that are left, the first `ORDERS` are tried, always the same.

// Their unit tests are not for what stands around the files here.
#![cfg(not(test))]

mod clock;
mod notice;
mod record;
mod scene;

use std::process::ExitCode;
use std::time::Instant;

use loom::model::Builder;

/// How often threads may be interrupted in one order.
const INTERRUPTIONS: usize = 2;
/// At most so many orders of each scene: some seconds.
const ORDERS: usize = 60_000;
/// More steps than any of them takes: a thread that goes round in circles is found.
const STEPS: usize = 20_000;

/// What is tried: a name that says what holds in every order.
const SCENES: [(&str, fn()); 8] = [
    (
        "a_flush_emits_all_that_was_handed_over_before_it",
        scene::a_flush_emits_all_that_was_handed_over_before_it,
    ),
    (
        "what_is_open_at_a_patient_shutdown_is_emitted",
        scene::what_is_open_at_a_patient_shutdown_is_emitted,
    ),
    (
        "what_is_recorded_during_a_shutdown_is_emitted_or_counted",
        scene::what_is_recorded_during_a_shutdown_is_emitted_or_counted,
    ),
    (
        "what_there_is_no_room_for_is_counted_and_the_rest_wakes_the_background_thread",
        scene::what_there_is_no_room_for_is_counted_and_the_rest_wakes_the_background_thread,
    ),
    (
        "lanes_are_used_again_and_nothing_is_left_in_them",
        scene::lanes_are_used_again_and_nothing_is_left_in_them,
    ),
    (
        "what_rests_is_had_by_one_at_a_time_and_by_none_after_its_end",
        scene::what_rests_is_had_by_one_at_a_time_and_by_none_after_its_end,
    ),
    (
        "what_handles_record_in_a_lane_that_they_share_is_emitted_once",
        scene::what_handles_record_in_a_lane_that_they_share_is_emitted_once,
    ),
    (
        "a_patient_shutdown_waits_for_handles_of_a_segment_that_has_closed",
        scene::a_patient_shutdown_waits_for_handles_of_a_segment_that_has_closed,
    ),
];

fn main() -> ExitCode {
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    let mut tried = 0;
    for (name, scene) in SCENES {
        if !wanted.is_empty() && !wanted.iter().any(|wanted| wanted == name) {
            continue;
        }
        tried += 1;
        let start = Instant::now();
        let orders = every_order(scene);
        println!(
            "{name}: {orders} orders in {:.1} s",
            start.elapsed().as_secs_f64()
        );
    }
    match tried {
        0 => {
            eprintln!(
                "nothing is called {wanted:?}; there are {:?}",
                SCENES.map(|(name, _)| name)
            );
            ExitCode::from(2)
        }
        _ => ExitCode::SUCCESS,
    }
}

/// Runs `scene` in every order, and tells how many there are. A panic or a deadlock in one of them ends the program.
fn every_order(scene: fn()) -> usize {
    use std::sync::atomic::{AtomicUsize, Ordering};
    static TRIED: AtomicUsize = AtomicUsize::new(0);
    TRIED.store(0, Ordering::Relaxed);
    let mut builder = Builder::new();
    builder.preemption_bound = Some(INTERRUPTIONS);
    builder.max_branches = STEPS;
    builder.max_permutations = Some(ORDERS);
    builder.check(move || {
        TRIED.fetch_add(1, Ordering::Relaxed);
        scene();
    });
    TRIED.load(Ordering::Relaxed)
}
