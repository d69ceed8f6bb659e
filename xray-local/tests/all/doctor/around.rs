//! What is around the server: the program's environment, the port, the kernel.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;

use super::{visit, visit_at};
use crate::client::{options, request, server};
use crate::program::program;

#[test]
fn a_healthy_program_has_no_findings() {
    let server = server();
    request(server.address(), "POST", "/GetSamplingRules", &[], "{}");
    let visit = visit_at(server.address(), &[]);
    visit.found(0, &[]);
}

#[test]
fn d01_nobody_listens() {
    let free = {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        listener.local_addr().expect("bound")
    };
    let visit = visit_at(free, &[]);
    visit.found(5, &["D01"]);
    assert!(
        visit
            .text
            .contains(&format!("nothing receives segments at UDP {free}")),
        "{}",
        visit.text
    );
}

#[test]
fn d01_another_process_holds_the_port() {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a free port");
    let address = socket.local_addr().expect("bound");
    let visit = visit_at(address, &[]);
    assert_eq!(visit.exit, 5);
    if Path::new("/proc/net/udp").exists() {
        let held = format!("UDP {address} is held by ");
        assert!(visit.text.contains(&held), "{}", visit.text);
        assert!(
            visit
                .text
                .contains(&format!("process {}", std::process::id())),
            "{}",
            visit.text
        );
    }
}

#[test]
fn d01_another_process_holds_the_port_of_the_program_and_not_that_of_the_server() {
    let server = server();
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a free port");
    let address = socket.local_addr().expect("bound").to_string();
    let visit = visit_at(
        server.address(),
        &[("AWS_XRAY_DAEMON_ADDRESS", address.as_str())],
    );
    assert_eq!(visit.exit, 3);
    if Path::new("/proc/net/udp").exists() {
        let held = format!("UDP {address} is held by ");
        assert!(visit.text.contains(&held), "{}", visit.text);
    }
}

#[test]
fn d01_a_server_that_tells_this_one_nothing_is_not_to_be_ended() {
    let keys = r#"{"keys": [{"access_key_id": "K", "secret_access_key": "a secret of enough letters", "actions": ["xray:*"]}]}"#;
    let keys = xray_local::Keys::parse(keys).expect("keys");
    let server = xray_local::Server::start(options().keys(keys)).expect("a free port");
    let visit = visit_at(server.address(), &[]);
    visit.found(3, &["D12"]);
}

/// Answers every request with 404, as something that is no xray-local.
fn stranger() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("bound");
    thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(
                b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
            );
        }
    });
    address
}

#[test]
fn d01_what_answers_is_no_xray_local() {
    let address = stranger();
    let visit = visit_at(address, &[]);
    assert_eq!(visit.exit, 3, "{}", visit.text);
    assert!(
        visit.seen("D01").contains("is no xray-local"),
        "{}",
        visit.text
    );
}

#[test]
fn d02_the_address_is_malformed_or_leads_elsewhere() {
    let (here, there) = (server(), server());
    let address = here.address().to_string();
    let malformed = visit(&address, &[("AWS_XRAY_DAEMON_ADDRESS", "127.0.0.1")]);
    assert_eq!(malformed.exit, 3);
    assert!(
        malformed
            .seen("D02")
            .contains("\"127.0.0.1\", which is no address")
    );
    let elsewhere = visit(
        &address,
        &[("AWS_XRAY_DAEMON_ADDRESS", &there.address().to_string())],
    );
    assert_eq!(elsewhere.exit, 3);
    assert!(elsewhere.seen("D02").contains(&there.address().to_string()));
    let named = address.replace("127.0.0.1", "localhost");
    let same = visit(&address, &[("AWS_XRAY_DAEMON_ADDRESS", &named)]);
    assert!(!same.text.contains("D02"), "{}", same.text);
}

#[test]
fn d08_the_caller_decided_against_recording() {
    let server = server();
    let header = "Root=1-581cf771-a006649127e371903a2de979;Parent=53995c3f42cd8ad8;Sampled=0";
    let visit = visit_at(server.address(), &[("_X_AMZN_TRACE_ID", header)]);
    assert_eq!(visit.exit, 3);
    assert!(visit.seen("D08").contains("Sampled=0"));
}

