//! The program, as it is typed: every command against a real server.

mod address;
mod assert;
mod documents;
mod elsewhere;
mod help;
mod output;
mod reading;
mod removing;
mod run;
mod schema;
mod serve;
mod tail;

use std::io::Write;
use std::net::SocketAddr;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};
use xray_local::Server;

use crate::client::{call, server};
use crate::program::program;

/// What a command left behind.
struct Told {
    code: Option<i32>,
    data: String,
    talk: String,
}

impl Told {
    fn of(output: Output) -> Self {
        Self {
            code: output.status.code(),
            data: String::from_utf8(output.stdout).expect("is text"),
            talk: String::from_utf8(output.stderr).expect("is text"),
        }
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.data).expect(&self.data)
    }

    /// Checks that a command ended so, with these words on standard error.
    fn refused(&self, code: i32, words: &str) {
        assert_eq!(self.code, Some(code), "{}", self.talk);
        assert!(self.talk.contains(words), "{}", self.talk);
        assert!(!self.talk.contains("panicked"), "{}", self.talk);
    }

    /// Checks that all went well.
    fn ok(self) -> Self {
        assert_eq!(self.code, Some(0), "{}", self.talk);
        self
    }
}

fn asking(address: SocketAddr, arguments: &[&str]) -> Command {
    let mut command = program();
    command
        .env("XRAY_LOCAL_ADDRESS", address.to_string())
        .args(arguments);
    command
}

/// Runs a command against a server.
fn ask(server: &Server, arguments: &[&str]) -> Told {
    let mut command = asking(server.address(), arguments);
    Told::of(command.output().expect("the program starts"))
}

/// The same with something on standard input.
fn ask_with(server: &Server, arguments: &[&str], input: &str) -> Told {
    let mut child = asking(server.address(), arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut stdin = child.stdin.take().expect("is piped");
    // A program that is used wrongly ends without reading it.
    let _ = stdin.write_all(input.as_bytes());
    drop(stdin);
    Told::of(child.wait_with_output().expect("ends"))
}

/// The id of the trace with a number.
fn id(number: u32) -> String {
    format!("1-581cf771-{number:024x}")
}

/// A segment with two subsegments; with a fault where its number is odd.
fn document(number: u32) -> Value {
    let is_odd = number % 2 == 1;
    json!({
        "name": "front", "id": format!("{number:016x}"), "trace_id": id(number),
        "start_time": 1_478_293_361.0, "end_time": 1_478_293_361.5, "fault": is_odd,
        "http": {"request": {"method": "GET", "url": "http://shop/checkout"}, "response": {"status": if is_odd { 503 } else { 200 }}},
        "subsegments": [
            {"name": "price", "id": format!("{:016x}", number + 1_000), "start_time": 1_478_293_361.1, "end_time": 1_478_293_361.2},
            {"name": "orders", "id": format!("{:016x}", number + 2_000), "namespace": "remote",
             "start_time": 1_478_293_361.2, "end_time": 1_478_293_361.4, "fault": is_odd},
        ],
    })
}

/// A server that has the traces with these numbers.
fn server_with(numbers: &[u32]) -> Server {
    let server = server();
    let documents: Vec<_> = numbers
        .iter()
        .map(|number| document(*number).to_string())
        .collect();
    if !documents.is_empty() {
        call(
            &server,
            "/TraceSegments",
            &json!({"TraceSegmentDocuments": documents}),
        );
    }
    server
}
