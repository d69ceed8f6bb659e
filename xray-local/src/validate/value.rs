//! Values held against the shapes that X-Ray expects.

use std::collections::HashMap;

use xray_sdk::document::limits::{
    ANNOTATION_KEY_CHARACTERS, ANNOTATION_TEXT_CHARACTERS, ANNOTATIONS_PER_TRACE, LINKS_PER_SEGMENT,
};
use xray_sdk::{SegmentId, TraceId};

use super::code::FindingCode;
use super::comply::is_kept_in_key;
use super::inspect::{Look, join};
use super::located::{Content, Entry, Located};
use super::shape::{Block, CAUSE, EXCEPTION, LINK, Shape};
use crate::terminal::cut;

/// How many characters of a value are shown.
const SHOWN: usize = 60;

impl<'a> Look<'a> {
    /// The fields of an object. `level` tells in how many subsegments it stands.
    pub(super) fn block(&mut self, entries: &[Entry<'a>], block: &Block, path: &str, level: usize) {
        let keys = entries
            .iter()
            .enumerate()
            .map(|(number, entry)| (&*entry.key, number));
        let last: HashMap<&str, usize> = keys.collect();
        for (number, entry) in entries.iter().enumerate() {
            let path = join(path, &entry.key);
            if last.get(&*entry.key) != Some(&number) {
                let message = format!(
                    "{} stands here several times; the last counts",
                    shown(&entry.key)
                );
                self.tell(entry.at, &path, FindingCode::DuplicateField, message);
                continue;
            }
            match block.shape(&entry.key) {
                Some(Shape::OfSegments) => self.misplaced(entry, "segments", &path),
                Some(Shape::OfSubsegments) => self.misplaced(entry, "subsegments", &path),
                Some(shape) => self.value(entry, shape, &path, level),
                None => {
                    let message = format!("X-Ray has no field {} here", shown(&entry.key));
                    self.tell(entry.at, &path, FindingCode::UnknownField, message);
                }
            }
        }
    }

    fn misplaced(&mut self, entry: &Entry<'a>, owners: &str, path: &str) {
        let message = format!("{} is a field of {owners}", shown(&entry.key));
        self.tell(entry.at, path, FindingCode::MisplacedField, message);
    }

    fn value(&mut self, entry: &Entry<'a>, shape: Shape, path: &str, level: usize) {
        let content = entry.value.content();
        // That has been told.
        if self.is_refused(entry.value) {
            return;
        }
        match (&content, shape) {
            (_, Shape::Any) | (Content::Unreadable, _) => {}
            (Content::Null, _) => {
                let message = format!("{} is null", shown(&entry.key));
                self.tell(entry.value, path, FindingCode::Null, message);
            }
            // An empty id is what some SDKs write for none.
            (Content::Text(text), Shape::Ruled | Shape::Id | Shape::TraceId) if text.is_empty() => {
                let message = format!("{} is empty", shown(&entry.key));
                self.tell(entry.value, path, FindingCode::Null, message);
            }
            _ => self.content(entry.value, &content, shape, path, level),
        }
    }

    fn content(
        &mut self,
        at: Located<'a>,
        content: &Content<'a>,
        shape: Shape,
        path: &str,
        level: usize,
    ) {
        match (shape, content) {
            (Shape::Ruled | Shape::Any | Shape::OfSegments | Shape::OfSubsegments, _)
            | (Shape::Text, Content::Text(_))
            | (Shape::Number, Content::Number(_))
            | (Shape::Boolean, Content::Boolean(_)) => {}
            (Shape::Integer, Content::Number(number)) if number.fract() == 0.0 => {}
            (Shape::ShortText(most), Content::Text(text)) => self.length(at, text, most, path),
            (Shape::Id | Shape::Cause, Content::Text(text)) => {
                if SegmentId::parse(text).is_err() {
                    let message = format!("{} is not 16 hex digits", shown(text));
                    self.tell(at, path, FindingCode::InvalidReference, message);
                }
            }
            (Shape::TraceId, Content::Text(text)) => {
                if TraceId::parse(text).is_err() {
                    let message = format!("{} is no trace id", shown(text));
                    self.tell(at, path, FindingCode::InvalidReference, message);
                }
            }
            (Shape::OneOf(words), Content::Text(text)) => {
                if !words.contains(&&**text) {
                    let expected = words.join(", ");
                    let message = format!("{} is none of {expected}", shown(text));
                    self.tell(at, path, FindingCode::UnknownValue, message);
                }
            }
            (Shape::List(element), Content::List(elements)) => {
                for (number, inner) in elements.iter().enumerate() {
                    let path = format!("{path}[{number}]");
                    self.content(*inner, &inner.content(), *element, &path, level);
                }
            }
            (Shape::Block(block), Content::Object(entries)) => {
                self.block(entries, block, path, level);
            }
            (Shape::Cause, Content::Object(entries)) => self.block(entries, &CAUSE, path, level),
            (Shape::Exception, Content::Object(entries)) => {
                self.block(entries, &EXCEPTION, path, level);
                if !entries.iter().any(|entry| entry.key == "id") {
                    let message = "an exception has no id";
                    self.tell(at, path, FindingCode::ExceptionWithoutId, message);
                }
            }
            (Shape::Annotations, Content::Object(entries)) => self.annotations(entries, path),
            (Shape::Metadata, Content::Object(spaces)) => {
                for space in spaces {
                    let content = space.value.content();
                    if !matches!(content, Content::Object(_)) {
                        let path = join(path, &space.key);
                        self.tell_wrong_type(space.value, &content, "an object", &path);
                    }
                }
            }
            (Shape::Links, Content::List(links)) => self.links(links, path, level),
            (Shape::Subsegments, Content::List(subsegments)) => {
                for (number, inner) in subsegments.iter().enumerate() {
                    let path = format!("{path}[{number}]");
                    match inner.content() {
                        Content::Object(_) => self.nested(*inner, &path, level + 1),
                        other => self.tell_wrong_type(*inner, &other, "an object", &path),
                    }
                }
            }
            (shape, content) => self.tell_wrong_type(at, content, shape.expected(), path),
        }
    }

    fn annotations(&mut self, entries: &[Entry<'a>], path: &str) {
        for entry in entries {
            let path = join(path, &entry.key);
            let length = entry.key.chars().count();
            let wrong = entry.key.chars().find(|letter| !is_kept_in_key(*letter));
            if let Some(letter) = wrong {
                let message = format!("the key {} holds {letter:?}", shown(&entry.key));
                self.tell(entry.at, &path, FindingCode::InvalidAnnotationKey, message);
            } else if !(1..=ANNOTATION_KEY_CHARACTERS).contains(&length) {
                let message = format!(
                    "a key has {length} characters; it may have 1 to {ANNOTATION_KEY_CHARACTERS}"
                );
                self.tell(entry.at, &path, FindingCode::InvalidAnnotationKey, message);
            } else if !self.has_room_for_annotation() {
                let message =
                    format!("X-Ray indexes {ANNOTATIONS_PER_TRACE} annotations of one trace");
                self.tell(entry.at, &path, FindingCode::TooManyAnnotations, message);
            }
            if wrong.is_none() && entry.key.contains('.') {
                let message = format!("the key {} holds '.'", shown(&entry.key));
                let code = FindingCode::AnnotationKeyOutsideSchema;
                self.tell(entry.at, &path, code, message);
            }
            match entry.value.content() {
                Content::Text(text) => {
                    self.length(entry.value, &text, ANNOTATION_TEXT_CHARACTERS, &path);
                }
                Content::Number(_) | Content::Boolean(_) | Content::Unreadable => {}
                other => {
                    let message = format!(
                        "the value is {}, not a text, number or boolean",
                        other.kind()
                    );
                    self.tell(
                        entry.value,
                        &path,
                        FindingCode::InvalidAnnotationValue,
                        message,
                    );
                }
            }
        }
    }

    fn links(&mut self, links: &[Located<'a>], path: &str, level: usize) {
        for (number, link) in links.iter().enumerate() {
            let path = format!("{path}[{number}]");
            if number == LINKS_PER_SEGMENT {
                let message = format!("X-Ray keeps {LINKS_PER_SEGMENT} links of one segment");
                self.tell(*link, &path, FindingCode::TooManyLinks, message);
            }
            let content = link.content();
            let Content::Object(entries) = &content else {
                self.tell_wrong_type(*link, &content, "an object", &path);
                continue;
            };
            self.block(entries, &LINK, &path, level);
            for key in ["trace_id", "id"] {
                if !entries.iter().any(|entry| entry.key == key) {
                    let message = format!("a link without {key} leads nowhere");
                    self.tell(*link, &path, FindingCode::InvalidReference, message);
                }
            }
        }
    }

    fn length(&mut self, at: Located<'a>, text: &str, most: usize, path: &str) {
        let length = text.chars().count();
        if length > most {
            let message = format!(
                "{} has {length} characters; X-Ray keeps {most}",
                shown(text)
            );
            self.tell(at, path, FindingCode::TooLong, message);
        }
    }

    fn tell_wrong_type(
        &mut self,
        at: Located<'a>,
        content: &Content<'a>,
        expected: &str,
        path: &str,
    ) {
        let message = format!("the value is {}, not {expected}", content.kind());
        self.tell(at, path, FindingCode::WrongType, message);
    }
}

impl Content<'_> {
    /// What it is, in words.
    fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Boolean(_) => "a boolean",
            Self::Number(_) => "a number",
            Self::Text(_) => "a text",
            Self::List(_) => "a list",
            Self::Object(_) => "an object",
            Self::Unreadable => "unreadable",
        }
    }
}

impl Shape {
    /// What is expected, in words.
    fn expected(self) -> &'static str {
        match self {
            Self::Ruled | Self::Any | Self::OfSegments | Self::OfSubsegments => "anything",
            Self::Text | Self::ShortText(_) | Self::OneOf(_) => "a text",
            Self::Number => "a number",
            Self::Integer => "a whole number",
            Self::Boolean => "true or false",
            Self::Id => "a text of 16 hex digits",
            Self::TraceId => "a trace id",
            Self::List(_) | Self::Links | Self::Subsegments => "a list",
            Self::Block(_) | Self::Exception | Self::Annotations | Self::Metadata => "an object",
            Self::Cause => "an id or an object",
        }
    }
}

fn shown(text: &str) -> String {
    format!("{:?}", cut(text, SHOWN))
}
