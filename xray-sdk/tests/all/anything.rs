//! Whatever a program puts in, what is sent is valid by the official schema.

use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::Value;
use xray_sdk::document::Sql;
use xray_sdk::testing::Capture;
use xray_sdk::{Entity, Segment, SegmentId, Text, TraceHeader, TraceId, subsegment};

use crate::schema;

/// One call on a segment or subsegment.
#[derive(Clone, Debug)]
enum Call {
    Annotate(String, Annotation),
    Metadata(Option<String>, String, Json),
    Error(String),
    Message(String, String),
    Marks(u8),
    User(String),
    Name(String),
    Http(String, String, String, u16, u64),
    Sql(Box<[String; 8]>),
    Aws(String, Json),
    Link(u128, u64),
    Precursor(u64),
    Inside(String, u8, Vec<Call>),
    Owned(String, Vec<Call>),
}

#[derive(Clone, Debug)]
enum Annotation {
    Text(String),
    Integer(i64),
    Unsigned(u64),
    Float(f64),
    Boolean(bool),
}

/// JSON of any kind, and floats that JSON does not have.
#[derive(Clone, Debug)]
enum Json {
    Value(Value),
    Float(f64),
    Long(usize),
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => any::<String>(),
        3 => "[a-z_.]{0,12}",
        1 => (any::<char>(), 0..70_000_usize).prop_map(|(letter, times)| String::from(letter).repeat(times)),
    ]
}

fn json() -> impl Strategy<Value = Json> {
    let value = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        text().prop_map(Value::from),
    ];
    let value = value.prop_recursive(4, 32, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::hash_map(text(), inner, 0..4).prop_map(Value::from_iter),
        ]
    });
    prop_oneof![
        6 => value.prop_map(Json::Value),
        2 => any::<f64>().prop_map(Json::Float),
        1 => (0..300_000_usize).prop_map(Json::Long),
    ]
}

fn call() -> impl Strategy<Value = Call> {
    let annotation = prop_oneof![
        text().prop_map(Annotation::Text),
        any::<i64>().prop_map(Annotation::Integer),
        any::<u64>().prop_map(Annotation::Unsigned),
        prop_oneof![any::<f64>(), Just(f64::NAN), Just(f64::INFINITY)].prop_map(Annotation::Float),
        any::<bool>().prop_map(Annotation::Boolean),
    ];
    let plain = prop_oneof![
        (text(), annotation).prop_map(|(key, value)| Call::Annotate(key, value)),
        (proptest::option::of(text()), text(), json())
            .prop_map(|(namespace, key, value)| Call::Metadata(namespace, key, value)),
        text().prop_map(Call::Error),
        (text(), text()).prop_map(|(kind, message)| Call::Message(kind, message)),
        any::<u8>().prop_map(Call::Marks),
        text().prop_map(Call::User),
        text().prop_map(Call::Name),
        (text(), text(), text(), any::<u16>(), any::<u64>()).prop_map(
            |(method, url, agent, status, length)| {
                Call::Http(method, url, agent, status, length)
            }
        ),
        proptest::array::uniform8(text()).prop_map(|texts| Call::Sql(Box::new(texts))),
        (text(), json()).prop_map(|(key, value)| Call::Aws(key, value)),
        (any::<u128>(), any::<u64>()).prop_map(|(trace, segment)| Call::Link(trace, segment)),
        any::<u64>().prop_map(Call::Precursor),
    ];
    plain.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            (text(), any::<u8>(), vec(inner.clone(), 0..4))
                .prop_map(|(name, namespace, calls)| Call::Inside(name, namespace, calls)),
            (text(), vec(inner, 0..4)).prop_map(|(name, calls)| Call::Owned(name, calls)),
        ]
    })
}

