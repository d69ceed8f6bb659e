//! What a filter expression says, once it is read.

use serde_json::Value as Json;

/// A condition on one thing: a trace, a service, a call, or a part of a root cause.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Expression {
    All(Vec<Expression>),
    Any(Vec<Expression>),
    Not(Box<Expression>),
    /// A value of the thing itself.
    Field(Field, Test),
    /// Of a trace: it has such a service.
    Service(Node, Option<Box<Expression>>),
    /// Of a trace: one such service calls another.
    Edge(Node, Node, Option<Box<Expression>>),
    /// Of a trace: a part of one of its root causes is such.
    RootCause(Failure, Part, Box<Expression>),
    /// Of a trace: one of its root causes has this form.
    RootCauseForm(Json),
    /// Of a trace: it belongs to the group with this name or ARN.
    Group(GroupKey, String),
}

/// What is asked of a field.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Test {
    /// A flag holds, or a value is there.
    Holds,
    /// It compares like this.
    Is(Operator, Value),
}

/// How a value is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Contains,
    BeginsWith,
    EndsWith,
}

impl Operator {
    pub(crate) const ALL: [Self; 9] = [
        Self::Equal,
        Self::NotEqual,
        Self::Less,
        Self::LessOrEqual,
        Self::Greater,
        Self::GreaterOrEqual,
        Self::Contains,
        Self::BeginsWith,
        Self::EndsWith,
    ];
}

/// What a value is compared with.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Boolean(bool),
    Number(f64),
    Text(String),
}

/// A value that a thing has, or has not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Field {
    Flag(Flag),
    Number(Number),
    Text(Text),
    /// An annotation with this key.
    Annotation(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flag {
    Ok,
    Error,
    Throttle,
    Fault,
    Partial,
    Inferred,
    Root,
    First,
    Last,
    Remote,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Number {
    ResponseTime,
    Duration,
    HttpStatus,
    Index,
    Coverage,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Text {
    HttpUrl,
    HttpMethod,
    HttpUserAgent,
    HttpClientIp,
    User,
    AvailabilityZone,
    InstanceId,
    ResourceArn,
    Name,
    Type,
    Message,
}

/// A service, as far as it is described.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Node {
    pub(crate) name: Option<String>,
    pub(crate) kind: Option<String>,
    pub(crate) account_id: Option<String>,
}

/// Of which kind of root cause something is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    Fault,
    Error,
    ResponseTime,
}

/// Of which part of a root cause something is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Service,
    Entity,
    Exception,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GroupKey {
    Name,
    Arn,
}

impl GroupKey {
    /// Whether this is the group that every trace belongs to.
    pub(crate) fn is_default(self, text: &str) -> bool {
        match self {
            Self::Name => text == "Default",
            Self::Arn => text.ends_with(":group/Default"),
        }
    }
}
