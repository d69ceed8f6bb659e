//! Values within bounds, which are checked where they are read: an error names the value and what was expected, and whoever reads the whole
//! adds the member that it stands in. So no operation checks lengths, ranges and forms by hand.

mod form;
mod list;

use std::fmt;

use serde::de::{Deserializer, Error, Unexpected, Visitor};
use serde::{Deserialize, Serialize};

use crate::terminal::cut;
pub(crate) use form::{Form, Formed};
pub(crate) use list::List;

/// The largest whole number of the API.
pub(crate) const MOST: u32 = i32::MAX as u32;

/// The last second of the year 9999.
const LAST_TIME: f64 = 253_402_300_799.0;

/// All, in percent.
pub(crate) const MOST_PERCENT: f64 = 100.0;

/// How much of a text that does not fit is repeated in the error, in characters.
const QUOTED: usize = 80;

/// A whole number from `MIN` to `MAX`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Whole<const MIN: u32, const MAX: u32>(u32);

/// The place of a rule in the order of rules. 10,000 is that of the default rule alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Priority(u32);

/// A number from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(crate) struct Rate(f64);

/// A number from 0 to 100.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Percentage(f64);

/// A moment, in seconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Time(f64);

/// A text of `MIN` to `MAX` characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub(crate) struct Text<const MIN: usize, const MAX: usize>(String);

impl Priority {
    pub(crate) const LAST: u32 = 9_999;
    pub(crate) const DEFAULT_RULE: u32 = 10_000;
}

impl<const MIN: usize, const MAX: usize> Text<MIN, MAX> {
    /// The text, if it fits.
    pub(crate) fn new(text: &str) -> Option<Self> {
        let fits = (MIN..=MAX).contains(&text.chars().count());
        fits.then(|| Self(text.to_owned()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl<const MIN: u32, const MAX: u32> From<Whole<MIN, MAX>> for u32 {
    fn from(whole: Whole<MIN, MAX>) -> Self {
        whole.0
    }
}

impl From<Priority> for u32 {
    fn from(priority: Priority) -> Self {
        priority.0
    }
}

impl From<Rate> for f64 {
    fn from(rate: Rate) -> Self {
        rate.0
    }
}

impl From<Percentage> for f64 {
    fn from(percentage: Percentage) -> Self {
        percentage.0
    }
}

impl From<Time> for f64 {
    fn from(time: Time) -> Self {
        time.0
    }
}

impl<const MIN: usize, const MAX: usize> From<Text<MIN, MAX>> for String {
    fn from(text: Text<MIN, MAX>) -> Self {
        text.0
    }
}

impl<'de, const MIN: u32, const MAX: u32> Deserialize<'de> for Whole<MIN, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let expected = match MIN == MAX {
            true => MIN.to_string(),
            false => format!("a whole number from {MIN} to {MAX}"),
        };
        number(deserializer, &expected, |value| {
            whole(value, MIN, MAX).map(Self)
        })
    }
}

impl<'de> Deserialize<'de> for Priority {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let expected = format!("a whole number from 1 to {}", Self::LAST);
        number(deserializer, &expected, |value| {
            whole(value, 1, Self::DEFAULT_RULE).map(Self)
        })
    }
}

impl<'de> Deserialize<'de> for Rate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        number(deserializer, "a number from 0 to 1", |value| {
            (0.0..=1.0).contains(&value).then_some(Self(value))
        })
    }
}

impl<'de> Deserialize<'de> for Percentage {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        number(deserializer, "a number from 0 to 100", |value| {
            (0.0..=MOST_PERCENT).contains(&value).then_some(Self(value))
        })
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        number(deserializer, "a number of seconds since 1970", |value| {
            (0.0..=LAST_TIME).contains(&value).then_some(Self(value))
        })
    }
}

impl<'de, const MIN: usize, const MAX: usize> Deserialize<'de> for Text<MIN, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_string(Characters::<MIN, MAX>)
    }
}

/// What an error repeats of a text that was refused.
pub(crate) fn quoted(text: &str) -> String {
    cut(text, QUOTED)
}

/// The whole number that a number is, also one that is written with a fraction, as `5.0`.
fn whole(value: f64, least: u32, most: u32) -> Option<u32> {
    let fits = value.fract() == 0.0 && (f64::from(least)..=f64::from(most)).contains(&value);
    fits.then_some(value as u32)
}

/// Reads a number that `take` takes.
fn number<'de, D: Deserializer<'de>, T>(
    deserializer: D,
    expected: &str,
    take: impl FnOnce(f64) -> Option<T>,
) -> Result<T, D::Error> {
    deserializer.deserialize_any(Number { expected, take })
}

