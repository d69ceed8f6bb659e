//! The doctor, each of its checks provoked: real sockets, real servers, the program as a process of its own.

mod around;
mod aws;
mod inside;

use std::net::SocketAddr;

use serde_json::Value;

use crate::program::program;

/// What the doctor said.
struct Visit {
    exit: i32,
    findings: Vec<Value>,
    text: String,
}

impl Visit {
    /// The numbers of the checks that found something, with a `?` behind those that are notes only.
    fn ids(&self) -> Vec<String> {
        let id = |finding: &Value| {
            let mark = if finding["level"] == "note" { "?" } else { "" };
            format!("{}{mark}", finding["id"].as_str().expect("a text"))
        };
        self.findings.iter().map(id).collect()
    }

    /// Checks the exit code, and which checks found something.
    #[track_caller]
    fn found(&self, exit: i32, ids: &[&str]) {
        assert_eq!(
            (self.exit, self.ids()),
            (exit, ids.iter().map(ToString::to_string).collect()),
            "{}",
            self.text
        );
    }

    /// What was seen by a check.
    #[track_caller]
    fn seen(&self, id: &str) -> &str {
        let found = self.findings.iter().find(|finding| finding["id"] == id);
        let found = found.unwrap_or_else(|| panic!("no {id} in {}", self.text));
        for key in ["why", "cure"] {
            assert!(
                found[key].as_str().is_some_and(|text| !text.is_empty()),
                "{found}"
            );
        }
        found["seen"].as_str().expect("a text")
    }
}

/// Asks the doctor of a server and of a program with these variables.
fn visit(server: &str, variables: &[(&str, &str)]) -> Visit {
    let mut command = program();
    command.args(["doctor", "--json", "--address", server]);
    command.arg("--program-env").arg("NOTHING=");
    for (name, value) in variables {
        command.arg("--program-env").arg(format!("{name}={value}"));
    }
    let output = command.output().expect("the program starts");
    let text = String::from_utf8(output.stdout).expect("is text");
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    let json: Value = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{text}\n{told}"));
    assert_eq!(json["version"], 1);
    Visit {
        exit: output.status.code().expect("it ends"),
        findings: json["findings"].as_array().expect("a list").clone(),
        text,
    }
}

/// Of a server, and of a program that sends there.
fn visit_at(address: SocketAddr, variables: &[(&str, &str)]) -> Visit {
    let address = address.to_string();
    let mut all = vec![("AWS_XRAY_DAEMON_ADDRESS", address.as_str())];
    all.extend(variables);
    visit(&address, &all)
}
