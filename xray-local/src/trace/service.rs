use serde::Deserialize;
use serde::ser::{Serialize, SerializeStruct, Serializer};
use xray_sdk::document::{Aws, Document, Namespace};

/// What tells one service from another: a node of the service graph.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ServiceId {
    /// The name: of the segment, the table, the queue or the called host.
    pub name: String,
    /// The type: the origin of the segment, `remote`, `client`, `Database::SQL` or an AWS resource type. Empty on a segment
    /// that does not tell where it runs.
    #[serde(rename = "Type", default)]
    pub kind: String,
    /// The AWS account, when the document tells it.
    #[serde(default)]
    pub account_id: Option<String>,
}

impl ServiceId {
    /// The service that sent a segment.
    pub(crate) fn of_segment(segment: &Document) -> Self {
        Self {
            name: segment.name.clone(),
            kind: segment.origin.clone().unwrap_or_default(),
            account_id: account(segment),
        }
    }

    /// The callers of a service that begins traces: X-Ray gives them the name of that service.
    pub(crate) fn client_of(service: &Self) -> Self {
        Self {
            name: service.name.clone(),
            kind: "client".to_owned(),
            account_id: None,
        }
    }

    /// The service that a subsegment called, as far as the caller knows it. `None` when the subsegment is no call.
    ///
    /// Names and types are those of the inferred segments in the developer guide's examples.
    pub(crate) fn of_call(call: &Document) -> Option<Self> {
        let (name, kind) = match call.namespace? {
            Namespace::Aws => aws_service(&call.name, call.aws.as_deref()),
            Namespace::Remote if call.sql.is_some() => (call.name.as_str(), "Database::SQL".into()),
            Namespace::Remote => (call.name.as_str(), "remote".into()),
            _ => return None,
        };
        Some(Self {
            name: name.to_owned(),
            kind,
            account_id: account(call),
        })
    }

    /// Whether a segment of `sender` comes from this service of AWS itself: `AWS::Lambda` sends those of `AWS::Lambda::Function`.
    pub(crate) fn has_sent(&self, sender: &Self) -> bool {
        let service = |kind: &str| kind.split("::").nth(1).map(str::to_owned);
        service(&self.kind).is_some_and(|own| service(&sender.kind) == Some(own))
    }

    /// Whether this stands for the callers from outside.
    pub fn is_client(&self) -> bool {
        self.kind == "client"
    }
}

fn account(document: &Document) -> Option<String> {
    document.aws.as_ref()?.account_id.clone()
}

fn aws_service<'a>(service: &'a str, aws: Option<&'a Aws>) -> (&'a str, String) {
    let text = |key| {
        aws.and_then(|aws| aws.rest.get(key))
            .and_then(|value| value.as_str())
    };
    let resource = match service.to_ascii_lowercase().as_str() {
        "dynamodb" => aws
            .and_then(table)
            .map(|name| (name, "AWS::DynamoDB::Table")),
        "sqs" => aws
            .and_then(|aws| aws.queue_url.as_deref())
            .map(|url| (url, "AWS::SQS::Queue")),
        "lambda" => text("function_name").map(|name| (name, "AWS::Lambda")),
        _ => None,
    };
    match resource {
        Some((name, kind)) => (name, kind.to_owned()),
        None => (service, format!("AWS::{service}")),
    }
}

/// The one table of a call. A call to several tables is a call to DynamoDB.
fn table(aws: &Aws) -> Option<&str> {
    if aws.table_name.is_some() {
        return aws.table_name.as_deref();
    }
    match aws.rest.get("table_names")?.as_array()?.as_slice() {
        [only] => only.as_str(),
        _ => None,
    }
}

