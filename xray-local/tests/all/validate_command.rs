//! `xray-local validate` as a process.

use std::fs;
use std::io::Write;
use std::process::{Output, Stdio};

use serde_json::Value;

use crate::folder::Folder;
use crate::program::program;

const BAD: &str = r#"{"name":"sh<op","id":"70de5b6f19ff9a0a","trace_id":"1-581cf771-a006649127e371903a2de979","start_time":4000000000,"end_time":4000000001}"#;

fn validate(arguments: &[&str], input: &str) -> Output {
    let mut child = program()
        .arg("validate")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut pipe = child.stdin.take().expect("is piped");
    // One that makes no sense of its arguments does not read.
    let _ = pipe.write_all(input.as_bytes());
    drop(pipe);
    child.wait_with_output().expect("it ends")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("is text")
}

#[test]
fn findings_stand_with_file_line_and_column() {
    let folder = Folder::new();
    let file = folder.path().join("segments.json");
    fs::write(&file, format!("[\n  {BAD}\n]\n")).expect("written");
    let name = file.display().to_string();
    let output = validate(&[&name], "");
    let told = text(&output.stdout);
    assert_eq!(output.status.code(), Some(3), "{told}");
    let first = format!(
        "{name}:2:11: InvalidName: name \"sh<op\" holds '<'\n    X-Ray refuses the document; use letters"
    );
    assert!(told.starts_with(&first), "{told}");
    assert!(!told.contains('\u{1b}'), "colour is for terminals: {told}");
    assert_eq!(
        text(&output.stderr),
        "1 document, findings: 1 rejected, 1 kept, and not as meant perhaps\n"
    );
}

#[test]
fn a_stream_has_a_line_of_json_for_each_finding() {
    let output = validate(&["-", "--json"], &format!("{BAD}\n{BAD}\n"));
    assert_eq!(output.status.code(), Some(3));
    let told = text(&output.stdout);
    let lines: Vec<Value> = told
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    assert_eq!(lines.len(), 4);
    assert_eq!(
        (&lines[2]["file"], &lines[2]["line"], &lines[2]["column"]),
        (&"-".into(), &2.into(), &9.into())
    );
    assert_eq!(
        (&lines[0]["version"], &lines[0]["severity"]),
        (&1.into(), &"rejected".into())
    );
    assert_eq!(lines[0]["document"], "70de5b6f19ff9a0a");
}

#[test]
fn what_is_good_is_told_and_exits_with_0() {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let now = now.expect("after 1970").as_secs();
    let good = format!(
        r#"{{"name":"shop","id":"70de5b6f19ff9a0a","trace_id":"1-{now:08x}-a006649127e371903a2de979","start_time":{now},"end_time":{now}.5}}"#
    );
    let output = validate(
        &["-"],
        &format!("{{\"format\":\"json\",\"version\":1}}\n{good}"),
    );
    assert_eq!(
        (output.status.code(), text(&output.stdout)),
        (Some(0), String::new())
    );
    assert_eq!(text(&output.stderr), "1 document, nothing to find\n");
}

#[test]
fn wrong_use_gets_help() {
    assert_eq!(validate(&[], "").status.code(), Some(2));
    let missing = validate(&["no/such/file.json"], "");
    assert_eq!(missing.status.code(), Some(4));
    assert!(
        text(&missing.stderr).contains("cannot read no/such/file.json"),
        "{}",
        text(&missing.stderr)
    );
}
