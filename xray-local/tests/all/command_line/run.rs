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
    let nowhere = run(&["-q", "--export", "/no/such/folder/file", "--", "true"]);
    nowhere.refused(1, "cannot write /no/such/folder/file");
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
    run(&["--bind", "0.0.0.0:0", "--", "true"]).refused(2, "can be reached from other machines");
    let server = server();
    let address = server.address().to_string();
    run(&["--bind", &address, "--", "true"]).refused(6, "is in use");
}
