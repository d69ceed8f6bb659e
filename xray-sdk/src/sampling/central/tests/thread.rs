//! The thread that asks: when it begins, and that it ends.

use std::io::Read as _;
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use crate::clock::Clock;
use crate::emitter::DaemonAddress;
use crate::sampling::central::http::Http;
use crate::sampling::central::{CentralSampler, Poll, Stop, ask};
use crate::sampling::{Fallback, LocalRules, Sampler as _, SamplingRequest};

/// How long a test waits for what has to happen.
const DEADLINE: Duration = Duration::from_secs(30);
/// A program that ends is not held up for longer.
const PROMPT: Duration = Duration::from_millis(100);

/// A daemon that takes connections and never answers; each is handed out once a request came in.
fn hanging_daemon() -> (DaemonAddress, mpsc::Receiver<TcpStream>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("bound").to_string();
    let (taken, connections) = mpsc::channel();
    thread::spawn(move || {
        for connection in listener.incoming() {
            let mut connection = connection.expect("a connection");
            connection
                .set_read_timeout(Some(DEADLINE))
                .expect("a timeout");
            if connection.read(&mut [0; 16]).is_err() || taken.send(connection).is_err() {
                return;
            }
        }
    });
    (
        DaemonAddress::parse(&address).expect("an address"),
        connections,
    )
}

fn sampler(daemon: &DaemonAddress) -> CentralSampler {
    CentralSampler::with("checkout", daemon, Clock::system(), Arc::default())
}

#[test]
fn a_call_that_hangs_holds_nothing_up_and_ends_with_the_sampler() {
    let (daemon, connections) = hanging_daemon();
    let sampler = sampler(&daemon);
    let (shared, stop) = (sampler.shared.clone(), sampler.stop.clone());
    // As the sampler starts it, but without the spread of the first call.
    let asking = thread::spawn(move || {
        let http = Http::new(&shared.daemon, stop.clone()).expect("a client");
        let mut poll = Poll::new(shared.clone(), http, || 0.0);
        poll.turn();
        stop.is_asked()
    });
    let mut connection = connections.recv_timeout(DEADLINE).expect("a call");
    let decision = sampler.decide(&SamplingRequest::default());
    assert_eq!(decision.fallback(), Some(Fallback::NoRules));
    let start = Instant::now();
    drop(sampler);
    assert!(start.elapsed() < PROMPT, "{:?}", start.elapsed());
    assert!(
        asking.join().expect("ends"),
        "the call ends because it is to"
    );
    // What is left of the request may still come, then the end.
    while connection
        .read(&mut [0; 1024])
        .is_ok_and(|length| length > 0)
    {}
    assert!(
        start.elapsed() < Duration::from_secs(4),
        "it was not given up for its time"
    );
}

#[test]
fn the_thread_ends_when_the_sampler_is_shut_down_between_two_calls() {
    let sampler = sampler(&DaemonAddress::default());
    let (shared, stop) = (sampler.shared.clone(), Arc::new(Stop::default()));
    let (ended, has_ended) = mpsc::channel();
    let asked = stop.clone();
    thread::spawn(move || {
        let http = Http::new(&shared.daemon, stop.clone()).expect("a client");
        // The first call is spread over seconds, in which this ends.
        ask(http, &shared, &stop);
        ended.send(()).expect("the test waits");
    });
    asked.ask();
    assert_eq!(has_ended.recv_timeout(DEADLINE), Ok(()));
}

#[test]
fn the_first_decision_starts_the_thread_and_an_explanation_does_not() {
    use std::sync::atomic::Ordering;
    let (daemon, _connections) = hanging_daemon();
    let sampler = sampler(&daemon).fallback(LocalRules::new(0, 1.0));
    let request = SamplingRequest::default();
    assert!(sampler.explain(&request).is_sampled());
    assert!(!sampler.is_started.load(Ordering::Relaxed));
    assert!(sampler.decide(&request).is_sampled());
    assert!(sampler.is_started.load(Ordering::Relaxed));
}

#[test]
fn a_sampler_that_was_shut_down_decides_and_starts_nothing() {
    let (daemon, connections) = hanging_daemon();
    let sampler = sampler(&daemon);
    sampler.shutdown();
    assert!(sampler.decide(&SamplingRequest::default()).is_sampled());
    // Only the thread could hold these as well.
    assert_eq!(Arc::strong_count(&sampler.shared), 1);
    drop(connections);
}
