//! JSON that knows where it stands: values are pieces of the text that they were read from, and are read one level at a time.
//!
//! `serde_json` reads each level, as it reads documents for the store: what it takes there it takes here, and nothing else.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// A value, or a key, as it stands in a text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Located<'a> {
    text: &'a str,
}

/// What a value holds. What is inside a list or an object is not read yet.
#[derive(Debug)]
pub(super) enum Content<'a> {
    Null,
    Boolean(bool),
    Number(f64),
    Text(Cow<'a, str>),
    List(Vec<Located<'a>>),
    Object(Vec<Entry<'a>>),
    /// Something that `serde_json` does not read, as half of a surrogate pair.
    Unreadable,
}

/// A key of an object, and the value behind it.
#[derive(Debug)]
pub(super) struct Entry<'a> {
    pub(super) at: Located<'a>,
    pub(super) key: Cow<'a, str>,
    pub(super) value: Located<'a>,
}

impl<'a> Located<'a> {
    /// A value that begins and ends where `text` does.
    pub(super) fn new(text: &'a str) -> Self {
        Self { text: text.trim() }
    }

    /// The byte in `whole` at which it begins. `whole` is the text that it is a piece of.
    pub(super) fn offset(self, whole: &str) -> usize {
        self.text.as_ptr().addr() - whole.as_ptr().addr()
    }

    /// Its JSON.
    pub(super) fn text(self) -> &'a str {
        self.text
    }

    pub(super) fn content(self) -> Content<'a> {
        self.read().unwrap_or(Content::Unreadable)
    }

    fn read(self) -> serde_json::Result<Content<'a>> {
        Ok(match self.text.as_bytes().first() {
            Some(b'{') => Content::Object(serde_json::from_str::<Entries<'a>>(self.text)?.0),
            Some(b'[') => {
                let list: Vec<&'a RawValue> = serde_json::from_str(self.text)?;
                let elements = list.into_iter().map(|raw| Self { text: raw.get() });
                Content::List(elements.collect())
            }
            Some(b'"') => Content::Text(letters(self.text)?),
            Some(b't' | b'f') => Content::Boolean(serde_json::from_str(self.text)?),
            Some(b'n') => Content::Null,
            _ => Content::Number(serde_json::from_str(self.text)?),
        })
    }
}

/// The letters of a text of JSON, without its escapes.
fn letters(json: &str) -> serde_json::Result<Cow<'_, str>> {
    #[derive(serde::Deserialize)]
    #[serde(transparent)]
    struct Letters<'a>(#[serde(borrow)] Cow<'a, str>);
    serde_json::from_str::<Letters<'_>>(json).map(|letters| letters.0)
}

struct Entries<'a>(Vec<Entry<'a>>);

impl<'de> Deserialize<'de> for Entries<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(EntriesVisitor)
    }
}

struct EntriesVisitor;

impl<'de> Visitor<'de> for EntriesVisitor {
    type Value = Entries<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Entries<'de>, A::Error> {
        let mut entries = Vec::new();
        while let Some(key) = object.next_key::<&'de RawValue>()? {
            let value: &'de RawValue = object.next_value()?;
            // A key that cannot be read is one that nobody knows.
            let name = letters(key.get()).unwrap_or(Cow::Borrowed(key.get()));
            entries.push(Entry {
                at: Located { text: key.get() },
                key: name,
                value: Located { text: value.get() },
            });
        }
        Ok(Entries(entries))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_knows_where_it_stands() {
        let text = " {\n  \"a\\u0062\" : [1, {\"c\": \"é\"}, -2.5e3]\n}";
        let Content::Object(entries) = Located::new(text).content() else {
            panic!("an object");
        };
        let [entry] = &entries[..] else {
            panic!("one entry");
        };
        assert_eq!(entry.key, "ab");
        assert_eq!(
            (entry.at.offset(text), entry.value.offset(text)),
            (5, text.find('[').expect("there"))
        );
        let Content::List(elements) = entry.value.content() else {
            panic!("a list");
        };
        assert!(matches!(elements[0].content(), Content::Number(1.0)));
        assert!(matches!(elements[2].content(), Content::Number(-2500.0)));
        let Content::Object(inner) = elements[1].content() else {
            panic!("an object");
        };
        assert!(matches!(inner[0].value.content(), Content::Text(text) if text == "é"));
        assert_eq!(
            inner[0].value.offset(text),
            text.find("\"é\"").expect("there")
        );
    }

    #[test]
    fn what_serde_json_does_not_read_is_told_so() {
        for text in ["1e999", "\"\\ud800\"", "", "nonsense", "[1"] {
            assert!(
                matches!(
                    Located::new(text).content(),
                    Content::Unreadable | Content::Null
                ),
                "{text}"
            );
        }
    }
}
