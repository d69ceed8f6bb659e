//! A real disk that is full: a small file system in memory. Only the superuser can make one; for others the test says so.

use std::fs::{self, File};
use std::io::{BufRead, Write};
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::client::{Answer, request};
use crate::folder::Folder;
use crate::program::{program, serve};
use crate::shop::{noise, small};

/// A file system of its own, gone at the end of the test.
struct Disk<'a>(&'a Path);

impl<'a> Disk<'a> {
    fn new(path: &'a Path, size: &str) -> Option<Self> {
        let mut mount = Command::new("mount");
        mount
            .args(["-t", "tmpfs", "-o", &format!("size={size}"), "none"])
            .arg(path);
        mount
            .output()
            .is_ok_and(|output| output.status.success())
            .then_some(Self(path))
    }
}

impl Drop for Disk<'_> {
    fn drop(&mut self) {
        // Lazily: the program may only just have ended.
        let _ = Command::new("umount").arg("-l").arg(self.0).status();
    }
}

fn put(address: std::net::SocketAddr, numbers: std::ops::Range<u32>) -> Answer {
    let documents: Vec<_> = numbers
        .map(|number| {
            let mut document = small(number);
            document["metadata"] = json!({"default": {"text": noise(number.into(), 10_000)}});
            document.to_string()
        })
        .collect();
    let body = json!({"TraceSegmentDocuments": documents}).to_string();
    request(address, "POST", "/TraceSegments", &[], &body)
}

fn traces(address: std::net::SocketAddr) -> usize {
    let mut count = 0;
    let mut input = json!({"StartTime": 0, "EndTime": 2_000_000_000});
    loop {
        let found = request(address, "POST", "/TraceSummaries", &[], &input.to_string()).json();
        count += found["TraceSummaries"].as_array().expect("a list").len();
        match &found["NextToken"] {
            Value::Null => return count,
            token => input["NextToken"] = token.clone(),
        }
    }
}

#[test]
fn a_full_disk_is_told_costs_nothing_that_was_stored_and_is_over_when_there_is_room() {
    let folder = Folder::new();
    let Some(_disk) = Disk::new(folder.path(), "12m") else {
        eprintln!("only the superuser can make a file system: not tested");
        return;
    };
    let mut command = program();
    command.arg("--data").arg(folder.path().join("store"));
    let (mut child, _, address, mut talk) = serve(&mut command);

    let mut stored = 0;
    let refused = loop {
        let answer = put(address, stored..stored + 20);
        if answer.status != 200 {
            break answer;
        }
        stored += 20;
        assert!(stored < 2_000, "12 MB are full by now");
    };
    assert!(stored >= 200, "{stored}");
    assert_eq!(refused.status, 503, "{}", refused.body);
    assert_eq!(
        refused.header("x-amzn-errortype"),
        Some("ServiceUnavailableException")
    );
    assert!(
        refused.body.contains("the disk is full: make room on it"),
        "{}",
        refused.body
    );
    let mut line = String::new();
    talk.read_line(&mut line).expect("is text");
    assert!(
        line.starts_with("xray-local: nothing can be stored: the disk is full"),
        "{line}"
    );
    assert_eq!(
        put(address, stored..stored + 20).status,
        503,
        "and so it stays"
    );
    let health = program()
        .args(["health", "--address", &address.to_string()])
        .output()
        .expect("starts");
    assert_eq!(health.status.code(), Some(1));
    let told = String::from_utf8(health.stdout).expect("is text");
    assert!(told.contains("in trouble: the disk is full"), "{told}");
    assert_eq!(
        traces(address),
        stored as usize,
        "what was stored can be read"
    );

    // Somebody makes room: the disk grows.
    let grown = Command::new("mount")
        .args(["-o", "remount,size=40m"])
        .arg(folder.path())
        .status();
    assert!(grown.is_ok_and(|status| status.success()));
    assert_eq!(put(address, stored..stored + 20).status, 200);
    line.clear();
    talk.read_line(&mut line).expect("is text");
    assert_eq!(line, "xray-local: documents are stored again\n");
    assert_eq!(traces(address), stored as usize + 20);

    // Full again, by somebody else, and killed in that state: it opens, and nothing is lost.
    let mut filler = File::create(folder.path().join("filler")).expect("can be made");
    while filler.write_all(&[1; 4_096]).is_ok() {}
    let mut stored = stored + 20;
    while put(address, stored..stored + 20).status == 200 {
        stored += 20;
    }
    child.kill().expect("runs");
    child.wait().expect("ends");
    drop(filler);
    fs::remove_file(folder.path().join("filler")).expect("is there");
    let (mut child, _, address, _talk) = serve(&mut command);
    assert_eq!(traces(address), stored as usize);
    assert_eq!(put(address, stored..stored + 20).status, 200);
    child.kill().expect("runs");
    child.wait().expect("ends");
    let check = rusqlite::Connection::open(folder.path().join("store/traces.db")).expect("opens");
    let verdict: String = check
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .expect("is read");
    assert_eq!(verdict, "ok");
}
