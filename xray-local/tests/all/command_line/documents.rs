//! What moves documents: send, import, export, replay.

use std::fs;
use std::time::Duration;

use super::*;
use crate::folder::Folder;

#[test]
fn documents_are_sent_in_any_form_and_what_is_refused_is_told() {
    let server = server_with(&[]);
    let both = json!([document(1), document(2)]).to_string();
    assert_eq!(
        ask_with(&server, &["send", "-"], &both).ok().data,
        "2 sent, 0 refused\n"
    );
    assert_eq!(server.store().counts().traces, 2);
    let bad = format!("{} {{\"id\":\"70de5b6f19ff9a0a\"}}", document(3));
    let told = ask_with(&server, &["send", "-"], &bad);
    told.refused(3, "70de5b6f19ff9a0a: MissingName");
    assert!(told.talk.ends_with("what to do.\n"), "{}", told.talk);
    let told = ask_with(&server, &["send", "-", "--json"], &bad).json();
    assert_eq!(told["refused"][0]["code"], "MissingName");
    assert_eq!(told["sent"], 1);
}

#[test]
fn what_is_no_file_of_documents_is_told_with_what_is_expected() {
    let server = server();
    ask(&server, &["send", "/no/such/file"]).refused(4, "cannot read /no/such/file");
    ask_with(&server, &["send", "-"], "").refused(1, "there is no document in standard input");
    ask_with(&server, &["import", "-"], "{\"a\": ").refused(1, "line 1 column");
    ask_with(
        &server,
        &["replay", "-", "--to", "udp://127.0.0.1:1"],
        "nonsense",
    )
    .refused(1, "not understood");
    ask(&server, &["send"]).refused(2, "<FILE>");
}

#[test]
fn documents_are_sent_the_way_of_sdks() {
    let server = server_with(&[]);
    let address = server.address().to_string();
    let told = ask_with(
        &server,
        &["send", "-", "--udp", &address],
        &document(1).to_string(),
    );
    assert_eq!(told.ok().data, "1 sent, 0 refused\n");
    let is_there = |store: &xray_local::Store| store.counts().traces == 1;
    assert!(server.store().wait_until(is_there, Duration::from_secs(10)));
    let mut large = document(2);
    large["metadata"] = json!({"default": {"text": "x".repeat(70_000)}});
    ask_with(
        &server,
        &["send", "-", "--udp", &address],
        &large.to_string(),
    )
    .refused(3, "more than a datagram holds");
    let free = {
        let socket = std::net::UdpSocket::bind("127.0.0.1:0").expect("a free port");
        socket.local_addr().expect("bound").to_string()
    };
    let to = format!("udp://{free}");
    for command in [
        &["send", "-", "--udp", &free][..],
        &["replay", "-", "--to", &to],
    ] {
        ask_with(&server, command, &document(3).to_string()).refused(5, "cannot send to");
    }
    ask_with(&server, &["send", "-", "--udp", "nonsense"], "{}")
        .refused(5, "cannot send to nonsense");
}

#[test]
fn what_is_exported_is_imported_as_it_was() {
    let server = server_with(&[1, 2, 3]);
    let exported = ask(&server, &["export"]).ok();
    assert_eq!(exported.data.lines().count(), 3);
    assert!(
        exported.talk.contains("3 traces, 3 documents"),
        "{}",
        exported.talk
    );
    let other = server_with(&[]);
    assert_eq!(
        ask_with(&other, &["import", "-"], &exported.data).ok().data,
        "3 sent, 0 refused\n"
    );
    assert_eq!(ask(&other, &["export"]).ok().data, exported.data);
    let folder = Folder::new();
    let file = folder.file();
    let name = file.to_str().expect("is text");
    ask(&server, &["export", "fault", "--output", name]).ok();
    assert_eq!(
        fs::read_to_string(&file).expect("is there").lines().count(),
        2
    );
    ask(&server, &["export", "-o", "/no/such/folder/file"]).refused(1, "cannot write");
}

#[test]
fn an_answer_of_the_aws_command_is_imported_without_what_was_inferred() {
    let server = server_with(&[1]);
    let answer = call(&server, "/Traces", &json!({"TraceIds": [id(1)]}));
    assert_eq!(
        answer["Traces"][0]["Segments"]
            .as_array()
            .expect("a list")
            .len(),
        2
    );
    let other = server_with(&[]);
    assert_eq!(
        ask_with(&other, &["import", "-"], &answer.to_string())
            .ok()
            .data,
        "1 sent, 0 refused\n"
    );
}

#[test]
fn a_replay_makes_new_traces_of_now() {
    let server = server_with(&[]);
    let text = format!("{}\n{}\n", document(1), document(2));
    let udp = format!("udp://{}", server.address());
    let dry = ask_with(&server, &["replay", "-", "--to", &udp, "--dry-run"], &text).ok();
    assert_eq!(dry.data.lines().count(), 2);
    assert!(dry.talk.contains("would send 2 documents"), "{}", dry.talk);
    assert_eq!(server.store().counts().stored, 0, "nothing was sent");
    ask_with(&server, &["replay", "-", "--to", &udp], &text).ok();
    let is_there = |store: &xray_local::Store| store.counts().traces == 2;
    assert!(server.store().wait_until(is_there, Duration::from_secs(10)));
    let recent = ask(&server, &["traces", "ls", "--since", "1m", "--json"])
        .ok()
        .json();
    assert_eq!(recent["traces"].as_array().expect("a list").len(), 2);
    assert_ne!(recent["traces"][0]["id"], id(1));
    let told = ask_with(
        &server,
        &[
            "replay",
            "-",
            "--to",
            &server.url(),
            "--as-is",
            "--speed",
            "1000",
        ],
        &text,
    );
    assert_eq!(told.ok().data, "2 sent, 0 refused\n");
    ask(&server, &["traces", "get", &id(1)]).ok();
    ask_with(&server, &["replay", "-", "--to", "127.0.0.1"], &text)
        .refused(2, "udp://127.0.0.1:2000");
    ask_with(
        &server,
        &["replay", "-", "--to", &udp, "--speed", "0"],
        &text,
    )
    .refused(2, "above 0");
    ask_with(
        &server,
        &["replay", "-", "--to", "http://127.0.0.1:1"],
        &text,
    )
    .refused(5, "nothing answers");
}

#[test]
fn of_many_documents_that_are_refused_the_first_are_told() {
    let server = server();
    let documents: String = (0..150)
        .map(|number| format!("{{\"id\":\"{number}\"}}\n"))
        .collect();
    let told = ask_with(&server, &["send", "-"], &documents);
    told.refused(3, "and 130 more; --json tells of each");
    assert!(told.talk.lines().count() < 25, "{}", told.talk);
    let told = ask_with(&server, &["send", "-", "--json"], &documents).json();
    assert_eq!(told["refused"].as_array().map(Vec::len), Some(150));
}
