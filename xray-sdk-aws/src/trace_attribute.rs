//! The tracing header in the bodies of requests: written into what is sent, and asked for with what is received.

use std::collections::BTreeMap;

use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, Metadata};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::ConfigBag;
use serde_json::value::{RawValue, to_raw_value};
use xray_sdk::TraceHeader;

use crate::message::TRACE_ATTRIBUTE;

type Object = BTreeMap<String, Box<RawValue>>;

/// Gives each message or event that `request` sends the tracing header, where it has none. A body of another shape stays as it is.
pub(crate) fn write(request: &mut HttpRequest, cfg: &ConfigBag, header: &TraceHeader) {
    let Some(metadata) = cfg.load::<Metadata>() else {
        return;
    };
    let add = match (metadata.service(), metadata.name()) {
        ("SQS", "SendMessage") => add_to_message,
        ("SQS", "SendMessageBatch") => add_to_messages,
        ("EventBridge", "PutEvents") => add_to_events,
        _ => return,
    };
    rewrite(request, |body| add(body, &header.to_string()));
}

/// Asks for the tracing header of each message, where `request` receives some.
pub(crate) fn ask(request: &mut HttpRequest, cfg: &ConfigBag) {
    let is_receive = cfg
        .load::<Metadata>()
        .is_some_and(|metadata| (metadata.service(), metadata.name()) == ("SQS", "ReceiveMessage"));
    if is_receive {
        rewrite(request, ask_for_attribute);
    }
}

/// Changes the object that the body of `request` is. It has to be in memory, and not to be signed yet.
fn rewrite(request: &mut HttpRequest, change: impl FnOnce(&mut Object) -> Option<()>) {
    let Some(written) = request
        .body()
        .bytes()
        .and_then(|body| changed(body, change))
    else {
        return;
    };
    if request.headers().contains_key("content-length") {
        let length = written.len().to_string();
        if request
            .headers_mut()
            .try_insert("content-length", length)
            .is_err()
        {
            return;
        }
    }
    *request.body_mut() = SdkBody::from(written);
}

fn changed(body: &[u8], change: impl FnOnce(&mut Object) -> Option<()>) -> Option<Vec<u8>> {
    let mut object: Object = serde_json::from_slice(body).ok()?;
    change(&mut object)?;
    serde_json::to_vec(&object).ok()
}

fn add_to_message(message: &mut Object, header: &str) -> Option<()> {
    const ATTRIBUTES: &str = "MessageSystemAttributes";
    let mut attributes: Object = match message.get(ATTRIBUTES) {
        Some(attributes) => serde_json::from_str(attributes.get()).ok()?,
        None => Object::new(),
    };
    if !attributes.contains_key(TRACE_ATTRIBUTE) {
        let value = serde_json::json!({"DataType": "String", "StringValue": header});
        attributes.insert(TRACE_ATTRIBUTE.to_owned(), to_raw_value(&value).ok()?);
    }
    let attributes = to_raw_value(&attributes).ok()?;
    message.insert(ATTRIBUTES.to_owned(), attributes);
    Some(())
}

fn add_to_messages(request: &mut Object, header: &str) -> Option<()> {
    for_each_entry(request, |message| add_to_message(message, header))
}

fn add_to_events(request: &mut Object, header: &str) -> Option<()> {
    for_each_entry(request, |event| {
        if !event.contains_key("TraceHeader") {
            event.insert("TraceHeader".to_owned(), to_raw_value(header).ok()?);
        }
        Some(())
    })
}

fn for_each_entry(request: &mut Object, change: impl Fn(&mut Object) -> Option<()>) -> Option<()> {
    let mut entries: Vec<Object> = serde_json::from_str(request.get("Entries")?.get()).ok()?;
    for entry in &mut entries {
        change(entry)?;
    }
    request.insert("Entries".to_owned(), to_raw_value(&entries).ok()?);
    Some(())
}

