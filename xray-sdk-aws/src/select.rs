//! Reads a few members of a JSON object, and passes over the rest.

use std::borrow::Cow;
use std::fmt;

use serde::de::{
    DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use serde_json::value::RawValue;

use crate::parameter::{Parameter, Take};

/// Longer bodies are not read: it would cost more than the field is worth.
pub(crate) const LONGEST_BODY: usize = 64 * 1024;

/// What was found of a parameter.
#[derive(Debug)]
pub(crate) enum Found<'j> {
    Value(&'j RawValue),
    Count(u64),
    Keys(Vec<Cow<'j, str>>),
}

/// Hands what `wanted` names in the JSON object `json` to `found`. What is no JSON, or no object, has none of it.
pub(crate) fn members<'j>(
    json: &'j [u8],
    wanted: &[&Parameter],
    found: impl FnMut(&Parameter, Found<'j>),
) {
    if wanted.is_empty() || json.len() > LONGEST_BODY || json.first() != Some(&b'{') {
        return;
    }
    let members = Members {
        wanted,
        missing: wanted.len(),
        found,
    };
    // Also ends with an error when everything is found: what follows is not read.
    let _ = serde_json::Deserializer::from_slice(json).deserialize_map(members);
}

struct Members<'w, F> {
    wanted: &'w [&'w Parameter],
    missing: usize,
    found: F,
}

impl<'j, F: FnMut(&Parameter, Found<'j>)> Visitor<'j> for Members<'_, F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'j>>(mut self, mut map: A) -> Result<(), A::Error> {
        while let Some(Key(key)) = map.next_key()? {
            let Some(parameter) = self.wanted.iter().find(|wanted| wanted.member == key) else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            let value = match parameter.take {
                Take::Value => Found::Value(map.next_value()?),
                Take::Count => Found::Count(map.next_value_seed(Count)?),
                Take::Keys => Found::Keys(map.next_value_seed(Keys)?),
            };
            (self.found)(parameter, value);
            self.missing -= 1;
            if self.missing == 0 {
                return Err(A::Error::custom("all is found"));
            }
        }
        Ok(())
    }
}

/// A key, borrowed where it has no escapes.
#[derive(serde::Deserialize)]
struct Key<'j>(#[serde(borrow)] Cow<'j, str>);

/// Counts the elements of a list or the entries of a map.
struct Count;

impl<'j> DeserializeSeed<'j> for Count {
    type Value = u64;

    fn deserialize<D: Deserializer<'j>>(self, deserializer: D) -> Result<u64, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'j> Visitor<'j> for Count {
    type Value = u64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list or a map")
    }

    fn visit_seq<A: SeqAccess<'j>>(self, mut list: A) -> Result<u64, A::Error> {
        let mut count = 0;
        while list.next_element::<IgnoredAny>()?.is_some() {
            count += 1;
        }
        Ok(count)
    }

    fn visit_map<A: MapAccess<'j>>(self, mut map: A) -> Result<u64, A::Error> {
        let mut count = 0;
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {
            count += 1;
        }
        Ok(count)
    }
}

/// Collects the keys of a map.
struct Keys;

impl<'j> DeserializeSeed<'j> for Keys {
    type Value = Vec<Cow<'j, str>>;

    fn deserialize<D: Deserializer<'j>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'j> Visitor<'j> for Keys {
    type Value = Vec<Cow<'j, str>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map")
    }

    fn visit_map<A: MapAccess<'j>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut keys = Vec::new();
        while let Some((Key(key), IgnoredAny)) = map.next_entry()? {
            keys.push(key);
        }
        Ok(keys)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(json: &str, wanted: &[&Parameter]) -> Vec<String> {
        let mut all = Vec::new();
        members(json.as_bytes(), wanted, |parameter, found| {
            all.push(match found {
                Found::Value(value) => format!("{}={value}", parameter.member),
                Found::Count(count) => format!("{}:{count}", parameter.member),
                Found::Keys(keys) => format!("{}:{keys:?}", parameter.member),
            });
        });
        all
    }

    #[test]
    fn values_counts_and_keys_are_taken_and_nothing_else() {
        let json = r#"{"Item":{"secret":{"S":"x"}},"Limit":5,"Entries":[{"a":1},{"b":[2]}],
            "Request\u0049tems":{"orders":{"k":1},"us\"ers":{}},"Tags":{"a":1,"b":2}}"#;
        let wanted = [
            &Parameter::request("Limit"),
            &Parameter::request_count("Entries"),
            &Parameter::request_keys("RequestItems"),
            &Parameter::request_count("Tags"),
            &Parameter::request("Absent"),
        ];
        assert_eq!(
            found(json, &wanted),
            [
                "Limit=5",
                "Entries:2",
                r#"RequestItems:["orders", "us\"ers"]"#,
                "Tags:2"
            ]
        );
    }

    #[test]
    fn what_is_broken_or_of_another_shape_has_none() {
        let entries = Parameter::request_count("Entries");
        for json in [
            "",
            "null",
            "[1]",
            r#"{"Entries":5}"#,
            r#"{"Entries":[1,"#,
            "<xml/>",
        ] {
            assert!(found(json, &[&entries]).is_empty(), "{json}");
        }
    }

    #[test]
    fn nothing_is_read_behind_the_last_member_that_is_wanted() {
        let json = r#"{"Limit":5,this is no JSON"#;
        assert_eq!(found(json, &[&Parameter::request("Limit")]), ["Limit=5"]);
    }

    #[test]
    fn long_bodies_are_left_alone() {
        let json = format!(r#"{{"Limit":5,"Item":"{}"}}"#, "x".repeat(LONGEST_BODY));
        assert!(found(&json, &[&Parameter::request("Limit")]).is_empty());
    }
}
