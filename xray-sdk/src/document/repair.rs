use serde::de::MapAccess;
use serde::de::value::MapDeserializer;
use serde_json::{Map, Value};

use super::lenient::{Block, Field};
use super::limits::{self, cut};
use super::{AnnotationValue, Annotations, Cause, Document};
use crate::id::SegmentId;

impl Document {
    /// Brings the document and all that stand in it within what X-Ray accepts (segment document schema): names, keys and texts by
    /// the rules of [`limits`], an id for each exception, at most 20 links, and either an end time or `in_progress`.
    ///
    /// A document with a trace id is valid by the schema afterwards, whatever it held. Its size does not change much: a document
    /// larger than [`limits::DOCUMENT_BYTES`] must be sent in parts.
    pub fn repair(&mut self) {
        let mut open = vec![self];
        while let Some(document) = open.pop() {
            repair_one(document);
            open.extend(document.subsegments.iter_mut());
        }
    }
}

fn repair_one(document: &mut Document) {
    let name = limits::repair_name(&document.name);
    if name != document.name {
        document.name = name.into_owned();
    }
    shorten(&mut document.user);
    if let Some(request) = document
        .http
        .as_mut()
        .and_then(|http| http.request.as_mut())
    {
        shorten(&mut request.method);
        shorten(&mut request.url);
        shorten(&mut request.user_agent);
        shorten(&mut request.client_ip);
    }
    if let Some(user) = document.sql.as_mut().and_then(|sql| sql.user.as_mut()) {
        let kept = cut(user, limits::TEXT_CHARACTERS).len();
        user.to_mut().truncate(kept);
    }
    if let Some(aws) = &mut document.aws {
        let rest = std::mem::take(&mut aws.rest);
        adopt(aws.as_mut(), rest);
        // A block of the schema that no SDK writes any more.
        if !aws.rest.get("tracing").is_none_or(is_tracing_block) {
            aws.rest.remove("tracing");
        }
    }
    if let Some(service) = &mut document.service {
        let rest = std::mem::take(&mut service.rest);
        adopt(service.as_mut(), rest);
    }
    document.annotations = repair_annotations(std::mem::take(&mut document.annotations));
    name_exceptions(document);
    document.links.truncate(limits::LINKS_PER_SEGMENT);
    document.end_time = document.end_time.map(|end| end.max(document.start_time));
    document.in_progress = document.end_time.is_none();
}

fn shorten(text: &mut Option<String>) {
    if let Some(text) = text {
        text.truncate(cut(text, limits::TEXT_CHARACTERS).len());
    }
}

/// Fields that have a place of their own in a block go there, or away when they are of another type.
fn adopt(block: &mut impl Block, rest: Map<String, Value>) {
    let mut fields = MapDeserializer::<_, serde_json::Error>::new(rest.into_iter());
    while let Ok(Some(key)) = fields.next_key::<String>() {
        block
            .field(&key, Field::of(&mut fields))
            .expect("a value that is in memory can be read as a value");
    }
}

fn is_tracing_block(tracing: &Value) -> bool {
    tracing.is_object() && tracing.get("sdk").is_none_or(Value::is_string)
}

fn repair_annotations(annotations: Annotations) -> Annotations {
    let is_good = |key: &String| limits::repair_key(key) == *key;
    let (mut good, bad): (Annotations, Annotations) =
        annotations.into_iter().partition(|(key, _)| is_good(key));
    for (key, value) in bad {
        // A key that was right from the start wins over one that becomes the same.
        good.entry(limits::repair_key(&key).into_owned())
            .or_insert(value);
    }
    for value in good.values_mut() {
        if let AnnotationValue::Text(text) = value {
            text.truncate(cut(text, limits::ANNOTATION_TEXT_CHARACTERS).len());
        }
    }
    good
}

