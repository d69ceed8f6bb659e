//! Documents one after the other, as files and pipes hold them.

use std::collections::VecDeque;
use std::io::{self, BufRead};

use xray_daemon::{Datagram, Defect};

use super::code::FindingCode;
use super::documents;
use super::finding::Finding;
use super::input::{Input, Place};
use super::inspect::inspect;
use super::located::{Content, Located};
use super::rejection::RejectionCode;
use crate::terminal::cut;

/// How many characters of a message are kept: a name in it may have a million.
const MESSAGE: usize = 300;

/// All that X-Ray would reject, drop or cut in a text, in the order of its places. The text holds one document or more, in any of
/// the forms that a [`Validator`] reads. `now` is in seconds since 1970.
///
/// ```
/// let document = r#"{"name":"a<b","id":"70de5b6f19ff9a0a","trace_id":"1-581cf771-a006649127e371903a2de979",
///   "start_time":1478293361.271,"end_time":1478293361.449,"annotations":{"user id":7}}"#;
/// let findings = xray_local::validate(document, 1478293400.0);
/// let printed: Vec<_> = findings.iter().map(ToString::to_string).collect();
/// assert_eq!(
///     printed,
///     [
///         "1:9: InvalidName: name: name \"a<b\" holds '<' (rejected); use letters, digits, spaces and _ . : / % & # = + - @, at most 200",
///         "2:72: InvalidAnnotationKey: annotations.user id: the key \"user id\" holds ' ' (dropped); use letters of ASCII, digits and _, at most 500: user_id in place of user id",
///     ]
/// );
/// ```
pub fn validate(text: &str, now: f64) -> Vec<Finding> {
    let inspected = Validator::new(text.as_bytes(), now);
    inspected
        .flat_map(|inspected| inspected.map_or_else(|_| Vec::new(), |one| one.findings))
        .collect()
}

/// Reads documents and tells what X-Ray would do to each, as they come: one document, a list of them, documents one after the other
/// (a line each, or in many lines), and datagrams as a daemon receives them, each with its header line.
///
/// Where something is no JSON it goes on at the next line that begins with `{` or `[`.
#[derive(Debug)]
pub struct Validator<R> {
    input: Input<R>,
    now: f64,
    inspected: VecDeque<Inspected>,
    /// The header that was read last, while no document followed.
    header: Option<Place>,
}

/// A document, and what X-Ray would do to it.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Inspected {
    /// The line in which it begins, counted from 1.
    pub line: usize,
    /// Its id, where it has one.
    pub id: Option<String>,
    /// What was found, in the order of its places.
    pub findings: Vec<Finding>,
}

impl<R: BufRead> Validator<R> {
    /// Will read from `input`. `now` is in seconds since 1970.
    pub fn new(input: R, now: f64) -> Self {
        Self {
            input: Input::new(input),
            now,
            inspected: VecDeque::new(),
            header: None,
        }
    }

    /// Reads the next value of JSON; false at the end.
    fn read(&mut self) -> io::Result<bool> {
        if !self.input.skip_blanks()? {
            if let Some(place) = self.header.take() {
                let message = "nothing stands behind the header";
                self.tell(place, FindingCode::MissingDocument, message);
                return Ok(true);
            }
            return Ok(false);
        }
        let place = self.input.here();
        match self.input.value()? {
            Ok(text) => self.take(&text, place),
            Err(broken) => {
                self.header = None;
                let code = FindingCode::Refused(RejectionCode::ParseError);
                self.tell(broken.place, code, &broken.message);
            }
        }
        if let Some(place) = self.input.replaced.take() {
            let message = "bytes that are not UTF-8 are replaced by \u{fffd}";
            let finding = finding(place, String::new(), FindingCode::NotUtf8, message);
            if let Some(last) = self.inspected.back_mut() {
                last.findings.insert(0, finding);
            }
        }
        Ok(true)
    }

    fn take(&mut self, text: &str, place: Place) {
        if is_header(text) {
            let datagram = format!("{text}\n{{}}");
            match Datagram::parse(datagram.as_bytes()) {
                Ok(_) => self.header = Some(place),
                Err(Defect::MissingDocument | Defect::InvalidHeader) => {
                    let message = "the header does not say format json and version 1";
                    self.tell(place, FindingCode::InvalidHeader, message);
                }
            }
            return;
        }
        self.header = None;
        match documents(text) {
            Ok(documents) => {
                // Documents, and what is found in each, come in the order of their places.
                let (mut here, mut behind) = (place, 0);
                let mut go_to = |offset| {
                    here = here.plus(&text[behind..offset]);
                    behind = offset;
                    here
                };
                for document in documents {
                    let line = go_to(Located::new(document).offset(text)).line;
                    let found = inspect(document, text, self.now).into_iter();
                    let findings = found.map(|found| {
                        finding(go_to(found.offset), found.path, found.code, &found.message)
                    });
                    self.inspected.push_back(Inspected {
                        line,
                        id: id(document),
                        findings: findings.collect(),
                    });
                }
            }
            Err(rejection) => {
                let code = FindingCode::Refused(rejection.code());
                self.tell(place, code, rejection.cause());
            }
        }
    }

    fn tell(&mut self, place: Place, code: FindingCode, message: &str) {
        self.inspected.push_back(Inspected {
            line: place.line,
            id: None,
            findings: vec![finding(place, String::new(), code, message)],
        });
    }
}

impl<R: BufRead> Iterator for Validator<R> {
    type Item = io::Result<Inspected>;

    fn next(&mut self) -> Option<io::Result<Inspected>> {
        loop {
            if let Some(inspected) = self.inspected.pop_front() {
                return Some(Ok(inspected));
            }
            match self.read() {
                Ok(true) => {}
                Ok(false) => return None,
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

/// Whether this is the first line of a datagram, good or not: it says what follows, and is nobody's document.
fn is_header(text: &str) -> bool {
    let Content::Object(entries) = Located::new(text).content() else {
        return false;
    };
    let has = |wanted: &str| {
        let is_it = |key: &str| key.eq_ignore_ascii_case(wanted);
        entries.iter().any(|entry| is_it(&entry.key))
    };
    has("format") && has("version") && !has("id") && !has("name") && !has("trace_id")
}

fn id(document: &str) -> Option<String> {
    let Content::Object(entries) = Located::new(document).content() else {
        return None;
    };
    let id = entries.into_iter().rev().find(|entry| entry.key == "id")?;
    match id.value.content() {
        Content::Text(id) => Some(cut(&id, MESSAGE)),
        _ => None,
    }
}

fn finding(place: Place, path: String, code: FindingCode, message: &str) -> Finding {
    Finding {
        line: place.line,
        column: place.column,
        path,
        code,
        severity: code.severity(),
        message: cut(message, MESSAGE),
        cure: code.cure(),
    }
}
