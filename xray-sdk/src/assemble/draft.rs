use crate::assemble::tree::{Node, Tree};
use crate::document::limits;
use crate::id::SegmentId;
use crate::record::event::{Chain, Event, Field, Form, Key, Mark, What};
use crate::record::lane::Lane;

/// What the events of one node come to: later ones have replaced earlier ones.
#[derive(Default)]
pub(crate) struct Draft<'a> {
    texts: Vec<(Field, &'a str)>,
    numbers: Vec<(Field, u64)>,
    marks: Vec<Mark>,
    /// The status is one of a fault.
    has_failing_status: bool,
    pub(crate) annotations: Vec<Annotation<'a>>,
    pub(crate) metadata: Vec<Entry<'a>>,
    pub(crate) aws: Vec<Entry<'a>>,
    pub(crate) exceptions: Vec<Exception<'a>>,
    pub(crate) links: Vec<(&'a str, SegmentId)>,
    pub(crate) precursors: Vec<SegmentId>,
}

pub(crate) struct Annotation<'a> {
    pub(crate) key: &'a str,
    pub(crate) recorded: Key,
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
    /// Reads all that was recorded of a node into this draft, which is empty.
    pub(crate) fn read(self, tree: &'a Tree, node: &Node) -> Self {
        let mut draft = self;
        for (lane, event) in tree.events_of(node) {
            draft.take(lane, event);
        }
        // Who throttles does as it should, though S3 says it by status 503.
        if draft.has_failing_status && !draft.has(Mark::Throttle) {
            draft.marks.push(Mark::Fault);
        }
        if draft.has(Mark::Panicked) {
            draft.exceptions.push(Exception {
                kind: "panic",
                message: "the code panicked",
                link: Chain::First,
                remote: false,
            });
        }
        last_of_each(&mut draft.annotations, |annotation| {
            limits::repair_key(annotation.key)
        });
        last_of_each(&mut draft.metadata, |entry| (entry.namespace, entry.key));
        last_of_each(&mut draft.aws, |entry| entry.key);
        draft
    }

    /// The same draft with nothing in it: its room is for any other node.
    pub(crate) fn emptied(self) -> Draft<'static> {
        Draft {
            texts: emptied(self.texts),
            numbers: emptied(self.numbers),
            marks: emptied(self.marks),
            has_failing_status: false,
            annotations: emptied(self.annotations),
            metadata: emptied(self.metadata),
            aws: emptied(self.aws),
            exceptions: emptied(self.exceptions),
            links: emptied(self.links),
            precursors: emptied(self.precursors),
        }
    }

    fn take(&mut self, lane: &'a Lane, event: &'a Event) {
        match &event.what {
            What::Open { .. } | What::Close { .. } => {}
            What::Request(method, url) => {
                self.texts.push((Field::HttpMethod, lane.text_of(*method)));
                self.texts.push((Field::HttpUrl, lane.text_of(*url)));
            }
            What::Text(field, words) => self.texts.push((*field, lane.words_of(words))),
            What::Number(field, number) => {
                self.numbers.push((*field, *number));
                if *field == Field::HttpStatus {
                    let marks = Mark::of_status(*number);
                    self.has_failing_status |= marks.contains(&Mark::Fault);
                    let others = marks.iter().filter(|mark| **mark != Mark::Fault);
                    self.marks.extend(others);
                }
            }
            What::Mark(mark) => self.marks.push(*mark),
            What::AnnotationText(key, text) => {
                self.annotation(lane, key, AnnotationValue::Text(lane.text_of(*text)));
            }
            What::AnnotationInteger(key, number) => {
                self.annotation(lane, key, AnnotationValue::Integer(*number));
            }
            What::AnnotationUnsigned(key, number) => {
                self.annotation(lane, key, AnnotationValue::Unsigned(*number));
            }
            What::AnnotationFloat(key, number) => {
                self.annotation(lane, key, AnnotationValue::Float(*number));
            }
            What::AnnotationBoolean(key, truth) => {
                self.annotation(lane, key, AnnotationValue::Boolean(*truth));
            }
            What::Metadata { key, json } => self.metadata.push(Entry {
                namespace: DEFAULT_NAMESPACE,
                key: lane.words_of(key),
                json: lane.text_of(json.span),
                form: json.form,
            }),
            What::MetadataIn {
                namespace,
                key,
                json,
            } => self.metadata.push(Entry {
                namespace: lane.text_of(*namespace),
                key: lane.text_of(*key),
                json: lane.text_of(json.span),
                form: json.form,
            }),
            What::Aws { key, json } => self.aws.push(Entry {
                namespace: "",
                key: lane.words_of(key),
                json: lane.text_of(json.span),
                form: json.form,
            }),
            What::Exception {
                kind,
                message,
                link,
                remote,
            } => self.exceptions.push(Exception {
                kind: lane.words_of(kind),
                message: lane.text_of(*message),
                link: *link,
                remote: *remote,
            }),
            What::Link { trace, segment } => self.links.push((lane.text_of(*trace), *segment)),
            What::Precursor(id) => self.precursors.push(*id),
        }
    }

    fn annotation(&mut self, lane: &'a Lane, key: &'a Key, value: AnnotationValue<'a>) {
        self.annotations.push(Annotation {
            key: lane.words_of(&key.words),
            recorded: *key,
            value,
        });
    }

    pub(crate) fn text(&self, field: Field) -> Option<&'a str> {
        let found = self.texts.iter().rfind(|(other, _)| *other == field);
        found.map(|(_, text)| *text)
    }

    pub(crate) fn number(&self, field: Field) -> Option<u64> {
        let found = self.numbers.iter().rfind(|(other, _)| *other == field);
        found.map(|(_, number)| *number)
    }

    pub(crate) fn has(&self, mark: Mark) -> bool {
        self.marks.contains(&mark)
    }
}

/// An empty vector in the room of another: collecting from a vector's own iterator takes its memory over.
fn emptied<T, U>(mut items: Vec<T>) -> Vec<U> {
    items.clear();
    items.into_iter().filter_map(|_| None).collect()
}

/// Few enough to compare each with each.
const FEW: usize = 16;

/// Keeps the last item of each key, in the order in which those were recorded.
fn last_of_each<'a, T, K: PartialEq + Eq + std::hash::Hash + 'a>(
    items: &mut Vec<T>,
    key: impl Fn(&T) -> K,
) {
    if items.len() < 2 {
        return;
    }
    let last: Vec<bool> = if items.len() <= FEW {
        (0..items.len())
            .map(|place| {
                let own = key(&items[place]);
                items[place + 1..].iter().all(|later| key(later) != own)
            })
            .collect()
    } else {
        let mut seen = std::collections::HashSet::new();
        let mut last: Vec<bool> = items
            .iter()
            .rev()
            .map(|item| seen.insert(key(item)))
            .collect();
        last.reverse();
        last
    };
    let mut last = last.into_iter();
    items.retain(|_| last.next().unwrap_or(true));
}
