//! Numbers that mostly stand one behind the other, as the stretches of them.

use crate::entry::Bytes;

/// A set of numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Spans {
    /// The first number of each stretch and the one behind its last, in rising order, with others between any two.
    spans: Vec<(u64, u64)>,
}

impl Spans {
    pub(super) fn of(mut numbers: Vec<u64>) -> Self {
        numbers.sort_unstable();
        let mut spans: Vec<(u64, u64)> = Vec::new();
        for number in numbers {
            match spans.last_mut() {
                Some((_, end)) if number < *end => {}
                Some((_, end)) if number == *end => *end += 1,
                _ => spans.push((number, number + 1)),
            }
        }
        spans.shrink_to_fit();
        Self { spans }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    pub(super) fn count(&self) -> usize {
        let lengths = self.spans.iter().map(|(first, end)| end - first);
        lengths.sum::<u64>() as usize
    }

    pub(super) fn has(&self, number: u64) -> bool {
        self.span_of(number).is_some()
    }

    /// Whether there is a number below this one.
    pub(super) fn begin_before(&self, number: u64) -> bool {
        self.spans.first().is_some_and(|(first, _)| *first < number)
    }

    /// Returns whether it was there.
    pub(super) fn remove(&mut self, number: u64) -> bool {
        let Some(place) = self.span_of(number) else {
            return false;
        };
        let (first, end) = self.spans[place];
        let left = [(first, number), (number + 1, end)];
        let left = left.into_iter().filter(|(first, end)| first < end);
        self.spans.splice(place..=place, left);
        true
    }

    /// Takes out all numbers below. Returns how many those were.
    pub(super) fn remove_before(&mut self, first: u64) -> usize {
        let before = self.count();
        self.spans.retain_mut(|(begin, end)| {
            *begin = first.max(*begin);
            *begin < *end
        });
        before - self.count()
    }

    /// The stretches, in rising order: the first number of each, and the one behind its last.
    pub(super) fn all(&self) -> impl Iterator<Item = (u64, u64)> {
        self.spans.iter().copied()
    }

    pub(super) fn numbers(&self) -> impl Iterator<Item = u64> {
        self.all().flat_map(|(first, end)| first..end)
    }

    pub(super) fn bytes(&self) -> usize {
        self.spans.capacity() * size_of::<(u64, u64)>()
    }

    fn span_of(&self, number: u64) -> Option<usize> {
        let behind = self.spans.partition_point(|(first, _)| *first <= number);
        let place = behind.checked_sub(1)?;
        (number < self.spans[place].1).then_some(place)
    }
}

/// Distances in place of numbers.
impl Bytes for Spans {
    fn write(&self, to: &mut Vec<u8>) {
        self.spans.len().write(to);
        let mut last = 0;
        for (first, end) in self.all() {
            (first - last).write(to);
            (end - first).write(to);
            last = end;
        }
    }

    fn read(from: &mut &[u8]) -> Option<Self> {
        let len = usize::read(from)?;
        let mut last = 0_u64;
        let spans = (0..len).map(|_| {
            let first = last.checked_add(u64::read(from)?)?;
            last = first.checked_add(u64::read(from)?)?;
            Some((first, last))
        });
        Some(Self {
            spans: spans.collect::<Option<_>>()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_set_of_stretches_is_the_set_of_its_numbers() {
        let mut expected: BTreeSet<u64> = (10..40).chain([42, 50, 51, u64::MAX - 1]).collect();
        let mut numbers: Vec<_> = expected.iter().rev().copied().collect();
        numbers.push(42);
        let mut spans = Spans::of(numbers);
        for (at, number) in [42, 10, 39, 20, 21, 9, 60, u64::MAX - 1]
            .into_iter()
            .enumerate()
        {
            assert_eq!(spans.remove(number), expected.remove(&number));
            assert!(spans.numbers().eq(expected.iter().copied()), "{at}");
            assert_eq!(spans.count(), expected.len());
            assert!((0..70).all(|number| spans.has(number) == expected.contains(&number)));
            let mut bytes = Vec::new();
            spans.write(&mut bytes);
            assert_eq!(Spans::read(&mut &bytes[..]).as_ref(), Some(&spans));
        }
        let stay = expected.split_off(&25);
        assert_eq!(spans.remove_before(25), expected.len());
        assert!(spans.numbers().eq(stay));
        assert_eq!(spans.remove_before(u64::MAX), 16);
        assert!(spans.is_empty());
    }
}
