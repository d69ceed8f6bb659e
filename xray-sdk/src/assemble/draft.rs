use std::borrow::Cow;
use std::collections::HashSet;
use std::hash::Hash;
use std::panic::Location;

use crate::document::limits;
use crate::id::SegmentId;
use crate::record::event::{Chain, Event, Field, Form, Key, Mark, Texts, What};

/// What the events of one node come to: later ones have replaced earlier ones. One after the other is read into it, for it is large.
pub(crate) struct Draft<'a> {
    texts: [&'a str; Field::COUNT],
    /// The status, the length of the content, and how long before it was told it began.
    numbers: [u64; 3],
    /// Which fields there are.
    fields: u32,
    marks: u8,
    pub(crate) lists: Lists<'a>,
}

/// What a node may have several of.
#[derive(Default)]
pub(crate) struct Lists<'a> {
    pub(crate) annotations: Vec<Annotation<'a>>,
    pub(crate) metadata: Vec<Entry<'a>>,
    pub(crate) aws: Vec<Entry<'a>>,
    pub(crate) exceptions: Vec<Exception<'a>>,
    pub(crate) links: Vec<(&'a str, SegmentId)>,
    pub(crate) precursors: Vec<SegmentId>,
}

pub(crate) struct Annotation<'a> {
    /// The key as X-Ray takes it.
    pub(crate) key: Cow<'a, str>,
    /// The key as it was recorded, and where in the program.
    pub(crate) given: &'a str,
    pub(crate) place: &'static Location<'static>,
    pub(crate) value: AnnotationValue<'a>,
}

pub(crate) enum AnnotationValue<'a> {
    Text(&'a str),
    Integer(i64),
    Unsigned(u64),
    Float(f64),
    Boolean(bool),
}

/// A value under a key, in a namespace for metadata.
pub(crate) struct Entry<'a> {
    pub(crate) namespace: &'a str,
    pub(crate) key: &'a str,
    pub(crate) json: &'a str,
    pub(crate) form: Form,
}

pub(crate) struct Exception<'a> {
    pub(crate) kind: &'a str,
    pub(crate) message: &'a str,
    pub(crate) link: Chain,
    pub(crate) remote: bool,
}

pub(crate) const DEFAULT_NAMESPACE: &str = "default";

impl<'a> Draft<'a> {
    /// A draft of nothing. The lists are empty, and have room that was used before.
    #[inline(always)]
    pub(crate) fn new(lists: Lists<'a>) -> Self {
        Self {
            texts: [""; Field::COUNT],
            numbers: [0; 3],
            fields: 0,
            marks: 0,
            lists,
        }
    }

    /// Reads all that was recorded of a segment or subsegment, in place of what was read before: in runs, each with the text of its events.
    #[inline(always)]
    pub(crate) fn read(&mut self, runs: impl IntoIterator<Item = (&'a [Event], Texts<'a>)>) {
        (self.fields, self.marks) = (0, 0);
        self.lists.clear();
        for (events, mut texts) in runs {
            for event in events {
                self.take(event, &mut texts);
            }
        }
        self.mark_status();
        let lists = &mut self.lists;
        if self.marks & Mark::Panicked.bit() != 0 {
            lists.exceptions.push(Exception {
                kind: "panic",
                message: "the code panicked",
                link: Chain::First,
                remote: false,
            });
        }
        last_of_each(
            &mut lists.annotations,
            |one, other| one.key == other.key,
            |annotation| limits::repair_key(annotation.given),
        );
        let are_alike = |one: &Entry<'_>, other: &Entry<'_>| {
            (one.key, one.namespace) == (other.key, other.namespace)
        };
        let key = |entry: &Entry<'a>| (entry.namespace, entry.key);
        last_of_each(&mut lists.metadata, are_alike, key);
        last_of_each(&mut lists.aws, are_alike, key);
    }

    /// Marks what the last status says: what an earlier one said went with it.
    #[inline]
    fn mark_status(&mut self) {
        let Some(status) = self.number(Field::HttpStatus) else {
            return;
        };
        // Who throttles does as it should, though S3 says it by status 503.
        let is_no_fault = self.has(Mark::Throttle);
        for mark in Mark::of_status(status) {
            if *mark != Mark::Fault || !is_no_fault {
                self.marks |= mark.bit();
            }
        }
    }

