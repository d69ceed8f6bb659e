//! Trace ids and segment ids: made, parsed, printed.

mod secure;

use std::cell::Cell;
use std::fmt;
use std::str::FromStr;
use std::sync::atomic::{AtomicU32, Ordering};

use rand::Rng;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::error::Error;
pub(crate) use secure::secure;

/// The id that all segments of one trace share: `1-`, 8 hex digits of epoch seconds, `-`, 24 random hex digits.
///
/// Ids that were made from W3C trace ids have random digits where the seconds stand; X-Ray does not check them
/// (API reference, "PutTraceSegments").
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TraceId(u128);

/// The id of one segment or subsegment: 16 hex digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SegmentId(u64);

const TRACE_ID_FORM: &str =
    "1-, 8 hex digits, -, 24 hex digits (or the 32 hex digits of a W3C trace id)";
const SEGMENT_ID_FORM: &str = "16 hex digits";

impl TraceId {
    /// Makes a new id whose time part is `epoch_seconds`.
    ///
    /// The random part comes from a cryptographically secure generator: trace ids leave the program and must not be guessable.
    #[inline]
    pub(crate) fn random(epoch_seconds: u32) -> Self {
        let [high, middle, low] = RESERVE.with(Reserve::take).map(u128::from);
        Self(u128::from(epoch_seconds) << 96 | high << 64 | middle << 32 | low)
    }

    /// Reads `1-` 8 hex `-` 24 hex, or the 32 hex digits of a W3C trace id. Letters may be of either case.
    ///
    /// # Errors
    ///
    /// When the text has any other form.
    pub fn parse(text: &str) -> Result<Self, Error> {
        Self::from_text(text.as_bytes())
            .ok_or_else(|| Error::invalid("trace id", text, TRACE_ID_FORM))
    }

    pub(crate) fn from_text(text: &[u8]) -> Option<Self> {
        match text.len() {
            35 if text.starts_with(b"1-") && text[10] == b'-' => {
                let seconds = u128::from(hex(&text[2..10])?) << 96;
                let above = u128::from(hex(&text[11..19])?) << 64;
                Some(Self(seconds | above | u128::from(hex(&text[19..])?)))
            }
            32 => Some(Self(
                u128::from(hex(&text[..16])?) << 64 | u128::from(hex(&text[16..])?),
            )),
            _ => None,
        }
    }

    /// The id as one number: the seconds in the upper 32 bits, the random part below.
    pub fn to_u128(self) -> u128 {
        self.0
    }

    /// The id of which [`to_u128`](Self::to_u128) is the number.
    pub fn from_u128(number: u128) -> Self {
        Self(number)
    }

    /// The same id as W3C writes it: 32 hex digits.
    pub fn to_w3c(self) -> String {
        format!("{:032x}", self.0)
    }

    /// The time part, in seconds since 1970. Not a time when the id came from W3C.
    pub fn epoch_seconds(self) -> u32 {
        (self.0 >> 96) as u32
    }
}

/// How often this process was restored from a snapshot of its memory. Processes restored from the same one hold the same generators,
/// and would make the same ids: what was seeded before the latest restore is seeded anew before it is used.
static RESTORES: AtomicU32 = AtomicU32::new(0);

/// The process in which ids were made last.
static PROCESS: AtomicU32 = AtomicU32::new(0);

/// Ids are made in this process from now on. One that was forked has the generators of its parent, as its brothers have: it seeds its own.
pub(crate) fn settle_in(process: u32) {
    if PROCESS.swap(process, Ordering::Relaxed) != process {
        reseed();
    }
}

/// Has all threads seed their generators anew.
pub(crate) fn reseed() {
    RESTORES.fetch_add(1, Ordering::Relaxed);
}

thread_local! {
    static RESERVE: Reserve = const {
        Reserve {
            numbers: [const { Cell::new(0) }; RESERVED],
            left: Cell::new(0),
            made: Cell::new(0),
        }
    };
    static SEGMENT_IDS: Generator = const {
        Generator {
            state: Cell::new(0),
            seeded: Cell::new(0),
        }
    };
}

