//! `doctor --aws`, against a server with keys and against endpoints that are made up.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::thread;

use serde_json::Value;

use crate::folder::Folder;
use crate::program::{program, serve};

const SECRET: &str = "a secret of enough letters";

/// What was said, and the exit code.
fn ask(variables: &[(&str, &str)]) -> (i32, Value, String) {
    let mut command = program();
    command.args(["doctor", "--aws", "--json"]);
    let none = [("PATH", ""), ("AWS_EC2_METADATA_DISABLED", "true")];
    for (name, value) in none.iter().chain(variables) {
        command.arg("--program-env").arg(format!("{name}={value}"));
    }
    let output = command.output().expect("the program starts");
    let text = String::from_utf8(output.stdout).expect("is text");
    assert!(!text.contains(SECRET), "{text}");
    let json = serde_json::from_str(&text)
        .unwrap_or_else(|_| panic!("{text} {output:?}", output = output.stderr));
    (output.status.code().expect("it ends"), json, text)
}

fn ids(json: &Value) -> Vec<&str> {
    let findings = json["findings"].as_array().expect("a list").iter();
    findings
        .map(|finding| finding["id"].as_str().expect("a text"))
        .collect()
}

/// A server whose key may do `actions`; what it is given is the environment of a program that has the key.
fn with_key(actions: &str, test: impl FnOnce(&[(&str, &str)])) {
    let folder = Folder::new();
    let file = folder.path().join("keys.json");
    let key = format!(
        r#"{{"access_key_id": "AKID", "secret_access_key": "{SECRET}", "actions": {actions}}}"#
    );
    fs::write(&file, format!(r#"{{"keys": [{key}]}}"#)).expect("written");
    let (mut child, _, address, _talk) = serve(program().arg("--memory").arg("--keys").arg(&file));
    let url = format!("http://{address}");
    test(&[
        ("AWS_ENDPOINT_URL_XRAY", &url),
        ("AWS_ACCESS_KEY_ID", "AKID"),
        ("AWS_SECRET_ACCESS_KEY", SECRET),
        ("AWS_REGION", "eu-west-1"),
    ]);
    child.kill().expect("it runs");
    child.wait().expect("it ends");
}

#[test]
fn a_key_that_may_do_all_has_no_findings() {
    with_key(r#"["xray:*"]"#, |environment| {
        let (exit, json, text) = ask(environment);
        assert_eq!((exit, ids(&json)), (0, vec![]), "{text}");
        assert_eq!(json["credentials"], "AKID of AWS_ACCESS_KEY_ID");
        assert_eq!(json["region"], "eu-west-1 of AWS_REGION");
        assert!(
            json["clockSkew"]
                .as_f64()
                .is_some_and(|skew| skew.abs() < 5.0),
            "{text}"
        );
        let rights = json["rights"].as_array().expect("a list");
        assert_eq!(rights.len(), 17);
        assert!(
            rights.iter().all(|right| right["verdict"] == "allowed"),
            "{text}"
        );
    });
}

#[test]
fn d12_rights_that_are_missing_are_named() {
    with_key(r#"["xray:Get*"]"#, |environment| {
        let (exit, json, text) = ask(environment);
        assert_eq!((exit, ids(&json)), (3, vec!["D12", "D12"]), "{text}");
        let seen = json["findings"][0]["seen"].as_str().expect("a text");
        assert_eq!(
            seen,
            "the key AKID may not xray:PutTraceSegments, xray:PutTelemetryRecords"
        );
        let seen = json["findings"][1]["seen"].as_str().expect("a text");
        assert_eq!(
            seen,
            "the key AKID may not xray:BatchGetTraces, xray:ListResourcePolicies"
        );
        assert_eq!(json["findings"][1]["level"], "note");
    });
}

#[test]
fn d12_a_key_that_is_refused_is_told() {
    with_key(r#"["xray:*"]"#, |environment| {
        let wrong = [("AWS_SECRET_ACCESS_KEY", "another")];
        let (exit, json, text) = ask(&[environment, &wrong].concat());
        assert_eq!((exit, ids(&json)), (3, vec!["D12"]), "{text}");
        assert!(text.contains("the key is refused with "), "{text}");
        let unknown = [("AWS_ACCESS_KEY_ID", "OTHER")];
        let (exit, json, text) = ask(&[environment, &unknown].concat());
        assert_eq!((exit, ids(&json)), (3, vec!["D12"]), "{text}");
    });
}

#[test]
fn keys_and_regions_are_found_in_the_files_of_aws() {
    with_key(r#"["xray:*"]"#, |environment| {
        let folder = Folder::new();
        let (credentials, config) = (
            folder.path().join("credentials"),
            folder.path().join("config"),
        );
        let key = format!("[shop]\naws_access_key_id = AKID\naws_secret_access_key = {SECRET}\n");
        fs::write(&credentials, key).expect("written");
        fs::write(&config, "[profile shop]\nregion = eu-north-1\n").expect("written");
        let text = |path: &std::path::Path| path.display().to_string();
        let (exit, json, told) = ask(&[
            environment[0],
            ("AWS_PROFILE", "shop"),
            ("AWS_SHARED_CREDENTIALS_FILE", &text(&credentials)),
            ("AWS_CONFIG_FILE", &text(&config)),
        ]);
        assert_eq!(exit, 0, "{told}");
        assert_eq!(
            json["credentials"],
            "AKID of profile shop in the file of credentials"
        );
        assert_eq!(
            json["region"],
            "eu-north-1 of profile shop in the file of configuration"
        );
    });
}

