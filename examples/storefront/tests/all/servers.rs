//! The shop on real servers: `scripts/brokers.py rabbitmq nats postgres mysql -- cargo nextest run -p storefront --profile servers`.

use serde_json::Value;
use xray_sdk::document::{Document, Trace};

use crate::refused::refusal;
use crate::sent::{BOUGHT, documents_sent};
use crate::storefront;

/// The address of a server. A test that does not know it has failed.
fn url(variable: &str) -> String {
    std::env::var(variable).unwrap_or_else(|_| {
        panic!("{variable} does not say where the server is: run scripts/test, or see the top of this file")
    })
}

/// What a purchase looks like where the database is a server of this machine.
fn bought_of_a_server() -> String {
    BOUGHT.replace("shop@localhost", "shop@127.0.0.1")
}

fn password(url: &str) -> &str {
    let (login, _) = url.rsplit_once('@').expect("a login");
    login.rsplit_once(':').expect("a password").1
}

/// A purchase is one trace as ever, all requests end as ever, and no document holds the password.
fn check(arguments: &[&str], bought: &str) {
    let documents = documents_sent(arguments);
    for url in arguments.iter().filter(|argument| argument.contains("://")) {
        for document in &documents {
            let text = serde_json::to_string(document).expect("a document");
            assert!(!text.contains(password(url)), "{text}");
        }
    }
    let traces = Trace::assemble(documents.clone());
    assert_eq!(traces[0].tree(), bought);
    let refused = documents.iter().flat_map(Document::walk);
    let refused = refused
        .filter(|part| part.fault && part.sql.is_some())
        .count();
    assert_eq!(refused, 1, "the voucher's price is refused by the database");
    let packed = documents
        .iter()
        .filter(|document| document.name == "worker")
        .inspect(|worker| {
            let queue = &worker.metadata["queue"];
            assert_eq!(queue["outcome"], "ack", "{queue:?}");
            assert!(queue["received"]["delay_ms"].is_u64(), "{queue:?}");
        });
    assert_eq!(packed.count(), 4, "every order that was written down");
    let json = storefront(&[&["--once", "--json"], arguments].concat());
    let seen: Value = serde_json::from_slice(&json.stdout).expect("one object");
    assert_eq!((&seen["traces"], &seen["lost"]), (&8.into(), &0.into()));
    let edge = Value::from(vec!["orders", "worker"]);
    let edges = seen["edges"].as_array().expect("a list");
    assert!(edges.contains(&edge), "{seen}");
}

#[test]
fn its_database_may_be_postgresql() {
    check(
        &["--database", &url("XRAY_TEST_POSTGRES")],
        &bought_of_a_server(),
    );
}

#[test]
fn its_database_may_be_mysql() {
    check(
        &["--database", &url("XRAY_TEST_MYSQL")],
        &bought_of_a_server(),
    );
}

#[test]
fn its_queue_may_be_rabbitmq() {
    check(&["--queue", &url("XRAY_TEST_RABBITMQ")], BOUGHT);
}

#[test]
fn its_queue_may_be_nats() {
    check(&["--queue", &url("XRAY_TEST_NATS")], BOUGHT);
}

#[test]
fn both_may_be_servers() {
    let (database, queue) = (url("XRAY_TEST_POSTGRES"), url("XRAY_TEST_RABBITMQ"));
    check(
        &["--database", &database, "--queue", &queue],
        &bought_of_a_server(),
    );
}

#[test]
fn a_wrong_password_is_told_with_the_cure() {
    for (flag, variable) in [
        ("--database", "XRAY_TEST_POSTGRES"),
        ("--database", "XRAY_TEST_MYSQL"),
        ("--queue", "XRAY_TEST_RABBITMQ"),
        ("--queue", "XRAY_TEST_NATS"),
    ] {
        let right = url(variable);
        let wrong = right.replace(password(&right), "hunter2");
        let said = refusal(&[flag, &wrong]);
        assert!(said.contains("does not let the shop in"), "{said}");
        assert!(
            said.contains("are user and password of the URL right?"),
            "{said}"
        );
        assert!(!said.contains("hunter2"), "{said}");
    }
}

#[test]
fn a_database_that_the_server_does_not_have_is_told() {
    for variable in ["XRAY_TEST_POSTGRES", "XRAY_TEST_MYSQL"] {
        let url = url(variable).replace("/shop", "/nowhere");
        let said = refusal(&["--database", &url]);
        assert!(said.contains("nowhere"), "{said}");
        assert!(!said.contains(password(&url)), "{said}");
    }
}
