//! `run`: a program with a server of its own.

#![cfg(unix)]

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::ExitStatusExt as _;

use super::*;
use crate::folder::Folder;

fn run(arguments: &[&str]) -> Told {
    let mut command = program();
    command.arg("run").args(arguments);
    Told::of(command.output().expect("the program starts"))
}

#[test]
fn the_program_finds_the_server_and_its_code_is_handed_on() {
    let told = run(&[
        "--",
        "sh",
        "-c",
        "echo $AWS_XRAY_DAEMON_ADDRESS $AWS_ENDPOINT_URL_XRAY; exit 7",
    ]);
    assert_eq!(told.code, Some(7));
    let (daemon, endpoint) = told.data.trim().split_once(' ').expect("two addresses");
    assert_eq!(endpoint, format!("http://{daemon}"));
    assert!(daemon.starts_with("127.0.0.1:"), "{daemon}");
    assert!(told.talk.contains("nothing was traced"), "{}", told.talk);
}

#[test]
fn what_was_traced_is_summed_up_and_written() {
    let folder = Folder::new();
    let (documents, file) = (
        folder.path().join("documents.json"),
        folder.path().join("all.jsonl"),
    );
    fs::write(&documents, format!("{}\n{}", document(1), document(2))).expect("written");
    let (program, documents) = (
        env!("CARGO_BIN_EXE_xray-local"),
        documents.to_str().expect("text"),
    );
    let send = format!("{program} send --udp $AWS_XRAY_DAEMON_ADDRESS {documents}");
    let told = run(&[
        "--export",
        file.to_str().expect("text"),
        "--",
        "sh",
        "-c",
        &send,
    ])
    .ok();
    assert_eq!(told.data, "2 sent, 0 refused\n");
    assert!(
        told.talk.contains("2 traces: 1 with faults, 0 with errors"),
        "{}",
        told.talk
    );
    assert!(
        told.talk.contains("  client -> front -> orders\n"),
        "{}",
        told.talk
    );
    assert_eq!(
        fs::read_to_string(&file).expect("is there").lines().count(),
        2
    );
    let quiet = run(&["--quiet", "--", "sh", "-c", &send]).ok();
    assert_eq!(quiet.talk, "");
    let nowhere = run(&[
        "-q",
        "--export",
        "/no/such/folder/file",
        "--",
        "sh",
        "-c",
        "echo ran",
    ]);
    nowhere.refused(1, "cannot write /no/such/folder/file");
    assert_eq!(nowhere.data, "", "it is told before the program runs");
}

#[test]
fn what_goes_on_is_not_told_to_have_taken_any_time() {
    let folder = Folder::new();
    let documents = folder.path().join("documents.json");
    let mut open = document(1);
    open["in_progress"] = json!(true);
    open.as_object_mut().expect("an object").remove("end_time");
    fs::write(&documents, open.to_string()).expect("written");
    let program = env!("CARGO_BIN_EXE_xray-local");
    let send = format!("{program} send {}", documents.display());
    let told = run(&["--", "sh", "-c", &send]).ok();
    assert!(told.talk.contains("1 trace: "), "{}", told.talk);
    assert!(!told.talk.contains("slowest"), "{}", told.talk);
}

#[test]
fn what_run_writes_is_what_export_writes() {
    let folder = Folder::new();
    let (documents, here, there) = (
        folder.path().join("documents.json"),
        folder.path().join("here.jsonl"),
        folder.path().join("there.jsonl"),
    );
    let mut early = document(1);
    early["start_time"] = json!(1_478_293_300.0);
    let mut hostile = document(3);
    hostile["user"] = json!("a\u{9b}2J\u{202e}");
    let all = [document(2), early, hostile].map(|document| document.to_string());
    fs::write(&documents, all.join("\n")).expect("written");
    fs::write(&there, "what was there before\n".repeat(1_000)).expect("written");
    let program = env!("CARGO_BIN_EXE_xray-local");
    let script = format!(
        "{program} send {} && {program} export -o {}",
        documents.display(),
        here.display()
    );
    let there = there.to_str().expect("text");
    run(&["--export", there, "--", "sh", "-c", &script]).ok();
    let text = fs::read_to_string(&here).expect("is there");
    assert_eq!(text, fs::read_to_string(there).expect("is there"));
    assert!(text.starts_with("{") && text.lines().count() == 3, "{text}");
    assert!(
        text.contains("\\u009b2J") && !text.contains('\u{9b}'),
        "{text}"
    );
    assert!(
        text.lines()
            .next()
            .is_some_and(|line| line.contains("000000000001")),
        "{text}"
    );
}

#[test]
fn variables_of_opentelemetry_are_left_as_they_are() {
    let told = run(&["--", "sh", "-c", "env | grep -c ^OTEL_"]);
    assert_eq!(told.data, "0\n");
    assert!(
        told.talk.contains("OpenTelemetry's collector"),
        "{}",
        told.talk
    );
}

#[test]
fn signals_are_passed_on_and_told_as_shells_do() {
    for (signal, code) in [("TERM", 143), ("INT", 130), ("HUP", 129)] {
        let mut command = program();
        let mut child = command
            .args(["run", "--", "sh", "-c", "echo ready; exec sleep 60"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("starts");
        let mut line = String::new();
        let mut data = BufReader::new(child.stdout.take().expect("is piped"));
        data.read_line(&mut line).expect("is text");
        let id = child.id().to_string();
        let kill = Command::new("kill")
            .args([&format!("-{signal}"), &id])
            .status();
        assert!(kill.expect("there is kill").success());
        let status = child.wait().expect("ends");
        assert_eq!(
            (status.code(), status.signal()),
            (Some(code), None),
            "{signal}"
        );
        let mut talk = String::new();
        child
            .stderr
            .take()
            .expect("is piped")
            .read_to_string(&mut talk)
            .expect("text");
        assert!(
            talk.contains("nothing was traced"),
            "it sums up all the same: {talk}"
        );
    }
}

#[test]
fn what_cannot_be_started_is_told() {
    let told = run(&["--", "no-such-program"]);
    told.refused(127, "cannot start \"no-such-program\"");
    run(&["--", "/"]).refused(126, "cannot start \"/\"");
    run(&[]).refused(2, "<COMMAND>");
    run(&["true"]).refused(2, "run [OPTIONS] -- <COMMAND>");
    let remote = run(&["--bind", "0.0.0.0:0", "--", "true"]);
    remote.refused(2, "can be reached from other machines");
    let cures = [
        "xray-local run --bind 127.0.0.1:0 -- COMMAND",
        "xray-local --bind 0.0.0.0:0 --allow-remote",
    ];
    assert!(
        cures.iter().all(|cure| remote.talk.contains(cure)),
        "{}",
        remote.talk
    );
    let server = server();
    let address = server.address().to_string();
    run(&["--bind", &address, "--", "true"]).refused(6, "is in use");
}
