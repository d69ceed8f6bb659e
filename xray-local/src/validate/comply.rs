//! What X-Ray keeps of a document that it takes: without what its schema has no room for. What is done here to each value is what the
//! validator tells of it.

use xray_sdk::document::limits::{
    ANNOTATION_KEY_CHARACTERS, ANNOTATION_TEXT_CHARACTERS, TEXT_CHARACTERS, cut, is_key_character,
};
use xray_sdk::document::{AnnotationValue, Document};

/// Drops annotations whose keys X-Ray has no room for, and cuts texts, in the document and in all that stand in it.
pub(crate) fn comply(document: &mut Document) {
    let mut open = vec![document];
    while let Some(document) = open.pop() {
        comply_one(document);
        open.extend(&mut document.subsegments);
    }
}

fn comply_one(document: &mut Document) {
    shorten(document.user.as_mut(), TEXT_CHARACTERS);
    let request = document
        .http
        .as_mut()
        .and_then(|http| http.request.as_mut());
    if let Some(request) = request {
        let texts = [
            &mut request.method,
            &mut request.url,
            &mut request.user_agent,
            &mut request.client_ip,
        ];
        for text in texts {
            shorten(text.as_mut(), TEXT_CHARACTERS);
        }
    }
    let sql_user = document.sql.as_mut().and_then(|sql| sql.user.as_mut());
    if let Some(user) = sql_user
        && cut(user, TEXT_CHARACTERS).len() < user.len()
    {
        shorten(Some(user.to_mut()), TEXT_CHARACTERS);
    }
    if document.annotations.keys().any(|key| !is_kept(key)) {
        document.annotations.retain(|key, _| is_kept(key));
    }
    for value in document.annotations.values_mut() {
        if let AnnotationValue::Text(text) = value {
            shorten(Some(text), ANNOTATION_TEXT_CHARACTERS);
        }
    }
}

/// Whether an annotation with this key is kept.
fn is_kept(key: &str) -> bool {
    // Each of its characters is a byte.
    (1..=ANNOTATION_KEY_CHARACTERS).contains(&key.len()) && key.chars().all(is_kept_in_key)
}

/// Whether the key of an annotation may hold a character: those of the schema, and the dot, which OpenTelemetry's exporter for X-Ray
/// sends, and `annotation[key]` finds.
pub(super) fn is_kept_in_key(character: char) -> bool {
    is_key_character(character) || character == '.'
}

fn shorten(text: Option<&mut String>, characters: usize) {
    if let Some(text) = text {
        let kept = cut(text, characters).len();
        text.truncate(kept);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::validate::{Severity, validate};

    fn document(fields: &Value) -> Value {
        let mut document = json!({"name": "a", "id": "53995c3f42cd8ad8", "trace_id": "1-581cf771-a006649127e371903a2de979",
            "start_time": 1478293361.0, "end_time": 1478293362.0});
        let all = document.as_object_mut().expect("an object");
        all.extend(fields.as_object().expect("an object").clone());
        document
    }

    /// What is kept of a document, and what the validator tells of it as dropped or cut.
    fn kept(document: &Value) -> (Value, Vec<String>) {
        let text = document.to_string();
        let mut read = Document::parse(text.as_bytes()).expect("a document");
        comply(&mut read);
        let told = validate(&text, 1_478_293_362.0)
            .into_iter()
            .filter(|finding| matches!(finding.severity, Severity::Dropped | Severity::Cut))
            .map(|finding| format!("{} {}", finding.severity, finding.path))
            .collect();
        (serde_json::from_str(&read.to_json()).expect("JSON"), told)
    }

    #[test]
    fn texts_are_cut_and_annotations_dropped_as_the_validator_tells() {
        let long = "\u{e4}".repeat(1_500);
        let fields = json!({
            "user": long, "http": {"request": {"url": long, "method": "GET"}},
            "annotations": {"spa ce": 1, "": 2, "long": long, "a.b": 3, "ok": "yes"},
        });
        let nested = json!({"subsegments": [document(&json!({"sql": {"user": long}, "annotations": {"\u{fc}": true}}))]});
        let mut whole = document(&fields);
        whole
            .as_object_mut()
            .expect("an object")
            .extend(nested.as_object().expect("an object").clone());
        let (kept, told) = kept(&whole);
        let length = |value: &Value| value.as_str().expect("a text").chars().count();
        assert_eq!(length(&kept["user"]), 250);
        assert_eq!(length(&kept["http"]["request"]["url"]), 250);
        assert_eq!(length(&kept["annotations"]["long"]), 1_000);
        assert_eq!(length(&kept["subsegments"][0]["sql"]["user"]), 250);
        let keys: Vec<_> = kept["annotations"]
            .as_object()
            .expect("an object")
            .keys()
            .collect();
        assert_eq!(keys, ["a.b", "long", "ok"]);
        assert_eq!(kept["subsegments"][0].get("annotations"), None);
        for told_of in [
            "cut user",
            "cut http.request.url",
            "cut annotations.long",
            "dropped annotations.spa ce",
            "dropped annotations.",
            "cut subsegments[0].sql.user",
            "dropped subsegments[0].annotations.\u{fc}",
        ] {
            assert!(
                told.iter().any(|told| told == told_of),
                "{told_of}: {told:?}"
            );
        }
        assert!(!told.iter().any(|told| told.contains("a.b")), "{told:?}");
    }

    #[test]
    fn what_fits_stays_as_it_is() {
        let whole = document(
            &json!({"user": "u".repeat(250), "annotations": {"k": "v".repeat(1_000), "n": 1.5}}),
        );
        let (kept, told) = kept(&whole);
        assert_eq!(kept, whole);
        assert!(told.is_empty(), "{told:?}");
    }
}