#[test]
fn d12_and_d13_no_credentials_and_no_region() {
    let (exit, json, text) = ask(&[]);
    assert_eq!((exit, ids(&json)), (3, vec!["D12", "D13"]), "{text}");
    assert!(text.contains("there are no credentials"), "{text}");
    assert!(text.contains("there is no region"), "{text}");
}

/// Answers every request with this, whatever is asked; `{path}` stands for the path.
fn endpoint(answer: &'static str) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("bound");
    thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(stream) = stream else { return };
            let mut reader = BufReader::new(&stream);
            let (mut length, mut line) = (0, String::new());
            while reader.read_line(&mut line).is_ok_and(|read| read > 2) {
                let header = line.to_ascii_lowercase();
                if let Some(value) = header.strip_prefix("content-length:") {
                    length = value.trim().parse().unwrap_or(0);
                }
                line.clear();
            }
            let _ = reader.read_exact(&mut vec![0; length]);
            let _ = (&stream).write_all(answer.as_bytes());
        }
    });
    address
}

const KEY: [(&str, &str); 3] = [
    ("AWS_ACCESS_KEY_ID", "AKID"),
    ("AWS_SECRET_ACCESS_KEY", SECRET),
    ("AWS_REGION", "eu-west-1"),
];

#[test]
fn d14_the_clock_is_off() {
    let late = endpoint(
        "HTTP/1.1 200 OK\r\ndate: Thu, 26 Nov 2020 08:00:00 GMT\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}",
    );
    let url = format!("http://{late}");
    let (exit, json, text) = ask(&[&KEY[..], &[("AWS_ENDPOINT_URL_XRAY", &url)]].concat());
    assert_eq!((exit, ids(&json)), (3, vec!["D14"]), "{text}");
    assert!(text.contains("ahead of the endpoint's"), "{text}");
    let expired = endpoint(
        "HTTP/1.1 403 Forbidden\r\nx-amzn-errortype: InvalidSignatureException\r\ncontent-length: 64\r\nconnection: close\r\n\r\n{\"message\":\"Signature expired: 20201126T080000Z is now earlier\"}",
    );
    let url = format!("http://{expired}");
    let (exit, json, text) = ask(&[&KEY[..], &[("AWS_ENDPOINT_URL_XRAY", &url)]].concat());
    assert_eq!((exit, ids(&json)), (3, vec!["D14"]), "{text}");
}

#[test]
fn d13_an_endpoint_that_does_not_answer() {
    let free = {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        listener.local_addr().expect("bound")
    };
    let url = format!("http://{free}");
    let (exit, json, text) = ask(&[&KEY[..], &[("AWS_ENDPOINT_URL_XRAY", &url)]].concat());
    assert_eq!((exit, ids(&json)), (5, vec!["D13"]), "{text}");
    assert!(text.contains(&format!("{url} does not answer")), "{text}");
}

#[test]
fn d13_an_instance_that_does_not_answer_is_not_waited_for() {
    // Takes connections and says nothing.
    let silent = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}", silent.local_addr().expect("bound"));
    let (exit, json, text) = ask(&[
        KEY[0],
        KEY[1],
        ("AWS_EC2_METADATA_DISABLED", "false"),
        ("AWS_EC2_METADATA_SERVICE_ENDPOINT", &url),
    ]);
    assert_eq!((exit, ids(&json)), (3, vec!["D13"]), "{text}");
    assert!(text.contains("the instance at"), "{text}");
    let instance =
        endpoint("HTTP/1.1 200 OK\r\ncontent-length: 9\r\nconnection: close\r\n\r\neu-west-3");
    let (_, json, text) = ask(&[
        ("AWS_EC2_METADATA_DISABLED", "false"),
        (
            "AWS_EC2_METADATA_SERVICE_ENDPOINT",
            &format!("http://{instance}"),
        ),
    ]);
    assert_eq!(json["region"], "eu-west-3 of the instance", "{text}");
    assert_eq!(json["endpoint"], "https://xray.eu-west-3.amazonaws.com");
}

#[test]
fn whose_the_key_is_is_told() {
    with_key(r#"["xray:*"]"#, |environment| {
        let sts = endpoint(
            "HTTP/1.1 200 OK\r\ncontent-length: 63\r\nconnection: close\r\n\r\n<R><Arn>arn:aws:iam::123456789012:user/shop</Arn><Account/></R>",
        );
        let url = format!("http://{sts}");
        let (_, json, text) = ask(&[environment, &[("AWS_ENDPOINT_URL_STS", &url)]].concat());
        let told = "AKID of AWS_ACCESS_KEY_ID, arn:aws:iam::123456789012:user/shop";
        assert_eq!(json["credentials"], told, "{text}");
    });
}
