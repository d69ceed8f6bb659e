use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::mpsc;
use std::thread;
use std::time::Instant;

use super::*;
use crate::sampling::central::tests::daemon::{DEADLINE, daemon, respond};

fn http(address: &str) -> (Http, Arc<Stop>) {
    let stop = Arc::new(Stop::default());
    (Http::new(address, stop.clone()).expect("a client"), stop)
}

#[test]
fn a_request_has_the_form_of_the_api_and_its_answer_comes_back() {
    let (address, requests) = daemon(|mut connection, _| respond(&mut connection, "200 OK", "{}"));
    let (mut http, _) = http(&address);
    let answer = http.post(Operation::Targets, b"{\"a\":1}".to_vec());
    assert_eq!(answer, Ok(b"{}".to_vec()));
    let request = requests.recv_timeout(DEADLINE).expect("a request");
    let (head, body) = request.split_once("\r\n\r\n").expect("a head");
    assert!(
        head.starts_with("POST /SamplingTargets HTTP/1.1\r\n"),
        "{head}"
    );
    assert!(head.contains("content-type: application/json"), "{head}");
    assert!(
        !head.to_ascii_lowercase().contains("x-amzn-trace-id"),
        "it is not traced: {head}"
    );
    assert_eq!(body, "{\"a\":1}");
}

#[test]
fn no_connection_stays_open_between_calls() {
    let (closed, is_closed) = mpsc::channel();
    let (address, _requests) = daemon(move |mut connection, _| {
        respond(&mut connection, "200 OK", "{}");
        let end = connection.read(&mut [0; 16]);
        let _ = closed.send(matches!(end, Ok(0)));
    });
    let (mut http, _) = http(&address);
    http.post(Operation::Rules, Vec::new()).expect("an answer");
    assert_eq!(is_closed.recv_timeout(DEADLINE), Ok(true));
}

#[test]
fn another_status_is_no_answer() {
    for status in [
        "403 Forbidden",
        "500 Internal Server Error",
        "302 Found",
        "204 No Content",
    ] {
        let (address, _requests) =
            daemon(move |mut connection, _| respond(&mut connection, status, "{}"));
        let (mut http, _) = http(&address);
        let code = status.split(' ').next().and_then(|code| code.parse().ok());
        assert_eq!(
            http.post(Operation::Rules, Vec::new()).err(),
            code.map(|code| Failure::Refused(code, String::new())),
            "{status}"
        );
    }
}

#[test]
fn what_a_refusal_says_is_told_with_its_status() {
    let long = "x".repeat(1_000);
    for (body, said) in [
        (
            r#"{"message":"not authorized to perform xray:GetSamplingRules"}"#.to_owned(),
            "not authorized to perform xray:GetSamplingRules",
        ),
        (
            r#"{"Message":"no","__type":"AccessDenied"}"#.to_owned(),
            "no",
        ),
        (format!("{{\"message\":\"{long}\"}}"), &long[..300]),
        (format!("{{\"message\":\"{}\"}}", "x".repeat(20_000)), ""),
        ("<html>".to_owned(), ""),
        (r#"{"message":7}"#.to_owned(), ""),
    ] {
        let (address, _requests) =
            daemon(move |mut connection, _| respond(&mut connection, "403 Forbidden", &body));
        let (mut http, _) = http(&address);
        assert_eq!(
            http.post(Operation::Rules, Vec::new()).err(),
            Some(Failure::Refused(403, said.to_owned()))
        );
    }
}

#[test]
fn garbage_is_no_answer() {
    for garbage in [
        &b"\0\x01\x02 nonsense\r\n\r\n"[..],
        b"HTTP/1.1 two hundred\r\n\r\n",
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf",
    ] {
        let (address, _requests) = daemon(move |mut connection, _| {
            let _ = connection.write_all(garbage);
        });
        let (mut http, _) = http(&address);
        let answer = http.post(Operation::Rules, Vec::new());
        assert!(matches!(answer, Err(Failure::Unreachable(_))), "{answer:?}");
    }
}

#[test]
fn an_answer_without_end_is_given_up() {
    let (address, _requests) = daemon(|mut connection, _| {
        let _ = connection.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
        while connection.write_all(&[b' '; 4096]).is_ok() {}
    });
    let (mut http, _) = http(&address);
    let answer = http.post(Operation::Rules, Vec::new());
    assert!(matches!(answer, Err(Failure::Garbled(_))), "{answer:?}");
}

#[test]
fn a_daemon_that_is_not_there_is_told() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("bound").to_string();
    drop(listener);
    let (mut http, _) = http(&address);
    let failure = http
        .post(Operation::Rules, Vec::new())
        .expect_err("nobody is there");
    assert!(
        failure.to_string().to_ascii_lowercase().contains("refused"),
        "{failure}"
    );
}

#[test]
fn a_daemon_that_hangs_is_given_up_in_time() {
    let (kept, connections) = mpsc::channel();
    let (address, _requests) = daemon(move |connection, _| {
        let _ = kept.send(connection);
    });
    let (mut http, _) = http(&address);
    let start = Instant::now();
    let answer = http.post(Operation::Rules, Vec::new());
    assert_eq!(
        answer,
        Err(Failure::Unreachable("no answer came in time".to_owned()))
    );
    assert!(start.elapsed() < ANSWER + Duration::from_secs(5));
    drop(connections);
}

#[test]
fn a_call_ends_when_it_is_to() {
    let (kept, connections) = mpsc::channel();
    let (address, _requests) = daemon(move |connection, _| {
        let _ = kept.send(connection);
    });
    let (mut http, stop) = http(&address);
    let call = thread::spawn(move || {
        let start = Instant::now();
        (
            http.post(Operation::Rules, Vec::new()),
            http.post(Operation::Rules, Vec::new()),
            start.elapsed(),
        )
    });
    let connection = connections
        .recv_timeout(DEADLINE)
        .expect("a call is under way");
    stop.ask();
    let (first, second, time) = call.join().expect("does not panic");
    assert_eq!(
        (first, second),
        (Err(Failure::Stopped), Err(Failure::Stopped))
    );
    assert!(time < ANSWER, "{time:?}");
    drop(connection);
}
