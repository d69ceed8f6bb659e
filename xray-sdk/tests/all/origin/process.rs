//! A process of its own, with an environment of its own: what `Recorder::from_env` finds out by itself.

use std::io::{BufRead as _, Write as _};
use std::net::UdpSocket;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use serde_json::json;
use xray_sdk::document::Document;
use xray_sdk::{Recorder, TraceHeader};

use super::DEADLINE;
use super::endpoint::{Endpoint, Reply};
use crate::schema;

/// A service in a process of its own: records a segment for each line that it reads.
#[test]
#[ignore = "is run by the tests below, as a process of its own"]
fn service() {
    let recorder = Recorder::from_env("checkout").expect("a recorder");
    let sampled = TraceHeader::parse("Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1");
    for _ in std::io::stdin().lock().lines() {
        recorder
            .segment("checkout")
            .continuing(sampled.clone())
            .run_sync(|_| ());
        recorder.flush(DEADLINE);
    }
}

struct Service {
    process: Child,
    daemon: UdpSocket,
}

impl Service {
    fn start(variables: &[(&str, &str)]) -> Self {
        let daemon = UdpSocket::bind("127.0.0.1:0").expect("a free port");
        daemon.set_read_timeout(Some(DEADLINE)).expect("a timeout");
        let address = daemon.local_addr().expect("bound").to_string();
        let process = Command::new(std::env::current_exe().expect("this test"))
            .args(["--exact", "origin::process::service", "--ignored"])
            .env_clear()
            .env("AWS_XRAY_DAEMON_ADDRESS", address)
            .envs(variables.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .expect("a process");
        Self { process, daemon }
    }

    fn record(&mut self) -> Document {
        let lines = self.process.stdin.as_mut().expect("piped");
        lines.write_all(b"\n").expect("the service reads");
        let mut buffer = vec![0; 65_536];
        let length = self.daemon.recv(&mut buffer).expect("a datagram");
        let datagram = &buffer[..length];
        let end = datagram.iter().position(|byte| *byte == b'\n');
        let document = &datagram[end.expect("a header line") + 1..];
        assert_eq!(schema::problems(document), [""; 0]);
        Document::parse(document).expect("a document")
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // Ends by the end of its lines.
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}

#[test]
fn a_service_in_ecs_finds_it_out_by_itself() {
    let endpoint = Endpoint::new(|_| Reply::Body(json!({"DockerId": "0a1b"}).to_string()));
    let url = endpoint.url("/v4/0a1b");
    let mut service = Service::start(&[("ECS_CONTAINER_METADATA_URI_V4", &url)]);
    assert!(endpoint.request().starts_with("GET /v4/0a1b "));
    let until = Instant::now() + DEADLINE;
    loop {
        assert!(Instant::now() < until, "the answer was never told");
        let document = service.record();
        assert_eq!(document.origin.as_deref(), Some("AWS::ECS::Container"));
        let ecs = document.aws.and_then(|aws| aws.ecs).expect("a container");
        if ecs.container_id.as_deref() == Some("0a1b") {
            return;
        }
    }
}

#[test]
fn a_variable_turns_detection_off() {
    let url = Endpoint::absent();
    let mut service = Service::start(&[
        ("ECS_CONTAINER_METADATA_URI_V4", &url),
        ("AWS_XRAY_ORIGINS", "none"),
    ]);
    let document = service.record();
    assert_eq!(document.origin, None);
    assert_eq!(document.aws.and_then(|aws| aws.ecs), None);
}
