//! The numbers of distinct things, while a block still grows.

use std::hash::{BuildHasher as _, Hash};

use hashbrown::hash_table::Entry;
use hashbrown::{DefaultHashBuilder, HashTable};

/// Finds the number of a thing by the thing, which stands elsewhere, and once.
///
/// Things come from whoever sends documents. Each table has a seed of its own, and a block has an end, so nobody makes one slow.
#[derive(Clone, Debug, Default)]
pub(super) struct Numbers {
    table: HashTable<u16>,
    seed: DefaultHashBuilder,
}

/// Distinct things, each told by its place.
pub(super) trait Numbered<T: ?Sized> {
    fn count(&self) -> usize;
    fn at(&self, number: usize) -> &T;
    fn add(&mut self, it: &T);
}

impl Numbers {
    /// The number of a thing, a new one where it was not there.
    pub(super) fn of<T: Hash + Eq + ?Sized>(&mut self, it: &T, all: &mut impl Numbered<T>) -> u16 {
        let Self { table, seed } = self;
        let entry = table.entry(
            seed.hash_one(it),
            |number| all.at(usize::from(*number)) == it,
            |number| seed.hash_one(all.at(usize::from(*number))),
        );
        match entry {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(free) => {
                let number = all.count() as u16;
                free.insert(number);
                all.add(it);
                number
            }
        }
    }
}

impl<T: Clone> Numbered<T> for Vec<T> {
    fn count(&self) -> usize {
        self.len()
    }

    fn at(&self, number: usize) -> &T {
        &self[number]
    }

    fn add(&mut self, it: &T) {
        self.push(it.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_keeps_its_number() {
        let (mut numbers, mut all) = (Numbers::default(), Vec::new());
        for round in 0..2 {
            for thing in 0..1_000_u32 {
                let number = numbers.of(&(thing * 7), &mut all);
                assert_eq!(u32::from(number), thing, "round {round}");
            }
        }
        assert_eq!(all.len(), 1_000);
    }
}
