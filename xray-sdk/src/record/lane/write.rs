//! What is written into a lane, also where room has to be made for it first.

use std::panic::Location;

use crate::clock::Tick;
use crate::document::Sql;
use crate::id::{SegmentId, TraceId};
use crate::record::event::{Chain, Event, Field, Length, Mark, Namespace, Texts, What};
use crate::record::json::Written;
use crate::record::lane::Lane;
use crate::record::lane::events::{each_of, kept, words};
use crate::record::raw::Sheet;
use crate::record::text::{Kind, Text};
use crate::record::value::{Scalar, Value};

/// The longest text kept of one name, key or field. X-Ray's own limits are lower (segment document schema) but for SQL and messages.
pub(super) const TEXT_BYTES: usize = 16 * 1024;

/// As much of a text that a program gave as any document could use.
#[inline]
fn useful(text: &str) -> &str {
    if text.len() <= TEXT_BYTES {
        return text;
    }
    let mut end = TEXT_BYTES;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

impl Lane {
    /// Runs `write`, which tells whether there was room, and once more after room was made for so many bytes of text. False when there is none.
    #[inline(always)]
    pub(crate) fn write(&mut self, text: usize, mut write: impl FnMut(&mut Sheet) -> bool) -> bool {
        write(&mut self.sheet) || (self.make_room(text) && write(&mut self.sheet))
    }

    /// The same for what has to be recorded, also where the bound on memory leaves no room.
    #[inline(always)]
    fn write_to_end(&mut self, event: Event) {
        if !self.sheet.push(event.node, event.what) {
            self.make_room_to_end();
            self.sheet.push(event.node, event.what);
        }
    }

    /// Opens `id` below `parent` and makes it current here, if there is room at hand and nothing else to be done: calls nothing.
    #[inline(always)]
    pub(crate) fn open_at_once(
        &mut self,
        id: SegmentId,
        parent: SegmentId,
        name: &Text<'_>,
        namespace: Namespace,
    ) -> bool {
        if self.is_old() {
            return false;
        }
        let Some(now) = self.source.tick() else {
            return false;
        };
        let is_open = self.sheet.open(id, parent, name, namespace, now);
        if is_open {
            self.node = id;
        }
        is_open
    }

    /// Records the end of what is open, if there is room at hand: calls nothing.
    #[inline(always)]
    pub(crate) fn close_at_once(&mut self, node: SegmentId) -> bool {
        match self.source.tick() {
            Some(at) => self.sheet.push(node, What::Close { at }),
            None => false,
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
        self.sheet.open(node, parent, name, namespace, at)
            || self.open_otherwise(node, parent, name, namespace, at)
    }

    #[cold]
    #[inline(never)]
    fn open_otherwise(
        &mut self,
        node: SegmentId,
        parent: SegmentId,
        name: &Text<'_>,
        namespace: Namespace,
        at: Tick,
    ) -> bool {
        let name = &useful_words(name);
        self.write(kept(name).len(), |sheet| {
            sheet.open(node, parent, name, namespace, at)
        })
    }

    /// Records the end of what is open: there is always room for it.
    #[inline(always)]
    pub(crate) fn close(&mut self, node: SegmentId, at: Tick) {
        let what = What::Close { at };
        self.write_to_end(Event { node, what });
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
        let what = What::Mark(Mark::Moved);
        self.write_to_end(Event { node, what });
    }

    pub(crate) fn mark(&mut self, node: SegmentId, mark: Mark) {
        self.push(node, What::Mark(mark));
    }

    /// Records an event without text.
    pub(crate) fn push(&mut self, node: SegmentId, what: What) {
        self.write(0, |sheet| sheet.push(node, what));
    }

    pub(crate) fn number(&mut self, node: SegmentId, field: Field, number: u64) {
        self.push(node, What::Number(field, number));
    }

    pub(crate) fn field(&mut self, node: SegmentId, field: Field, text: &str) {
        let text = useful(text);
        self.write(text.len(), |sheet| sheet.field(node, field, text));
    }

    pub(crate) fn request(&mut self, node: SegmentId, method: &str, url: &str) {
        let (method, url) = (useful(method), useful(url));
        self.write(method.len() + url.len(), |sheet| {
            sheet.request(node, method, url)
        });
    }

    pub(crate) fn request_in_pieces(&mut self, node: SegmentId, method: &str, url: [&str; 4]) {
        self.request(node, method, &url.concat());
    }

    pub(crate) fn sql(&mut self, node: SegmentId, sql: &Sql<'_>) {
        each_of(sql, |field, text| {
            self.field(node, field, text);
            true
        });
    }

    pub(crate) fn annotate(
        &mut self,
        node: SegmentId,
        key: &Text<'_>,
        value: &Value<'_>,
        place: &'static Location<'static>,
    ) {
        let key = &useful_words(key);
        let text = match &value.0 {
            Scalar::Text(text) => useful(text),
            _ => "",
        };
        let value = &match value.0 {
            Scalar::Text(_) => Value::from(text),
            _ => value.clone(),
        };
        self.write(kept(key).len() + text.len(), |sheet| {
            sheet.annotate(node, key, value, place)
        });
    }

    pub(crate) fn metadata(&mut self, node: SegmentId, key: &Text<'_>, json: Written<'_>) {
        let key = &useful_words(key);
        self.write(kept(key).len() + json.text.len(), |sheet| {
            sheet.metadata(node, key, json)
        });
    }

    pub(crate) fn metadata_in(
        &mut self,
        node: SegmentId,
        namespace: &Text<'_>,
        key: &Text<'_>,
        json: Written<'_>,
    ) {
        let texts = [useful(namespace.as_str()), useful(key.as_str()), json.text];
        self.write_all(texts, |[namespace, key, text]| Event {
            node,
            what: What::MetadataIn {
                namespace,
                key,
                json: json.of(text),
            },
        });
    }

    pub(crate) fn aws(&mut self, node: SegmentId, key: &Text<'_>, json: Written<'_>) {
        self.write_all([useful(kept(key)), json.text], |[length, text]| Event {
            node,
            what: What::Aws {
                key: words(key, length),
                json: json.of(text),
            },
        });
    }

    pub(crate) fn exception(
        &mut self,
        node: SegmentId,
        kind: &Text<'_>,
        message: &str,
        link: Chain,
        remote: bool,
    ) {
        self.write_all(
            [useful(kept(kind)), useful(message)],
            |[length, message]| Event {
                node,
                what: What::Exception {
                    kind: words(kind, length),
                    message,
                    link,
                    remote,
                },
            },
        );
    }

    pub(crate) fn link(&mut self, node: SegmentId, trace: TraceId, segment: SegmentId) {
        self.write_all([&trace.to_string()], |[trace]| Event {
            node,
            what: What::Link { trace, segment },
        });
    }

    fn write_all<const TEXTS: usize>(
        &mut self,
        texts: [&str; TEXTS],
        event: impl Fn([Length; TEXTS]) -> Event,
    ) {
        let bytes = texts.iter().map(|text| text.len()).sum();
        self.write(bytes, |sheet| sheet.write(texts, &event));
    }

    /// Copies an event of another lane, which has text that begins there. A lane that is copied into is kept as it is, however large, and not
    /// handed over.
    pub(crate) fn copy(&mut self, event: &Event, mut texts: Texts<'_>) {
        let text = texts.next(Length(event.what.text_bytes() as u32));
        if !self.sheet.write([text], |_| *event) {
            self.sheet.grow(text.len());
            self.sheet.write([text], |_| *event);
        }
    }
}

/// As much of it as [is useful](useful).
fn useful_words<'a>(text: &'a Text<'_>) -> Text<'a> {
    match &text.0 {
        Kind::Static(text) => Text::from(*text),
        Kind::Copied(text) => Text::copied(useful(text)),
    }
}
