//! What a test recorded, as text, held to the schema.

use serde_json::Value;
use xray_sdk::testing::Capture;

#[path = "../../../xray-sdk/tests/all/schema.rs"]
mod schema;
pub(crate) mod senders;

/// The documents: each is valid, and tells no password of a broker.
pub(crate) fn documents(capture: &Capture) -> Vec<Value> {
    let documents = capture.bytes();
    for document in &documents {
        let text = String::from_utf8_lossy(document);
        for password in passwords() {
            assert!(!text.contains(&password), "a password in {text}");
        }
        assert_eq!(
            schema::problems(document),
            [""; 0],
            "{}",
            String::from_utf8_lossy(document)
        );
    }
    documents
        .iter()
        .map(|document| serde_json::from_slice(document).expect("it is valid"))
        .collect()
}

/// Those in the URLs of the brokers.
fn passwords() -> Vec<String> {
    let urls = ["XRAY_TEST_RABBITMQ", "XRAY_TEST_NATS", "XRAY_TEST_REDIS"];
    let urls = urls.into_iter().filter_map(|name| std::env::var(name).ok());
    urls.map(|url| {
        let (login, _) = url.rsplit_once('@').expect("a user and a password");
        let (_, password) = login.rsplit_once(':').expect("a password");
        assert!(password.len() > 8, "long enough to be found by itself");
        password.to_owned()
    })
    .collect()
}

/// All traces, as [`Capture::tree`] tells them, of documents that are valid.
pub(crate) fn tree(capture: &Capture) -> String {
    documents(capture);
    capture.tree()
}

/// The first node of this name, segment or subsegment, wherever it is.
pub(crate) fn node(capture: &Capture, name: &str) -> Value {
    let documents = documents(capture);
    let found = documents.iter().find_map(|document| find(document, name));
    found.unwrap_or_else(|| panic!("no {name} in {documents:?}"))
}

fn find(node: &Value, name: &str) -> Option<Value> {
    if node["name"] == name {
        return Some(node.clone());
    }
    let below = node["subsegments"].as_array()?;
    below.iter().find_map(|node| find(node, name))
}

/// What a node tells of its message.
pub(crate) fn queue(node: &Value) -> &Value {
    &node["metadata"]["queue"]
}
