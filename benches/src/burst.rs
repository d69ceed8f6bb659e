//! Measures a contender: bursts of operations, until enough time has passed.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use cpu_time::ProcessTime;

use crate::allocation;
use crate::contender::{Contender, Entry, Measure};
use crate::gauge;
use crate::statistic::median;
use crate::turn::Turn;
use crate::work::Request;

/// How long bursts are done before they count: until pools and caches are filled.
const WARM_UP: Duration = Duration::from_millis(10);
/// How long bursts count.
const MEASURED: Duration = Duration::from_millis(30);
/// At least so many bursts are done, however long they take.
const BURSTS: usize = 5;

/// Gives an entry its turn in this process. A burst is so many operations.
///
/// # Errors
///
/// When it cannot be made ready, or did not do all that it was given.
pub(crate) fn take(entry: &Entry, operations: usize, sink: SocketAddr) -> Result<Turn, String> {
    match entry.measure {
        Measure::Bursts(make) => make(sink).and_then(|mut made| of(&mut *made, operations)),
        Measure::Whole(take) => take(sink),
    }
    .map_err(|error| format!("{}: {error}", entry.name()))
}

fn of(contender: &mut dyn Contender, operations: usize) -> Result<Turn, String> {
    let request = Request::example();
    let warm_up = Bursts::run(contender, &request, operations, WARM_UP);
    let before = gauge::read();
    let mut bursts = Bursts::run(contender, &request, operations, MEASURED);
    let after = gauge::read();
    let all = (warm_up.nanoseconds.len() + bursts.nanoseconds.len()) * operations;
    contender.verify(all as u64)?;
    let measured = (bursts.nanoseconds.len() * operations) as f64;
    Ok(Turn {
        ns: median(&mut bursts.nanoseconds) / operations as f64,
        total_cpu_ns: bursts.cpu.as_nanos() as f64 / measured,
        allocations: Some(bursts.allocations as f64 / measured),
        operations: all as u64,
        gauge: Some(before.max(after)),
        more: Vec::new(),
    })
}

/// What some bursts took.
struct Bursts {
    nanoseconds: Vec<f64>,
    allocations: u64,
    cpu: Duration,
}

impl Bursts {
    /// Does bursts for about as long as `time`.
    fn run(
        contender: &mut dyn Contender,
        request: &Request<'_>,
        operations: usize,
        time: Duration,
    ) -> Self {
        let mut bursts = Self {
            nanoseconds: Vec::new(),
            allocations: 0,
            cpu: Duration::ZERO,
        };
        let start = Instant::now();
        while bursts.nanoseconds.len() < BURSTS || start.elapsed() < time {
            contender.prepare(request, operations);
            let cpu = ProcessTime::now();
            let mut took = Duration::ZERO;
            bursts.allocations += allocation::count(|| {
                let start = Instant::now();
                contender.burst(request, operations);
                took = start.elapsed();
            });
            bursts.nanoseconds.push(took.as_nanos() as f64);
            contender.drain();
            bursts.cpu += cpu.elapsed();
        }
        bursts
    }
}

#[cfg(test)]
mod tests {
    use std::hint::black_box;

    use super::*;

    /// Allocates twice for each request, and leaves some out.
    struct Careless {
        recorded: u64,
        left_out: u64,
    }

    impl Contender for Careless {
        fn burst(&mut self, request: &Request<'_>, operations: usize) {
            for _ in 0..operations {
                drop(black_box(request.url.to_owned()));
                drop(black_box(request.query.to_owned()));
            }
            self.recorded += operations as u64 - self.left_out;
        }

        fn drain(&mut self) {
            drop(black_box(vec![0_u8; 64]));
        }

        fn verify(&self, operations: u64) -> Result<(), String> {
            (self.recorded == operations)
                .then_some(())
                .ok_or_else(|| "left out".to_owned())
        }
    }

    fn turn(left_out: u64) -> Result<Turn, String> {
        let recorded = 0;
        of(&mut Careless { recorded, left_out }, 256)
    }

    #[test]
    fn allocations_are_those_of_the_path_that_is_timed() {
        let turn = turn(0).expect("all is recorded");
        assert_eq!(turn.allocations, Some(2.0));
        assert!(turn.ns > 0.0 && turn.total_cpu_ns > 0.0);
        assert!(turn.operations >= 2 * BURSTS as u64 * 256);
    }

    #[test]
    fn a_contender_that_leaves_something_out_has_no_turn() {
        assert_eq!(turn(1), Err("left out".to_owned()));
    }
}
