//! Whether two threads record twice as much as one.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use cpu_time::ProcessTime;
use xray_sdk::sampling::Always;
use xray_sdk::{Recorder, subsegment};

use crate::allocation;
use crate::clock::Counter;
use crate::contender::{Contender as _, Entry};
use crate::floor::Floor;
use crate::ours::{Discard, NAME, closures, recorder};
use crate::statistic::median;
use crate::turn::Turn;
use crate::work::{CHECKOUT, LOAD_ORDER, Request};

/// The columns.
pub(crate) const MORE: &[&str] = &["1 thread ns", "throughput x"];

/// A floor for each thread, and this SDK with one recorder.
pub(crate) const ENTRIES: &[Entry] = &[
    Entry::whole(
        "floor",
        "threads-2",
        "a floor for each thread: they share nothing",
        |_| {
            measure(
                || Floor::<Counter>::new().map(|floor| (floor, 0)),
                |(floor, recorded), request, operations| {
                    floor.burst(request, operations);
                    *recorded += operations as u64;
                },
                |(floor, recorded)| {
                    floor.drain();
                    floor.verify(*recorded)
                },
            )
        },
    ),
    Entry::whole(
        NAME,
        "threads-2",
        "closures; a segment for each request",
        requests,
    ),
    Entry::whole(
        NAME,
        "threads-2-one-segment",
        "closures; all requests of a burst below one segment",
        below_one,
    ),
];

/// The same of others.
#[cfg(feature = "peers")]
pub(crate) const PEERS: &[Entry] = &[Entry::whole(
    crate::peers::fastrace::NAME,
    "threads-2",
    "LocalSpan; a trace for each request",
    fast,
)];

#[cfg(feature = "peers")]
fn fast(_sink: SocketAddr) -> Result<Turn, String> {
    let spans = crate::peers::fastrace::discard();
    measure(
        || Ok(0),
        |recorded, request, operations| {
            for _ in 0..operations {
                crate::peers::fastrace::local(request, true);
            }
            *recorded += operations as u64;
        },
        |_| {
            fastrace::flush();
            (spans.load(Ordering::Relaxed) > 0)
                .then_some(())
                .ok_or_else(|| "no spans".to_owned())
        },
    )
}

/// Requests that a thread records in one burst: all threads' together fit into any queue.
const BURST: usize = 128;
const BURSTS: usize = 60;
const WARM_UP: usize = 20;

/// Bursts on one thread and on two, turn and turn about.
struct Bursts {
    one: Vec<f64>,
    two: Vec<f64>,
}

/// Measures how long a request takes each of two threads that record at the same time, and a thread that is alone.
fn measure<T: Send>(
    make: impl Fn() -> Result<T, String>,
    record: impl Fn(&mut T, &Request<'_>, usize) + Sync,
    mut drain: impl FnMut(&mut T) -> Result<(), String>,
) -> Result<Turn, String> {
    let request = Request::example();
    let mut threads = [make()?, make()?];
    let mut bursts = Bursts {
        one: Vec::new(),
        two: Vec::new(),
    };
    let (mut allocations, cpu) = (0, ProcessTime::now());
    for burst in 0..WARM_UP + BURSTS {
        let mut alone = Duration::ZERO;
        let made = allocation::count(|| {
            let start = Instant::now();
            record(&mut threads[0], &request, BURST);
            alone = start.elapsed();
        });
        drain(&mut threads[0])?;
        let together = side_by_side(&mut threads, |thread| record(thread, &request, BURST));
        for thread in &mut threads {
            drain(thread)?;
        }
        if burst >= WARM_UP {
            allocations += made;
            bursts.one.push(alone.as_nanos() as f64);
            bursts.two.push(together.as_nanos() as f64);
        }
    }
    let operations = (3 * BURST * (WARM_UP + BURSTS)) as u64;
    let (one, two) = (median(&mut bursts.one), median(&mut bursts.two));
    Ok(Turn {
        ns: two / BURST as f64,
        total_cpu_ns: cpu.elapsed().as_nanos() as f64 / operations as f64,
        allocations: Some(allocations as f64 / (BURST * BURSTS) as f64),
        operations,
        more: vec![one / BURST as f64, 2.0 * one / two],
    })
}

/// Does work on two threads that begin at the same moment; the time of the slower.
fn side_by_side<T: Send>(threads: &mut [T; 2], work: impl Fn(&mut T) + Sync) -> Duration {
    let ready = AtomicUsize::new(0);
    let timed = |thread: &mut T| {
        ready.fetch_add(1, Ordering::AcqRel);
        // Waking a thread takes longer than a burst: each turns round until the other is there.
        while ready.load(Ordering::Acquire) < 2 {
            std::hint::spin_loop();
        }
        let start = Instant::now();
        work(thread);
        start.elapsed()
    };
    let [one, other] = threads;
    thread::scope(|scope| {
        let second = scope.spawn(|| timed(other));
        let first = timed(one);
        second.join().map_or(first, |second| first.max(second))
    })
}

/// A segment for each request.
fn requests(_sink: SocketAddr) -> Result<Turn, String> {
    let recorder = recorder(Discard, Always)?;
    measure(
        || Ok(()),
        |(), request, operations| {
            for _ in 0..operations {
                closures::record(&recorder, request);
            }
        },
        |()| flushed(&recorder),
    )
}

/// One segment for all, with a subsegment for each thread; finished ones leave early.
fn below_one(_sink: SocketAddr) -> Result<Turn, String> {
    let recorder = recorder(Discard, Always)?;
    let segment = RefCell::new(recorder.segment(CHECKOUT).begin());
    measure(
        || Ok(segment.borrow_mut().subsegment(LOAD_ORDER).begin()),
        |thread, request, operations| {
            let _inside = thread.enter();
            for _ in 0..operations {
                subsegment(CHECKOUT).run(|below| closures::record_in(below, request));
            }
        },
        |_| flushed(&recorder),
    )
}

fn flushed(recorder: &Recorder) -> Result<(), String> {
    recorder.flush(Duration::from_secs(30));
    match recorder.health().lost_total() {
        0 => Ok(()),
        lost => Err(format!("{lost} were lost")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sink::NOWHERE;

    #[test]
    fn two_threads_lose_nothing() {
        for measured in [requests, below_one] {
            let turn = measured(NOWHERE).expect("nothing is lost");
            assert!(turn.ns > 0.0 && turn.more.len() == MORE.len());
        }
    }
}
