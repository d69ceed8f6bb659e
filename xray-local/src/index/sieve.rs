//! What values a column may have, in a fraction of its room: most columns that have not what is asked for need not be read.

use super::column::Values;
use super::matcher::Matcher;
use super::pack::{read_words, write_words};
use crate::entry::{Bytes, fields};
use crate::filter::expression::{Operator, Value};

/// Never says no of a value that is there.
#[derive(Clone, Debug)]
pub(super) struct Sieve {
    /// Each value as a whole.
    values: Marks,
    /// Each three bytes of a text that stand one behind the other.
    pieces: Marks,
    /// The smallest and the largest number.
    numbers: Option<(f64, f64)>,
}

/// Bits that some hashes have set; a power of two of them.
#[derive(Clone, Debug, PartialEq)]
struct Marks {
    words: Vec<u64>,
}

fields!(Sieve {
    values,
    pieces,
    numbers
});

/// How many bits there are for each value at least. With three of them set for each, two in a hundred that are not there pass.
const VALUE_BITS: usize = 10;
const VALUE_MARKS: u32 = 3;

/// How many bits there are for the pieces of texts at first. There are some thousand of the ways in which letters follow each other.
const PIECE_BITS: usize = 1 << 16;

/// At most one in so many bits is set for pieces, where there are fewer than the first have room for.
const PIECE_ROOM: usize = 16;

impl Sieve {
    /// `has_types` says that a value has its type in front, as annotations have.
    pub(super) fn of(values: &Values, has_types: bool) -> Self {
        let bits = (values.len() * VALUE_BITS).next_power_of_two();
        let mut sieve = Self {
            values: Marks::none(bits),
            pieces: Marks::none(PIECE_BITS),
            numbers: None,
        };
        for value in values.all() {
            sieve.values.set(hash(value), VALUE_MARKS);
            match (value, has_types) {
                ([b't', text @ ..], true) | (text, false) => sieve.put_text(text),
                ([b'n', number @ ..], true) => sieve.put_number(number),
                _ => {}
            }
        }
        sieve.pieces.shrink();
        sieve
    }

    fn put_text(&mut self, text: &[u8]) {
        for piece in text.windows(3) {
            self.pieces.set(piece_hash(piece), 1);
        }
    }

    fn put_number(&mut self, number: &[u8]) {
        let number = f64::from_le_bytes(number.try_into().unwrap_or_default());
        self.values.set(number_hash(number), VALUE_MARKS);
        let (least, most) = self.numbers.unwrap_or((number, number));
        self.numbers = Some((least.min(number), most.max(number)));
    }

    /// Whether a value may be there that is meant.
    pub(super) fn may_hold(&self, matcher: &Matcher<'_>) -> bool {
        match matcher {
            Matcher::Any => true,
            Matcher::Nothing => false,
            Matcher::Holding { finder, .. } => self.has_pieces(finder.needle()),
            Matcher::Text(operator, asked) => self.may_hold_text(*operator, asked, &[]),
            Matcher::Annotation(operator, Value::Text(asked)) => {
                self.may_hold_text(*operator, asked, b"t")
            }
            Matcher::Annotation(operator, Value::Number(asked)) => {
                self.may_hold_number(*operator, *asked)
            }
            Matcher::Annotation(operator, Value::Boolean(asked)) => {
                let has = |flag: bool| self.values.has(hash(&[b'b', u8::from(flag)]), VALUE_MARKS);
                let mut meant = [false, true]
                    .into_iter()
                    .filter(|flag| operator.compare_flags(*flag, *asked));
                meant.any(has)
            }
        }
    }

    fn may_hold_text(&self, operator: Operator, asked: &str, kind: &[u8]) -> bool {
        match operator {
            Operator::Equal => {
                let value = [kind, asked.as_bytes()].concat();
                self.values.has(hash(&value), VALUE_MARKS)
            }
            Operator::Contains | Operator::BeginsWith | Operator::EndsWith => {
                self.has_pieces(asked.as_bytes())
            }
            Operator::NotEqual => true,
            Operator::Less
            | Operator::LessOrEqual
            | Operator::Greater
            | Operator::GreaterOrEqual => false,
        }
    }

