//! Documents of anything, for property tests.

use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use serde_json::{Map, Value};
use xray_sdk::document::{
    AnnotationValue, Aws, Cause, Document, Exception, Exceptions, Http, HttpRequest, HttpResponse,
    Kind, Link, Namespace, Service, Sql, StackFrame,
};
use xray_sdk::{SegmentId, TraceId};

fn text() -> impl Strategy<Value = String> {
    let long = ("\\PC{0,3}", 0_usize..600).prop_map(|(text, times)| text.repeat(times));
    prop_oneof!["[a-z ./]{0,20}", "\\PC{0,20}", any::<String>(), long]
}

fn some(text: impl Strategy<Value = String>) -> impl Strategy<Value = Option<String>> {
    option::of(text)
}

fn id() -> impl Strategy<Value = SegmentId> {
    any::<u64>().prop_map(SegmentId::from_u64)
}

/// Numbers that are read as they were written: reading JSON may miss the last digit of others.
fn float() -> impl Strategy<Value = f64> {
    any::<i32>().prop_map(|number| f64::from(number) / 64.0)
}

fn time() -> impl Strategy<Value = f64> {
    prop_oneof![
        0.0..4e9,
        Just(f64::NAN),
        Just(f64::NEG_INFINITY),
        Just(1e-7)
    ]
}

fn json() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        float().prop_map(Value::from),
        "\\PC{0,20}".prop_map(Value::from),
    ];
    scalar.prop_recursive(4, 32, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            vec((field_name(), inner), 0..4).prop_map(Value::from_iter),
        ]
    })
}

/// Names that mean something to documents, and others.
fn field_name() -> impl Strategy<Value = String> {
    const KNOWN: &[&str] = &[
        "name",
        "id",
        "trace_id",
        "parent_id",
        "type",
        "start_time",
        "end_time",
        "in_progress",
        "namespace",
        "origin",
        "user",
        "service",
        "http",
        "request",
        "response",
        "status",
        "content_length",
        "url",
        "aws",
        "ec2",
        "tracing",
        "sdk",
        "operation",
        "cloudwatch_logs",
        "sql",
        "error",
        "cause",
        "exceptions",
        "stack",
        "line",
        "annotations",
        "metadata",
        "subsegments",
        "precursor_ids",
        "links",
        "attributes",
        "version",
    ];
    prop_oneof![4 => proptest::sample::select(KNOWN).prop_map(str::to_owned), 1 => any::<String>()]
}

pub(crate) fn fields() -> impl Strategy<Value = Map<String, Value>> {
    vec((field_name(), json()), 0..4).prop_map(Map::from_iter)
}

fn annotation() -> impl Strategy<Value = AnnotationValue> {
    prop_oneof![
        text().prop_map(AnnotationValue::Text),
        any::<i64>().prop_map(AnnotationValue::Integer),
        prop_oneof![float(), Just(f64::NAN), Just(f64::INFINITY)].prop_map(AnnotationValue::Float),
        any::<bool>().prop_map(AnnotationValue::Boolean),
    ]
}

fn cause() -> impl Strategy<Value = Cause> {
    let frame = (some(text()), option::of(any::<i64>())).prop_map(|(path, line)| StackFrame {
        path,
        line,
        label: None,
    });
    let exception = (
        option::of(id()),
        some(text()),
        option::of(id()),
        vec(frame, 0..3),
    )
        .prop_map(|(id, message, cause, stack)| Exception {
            id,
            message,
            cause,
            stack,
            ..Exception::default()
        });
    let exceptions =
        (some(text()), vec(exception, 0..3)).prop_map(|(working_directory, exceptions)| {
            Cause::Exceptions(Exceptions {
                working_directory,
                exceptions,
                ..Exceptions::default()
            })
        });
    prop_oneof![id().prop_map(Cause::Recorded), exceptions]
}

