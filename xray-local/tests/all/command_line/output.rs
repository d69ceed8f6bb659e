//! What every command keeps to: colours, pipes, signals, and nothing of what traces say steers a terminal.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::ExitStatus;

use super::help::run;
use super::*;
use crate::folder::Folder;

#[test]
fn the_servers_own_settings_do_not_hinder_commands() {
    let server = server_with(&[]);
    let mut command = asking(server.address(), &["health"]);
    command
        .env("XRAY_LOCAL_BIND", "127.0.0.1:0")
        .env("XRAY_LOCAL_KEYS", "/no/such/file");
    let told = Told::of(command.output().expect("starts")).ok();
    assert!(told.data.contains("is well"), "{}", told.data);
    ask(&server, &["--memory", "health"]).refused(2, "cannot be used with");
}

#[test]
fn colours_reach_terminals_only() {
    let server = server_with(&[1]);
    let id = id(1);
    for arguments in [
        &["traces", "ls"][..],
        &["traces", "get", &id],
        &["tail", "--count", "1"],
        &["map"],
    ] {
        let plain = ask(&server, arguments).ok().data;
        assert!(!plain.contains('\x1b'), "{plain}");
        let forced = asking(server.address(), arguments)
            .env("CLICOLOR_FORCE", "1")
            .output();
        let forced = Told::of(forced.expect("starts")).ok().data;
        assert!(forced.contains("\x1b["), "{forced}");
    }
}

/// Characters that clear the screen, set its title, ring, turn the direction of writing, and 8-bit forms of them.
const HOSTILE: &str = "a\u{1b}[2J\u{1b}]0;title\u{7}\u{9b}31m\u{202e}b\nc\r\u{8}\u{200b}<b>|\"\\";

#[test]
fn nothing_that_a_trace_says_steers_the_terminal() {
    let server = server_with(&[]);
    let mut hostile = document(1);
    hostile["http"]["request"] = json!({"method": HOSTILE, "url": format!("http://h/{HOSTILE}")});
    hostile["user"] = json!(HOSTILE);
    hostile["annotations"] = json!({"key": HOSTILE});
    hostile["metadata"] = json!({HOSTILE: {HOSTILE: HOSTILE}});
    hostile["subsegments"][0]["sql"] = json!({"sanitized_query": HOSTILE});
    hostile["subsegments"][1]["aws"] =
        json!({"operation": HOSTILE, "queue_url": HOSTILE, "table_name": HOSTILE});
    hostile["subsegments"][1]["name"] = json!("SQS");
    hostile["subsegments"][1]["namespace"] = json!("aws");
    hostile["cause"] =
        json!({"exceptions": [{"id": "0000000000000001", "message": HOSTILE, "type": HOSTILE}]});
    call(
        &server,
        "/TraceSegments",
        &json!({"TraceSegmentDocuments": [hostile.to_string()]}),
    );
    let id = id(1);
    let filter = format!("annotation.key = \"{HOSTILE}");
    for arguments in [
        &["traces", "ls"][..],
        &["traces", "ls", "--json"],
        &["traces", "ls", &filter],
        &["traces", "get", &id],
        &["traces", "get", &id, "--json"],
        &["traces", "diff", &id, &id],
        &["traces", "diff", &id, &id, "--json"],
        &["map"],
        &["map", "--json"],
        &["map", "--svg"],
        &["map", "--dot"],
        &["tail", "--count", "1", "--format", "human"],
        &["tail", "--count", "1", "--format", "md"],
        &["tail", "--count", "1", "--format", "logfmt"],
        &["tail", "--count", "1", "--format", "json"],
        &["assert", "fault", "--count", "0"],
        &["assert", "fault", "--count", "0", "--json"],
        &["export"],
        &["sampling", "explain", "--path", HOSTILE],
        &["groups", "rm", HOSTILE],
        &["health"],
    ] {
        let told = ask(&server, arguments);
        assert!(
            !told.talk.contains("panicked"),
            "{arguments:?}: {}",
            told.talk
        );
        for text in [&told.data, &told.talk] {
            let steers = |letter: char| {
                (letter.is_control() && letter != '\n')
                    || ['\u{202e}', '\u{200b}'].contains(&letter)
            };
            assert!(!text.contains(steers), "{arguments:?}: {text:?}");
        }
    }
    let told = ask(&server, &["traces", "get", &id, "--json"]).ok().json();
    assert_eq!(
        told["traces"][0]["documents"][0]["user"], HOSTILE,
        "JSON says all of it"
    );
}

#[test]
fn deep_and_long_documents_are_shown_too() {
    let server = server_with(&[]);
    let mut deep = json!({"name": "bottom", "id": "00000000000000ff", "start_time": 1_478_293_361.0, "end_time": 1_478_293_361.1});
    for level in 0..40 {
        deep = json!({"name": "x".repeat(200), "id": format!("{:016x}", 0x100 + level), "start_time": 1_478_293_361.0,
            "end_time": 1_478_293_361.1, "subsegments": [deep]});
    }
    let mut segment = document(1);
    segment["subsegments"] = json!([deep]);
    segment["metadata"] = json!({"default": {"long": "y".repeat(1_000_000)}});
    call(
        &server,
        "/TraceSegments",
        &json!({"TraceSegmentDocuments": [segment.to_string()]}),
    );
    let id = id(1);
    let drawn = ask(&server, &["traces", "get", &id]).ok().data;
    assert_eq!(drawn.lines().count(), 43);
    assert!(
        drawn.lines().all(|line| line.chars().count() <= 100),
        "{drawn}"
    );
    ask(&server, &["traces", "diff", &id, &id]).ok();
    assert!(ask(&server, &["export"]).ok().data.len() > 1_000_000);
}

