//! `assert`, by itself and in a script.

use super::*;

#[test]
fn what_there_should_be_is_there_or_not() {
    let server = server_with(&[1, 2, 3]);
    for (arguments, code) in [
        (&["fault"][..], 0),
        (&["fault", "--count", "2"], 0),
        (&["fault", "--count", "1"], 3),
        (&["fault", "--count", "0"], 3),
        (&["fault", "--count", "3"], 3),
        (&["fault", "--min", "2"], 0),
        (&["fault", "--min", "3"], 3),
        (&["fault", "--max", "2"], 0),
        (&["fault", "--max", "1"], 3),
        (&["fault", "--min", "1", "--max", "5"], 0),
        (&["throttle"], 3),
        (&["throttle", "--count", "0"], 0),
        (&["fault", "--since", "1s", "--count", "0"], 0),
    ] {
        let told = ask(&server, &[&["assert"], arguments].concat());
        assert_eq!(told.code, Some(code), "{arguments:?}: {}", told.talk);
    }
    let told = ask(&server, &["assert", "fault", "--count", "0"]);
    told.refused(3, "does not hold: fault: 1 found, 0 expected");
    assert!(
        told.talk.contains(&format!("{}/#/trace/1-", server.url())),
        "{}",
        told.talk
    );
    assert!(
        told.talk.ends_with("shows what happened.\n"),
        "{}",
        told.talk
    );
    ask(&server, &["assert", "fault", "--min", "2", "--max", "1"])
        .refused(2, "--max is less than --min");
    ask(&server, &["assert", "fault", "--min", "2", "--count", "1"])
        .refused(2, "cannot be used with");
    ask(&server, &["assert", "fault", "--within", "soon"]).refused(2, "30d, 12h");
    ask(&server, &["assert"]).refused(2, "<FILTER>");
}

#[test]
fn what_holds_of_an_empty_store_is_told_to_say_little() {
    let told = ask(&server(), &["assert", "fault", "--count", "0"]);
    told.refused(0, "nothing is stored at all");
    let json = ask(&server(), &["assert", "fault", "--json"]);
    assert_eq!(json.code, Some(3));
    assert_eq!(json.json()["holds"], false);
}

#[test]
fn what_is_still_to_come_is_waited_for() {
    let server = server_with(&[]);
    let child = asking(server.address(), &["assert", "fault", "--within", "60s"])
        .spawn()
        .expect("starts");
    call(
        &server,
        "/TraceSegments",
        &json!({"TraceSegmentDocuments": [document(1).to_string()]}),
    );
    // It ends long before a minute is over, or this test takes one.
    let ended = child.wait_with_output().expect("ends");
    assert!(ended.status.success());
}

#[cfg(unix)]
mod script {
    use std::fs;
    use std::path::Path;

    use super::*;
    use crate::folder::Folder;

    fn check(arguments: &[&str]) -> Told {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/ci/check.sh");
        let mut command = Command::new(script);
        command
            .args(arguments)
            .env("XRAY_LOCAL", env!("CARGO_BIN_EXE_xray-local"))
            .env_remove("XRAY_LOCAL_ADDRESS")
            .env_remove("AWS_ENDPOINT_URL_XRAY");
        Told::of(command.output().expect("there is sh"))
    }

    #[test]
    fn a_script_passes_when_all_is_well_and_fails_when_not() {
        let folder = Folder::new();
        let file = folder.file();
        let name = file.to_str().expect("is text");
        let send = [env!("CARGO_BIN_EXE_xray-local"), "send", name];
        fs::write(&file, document(2).to_string()).expect("written");
        let well = check(&send);
        well.refused(0, "1 traces: 0 with faults");
        fs::write(&file, document(1).to_string()).expect("written");
        check(&send).refused(3, "does not hold: fault: 1 found, 0 expected");
        check(&["true"]).refused(
            3,
            "does not hold: duration >= 0: 0 found, at least 1 expected",
        );
        check(&["sh", "-c", "exit 42"]).refused(42, "nothing was traced");
        check(&["no-such-program"]).refused(127, "no-such-program");
        check(&[]).refused(2, "usage:");
    }
}
