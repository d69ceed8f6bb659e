//! What is known of a piece of work, under the names of OpenTelemetry's semantic conventions.

use serde::ser::{SerializeMap, SerializeStruct};
use serde::{Serialize, Serializer};
use serde_json::Value;
use xray_sdk::document::{AnnotationValue, Document, Namespace};

/// A key and its value.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Attribute {
    key: String,
    value: Value,
}

impl Attribute {
    pub(super) fn new(key: impl Into<String>, value: impl Into<Value>) -> Self {
        Self {
            key: key.into(),
            value: value.into(),
        }
    }

    /// The value, where it is a text.
    pub(super) fn text(&self) -> Option<&str> {
        self.value.as_str()
    }

    pub(super) fn has_key(&self, key: &str) -> bool {
        self.key == key
    }
}

/// Attributes in the making: what is not known is left out.
#[derive(Default)]
struct List(Vec<Attribute>);

impl List {
    fn put(&mut self, key: &str, value: Option<impl Into<Value>>) {
        self.0.extend(value.map(|value| Attribute::new(key, value)));
    }
}

/// Where a segment comes from.
pub(super) fn resource(segment: &Document) -> Vec<Attribute> {
    let mut list = List::default();
    let own_service = segment.namespace.is_none().then(|| segment.name.clone());
    list.put("service.name", own_service);
    let service = segment.service.as_ref();
    list.put(
        "service.version",
        service.and_then(|service| service.version.clone()),
    );
    list.put("aws.xray.origin", segment.origin.clone());
    let Some(aws) = &segment.aws else {
        return list.0;
    };
    list.put("cloud.account.id", aws.account_id.clone());
    if let Some(ec2) = &aws.ec2 {
        list.put("host.id", ec2.instance_id.clone());
        list.put("cloud.availability_zone", ec2.availability_zone.clone());
        list.put("host.type", ec2.instance_size.clone());
        list.put("host.image.id", ec2.ami_id.clone());
    }
    if let Some(ecs) = &aws.ecs {
        list.put("container.name", ecs.container.clone());
        list.put("container.id", ecs.container_id.clone());
        list.put("aws.ecs.container.arn", ecs.container_arn.clone());
    }
    if let Some(eks) = &aws.eks {
        list.put("k8s.cluster.name", eks.cluster_name.clone());
        list.put("k8s.pod.name", eks.pod.clone());
    }
    if let Some(beanstalk) = &aws.elastic_beanstalk {
        let environment = beanstalk.environment_name.clone();
        list.put("service.namespace", environment);
        list.put("service.instance.id", beanstalk.deployment_id);
    }
    if let Some(sdk) = &aws.xray {
        list.put("telemetry.sdk.name", sdk.sdk.clone());
        list.put("telemetry.sdk.version", sdk.sdk_version.clone());
    }
    list.0
}

/// What was done, and for whom.
pub(super) fn attributes(document: &Document) -> Vec<Attribute> {
    let mut list = List::default();
    http(document, &mut list);
    aws(document, &mut list);
    sql(document, &mut list);
    list.put("enduser.id", document.user.clone());
    list.put("aws.xray.in_progress", document.in_progress.then_some(true));
    list.put("aws.xray.throttle", document.throttle.then_some(true));
    list.put("aws.xray.resource_arn", document.resource_arn.clone());
    for (key, value) in &document.annotations {
        list.put(key, Some(annotation(value)));
    }
    for (namespace, values) in &document.metadata {
        for (key, value) in values {
            list.put(
                &format!("aws.xray.metadata.{namespace}.{key}"),
                Some(value.clone()),
            );
        }
    }
    list.0
}

fn http(document: &Document, list: &mut List) {
    if let Some(request) = document.request() {
        list.put("http.request.method", request.method.clone());
        list.put("url.full", request.url.clone());
        list.put("user_agent.original", request.user_agent.clone());
        list.put("client.address", request.client_ip.clone());
    }
    list.put("http.response.status_code", document.status());
    let response = document
        .http
        .as_ref()
        .and_then(|http| http.response.as_ref());
    list.put(
        "http.response.body.size",
        response.and_then(|response| response.content_length),
    );
}

fn aws(document: &Document, list: &mut List) {
    let Some(aws) = document
        .aws
        .as_ref()
        .filter(|_| document.namespace == Some(Namespace::Aws))
    else {
        return;
    };
    list.put("rpc.system", Some("aws-api"));
    list.put("rpc.service", Some(document.name.clone()));
    list.put("rpc.method", aws.operation.clone());
    list.put("cloud.region", aws.region.clone());
    list.put("aws.request_id", aws.request_id.clone());
    list.put("http.request.resend_count", aws.retries);
    list.put("messaging.url", aws.queue_url.clone());
    let tables = aws.table_name.clone().map(|table| vec![table]);
    list.put("aws.dynamodb.table_names", tables);
}

fn sql(document: &Document, list: &mut List) {
    let Some(sql) = &document.sql else {
        return;
    };
    let text = |value: &Option<std::borrow::Cow<'static, str>>| value.as_deref().map(str::to_owned);
    list.put("db.system.name", text(&sql.database_type));
    list.put("db.query.text", text(&sql.sanitized_query));
    list.put("db.user", text(&sql.user));
    list.put(
        "db.connection_string",
        text(&sql.url).or_else(|| text(&sql.connection_string)),
    );
}

fn annotation(value: &AnnotationValue) -> Value {
    if let Some(number) = value.as_number() {
        number.into()
    } else if let Some(boolean) = value.as_boolean() {
        boolean.into()
    } else {
        value.as_text().into()
    }
}

/// As OTLP's `KeyValue`.
impl Serialize for Attribute {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("KeyValue", 2)?;
        object.serialize_field("key", &self.key)?;
        object.serialize_field("value", &AnyValue(&self.value))?;
        object.end()
    }
}

/// A value under the name of its type; whole numbers are texts, as all 64 bits are in OTLP.
struct AnyValue<'a>(&'a Value);

impl Serialize for AnyValue<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut one = serializer.serialize_map(None)?;
        match self.0 {
            Value::Null => {}
            Value::Bool(boolean) => one.serialize_entry("boolValue", boolean)?,
            Value::String(text) => one.serialize_entry("stringValue", text)?,
            Value::Number(number) => match number.as_i64() {
                Some(whole) => one.serialize_entry("intValue", &whole.to_string())?,
                None => one.serialize_entry("doubleValue", number)?,
            },
            Value::Array(values) => one.serialize_entry(
                "arrayValue",
                &ArrayValue {
                    values: values.iter().map(AnyValue).collect(),
                },
            )?,
            Value::Object(values) => one.serialize_entry(
                "kvlistValue",
                &KeyValueList {
                    values: values
                        .iter()
                        .map(|(key, value)| Attribute::new(key, value.clone()))
                        .collect(),
                },
            )?,
        }
        one.end()
    }
}

#[derive(Serialize)]
struct ArrayValue<'a> {
    values: Vec<AnyValue<'a>>,
}

#[derive(Serialize)]
struct KeyValueList {
    values: Vec<Attribute>,
}
