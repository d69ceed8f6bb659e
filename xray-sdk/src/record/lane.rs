use std::mem;
use std::panic::Location;
use std::sync::Arc;

use crate::clock::Tick;
use crate::id::{SegmentId, TraceId};
use crate::record::event::{Chain, Event, Field, Json, Key, Mark, Span, What, Words};
use crate::record::identity::Identity;
use crate::record::json;
use crate::record::text::{Kind, Text};
use crate::record::value::{Scalar, Value};

/// Events of one segment, recorded by one owner at a time and handed over as a whole.
///
/// A lane belongs to a handle or a future while that rests, and to the thread while it runs; nothing of it is shared,
/// so nothing in it is locked or counted.
pub(crate) struct Lane {
    pub(crate) identity: Arc<Identity>,
    /// The segment or subsegment that is current in this lane.
    pub(crate) node: SegmentId,
    /// The outlet's beat when it was taken.
    taken: u32,
    events: Vec<Event>,
    text: String,
}

/// A lane that its owner kept for so many beats is handed over while it goes on, so that a long segment is seen.
pub(crate) const OLD_BEATS: u32 = 8;
/// A lane is handed over in parts when it holds more than this, so that a long segment does not hold its memory.
const PART_BYTES: usize = 32 * 1024;
/// A lane that cannot be handed over, because the bound on memory is reached, takes no more than this.
const FULL_BYTES: usize = 256 * 1024;
/// What a lane may keep reserved when it goes back to the pool.
const KEPT_BYTES: usize = 64 * 1024;
/// The longest text kept of one name, key or field. X-Ray's own limits are lower (segment document schema) but for SQL and messages.
const TEXT_BYTES: usize = 16 * 1024;

impl Lane {
    pub(crate) fn new(identity: Arc<Identity>) -> Box<Self> {
        Box::new(Self {
            node: identity.segment_id(),
            taken: identity.outlet().beat(),
            identity,
            events: Vec::with_capacity(8),
            text: String::with_capacity(256),
        })
    }

