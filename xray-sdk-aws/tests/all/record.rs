//! What was recorded, as tests look at it.

use serde_json::Value;
use xray_sdk::testing::Capture;

use crate::schema;

/// All documents, each valid by the official schema.
pub(crate) fn documents(capture: &Capture) -> Vec<Value> {
    let read = |document: &Vec<u8>| {
        let problems = schema::problems(document);
        let text = String::from_utf8_lossy(document);
        assert!(problems.is_empty(), "{problems:?} in {text}");
        assert!(!text.contains("SECRET"), "a secret is recorded: {text}");
        serde_json::from_slice(document).expect("is JSON")
    };
    capture.bytes().iter().map(read).collect()
}

/// The one subsegment of the one segment, valid and without what differs each time.
pub(crate) fn call(capture: &Capture) -> Value {
    let documents = documents(capture);
    let [segment] = documents.as_slice() else {
        panic!("{documents:?}");
    };
    let calls = segment["subsegments"].as_array().expect("a call");
    let [call] = calls.as_slice() else {
        panic!("{calls:?}");
    };
    timeless(call)
}

/// The same without ids and times, here and in exceptions.
pub(crate) fn timeless(node: &Value) -> Value {
    let mut node = node.clone();
    let fields = node.as_object_mut().expect("an object");
    for field in ["id", "start_time", "end_time"] {
        assert!(fields.remove(field).is_some(), "{field} is missing");
    }
    if let Some(exceptions) = node.pointer_mut("/cause/exceptions") {
        for exception in exceptions.as_array_mut().expect("a list") {
            let exception = exception.as_object_mut().expect("an object");
            exception.remove("id");
            exception.remove("cause");
        }
    }
    node
}
