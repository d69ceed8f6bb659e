use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserializer, Error, Unexpected, Visitor};
use serde::{Deserialize, Serialize, Serializer};

use super::quoted;

/// What a text must look like, beyond its length.
pub(crate) trait Form {
    /// What is told to be expected where a text does not fit.
    const EXPECTED: &'static str;

    fn fits(text: &str) -> bool;
}

/// A text of a form.
pub(crate) struct Formed<F> {
    text: String,
    form: PhantomData<F>,
}

impl<F: Form> Formed<F> {
    /// The text, if it fits.
    pub(crate) fn new(text: &str) -> Option<Self> {
        F::fits(text).then(|| Self {
            text: text.to_owned(),
            form: PhantomData,
        })
    }
}

impl<F> Formed<F> {
    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }
}

// Derived, these would ask the same of the form.
impl<F> Clone for Formed<F> {
    fn clone(&self) -> Self {
        Self {
            text: self.text.clone(),
            form: PhantomData,
        }
    }
}

impl<F> PartialEq for Formed<F> {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl<F> Eq for Formed<F> {}

impl<F> PartialOrd for Formed<F> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<F> Ord for Formed<F> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.text.cmp(&other.text)
    }
}

impl<F> fmt::Debug for Formed<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text.fmt(f)
    }
}

impl<F> fmt::Display for Formed<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text.fmt(f)
    }
}

impl<F> Serialize for Formed<F> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.text.serialize(serializer)
    }
}

impl<'de, F: Form> Deserialize<'de> for Formed<F> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_string(Reader(PhantomData))
    }
}

struct Reader<F>(PhantomData<F>);

impl<F: Form> Visitor<'_> for Reader<F> {
    type Value = Formed<F>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(F::EXPECTED)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        let refused = || E::invalid_value(Unexpected::Str(&quoted(text)), &self);
        Formed::new(text).ok_or_else(refused)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Digits;

    impl Form for Digits {
        const EXPECTED: &'static str = "digits";

        fn fits(text: &str) -> bool {
            text.chars().all(|letter| letter.is_ascii_digit())
        }
    }

    #[test]
    fn a_text_of_the_form_is_read_and_another_is_named_with_what_was_expected() {
        let read = serde_json::from_str::<Formed<Digits>>;
        assert_eq!(read("\"17\"").expect("digits").as_str(), "17");
        let refusal = |json| read(json).expect_err(json).to_string();
        assert!(
            refusal("\"1x\"").starts_with("invalid value: string \"1x\", expected digits"),
            "{}",
            refusal("\"1x\"")
        );
        assert!(refusal("7").starts_with("invalid type: integer `7`, expected digits"));
    }
}
