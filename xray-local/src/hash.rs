//! Names that nothing else has, made of what they stand for: the same again each time.

use std::fmt::Write as _;

/// FNV-1a of 128 bits. It is quick, and nothing here has to withstand anyone who looks for two things with one hash.
pub(crate) fn hash(parts: &[&[u8]]) -> u128 {
    const START: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    const FACTOR: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    let take = |hash: u128, byte: u8| (hash ^ u128::from(byte)).wrapping_mul(FACTOR);
    parts.iter().fold(START, |hash, part| {
        // The length keeps `a`, `bc` apart from `ab`, `c`.
        let length = part.len().to_be_bytes();
        part.iter().copied().chain(length).fold(hash, take)
    })
}

/// The hash as 26 letters and digits.
pub(crate) fn letters(parts: &[&[u8]]) -> String {
    const DIGITS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let mut number = hash(parts);
    let mut text = String::new();
    for _ in 0..26 {
        let digit = DIGITS[(number % 32) as usize];
        let _ = text.write_char(char::from(digit));
        number /= 32;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_has_another_name_and_what_does_not_has_the_same() {
        assert_eq!(letters(&[b"a", b"bc"]), letters(&[b"a", b"bc"]));
        assert_ne!(letters(&[b"a", b"bc"]), letters(&[b"ab", b"c"]));
        assert_eq!(letters(&[]).len(), 26);
    }
}
