//! The events of a lane, each written to its sheet at once.

use std::borrow::Cow;
use std::panic::Location;

use crate::clock::Tick;
use crate::document::Sql;
use crate::id::SegmentId;
use crate::record::event::{Event, Field, Json, Key, Length, Mark, Namespace, What, Words};
use crate::record::json::Written;
use crate::record::raw::Sheet;
use crate::record::text::{Kind, Text};
use crate::record::value::{Scalar, Value};

/// Each false where there is no room in the sheet at hand.
impl Sheet {
    /// An event without text.
    #[inline(always)]
    pub(crate) fn push(&mut self, node: SegmentId, what: What) -> bool {
        self.write([], |[]| Event { node, what })
    }

    #[inline(always)]
    pub(super) fn open(
        &mut self,
        node: SegmentId,
        parent: SegmentId,
        name: &Text<'_>,
        namespace: Namespace,
        at: Tick,
    ) -> bool {
        let event = |name| Event {
            node,
            what: What::Open {
                parent,
                name,
                at,
                namespace,
            },
        };
        match &name.0 {
            Kind::Static(text) => self.write([], |[]| event(Words::Static(text))),
            Kind::Copied(text) => self.write([text], |[length]| event(Words::Kept(length))),
        }
    }

    #[inline(always)]
    pub(crate) fn request(&mut self, node: SegmentId, method: &str, url: &str) -> bool {
        self.write([method, url], |[method, url]| Event {
            node,
            what: What::Request(method, url),
        })
    }

    /// The same of a URL that is in pieces.
    #[inline(always)]
    pub(crate) fn request_in_pieces(
        &mut self,
        node: SegmentId,
        method: &str,
        [first, second, third, last]: [&str; 4],
    ) -> bool {
        self.write(
            [method, first, second, third, last],
            |[method, first, second, third, last]| {
                let url = Length(first.0 + second.0 + third.0 + last.0);
                Event {
                    node,
                    what: What::Request(method, url),
                }
            },
        )
    }

    #[inline(always)]
    pub(crate) fn number(&mut self, node: SegmentId, field: Field, number: u64) -> bool {
        self.push(node, What::Number(field, number))
    }

    #[inline(always)]
    pub(crate) fn mark(&mut self, node: SegmentId, mark: Mark) -> bool {
        self.push(node, What::Mark(mark))
    }

    #[inline(always)]
    pub(crate) fn field(&mut self, node: SegmentId, field: Field, text: &str) -> bool {
        self.write([text], |[length]| Event {
            node,
            what: What::Text(field, Words::Kept(length)),
        })
    }

    /// A database call. Where there is no room for all that is known of it, that is written once more.
    #[inline(always)]
    pub(crate) fn sql(&mut self, node: SegmentId, sql: &Sql<'_>) -> bool {
        each_of(sql, |field, text| self.field(node, field, text))
    }

    #[inline(always)]
    pub(crate) fn annotate(
        &mut self,
        node: SegmentId,
        key: &Text<'_>,
        value: &Value<'_>,
        place: &'static Location<'static>,
    ) -> bool {
        let text = match &value.0 {
            Scalar::Text(text) => text,
            _ => "",
        };
        self.write([kept(key), text], |[length, text]| {
            let key = Key {
                words: words(key, length),
                place,
            };
            let what = match &value.0 {
                Scalar::Text(_) => What::AnnotationText(key, text),
                Scalar::Integer(number) => What::AnnotationInteger(key, *number),
                Scalar::Unsigned(number) => What::AnnotationUnsigned(key, *number),
                Scalar::Float(number) => What::AnnotationFloat(key, *number),
                Scalar::Boolean(truth) => What::AnnotationBoolean(key, *truth),
            };
            Event { node, what }
        })
    }

    #[inline(always)]
    pub(crate) fn metadata(&mut self, node: SegmentId, key: &Text<'_>, json: Written<'_>) -> bool {
        let event = |key, text| Event {
            node,
            what: What::Metadata {
                key,
                json: json.of(text),
            },
        };
        match &key.0 {
            Kind::Static(key) => self.write([json.text], |[text]| event(Words::Static(key), text)),
            Kind::Copied(key) => self.write([key, json.text], |[key, text]| {
                event(Words::Kept(key), text)
            }),
        }
    }
}

impl Written<'_> {
    #[inline(always)]
    pub(super) fn of(self, length: Length) -> Json {
        Json {
            length,
            form: self.form,
        }
    }
}

/// What is kept of a text: that of a static one is there for as long as the program.
#[inline(always)]
pub(super) fn kept<'a>(text: &'a Text<'_>) -> &'a str {
    match &text.0 {
        Kind::Static(_) => "",
        Kind::Copied(Cow::Borrowed(text)) => text,
        Kind::Copied(Cow::Owned(text)) => text,
    }
}

/// The same, as an event has it.
#[inline(always)]
pub(super) fn words(text: &Text<'_>, kept: Length) -> Words {
    match text.0 {
        Kind::Static(text) => Words::Static(text),
        Kind::Copied(_) => Words::Kept(kept),
    }
}

/// All that is known of a database call, until `keep` is false.
#[inline(always)]
pub(super) fn each_of(sql: &Sql<'_>, mut keep: impl FnMut(Field, &str) -> bool) -> bool {
    let mut keep = |field, text: &Option<Cow<'_, str>>| match text {
        Some(text) => keep(field, text),
        None => true,
    };
    keep(Field::SqlConnection, &sql.connection_string)
        && keep(Field::SqlUrl, &sql.url)
        && keep(Field::SqlQuery, &sql.sanitized_query)
        && keep(Field::SqlDatabaseType, &sql.database_type)
        && keep(Field::SqlDatabaseVersion, &sql.database_version)
        && keep(Field::SqlDriverVersion, &sql.driver_version)
        && keep(Field::SqlUser, &sql.user)
        && keep(Field::SqlPreparation, &sql.preparation)
}