    /// Takes an event, and its text off what follows.
    fn take(&mut self, event: &'a Event, texts: &mut Texts<'a>) {
        match &event.what {
            What::Open { name, .. } => {
                texts.words(*name);
            }
            What::Close { .. } | What::Mark(Mark::Moved | Mark::Shown) => {}
            What::Request(method, url) => {
                self.set_text(Field::HttpMethod, texts.next(*method));
                self.set_text(Field::HttpUrl, texts.next(*url));
            }
            What::Text(field, words) => self.set_text(*field, texts.words(*words)),
            What::Number(field, number) => {
                self.numbers[number_of(*field)] = *number;
                self.fields |= field.bit();
            }
            What::Mark(mark) => self.marks |= mark.bit(),
            What::AnnotationText(key, text) => {
                let words = texts.words(key.words);
                self.annotation(words, key, AnnotationValue::Text(texts.next(*text)));
            }
            What::AnnotationInteger(key, number) => {
                self.annotation(
                    texts.words(key.words),
                    key,
                    AnnotationValue::Integer(*number),
                );
            }
            What::AnnotationUnsigned(key, number) => {
                self.annotation(
                    texts.words(key.words),
                    key,
                    AnnotationValue::Unsigned(*number),
                );
            }
            What::AnnotationFloat(key, number) => {
                self.annotation(texts.words(key.words), key, AnnotationValue::Float(*number));
            }
            What::AnnotationBoolean(key, truth) => {
                self.annotation(
                    texts.words(key.words),
                    key,
                    AnnotationValue::Boolean(*truth),
                );
            }
            What::Metadata { key, json } => self.lists.metadata.push(Entry {
                namespace: DEFAULT_NAMESPACE,
                key: texts.words(*key),
                json: texts.next(json.length),
                form: json.form,
            }),
            What::MetadataIn {
                namespace,
                key,
                json,
            } => self.lists.metadata.push(Entry {
                namespace: texts.next(*namespace),
                key: texts.next(*key),
                json: texts.next(json.length),
                form: json.form,
            }),
            What::Aws { key, json } => self.lists.aws.push(Entry {
                namespace: "",
                key: texts.words(*key),
                json: texts.next(json.length),
                form: json.form,
            }),
            What::Exception {
                kind,
                message,
                link,
                remote,
            } => self.lists.exceptions.push(Exception {
                kind: texts.words(*kind),
                message: texts.next(*message),
                link: *link,
                remote: *remote,
            }),
            What::Link { trace, segment } => {
                self.lists.links.push((texts.next(*trace), *segment));
            }
            What::Precursor(id) => self.lists.precursors.push(*id),
        }
    }

    fn annotation(&mut self, words: &'a str, key: &Key, value: AnnotationValue<'a>) {
        self.lists.annotations.push(Annotation {
            key: limits::repair_key(words),
            given: words,
            place: key.place,
            value,
        });
    }

    #[inline]
    fn set_text(&mut self, field: Field, text: &'a str) {
        self.texts[field as usize] = text;
        self.fields |= field.bit();
    }

    #[inline]
    pub(crate) fn text(&self, field: Field) -> Option<&'a str> {
        self.has_any(field.bit())
            .then(|| self.texts[field as usize])
    }

    #[inline]
    pub(crate) fn number(&self, field: Field) -> Option<u64> {
        self.has_any(field.bit())
            .then(|| self.numbers[number_of(field)])
    }

    /// Whether it has one of the fields with these bits.
    #[inline]
    pub(crate) fn has_any(&self, fields: u32) -> bool {
        self.fields & fields != 0
    }

    #[inline]
    pub(crate) fn has(&self, mark: Mark) -> bool {
        self.marks & mark.bit() != 0
    }

    /// Whether it has none of the marks that stand in a document.
    #[inline]
    pub(crate) fn is_unmarked(&self) -> bool {
        self.marks == 0
    }
}

/// Where the number of a field is.
#[inline]
fn number_of(field: Field) -> usize {
    match field {
        Field::HttpStatus => 0,
        Field::HttpContentLength => 1,
        _ => 2,
    }
}

impl Lists<'_> {
    fn clear(&mut self) {
        self.annotations.clear();
        self.metadata.clear();
        self.aws.clear();
        self.exceptions.clear();
        self.links.clear();
        self.precursors.clear();
    }

    /// The same lists with nothing in them: their room is for any other node.
    pub(crate) fn emptied(self) -> Lists<'static> {
        Lists {
            annotations: emptied(self.annotations),
            metadata: emptied(self.metadata),
            aws: emptied(self.aws),
            exceptions: emptied(self.exceptions),
            links: emptied(self.links),
            precursors: emptied(self.precursors),
        }
    }
}

/// An empty vector in the room of another: collecting from a vector's own iterator takes its memory over.
#[inline]
fn emptied<T, U>(mut items: Vec<T>) -> Vec<U> {
    if items.capacity() == 0 {
        return Vec::new();
    }
    items.clear();
    items.into_iter().filter_map(|_| None).collect()
}

/// Few enough to compare each with each.
const FEW: usize = 16;

/// Keeps the last item of each key, in the order in which those were recorded.
#[inline]
fn last_of_each<T, K: Eq + Hash>(
    items: &mut Vec<T>,
    are_alike: impl Fn(&T, &T) -> bool,
    key: impl Fn(&T) -> K,
) {
    let is_other = |place: usize| {
        !items[place + 1..]
            .iter()
            .any(|later| are_alike(&items[place], later))
    };
    // Hardly anything is recorded twice.
    if items.len() > FEW || !(0..items.len()).all(is_other) {
        drop_earlier(items, key);
    }
}

#[cold]
fn drop_earlier<T, K: Eq + Hash>(items: &mut Vec<T>, key: impl Fn(&T) -> K) {
    let mut seen = HashSet::new();
    let mut last: Vec<bool> = items
        .iter()
        .rev()
        .map(|item| seen.insert(key(item)))
        .collect();
    drop(seen);
    items.retain(|_| last.pop().unwrap_or(true));
}
