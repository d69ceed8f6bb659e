//! Exceptions as events of spans.

use serde::Serialize;
use xray_sdk::document::{Cause, Document, Exception};

use super::attribute::Attribute;
use super::nanoseconds;

/// Something that happened at one moment.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Event {
    time_unix_nano: String,
    name: &'static str,
    attributes: Vec<Attribute>,
}

const MESSAGE: &str = "exception.message";

impl Event {
    /// The message of an exception.
    pub(super) fn message(&self) -> Option<String> {
        let message = self
            .attributes
            .iter()
            .find(|attribute| attribute.has_key(MESSAGE));
        message.and_then(Attribute::text).map(str::to_owned)
    }
}

/// The exceptions of a document. X-Ray does not tell when they came: at the end, as far as anyone knows.
pub(super) fn events(document: &Document) -> Vec<Event> {
    let time = document.end_time.unwrap_or(document.start_time);
    let exceptions = document.cause.as_ref().map(Cause::exceptions);
    let event = |exception: &Exception| Event {
        time_unix_nano: nanoseconds(time),
        name: "exception",
        attributes: attributes(exception),
    };
    exceptions.unwrap_or_default().iter().map(event).collect()
}

fn attributes(exception: &Exception) -> Vec<Attribute> {
    let kind = exception.kind.clone();
    let message = exception.message.clone();
    let stack = exception.stack.iter().map(|frame| {
        let label = frame.label.as_deref().unwrap_or("?");
        let path = frame.path.as_deref().unwrap_or("?");
        match frame.line {
            Some(line) => format!("  at {label} ({path}:{line})"),
            None => format!("  at {label} ({path})"),
        }
    });
    let stack: Vec<_> = stack.collect();
    let stack = (!stack.is_empty()).then(|| stack.join("\n"));
    let named = [
        ("exception.type", kind),
        (MESSAGE, message),
        ("exception.stacktrace", stack),
    ];
    let known = named.into_iter();
    known
        .filter_map(|(key, value)| value.map(|value| Attribute::new(key, value)))
        .collect()
}