/// As the API's `ServiceId`.
impl Serialize for ServiceId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let fields = if self.account_id.is_some() { 4 } else { 3 };
        let mut object = serializer.serialize_struct("ServiceId", fields)?;
        object.serialize_field("Name", &self.name)?;
        object.serialize_field("Names", &[&self.name])?;
        if let Some(account_id) = &self.account_id {
            object.serialize_field("AccountId", account_id)?;
        }
        object.serialize_field("Type", &self.kind)?;
        object.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn called(call: &str) -> Option<(String, String)> {
        let json = format!(r#"{{"id":"53995c3f42cd8ad8","start_time":1,"end_time":2,{call}}}"#);
        let document = Document::parse(json.as_bytes()).expect("a document");
        ServiceId::of_call(&document).map(|service| (service.name, service.kind))
    }

    #[test]
    fn a_call_is_named_by_the_resource_it_goes_to() {
        for (call, name, kind) in [
            (
                r#""name":"DynamoDB","namespace":"aws","aws":{"table_name":"orders"}"#,
                "orders",
                "AWS::DynamoDB::Table",
            ),
            (
                r#""name":"DynamoDB","namespace":"aws","aws":{"table_names":["orders"]}"#,
                "orders",
                "AWS::DynamoDB::Table",
            ),
            (
                r#""name":"DynamoDB","namespace":"aws","aws":{"table_names":["orders","users"]}"#,
                "DynamoDB",
                "AWS::DynamoDB",
            ),
            (
                r#""name":"DynamoDB","namespace":"aws","aws":{"operation":"ListTables"}"#,
                "DynamoDB",
                "AWS::DynamoDB",
            ),
            (
                r#""name":"SQS","namespace":"aws","aws":{"queue_url":"https://sqs.eu-west-1.amazonaws.com/1/q"}"#,
                "https://sqs.eu-west-1.amazonaws.com/1/q",
                "AWS::SQS::Queue",
            ),
            (
                r#""name":"Lambda","namespace":"aws","aws":{"function_name":"resize"}"#,
                "resize",
                "AWS::Lambda",
            ),
            (
                r#""name":"SNS","namespace":"aws","aws":{"topic_arn":"arn:aws:sns:a:b:c"}"#,
                "SNS",
                "AWS::SNS",
            ),
            (
                r#""name":"S3","namespace":"aws","aws":{"bucket_name":"receipts"}"#,
                "S3",
                "AWS::S3",
            ),
            (r#""name":"S3","namespace":"aws""#, "S3", "AWS::S3"),
            (
                r#""name":"api.example.com","namespace":"remote","http":{}"#,
                "api.example.com",
                "remote",
            ),
            (
                r#""name":"shop@db","namespace":"remote","sql":{"sanitized_query":"SELECT 1"}"#,
                "shop@db",
                "Database::SQL",
            ),
        ] {
            assert_eq!(called(call), Some((name.into(), kind.into())), "{call}");
        }
    }

    #[test]
    fn work_of_the_program_itself_is_no_call() {
        assert_eq!(called(r#""name":"price""#), None);
        assert_eq!(called(r#""name":"price","namespace":"local""#), None);
    }

    #[test]
    fn a_function_sends_its_own_segments_and_a_queue_does_not_send_those_of_a_worker() {
        let service = |kind: &str| ServiceId {
            name: "it".into(),
            kind: kind.into(),
            account_id: None,
        };
        for (called, sender, expected) in [
            ("AWS::Lambda", "AWS::Lambda::Function", true),
            ("AWS::Lambda", "AWS::Lambda", true),
            ("AWS::SQS::Queue", "AWS::EC2::Instance", false),
            ("AWS::SQS::Queue", "AWS::Lambda::Function", false),
            ("AWS::SQS::Queue", "", false),
            ("remote", "", false),
        ] {
            let has_sent = service(called).has_sent(&service(sender));
            assert_eq!(has_sent, expected, "{called} {sender}");
        }
    }

    #[test]
    fn an_account_is_written_only_when_it_is_known() {
        let mut service = ServiceId {
            name: "shop".into(),
            kind: "AWS::EC2::Instance".into(),
            account_id: None,
        };
        let written = |service: &ServiceId| serde_json::to_string(service).expect("can be written");
        assert_eq!(
            written(&service),
            r#"{"Name":"shop","Names":["shop"],"Type":"AWS::EC2::Instance"}"#
        );
        service.account_id = Some("123456789012".into());
        assert!(written(&service).contains(r#""AccountId":"123456789012""#));
        assert_eq!(
            serde_json::to_value(ServiceId::client_of(&service)).expect("can be written"),
            serde_json::json!({"Name": "shop", "Names": ["shop"], "Type": "client"})
        );
    }
}
