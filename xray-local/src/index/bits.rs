//! A set of numbers below a bound, one bit each.

use super::pack::{read_words, write_words};
use crate::entry::Bytes;

/// Which of the traces, or of the rows, of a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Bits {
    words: Vec<u64>,
    len: usize,
}

impl Bytes for Bits {
    fn write(&self, to: &mut Vec<u8>) {
        self.len.write(to);
        write_words(&self.words, to);
    }

    fn read(from: &mut &[u8]) -> Option<Self> {
        let len = usize::read(from)?;
        let words = read_words(from)?;
        (words.len() == len.div_ceil(64)).then_some(Self { words, len })
    }
}

impl Bits {
    pub(super) fn none(len: usize) -> Self {
        Self {
            words: vec![0; len.div_ceil(64)],
            len,
        }
    }

    pub(super) fn all(len: usize) -> Self {
        Self::none(len).not()
    }

    /// The places of those for which this holds. A word at a time, so that it runs without a branch for each.
    pub(super) fn of<T: Copy>(all: &[T], holds: impl Fn(T) -> bool) -> Self {
        let word = |some: &[T]| {
            let bits = some.iter().enumerate();
            bits.fold(0, |word, (bit, one)| word | (u64::from(holds(*one)) << bit))
        };
        Self {
            words: all.chunks(64).map(word).collect(),
            len: all.len(),
        }
    }

    /// Makes room for one more number, which is in the set or not.
    pub(super) fn push(&mut self, is_in: bool) {
        self.len += 1;
        self.words.resize(self.len.div_ceil(64), 0);
        if is_in {
            self.set(self.len - 1);
        }
    }

    pub(super) fn set(&mut self, number: usize) {
        self.words[number / 64] |= 1 << (number % 64);
    }

    pub(super) fn clear(&mut self, number: usize) {
        self.words[number / 64] &= !(1 << (number % 64));
    }

    pub(super) fn has(&self, number: usize) -> bool {
        self.words[number / 64] & (1 << (number % 64)) != 0
    }

    pub(super) fn is_empty(&self) -> bool {
        self.words.iter().all(|word| *word == 0)
    }

    pub(super) fn count(&self) -> usize {
        let counts = self.words.iter().map(|word| word.count_ones() as usize);
        counts.sum()
    }

    pub(super) fn not(mut self) -> Self {
        for word in &mut self.words {
            *word = !*word;
        }
        let surplus = self.words.len() * 64 - self.len;
        if let Some(last) = self.words.last_mut() {
            *last &= u64::MAX >> surplus;
        }
        self
    }

    pub(super) fn and(&mut self, other: &Self) {
        for (word, other) in self.words.iter_mut().zip(&other.words) {
            *word &= other;
        }
    }

    pub(super) fn or(&mut self, other: &Self) {
        for (word, other) in self.words.iter_mut().zip(&other.words) {
            *word |= other;
        }
    }

    /// The numbers in the set, the smallest first.
    pub(super) fn numbers(&self) -> impl Iterator<Item = usize> {
        self.words.iter().enumerate().flat_map(|(at, word)| {
            let mut rest = *word;
            std::iter::from_fn(move || {
                let bit = (rest != 0).then(|| rest.trailing_zeros() as usize)?;
                rest &= rest - 1;
                Some(at * 64 + bit)
            })
        })
    }

    pub(super) fn bytes(&self) -> usize {
        self.words.capacity() * size_of::<u64>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_holds_what_was_put_in_and_nothing_beyond_its_bound() {
        for len in [0, 1, 63, 64, 65, 200] {
            let all: Vec<usize> = (0..len).collect();
            let even = Bits::of(&all, |number| number % 2 == 0);
            let odd = even.clone().not();
            assert_eq!(even.count() + odd.count(), len);
            let numbers: Vec<_> = odd.numbers().collect();
            assert!(
                numbers
                    .iter()
                    .all(|number| number % 2 == 1 && odd.has(*number))
            );
            let mut both = even.clone();
            both.or(&odd);
            assert_eq!(both, Bits::all(len));
            both.and(&odd);
            assert_eq!(both, odd);
        }
    }

    #[test]
    fn a_set_grows_and_gives_back() {
        let mut bits = Bits::none(0);
        (0..130).for_each(|_| bits.push(true));
        assert_eq!(bits, Bits::all(130));
        bits.clear(129);
        assert_eq!(
            (bits.count(), bits.has(129), bits.has(128)),
            (129, false, true)
        );
    }
}
