//! Real recorders that sample by the rules of a server: two of them, and one clock for all.

mod door;
mod edited;
mod gone;
mod process;
mod shared;

use std::ops::AddAssign;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use xray_local::Server;
use xray_sdk::Recorder;
use xray_sdk::emitter::DaemonAddress;
use xray_sdk::sampling::{Decision, Reason, Sampler, SamplingRequest};
use xray_sdk::testing::{Capture, ManualClock, ManualSampler};

use crate::client::{call, options};
use crate::time::Time;
use door::Door;

/// A server, what stands before it, and the clock of everybody.
struct World {
    server: Server,
    door: Door,
    time: Time,
    clock: ManualClock,
}

impl World {
    fn new() -> Self {
        let time = Time::new();
        let server = Server::start(options().clock(time.clock())).expect("a free port");
        Self {
            door: Door::to(server.address()),
            clock: ManualClock::at(time.now() as u64),
            server,
            time,
        }
    }

    /// A client with dice that fall as the seed has it.
    fn client(&self, seed: u64) -> Client {
        let daemon = DaemonAddress::parse(&self.door.address().to_string()).expect("an address");
        let sampler =
            ManualSampler::new("checkout", &daemon, &self.clock, seed).expect("a sampler");
        let sampler = Noting::new(sampler);
        Client {
            capture: Capture::with("checkout", |builder| builder.sampler(sampler.clone())),
            sampler,
        }
    }

    /// Lets time pass for everybody.
    fn pass(&self, seconds: f64, clients: &[Client]) {
        self.time.pass(seconds);
        self.clock.advance(Duration::from_secs_f64(seconds));
        clients
            .iter()
            .for_each(|client| client.sampler.manual.catch_up());
    }

    /// What the server was told of a rule within the last hour.
    fn told(&self, rule: &str) -> Counts {
        told(&self.server, rule)
    }
}

/// What a server was told of a rule within the last hour.
fn told(server: &Server, rule: &str) -> Counts {
    let mut counts = Counts::default();
    let mut input = json!({});
    loop {
        let answer = call(server, "/SamplingStatisticSummaries", &input);
        let summaries = answer["SamplingStatisticSummaries"].as_array();
        for summary in summaries.expect("a list") {
            let count = |key: &str| summary[key].as_u64().expect("a count");
            if summary["RuleName"] == rule {
                counts += Counts {
                    requests: count("RequestCount"),
                    sampled: count("SampledCount"),
                    borrowed: count("BorrowCount"),
                };
            }
        }
        match &answer["NextToken"] {
            Value::Null => return counts,
            token => input = json!({"NextToken": token}),
        }
    }
}

/// What became of requests by one rule, as it is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Counts {
    requests: u64,
    sampled: u64,
    borrowed: u64,
}

impl Counts {
    fn count(&mut self, decision: &Decision) {
        let is_borrowed = decision.reason() == Reason::Borrowed;
        self.requests += 1;
        self.sampled += u64::from(decision.is_sampled() && !is_borrowed);
        self.borrowed += u64::from(is_borrowed);
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, more: Self) {
        self.requests += more.requests;
        self.sampled += more.sampled;
        self.borrowed += more.borrowed;
    }
}

/// A service with a recorder.
struct Client {
    capture: Capture,
    sampler: Noting,
}

impl Client {
    /// Has a request for this path, and tells what was decided.
    fn request(&self, path: &str) -> Decision {
        self.sampler.request(self.capture.recorder(), path)
    }

    /// How many decisions the server was not told of.
    fn held(&self) -> u64 {
        self.sampler.manual.unreported()
    }
}

/// Notes what was decided.
#[derive(Clone)]
struct Noting {
    manual: ManualSampler,
    last: Arc<Mutex<Option<Decision>>>,
}

impl Noting {
    fn new(manual: ManualSampler) -> Self {
        Self {
            manual,
            last: Arc::default(),
        }
    }

    /// Has a request of this recorder's, and tells what was decided.
    fn request(&self, recorder: &Recorder, path: &str) -> Decision {
        let request = SamplingRequest {
            path: Some(path),
            ..SamplingRequest::default()
        };
        recorder.own_segment().request(request).begin().end();
        let mut last = self.last.lock().expect("no test panicked");
        last.take().expect("a decision")
    }
}

impl Sampler for Noting {
    fn decide(&self, request: &SamplingRequest<'_>) -> Decision {
        let decision = self.manual.decide(request);
        *self.last.lock().expect("no test panicked") = Some(decision.clone());
        decision
    }

    fn observe(&self, decision: &Decision, is_fault: bool) {
        self.manual.observe(decision, is_fault);
    }
}

/// A rule for the paths below `/orders/`, and another rate for the others.
fn create_orders(server: &Server, reservoir: u32, rate: f64) {
    let rule = json!({
        "RuleName": "orders", "Priority": 1, "FixedRate": rate, "ReservoirSize": reservoir, "URLPath": "/orders/*",
        "ResourceARN": "*", "ServiceName": "*", "ServiceType": "*", "Host": "*", "HTTPMethod": "*", "Version": 1,
    });
    let input = json!({"SamplingRule": rule});
    call(server, "/CreateSamplingRule", &input);
}

/// Whether so many of the requests that the die was cast for passed as the rate lets expect, within three sigma.
#[track_caller]
fn assert_rate(rate: f64, cast: u64, passed: u64) {
    let expected = cast as f64 * rate;
    let sigma = (expected * (1.0 - rate)).sqrt();
    let off = (passed as f64 - expected).abs();
    assert!(
        off < 3.0 * sigma,
        "{passed} of {cast} passed, {expected} ± {sigma} are expected"
    );
}