fn make(entity: &mut Entity, calls: &[Call]) {
    for call in calls {
        match call {
            Call::Annotate(key, value) => {
                match value {
                    Annotation::Text(value) => entity.annotate(key, value),
                    Annotation::Integer(value) => entity.annotate(key, *value),
                    Annotation::Unsigned(value) => entity.annotate(key, *value),
                    Annotation::Float(value) => entity.annotate(key, *value),
                    Annotation::Boolean(value) => entity.annotate(key, *value),
                };
            }
            Call::Metadata(Some(namespace), key, value) => match value {
                Json::Value(value) => {
                    entity.metadata_in(namespace, key, value);
                }
                Json::Float(value) => {
                    entity.metadata_in(namespace, key, value);
                }
                Json::Long(length) => {
                    entity.metadata_in(namespace, key, &"é".repeat(*length));
                }
            },
            Call::Metadata(None, key, value) => match value {
                Json::Value(value) => {
                    entity.metadata(key, value);
                }
                Json::Float(value) => {
                    entity.metadata(key, value);
                }
                Json::Long(length) => {
                    entity.metadata(key, &"é".repeat(*length));
                }
            },
            Call::Error(message) => {
                entity.record_error(&std::io::Error::other(message.clone()));
            }
            Call::Message(kind, message) => {
                entity.record_message(kind, message);
            }
            Call::Marks(marks) => {
                if marks & 1 != 0 {
                    entity.fault();
                }
                if marks & 2 != 0 {
                    entity.error();
                }
                if marks & 4 != 0 {
                    entity.throttle();
                }
            }
            Call::User(user) => {
                entity.set_user(user);
            }
            Call::Name(name) => {
                entity.set_name(name);
            }
            Call::Http(method, url, agent, status, length) => {
                entity
                    .http_request(method, url)
                    .user_agent(agent)
                    .client_ip(agent, status % 2 == 0)
                    .http_status(*status)
                    .content_length(*length);
            }
            Call::Sql(texts) => {
                let [
                    connection,
                    url,
                    query,
                    kind,
                    version,
                    driver,
                    user,
                    preparation,
                ] = texts.each_ref().map(|text| Some(text.as_str().into()));
                entity.sql(&Sql {
                    connection_string: connection,
                    url,
                    sanitized_query: query,
                    database_type: kind,
                    database_version: version,
                    driver_version: driver,
                    user,
                    preparation,
                });
            }
            Call::Aws(key, value) => match value {
                Json::Value(value) => {
                    entity.aws(key, value);
                }
                Json::Float(value) => {
                    entity.aws(key, value);
                }
                Json::Long(length) => {
                    entity.aws(key, &"é".repeat(*length));
                }
            },
            Call::Link(trace, segment) => {
                entity.link(TraceId::from_u128(*trace), SegmentId::from_u64(*segment));
            }
            Call::Precursor(id) => {
                entity.precursor(SegmentId::from_u64(*id));
            }
            Call::Inside(name, namespace, calls) => {
                let inside = subsegment(Text::copied(name));
                let inside = match namespace % 3 {
                    0 => inside,
                    1 => inside.remote(),
                    _ => inside.aws(),
                };
                inside.run(|entity| make(entity, calls));
            }
            Call::Owned(name, calls) => {
                let mut owned = entity.subsegment(name).begin();
                make(&mut owned, calls);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn what_is_sent_is_valid(name in text(), header in text(), calls in vec(call(), 0..12)) {
        let capture = Capture::with_sampler("service", xray_sdk::sampling::Always);
        let mut segment: Segment = capture
            .recorder()
            .segment(&name)
            .continuing(TraceHeader::parse(&header))
            .begin();
        {
            let _entered = segment.enter();
            let mut current = xray_sdk::current();
            make(&mut current, &calls);
        }
        segment.end();
        let sent = capture.bytes();
        prop_assert!(!sent.is_empty());
        for document in sent {
            let problems = schema::problems(&document);
            prop_assert!(problems.is_empty(), "{problems:?} in {}", String::from_utf8_lossy(&document));
            prop_assert!(document.len() <= 65_507 - 30);
        }
        prop_assert_eq!(capture.recorder().health().lost_total(), 0);
        // Everything that was opened arrived, under its parent.
        prop_assert_eq!(capture.traces().len(), 1);
        prop_assert_eq!(capture.traces()[0].segments().len(), 1);
    }
}
