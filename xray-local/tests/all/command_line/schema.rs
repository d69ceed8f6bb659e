//! CLI.md says what `--json` writes; here it is held against what is written.

use super::*;

const PAGE: &str = include_str!("../../../CLI.md");

/// The shape that the page has under a name.
fn shape(name: &str) -> Value {
    let begin = format!("```json {name}\n");
    let (_, rest) = PAGE.split_once(&begin).expect(name);
    let (json, _) = rest.split_once("```").expect("an end");
    serde_json::from_str(json).expect(json)
}

/// Where a value is not of its shape.
fn problems(at: &str, shape: &Value, value: &Value, found: &mut Vec<String>) {
    match (shape, value) {
        (Value::Object(fields), Value::Object(values)) => {
            for (name, shape) in fields {
                match values.get(name) {
                    Some(value) => problems(&format!("{at}.{name}"), shape, value, found),
                    None => found.push(format!("{at}.{name} is not written")),
                }
            }
            let more = values.keys().filter(|name| !fields.contains_key(*name));
            found.extend(more.map(|name| format!("{at}.{name} is not documented")));
        }
        (Value::Array(shapes), Value::Array(values)) => {
            for (number, value) in values.iter().enumerate() {
                problems(&format!("{at}[{number}]"), &shapes[0], value, found);
            }
        }
        (Value::String(kind), value) => {
            let is_right = kind
                .split(" or none")
                .next()
                .is_some_and(|kind| match kind {
                    "text" => value.is_string(),
                    "number" => value.is_number(),
                    "yes or no" => value.is_boolean(),
                    "any" => true,
                    other => panic!("{other} is no type"),
                });
            let is_none = value.is_null() && kind.ends_with("or none");
            if !is_right && !is_none {
                found.push(format!("{at} is {value}, not {kind}"));
            }
        }
        _ => found.push(format!("{at} is {value}, not {shape}")),
    }
}

fn check(name: &str, value: &Value) {
    let mut found = Vec::new();
    problems(name, &shape(name), value, &mut found);
    assert!(found.is_empty(), "{}", found.join("\n"));
    assert_eq!(value["version"], 1);
}

#[test]
fn what_json_holds_is_what_the_page_says() {
    let server = server_with(&[1, 2]);
    let (one, other) = (id(1), id(2));
    for (name, arguments) in [
        ("traces-ls", &["traces", "ls"][..]),
        ("traces-explain", &["traces", "explain", "fault"]),
        ("tail", &["tail", "--count", "1"]),
        ("traces-get", &["traces", "get", &one, &other]),
        ("traces-diff", &["traces", "diff", &one, &other]),
        ("map", &["map"]),
        ("assert", &["assert", "fault"]),
        ("sampling-rules", &["sampling", "rules"]),
        ("sampling-explain", &["sampling", "explain", "--path", "/"]),
        ("groups-ls", &["groups", "ls"]),
        ("health", &["health"]),
    ] {
        let told = ask(&server, &[arguments, &["--json"][..]].concat()).ok();
        check(name, &told.json());
    }
    let removed = ask(&server, &["traces", "rm", &one, "--yes", "--json"]);
    check("traces-rm", &removed.ok().json());
    let input = "{\"id\":\"70de5b6f19ff9a0a\"}";
    for command in [&["send", "-", "--json"][..], &["import", "-", "--json"]] {
        check("send", &ask_with(&server, command, input).json());
    }
    let replay = ["replay", "-", "--json", "--to", &server.url()];
    check("send", &ask_with(&server, &replay, input).json());
    let validated = ask_with(&server, &["validate", "-", "--json"], input);
    for line in validated.data.lines() {
        check("validate", &serde_json::from_str(line).expect(line));
    }
    assert!(validated.data.lines().count() > 1, "{}", validated.data);
}

#[test]
fn what_the_doctor_says_is_what_the_page_says() {
    let server = server_with(&[1]);
    let found = ask(
        &server,
        &[
            "doctor",
            "--json",
            "--program-env",
            "AWS_XRAY_SDK_ENABLED=false",
        ],
    )
    .json();
    check("doctor", &found);
    assert!(
        found["findings"]
            .as_array()
            .is_some_and(|findings| findings.len() > 1)
    );
    let mut aws = asking(server.address(), &["doctor", "--aws", "--json"]);
    let url = format!("AWS_ENDPOINT_URL_XRAY={}", server.url());
    for variable in [
        &url,
        "AWS_ACCESS_KEY_ID=K",
        "AWS_SECRET_ACCESS_KEY=s",
        "PATH=",
    ] {
        aws.args(["--program-env", variable]);
    }
    let found = Told::of(aws.output().expect("starts")).json();
    check("doctor-aws", &found);
    assert!(
        found["rights"]
            .as_array()
            .is_some_and(|rights| !rights.is_empty()),
        "{found}"
    );
    assert!(
        found["findings"]
            .as_array()
            .is_some_and(|findings| !findings.is_empty()),
        "{found}"
    );
}

#[test]
fn every_command_that_writes_json_has_its_shape_on_the_page() {
    for command in super::help::COMMANDS {
        let help = Told::of(
            program()
                .args(*command)
                .arg("--help")
                .output()
                .expect("starts"),
        );
        let name = match command.join("-").as_str() {
            "import" | "replay" => "send".to_owned(),
            name => name.to_owned(),
        };
        if help.ok().data.contains("--json") {
            let begin = format!("```json {name}\n");
            assert!(PAGE.contains(&begin), "{name}");
        }
    }
}

#[test]
fn what_is_not_as_the_page_says_is_found() {
    let mut found = Vec::new();
    let written = json!({"version": "1", "server": "a", "isWell": true, "trouble": null, "traces": 1, "stored": 1,
        "rejected": 1, "evictedTraces": 1, "removedTraces": 0, "closedConnections": 0, "refusedConnections": 0, "services": [], "more": 1});
    problems("health", &shape("health"), &written, &mut found);
    found.sort();
    assert_eq!(
        found,
        [
            "health.bytes is not written",
            "health.more is not documented",
            "health.version is \"1\", not number"
        ]
    );
}