#[test]
fn d09_lambda_does_not_trace_the_function() {
    let server = server();
    let function = ("LAMBDA_TASK_ROOT", "/var/task");
    let without = visit_at(server.address(), &[function]);
    assert!(without.seen("D09").contains("_X_AMZN_TRACE_ID is not set"));
    let header = "Root=1-581cf771-a006649127e371903a2de979;Lineage=a:0";
    let passing = visit_at(server.address(), &[function, ("_X_AMZN_TRACE_ID", header)]);
    assert!(passing.seen("D09").contains("passes through"));
    let address = server.address().to_string();
    let unset = visit(
        &address,
        &[
            function,
            ("_X_AMZN_TRACE_ID", &format!("{header};Sampled=1")),
        ],
    );
    assert!(
        unset
            .seen("D09")
            .contains("AWS_XRAY_DAEMON_ADDRESS is not set")
    );
    let good = visit_at(
        server.address(),
        &[
            function,
            ("_X_AMZN_TRACE_ID", &format!("{header};Sampled=1")),
        ],
    );
    assert_eq!((good.exit, good.ids()), (0, vec![]));
}

#[test]
fn d11_rules_cannot_be_asked_for() {
    // A daemon as containers often publish it: UDP only.
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a free port");
    let server = server();
    let daemon = socket.local_addr().expect("bound").to_string();
    let visit = visit(
        &server.address().to_string(),
        &[("AWS_XRAY_DAEMON_ADDRESS", &daemon)],
    );
    assert_eq!(visit.exit, 3);
    assert!(
        visit
            .seen("D11")
            .contains(&format!("nothing answers at TCP {daemon}"))
    );
}

#[test]
fn d18_the_kernel_drops_datagrams() {
    if !Path::new("/proc/net/udp").exists() {
        return;
    }
    let server = server();
    let lazy = UdpSocket::bind("127.0.0.1:0").expect("a free port");
    let daemon = lazy.local_addr().expect("bound");
    let from = UdpSocket::bind("127.0.0.1:0").expect("a free port");
    for _ in 0..2_000 {
        let _ = from.send_to(&[b'x'; 30_000], daemon);
    }
    let visit = visit(
        &server.address().to_string(),
        &[("AWS_XRAY_DAEMON_ADDRESS", &daemon.to_string())],
    );
    assert_eq!(visit.exit, 3);
    assert!(visit.seen("D18").contains("the kernel dropped"));
}

#[test]
fn d20_tracing_is_turned_off() {
    let server = server();
    for (name, value) in [
        ("AWS_XRAY_SDK_DISABLED", "true"),
        ("AWS_XRAY_SDK_ENABLED", "Off"),
        ("OTEL_SDK_DISABLED", "TRUE"),
    ] {
        let visit = visit_at(server.address(), &[(name, value)]);
        visit.found(3, &["D20"]);
        assert!(visit.seen("D20").contains(name));
    }
    for (name, value) in [
        ("AWS_XRAY_SDK_DISABLED", "false"),
        ("AWS_XRAY_SDK_ENABLED", "yes"),
    ] {
        assert_eq!(visit_at(server.address(), &[(name, value)]).exit, 0);
    }
}

#[test]
fn the_environment_of_a_process_is_read() {
    if !Path::new("/proc/self/environ").exists() {
        return;
    }
    let server = server();
    let mut child = Command::new("cat")
        .env_clear()
        .env("AWS_XRAY_SDK_DISABLED", "true")
        .env("AWS_XRAY_DAEMON_ADDRESS", server.address().to_string())
        .stdin(Stdio::piped())
        .spawn()
        .expect("there is cat");
    let output = program()
        .args(["doctor", "--address", &server.address().to_string()])
        .args(["--process", &child.id().to_string()])
        .output()
        .expect("the program starts");
    drop(child.stdin.take());
    child.wait().expect("it ends");
    let text = String::from_utf8(output.stdout).expect("is text");
    assert_eq!(output.status.code(), Some(3), "{text}");
    assert!(
        text.starts_with(
            "D20 tracing that is turned off\n    seen  AWS_XRAY_SDK_DISABLED is \"true\""
        ),
        "{text}"
    );
    assert!(
        text.ends_with(&format!(
            "problems: 1, notes: 0, at http://{}\n",
            server.address()
        )),
        "{text}"
    );
}

#[test]
fn wrong_use_gets_help() {
    for arguments in [
        &["doctor", "--program-env", "nothing"][..],
        &["doctor", "--process", "x"],
    ] {
        let output = program()
            .args(arguments)
            .output()
            .expect("the program starts");
        assert_eq!(output.status.code(), Some(2));
    }
    let nobody = program()
        .args(["doctor", "--process", "4294967294"])
        .output();
    assert_eq!(nobody.expect("the program starts").status.code(), Some(4));
}