/// Secure random numbers for the next trace ids: to ask the generator for few is most of what they cost.
struct Reserve {
    numbers: [Cell<u32>; RESERVED],
    left: Cell<usize>,
    /// The restore after which they were made.
    made: Cell<u32>,
}

const RESERVED: usize = 64;

impl Reserve {
    #[inline]
    fn take(&self) -> [u32; 3] {
        let left = self.left.get();
        if left < 3 || self.made.get() != RESTORES.load(Ordering::Relaxed) {
            self.fill();
        }
        let left = self.left.get();
        self.left.set(left.wrapping_sub(3));
        [1, 2, 3].map(|back| self.numbers[left.wrapping_sub(back) % RESERVED].take())
    }

    #[cold]
    #[inline(never)]
    fn fill(&self) {
        self.made.set(RESTORES.load(Ordering::Relaxed));
        let mut bytes = [0; RESERVED * 4];
        secure(|random| random.fill_bytes(&mut bytes));
        for (number, bytes) in self.numbers.iter().zip(bytes.chunks_exact(4)) {
            number.set(u32::from_ne_bytes(bytes.try_into().unwrap_or_default()));
        }
        self.left.set(RESERVED);
    }
}

/// A thread's generator for segment ids.
struct Generator {
    /// Zero before its first use.
    state: Cell<u64>,
    /// The restore after which it was seeded.
    seeded: Cell<u32>,
}

/// The first secret of wyrand.
const STEP: u64 = 0xa076_1d64_78bd_642f;
/// What leads from a step back to its number: their product is one.
const STEP_INVERSE: u64 = {
    // Newton's: an odd number is its own inverse in its last three bits, and each round doubles them.
    let mut inverse = STEP;
    let mut rounds = 0;
    while rounds < 5 {
        inverse = inverse.wrapping_mul(2_u64.wrapping_sub(STEP.wrapping_mul(inverse)));
        rounds += 1;
    }
    inverse
};
/// More ids than one row comes to.
const ROW: u64 = 1 << 32;

impl SegmentId {
    /// Makes a new id. Never zero, which X-Ray's SDKs use for "no id".
    ///
    /// Segment ids have to be unique, not secret: the generator is wyrand, seeded by the system, one a thread.
    #[inline]
    pub(crate) fn random() -> Self {
        SEGMENT_IDS.with(|generator| {
            let mut seed = generator.state.get();
            if seed == 0 || generator.seeded.get() != RESTORES.load(Ordering::Relaxed) {
                seed = generator.seed();
            }
            let id = Self::next(&mut seed);
            generator.state.set(seed);
            id
        })
    }

    /// The id that follows in a row of its own, of which `row` is the last one. A row that begins at a random id meets another one no
    /// sooner than random ids meet: it takes the same step each time, which leads to all numbers.
    #[inline(always)]
    pub(crate) fn following(row: &mut u64) -> Self {
        *row = row.wrapping_add(STEP);
        if *row == 0 {
            *row = STEP;
        }
        Self(*row)
    }

    /// Whether it stands in the [row](Self::following) that begins at `first`, among the ids that one may have come to.
    pub(crate) fn is_in_row_of(self, first: Self) -> bool {
        self.0.wrapping_sub(first.0).wrapping_mul(STEP_INVERSE) < ROW
    }

    /// The next one of a generator.
    #[inline(always)]
    fn next(state: &mut u64) -> Self {
        loop {
            *state = state.wrapping_add(STEP);
            let product = u128::from(*state) * u128::from(*state ^ 0xe703_7ed1_a0b4_28db);
            let number = (product as u64) ^ ((product >> 64) as u64);
            if number != 0 {
                return Self(number);
            }
        }
    }

    /// Reads 16 hex digits of either case.
    ///
    /// # Errors
    ///
    /// When the text has any other form.
    pub fn parse(text: &str) -> Result<Self, Error> {
        Self::from_text(text.as_bytes())
            .ok_or_else(|| Error::invalid("segment id", text, SEGMENT_ID_FORM))
    }

    pub(crate) fn from_text(text: &[u8]) -> Option<Self> {
        if text.len() != 16 {
            return None;
        }
        hex(text).map(Self)
    }