    fn may_hold_number(&self, operator: Operator, asked: f64) -> bool {
        let Some((least, most)) = self.numbers else {
            return false;
        };
        match operator {
            Operator::Equal => {
                let is_between = least <= asked && asked <= most;
                is_between && self.values.has(number_hash(asked), VALUE_MARKS)
            }
            // If any compares so, one of the two does.
            _ => [least, most]
                .into_iter()
                .any(|number| operator.compare_numbers(number, asked)),
        }
    }

    fn has_pieces(&self, text: &[u8]) -> bool {
        let mut pieces = text.windows(3);
        pieces.all(|piece| self.pieces.has(piece_hash(piece), 1))
    }

    pub(super) fn bytes(&self) -> usize {
        let words = self.values.words.capacity() + self.pieces.words.capacity();
        size_of::<Self>() + words * size_of::<u64>()
    }
}

impl Marks {
    fn none(bits: usize) -> Self {
        Self {
            words: vec![0; bits.div_ceil(64)],
        }
    }

    /// The places of the marks of a hash, so many.
    fn places(&self, hash: u64, count: u32) -> impl Iterator<Item = (usize, u64)> + use<> {
        let bits = self.words.len() as u64 * 64;
        (0..count).map(move |number| {
            // Each is made of other bits of the hash.
            let place = hash.rotate_left(21 * number) & (bits - 1);
            (place as usize / 64, 1 << (place % 64))
        })
    }

    fn set(&mut self, hash: u64, count: u32) {
        for (word, bit) in self.places(hash, count) {
            self.words[word] |= bit;
        }
    }

    fn has(&self, hash: u64, count: u32) -> bool {
        let mut places = self.places(hash, count);
        places.all(|(word, bit)| self.words[word] & bit != 0)
    }

    /// Gives up what room is not needed. A mark's place in half as many bits is what it was without its highest bit.
    fn shrink(&mut self) {
        let set = self.words.iter().map(|word| word.count_ones() as usize);
        let needed = set.sum::<usize>() * PIECE_ROOM;
        while self.words.len() > 1 && self.words.len() * 32 >= needed {
            let upper = self.words.split_off(self.words.len() / 2);
            for (word, upper) in self.words.iter_mut().zip(upper) {
                *word |= upper;
            }
        }
        self.words.shrink_to_fit();
    }
}

impl Bytes for Marks {
    fn write(&self, to: &mut Vec<u8>) {
        write_words(&self.words, to);
    }

    fn read(from: &mut &[u8]) -> Option<Self> {
        let words = read_words::<u64>(from)?;
        words.len().is_power_of_two().then_some(Self { words })
    }
}

const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;

fn hash(bytes: &[u8]) -> u64 {
    let (words, rest) = bytes.as_chunks::<8>();
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    let words = words.iter().chain([&last]);
    let words = words.map(|word| u64::from_le_bytes(*word));
    words.fold(bytes.len() as u64, mixed)
}

/// Numbers that are equal have the same, zero below zero, too.
fn number_hash(number: f64) -> u64 {
    mixed(u64::from(b'n'), (number + 0.0).to_bits())
}

fn piece_hash(piece: &[u8]) -> u64 {
    let number = piece
        .iter()
        .fold(0, |number, byte| number << 8 | u64::from(*byte));
    (number + 1).wrapping_mul(FACTOR) >> 32
}

fn mixed(hash: u64, word: u64) -> u64 {
    let product = u128::from(hash ^ word ^ FACTOR) * u128::from(FACTOR | 1 << 63);
    (product as u64) ^ (product >> 64) as u64
}

#[cfg(test)]
mod tests {
    use xray_sdk::document::AnnotationValue;

    use super::*;
    use crate::filter::expression::Test;
    use crate::index::matcher::write_annotation;
    use crate::index::numbers::Numbered as _;
    use crate::index::tests::random::Chance;

