//! The tracing header in the body of a request that sends messages.

use std::collections::BTreeMap;

use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, Metadata};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::ConfigBag;
use serde_json::value::{RawValue, to_raw_value};
use xray_sdk::TraceHeader;

use crate::message::TRACE_ATTRIBUTE;

type Object = BTreeMap<String, Box<RawValue>>;

/// Gives each message that `request` sends the attribute `AWSTraceHeader`, where it has none. A body of another shape stays as it is.
pub(crate) fn write(request: &mut HttpRequest, cfg: &ConfigBag, header: &TraceHeader) {
    let is_batch = match cfg.load::<Metadata>() {
        Some(metadata) if metadata.service() == "SQS" => match metadata.name() {
            "SendMessage" => false,
            "SendMessageBatch" => true,
            _ => return,
        },
        _ => return,
    };
    let Some(written) = request
        .body()
        .bytes()
        .and_then(|body| with_attribute(body, is_batch, &header.to_string()))
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

fn with_attribute(body: &[u8], is_batch: bool, header: &str) -> Option<Vec<u8>> {
    let mut request: Object = serde_json::from_slice(body).ok()?;
    if is_batch {
        let mut entries: Vec<Object> = serde_json::from_str(request.get("Entries")?.get()).ok()?;
        for entry in &mut entries {
            add(entry, header)?;
        }
        request.insert("Entries".to_owned(), to_raw_value(&entries).ok()?);
    } else {
        add(&mut request, header)?;
    }
    serde_json::to_vec(&request).ok()
}

fn add(message: &mut Object, header: &str) -> Option<()> {
    let attributes = message.get("MessageSystemAttributes");
    let mut attributes: Object = match attributes {
        Some(attributes) => serde_json::from_str(attributes.get()).ok()?,
        None => Object::new(),
    };
    if !attributes.contains_key(TRACE_ATTRIBUTE) {
        let value = serde_json::json!({"DataType": "String", "StringValue": header});
        attributes.insert(TRACE_ATTRIBUTE.to_owned(), to_raw_value(&value).ok()?);
    }
    let attributes = to_raw_value(&attributes).ok()?;
    message.insert("MessageSystemAttributes".to_owned(), attributes);
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(body: &str, is_batch: bool) -> Option<serde_json::Value> {
        let written = with_attribute(body.as_bytes(), is_batch, "Root=1")?;
        Some(serde_json::from_slice(&written).expect("is JSON"))
    }

    #[test]
    fn a_message_gets_the_attribute() {
        assert_eq!(
            written(r#"{"QueueUrl":"u","MessageBody":"\u00e9 1e400"}"#, false),
            Some(serde_json::json!({
                "QueueUrl": "u", "MessageBody": "é 1e400",
                "MessageSystemAttributes": {"AWSTraceHeader": {"DataType": "String", "StringValue": "Root=1"}},
            }))
        );
    }

    #[test]
    fn a_message_that_has_one_keeps_it() {
        let body = r#"{"Entries":[{"Id":"1","MessageSystemAttributes":{"AWSTraceHeader":"own"}},{"Id":"2"}]}"#;
        let written = written(body, true).expect("a batch");
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
    fn a_body_of_another_shape_stays_as_it_is() {
        for (body, is_batch) in [
            ("", false),
            ("[]", false),
            ("{}", true),
            (r#"{"Entries":{}}"#, true),
            (r#"{"MessageSystemAttributes":5}"#, false),
        ] {
            assert_eq!(written(body, is_batch), None, "{body}");
        }
    }
}