    pub(crate) fn events(&self) -> &[Event] {
        &self.events
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// Makes room for more, by handing over what is held when that is much: a long segment does not hold its memory.
    /// False when the bound on memory leaves no room.
    #[inline]
    pub(crate) fn has_room(self: &mut Box<Self>) -> bool {
        self.bytes() <= PART_BYTES || self.hand_over_part()
    }

    /// Hands over what is held when that is old at `beat`. Asked where a subsegment begins and where a segment is left.
    #[inline]
    pub(crate) fn hand_over_old(self: &mut Box<Self>, beat: u32) {
        if beat.wrapping_sub(self.taken) > OLD_BEATS {
            self.hand_over_now();
        }
    }

    /// Hands over what is held, if there is anything and the bound on memory leaves room for more.
    #[cold]
    pub(crate) fn hand_over_now(self: &mut Box<Self>) {
        self.taken = self.identity.outlet().beat();
        if !self.is_empty() {
            self.hand_over_part();
        }
    }

    #[cold]
    fn hand_over_part(self: &mut Box<Self>) -> bool {
        let identity = self.identity.clone();
        let Some(mut fresh) = identity.outlet().lane(&identity) else {
            return self.bytes() <= FULL_BYTES;
        };
        fresh.node = self.node;
        identity.outlet().hand_over(mem::replace(self, fresh));
        true
    }

    /// Counts something that there was no room to record.
    #[cold]
    pub(crate) fn refuse(&self) {
        self.identity.outlet().refuse();
    }

    /// The memory that the recorded events take.
    pub(crate) fn bytes(&self) -> usize {
        self.events.len() * size_of::<Event>() + self.text.len()
    }

    /// Makes the lane empty for another use.
    pub(crate) fn clear(&mut self) {
        self.events.clear();
        self.text.clear();
        self.events.shrink_to(KEPT_BYTES / size_of::<Event>());
        self.text.shrink_to(KEPT_BYTES);
    }

    pub(crate) fn begin(&mut self, identity: Arc<Identity>) {
        self.node = identity.segment_id();
        self.taken = identity.outlet().beat();
        self.identity = identity;
    }

    #[inline]
    pub(crate) fn push(&mut self, node: SegmentId, what: What) {
        self.events.push(Event { node, what });
    }

    #[inline]
    pub(crate) fn open(&mut self, node: SegmentId, parent: SegmentId, name: &Text<'_>, at: Tick) {
        let name = self.words(name);
        self.push(node, What::Open { parent, name, at });
    }

    #[inline]
    pub(crate) fn close(&mut self, node: SegmentId, at: Tick) {
        if std::thread::panicking() {
            self.mark(node, Mark::Panicked);
        }
        self.push(node, What::Close { at });
    }

    pub(crate) fn mark(&mut self, node: SegmentId, mark: Mark) {
        self.push(node, What::Mark(mark));
    }

    pub(crate) fn number(&mut self, node: SegmentId, field: Field, number: u64) {
        self.push(node, What::Number(field, number));
    }

    pub(crate) fn field(&mut self, node: SegmentId, field: Field, text: &str) {
        let words = Words::Kept(self.keep_short(text));
        self.push(node, What::Text(field, words));
    }

    pub(crate) fn annotate(
        &mut self,
        node: SegmentId,
        key: &Text<'_>,
        value: &Value<'_>,
        place: &'static Location<'static>,
    ) {
        let key = Key {
            words: self.words(key),
            place,
        };
        let what = match &value.0 {
            Scalar::Text(text) => What::AnnotationText(key, self.keep_short(text)),
            Scalar::Integer(number) => What::AnnotationInteger(key, *number),
            Scalar::Unsigned(number) => What::AnnotationUnsigned(key, *number),
            Scalar::Float(number) => What::AnnotationFloat(key, *number),
            Scalar::Boolean(truth) => What::AnnotationBoolean(key, *truth),
        };
        self.push(node, what);
    }

    pub(crate) fn metadata(
        &mut self,
        node: SegmentId,
        namespace: Option<&Text<'_>>,
        key: &Text<'_>,
        json: &json::Written,
    ) {
        let json = self.json(json);
        let what = match namespace {
            None => What::Metadata {
                key: self.words(key),
                json,
            },
            Some(namespace) => What::MetadataIn {
                namespace: self.keep_short(namespace.as_str()),
                key: self.keep_short(key.as_str()),
                json,
            },
        };
        self.push(node, what);
    }

    pub(crate) fn aws(&mut self, node: SegmentId, key: &Text<'_>, json: &json::Written) {
        let json = self.json(json);
        let key = self.words(key);
        self.push(node, What::Aws { key, json });
    }

    pub(crate) fn exception(
        &mut self,
        node: SegmentId,
        kind: &Text<'_>,
        message: &str,
        link: Chain,
        remote: bool,
    ) {
        let kind = self.words(kind);
        let message = self.keep_short(message);
        self.push(
            node,
            What::Exception {
                kind,
                message,
                link,
                remote,
            },
        );
    }

    pub(crate) fn link(&mut self, node: SegmentId, trace: TraceId, segment: SegmentId) {
        let trace = self.keep(&trace.to_string());
        self.push(node, What::Link { trace, segment });
    }

    /// Copies an event of another lane, with the text it refers to.
    pub(crate) fn copy(&mut self, event: &Event, from: &Lane) {
        let mut what = event.what;
        what.visit_spans(&mut |span| *span = self.keep(from.text_of(*span)));
        self.push(event.node, what);
    }

    pub(crate) fn text_of(&self, span: Span) -> &str {
        &self.text[span.start as usize..(span.start + span.length) as usize]
    }

    pub(crate) fn words_of<'a>(&'a self, words: &'a Words) -> &'a str {
        match words {
            Words::Static(text) => text,
            Words::Kept(span) => self.text_of(*span),
        }
    }

    #[inline]
    fn words(&mut self, text: &Text<'_>) -> Words {
        match &text.0 {
            Kind::Static(text) => Words::Static(text),
            Kind::Copied(text) => Words::Kept(self.keep_short(text)),
        }
    }

    fn json(&mut self, json: &json::Written) -> Json {
        Json {
            span: self.keep(&json.text),
            cut: json.cut,
        }
    }

    /// Keeps text that a program gave, up to the length that any document could use.
    fn keep_short(&mut self, text: &str) -> Span {
        if text.len() <= TEXT_BYTES {
            return self.keep(text);
        }
        let mut end = TEXT_BYTES;
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        self.keep(&text[..end])
    }

    #[inline]
    fn keep(&mut self, text: &str) -> Span {
        let start = self.text.len() as u32;
        self.text.push_str(text);
        Span {
            start,
            length: text.len() as u32,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::outlet::Outlet;

    fn lane() -> Box<Lane> {
        Lane::new(Identity::for_tests(&Outlet::for_tests()))
    }

    #[test]
    fn a_copied_event_refers_to_its_own_text() {
        let mut from = lane();
        let node = from.node;
        from.field(node, Field::User, "first");
        from.field(node, Field::HttpUrl, "second");
        let mut to = lane();
        let event = from.events()[1];
        to.copy(&event, &from);
        let What::Text(Field::HttpUrl, words) = to.events()[0].what else {
            panic!("another event");
        };
        assert_eq!(to.words_of(&words), "second");
    }

    #[test]
    fn text_without_end_is_cut_on_a_character() {
        let mut lane = lane();
        let node = lane.node;
        lane.field(node, Field::SqlQuery, &"é".repeat(TEXT_BYTES));
        assert_eq!(lane.text.len(), TEXT_BYTES);
        lane.field(
            node,
            Field::SqlQuery,
            &format!("a{}", "é".repeat(TEXT_BYTES)),
        );
        assert_eq!(lane.text.len(), 2 * TEXT_BYTES - 1);
    }
}
