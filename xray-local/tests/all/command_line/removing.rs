//! `traces rm`.

use super::*;
use crate::client::post;
use crate::folder::Folder;
use crate::program::serve;

/// The ids of the traces that a server lists.
fn listed(server: &Server) -> Vec<String> {
    let told = ask(server, &["traces", "ls", "--json"]).ok().json();
    let traces = told["traces"].as_array().expect("a list");
    let ids = traces
        .iter()
        .map(|trace| trace["id"].as_str().expect("an id").to_owned());
    let mut ids: Vec<_> = ids.collect();
    ids.sort();
    ids
}

#[test]
fn what_is_taken_out_is_in_no_answer_any_more() {
    let server = server_with(&[1, 2, 3]);
    let told = ask(&server, &["traces", "rm", &id(1), &id(3), &id(1), "--yes"]).ok();
    assert_eq!(told.data, format!("{}\n{}\n", id(1), id(3)));
    assert!(
        told.talk.contains("2 traces were taken out"),
        "{}",
        told.talk
    );
    assert_eq!(listed(&server), [id(2)]);
    let answer = call(&server, "/Traces", &json!({"TraceIds": [id(1), id(2)]}));
    assert_eq!(answer["UnprocessedTraceIds"], json!([id(1)]));
    let graph = json!({"StartTime": 1_478_293_300, "EndTime": 1_478_293_400});
    let graph = call(&server, "/ServiceGraph", &graph);
    let services = graph["Services"].as_array().expect("a list");
    let front = services
        .iter()
        .find(|service| service["Name"] == "front" && service["Type"] != "client");
    let front = front.unwrap_or_else(|| panic!("{graph}"));
    assert_eq!(front["SummaryStatistics"]["TotalCount"], 1);
    assert_eq!(
        front["SummaryStatistics"]["FaultStatistics"]["TotalCount"],
        0
    );
    let health = ask(&server, &["health"]).ok().data;
    assert!(
        health.contains("1 trace,") && health.contains("2 taken out"),
        "{health}"
    );

    ask(&server, &["traces", "rm", &id(1), "--yes"]).refused(4, &id(1));
    let some = ask(&server, &["traces", "rm", &id(1), &id(2), "--yes"]);
    some.refused(4, &id(1));
    assert_eq!(
        some.data,
        format!("{}\n", id(2)),
        "the other one is taken out"
    );
    let again = json!({"TraceSegmentDocuments": [document(1).to_string()]});
    call(&server, "/TraceSegments", &again);
    assert_eq!(listed(&server), [id(1)], "what comes later is a new trace");
}

#[test]
fn a_filter_takes_out_what_it_means_and_a_dry_run_nothing() {
    let numbers: Vec<_> = (1..=250).collect();
    let server = server_with(&numbers);
    let would = ask(&server, &["traces", "rm", "-f", "fault", "--dry-run"]).ok();
    assert_eq!(would.data.lines().count(), 125);
    assert!(would.talk.contains("125 traces would be"), "{}", would.talk);
    assert_eq!(server.store().counts().traces, 250);
    let did = ask(&server, &["traces", "rm", "-f", "fault", "--yes", "--json"])
        .ok()
        .json();
    assert_eq!(did["removed"].as_array().map(Vec::len), Some(125));
    assert_eq!(server.store().counts().traces, 125);
    ask(&server, &["traces", "rm", "-f", "fault", "--yes"]).refused(4, "no such traces");
    ask(
        &server,
        &["traces", "rm", "-f", "ok", "--yes", "--since", "1m"],
    )
    .refused(4, "no such traces");
}

#[test]
fn where_nobody_can_be_asked_it_must_be_said_and_nothing_is_taken_out() {
    let server = server_with(&[1]);
    ask(&server, &["traces", "rm", &id(1)]).refused(2, "--yes");
    ask_with(&server, &["traces", "rm", &id(1)], "y\n").refused(2, "--yes");
    ask(&server, &["traces", "rm", "--yes"]).refused(2, "<ID|--filter <FILTER>>");
    ask(&server, &["traces", "rm", "--yes", &id(1), "-f", "fault"]).refused(2, "cannot be used");
    ask(&server, &["traces", "rm", "--yes", "-f", "fault ="])
        .refused(2, "the filter makes no sense");
    ask(&server, &["traces", "rm", "--yes", "nonsense"]).refused(2, "nonsense");
    assert_eq!(server.store().counts().traces, 1);
}

#[cfg(target_os = "linux")]
#[test]
fn on_a_terminal_it_asks_first() {
    let server = server_with(&[1]);
    // `script` of util-linux lends a terminal.
    let answer = |answer: &str| {
        let typed = format!("{} traces rm {}", env!("CARGO_BIN_EXE_xray-local"), id(1));
        let mut command = asking(server.address(), &[]);
        let program = std::mem::replace(&mut command, Command::new("script"));
        for (name, value) in program.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        let child = command
            .args(["--quiet", "--return", "--command", &typed, "/dev/null"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn();
        let mut child = child.expect("util-linux is there");
        let mut stdin = child.stdin.take().expect("is piped");
        stdin.write_all(answer.as_bytes()).expect("is read");
        let told = child.wait_with_output().expect("ends");
        (
            told.status.code(),
            String::from_utf8_lossy(&told.stdout).into_owned(),
        )
    };
    let (code, told) = answer("n\n");
    assert_eq!(code, Some(1), "{told}");
    assert!(
        told.contains("Take 1 trace out of http://") && told.contains("nothing was taken out"),
        "{told}"
    );
    assert_eq!(server.store().counts().traces, 1);
    let (code, told) = answer("y\n");
    assert_eq!(code, Some(0), "{told}");
    assert_eq!(server.store().counts().traces, 0);
}

#[test]
fn what_was_taken_out_stays_away_when_the_server_is_killed() {
    let folder = Folder::new();
    let start = || {
        let (child, _, address, talk) = serve(program().arg("--data").arg(folder.path()));
        drop(talk);
        (child, address)
    };
    let (mut child, address) = start();
    let documents = [1, 2].map(|number| document(number).to_string());
    let input = json!({"TraceSegmentDocuments": documents}).to_string();
    let put = crate::client::request(address, "POST", "/TraceSegments", &[], &input);
    assert_eq!(put.status, 200, "{}", put.body);
    let removed = asking(address, &["traces", "rm", &id(1), "--yes"]).output();
    Told::of(removed.expect("starts")).ok();
    child.kill().expect("runs");
    child.wait().expect("ends");
    let (mut child, address) = start();
    let told = Told::of(
        asking(address, &["traces", "ls", "--json"])
            .output()
            .expect("starts"),
    )
    .ok();
    let traces = told.json()["traces"].clone();
    assert_eq!(traces.as_array().map(Vec::len), Some(1), "{traces}");
    assert_eq!(traces[0]["id"], id(2));
    child.kill().expect("runs");
    child.wait().expect("ends");
}

#[test]
fn what_the_server_cannot_read_is_refused_and_takes_nothing_out() {
    let server = server_with(&[1]);
    let many: Vec<_> = (0..501).map(id).collect();
    for (input, words) in [
        (json!({}), "TraceIds"),
        (json!({"TraceIds": ["x"]}), "no trace id"),
        (json!({"TraceIds": many}), "500 at most"),
        (json!({"TraceIds": [id(1)], "Dry": true}), "unknown field"),
    ] {
        let answer = post(&server, "/local/remove", &input);
        crate::client::assert_refused(&answer, 400, "InvalidRequestException", words);
    }
    assert_eq!(server.store().counts().traces, 1);
}
