//! Single texts that were found, fit for a document.

use serde_json::Value;

/// The longest text that is taken over, in bytes. The ARN of a container has up to 400; nothing that AWS gives is longer.
pub(super) const LONGEST: usize = 512;

/// `text`, unless it is empty, too long or not printable. What is wrong is left out rather than cut: half an ARN is wrong too.
pub(super) fn fit(text: &str) -> Option<String> {
    let text = text.trim();
    let is_fit = (1..=LONGEST).contains(&text.len()) && !text.contains(char::is_control);
    is_fit.then(|| text.to_owned())
}

/// The text of a field of an object.
pub(super) fn text_of(object: &Value, key: &str) -> Option<String> {
    fit(object.get(key)?.as_str()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_document_should_hold_is_left_out_whole() {
        assert_eq!(fit(" i-0a ").as_deref(), Some("i-0a"));
        assert_eq!(fit("grün-1").as_deref(), Some("grün-1"));
        for unfit in ["", "  ", "a\nb", "a\0", &"x".repeat(LONGEST + 1)] {
            assert_eq!(fit(unfit), None, "{unfit:?}");
        }
    }

    #[test]
    fn fields_of_another_type_are_left_out() {
        let object = serde_json::json!({"text": "a", "number": 1, "null": null});
        assert_eq!(text_of(&object, "text").as_deref(), Some("a"));
        assert_eq!(text_of(&object, "number"), None);
        assert_eq!(text_of(&object, "null"), None);
        assert_eq!(text_of(&object, "absent"), None);
        assert_eq!(text_of(&Value::Null, "text"), None);
    }
}
