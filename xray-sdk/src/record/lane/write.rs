//! What is written into a lane.

use std::borrow::Cow;
use std::panic::Location;

use crate::clock::Tick;
use crate::document::Sql;
use crate::id::{SegmentId, TraceId};
use crate::record::event::{Chain, Event, Field, Json, Key, Mark, Namespace, Span, What, Words};
use crate::record::json::Written;
use crate::record::lane::Lane;
use crate::record::text::{Kind, Text};
use crate::record::value::{Scalar, Value};

/// The longest text kept of one name, key or field. X-Ray's own limits are lower (segment document schema) but for SQL and messages.
pub(super) const TEXT_BYTES: usize = 16 * 1024;

impl Lane {
    /// Records an event. There is [room](Self::has_room) for what a call records, nearly always.
    #[inline(always)]
    pub(crate) fn push(&mut self, node: SegmentId, what: What) {
        match self.events.get_mut(self.count) {
            Some(place) => {
                *place = Event { node, what };
                self.count += 1;
            }
            None => self.push_more(Event { node, what }),
        }
    }

    #[cold]
    #[inline(never)]
    fn push_more(&mut self, event: Event) {
        self.grow();
        self.events[self.count] = event;
        self.count += 1;
    }

    #[inline(always)]
    pub(crate) fn open(
        &mut self,
        node: SegmentId,
        parent: SegmentId,
        name: &Text<'_>,
        namespace: Namespace,
        at: Tick,
    ) {
        let name = self.words(name);
        self.push(
            node,
            What::Open {
                parent,
                name,
                at,
                namespace,
            },
        );
    }

    #[inline(always)]
    pub(crate) fn close(&mut self, node: SegmentId, at: Tick) {
        self.push(node, What::Close { at });
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

    #[inline(always)]
    pub(crate) fn mark(&mut self, node: SegmentId, mark: Mark) {
        self.push(node, What::Mark(mark));
    }

    #[inline(always)]
    pub(crate) fn request(&mut self, node: SegmentId, method: &str, url: &str) {
        let method = self.keep_short(method);
        let url = self.keep_short(url);
        self.push(node, What::Request(method, url));
    }

    #[inline(always)]
    pub(crate) fn number(&mut self, node: SegmentId, field: Field, number: u64) {
        self.push(node, What::Number(field, number));
    }

    #[inline(always)]
    pub(crate) fn field(&mut self, node: SegmentId, field: Field, text: &str) {
        let words = Words::Kept(self.keep_short(text));
        self.push(node, What::Text(field, words));
    }

    /// A database call: what is known of it.
    #[inline(always)]
    pub(crate) fn sql(&mut self, node: SegmentId, sql: &Sql<'_>) {
        self.sql_field(node, Field::SqlConnection, &sql.connection_string);
        self.sql_field(node, Field::SqlUrl, &sql.url);
        self.sql_field(node, Field::SqlQuery, &sql.sanitized_query);
        self.sql_field(node, Field::SqlDatabaseType, &sql.database_type);
        self.sql_field(node, Field::SqlDatabaseVersion, &sql.database_version);
        self.sql_field(node, Field::SqlDriverVersion, &sql.driver_version);
        self.sql_field(node, Field::SqlUser, &sql.user);
        self.sql_field(node, Field::SqlPreparation, &sql.preparation);
    }

    #[inline(always)]
    fn sql_field(&mut self, node: SegmentId, field: Field, text: &Option<Cow<'_, str>>) {
        if let Some(text) = text {
            self.field(node, field, text);
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

    #[inline]
    pub(crate) fn metadata(
        &mut self,
        node: SegmentId,
        namespace: Option<&Text<'_>>,
        key: &Text<'_>,
        json: Written<'_>,
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

    pub(crate) fn aws(&mut self, node: SegmentId, key: &Text<'_>, json: Written<'_>) {
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

    #[inline(always)]
    fn words(&mut self, text: &Text<'_>) -> Words {
        match &text.0 {
            Kind::Static(text) => Words::Static(text),
            Kind::Copied(text) => Words::Kept(self.keep_short(text)),
        }
    }

    #[inline(always)]
    fn json(&mut self, json: Written<'_>) -> Json {
        Json {
            span: self.keep(json.text),
            form: json.form,
        }
    }

    /// Keeps text that a program gave, up to the length that any document could use.
    #[inline(always)]
    fn keep_short(&mut self, text: &str) -> Span {
        if text.len() <= TEXT_BYTES {
            return self.keep(text);
        }
        self.keep_cut(text)
    }

    #[cold]
    #[inline(never)]
    fn keep_cut(&mut self, text: &str) -> Span {
        let mut end = TEXT_BYTES;
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        self.keep(&text[..end])
    }

    #[inline(always)]
    fn keep(&mut self, text: &str) -> Span {
        if text.len() > self.text.capacity() - self.text.len() {
            self.grow_text(text.len());
        }
        let start = self.text.len() as u32;
        self.text.push_str(text);
        Span {
            start,
            length: text.len() as u32,
        }
    }

    #[cold]
    #[inline(never)]
    fn grow_text(&mut self, bytes: usize) {
        self.text.reserve(bytes);
        // The next call looks whether it is time to hand over.
        self.enough = 0;
    }
}
