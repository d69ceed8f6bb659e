//! Commands against a server that takes no more than AWS does.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver};
use std::thread;

use super::*;
use crate::client::post;

/// A server as AWS's, with an xray-local behind it for the answers.
struct Elsewhere {
    address: SocketAddr,
    /// The paths that were asked, each with its input.
    asked: Receiver<(String, Value)>,
    server: std::sync::Arc<Server>,
}

impl Elsewhere {
    /// Refuses so many calls first, for they were too many at once.
    fn start(server: Server, mut throttled: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("bound");
        let (told, asked) = mpsc::channel();
        let server = std::sync::Arc::new(server);
        let behind = std::sync::Arc::clone(&server);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.expect("a connection");
                let Some((path, input)) = read(&stream) else {
                    continue;
                };
                let (status, body) = match refusal(&path, &input) {
                    Some(refusal) => refusal,
                    None if throttled > 0 => {
                        throttled -= 1;
                        (
                            429,
                            json!({"__type": "ThrottledException", "message": "Rate exceeded"}),
                        )
                    }
                    None => {
                        let answer = post(&behind, &path, &input);
                        (answer.status, answer.json())
                    }
                };
                let body = body.to_string();
                let head = format!(
                    "HTTP/1.1 {status} .\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                    body.len()
                );
                // Counted before the client can know of its answer, and so before it ends.
                if told.send((path, input)).is_err() {
                    return;
                }
                // A client that has what it wanted may be gone.
                let _ = stream.write_all((head + &body).as_bytes());
            }
        });
        Self {
            address,
            asked,
            server,
        }
    }

    fn ask(&self, arguments: &[&str]) -> Told {
        Told::of(asking(self.address, arguments).output().expect("starts"))
    }

    /// How often a path was asked since this was asked last.
    fn count(&self, path: &str) -> usize {
        self.asked
            .try_iter()
            .filter(|(asked, _)| asked == path)
            .count()
    }
}

fn read(stream: &TcpStream) -> Option<(String, Value)> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let path = line.split(' ').nth(1)?.to_owned();
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        match line.trim_end().split_once(':') {
            None => break,
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                length = value.trim().parse().ok()?;
            }
            Some(_) => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((path, serde_json::from_slice(&body).unwrap_or_default()))
}

/// What AWS does not answer: its own paths only, ranges that are short enough and over.
fn refusal(path: &str, input: &Value) -> Option<(u16, Value)> {
    let longest = match path {
        "/TraceSummaries" => 24.0 * 3_600.0,
        "/ServiceGraph" => 6.0 * 3_600.0,
        "/" => return Some((404, json!({}))),
        path if path.starts_with("/local") => {
            return Some((403, json!({"message": "Missing Authentication Token"})));
        }
        _ => return None,
    };
    let time = |name| input[name].as_f64().expect("a time");
    let (start, end) = (time("StartTime"), time("EndTime"));
    let problem = match () {
        () if end - start > longest + 0.001 => "Time range is too long",
        () if end > now() + 1.0 => "EndTime cannot be in the future",
        () if start >= end => "StartTime must be before EndTime",
        () => return None,
    };
    Some((
        400,
        json!({"__type": "InvalidRequestException", "message": problem}),
    ))
}

fn now() -> f64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    now.expect("after 1970").as_secs_f64()
}

/// A trace that ended so many hours ago.
fn trace(number: u32, hours: f64) -> Value {
    let end = now() - hours * 3_600.0 - 1.0;
    let mut document = document(number);
    document["trace_id"] = json!(format!("1-{:08x}-{number:024x}", end as u32));
    (document["start_time"], document["end_time"]) = (json!(end - 0.5), json!(end));
    document["subsegments"] = json!([]);
    document
}

/// Traces of now, of two days, and of three weeks ago.
fn elsewhere() -> Elsewhere {
    let server = server();
    let documents = [trace(1, 0.0), trace(2, 50.0), trace(3, 500.0)].map(|trace| trace.to_string());
    call(
        &server,
        "/TraceSegments",
        &json!({"TraceSegmentDocuments": documents}),
    );
    Elsewhere::start(server, 0)
}

