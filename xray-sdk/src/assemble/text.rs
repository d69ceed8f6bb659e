//! JSON text, appended to a buffer that is used again and again.

use crate::id::TraceId;

/// Appends JSON. Every method leaves a well-formed piece behind.
#[derive(Default)]
pub(crate) struct Text {
    bytes: Vec<u8>,
}

const HEX: &[u8; 16] = b"0123456789abcdef";

impl Text {
    pub(crate) fn clear(&mut self) {
        self.bytes.clear();
    }

    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(crate) fn truncate(&mut self, length: usize) {
        self.bytes.truncate(length);
    }

    pub(crate) fn raw(&mut self, json: impl AsRef<[u8]>) {
        self.bytes.extend_from_slice(json.as_ref());
    }

    /// A comma, unless an object or array has just begun or nothing was written.
    pub(crate) fn separate(&mut self) {
        if !matches!(self.bytes.last(), None | Some(b'{' | b'[')) {
            self.bytes.push(b',');
        }
    }

    /// A key that needs no escaping, after a comma where one is needed.
    pub(crate) fn key(&mut self, key: &str) {
        self.separate();
        self.bytes.push(b'"');
        self.raw(key);
        self.raw(b"\":");
    }

    /// Any key.
    pub(crate) fn any_key(&mut self, key: &str) {
        self.separate();
        self.string(key);
        self.bytes.push(b':');
    }

    pub(crate) fn string(&mut self, text: &str) {
        self.string_within(text, usize::MAX);
    }

    /// Writes as much of `text` as fits into `limit` bytes of JSON; false when that is not all of it.
    pub(crate) fn string_within(&mut self, text: &str, limit: usize) -> bool {
        // Looks at all bytes, many at a time: hardly any text has one to escape.
        let is_plain = !text.bytes().fold(false, |any, byte| any | is_escaped(byte));
        if is_plain && text.len() + 2 <= limit {
            self.bytes.reserve(text.len() + 2);
            self.bytes.push(b'"');
            self.raw(text);
            self.bytes.push(b'"');
            return true;
        }
        self.escaped_within(text, limit)
    }

    fn escaped_within(&mut self, text: &str, limit: usize) -> bool {
        let end = self.bytes.len().saturating_add(limit.max(2) - 1);
        self.bytes.push(b'"');
        let mut whole = true;
        let mut rest = text;
        while !rest.is_empty() {
            let plain = rest.bytes().position(is_escaped).unwrap_or(rest.len());
            let room = end.saturating_sub(self.bytes.len());
            if plain > room {
                self.raw(&rest[..floor_char_boundary(rest, room)]);
                whole = false;
                break;
            }
            self.raw(&rest[..plain]);
            let Some(&byte) = rest.as_bytes().get(plain) else {
                break;
            };
            if end.saturating_sub(self.bytes.len()) < 6 {
                whole = false;
                break;
            }
            self.escape(byte);
            rest = &rest[plain + 1..];
        }
        self.bytes.push(b'"');
        whole
    }

    fn escape(&mut self, byte: u8) {
        match byte {
            b'"' => self.raw(b"\\\""),
            b'\\' => self.raw(b"\\\\"),
            b'\n' => self.raw(b"\\n"),
            b'\t' => self.raw(b"\\t"),
            b'\r' => self.raw(b"\\r"),
            _ => {
                self.raw(b"\\u00");
                self.raw([HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
            }
        }
    }

    pub(crate) fn hex(&mut self, number: u64) {
        let mut digits = [0; 16];
        for (place, digit) in digits.iter_mut().enumerate() {
            *digit = HEX[(number >> (60 - 4 * place) & 15) as usize];
        }
        self.raw(digits);
    }

    /// The text of a trace id, without quotes.
    pub(crate) fn trace_id(&mut self, id: TraceId) {
        let number = id.to_u128();
        self.raw(b"1-");
        let start = self.len();
        self.hex((number >> 96) as u64);
        // Eight digits of sixteen are the seconds.
        self.bytes.drain(start..start + 8);
        self.raw(b"-");
        let start = self.len();
        self.hex((number >> 64) as u64 & 0xffff_ffff);
        self.bytes.drain(start..start + 8);
        self.hex(number as u64);
    }

    pub(crate) fn integer(&mut self, number: impl itoa::Integer) {
        self.raw(itoa::Buffer::new().format(number));
    }

    pub(crate) fn display(&mut self, value: impl std::fmt::Display) {
        use std::io::Write as _;
        // Writing to a vector does not fail.
        let _ = write!(self.bytes, "{value}");
    }

    /// Epoch seconds with microseconds, as X-Ray's documents have times.
    pub(crate) fn seconds(&mut self, epoch_micros: u64) {
        self.integer(epoch_micros / 1_000_000);
        let mut fraction = *b".000000";
        let mut rest = epoch_micros % 1_000_000;
        for digit in fraction[1..].iter_mut().rev() {
            *digit = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
        self.raw(fraction);
    }

    /// A finite number as JSON, anything else as text: JSON has no NaN and no infinity.
    pub(crate) fn float(&mut self, number: f64) {
        match serde_json::Number::from_f64(number) {
            Some(number) => self.display(number),
            None => {
                self.bytes.push(b'"');
                self.display(number);
                self.bytes.push(b'"');
            }
        }
    }
}

#[inline]
fn is_escaped(byte: u8) -> bool {
    byte < 0x20 || byte == b'"' || byte == b'\\'
}

/// The largest index up to `index` where `text` may be cut. As `str::floor_char_boundary`, which newer compilers have.
pub(crate) fn floor_char_boundary(text: &str, index: usize) -> usize {
    if index >= text.len() {
        return text.len();
    }
    let mut index = index;
    while !text.is_char_boundary(index) {
        index -= 1;
    }
    index
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn written(write: impl FnOnce(&mut Text)) -> String {
        let mut text = Text::default();
        write(&mut text);
        String::from_utf8(text.bytes).expect("utf-8")
    }

    #[test]
    fn a_trace_id_is_written_as_it_prints() {
        for number in [0, 1, u128::MAX, 0x5759_e988_bd86_2e3f_e1be_46a9_9427_2793] {
            let id = TraceId::from_u128(number);
            assert_eq!(written(|text| text.trace_id(id)), id.to_string());
        }
    }

    #[test]
    fn times_have_six_digits_of_fraction() {
        assert_eq!(
            written(|text| text.seconds(1_700_000_000_000_042)),
            "1700000000.000042"
        );
        assert_eq!(written(|text| text.seconds(0)), "0.000000");
    }

    #[test]
    fn what_json_cannot_hold_becomes_text() {
        assert_eq!(written(|text| text.float(f64::NAN)), "\"NaN\"");
        assert_eq!(written(|text| text.float(f64::NEG_INFINITY)), "\"-inf\"");
        assert_eq!(written(|text| text.float(0.5)), "0.5");
    }

    proptest! {
        #[test]
        fn any_string_reads_back(string in any::<String>()) {
            let json = written(|text| text.string(&string));
            prop_assert_eq!(serde_json::from_str::<String>(&json).expect("json"), string);
        }

        #[test]
        fn a_string_stays_within_its_limit(string in any::<String>(), limit in 2usize..64) {
            let json = written(|text| {
                let whole = text.string_within(&string, limit);
                assert!(!whole || text.len() <= limit);
            });
            prop_assert!(json.len() <= limit, "{} > {}", json.len(), limit);
            let back = serde_json::from_str::<String>(&json).expect("json");
            prop_assert!(string.starts_with(&back));
        }
    }
}
