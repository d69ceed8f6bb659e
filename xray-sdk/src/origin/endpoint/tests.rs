use std::net::TcpListener;
use std::sync::mpsc;
use std::thread;

use super::*;

/// Longer than any answer takes that comes.
const LONG: Duration = Duration::from_secs(30);
/// For answers that do not come.
const SHORT: Duration = Duration::from_millis(50);

const GET: Question<'_> = Question {
    method: "GET",
    path: "/b",
    header: None,
};

/// An endpoint that does `work` with its first connection, once the request is read.
fn endpoint(work: impl FnOnce(TcpStream, String) + Send + 'static) -> Endpoint {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("bound");
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a connection");
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).expect("a request");
            request.push(byte[0]);
        }
        work(stream, String::from_utf8(request).expect("text"));
    });
    Endpoint::parse(&format!("http://{address}/a")).expect("an endpoint")
}

fn answering(answer: impl Into<Vec<u8>>) -> Endpoint {
    let answer = answer.into();
    endpoint(move |mut stream, _| {
        // The asker may have heard enough before all of it is written.
        let _ = stream.write_all(&answer);
    })
}

fn ask(endpoint: &Endpoint, patience: Duration) -> Result<Vec<u8>, Failure> {
    endpoint.ask(&GET, Instant::now() + patience)
}

#[test]
fn an_endpoint_is_a_host_with_or_without_the_rest() {
    for (text, server, base) in [
        ("169.254.169.254", "169.254.169.254:80", ""),
        (
            "http://169.254.170.2/v4/0a-1",
            "169.254.170.2:80",
            "/v4/0a-1",
        ),
        ("http://[fd00:ec2::254]/", "[fd00:ec2::254]:80", ""),
        ("[::1]:8080", "[::1]:8080", ""),
        (" http://ecs-local:51678/v3/a/ ", "ecs-local:51678", "/v3/a"),
    ] {
        let endpoint = Endpoint::parse(text).expect(text);
        assert_eq!(endpoint.server.to_string(), server);
        assert_eq!(endpoint.base, base);
    }
}

#[test]
fn what_is_no_plain_http_endpoint_is_refused() {
    for text in [
        "",
        "http://",
        "https://169.254.170.2/v4",
        "ftp://a/b",
        "http://user:word@a/b",
        "http://a:0/b",
        "http://a:b/c",
        "http://a/b c",
        "http://a/b\r\nX-Other: 1",
        "::1",
    ] {
        assert_eq!(Endpoint::parse(text), None, "{text:?}");
    }
}

#[test]
fn the_request_names_method_path_host_and_header() {
    let (sender, requests) = mpsc::channel();
    let endpoint = endpoint(move |mut stream, request| {
        sender.send(request).expect("still waiting");
        stream
            .write_all(b"HTTP/1.1 200 OK\r\n\r\nbody")
            .expect("the asker waits");
    });
    let question = Question {
        method: "PUT",
        path: "/token",
        header: Some(("X-Time", "60")),
    };
    let body = endpoint.ask(&question, Instant::now() + LONG);
    assert_eq!(body.expect("an answer"), b"body");
    let request = requests.recv_timeout(LONG).expect("a request");
    assert!(
        request.starts_with("PUT /a/token HTTP/1.1\r\n"),
        "{request}"
    );
    assert!(request.contains(&format!("\r\nHost: {}\r\n", endpoint.server)));
    assert!(request.contains("\r\nX-Time: 60\r\n"));
    assert!(request.contains("\r\nContent-Length: 0\r\n"));
}

#[test]
fn a_request_without_any_path_is_for_the_root() {
    let endpoint = Endpoint::parse("http://a").expect("an endpoint");
    let question = Question { path: "", ..GET };
    assert!(
        endpoint
            .request(&question)
            .starts_with("GET / HTTP/1.1\r\n")
    );
}

#[test]
fn an_answer_is_whole_by_its_length_though_the_connection_stays_open() {
    let (kept, held) = mpsc::channel();
    let endpoint = endpoint(move |mut stream, _| {
        stream
            .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody")
            .expect("the asker waits");
        kept.send(stream).expect("still held");
    });
    assert_eq!(ask(&endpoint, LONG).expect("an answer"), b"body");
    drop(held);
}

#[test]
fn an_endpoint_that_hangs_is_given_up_in_time() {
    let (kept, held) = mpsc::channel();
    let endpoint = endpoint(move |stream, _| kept.send(stream).expect("still held"));
    assert!(matches!(ask(&endpoint, SHORT), Err(Failure::TimedOut)));
    drop(held);
}

#[test]
fn an_endpoint_that_drips_its_answer_is_given_up_in_time() {
    let (_alive, gone) = mpsc::channel::<()>();
    let endpoint = endpoint(move |mut stream, _| {
        let mut answer = b"HTTP/1.1 200 OK\r\nX: "
            .iter()
            .chain([b'a'].iter().cycle());
        // A byte each millisecond, until the asker has had enough: no single one is late.
        while gone.recv_timeout(Duration::from_millis(1)) == Err(mpsc::RecvTimeoutError::Timeout)
            && answer
                .next()
                .is_some_and(|byte| stream.write_all(&[*byte]).is_ok())
        {}
    });
    assert!(matches!(ask(&endpoint, SHORT), Err(Failure::TimedOut)));
}

#[test]
fn an_endpoint_that_is_absent_is_told_at_once() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("bound").to_string();
    drop(listener);
    let endpoint = Endpoint::parse(&address).expect("an endpoint");
    assert!(matches!(ask(&endpoint, LONG), Err(Failure::Connection(_))));
}

#[test]
fn no_time_left_means_no_question() {
    let endpoint = answering("HTTP/1.1 200 OK\r\n\r\nbody");
    let failure = ask(&endpoint, Duration::ZERO);
    assert!(matches!(failure, Err(Failure::TimedOut)));
}

#[test]
fn other_statuses_garbage_and_half_answers_are_told_apart() {
    let failure = |answer: &str| {
        let failure = ask(&answering(answer), LONG).expect_err("no body");
        failure.to_string()
    };
    assert_eq!(
        failure("HTTP/1.1 301 Moved\r\nLocation: http://evil/\r\n\r\n"),
        "HTTP status 301"
    );
    assert_eq!(failure("SSH-2.0-OpenSSH_9\r\n"), "something else than HTTP");
    assert_eq!(failure(""), "an answer that ends early");
    assert_eq!(
        failure("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nbody"),
        "an answer that ends early"
    );
}

#[test]
fn an_answer_without_end_is_given_up() {
    let endless = format!("HTTP/1.1 200 OK\r\n\r\n{}", "a".repeat(3 * LONGEST));
    assert!(matches!(
        ask(&answering(endless), LONG),
        Err(Failure::TooLong)
    ));
}
