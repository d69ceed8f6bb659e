//! The pieces of an X-Ray document, written by hand as fast as we know how: for the floor, and for peers that have no writer of
//! their own.

/// The line that stands before each document in a datagram.
pub(crate) const HEADER: &[u8] = b"{\"format\":\"json\",\"version\":1}\n";

/// Adds text that needs no escaping.
#[inline]
pub(crate) fn raw(out: &mut Vec<u8>, text: &str) {
    out.extend_from_slice(text.as_bytes());
}

/// Adds the inside of a JSON string.
#[inline]
pub(crate) fn escaped(out: &mut Vec<u8>, text: &str) {
    let bytes = text.as_bytes();
    // Without a branch for each byte, so that it is done many bytes at a time.
    let is_clean = bytes.iter().fold(true, |is_clean, byte| {
        is_clean & (*byte >= 0x20) & (*byte != b'"') & (*byte != b'\\')
    });
    if is_clean {
        out.extend_from_slice(bytes);
    } else {
        escaped_slowly(out, text);
    }
}

#[cold]
fn escaped_slowly(out: &mut Vec<u8>, text: &str) {
    let quoted = serde_json::Value::from(text).to_string();
    raw(out, &quoted[1..quoted.len() - 1]);
}

/// Adds the last `digits` hexadecimal digits of a number.
#[inline]
pub(crate) fn hex<const DIGITS: usize>(out: &mut Vec<u8>, number: u64) {
    const TABLE: &[u8; 16] = b"0123456789abcdef";
    let mut text = [0; DIGITS];
    for (place, digit) in text.iter_mut().rev().enumerate() {
        *digit = TABLE[(number >> (4 * place)) as usize & 15];
    }
    out.extend_from_slice(&text);
}

/// Adds a time in microseconds since 1970 as seconds with six digits behind the point.
#[inline]
pub(crate) fn seconds(out: &mut Vec<u8>, microseconds: u64) {
    digits::<10>(out, microseconds / 1_000_000);
    out.push(b'.');
    digits::<6>(out, microseconds % 1_000_000);
}

#[inline]
fn digits<const DIGITS: usize>(out: &mut Vec<u8>, mut number: u64) {
    let mut text = [0; DIGITS];
    for digit in text.iter_mut().rev() {
        *digit = b'0' + (number % 10) as u8;
        number /= 10;
    }
    out.extend_from_slice(&text);
}

/// Adds an integer.
#[inline]
pub(crate) fn integer(out: &mut Vec<u8>, number: i64) {
    let (mut text, mut start, mut rest) = ([0; 20], 20, number.unsigned_abs());
    loop {
        start -= 1;
        text[start] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if number < 0 {
        out.push(b'-');
    }
    out.extend_from_slice(&text[start..]);
}

/// Adds a trace id as X-Ray writes it.
#[inline]
pub(crate) fn trace_id(out: &mut Vec<u8>, epoch_seconds: u64, high: u64, low: u64) {
    raw(out, "1-");
    hex::<8>(out, epoch_seconds);
    out.push(b'-');
    hex::<16>(out, high);
    hex::<8>(out, low);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).expect("text")
    }

    #[test]
    fn pieces_are_written_as_json_has_them() {
        assert_eq!(written(|out| escaped(out, "plain é")), "plain é");
        assert_eq!(written(|out| escaped(out, "a\"b\\\n")), "a\\\"b\\\\\\n");
        assert_eq!(written(|out| hex::<4>(out, 0x1_0abc)), "0abc");
        assert_eq!(
            written(|out| seconds(out, 1_700_000_000_000_042)),
            "1700000000.000042"
        );
        assert_eq!(written(|out| integer(out, i64::MIN)), i64::MIN.to_string());
        assert_eq!(written(|out| integer(out, 0)), "0");
        assert_eq!(
            written(|out| trace_id(out, 0x5e, 1, 2)),
            "1-0000005e-000000000000000100000002"
        );
    }
}