    fn values(all: &[AnnotationValue]) -> Values {
        let mut values = Values::default();
        for value in all {
            let mut bytes = Vec::new();
            write_annotation(value, &mut bytes);
            values.add(&bytes);
        }
        values
    }

    fn texts(all: &[String]) -> Values {
        let mut values = Values::default();
        all.iter().for_each(|text| values.add(text.as_bytes()));
        values
    }

    fn asked(chance: &mut Chance) -> Test {
        let operator = Operator::ALL[chance.below(9) as usize];
        let value = match chance.below(4) {
            0 => Value::Boolean(chance.below(2) == 0),
            1 => Value::Number(chance.below(30) as f64 - 3.5),
            2 => Value::Number(chance.below(30) as f64 - 3.0),
            _ => Value::Text(text(chance)),
        };
        Test::Is(operator, value)
    }

    fn text(chance: &mut Chance) -> String {
        let length = chance.below(6);
        (0..length)
            .map(|_| char::from(b'a' + chance.below(4) as u8))
            .collect()
    }

    #[test]
    fn what_is_there_passes_whatever_is_asked() {
        let mut chance = Chance::new(21);
        let (mut held, mut ruled_out) = (0, 0);
        for _ in 0..300 {
            let count = chance.below(4);
            let annotations: Vec<_> = (0..count)
                .map(|_| match chance.below(4) {
                    0 => AnnotationValue::Boolean(chance.below(2) == 0),
                    1 => AnnotationValue::Integer(chance.below(20) as i64),
                    2 => AnnotationValue::Float(-(chance.below(3) as f64) * 1.5),
                    _ => AnnotationValue::Text(text(&mut chance)),
                })
                .collect();
            let annotations = values(&annotations);
            let texts = texts(&(0..count).map(|_| text(&mut chance)).collect::<Vec<_>>());
            for _ in 0..20 {
                let asked = asked(&mut chance);
                for (values, has_types, matcher) in [
                    (&annotations, true, Matcher::of_annotations(&asked)),
                    (&texts, false, Matcher::of_texts(&asked)),
                ] {
                    let holds = matcher.of(values).contains(&true);
                    let may_hold = Sieve::of(values, has_types).may_hold(&matcher);
                    assert!(may_hold || !holds, "{asked:?} of {values:?}");
                    held += u32::from(holds);
                    ruled_out += u32::from(!may_hold);
                }
            }
        }
        assert!(held > 500 && ruled_out > 1_000, "{held} {ruled_out}");
    }

    #[test]
    fn of_values_that_are_not_there_few_pass_and_little_is_kept() {
        let url = |number: u64| format!("http://shop.example.com/v2/items/{number:05}");
        let all = texts(&(0..4_000).map(|number| url(number * 7)).collect::<Vec<_>>());
        let sieve = Sieve::of(&all, false);
        let passes = |operator, text: String| {
            let asked = Test::Is(operator, Value::Text(text));
            sieve.may_hold(&Matcher::of_texts(&asked))
        };
        let others = (0..4_000).map(|number| url(number * 7 + 1));
        let passed = others.filter(|other| passes(Operator::Equal, other.clone()));
        let passed = passed.count();
        assert!(passed < 100, "{passed}");
        assert!(!passes(Operator::Contains, "nowhere".to_owned()));
        assert!(passes(Operator::Contains, "items/00007".to_owned()));
        assert!(sieve.bytes() * 10 < all.bytes(), "{}", sieve.bytes());
    }

    #[test]
    fn a_sieve_read_from_its_bytes_is_the_same() {
        let sieve = Sieve::of(&texts(&["alice".to_owned(), String::new()]), false);
        let mut bytes = Vec::new();
        sieve.write(&mut bytes);
        let read = Sieve::read(&mut &bytes[..]).expect("was written");
        assert_eq!((read.values, read.pieces), (sieve.values, sieve.pieces));
        assert_eq!(Sieve::read(&mut &[0, 0, 0][..]).map(drop), None);
    }
}
