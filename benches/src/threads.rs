//! Whether two threads record twice as much as one.

use std::cell::RefCell;
use std::hint;
use std::net::SocketAddr;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use cpu_time::ProcessTime;
use xray_sdk::sampling::Always;
use xray_sdk::{Recorder, subsegment};

use crate::affinity::{self, Core};
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

/// Measures how long a request takes each of two threads that record at the same time, and each of them alone.
fn measure<T: Send>(
    make: impl Fn() -> Result<T, String>,
    record: impl Fn(&mut T, &Request<'_>, usize) + Sync,
    drain: impl Fn(&mut T) -> Result<(), String> + Sync,
) -> Result<Turn, String> {
    let mut first = make()?;
    let neighbour = Neighbour::new(make()?);
    let mut bursts = Bursts {
        one: Vec::new(),
        two: Vec::new(),
    };
    let (mut allocations, cpu) = (0, ProcessTime::now());
    let burst = |thread: &mut T| {
        let request = Request::example();
        let start = Instant::now();
        record(thread, &request, BURST);
        start..Instant::now()
    };
    thread::scope(|scope| {
        scope.spawn(|| neighbour.run(burst, &drain));
        // Else both may be on one core for long.
        affinity::stay_on(Core::First);
        let mut round = |is_measured: bool| {
            // Twice, so that what is written to was last read by the same thread: what another processor has read is waited for.
            let (mut here, mut there, mut made) = (Duration::ZERO, Duration::ZERO, 0);
            for _ in 0..2 {
                made = allocation::count(|| here = took(&burst(&mut first)));
                drain(&mut first)?;
                there = took(&neighbour.burst_beside(|| ()).0);
                neighbour.drain()?;
            }
            let (beside, together) = neighbour.burst_beside(|| burst(&mut first));
            drain(&mut first)?;
            neighbour.drain()?;
            // From the first start to the last end: what ran one after the other is no throughput of two.
            let both = together.start.min(beside.start)..together.end.max(beside.end);
            if is_measured {
                allocations += made;
                bursts.one.push((here + there).as_nanos() as f64 / 2.0);
                bursts.two.push(took(&both).as_nanos() as f64);
            }
            Ok::<_, String>(())
        };
        let all = (0..WARM_UP + BURSTS).try_for_each(|number| round(number >= WARM_UP));
        neighbour.end();
        all
    })?;
    let operations = (6 * BURST * (WARM_UP + BURSTS)) as u64;
    let (one, two) = (median(&mut bursts.one), median(&mut bursts.two));
    Ok(Turn {
        ns: two / BURST as f64,
        total_cpu_ns: cpu.elapsed().as_nanos() as f64 / operations as f64,
        allocations: Some(allocations as f64 / (BURST * BURSTS) as f64),
        operations,
        gauge: None,
        more: vec![one / BURST as f64, 2.0 * one / two],
    })
}

/// Another thread that does the same. It never rests: a processor that was woken has forgotten what it knew of the code, and bursts are short.
struct Neighbour<T> {
    own: Mutex<T>,
    task: AtomicU64,
    has_begun: AtomicBool,
    /// Of the latest task.
    done: Mutex<Done>,
}

/// How long something took.
fn took(time: &Range<Instant>) -> Duration {
    time.end.saturating_duration_since(time.start)
}

/// What it has done.
struct Done {
    burst: Range<Instant>,
    drained: Result<(), String>,
}

/// There is nothing to do. The tasks follow.
const NOTHING: u64 = 0;
const BURST_NOW: u64 = 1;
const DRAIN: u64 = 2;
const END: u64 = 3;

impl<T: Send> Neighbour<T> {
    fn new(own: T) -> Self {
        let now = Instant::now();
        Self {
            own: Mutex::new(own),
            task: AtomicU64::new(NOTHING),
            has_begun: AtomicBool::new(false),
            done: Mutex::new(Done {
                burst: now..now,
                drained: Ok(()),
            }),
        }
    }

    fn done(&self) -> MutexGuard<'_, Done> {
        self.done.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(
        &self,
        burst: impl Fn(&mut T) -> Range<Instant>,
        drain: impl Fn(&mut T) -> Result<(), String>,
    ) {
        let mut own = self.own.lock().unwrap_or_else(PoisonError::into_inner);
        affinity::stay_on(Core::Last);
        loop {
            match self.task.load(Ordering::Acquire) {
                NOTHING => hint::spin_loop(),
                BURST_NOW => {
                    self.has_begun.store(true, Ordering::Release);
                    let done = burst(&mut own);
                    self.done().burst = done;
                    self.task.store(NOTHING, Ordering::Release);
                }
                DRAIN => {
                    let drained = drain(&mut own);
                    self.done().drained = drained;
                    self.task.store(NOTHING, Ordering::Release);
                }
                _ => return,
            }
        }
    }

    /// Has something done there, and does `work` here meanwhile.
    fn have_done<R>(&self, task: u64, work: impl FnOnce() -> R) -> R {
        self.task.store(task, Ordering::Release);
        let result = work();
        while self.task.load(Ordering::Acquire) != NOTHING {
            hint::spin_loop();
        }
        result
    }

    /// A burst there, and `work` here; from when to when the burst was.
    fn burst_beside<R>(&self, work: impl FnOnce() -> R) -> (Range<Instant>, R) {
        self.has_begun.store(false, Ordering::Relaxed);
        let result = self.have_done(BURST_NOW, || {
            // It may have lost its processor for a moment.
            while !self.has_begun.load(Ordering::Acquire) {
                hint::spin_loop();
            }
            work()
        });
        (self.done().burst.clone(), result)
    }

    fn drain(&self) -> Result<(), String> {
        self.have_done(DRAIN, || ());
        self.done().drained.clone()
    }

    fn end(&self) {
        self.task.store(END, Ordering::Release);
    }
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