#[cfg(unix)]
#[test]
fn a_reader_that_has_had_enough_ends_a_command_quietly() {
    let numbers: Vec<_> = (1..40).collect();
    let server = server_with(&numbers);
    for arguments in [
        "traces ls -n 1000 --json",
        "export",
        "licenses",
        "map --json",
        "man",
    ] {
        let program = env!("CARGO_BIN_EXE_xray-local");
        let line = format!("{{ {program} {arguments}; echo code $? >&2; }} | head -c 1");
        let mut shell = Command::new("sh");
        shell
            .args(["-c", &line])
            .env("XRAY_LOCAL_ADDRESS", server.address().to_string());
        let told = Told::of(shell.output().expect("there is sh"));
        assert!(
            told.talk.ends_with("code 0\n"),
            "{arguments}: {}",
            told.talk
        );
        assert!(
            !told.talk.contains("panicked") && !told.talk.contains("cannot write"),
            "{}",
            told.talk
        );
    }
}

#[cfg(unix)]
#[test]
fn what_was_found_decides_the_exit_code_whoever_reads() {
    let server = server_with(&[1, 2]);
    let id = id(1);
    let nowhere = "1-581cf771-00000000000000000000ffff";
    let folder = Folder::new();
    let bad = folder.path().join("bad.jsonl");
    fs::write(&bad, "{\"id\":\"70de5b6f19ff9a0a\"}\n").expect("written");
    let bad = bad.to_str().expect("is text");
    for (arguments, code) in [
        (&["assert", "ok", "--max", "0"][..], 3),
        (&["assert", "ok", "--max", "0", "--json"], 3),
        (&["validate", bad], 3),
        (&["validate", bad, "--json"], 3),
        (
            &["doctor", "--program-env", "AWS_XRAY_SDK_ENABLED=false"],
            3,
        ),
        (
            &[
                "doctor",
                "--program-env",
                "AWS_XRAY_SDK_ENABLED=false",
                "--json",
            ],
            3,
        ),
        (&["send", bad], 3),
        (&["send", bad, "--json"], 3),
        (&["import", bad, "--json"], 3),
        (&["traces", "get", &id, nowhere], 4),
        (&["traces", "get", &id, nowhere, "--json"], 4),
        (&["traces", "rm", &id, nowhere, "--dry-run", "--json"], 4),
        (&["traces", "ls"], 0),
    ] {
        assert_eq!(ask(&server, arguments).code, Some(code), "{arguments:?}");
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let mut unread = asking(server.address(), arguments);
        let told = unread.stdout(writer).stderr(Stdio::piped()).output();
        let told = Told::of(told.expect("starts"));
        assert_eq!(
            told.code,
            Some(code),
            "{arguments:?}, unread: {}",
            told.talk
        );
        assert!(!told.talk.contains("cannot write"), "{}", told.talk);
    }
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_a_command_with_a_code_of_its_own() {
    let server = server_with(&[1]);
    let mut child = asking(server.address(), &["tail"])
        .stdout(Stdio::piped())
        .spawn()
        .expect("starts");
    let mut line = String::new();
    let mut data = BufReader::new(child.stdout.take().expect("is piped"));
    data.read_line(&mut line).expect("is text");
    let kill = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(kill.is_ok_and(|status: ExitStatus| status.success()));
    assert_eq!(child.wait().expect("ends").code(), Some(130));
}

#[test]
fn a_time_from_before_1970_on_is_all_of_it() {
    let server = server_with(&[1, 2, 3]);
    for since in ["30000d", "99999999999999d"] {
        let listed = ask(&server, &["traces", "ls", "--json", "--since", since]).ok();
        assert_eq!(listed.json()["traces"].as_array().map(Vec::len), Some(3));
        let drawn = ask(&server, &["map", "--since", since]).ok().data;
        assert!(drawn.contains("front"), "{drawn}");
        let exported = ask(&server, &["export", "--since", since]).ok().data;
        assert_eq!(exported.lines().count(), 3);
        ask(
            &server,
            &["assert", "duration >= 0", "--count", "3", "--since", since],
        )
        .ok();
    }
}

#[test]
fn numbers_that_make_no_sense_are_told_with_what_is_expected() {
    for (command, number) in [
        (&["tail", "--count", "-1"][..], "-1"),
        (&["tail", "-n", "1.5"], "1.5"),
        (&["assert", "fault", "--min", "x"], "x"),
    ] {
        let told = run(command);
        told.refused(2, &format!("invalid value '{number}'"));
        told.refused(2, "a whole number, 0 or more");
    }
    for number in ["-1", "0"] {
        let told = run(&["traces", "ls", "--limit", number]);
        told.refused(2, &format!("invalid value '{number}'"));
        told.refused(2, "a whole number, 1 or more");
    }
    for command in [
        &["traces", "ls", "--since"][..],
        &["map", "--since"],
        &["assert", "fault", "--within"],
    ] {
        let told = run(&[command, &["-5m"]].concat());
        told.refused(2, "invalid value '-5m'");
        told.refused(2, "expected a time");
    }
}