    /// The id as a number.
    pub fn to_u64(self) -> u64 {
        self.0
    }

    /// The id of which [`to_u64`](Self::to_u64) is the number.
    pub const fn from_u64(number: u64) -> Self {
        Self(number)
    }
}

impl Generator {
    #[cold]
    #[inline(never)]
    fn seed(&self) -> u64 {
        self.seeded.set(RESTORES.load(Ordering::Relaxed));
        secure(Rng::next_u64)
    }
}

/// The number that at most 16 hexadecimal digits tell.
fn hex(digits: &[u8]) -> Option<u64> {
    let (mut number, mut all) = (0, 0);
    for digit in digits {
        let value = DIGITS[usize::from(*digit)];
        number = number << 4 | u64::from(value & 0xf);
        all |= value;
    }
    (all < 0x10).then_some(number)
}

/// What each byte is as a hexadecimal digit; 0x10 where it is none.
static DIGITS: [u8; 256] = {
    let mut digits = [0x10; 256];
    let mut value = 0;
    while value < 16 {
        digits[b"0123456789abcdef"[value] as usize] = value as u8;
        digits[b"0123456789ABCDEF"[value] as usize] = value as u8;
        value += 1;
    }
    digits
};

/// Eight hexadecimal digits, all at once: each stands in a byte of a number.
#[inline]
pub(crate) fn hex_digits(number: u32) -> [u8; 8] {
    let mut nibbles = u64::from(number);
    nibbles = (nibbles | nibbles << 16) & 0x0000_ffff_0000_ffff;
    nibbles = (nibbles | nibbles << 8) & 0x00ff_00ff_00ff_00ff;
    nibbles = (nibbles | nibbles << 4) & 0x0f0f_0f0f_0f0f_0f0f;
    // One in each byte whose digit is a letter.
    let letters = (nibbles + EACH * 6) >> 4 & EACH;
    (nibbles + EACH * u64::from(b'0') + letters * u64::from(b'a' - b'9' - 1)).to_be_bytes()
}

/// One in each byte.
const EACH: u64 = 0x0101_0101_0101_0101;

impl TraceId {
    /// The text of the id.
    #[inline]
    pub(crate) fn letters(self) -> [u8; 35] {
        let mut text = *b"1-00000000-000000000000000000000000";
        text[2..10].copy_from_slice(&hex_digits((self.0 >> 96) as u32));
        text[11..19].copy_from_slice(&hex_digits((self.0 >> 64) as u32));
        text[19..].copy_from_slice(&SegmentId(self.0 as u64).letters());
        text
    }
}

impl SegmentId {
    /// The text of the id.
    #[inline]
    pub(crate) fn letters(self) -> [u8; 16] {
        let mut text = [0; 16];
        text[..8].copy_from_slice(&hex_digits((self.0 >> 32) as u32));
        text[8..].copy_from_slice(&hex_digits(self.0 as u32));
        text
    }
}

/// Prints text that is made of letters of ASCII.
fn print(f: &mut fmt::Formatter<'_>, letters: &[u8]) -> fmt::Result {
    f.write_str(std::str::from_utf8(letters).map_err(|_| fmt::Error)?)
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        print(f, &self.letters())
    }
}

impl fmt::Display for SegmentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        print(f, &self.letters())
    }
}

macro_rules! as_text {
    ($id:ident, $expecting:expr) => {
        impl fmt::Debug for $id {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{self}")
            }
        }

        impl FromStr for $id {
            type Err = Error;

            fn from_str(text: &str) -> Result<Self, Error> {
                Self::parse(text)
            }
        }

        impl Serialize for $id {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $id {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct AsText;
                impl serde::de::Visitor<'_> for AsText {
                    type Value = $id;

                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str($expecting)
                    }

                    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<$id, E> {
                        $id::parse(text).map_err(E::custom)
                    }
                }
                deserializer.deserialize_str(AsText)
            }
        }
    };
}

as_text!(TraceId, TRACE_ID_FORM);
as_text!(SegmentId, SEGMENT_ID_FORM);

#[cfg(test)]
mod tests;
