//! JSON text, appended to a buffer that is used again and again.

use crate::id::{SegmentId, TraceId};

/// Appends JSON. Every method leaves a well-formed piece behind.
#[derive(Default)]
pub(crate) struct Text {
    bytes: Vec<u8>,
    /// The latest second that was written, in microseconds, with its digits: the next time is hardly ever of another.
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

    /// A comma and a key that needs no escaping.
    #[inline]
    pub(crate) fn member(&mut self, key: &str) {
        self.raw(b",\"");
        self.raw(key);
        self.raw(b"\":");
    }

    /// A comma, a key and the quote that begins a text, as they are given, and that text.
    #[inline(always)]
    pub(crate) fn text_member<const LENGTH: usize>(&mut self, key: &[u8; LENGTH], text: &str) {
        if is_plain(text.as_bytes()) {
            self.raw(key);
            self.raw(text);
            return self.bytes.push(b'"');
        }
        self.raw(&key[..LENGTH - 1]);
        self.escaped_within(text, usize::MAX);
    }

    /// Makes an object of the members that were written from `start` on, each behind a comma: the first comma is not needed.
    #[inline]
    pub(crate) fn end_object(&mut self, start: usize) {
        match self.bytes.get_mut(start) {
            Some(comma) => *comma = b'{',
            None => self.bytes.push(b'{'),
        }
        self.bytes.push(b'}');
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
        if is_plain(text.as_bytes()) {
            return self.plain(text);
        }
        self.escaped_within(text, usize::MAX);
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

    /// What a document begins with: the id of its trace.
    #[inline]
    pub(crate) fn trace(&mut self, id: TraceId) {
        let mut known = *b"{\"trace_id\":\"1-00000000-000000000000000000000000\",";
        known[13..48].copy_from_slice(&id.letters());
        self.raw(known);
    }

    pub(crate) fn integer(&mut self, number: impl itoa::Integer) {
        self.raw(itoa::Buffer::new().format(number));
    }

    /// The status of an HTTP response: three digits, where it is one.
    #[inline]
    pub(crate) fn status(&mut self, status: u64) {
        match status {
            100..=999 => {
                let mut digits = [b'0' + (status / 100) as u8, 0, 0];
                write_pairs(&mut digits[1..], (status % 100) as u32);
                self.raw(digits);
            }
            _ => self.integer(status),
        }
    }

    pub(crate) fn display(&mut self, value: impl std::fmt::Display) {
        use std::io::Write as _;
        // Writing to a vector does not fail.
        let _ = write!(self.bytes, "{value}");
    }

    /// The id, the start and the end of a segment or subsegment, behind its name: most of what all of them have, in one piece.
    #[inline]
    pub(crate) fn identity(&mut self, id: SegmentId, start: u64, end: Option<u64>) {
        const EMPTY: &[u8; 85] = b"\",\"id\":\"0000000000000000\",\"start_time\":0000000000.000000,\"end_time\":0000000000.000000";
        const START: usize = 39;
        const END: usize = 68;
        let mut known = *EMPTY;
        known[8..24].copy_from_slice(&id.letters());
        let is_whole = end.is_some_and(|end| {
            self.digits(start, &mut known[START..START + 17]) && self.digits(end, &mut known[END..])
        });
        if is_whole {
            return self.raw(known);
        }
        self.raw(&known[..START]);
        self.seconds(start);
        match end {
            Some(end) => {
                self.raw(&known[START + 17..END]);
                self.seconds(end);
            }
            None => self.raw(b",\"in_progress\":true"),
        }
    }

    /// Epoch seconds with microseconds, as X-Ray's documents have times.
    fn seconds(&mut self, epoch_micros: u64) {
        let mut text = *b"0000000000.000000";
        if self.digits(epoch_micros, &mut text) {
            return self.raw(text);
        }
        self.integer(epoch_micros / 1_000_000);
        write_pairs(&mut text[11..], (epoch_micros % 1_000_000) as u32);
        self.raw(&text[10..]);
    }

    /// Fills in the same where there is `0000000000.000000`. False where the seconds do not have the ten digits that they have since 2001.
    #[inline(always)]
    fn digits(&mut self, epoch_micros: u64, text: &mut [u8]) -> bool {
        let mut micros = epoch_micros.wrapping_sub(self.second.0);
        if micros >= 1_000_000 || self.second.0 == 0 {
            let seconds = epoch_micros / 1_000_000;
            match u32::try_from(seconds) {
                Ok(number) if number >= 1_000_000_000 => write_pairs(&mut self.second.1, number),
                _ => return false,
            }
            self.second.0 = seconds * 1_000_000;
            micros = epoch_micros % 1_000_000;
        }
        text[..10].copy_from_slice(&self.second.1);
        write_pairs(&mut text[11..17], micros as u32);
        true
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

/// Whether nothing of `text` has to be escaped: hardly any text has something, so all of it is looked at, sixteen bytes at a time. Where the
/// last are fewer, some before them are looked at again.
fn is_plain(text: &[u8]) -> bool {
    if let Some(last) = text.last_chunk() {
        let mut rest = text;
        while let Some((sixteen, after)) = rest.split_first_chunk() {
            if has_escaped(sixteen) {
                return false;
            }
            rest = after;
        }
        return !has_escaped(last);
    }
    match (text.first_chunk(), text.last_chunk()) {
        (Some(first), Some(last)) => {
            escaped_among(u64::from_le_bytes(*first)) | escaped_among(u64::from_le_bytes(*last))
                == 0
        }
        _ => {
            let eight = text
                .iter()
                .fold(EACH << 5, |eight, byte| eight << 8 | u64::from(*byte));
            escaped_among(eight) == 0
        }
    }
}

/// One in each byte.
const EACH: u64 = 0x0101_0101_0101_0101;

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

/// In this form, without a branch for each byte, a compiler finds the instructions that look at all of them at once.
#[inline(always)]
fn has_escaped(bytes: &[u8; 16]) -> bool {
    bytes
        .iter()
        .fold(false, |any, byte| any | is_escaped(*byte))
}

#[inline(always)]
fn is_escaped(byte: u8) -> bool {
    (byte < 0x20) | (byte == b'"') | (byte == b'\\')
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
mod tests;