struct Number<'a, F> {
    expected: &'a str,
    take: F,
}

impl<T, F: FnOnce(f64) -> Option<T>> Number<'_, F> {
    fn check<E: Error>(self, value: f64, found: Unexpected<'_>) -> Result<T, E> {
        (self.take)(value).ok_or_else(|| E::invalid_value(found, &self.expected))
    }
}

impl<T, F: FnOnce(f64) -> Option<T>> Visitor<'_> for Number<'_, F> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.expected)
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<T, E> {
        self.check(value as f64, Unexpected::Unsigned(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<T, E> {
        self.check(value as f64, Unexpected::Signed(value))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<T, E> {
        self.check(value, Unexpected::Float(value))
    }
}

struct Characters<const MIN: usize, const MAX: usize>;

impl<const MIN: usize, const MAX: usize> Visitor<'_> for Characters<MIN, MAX> {
    type Value = Text<MIN, MAX>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match MIN {
            0 => write!(f, "a text of at most {MAX} characters"),
            _ => write!(f, "a text of {MIN} to {MAX} characters"),
        }
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Self::Value, E> {
        let refused = || E::invalid_value(Unexpected::Str(&quoted(value)), &self);
        Text::new(value).ok_or_else(refused)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the error says, without the place in the text.
    fn refusal<T: for<'de> Deserialize<'de> + fmt::Debug>(json: &str) -> String {
        let error = serde_json::from_str::<T>(json).expect_err(json).to_string();
        let place = error.rfind(" at line").expect("a place");
        error[..place].to_owned()
    }

    #[test]
    fn numbers_within_their_bounds_are_read_however_they_are_written() {
        let read = |json| u32::from(serde_json::from_str::<Whole<1, 5>>(json).expect(json));
        assert_eq!(["1", "5", "5.0", "0.5e1"].map(read), [1, 5, 5, 5]);
        let read = |json| f64::from(serde_json::from_str::<Rate>(json).expect(json));
        assert_eq!(["0", "1", "0.05", "5e-2"].map(read), [0.0, 1.0, 0.05, 0.05]);
    }

    #[test]
    fn a_refusal_names_the_value_and_what_was_expected() {
        let cases = [
            (
                refusal::<Whole<1, 5>>("6"),
                "invalid value: integer `6`, expected a whole number from 1 to 5",
            ),
            (
                refusal::<Whole<1, 5>>("-1"),
                "invalid value: integer `-1`, expected a whole number from 1 to 5",
            ),
            (
                refusal::<Whole<1, 5>>("1.5"),
                "invalid value: floating point `1.5`, expected a whole number from 1 to 5",
            ),
            (
                refusal::<Whole<1, 5>>("true"),
                "invalid type: boolean `true`, expected a whole number from 1 to 5",
            ),
            (
                refusal::<Whole<1, 1>>("2"),
                "invalid value: integer `2`, expected 1",
            ),
            (
                refusal::<Priority>("0"),
                "invalid value: integer `0`, expected a whole number from 1 to 9999",
            ),
            (
                refusal::<Rate>("1.01"),
                "invalid value: floating point `1.01`, expected a number from 0 to 1",
            ),
            (
                refusal::<Rate>("\"1\""),
                "invalid type: string \"1\", expected a number from 0 to 1",
            ),
            (
                refusal::<Time>("-1"),
                "invalid value: integer `-1`, expected a number of seconds since 1970",
            ),
            (
                refusal::<Text<1, 3>>("\"\""),
                "invalid value: string \"\", expected a text of 1 to 3 characters",
            ),
            (
                refusal::<Text<0, 3>>("\"abcd\""),
                "invalid value: string \"abcd\", expected a text of at most 3 characters",
            ),
            (
                refusal::<Text<0, 3>>("7"),
                "invalid type: integer `7`, expected a text of at most 3 characters",
            ),
        ];
        for (found, expected) in cases {
            assert_eq!(found, expected);
        }
    }

    #[test]
    fn the_length_of_a_text_counts_characters() {
        assert!(serde_json::from_str::<Text<1, 3>>("\"größ\"").is_err());
        assert!(serde_json::from_str::<Text<1, 3>>("\"grö\"").is_ok());
    }

    #[test]
    fn of_a_huge_text_only_its_beginning_is_repeated() {
        let huge = format!("\"{}\"", "x".repeat(1 << 20));
        assert!(refusal::<Text<0, 3>>(&huge).len() < 200);
    }
}
