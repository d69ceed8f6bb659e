//! A daemon over TCP, and what comes of asking it.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use super::xray::rule;
use crate::clock::Clock;
use crate::emitter::DaemonAddress;
use crate::sampling::central::http::Http;
use crate::sampling::central::{CentralSampler, Poll, Stop};
use crate::sampling::{Fallback, Reason, Sampler as _, SamplingRequest};

/// How long a test waits for what has to happen.
pub(in crate::sampling::central) const DEADLINE: Duration = Duration::from_secs(30);

/// A daemon that has each connection's request read, and `answer` do the rest.
pub(in crate::sampling::central) fn daemon(
    answer: impl Fn(TcpStream, String) + Send + 'static,
) -> (String, mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("bound").to_string();
    let (seen, requests) = mpsc::channel();
    thread::spawn(move || {
        for connection in listener.incoming() {
            let Ok(mut connection) = connection else {
                return;
            };
            let request = read(&mut connection);
            if seen.send(request.clone()).is_err() {
                return;
            }
            answer(connection, request);
        }
    });
    (address, requests)
}

/// Head and body of a request.
fn read(connection: &mut TcpStream) -> String {
    connection
        .set_read_timeout(Some(DEADLINE))
        .expect("a timeout");
    let (mut request, mut buffer) = (Vec::new(), [0; 4096]);
    loop {
        let length = connection.read(&mut buffer).expect("a request");
        request.extend_from_slice(&buffer[..length]);
        let text = String::from_utf8_lossy(&request).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                name.eq_ignore_ascii_case("content-length")
                    .then(|| value.trim().parse().ok())?
            });
            if length.is_none_or(|length: usize| body.len() >= length) {
                return text;
            }
        }
        assert!(length > 0, "the request ends early");
    }
}

/// Answers with this status and body.
pub(in crate::sampling::central) fn respond(connection: &mut TcpStream, status: &str, body: &str) {
    let length = body.len();
    let answer = format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    );
    let _ = connection.write_all(answer.as_bytes());
}

/// A sampler and what its thread would do, whose clock the test moves.
fn process(address: &str) -> (CentralSampler, Poll<Http>, Clock) {
    let clock = Clock::manual(Duration::from_secs(1_700_000_000));
    let daemon = DaemonAddress::parse(address).expect("an address");
    let sampler = CentralSampler::with("checkout", &daemon, clock.clone(), Arc::default());
    let http = Http::new(&sampler.shared.daemon, Arc::new(Stop::default())).expect("a client");
    let poll = Poll::new(sampler.shared.clone(), http, || 0.0);
    (sampler, poll, clock)
}

#[test]
fn rules_come_and_decisions_are_told_over_http() {
    let (address, requests) = daemon(|mut connection, request| {
        let answer = if request.starts_with("POST /GetSamplingRules ") {
            let rule = rule("Default", 10_000, 0, 1.0, &json!({}));
            json!({"SamplingRuleRecords": [{"SamplingRule": rule}]})
        } else {
            json!({"SamplingTargetDocuments": [{"RuleName": "Default", "FixedRate": 0.25}]})
        };
        respond(&mut connection, "200 OK", &answer.to_string());
    });
    let (sampler, mut poll, clock) = process(&address);
    let request = SamplingRequest::default();
    poll.turn();
    assert_eq!(sampler.decide(&request).reason(), Reason::Rate(1.0));
    clock.advance(Duration::from_secs(10));
    poll.turn();
    assert_eq!(sampler.explain(&request).reason(), Reason::Rate(0.25));
    let bodies = [(); 2].map(|()| {
        let request = requests.recv_timeout(DEADLINE).expect("a request");
        let (_, body) = request.split_once("\r\n\r\n").expect("a head");
        serde_json::from_str::<Value>(body).expect("JSON")
    });
    assert_eq!(bodies[0], json!({}));
    let told = &bodies[1]["SamplingStatisticsDocuments"][0];
    assert_eq!(
        (&told["RequestCount"], &told["SampledCount"]),
        (&json!(1), &json!(1))
    );
}

#[test]
fn answers_that_are_none_leave_local_rules_in_place() {
    for body in [
        "",
        "null",
        "[]",
        "{}",
        "{\"SamplingRuleRecords\": 7}",
        "<html>",
        "{\"SamplingRuleRecords\": [{}]}",
    ] {
        let (address, _requests) =
            daemon(move |mut connection, _| respond(&mut connection, "200 OK", body));
        let (sampler, mut poll, clock) = process(&address);
        poll.turn();
        let decision = sampler.explain(&SamplingRequest::default());
        assert_eq!(decision.fallback(), Some(Fallback::NoRules), "{body}");
        assert!(poll.next() > clock.now(), "it is not asked again at once");
        // A rule that cannot be read is told beside.
        let told = if body.contains("{}]") { 2 } else { 1 };
        assert_eq!(sampler.shared.notices.texts().len(), told, "{body}");
    }
}

#[test]
fn what_is_told_of_a_refusal_names_its_message_and_what_helps() {
    let (address, _requests) = daemon(move |mut connection, _| {
        let body = r#"{"message":"not authorized to perform xray:GetSamplingRules"}"#;
        respond(&mut connection, "403 Forbidden", body);
    });
    let (sampler, mut poll, _) = process(&address);
    poll.turn();
    let told = sampler.shared.notices.texts().remove(0);
    for part in [
        "status 403",
        "not authorized to perform xray:GetSamplingRules",
        "credentials",
    ] {
        assert!(told.contains(part), "{told}");
    }
    assert!(!told.contains("listen"), "{told}");
}
