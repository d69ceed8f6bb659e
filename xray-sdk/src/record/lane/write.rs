//! What is written into a lane.

use std::borrow::Cow;
use std::panic::Location;

use crate::clock::Tick;
use crate::document::Sql;
use crate::id::{SegmentId, TraceId};
use crate::record::event::{
    Chain, Event, Field, Json, Key, Length, Mark, Namespace, Texts, What, Words,
};
use crate::record::json::Written;
use crate::record::lane::Lane;
use crate::record::raw::Place;
use crate::record::text::{Kind, Text};
use crate::record::value::{Scalar, Value};

/// The longest text kept of one name, key or field. X-Ray's own limits are lower (segment document schema) but for SQL and messages.
pub(super) const TEXT_BYTES: usize = 16 * 1024;

impl Lane {
    /// Records an event without text.
    #[inline(always)]
    pub(crate) fn push(&mut self, node: SegmentId, what: What) {
        if let Some(place) = self.place() {
            place.put(Event { node, what });
        }
    }

    /// Records the opening of a segment or subsegment. False when there is no room.
    #[inline(always)]
    pub(crate) fn open(
        &mut self,
        node: SegmentId,
        parent: SegmentId,
        name: &Text<'_>,
        namespace: Namespace,
        at: Tick,
    ) -> bool {
        let Some(mut place) = self.place() else {
            return false;
        };
        let what = What::Open {
            parent,
            name: place.words(name),
            at,
            namespace,
        };
        place.put(Event { node, what });
        true
    }

    /// Records the end of what is open: there is always room for it.
    #[inline(always)]
    pub(crate) fn close(&mut self, node: SegmentId, at: Tick) {
        if let Some(place) = self.place_to_end() {
            place.put(Event {
                node,
                what: What::Close { at },
            });
        }
    }

    /// Closes what may have panicked: whoever drops it tells no more than that.
    #[inline]
    pub(crate) fn close_dropped(&mut self, node: SegmentId, at: Tick) {
        if std::thread::panicking() {
            self.panicked(node);
        }
        self.close(node, at);
    }

    /// The code inside panicked.
    #[cold]
    #[inline(never)]
    pub(crate) fn panicked(&mut self, node: SegmentId) {
        self.mark(node, Mark::Panicked);
    }

    /// What was recorded of it before is in the segment's own lane, and this is not that.
    #[cold]
    #[inline(never)]
    pub(crate) fn moved(&mut self, node: SegmentId) {
        if let Some(place) = self.place_to_end() {
            let what = What::Mark(Mark::Moved);
            place.put(Event { node, what });
        }
    }

    #[inline(always)]
    pub(crate) fn mark(&mut self, node: SegmentId, mark: Mark) {
        self.push(node, What::Mark(mark));
    }

    #[inline(always)]
    pub(crate) fn request(&mut self, node: SegmentId, method: &str, url: &str) {
        if let Some(mut place) = self.place() {
            let what = What::Request(place.keep_short(method), place.keep_short(url));
            place.put(Event { node, what });
        }
    }

    #[inline(always)]
    pub(crate) fn number(&mut self, node: SegmentId, field: Field, number: u64) {
        self.push(node, What::Number(field, number));
    }

    #[inline(always)]
    pub(crate) fn field(&mut self, node: SegmentId, field: Field, text: &str) {
        self.write_field(node, field, text);
    }

    #[inline(always)]
    fn write_field(&mut self, node: SegmentId, field: Field, text: &str) -> bool {
        let Some(mut place) = self.place() else {
            return false;
        };
        let what = What::Text(field, Words::Kept(place.keep_short(text)));
        place.put(Event { node, what });
        true
    }

    /// A database call: what is known of it.
    #[inline(always)]
    pub(crate) fn sql(&mut self, node: SegmentId, sql: &Sql<'_>) {
        let _ = self.sql_field(node, Field::SqlConnection, &sql.connection_string)
            && self.sql_field(node, Field::SqlUrl, &sql.url)
            && self.sql_field(node, Field::SqlQuery, &sql.sanitized_query)
            && self.sql_field(node, Field::SqlDatabaseType, &sql.database_type)
            && self.sql_field(node, Field::SqlDatabaseVersion, &sql.database_version)
            && self.sql_field(node, Field::SqlDriverVersion, &sql.driver_version)
            && self.sql_field(node, Field::SqlUser, &sql.user)
            && self.sql_field(node, Field::SqlPreparation, &sql.preparation);
    }

