//! Tags on groups and sampling rules. Pure.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::bound::{Form, Formed};

/// How many tags a resource may have.
const LIMIT: usize = 50;

/// The letters of keys and values, beside letters and digits.
const OTHERS: &str = " +-=._:/@";

/// A key.
pub(crate) type TagKey = Formed<KeyForm>;

/// A value, which may be empty.
pub(crate) type TagValue = Formed<ValueForm>;

pub(crate) struct KeyForm;

pub(crate) struct ValueForm;

impl Form for KeyForm {
    const EXPECTED: &'static str =
        "1 to 128 letters, digits, spaces or +-=._:/@ that do not start with \"aws:\"";

    fn fits(text: &str) -> bool {
        (1..=128).contains(&text.chars().count())
            && text.chars().all(is_allowed)
            && !text.starts_with("aws:")
    }
}

impl Form for ValueForm {
    const EXPECTED: &'static str = "at most 256 letters, digits, spaces or +-=._:/@";

    fn fits(text: &str) -> bool {
        text.chars().count() <= 256 && text.chars().all(is_allowed)
    }
}

fn is_allowed(letter: char) -> bool {
    letter.is_alphanumeric() || letter.is_whitespace() || OTHERS.contains(letter)
}

/// A key and its value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", expecting = "an object")]
pub(crate) struct Tag {
    pub(crate) key: TagKey,
    pub(crate) value: TagValue,
}

/// The tags of all resources, by their ARNs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", expecting = "an object")]
pub(crate) struct Tags {
    tags: BTreeMap<String, BTreeMap<TagKey, TagValue>>,
}

/// A resource would have more tags than it may.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TooManyTags {
    count: usize,
}

impl Tags {
    /// Whether a new resource may have these.
    pub(crate) fn check(tags: &[Tag]) -> Result<(), TooManyTags> {
        Self::default().put("", tags.to_vec())
    }

    /// Adds tags to a resource. One whose key it has takes the other's place.
    pub(crate) fn put(&mut self, arn: &str, tags: Vec<Tag>) -> Result<(), TooManyTags> {
        let mut all = self.tags.get(arn).cloned().unwrap_or_default();
        all.extend(tags.into_iter().map(|tag| (tag.key, tag.value)));
        match all.len() {
            0 => Ok(()),
            1..=LIMIT => {
                self.tags.insert(arn.to_owned(), all);
                Ok(())
            }
            count => Err(TooManyTags { count }),
        }
    }

    /// Takes tags off a resource, as far as it has them.
    pub(crate) fn remove(&mut self, arn: &str, keys: &[TagKey]) {
        let Some(tags) = self.tags.get_mut(arn) else {
            return;
        };
        tags.retain(|key, _| !keys.contains(key));
        if tags.is_empty() {
            self.tags.remove(arn);
        }
    }

    /// Takes all tags off a resource that is gone.
    pub(crate) fn forget(&mut self, arn: &str) {
        self.tags.remove(arn);
    }

    /// The tags of a resource, by key.
    pub(crate) fn of(&self, arn: &str) -> Vec<Tag> {
        let tags = self.tags.get(arn).into_iter().flatten();
        tags.map(|(key, value)| Tag {
            key: key.clone(),
            value: value.clone(),
        })
        .collect()
    }
}

impl fmt::Display for TooManyTags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.count;
        write!(
            f,
            "the resource would have {count} tags: expected at most {LIMIT}"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tag(key: &str, value: &str) -> Tag {
        Tag {
            key: TagKey::new(key).expect("a key"),
            value: TagValue::new(value).expect("a value"),
        }
    }

    fn many(count: usize) -> Vec<Tag> {
        (0..count)
            .map(|number| tag(&format!("key-{number}"), ""))
            .collect()
    }

    #[test]
    fn a_tag_takes_the_place_of_one_with_its_key() {
        let mut tags = Tags::default();
        tags.put("a", vec![tag("stage", "test"), tag("Stage", "x")])
            .expect("two");
        tags.put("a", vec![tag("stage", "live")]).expect("one more");
        assert_eq!(tags.of("a"), [tag("Stage", "x"), tag("stage", "live")]);
        assert_eq!(tags.of("b"), []);
        tags.remove("a", &[tag("stage", "").key, tag("other", "").key]);
        assert_eq!(tags.of("a"), [tag("Stage", "x")]);
        tags.forget("a");
        assert_eq!(tags, Tags::default());
    }

    #[test]
    fn a_resource_has_at_most_50_tags() {
        let mut tags = Tags::default();
        tags.put("a", many(50)).expect("50");
        tags.put("a", many(50)).expect("the same 50");
        let refused = tags.put("a", vec![tag("more", "")]).expect_err("51");
        assert_eq!(
            refused.to_string(),
            "the resource would have 51 tags: expected at most 50"
        );
        assert_eq!(tags.of("a").len(), 50, "none of the call is taken");
        assert_eq!(Tags::check(&many(51)), Err(TooManyTags { count: 51 }));
    }

    #[test]
    fn keys_and_values_have_their_letters_and_lengths() {
        for key in ["a", "Größe 1+-=._:/@", &"x".repeat(128), "AWS:x"] {
            assert!(TagKey::new(key).is_some(), "{key}");
        }
        for key in ["", "aws:x", "a<b", &"x".repeat(129)] {
            assert!(TagKey::new(key).is_none(), "{key}");
        }
        assert!(TagValue::new("").is_some());
        assert!(TagValue::new(&"x".repeat(257)).is_none());
    }
}