/// `None` where it is asked for already.
fn ask_for_attribute(request: &mut Object) -> Option<()> {
    const NAMES: &str = "MessageSystemAttributeNames";
    let asked = |request: &Object, list: &str| match request.get(list) {
        Some(names) => serde_json::from_str(names.get()).ok(),
        None => Some(Vec::new()),
    };
    let mut names: Vec<String> = asked(request, NAMES)?;
    // The older list of the same attributes.
    let others = asked(request, "AttributeNames")?;
    let is_asked = |name: &String| name == TRACE_ATTRIBUTE || name == "All";
    if names.iter().chain(&others).any(is_asked) {
        return None;
    }
    names.push(TRACE_ATTRIBUTE.to_owned());
    request.insert(NAMES.to_owned(), to_raw_value(&names).ok()?);
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    type Add = fn(&mut Object, &str) -> Option<()>;

    fn written(body: &str, add: Add) -> Option<Value> {
        let written = changed(body.as_bytes(), |object| add(object, "Root=1"))?;
        Some(serde_json::from_slice(&written).expect("is JSON"))
    }

    fn asking(body: &str) -> Option<Value> {
        let written = changed(body.as_bytes(), ask_for_attribute)?;
        Some(serde_json::from_slice(&written).expect("is JSON"))
    }

    #[test]
    fn a_message_gets_the_attribute() {
        assert_eq!(
            written(
                r#"{"QueueUrl":"u","MessageBody":"\u00e9 1e400"}"#,
                add_to_message
            ),
            Some(json!({
                "QueueUrl": "u", "MessageBody": "é 1e400",
                "MessageSystemAttributes": {"AWSTraceHeader": {"DataType": "String", "StringValue": "Root=1"}},
            }))
        );
    }

    #[test]
    fn a_message_that_has_one_keeps_it() {
        let body = r#"{"Entries":[{"Id":"1","MessageSystemAttributes":{"AWSTraceHeader":"own"}},{"Id":"2"}]}"#;
        let written = written(body, add_to_messages).expect("a batch");
        assert_eq!(
            written["Entries"][0]["MessageSystemAttributes"]["AWSTraceHeader"],
            "own"
        );
        assert_eq!(
            written["Entries"][1]["MessageSystemAttributes"]["AWSTraceHeader"]["StringValue"],
            "Root=1"
        );
    }

    #[test]
    fn an_event_gets_the_header_and_keeps_its_own() {
        let body = r#"{"EndpointId":"e","Entries":[{"Detail":"{\"a\":1}"},{"TraceHeader":"own"}]}"#;
        assert_eq!(
            written(body, add_to_events),
            Some(json!({"EndpointId": "e", "Entries": [
                {"Detail": "{\"a\":1}", "TraceHeader": "Root=1"},
                {"TraceHeader": "own"},
            ]}))
        );
    }

    #[test]
    fn who_receives_asks_for_the_attribute_once() {
        assert_eq!(
            asking(r#"{"QueueUrl":"u","WaitTimeSeconds":20}"#),
            Some(json!({
                "QueueUrl": "u", "WaitTimeSeconds": 20, "MessageSystemAttributeNames": ["AWSTraceHeader"],
            }))
        );
        assert_eq!(
            asking(
                r#"{"MessageSystemAttributeNames":["SenderId"],"AttributeNames":["SentTimestamp"]}"#
            ),
            Some(json!({
                "MessageSystemAttributeNames": ["SenderId", "AWSTraceHeader"], "AttributeNames": ["SentTimestamp"],
            }))
        );
        for body in [
            r#"{"MessageSystemAttributeNames":["All"]}"#,
            r#"{"MessageSystemAttributeNames":["AWSTraceHeader"]}"#,
            r#"{"AttributeNames":["All"]}"#,
            r#"{"MessageSystemAttributeNames":5}"#,
        ] {
            assert_eq!(asking(body), None, "{body}");
        }
    }

    #[test]
    fn a_body_of_another_shape_stays_as_it_is() {
        for (body, add) in [
            ("", add_to_message as Add),
            ("[]", add_to_message),
            ("{}", add_to_messages),
            ("{}", add_to_events),
            (r#"{"Entries":{}}"#, add_to_messages),
            (r#"{"Entries":[5]}"#, add_to_events),
            (r#"{"MessageSystemAttributes":5}"#, add_to_message),
        ] {
            assert_eq!(written(body, add), None, "{body}");
        }
    }
}