#[test]
fn long_ranges_are_asked_for_in_pieces_that_aws_takes() {
    let elsewhere = elsewhere();
    let list = |arguments: &[&str]| {
        let told = elsewhere
            .ask(&[&["traces", "ls", "--json"], arguments].concat())
            .ok()
            .json();
        told["traces"].as_array().expect("a list").len()
    };
    assert_eq!(list(&[]), 3);
    assert_eq!(elsewhere.count("/TraceSummaries"), 30);
    assert_eq!(list(&["--since", "1h"]), 1);
    assert_eq!(elsewhere.count("/TraceSummaries"), 1);
    assert_eq!(list(&["--since", "3d"]), 2);
    assert_eq!(elsewhere.count("/TraceSummaries"), 3);
    assert_eq!(list(&["-n", "1"]), 1);
    assert_eq!(
        elsewhere.count("/TraceSummaries"),
        1,
        "the newest is enough"
    );

    let map = elsewhere
        .ask(&["map", "--since", "3d", "--json"])
        .ok()
        .json();
    assert_eq!(elsewhere.count("/ServiceGraph"), 12);
    let front = map["services"]
        .as_array()
        .expect("a list")
        .iter()
        .find(|service| service["type"] != "client");
    assert_eq!(front.expect("front")["requests"]["total"], 2);
    let exported = elsewhere.ask(&["export"]).ok().data;
    assert_eq!(exported.lines().count(), 3);
    assert!(
        exported
            .lines()
            .next()
            .is_some_and(|line| line.contains("\"0000000000000003\"")),
        "the oldest first"
    );
}

#[test]
fn every_command_works_against_a_server_that_knows_the_api_only() {
    let elsewhere = elsewhere();
    let trace = trace(1, 0.0);
    let known = call(
        &elsewhere.server,
        "/TraceSummaries",
        &json!({"StartTime": now() - 60.0, "EndTime": now()}),
    );
    let id = known["TraceSummaries"][0]["Id"]
        .as_str()
        .expect("an id")
        .to_owned();
    for arguments in [
        &["traces", "get", &id][..],
        &["traces", "diff", &id, &id],
        &["map", "--trace", &id],
        &["assert", "fault", "--min", "2"],
        &["assert", "fault", "--max", "2"],
        &["assert", "throttle", "--count", "0", "--since", "1h"],
        &["sampling", "rules"],
        &["sampling", "explain", "--path", "/"],
        &["groups", "ls"],
        &["groups", "create", "slow", "responsetime > 1"],
        &["map", "--group", "slow"],
        &["groups", "rm", "slow"],
        &["tail", "--count", "2", "--json"],
    ] {
        let told = elsewhere.ask(arguments);
        assert_eq!(told.code, Some(0), "{arguments:?}: {}", told.talk);
    }
    let mut command = asking(elsewhere.address, &["send", "-"]);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .expect("starts");
    let mut input = child.stdin.take().expect("is piped");
    write!(input, "{trace}").expect("is read");
    drop(input);
    assert!(child.wait().expect("ends").success());
    elsewhere
        .ask(&["traces", "explain", "fault"])
        .refused(1, "is no xray-local");
    elsewhere
        .ask(&["groups", "rm", "nobody"])
        .refused(4, "has no group");
}

#[test]
fn tail_asks_again_for_what_comes() {
    let elsewhere = elsewhere();
    let mut child = asking(
        elsewhere.address,
        &["tail", "-n", "1", "--count", "2", "--json"],
    )
    .stdout(Stdio::piped())
    .spawn()
    .expect("starts");
    let mut lines = BufReader::new(child.stdout.take().expect("is piped")).lines();
    let mut line = || lines.next().expect("a line").expect("is text");
    assert!(line().contains("000000000001\""));
    // It ends now and took ten minutes.
    let mut long = trace(4, 0.0);
    long["start_time"] = json!(now() - 600.0);
    call(
        &elsewhere.server,
        "/TraceSegments",
        &json!({"TraceSegmentDocuments": [long.to_string()]}),
    );
    assert!(line().contains("000000000004\""));
    assert!(child.wait().expect("ends").success());
}

#[test]
fn what_was_too_much_at_once_is_asked_for_again() {
    let elsewhere = Elsewhere::start(server(), 2);
    elsewhere.ask(&["traces", "ls", "--since", "1h"]).ok();
    assert_eq!(elsewhere.count("/TraceSummaries"), 3);
}
