use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::{Deserializer, Error, SeqAccess, Visitor};

/// A list of at most `MAX` values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct List<T, const MAX: usize>(Vec<T>);

impl<T, const MAX: usize> List<T, MAX> {
    pub(crate) fn into_vec(self) -> Vec<T> {
        self.0
    }
}

impl<T, const MAX: usize> Default for List<T, MAX> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>, const MAX: usize> Deserialize<'de> for List<T, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(Reader::<T, MAX>(PhantomData))
    }
}

struct Reader<T, const MAX: usize>(PhantomData<T>);

impl<'de, T: Deserialize<'de>, const MAX: usize> Visitor<'de> for Reader<T, MAX> {
    type Value = List<T, MAX>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a list of at most {MAX}")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut values = Vec::new();
        // The rest is read too, so that the error can tell how many there are.
        let mut count = 0;
        while let Some(value) = list.next_element()? {
            count += 1;
            if count <= MAX {
                values.push(value);
            }
        }
        match count <= MAX {
            true => Ok(List(values)),
            false => Err(A::Error::invalid_length(count, &self)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_that_is_too_long_is_told_by_its_length() {
        let read = serde_json::from_str::<List<u8, 2>>;
        assert_eq!(read("[1, 2]").expect("two").into_vec(), [1, 2]);
        let refusal = read("[1, 2, 3]").expect_err("three").to_string();
        assert!(
            refusal.starts_with("invalid length 3, expected a list of at most 2"),
            "{refusal}"
        );
    }
}
