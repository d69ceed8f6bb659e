//! What can be typed next in a filter expression: the words of the language, and what the store knows.

use std::collections::BTreeMap;

use serde::Serialize;
use xray_sdk::document::AnnotationValue;

use crate::entry::{Entry, Request};
use crate::filter::expression::Text;
use crate::filter::{Hope, Hopes};
use crate::group::Groups;
use crate::query::TimeRange;
use crate::store::Store;

/// How many of the newest traces are looked at for names and values.
const TRACES: usize = 1_000;

/// How many candidates are told.
const CANDIDATES: usize = 40;

/// A value longer than this nobody chooses from a list, in characters.
const LONGEST: usize = 120;

/// What can be typed next.
#[derive(Debug, PartialEq, Serialize)]
pub(crate) struct Completion {
    /// How much stands before it, in characters; what follows is replaced.
    from: usize,
    candidates: Vec<Candidate>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
struct Candidate {
    /// What is put in.
    text: String,
    /// What it is.
    kind: &'static str,
    /// What it means, or how often it was found.
    note: String,
}

impl Completion {
    /// What can be typed at the end of `text`.
    pub(crate) fn of(text: &str, store: &Store, groups: &Groups) -> Self {
        let hopes = Hopes::behind(text);
        let wanted = hopes.typed.to_lowercase();
        let mut known = Known::new(store);
        let mut candidates: Vec<_> = hopes
            .all
            .iter()
            .flat_map(|hope| known.candidates(hope, groups))
            .filter_map(|candidate| Some((rank(&candidate.text, &wanted)?, candidate)))
            .collect();
        candidates.sort_by_key(|(rank, _)| *rank);
        let candidates = candidates.into_iter().map(|(_, candidate)| candidate);
        let is_apart = text
            .chars()
            .nth(hopes.from.wrapping_sub(1))
            .is_none_or(is_apart);
        Self {
            from: hopes.from,
            candidates: candidates
                .take(CANDIDATES)
                .map(|candidate| candidate.spaced(is_apart))
                .collect(),
        }
    }
}

/// How well a candidate fits what is typed: it begins so, or has it somewhere. What is typed in full needs no help.
fn rank(candidate: &str, typed: &str) -> Option<usize> {
    let candidate = candidate.trim_matches('"').to_lowercase();
    match candidate.find(typed) {
        Some(0) if candidate == typed => None,
        found => found.map(|at| at.min(1)),
    }
}

/// Whether a word can stand directly behind this character.
fn is_apart(before: char) -> bool {
    before.is_whitespace() || matches!(before, '(' | '{' | '!')
}

impl Candidate {
    fn new(text: impl Into<String>, kind: &'static str, note: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            kind,
            note: note.into(),
        }
    }

    /// With the blanks around it that a reader expects.
    fn spaced(mut self, is_apart: bool) -> Self {
        let is_word = |letter: char| letter.is_alphanumeric() || letter == '{';
        if !is_apart && self.text.starts_with(is_word) {
            self.text.insert(0, ' ');
        }
        if !self.text.ends_with(['.', '(', '"', ')', ':', '#']) {
            self.text.push(' ');
        }
        self
    }
}

/// What the newest traces tell, read when it is asked for first.
struct Known<'a> {
    store: &'a Store,
    entries: Option<Vec<Entry>>,
}

impl<'a> Known<'a> {
    fn new(store: &'a Store) -> Self {
        Self {
            store,
            entries: None,
        }
    }

    fn candidates(&mut self, hope: &Hope, groups: &Groups) -> Vec<Candidate> {
        match hope {
            Hope::Word(word) => vec![Candidate::new(word.as_str(), kind(word), meaning(word))],
            Hope::Annotation => {
                let keys = self.values(|request, found| {
                    found.extend(request.annotations.iter().map(|(key, _)| annotation(key)));
                });
                counted(keys, "annotation")
            }
            Hope::AnnotationValue(key) => {
                let values = self.values(|request, found| {
                    let own = request.annotations.iter().filter(|(other, _)| other == key);
                    found.extend(own.map(|(_, value)| literal(value)));
                });
                counted(values, "value")
            }
            Hope::TextValue(text) => {
                let values = self.values(|request, found| {
                    found.extend(request.text(*text).map(quoted));
                });
                counted(values, "value")
            }
            Hope::Service => counted(self.services(|entry| &entry.name), "service"),
            Hope::ServiceType => counted(self.services(|entry| &entry.kind), "type"),
            Hope::GroupName => {
                let names = groups.all().iter().map(|group| group.group_name.as_str());
                names
                    .map(|name| Candidate::new(quoted(name), "group", ""))
                    .collect()
            }
            Hope::GroupArn => {
                let arns = groups.all().iter();
                arns.map(|group| {
                    Candidate::new(quoted(&group.group_arn), "group", group.group_name.as_str())
                })
                .collect()
            }
        }
    }

    fn entries(&mut self) -> &[Entry] {
        self.entries.get_or_insert_with(|| {
            let range = TimeRange::ALWAYS;
            self.store.meant(&range, None).take(TRACES).collect()
        })
    }

    /// How often each value is there that is found in the requests.
    fn values(&mut self, find: impl Fn(&Request, &mut Vec<String>)) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for work in self.entries().iter().flat_map(|entry| &entry.works) {
            let mut found = Vec::new();
            find(&work.request, &mut found);
            for value in found {
                *counts.entry(value).or_default() += 1;
            }
        }
        counts
    }

    fn services(
        &mut self,
        part: impl Fn(&crate::trace::ServiceId) -> &String,
    ) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for work in self.entries().iter().flat_map(|entry| &entry.works) {
            let part = part(&work.service);
            if !part.is_empty() {
                *counts.entry(quoted(part)).or_default() += 1;
            }
        }
        counts
    }
}

