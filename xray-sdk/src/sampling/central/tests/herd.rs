//! Many processes that start, or are cut off, at the same time: they do not ask at the same time.

use serde_json::json;

use super::process::{Process, STEP};
use super::xray::{XRay, rule};
use crate::clock::Moment;
use crate::sampling::central::transport::Operation;

const PROCESSES: usize = 200;

struct Herd {
    xray: XRay,
    processes: Vec<Process>,
    start: Moment,
}

impl Herd {
    fn new() -> Self {
        let xray = XRay::new(vec![rule("Default", 10_000, 0, 0.5, &json!({}))]);
        let processes = (0..PROCESSES as u64).map(|seed| Process::new(&xray, seed));
        Self {
            processes: processes.collect(),
            start: xray.clock.now(),
            xray,
        }
    }

    /// Each has a request every second.
    fn pass(&mut self, seconds: u32) {
        for _ in 0..seconds {
            self.processes
                .iter_mut()
                .for_each(|process| drop(process.any()));
            for _ in 0..10 {
                self.xray.clock.advance(STEP);
                self.processes.iter_mut().for_each(Process::turn);
            }
        }
    }

    /// How often X-Ray was asked in each tenth of a second between two times, in tenths since the start.
    fn calls(&self, operation: Operation, from: usize, to: usize) -> Vec<usize> {
        let mut tenths = vec![0; to - from];
        for (of, moment) in &self.xray.state().calls {
            let tenth = moment.since(self.start).as_millis() as usize / 100;
            if *of == operation && (from..to).contains(&tenth) {
                tenths[tenth - from] += 1;
            }
        }
        tenths
    }
}

/// Nowhere come many more calls than evenly spread ones would, and hardly ever none.
#[track_caller]
fn assert_spread(calls: &[usize], at_least: usize) {
    let sum: usize = calls.iter().sum();
    assert!(sum >= at_least, "{sum} calls: {calls:?}");
    let even = sum as f64 / calls.len() as f64;
    // Four sigma of what falls into one tenth by chance, and a bit for the few.
    let most = even + 4.0 * even.sqrt() + 3.0;
    let over = calls.iter().find(|calls| **calls as f64 > most);
    assert_eq!(
        over, None,
        "{most} in a tenth of a second at most: {calls:?}"
    );
    let used = calls.iter().filter(|calls| **calls > 0).count() as f64;
    let expected = calls.len() as f64 * (1.0 - (-even).exp());
    assert!(used > 0.8 * expected, "{used} tenths are used: {calls:?}");
}

#[test]
fn two_hundred_processes_that_start_together_ask_at_different_times() {
    let mut herd = Herd::new();
    herd.pass(340);
    // The first call for rules within five seconds, and the second within half a minute.
    assert_spread(&herd.calls(Operation::Rules, 1, 51), PROCESSES);
    assert_spread(&herd.calls(Operation::Rules, 3_010, 3_340), PROCESSES - 20);
    // The first report, and all that come later: one of each process in ten seconds.
    assert_spread(&herd.calls(Operation::Targets, 50, 100), PROCESSES / 3);
    for from in (200..3_300).step_by(100) {
        assert_spread(&herd.calls(Operation::Targets, from, from + 100), PROCESSES);
    }
}

#[test]
fn two_hundred_processes_that_are_cut_off_together_come_back_at_different_times() {
    let mut herd = Herd::new();
    herd.pass(60);
    herd.xray.state().is_reachable = false;
    herd.pass(900);
    // Each asks for rules and tries to report, after waits of 30 to 60 seconds.
    for from in (6_600..9_600).step_by(600) {
        let calls = herd.calls(Operation::Targets, from, from + 600);
        assert_spread(&calls, PROCESSES);
        assert!(calls.iter().sum::<usize>() <= 2 * PROCESSES, "{calls:?}");
    }
    herd.xray.state().is_reachable = true;
    herd.pass(60);
    assert_spread(
        &herd.calls(Operation::Targets, 9_600, 10_200),
        2 * PROCESSES,
    );
    assert_spread(&herd.calls(Operation::Rules, 9_600, 10_200), PROCESSES);
}