fn http() -> impl Strategy<Value = Http> {
    let request = (some(text()), some(text()), some(text()), any::<bool>()).prop_map(
        |(method, url, user_agent, traced)| HttpRequest {
            method,
            url,
            user_agent,
            traced,
            ..HttpRequest::default()
        },
    );
    let response = (option::of(any::<u16>()), option::of(any::<i64>())).prop_map(
        |(status, content_length)| HttpResponse {
            status,
            content_length,
        },
    );
    (option::of(request), option::of(response))
        .prop_map(|(request, response)| Http { request, response })
}

fn blocks() -> impl Strategy<Value = (Option<Aws>, Option<Service>, Option<Sql<'static>>)> {
    let aws = (some(text()), fields()).prop_map(|(operation, rest)| Aws {
        operation,
        rest,
        ..Aws::default()
    });
    let service = (some(text()), fields()).prop_map(|(version, rest)| Service {
        version,
        rest,
        ..Service::default()
    });
    let sql = some(text()).prop_map(|user| Sql {
        user: user.map(Into::into),
        ..Sql::default()
    });
    (option::of(aws), option::of(service), option::of(sql))
}

/// A document of anything, without subsegments.
fn flat_document() -> BoxedStrategy<Document> {
    let essential = (
        text(),
        id(),
        time(),
        option::of(time()),
        option::of(id()),
        any::<[bool; 4]>(),
    );
    let values = (
        btree_map(text(), annotation(), 0..4),
        btree_map(text(), fields(), 0..3),
    );
    let link = (any::<u128>(), id(), fields()).prop_map(|(trace, id, attributes)| Link {
        trace_id: TraceId::from_u128(trace),
        id,
        attributes,
    });
    (
        essential,
        values,
        option::of(http()),
        blocks(),
        option::of(cause()),
        vec(link, 0..3),
        some(text()),
    )
        .prop_map(
            |(
                essential,
                (annotations, metadata),
                http,
                (aws, service, sql),
                cause,
                links,
                user,
            )| {
                let (
                    name,
                    id,
                    start_time,
                    end_time,
                    parent_id,
                    [in_progress, error, fault, is_subsegment],
                ) = essential;
                Document {
                    end_time,
                    in_progress,
                    parent_id,
                    kind: is_subsegment.then_some(Kind::Subsegment),
                    namespace: is_subsegment.then_some(Namespace::Aws),
                    annotations,
                    metadata,
                    http,
                    aws: aws.map(Box::new),
                    service: service.map(Box::new),
                    sql: sql.map(Box::new),
                    cause,
                    error,
                    fault,
                    links,
                    user,
                    trace_id: Some(TraceId::from_u128(7)),
                    ..Document::new(name, id, start_time)
                }
            },
        )
        .boxed()
}

pub(crate) fn document() -> impl Strategy<Value = Document> {
    flat_document().prop_recursive(3, 8, 3, |inner| {
        (flat_document(), vec(inner, 0..3)).prop_map(|(outer, subsegments)| Document {
            subsegments,
            ..outer
        })
    })
}

/// Documents of few ids, so that parents, circles and duplicates occur.
pub(crate) fn crowd() -> impl Strategy<Value = Vec<Document>> {
    let few = || (0_u64..8).prop_map(SegmentId::from_u64);
    let one = (
        few(),
        option::of(few()),
        any::<[bool; 2]>(),
        vec(few(), 0..3),
        0_u8..5,
    )
        .prop_map(
            |(id, parent_id, [is_subsegment, is_complete], inner, start)| Document {
                parent_id,
                kind: is_subsegment.then_some(Kind::Subsegment),
                trace_id: Some(TraceId::from_u128(7)),
                end_time: is_complete.then_some(9.0),
                in_progress: !is_complete,
                subsegments: inner
                    .into_iter()
                    .map(|id| Document::new("inner", id, 1.0))
                    .collect(),
                ..Document::new("outer", id, start.into())
            },
        );
    vec(one, 0..12)
}
