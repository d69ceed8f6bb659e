//! Which server is asked, and how it is spoken to.

use std::net::UdpSocket;

use super::*;

#[test]
fn a_server_that_is_not_there_is_told_with_what_to_do() {
    // A port that was free a moment ago, and that nobody else takes for TCP.
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a free port");
    let address = socket.local_addr().expect("an address");
    let (one, other) = (id(1), id(2));
    for arguments in [
        &["traces", "ls"][..],
        &["traces", "get", &one],
        &["traces", "diff", &one, &other],
        &["tail"],
        &["map"],
        &["assert", "fault"],
        &["export"],
        &["sampling", "rules"],
        &["sampling", "explain"],
        &["groups", "ls"],
        &["groups", "create", "a", "fault"],
        &["groups", "rm", "a"],
        &["health"],
    ] {
        let told = Told::of(asking(address, arguments).output().expect("starts"));
        told.refused(5, "nothing answers at http://127.0.0.1:");
        assert!(
            told.talk.ends_with("XRAY_LOCAL_ADDRESS.\n"),
            "{}",
            told.talk
        );
        assert_eq!(told.data, "");
    }
}

#[test]
fn the_server_is_found_by_the_variable_that_programs_have() {
    let server = server_with(&[1]);
    let mut command = program();
    let output = command
        .args(["traces", "ls", "--json"])
        .env("AWS_ENDPOINT_URL_XRAY", server.url())
        .output()
        .expect("starts");
    assert_eq!(Told::of(output).ok().json()["traces"][0]["id"], id(1));
    let output = program()
        .args(["traces", "ls"])
        .env("AWS_ENDPOINT_URL_XRAY", "2000")
        .output();
    Told::of(output.expect("starts")).refused(2, "AWS_ENDPOINT_URL_XRAY is \"2000\"");
    ask(&server, &["health", "--address", "nonsense"]).refused(2, "as in 127.0.0.1:2000");
    for empty in ["XRAY_LOCAL_ADDRESS", "AWS_ENDPOINT_URL_XRAY"] {
        let mut command = asking(server.address(), &["health"]);
        let address = server.address().to_string();
        command
            .env("XRAY_LOCAL_ADDRESS", &address)
            .env("AWS_ENDPOINT_URL_XRAY", server.url());
        Told::of(command.env(empty, "").output().expect("starts")).ok();
    }
}

#[test]
fn what_may_be_a_password_is_not_repeated() {
    let secret = "p4ss word";
    for url in [
        format!("http://me:{secret}@127.0.0.1:2000"),
        format!("me:{secret}@127.0.0.1:2000"),
        format!("http://{secret}@"),
    ] {
        for arguments in [
            &["health", "--address", &url][..],
            &["traces", "ls", "--address", &url],
            &["replay", "-", "--to", &url],
            &[
                "replay",
                "-",
                "--to",
                &format!("udp://me:{secret}@127.0.0.1:2000"),
            ],
        ] {
            let told = Told::of(program().args(arguments).output().expect("starts"));
            told.refused(2, "xpected ");
            assert!(
                !told.talk.contains("p4ss") && !told.talk.contains("word"),
                "{}",
                told.talk
            );
        }
        for arguments in [&["health"][..], &["health", "--help"], &["--help"]] {
            let mut command = program();
            command
                .args(arguments)
                .env("XRAY_LOCAL_ADDRESS", &url)
                .env("XRAY_LOCAL_ENCRYPTION_KEY_COMMAND", &url);
            let told = Told::of(command.output().expect("starts"));
            for text in [&told.talk, &told.data] {
                assert!(!text.contains("p4ss"), "{text}");
            }
        }
    }
}

#[test]
fn a_server_that_wants_keys_gets_them_from_the_environment() {
    let keys = r#"{"keys": [{"access_key_id": "K", "secret_access_key": "a secret of enough letters", "actions": ["xray:GetTraceSummaries"]}]}"#;
    let keys = xray_local::Keys::parse(keys).expect("keys");
    let server = Server::start(crate::client::options().keys(keys)).expect("a free port");
    ask(&server, &["traces", "ls"]).refused(1, "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY");
    let with = |secret: &str, arguments: &[&str]| {
        let mut command = asking(server.address(), arguments);
        command
            .env("AWS_ACCESS_KEY_ID", "K")
            .env("AWS_SECRET_ACCESS_KEY", secret);
        Told::of(command.output().expect("starts"))
    };
    let secret = "a secret of enough letters";
    with(secret, &["traces", "ls", "--json"]).ok();
    with("another secret of letters", &["traces", "ls"])
        .refused(1, "is AWS_SECRET_ACCESS_KEY its secret");
    let all = json!({"TraceSegmentDocuments": [document(1).to_string()]});
    assert_eq!(
        server
            .store()
            .insert(all["TraceSegmentDocuments"][0].as_str().expect("text")),
        []
    );
    let filter = "http.url CONTAINS \"shop/check\" AND !error";
    for arguments in [
        &["tail", "--count", "1", "-f", filter, "--json"][..],
        &["traces", "explain", filter, "--json"],
    ] {
        assert!(
            with(secret, arguments).ok().data.contains("\"version\""),
            "{arguments:?}"
        );
    }
    with("another secret altogether", &["tail"]).refused(1, "signed with the key K");
    with("another secret altogether", &["traces", "ls"]).refused(1, "signed with the key K");
    let denied = with(secret, &["map"]);
    denied.refused(1, "signed with the key K");
    assert!(!denied.talk.contains(secret), "{}", denied.talk);
}

/// Answers each connection with these bytes.
fn answering(answer: &'static str) -> SocketAddr {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("bound");
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.expect("a connection");
            let mut head = [0; 4096];
            let _ = std::io::Read::read(&mut stream, &mut head);
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    address
}

#[test]
fn what_answers_and_is_no_server_of_this_kind_is_not_said_to_be_silent() {
    let head = "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{";
    let moved = "HTTP/1.1 302 Found\r\nlocation: http://example.com/\r\ncontent-length: 0\r\n\r\n";
    for (answer, code, words) in [
        (
            "SSH-2.0-OpenSSH_9.6\r\n\r\n",
            1,
            "is no server of the X-Ray API",
        ),
        (head, 5, "broke its answer off"),
        (moved, 1, "sends callers elsewhere"),
    ] {
        let address = answering(answer);
        for arguments in [&["health"][..], &["map"]] {
            let told = Told::of(asking(address, arguments).output().expect("starts"));
            told.refused(code, words);
            assert!(!told.talk.contains("nothing answers"), "{}", told.talk);
        }
    }
}