/// Candidates for values, the most frequent first.
fn counted(counts: BTreeMap<String, usize>, kind: &'static str) -> Vec<Candidate> {
    let mut all: Vec<_> = counts
        .into_iter()
        .filter(|(value, _)| value.chars().count() <= LONGEST)
        .collect();
    all.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    all.into_iter()
        .map(|(value, count)| Candidate::new(value, kind, format!("{count}×")))
        .collect()
}

/// How a filter names an annotation.
fn annotation(key: &str) -> String {
    let is_plain =
        |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '.' | '-');
    match key.chars().all(is_plain) {
        true => format!("annotation.{key}"),
        false => format!("annotation[{key}]"),
    }
}

fn literal(value: &AnnotationValue) -> String {
    match (value.as_number(), value.as_boolean()) {
        (Some(number), _) => number.to_string(),
        (None, Some(flag)) => flag.to_string(),
        (None, None) => quoted(value.as_text().unwrap_or_default()),
    }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

impl Request {
    fn text(&self, text: Text) -> Option<&str> {
        let found = match text {
            Text::HttpUrl => &self.url,
            Text::HttpMethod => &self.method,
            Text::HttpUserAgent => &self.user_agent,
            Text::HttpClientIp => &self.client_ip,
            Text::User => &self.user,
            Text::AvailabilityZone => &self.availability_zone,
            Text::InstanceId => &self.instance_id,
            Text::ResourceArn => &self.resource_arn,
            Text::Name | Text::Type | Text::Message => &None,
        };
        found.as_deref()
    }
}

fn kind(word: &str) -> &'static str {
    match word {
        "AND" | "OR" => "joins",
        "=" | "!=" | "<" | "<=" | ">" | ">=" | "CONTAINS" | "BEGINSWITH" | "ENDSWITH" => "compares",
        "true" | "false" => "value",
        "{" | "}" | "(" | ")" | "," | "#" => "sign",
        _ => "keyword",
    }
}

/// A few words about a word.
fn meaning(word: &str) -> &'static str {
    match word {
        "AND" => "both",
        "OR" => "one of them",
        "{" => "a condition on it",
        "ok" => "it went well",
        "error" => "the caller's mistake, 4xx",
        "throttle" => "asked too much, 429",
        "fault" => "the service failed, 5xx",
        "partial" => "something is still to come",
        "inferred" => "known from its callers only",
        "root" => "where the trace begins",
        "first" | "last" => "on the way to the cause",
        "remote" => "a call to elsewhere",
        "responsetime" => "seconds until the answer",
        "duration" => "seconds from first to last",
        "http.status" => "as 404",
        "index" => "its place on the way, from 0",
        "coverage" => "share of the time, 0 to 1",
        "http.url" => "what was asked for",
        "http.method" => "as \"GET\"",
        "http.useragent" | "http.clientip" | "user" => "who asked",
        "availabilityzone" | "instance.id" | "resource.arn" => "where it ran",
        "name" | "type" => "of the service or entity",
        "message" => "of the exception",
        "service(" => "a service that took part",
        "edge(" => "a call from one to another",
        "group.name" | "group.arn" => "belongs to a group",
        "rootcause.json" => "the way to the cause, as JSON",
        "CONTAINS" => "has it somewhere",
        "BEGINSWITH" => "begins with it",
        "ENDSWITH" => "ends with it",
        "id(" => "by name, type and account",
        _ if word.starts_with("rootcause.") => "what caused it",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Limits;

    fn store() -> Store {
        let store = Store::new(Limits::default());
        for (number, user) in ["alice", "bob", "bob"].into_iter().enumerate() {
            let document = format!(
                r#"{{"name":"front","id":"{number:016x}","trace_id":"1-00000001-{number:024x}","start_time":1,"end_time":2,
                    "user":"{user}","annotations":{{"tenant":"a \"b\"","basket":3,"odd key":true}}}}"#
            );
            assert_eq!(store.insert(&document), []);
        }
        store
    }

    fn texts(text: &str) -> Vec<String> {
        let completion = Completion::of(text, &store(), &Groups::default());
        let candidates = completion.candidates.into_iter();
        candidates.map(|candidate| candidate.text).collect()
    }

    #[test]
    fn what_begins_like_it_comes_first() {
        assert_eq!(texts("res")[0], "responsetime ");
        assert!(texts("res").contains(&"resource.arn ".to_owned()));
        assert!(texts("fault").iter().all(|text| text != "fault "));
    }

    #[test]
    fn names_and_values_are_those_of_the_store_the_most_frequent_first() {
        assert_eq!(texts("user = "), ["\"bob\"", "\"alice\""]);
        assert_eq!(texts("user = \"al"), ["\"alice\""]);
        assert_eq!(texts("service("), [")", "\"front\"", "id("]);
        assert_eq!(texts("annotation.tenant = "), [r#""a \"b\"""#]);
        assert_eq!(texts("annotation.basket = "), ["3 "]);
        assert_eq!(
            texts("annot"),
            [
                "annotation.basket ",
                "annotation.tenant ",
                "annotation[odd key] "
            ]
        );
        assert_eq!(texts("group.name = "), ["\"Default\""]);
    }

    #[test]
    fn words_stand_apart() {
        assert_eq!(texts("user = \"bob\""), [" AND ", " OR "]);
        assert_eq!(texts("user = \"bob\" "), ["AND ", "OR "]);
        assert_eq!(texts("service(\"front\")")[0], " { ");
    }
}