/// Gives each exception without an id one that is made from its document's.
fn name_exceptions(document: &mut Document) {
    let Some(Cause::Exceptions(cause)) = &mut document.cause else {
        return;
    };
    for (number, exception) in cause.exceptions.iter_mut().enumerate() {
        let made = document.id.to_u64().wrapping_add(number as u64 + 1);
        exception.id.get_or_insert(SegmentId::from_u64(made));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{Aws, Exception, Exceptions, Http, HttpRequest, Link, Service, Sql};
    use crate::id::TraceId;

    fn repaired(mut document: Document) -> Document {
        document.repair();
        document
    }

    fn empty() -> Document {
        Document {
            end_time: Some(2.0),
            ..Document::new("a", SegmentId::from_u64(0xa0), 1.0)
        }
    }

    #[test]
    fn a_document_within_the_limits_stays_as_it_is() {
        let json = include_str!("read/complete.json");
        let document = Document::parse(json.as_bytes()).expect("valid");
        assert_eq!(repaired(document.clone()), document);
    }

    #[test]
    fn names_are_repaired_at_every_depth() {
        let document = Document {
            name: "???".into(),
            subsegments: vec![Document {
                name: "a?b".into(),
                ..empty()
            }],
            ..empty()
        };
        let document = repaired(document);
        assert_eq!(
            (
                document.name.as_str(),
                document.subsegments[0].name.as_str()
            ),
            ("unnamed", "ab")
        );
    }

    #[test]
    fn texts_are_cut_at_their_limits() {
        let long = "é".repeat(1_001);
        let document = repaired(Document {
            user: Some(long.clone()),
            http: Some(Http {
                request: Some(HttpRequest {
                    url: Some(long.clone()),
                    ..HttpRequest::default()
                }),
                response: None,
            }),
            sql: Some(Box::new(Sql {
                user: Some(long.clone().into()),
                sanitized_query: Some(long.clone().into()),
                ..Sql::default()
            })),
            annotations: [("k".to_owned(), AnnotationValue::Text(long.clone()))].into(),
            ..empty()
        });
        let characters = |text: Option<&str>| text.map(|text| text.chars().count());
        assert_eq!(characters(document.user.as_deref()), Some(250));
        assert_eq!(
            characters(
                document
                    .request()
                    .and_then(|request| request.url.as_deref())
            ),
            Some(250)
        );
        let sql = document.sql.as_ref().expect("kept");
        assert_eq!(characters(sql.user.as_deref()), Some(250));
        assert_eq!(characters(sql.sanitized_query.as_deref()), Some(1_001));
        assert_eq!(characters(document.annotations["k"].as_text()), Some(1_000));
    }

    #[test]
    fn a_key_that_was_right_wins_over_one_that_becomes_the_same() {
        let annotations = [("user.id", 1), ("user_id", 2), ("order-id", 3)];
        let document = repaired(Document {
            annotations: annotations
                .map(|(key, value)| (key.to_owned(), AnnotationValue::Integer(value)))
                .into(),
            ..empty()
        });
        let expected = [("order_id", 3), ("user_id", 2)];
        assert_eq!(
            document.annotations,
            expected
                .map(|(key, value)| (key.to_owned(), AnnotationValue::Integer(value)))
                .into()
        );
    }

    #[test]
    fn exceptions_get_ids_of_their_own() {
        let named = Exception {
            id: Some(SegmentId::from_u64(7)),
            ..Exception::default()
        };
        let document = repaired(Document {
            cause: Some(Cause::Exceptions(Exceptions {
                exceptions: vec![Exception::default(), named, Exception::default()],
                ..Exceptions::default()
            })),
            ..empty()
        });
        let cause = document.cause.expect("kept");
        let ids = cause
            .exceptions()
            .iter()
            .map(|exception| exception.id.map(SegmentId::to_u64));
        assert!(ids.eq([Some(0xa1), Some(7), Some(0xa3)]));
    }

    #[test]
    fn fields_in_the_wrong_place_go_to_their_own() {
        let rest = |json: Value| json.as_object().cloned().expect("an object");
        let document = repaired(Document {
            aws: Some(Box::new(Aws {
                rest: rest(
                    serde_json::json!({"operation": "Put", "region": 5, "tracing": "x", "other": 1}),
                ),
                ..Aws::default()
            })),
            service: Some(Box::new(Service {
                rest: rest(serde_json::json!({"version": {}, "name": "n"})),
                ..Service::default()
            })),
            ..empty()
        });
        let (aws, service) = (document.aws.expect("kept"), document.service.expect("kept"));
        assert_eq!((aws.operation.as_deref(), aws.region), (Some("Put"), None));
        assert_eq!(aws.rest, rest(serde_json::json!({"other": 1})));
        assert_eq!(
            (service.version, service.rest),
            (None, rest(serde_json::json!({"name": "n"})))
        );
    }

    #[test]
    fn a_document_has_ended_after_its_start_or_is_in_progress() {
        let early = repaired(Document {
            end_time: Some(0.5),
            in_progress: true,
            ..empty()
        });
        assert_eq!((early.end_time, early.in_progress), (Some(1.0), false));
        let open = repaired(Document {
            end_time: None,
            ..empty()
        });
        assert!(open.in_progress);
    }

    #[test]
    fn there_are_at_most_twenty_links() {
        let link = Link {
            trace_id: TraceId::from_u128(1),
            id: SegmentId::from_u64(1),
            attributes: Map::new(),
        };
        let document = repaired(Document {
            links: vec![link; 21],
            ..empty()
        });
        assert_eq!(document.links.len(), 20);
    }
}
