//! The program is killed while it stores, again and again, and started again: what it said was stored must be there.

use std::collections::HashMap;
use std::env;
use std::hash::{BuildHasher as _, RandomState};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::Child;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::client::{DEADLINE, request};
use crate::folder::Folder;
use crate::program::{program, serve};
use crate::shop::noise;

/// How often it is killed in an ordinary run; `XRAY_TEST_KILLS=50` takes its time.
const KILLS: usize = 4;

/// How many clients send at once.
const CLIENTS: usize = 3;

/// How many calls are answered before the kill, at most.
const CALLS: usize = 120;

/// The traces that were acknowledged, with the number of their documents.
type Acknowledged = HashMap<String, usize>;

#[test]
fn nothing_acknowledged_is_lost_when_it_is_killed() {
    let kills = env::var("XRAY_TEST_KILLS").map_or(KILLS, |kills| kills.parse().expect("a number"));
    let folder = Folder::new();
    let mut acknowledged = Acknowledged::new();
    let mut slowest = Duration::ZERO;
    for round in 0..kills {
        let (started, address, mut child) = start(folder.path());
        slowest = slowest.max(started);
        let (answered, mut answers) = (AtomicUsize::new(0), Acknowledged::new());
        let calls = random() as usize % CALLS;
        thread::scope(|scope| {
            let (told, enough) = mpsc::channel();
            let clients: Vec<_> = (0..CLIENTS)
                .map(|client| {
                    let (answered, told) = (&answered, told.clone());
                    scope.spawn(move || {
                        send(address, round * CLIENTS + client, || {
                            if answered.fetch_add(1, Ordering::Relaxed) == calls {
                                let _ = told.send(());
                            }
                        })
                    })
                })
                .collect();
            let in_time = enough.recv_timeout(6 * DEADLINE);
            // SIGKILL; the other clients are in the midst of their calls, and go on until it is gone.
            child.kill().expect("runs");
            child.wait().expect("ends");
            in_time.expect("calls are answered");
            for client in clients {
                answers.extend(client.join().expect("ends"));
            }
        });
        let (started, address, mut child) = start(folder.path());
        slowest = slowest.max(started);
        assert_eq!(missing(address, &answers), [""; 0], "in round {round}");
        child.kill().expect("runs");
        child.wait().expect("ends");
        acknowledged.extend(answers);
    }
    let (_, address, mut child) = start(folder.path());
    assert_eq!(missing(address, &acknowledged), [""; 0], "at the end");
    child.kill().expect("runs");
    child.wait().expect("ends");
    let documents: usize = acknowledged.values().sum();
    println!(
        "{kills} kills: {documents} documents of {} traces were acknowledged, none is lost; the slowest start took {} ms",
        acknowledged.len(),
        slowest.as_millis()
    );
}

fn start(folder: &Path) -> (Duration, SocketAddr, Child) {
    let mut program = program();
    program.arg("--data").arg(folder);
    let began = Instant::now();
    let (child, _, address, talk) = serve(&mut program);
    // Nobody reads on: what it says after the kill is nothing.
    drop(talk);
    (began.elapsed(), address, child)
}

/// Sends calls until one is not answered.
fn send(address: SocketAddr, client: usize, answered: impl Fn()) -> Acknowledged {
    let mut acknowledged = Acknowledged::new();
    for call in 0.. {
        let trace = format!("1-{client:08x}-{call:024x}");
        let count = 1 + random() as usize % 40;
        let documents: Vec<_> = (0..count).map(|number| document(&trace, number)).collect();
        let body = json!({"TraceSegmentDocuments": documents}).to_string();
        let Some(answer) = post(address, "/TraceSegments", &body) else {
            return acknowledged;
        };
        assert_eq!(answer, r#"{"UnprocessedTraceSegments":[]}"#);
        acknowledged.insert(trace, count);
        answered();
    }
    unreachable!("the server is killed")
}

fn document(trace: &str, number: usize) -> String {
    json!({
        "trace_id": trace, "id": format!("{:016x}", number + 1), "name": "front", "start_time": 1, "end_time": 2,
        "metadata": {"default": {"text": noise(random(), random() as usize % 8_000)}},
    })
    .to_string()
}

/// The traces that lack something.
fn missing(address: SocketAddr, acknowledged: &Acknowledged) -> Vec<String> {
    let traces: Vec<_> = acknowledged.iter().collect();
    let mut missing = Vec::new();
    for some in traces.chunks(50) {
        let ids: Vec<_> = some.iter().map(|(id, _)| id).collect();
        let input = json!({"TraceIds": ids}).to_string();
        let found = request(address, "POST", "/Traces", &[], &input).json();
        let counts: HashMap<_, _> = found["Traces"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|trace| {
                (
                    trace["Id"].as_str(),
                    trace["Segments"].as_array().map(Vec::len),
                )
            })
            .collect();
        let lack = |(id, count): &&(&String, &usize)| {
            counts.get(&Some(id.as_str())) != Some(&Some(**count))
        };
        missing.extend(some.iter().filter(lack).map(|(id, _)| (*id).clone()));
    }
    missing
}

/// The body of an answer that came whole; `None` when the server is gone.
fn post(address: SocketAddr, path: &str, body: &str) -> Option<String> {
    let mut stream = TcpStream::connect(address).ok()?;
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).ok()?;
    stream.write_all(body.as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let length: usize = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "))?
        .parse()
        .ok()?;
    assert!(head.starts_with("HTTP/1.1 200"), "{answer}");
    (body.len() == length).then(|| body.to_owned())
}

fn random() -> u64 {
    RandomState::new().hash_one(0)
}
