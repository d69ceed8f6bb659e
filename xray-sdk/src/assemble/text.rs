//! JSON text, appended to a buffer that is used again and again.

use crate::id::{SegmentId, TraceId};

/// Appends JSON. Every method leaves a well-formed piece behind.
#[derive(Default)]
pub(crate) struct Text {
    bytes: Vec<u8>,
    /// The latest second that was written, with its digits: the next time is hardly ever of another.
    second: (u64, [u8; 10]),
}

const HEX: &[u8; 16] = b"0123456789abcdef";
/// The numbers below a hundred, in two digits.
const PAIRS: [[u8; 2]; 100] = {
    let mut pairs = [[0; 2]; 100];
    let mut number = 0;
    while number < 100 {
        pairs[number] = [b'0' + (number / 10) as u8, b'0' + (number % 10) as u8];
        number += 1;
    }
    pairs
};

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

    #[inline]
    pub(crate) fn raw(&mut self, json: impl AsRef<[u8]>) {
        self.bytes.extend_from_slice(json.as_ref());
    }

    /// A comma, unless an object or array has just begun or nothing was written.
    #[inline]
    pub(crate) fn separate(&mut self) {
        if !matches!(self.bytes.last(), None | Some(b'{' | b'[')) {
            self.bytes.push(b',');
        }
    }

    /// A key that needs no escaping, after a comma where one is needed.
    #[inline(always)]
    pub(crate) fn key(&mut self, key: &str) {
        self.separate();
        self.bytes.reserve(key.len() + 3);
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

    /// Text that needs no escaping, in quotes.
    #[inline]
    pub(crate) fn plain(&mut self, text: &str) {
        self.bytes.reserve(text.len() + 2);
        self.bytes.push(b'"');
        self.raw(text);
        self.bytes.push(b'"');
    }

    pub(crate) fn string(&mut self, text: &str) {
        self.string_within(text, usize::MAX);
    }

    /// Writes as much of `text` as fits into `limit` bytes of JSON; false when that is not all of it.
    pub(crate) fn string_within(&mut self, text: &str, limit: usize) -> bool {
        if text.len() + 2 <= limit && is_plain(text.as_bytes()) {
            self.plain(text);
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

    /// The text of an id, without quotes.
    #[inline]
    pub(crate) fn segment_id(&mut self, id: SegmentId) {
        self.raw(id.letters());
    }

    /// The text of a trace id, without quotes.
    #[inline]
    pub(crate) fn trace_id(&mut self, id: TraceId) {
        self.raw(id.letters());
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
        let (seconds, micros) = (epoch_micros / 1_000_000, epoch_micros % 1_000_000);
        let mut text = *b"0000000000.000000";
        write_pairs(&mut text[11..], micros as u32);
        if self.second.0 != seconds || seconds == 0 {
            // Ten digits since 2001.
            match u32::try_from(seconds) {
                Ok(number) if number >= 1_000_000_000 => {
                    self.second.0 = seconds;
                    write_pairs(&mut self.second.1, number);
                }
                _ => {
                    self.integer(seconds);
                    return self.raw(&text[10..]);
                }
            }
        }
        text[..10].copy_from_slice(&self.second.1);
        self.raw(text);
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

/// Fills `digits`, of which there is an even number, with those of `number`.
#[inline(always)]
fn write_pairs(digits: &mut [u8], mut number: u32) {
    for pair in digits.rchunks_exact_mut(2) {
        pair.copy_from_slice(&PAIRS[(number % 100) as usize]);
        number /= 100;
    }
}

/// One in each byte.
const EACH: u64 = 0x0101_0101_0101_0101;

/// Whether nothing of `text` has to be escaped: hardly any text has something, so all of it is looked at, eight bytes at a time.
#[inline]
fn is_plain(text: &[u8]) -> bool {
    let Some(last) = text.last_chunk::<8>() else {
        return !text.iter().fold(false, |any, byte| any | is_escaped(*byte));
    };
    // Some of the last were looked at before.
    let mut found = escaped_among(u64::from_le_bytes(*last));
    let mut rest = text;
    while let Some((eight, after)) = rest.split_first_chunk::<8>() {
        found |= escaped_among(u64::from_le_bytes(*eight));
        rest = after;
    }
    found == 0
}

/// Not zero when one of eight bytes has to be escaped.
#[inline(always)]
fn escaped_among(bytes: u64) -> u64 {
    // What falls below zero in a byte's subtraction sets its highest bit, which only bytes of ASCII have free. It may borrow from
    // the next byte, but only where one was found.
    let below = |bytes: u64, limit: u64| bytes.wrapping_sub(EACH * limit) & !bytes;
    let control = below(bytes, 0x20);
    let quote = below(bytes ^ (EACH * u64::from(b'"')), 1);
    let backslash = below(bytes ^ (EACH * u64::from(b'\\')), 1);
    (control | quote | backslash) & EACH << 7
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
    fn what_has_to_be_escaped_is_found_at_every_place() {
        for byte in 0..128 {
            for length in 1..40 {
                for place in 0..length {
                    let mut text = vec![b'x'; length];
                    text[place] = byte;
                    assert_eq!(is_plain(&text), !is_escaped(byte), "{byte} at {place}");
                }
            }
        }
        assert!(is_plain("größer als 5 €, „so“".as_bytes()));
        assert!(is_plain(b""));
    }

    #[test]
    fn times_have_six_digits_of_fraction() {
        assert_eq!(
            written(|text| text.seconds(1_700_000_000_000_042)),
            "1700000000.000042"
        );
        assert_eq!(
            written(|text| {
                for time in [
                    1_700_000_000_000_042,
                    1_700_000_001_000_000,
                    0,
                    1_700_000_001_000_000,
                ] {
                    text.seconds(time);
                    text.raw(b" ");
                }
            }),
            "1700000000.000042 1700000001.000000 0.000000 1700000001.000000 "
        );
        assert_eq!(written(|text| text.seconds(0)), "0.000000");
        for seconds in [1, 999_999_999, 1_000_000_000, 4_294_967_295, 4_294_967_296] {
            assert_eq!(
                written(|text| text.seconds(seconds * 1_000_000 + 120_034)),
                format!("{seconds}.120034")
            );
        }
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
