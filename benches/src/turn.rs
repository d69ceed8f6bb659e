use std::net::SocketAddr;
use std::time::{Duration, Instant};

use cpu_time::ProcessTime;
use serde::{Deserialize, Serialize};

use crate::allocation;
use crate::contender::{BURST, Contender, Entry};
use crate::work::Request;

/// What one contender cost for each request while it had its turn. A turn has a process of its own: what a contender sets for
/// its process, and what it does in the background, touches no other.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Turn {
    /// Nanoseconds on the request path: the median of all bursts.
    pub(crate) ns: f64,
    /// Nanoseconds of CPU time of the whole process, on the request path and in the background: the mean.
    pub(crate) total_cpu_ns: f64,
    /// Heap allocations on the request path: the mean.
    pub(crate) allocations: f64,
    /// How many requests were recorded in all, warming up included.
    pub(crate) requests: u64,
}

/// How long bursts are recorded before they count: until pools and caches are filled.
const WARM_UP: Duration = Duration::from_millis(10);
/// How long bursts count.
const MEASURED: Duration = Duration::from_millis(30);
/// At least so many bursts are recorded, however long they take.
const BURSTS: usize = 8;

impl Turn {
    /// Measures a contender in this process.
    ///
    /// # Errors
    ///
    /// When it cannot be made ready, or did not record all that it was given.
    pub(crate) fn take(entry: &Entry, sink: SocketAddr) -> Result<Self, String> {
        (entry.make)(sink)
            .and_then(|mut contender| Self::of(&mut *contender))
            .map_err(|error| format!("{}: {error}", entry.name()))
    }

    fn of(contender: &mut dyn Contender) -> Result<Self, String> {
        let request = Request::example();
        let warm_up = Bursts::record(contender, &request, WARM_UP);
        let mut bursts = Bursts::record(contender, &request, MEASURED);
        let requests = warm_up.requests() + bursts.requests();
        contender.verify(requests)?;
        let each = bursts.requests() as f64;
        Ok(Self {
            ns: median(&mut bursts.nanoseconds) / BURST as f64,
            total_cpu_ns: bursts.cpu.as_nanos() as f64 / each,
            allocations: bursts.allocations as f64 / each,
            requests,
        })
    }
}

/// What some bursts took.
struct Bursts {
    nanoseconds: Vec<f64>,
    allocations: u64,
    cpu: Duration,
}

impl Bursts {
    /// Records bursts for about as long as `time`.
    fn record(contender: &mut dyn Contender, request: &Request<'_>, time: Duration) -> Self {
        let mut nanoseconds = Vec::new();
        let mut allocations = 0;
        let start = Instant::now();
        let cpu = ProcessTime::now();
        while nanoseconds.len() < BURSTS || start.elapsed() < time {
            let mut took = Duration::ZERO;
            allocations += allocation::count(|| {
                let start = Instant::now();
                contender.burst(request, BURST);
                took = start.elapsed();
            });
            nanoseconds.push(took.as_nanos() as f64);
            contender.drain();
        }
        Self {
            nanoseconds,
            allocations,
            cpu: cpu.elapsed(),
        }
    }

    fn requests(&self) -> u64 {
        (self.nanoseconds.len() * BURST) as u64
    }
}

/// The middle one of some numbers, the upper of two.
pub(crate) fn median(numbers: &mut [f64]) -> f64 {
    quantile(numbers, 0.5)
}

/// The number below which this part of all numbers is. NaN of none.
pub(crate) fn quantile(numbers: &mut [f64], part: f64) -> f64 {
    numbers.sort_by(f64::total_cmp);
    let place = (numbers.len() as f64 * part) as usize;
    numbers.get(place).copied().unwrap_or(f64::NAN)
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
        fn burst(&mut self, request: &Request<'_>, requests: usize) {
            for _ in 0..requests {
                drop(black_box(request.url.to_owned()));
                drop(black_box(request.query.to_owned()));
            }
            self.recorded += requests as u64 - self.left_out;
        }

        fn drain(&mut self) {
            drop(black_box(vec![0_u8; 64]));
        }

        fn verify(&self, requests: u64) -> Result<(), String> {
            (self.recorded == requests)
                .then_some(())
                .ok_or_else(|| "left out".to_owned())
        }
    }

    #[test]
    fn allocations_are_those_of_the_request_path() {
        let turn = Turn::of(&mut Careless {
            recorded: 0,
            left_out: 0,
        })
        .expect("all is recorded");
        assert_eq!(turn.allocations, 2.0);
        assert!(turn.ns > 0.0 && turn.total_cpu_ns > 0.0);
        assert!(turn.requests >= 2 * (BURSTS * BURST) as u64);
    }

    #[test]
    fn a_contender_that_leaves_something_out_has_no_turn() {
        let turn = Turn::of(&mut Careless {
            recorded: 0,
            left_out: 1,
        });
        assert_eq!(turn, Err("left out".to_owned()));
    }

    #[test]
    fn quantiles_are_numbers_that_were_measured() {
        let mut numbers = [4.0, 1.0, 3.0, 2.0];
        assert_eq!(median(&mut numbers), 3.0);
        assert_eq!(quantile(&mut numbers, 0.25), 2.0);
        assert_eq!(median(&mut [7.0]), 7.0);
        assert!(median(&mut []).is_nan());
    }
}
