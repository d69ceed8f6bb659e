//! The form in which keys are written down.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use serde::Deserialize;

use super::{Actions, Key, Keys, KeysError};
use crate::json::problem;

/// A shorter secret can be guessed. AWS's have 40 letters.
const SHORTEST_SECRET: usize = 16;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    keys: Vec<WrittenKey>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenKey {
    access_key_id: String,
    secret_access_key: String,
    #[serde(default)]
    actions: Vec<String>,
    #[serde(default)]
    policies: Vec<String>,
}

impl Keys {
    /// Reads a file of keys.
    ///
    /// # Errors
    ///
    /// When it cannot be read, or as [`Keys::parse`] has it.
    pub fn read(file: impl AsRef<Path>) -> Result<Self, KeysError> {
        let text = fs::read_to_string(file).map_err(|error| KeysError::new(error.to_string()))?;
        Self::parse(&text)
    }

    /// Reads keys from text.
    ///
    /// # Errors
    ///
    /// When the text has not the form, names no key at all or one twice, a secret is shorter than 16 letters, or a key may do nothing.
    pub fn parse(text: &str) -> Result<Self, KeysError> {
        let mut deserializer = serde_json::Deserializer::from_str(text);
        let written: Written = serde_path_to_error::deserialize(&mut deserializer)
            .map_err(|error| KeysError::new(problem(&error)))?;
        deserializer
            .end()
            .map_err(|error| KeysError::new(error.to_string()))?;
        let mut by_id = HashMap::new();
        for written in written.keys {
            let key = key(&written)?;
            match by_id.entry(written.access_key_id) {
                Entry::Vacant(place) => place.insert(key),
                Entry::Occupied(place) => {
                    let id = place.key();
                    return Err(KeysError::new(format!("the key {id:?} is there twice")));
                }
            };
        }
        if by_id.is_empty() {
            return Err(KeysError::new(
                "keys is empty, and nobody could call: expected at least one key",
            ));
        }
        Ok(Self {
            by_id: Arc::new(by_id),
        })
    }
}

fn key(written: &WrittenKey) -> Result<Key, KeysError> {
    let id = &written.access_key_id;
    let wrong = |problem: String| KeysError::new(format!("the key {id:?}: {problem}"));
    let is_id = |letter: u8| letter.is_ascii_graphic() && !b"/,=".contains(&letter);
    if id.is_empty() || !id.bytes().all(is_id) {
        return Err(wrong(
            "access_key_id must be of letters and digits".to_owned(),
        ));
    }
    if written.secret_access_key.len() < SHORTEST_SECRET {
        return Err(wrong(format!(
            "secret_access_key must be of {SHORTEST_SECRET} letters or more"
        )));
    }
    let mut actions = Actions::default();
    for action in &written.actions {
        actions.add(action).map_err(wrong)?;
    }
    for policy in &written.policies {
        actions.add_policy(policy).map_err(wrong)?;
    }
    if actions.is_empty() {
        return Err(wrong(
            "it may do nothing: expected actions or policies".to_owned(),
        ));
    }
    Ok(Key {
        secret: written.secret_access_key.clone(),
        actions,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_told_with_the_key_and_without_its_secret() {
        let key = |rest: &str| {
            format!(
                r#"{{"keys": [{{"access_key_id": "K", "secret_access_key": "hush", {rest}}}]}}"#
            )
        };
        let long = |rest: &str| key(rest).replace("hush", "hush hush hush hush");
        let ours = long(r#""actions": ["xray:*"]"#);
        let twice = ours.replace("[{", "[{\"access_key_id\": \"K\", \"secret_access_key\": \"hush hush hush hush\", \"actions\": [\"*\"]}, {");
        let cases = [
            ("", "EOF"),
            ("{}", "keys"),
            (r#"{"keys": []}"#, "at least one key"),
            (&key(r#""actions": ["xray:*"]"#), "16 letters"),
            (&long(r#""actions": []"#), "may do nothing"),
            (&long(r#""actions": ["s3:*"]"#), "\"s3:*\""),
            (&long(r#""policies": ["Admin"]"#), "\"Admin\""),
            (&long(r#""action": "xray:*""#), "unknown field"),
            (&ours.replace("\"K\"", "\"a/b\""), "letters and digits"),
            (&twice, "\"K\" is there twice"),
            (&format!("{ours} x"), "trailing"),
        ];
        for (text, part) in cases {
            let error = Keys::parse(text).expect_err(text).to_string();
            assert!(error.contains(part), "{error:?} should tell of {part:?}");
            assert!(!error.contains("hush"), "{error}");
        }
    }
}
