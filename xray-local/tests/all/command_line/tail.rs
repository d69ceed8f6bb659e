//! `tail`: what comes is written once, when it is as complete as it gets.

use std::io::{BufRead, BufReader, Lines};
use std::process::{Child, ChildStdout};

use super::*;
use crate::client::send;

/// A `tail` that runs.
struct Tail {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Tail {
    fn start(address: SocketAddr, arguments: &[&str]) -> Self {
        let mut child = asking(address, &[&["tail"], arguments].concat())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let lines = BufReader::new(child.stdout.take().expect("is piped")).lines();
        Self { child, lines }
    }

    /// The next line; waits for it.
    fn line(&mut self) -> String {
        self.lines.next().expect("a line").expect("is text")
    }

    fn json(&mut self) -> Value {
        let line = self.line();
        serde_json::from_str(&line).expect(&line)
    }

    /// Waits for the end, up to which nothing more must be written.
    fn end(mut self) -> Told {
        assert!(self.lines.next().is_none());
        Told::of(self.child.wait_with_output().expect("ends"))
    }
}

fn now() -> f64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    now.expect("after 1970").as_secs_f64()
}

/// A segment that began so many seconds ago and took so long.
fn timed(number: u32, ago: f64, took: f64) -> Value {
    let mut document = document(number);
    let start = now() - ago;
    (document["start_time"], document["end_time"]) = (json!(start), json!(start + took));
    document["subsegments"] = json!([]);
    document
}

#[test]
fn what_is_there_is_written_first_and_then_what_comes() {
    let server = server_with(&[2]);
    let mut tail = Tail::start(server.address(), &["--format", "logfmt", "--count", "2"]);
    let first = tail.line();
    let expected = format!("trace={} outcome=ok duration=0.5 status=200", id(2));
    assert!(first.contains(&expected), "{first}");
    send(&server, &timed(3, 1.0, 1.0));
    let second = tail.line();
    assert!(
        second.contains(&format!("trace={} outcome=fault", id(3))),
        "{second}"
    );
    tail.end().ok();
}

#[test]
fn traces_that_took_long_or_come_late_are_written_too() {
    let server = server_with(&[2]);
    let mut tail = Tail::start(server.address(), &["--json", "--count", "3"]);
    assert_eq!(tail.json()["id"], id(2));
    // One that ends now and took ten minutes, and one that was over years ago.
    send(&server, &timed(3, 600.0, 600.0));
    assert_eq!(tail.json()["id"], id(3));
    send(&server, &document(4));
    assert_eq!(tail.json()["id"], id(4));
    tail.end().ok();
}

#[test]
fn a_trace_is_written_when_it_ends_and_once() {
    let server = server_with(&[2]);
    let mut tail = Tail::start(server.address(), &["--json", "--count", "4"]);
    assert_eq!(tail.json()["id"], id(2));
    let mut open = timed(3, 1.0, 0.0);
    let object = open.as_object_mut().expect("an object");
    object.remove("end_time");
    object.insert("in_progress".to_owned(), json!(true));
    send(&server, &open);
    // What comes behind it is written before it, which is still open.
    send(&server, &timed(5, 1.0, 1.0));
    assert_eq!(tail.json()["id"], id(5));
    send(&server, &timed(3, 1.0, 1.0));
    let ended = tail.json();
    assert_eq!(
        (&ended["id"], &ended["isPartial"]),
        (&json!(id(3)), &json!(false))
    );
    // More of one that was written is not written again.
    let mut more = timed(5, 1.0, 1.0);
    more["id"] = json!("00000000000000aa");
    send(&server, &more);
    send(&server, &timed(7, 1.0, 1.0));
    assert_eq!(tail.json()["id"], id(7));
    tail.end().ok();
}

#[test]
fn only_what_the_filter_means_is_written() {
    let server = server_with(&[1, 2]);
    let mut tail = Tail::start(
        server.address(),
        &[
            "--json",
            "--count",
            "2",
            "-f",
            "fault AND service(\"front\")",
        ],
    );
    assert_eq!(tail.json()["id"], id(1));
    send(&server, &timed(4, 1.0, 1.0));
    send(&server, &timed(5, 1.0, 1.0));
    assert_eq!(tail.json()["id"], id(5));
    tail.end().ok();
}

#[test]
fn the_end_of_the_server_is_told() {
    let server = server_with(&[2]);
    let mut tail = Tail::start(server.address(), &[]);
    tail.line();
    drop(server);
    let told = tail.end();
    told.refused(5, "tells no more");
}

#[cfg(unix)]
#[test]
fn a_reader_that_leaves_is_noticed_while_nothing_comes() {
    let server = server_with(&[2]);
    let Tail {
        mut child,
        mut lines,
    } = Tail::start(server.address(), &["-n", "1"]);
    lines.next().expect("a line").expect("is text");
    drop(lines);
    assert_eq!(child.wait().expect("ends").code(), Some(0));
}

#[test]
fn so_many_are_written_first_as_were_asked_for() {
    let server = server_with(&[1, 2, 3]);
    let told = ask(&server, &["tail", "-n", "2", "--count", "2", "--json"]).ok();
    assert_eq!(told.data.lines().count(), 2);
    assert_eq!(ask(&server, &["tail", "--count", "0"]).ok().data, "");
}

#[test]
fn every_form_of_tail_has_a_line_for_a_trace() {
    let server = server_with(&[1]);
    let tail = |format| {
        ask(&server, &["tail", "--count", "1", "--format", format])
            .ok()
            .data
    };
    assert!(
        tail("human").contains("fault     503  front  GET /checkout"),
        "{}",
        tail("human")
    );
    assert_eq!(tail("md").lines().count(), 3);
    let line = tail("json");
    assert_eq!(line.lines().count(), 1);
    assert!(line.contains(r#""version":1"#), "{line}");
    ask(&server, &["tail", "--format", "xml"]).refused(2, "possible values");
}
