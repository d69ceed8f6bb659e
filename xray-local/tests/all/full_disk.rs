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
    put_with(address, numbers, |number| noise(number.into(), 10_000))
}

fn put_with(
    address: std::net::SocketAddr,
    numbers: std::ops::Range<u32>,
    text: impl Fn(u32) -> String,
) -> Answer {
    let documents: Vec<_> = numbers
        .map(|number| {
            let mut document = small(number);
            document["metadata"] = json!({"default": {"text": text(number)}});
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
    // What the log took is given back, once; then the disk is full of what is stored.
    while put(address, stored..stored + 20).status == 200 {
        stored += 20;
    }
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

fn serve_in(
    folder: &Path,
    keep: Option<&str>,
) -> (
    std::process::Child,
    std::net::SocketAddr,
    std::io::BufReader<std::process::ChildStderr>,
) {
    let mut command = program();
    command.arg("--data").arg(folder.join("store"));
    command.args(keep.into_iter().flat_map(|keep| ["--keep-bytes", keep]));
    let (child, _, address, talk) = serve(&mut command);
    (child, address, talk)
}

fn bytes_in(folder: &Path) -> u64 {
    let files = fs::read_dir(folder.join("store")).expect("is there");
    let length = |file: fs::DirEntry| file.metadata().map_or(0, |file| file.len());
    files.map(|file| length(file.expect("is read"))).sum()
}

/// Puts ten documents of a tenth of a megabyte, each of which is packed by itself.
fn put_long(address: std::net::SocketAddr, first: u32, text: &str) -> u16 {
    put_with(address, first..first + 10, |_| text.to_owned()).status
}

#[test]
fn what_is_kept_bounds_the_room_on_the_disk() {
    let folder = Folder::new();
    let Some(_disk) = Disk::new(folder.path(), "80m") else {
        eprintln!("only the superuser can make a file system: not tested");
        return;
    };
    let (mut child, address, _talk) = serve_in(folder.path(), Some("32MB"));
    let mut most = 0;
    let text = noise(1, 100_000);
    for call in 0..100 {
        assert_eq!(put_long(address, call * 10, &text), 200, "{call}");
        most = most.max(bytes_in(folder.path()));
    }
    assert!(most < 56_000_000, "{most}");
    child.kill().expect("runs");
    child.wait().expect("ends");
}

#[test]
fn a_full_disk_has_room_again_where_less_is_kept() {
    let folder = Folder::new();
    let Some(_disk) = Disk::new(folder.path(), "64m") else {
        eprintln!("only the superuser can make a file system: not tested");
        return;
    };
    let (mut child, address, _talk) = serve_in(folder.path(), None);
    let (mut stored, text) = (0, noise(1, 100_000));
    for _ in 0..3 {
        while put_long(address, stored, &text) == 200 {
            stored += 10;
        }
    }
    let group = json!({"GroupName": "g", "FilterExpression": "ok"});
    let mut filler = File::create(folder.path().join("filler")).expect("can be made");
    while filler.write_all(&[1; 4_096]).is_ok() {}
    let made = request(address, "POST", "/CreateGroup", &[], &group.to_string());
    drop(filler);
    fs::remove_file(folder.path().join("filler")).expect("is there");
    assert_eq!(made.status, 503, "{}", made.body);
    let ids: Vec<_> = (0..10_u32)
        .map(|number| format!("1-{number:08x}-{number:024x}"))
        .collect();
    let removed = request(
        address,
        "POST",
        "/local/remove",
        &[],
        &json!({"TraceIds": ids, "DryRun": false}).to_string(),
    );
    assert_eq!(removed.status, 200, "{}", removed.body);
    assert_eq!(
        removed.json()["TraceIds"].as_array().map(Vec::len),
        Some(10)
    );
    child.kill().expect("runs");
    child.wait().expect("ends");

    let (mut child, address, _talk) = serve_in(folder.path(), Some("32MB"));
    let mut refused = 0;
    for call in 0..60 {
        let first = stored + call * 10;
        match put_long(address, first, &text) {
            200 => refused = 0,
            _ => refused += 1,
        }
        assert!(refused < 40, "less is kept, and there is room in the store");
    }
    assert_eq!(refused, 0);
    child.kill().expect("runs");
    child.wait().expect("ends");
}