    #[inline(always)]
    fn sql_field(&mut self, node: SegmentId, field: Field, text: &Option<Cow<'_, str>>) -> bool {
        match text {
            Some(text) => self.write_field(node, field, text),
            None => true,
        }
    }

    #[inline(always)]
    pub(crate) fn annotate(
        &mut self,
        node: SegmentId,
        key: &Text<'_>,
        value: &Value<'_>,
        place: &'static Location<'static>,
    ) {
        let Some(mut at) = self.place() else {
            return;
        };
        let key = Key {
            words: at.words(key),
            place,
        };
        let what = match &value.0 {
            Scalar::Text(text) => What::AnnotationText(key, at.keep_short(text)),
            Scalar::Integer(number) => What::AnnotationInteger(key, *number),
            Scalar::Unsigned(number) => What::AnnotationUnsigned(key, *number),
            Scalar::Float(number) => What::AnnotationFloat(key, *number),
            Scalar::Boolean(truth) => What::AnnotationBoolean(key, *truth),
        };
        at.put(Event { node, what });
    }

    #[inline]
    pub(crate) fn metadata(
        &mut self,
        node: SegmentId,
        namespace: Option<&Text<'_>>,
        key: &Text<'_>,
        json: Written<'_>,
    ) {
        let Some(mut place) = self.place() else {
            return;
        };
        let what = match namespace {
            None => What::Metadata {
                key: place.words(key),
                json: place.json(json),
            },
            Some(namespace) => What::MetadataIn {
                namespace: place.keep_short(namespace.as_str()),
                key: place.keep_short(key.as_str()),
                json: place.json(json),
            },
        };
        place.put(Event { node, what });
    }

    pub(crate) fn aws(&mut self, node: SegmentId, key: &Text<'_>, json: Written<'_>) {
        if let Some(mut place) = self.place() {
            let what = What::Aws {
                key: place.words(key),
                json: place.json(json),
            };
            place.put(Event { node, what });
        }
    }

    pub(crate) fn exception(
        &mut self,
        node: SegmentId,
        kind: &Text<'_>,
        message: &str,
        link: Chain,
        remote: bool,
    ) {
        if let Some(mut place) = self.place() {
            let what = What::Exception {
                kind: place.words(kind),
                message: place.keep_short(message),
                link,
                remote,
            };
            place.put(Event { node, what });
        }
    }

    pub(crate) fn link(&mut self, node: SegmentId, trace: TraceId, segment: SegmentId) {
        if let Some(mut place) = self.place() {
            let what = What::Link {
                trace: place.keep_short(&trace.to_string()),
                segment,
            };
            place.put(Event { node, what });
        }
    }

    /// Copies an event of another lane, which has text that begins there. A lane that is copied into is kept, and not handed over.
    pub(crate) fn copy(&mut self, event: &Event, mut texts: Texts<'_>) {
        let text = texts.next(Length(event.what.text_bytes() as u32));
        if let Some(mut place) = self.place_kept() {
            place.keep(text, text.len());
            place.put(*event);
        }
    }
}

impl Place<'_> {
    #[inline(always)]
    fn words(&mut self, text: &Text<'_>) -> Words {
        match &text.0 {
            Kind::Static(text) => Words::Static(text),
            Kind::Copied(Cow::Borrowed(text)) => Words::Kept(self.keep_short(text)),
            Kind::Copied(Cow::Owned(text)) => Words::Kept(self.keep_short(text)),
        }
    }

    #[inline(always)]
    fn json(&mut self, json: Written<'_>) -> Json {
        Json {
            length: self.keep(json.text, json.text.len()),
            form: json.form,
        }
    }

    /// Keeps text that a program gave, up to the length that any document could use.
    #[inline(always)]
    fn keep_short(&mut self, text: &str) -> Length {
        self.keep(text, TEXT_BYTES)
    }
}
