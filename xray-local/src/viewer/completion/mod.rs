//! What can be typed next in a filter expression: the words of the language, and what the store knows.

mod known;
mod word;

use std::cmp::Reverse;

use serde::Serialize;

use crate::filter::{Hope, Hopes};
use crate::group::Groups;
use crate::store::Store;
use known::{Counts, Known, quoted};
use word::{kind, meaning};

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
            .flat_map(|hope| candidates(hope, &mut known, groups))
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

fn candidates(hope: &Hope, known: &mut Known<'_>, groups: &Groups) -> Vec<Candidate> {
    match hope {
        Hope::Word(word) => vec![Candidate::new(word.as_str(), kind(word), meaning(word))],
        Hope::Annotation => counted(known.annotations(), "annotation"),
        Hope::AnnotationValue(key) => counted(known.annotation_values(key), "value"),
        Hope::TextValue(text) => counted(known.texts(*text), "value"),
        Hope::Service => counted(known.services(|service| &service.name), "service"),
        Hope::ServiceType => counted(known.services(|service| &service.kind), "type"),
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

/// Candidates for values, the most frequent first.
fn counted(counts: Counts, kind: &'static str) -> Vec<Candidate> {
    let mut all: Vec<_> = counts
        .into_iter()
        .filter(|(value, _)| value.chars().count() <= LONGEST)
        .collect();
    all.sort_by_key(|(_, count)| Reverse(*count));
    all.into_iter()
        .map(|(value, count)| Candidate::new(value, kind, format!("{count}×")))
        .collect()
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
                    "user":"{user}","annotations":{{"tenant":"a \"b\"","basket":3,"odd.key":true}}}}"#
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
                "annotation.odd.key ",
                "annotation.tenant "
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
