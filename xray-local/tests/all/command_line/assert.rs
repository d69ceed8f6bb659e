//! `assert`, by itself and in a script.

use std::thread;

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
    told.refused(3, "does not hold: fault: 2 found, 0 expected");
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
    let all = ask(&server, &["assert", "duration >= 0", "--max", "1"]);
    all.refused(
        3,
        "does not hold: duration >= 0: 3 found, at most 1 expected",
    );
    ask(&server, &["assert", "fault", "--min", "2", "--max", "1"])
        .refused(2, "--max is less than --min");
    ask(&server, &["assert", "fault", "--min", "2", "--count", "1"])
        .refused(2, "cannot be used with");
    ask(&server, &["assert", "fault", "--within", "soon"]).refused(2, "30d, 12h");
    ask(&server, &["assert"]).refused(2, "<FILTER>");
}

#[test]
fn where_more_than_a_page_is_found_it_says_that_there_may_be_more() {
    let numbers: Vec<_> = (1..=500).collect();
    let server = server_with(&[]);
    for some in numbers.chunks(50) {
        let documents: Vec<_> = some
            .iter()
            .map(|number| document(*number).to_string())
            .collect();
        call(
            &server,
            "/TraceSegments",
            &json!({"TraceSegmentDocuments": documents}),
        );
    }
    let told = ask(
        &server,
        &["assert", "duration >= 0", "--count", "0", "--json"],
    );
    told.refused(3, "at least 200 found, 0 expected");
    assert_eq!(
        (&told.json()["count"], &told.json()["isAtLeast"]),
        (&json!(200), &json!(true))
    );
    let all = ask(
        &server,
        &["assert", "duration >= 0", "--count", "500", "--json"],
    )
    .ok();
    assert_eq!(
        (&all.json()["count"], &all.json()["isAtLeast"]),
        (&json!(500), &json!(false))
    );
    assert!(
        all.talk
            .contains("holds: duration >= 0: 500 found, 500 expected"),
        "{}",
        all.talk
    );
}

#[test]
fn a_server_that_is_not_there_yet_is_waited_for() {
    // The port is taken, and nobody listens yet: whoever connects is refused.
    let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
    let loopback = "127.0.0.1:0".parse().expect("an address");
    socket.bind(loopback).expect("a free port");
    let address = socket.local_addr().expect("bound");
    for arguments in [&["fault"][..], &["fault", "--within", "1s"]] {
        let mut command = asking(address, &[&["assert"], arguments].concat());
        Told::of(command.output().expect("starts")).refused(5, "nothing answers at");
    }
    let child = asking(address, &["assert", "fault", "--within", "60s"])
        .stderr(Stdio::piped())
        .spawn()
        .expect("starts");
    let server = server_with(&[1]);
    listen(socket, server.address());
    Told::of(child.wait_with_output().expect("ends")).ok();
}

/// From now on connections lead to a server.
fn listen(socket: tokio::net::TcpSocket, server: SocketAddr) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()
        .expect("a runtime");
    thread::spawn(move || {
        runtime.block_on(async {
            let listener = socket.listen(16).expect("listens");
            loop {
                let (mut here, _) = listener.accept().await.expect("a connection");
                let mut there = tokio::net::TcpStream::connect(server)
                    .await
                    .expect("is there");
                // One side or the other goes when all is said.
                let _ = tokio::io::copy_bidirectional(&mut here, &mut there).await;
            }
        });
    });
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
        well.refused(0, "1 trace: 0 with faults");
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
