use std::borrow::Cow;

use serde::de::{Deserializer as _, Visitor};
use serde_json::value::RawValue;

use crate::error::Error;
use crate::sampling::local::raw::{Items, Members};

/// A value in a JSON text, with its place: what is wrong with it can be shown.
pub(super) struct Located<'a> {
    whole: &'a str,
    /// The value's own text, a part of the whole.
    raw: &'a str,
    /// How to get there from the top: `rules[1].rate`.
    path: String,
}

/// The members of an object, each of a known key and there at most once.
pub(super) struct Fields<'a> {
    object: Located<'a>,
    members: Vec<(Cow<'a, str>, Located<'a>)>,
}

/// What is wrong, and where.
#[derive(Debug)]
pub(super) struct Problem {
    line: usize,
    column: usize,
    text: String,
}

impl<'a> Located<'a> {
    /// The value that all of `whole` is.
    pub(super) fn parse(whole: &'a str) -> Result<Self, Problem> {
        let value: &RawValue = serde_json::from_str(whole).map_err(|error| Problem {
            line: error.line(),
            column: column_of(whole, &error),
            text: match whole.trim() {
                "" => "the whole is empty: expected an object".to_owned(),
                _ => without_place(&error),
            },
        })?;
        Ok(Self {
            whole,
            raw: value.get(),
            path: String::new(),
        })
    }

    /// The members of an object whose keys may be these.
    pub(super) fn fields(self, keys: &[&str]) -> Result<Fields<'a>, Problem> {
        let members = self
            .read(Members)
            .ok_or_else(|| self.expected("an object"))?;
        let mut fields = Fields {
            object: self,
            members: Vec::with_capacity(members.len()),
        };
        for (key, value) in members {
            let object = &fields.object;
            let value = object.part(object.path_to(&key), value.get());
            let at_key = match key {
                // The text of the key stands in the whole, after a quotation mark.
                Cow::Borrowed(key) => value.at(key),
                Cow::Owned(_) => value.at(value.raw),
            };
            if !keys.contains(&&*key) {
                let expected = keys.join(", ");
                return Err(at_key.problem(&format!("is no known key: expected {expected}")));
            }
            if fields.members.iter().any(|(other, _)| *other == key) {
                return Err(at_key.problem("is there twice: expected once"));
            }
            fields.members.push((key, value));
        }
        Ok(fields)
    }

    /// The values of an array.
    pub(super) fn items(&self) -> Result<Vec<Self>, Problem> {
        let values = self.read(Items).ok_or_else(|| self.expected("an array"))?;
        let item = |(index, value): (usize, &'a RawValue)| {
            self.part(format!("{}[{index}]", self.path), value.get())
        };
        Ok(values.into_iter().enumerate().map(item).collect())
    }

    /// A text that is not empty.
    pub(super) fn text(&self) -> Result<String, Problem> {
        serde_json::from_str(self.raw)
            .ok()
            .filter(|text: &String| !text.is_empty())
            .ok_or_else(|| self.expected("text that is not empty"))
    }

    /// A whole number that is not negative.
    pub(super) fn count(&self) -> Result<u32, Problem> {
        serde_json::from_str(self.raw)
            .map_err(|_| self.expected("a whole number from 0 to 4294967295"))
    }

    /// A number from 0 to 1.
    pub(super) fn share(&self) -> Result<f64, Problem> {
        serde_json::from_str(self.raw)
            .ok()
            .filter(|share| (0.0..=1.0).contains(share))
            .ok_or_else(|| self.expected("a number from 0 to 1"))
    }

    /// The value is another than it must be.
    pub(super) fn expected(&self, expected: &str) -> Problem {
        let line = self.raw.split(['\n', '\r']).next().unwrap_or_default();
        let shown = match line.char_indices().nth(SHOWN) {
            Some((end, _)) => &line[..end],
            None => line,
        };
        let more = if shown.len() < self.raw.len() {
            "…"
        } else {
            ""
        };
        self.problem(&format!("is {shown}{more}: expected {expected}"))
    }

    /// Something is wrong with the value.
    fn problem(&self, wrong: &str) -> Problem {
        let before = &self.whole[..self.raw.as_ptr() as usize - self.whole.as_ptr() as usize];
        let line_start = before.rfind('\n').map_or(0, |end| end + 1);
        let path = match self.path.as_str() {
            "" => "the whole",
            path => path,
        };
        Problem {
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
            text: format!("{path} {wrong}"),
        }
    }

    fn read<T>(&self, visitor: impl Visitor<'a, Value = T>) -> Option<T> {
        let mut deserializer = serde_json::Deserializer::from_str(self.raw);
        deserializer.deserialize_any(visitor).ok()
    }

    fn path_to(&self, key: &str) -> String {
        if self.path.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.path)
        }
    }

    fn part(&self, path: String, raw: &'a str) -> Self {
        Self {
            whole: self.whole,
            raw,
            path,
        }
    }

    /// The same path, shown at another part of the whole.
    fn at(&self, raw: &'a str) -> Self {
        self.part(self.path.clone(), raw)
    }
}

/// The longest part of a refused value that is repeated in a message.
const SHOWN: usize = 40;

impl<'a> Fields<'a> {
    /// The member of this key, if it is there.
    pub(super) fn take(&mut self, key: &str) -> Option<Located<'a>> {
        let place = self.members.iter().position(|(other, _)| other == key)?;
        Some(self.members.swap_remove(place).1)
    }

    /// The member of this key, which has to be there.
    pub(super) fn require(&mut self, key: &str) -> Result<Located<'a>, Problem> {
        self.take(key).ok_or_else(|| {
            self.object
                .problem(&format!("has no {key:?}, which is required"))
        })
    }
}

impl Problem {
    /// The error for a text of this name.
    pub(super) fn into_error(self, name: &str) -> Error {
        Error::located(name, self.line, self.column, self.text)
    }
}

/// What a JSON error says, without the place, which is told in another form.
fn without_place(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.rfind(" at line ") {
        Some(end) => text[..end].to_owned(),
        None => text,
    }
}

/// The column of a JSON error in characters; the error counts bytes, and none of an empty line.
fn column_of(whole: &str, error: &serde_json::Error) -> usize {
    let line = whole.split('\n').nth(error.line().saturating_sub(1));
    let before = error.column().saturating_sub(1);
    let starts = line.unwrap_or_default().char_indices();
    starts.take_while(|(start, _)| *start < before).count() + 1
}
