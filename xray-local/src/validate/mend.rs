//! What JSON lets stand and no text and no number holds: half a character, as `"\ud800"`, and numbers beyond those of 64 bits, as `1e400`.
//! Some senders write the first where they cut a text. Half a character is replaced by U+FFFD, and such a number by null, which is as if its
//! field were not there; all else stays, each byte in its place.

use std::ops::Range;

/// A text of JSON, and what was replaced in it.
pub(super) struct Mended {
    pub(super) text: String,
    /// In their order.
    pub(super) replaced: Vec<Replaced>,
}

/// Something that nobody can keep.
pub(super) struct Replaced {
    /// Its bytes.
    pub(super) at: Range<usize>,
    pub(super) is_number: bool,
}

/// Mends a text; `None` where nothing of it has to be.
pub(super) fn mend(json: &str) -> Option<Mended> {
    let replaced = find(json);
    if replaced.is_empty() {
        return None;
    }
    let mut text = String::with_capacity(json.len());
    for Replaced { at, is_number } in &replaced {
        text.push_str(&json[text.len()..at.start]);
        match is_number {
            true => text.push_str(&format!("{:1$}", "null", at.len())),
            false => text.push_str("\\ufffd"),
        }
    }
    text.push_str(&json[text.len()..]);
    Some(Mended { text, replaced })
}

fn find(json: &str) -> Vec<Replaced> {
    let bytes = json.as_bytes();
    let mut found = Vec::new();
    let mut is_text = false;
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let (length, is_good) = match byte {
            b'"' => {
                is_text = !is_text;
                (1, true)
            }
            b'\\' if is_text => escape(&bytes[at..]),
            b'-' | b'0'..=b'9' if !is_text => number(&json[at..]),
            _ => (1, true),
        };
        if !is_good {
            found.push(Replaced {
                at: at..at + length,
                is_number: !is_text,
            });
        }
        at += length;
    }
    found
}

/// The length of an escape, both parts of a pair together, and whether it stands for a character.
fn escape(bytes: &[u8]) -> (usize, bool) {
    match half(bytes) {
        None => (2, true),
        Some(Half::Low) => (6, false),
        Some(Half::High) => match half(&bytes[6..]) {
            Some(Half::Low) => (12, true),
            _ => (6, false),
        },
    }
}

enum Half {
    High,
    Low,
}

fn half(bytes: &[u8]) -> Option<Half> {
    let [b'\\', b'u', b'd' | b'D', second, third, fourth, ..] = bytes else {
        return None;
    };
    let is_hex = third.is_ascii_hexdigit() && fourth.is_ascii_hexdigit();
    match second.to_ascii_lowercase() {
        b'8' | b'9' | b'a' | b'b' if is_hex => Some(Half::High),
        b'c'..=b'f' if is_hex => Some(Half::Low),
        _ => None,
    }
}

/// The length of a number, and whether it is one of 64 bits.
fn number(json: &str) -> (usize, bool) {
    let is_part = |byte: &u8| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E');
    let length = json.bytes().take_while(is_part).count();
    let number = json[..length].parse::<f64>();
    (length, number.map_or(true, f64::is_finite))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mended(json: &str) -> Option<String> {
        mend(json).map(|mended| mended.text)
    }

    #[test]
    fn what_nobody_can_keep_is_replaced_and_nothing_else_moves() {
        for (json, expected) in [
            (r#"{"a":"x\ud800y"}"#, r#"{"a":"x\ufffdy"}"#),
            (
                r#"["\uDFFF","\ud83d\ude00","\ud800\ud83d\ude00"]"#,
                r#"["\ufffd","\ud83d\ude00","\ufffd\ud83d\ude00"]"#,
            ),
            (r#"{"\ud800":"\\ud800"}"#, r#"{"\ufffd":"\\ud800"}"#),
            ("[1e400,-2e308 , 1e3]", "[null ,null   , 1e3]"),
            (r#"["1e400",1E+999]"#, r#"["1e400",null  ]"#),
        ] {
            assert_eq!(mended(json).as_deref(), Some(expected), "{json}");
            assert_eq!(expected.len(), json.len(), "{json}");
            assert!(
                serde_json::from_str::<serde_json::Value>(expected).is_ok(),
                "{json}"
            );
        }
    }

    #[test]
    fn what_is_good_and_what_is_no_json_stay_as_they_are() {
        for json in [
            r#"{"a":"\u00e4\"\ud83d\ude00","b":-1.5e-400,"c":1e308}"#,
            r#"{"a":"\ud8"}"#,
            r#"{"a":"\ud80"#,
            r#"{"a":1e400e5,"b":--,"c":\ud800}"#,
            "\"\\",
            "",
        ] {
            assert_eq!(mended(json), None, "{json}");
        }
    }
}
