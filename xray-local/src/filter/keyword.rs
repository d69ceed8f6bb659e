//! The words of the language (developer guide, "Using filter expressions").

use super::expression::{Field, Flag, Number, Operator, Text};

/// What a condition is about. Not every word means something of everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Subject {
    Trace,
    Service,
    Edge,
    RootCause,
}

pub(super) const FIELDS: &[(&str, Field)] = &[
    ("ok", Field::Flag(Flag::Ok)),
    ("error", Field::Flag(Flag::Error)),
    ("throttle", Field::Flag(Flag::Throttle)),
    ("fault", Field::Flag(Flag::Fault)),
    ("partial", Field::Flag(Flag::Partial)),
    ("inferred", Field::Flag(Flag::Inferred)),
    ("root", Field::Flag(Flag::Root)),
    ("first", Field::Flag(Flag::First)),
    ("last", Field::Flag(Flag::Last)),
    ("remote", Field::Flag(Flag::Remote)),
    ("responsetime", Field::Number(Number::ResponseTime)),
    ("duration", Field::Number(Number::Duration)),
    ("http.status", Field::Number(Number::HttpStatus)),
    ("index", Field::Number(Number::Index)),
    ("coverage", Field::Number(Number::Coverage)),
    ("http.url", Field::Text(Text::HttpUrl)),
    ("http.method", Field::Text(Text::HttpMethod)),
    ("http.useragent", Field::Text(Text::HttpUserAgent)),
    ("http.clientip", Field::Text(Text::HttpClientIp)),
    ("user", Field::Text(Text::User)),
    ("availabilityzone", Field::Text(Text::AvailabilityZone)),
    ("instance.id", Field::Text(Text::InstanceId)),
    ("resource.arn", Field::Text(Text::ResourceArn)),
    ("name", Field::Text(Text::Name)),
    ("type", Field::Text(Text::Type)),
    ("message", Field::Text(Text::Message)),
];

/// Words that begin something other than a field, for messages.
const OTHERS: &[&str] = &["annotation.", "service(", "edge(", "rootcause.", "group."];

const OPERATORS: &[(&str, Operator)] = &[
    ("=", Operator::Equal),
    ("!=", Operator::NotEqual),
    ("<", Operator::Less),
    ("<=", Operator::LessOrEqual),
    (">", Operator::Greater),
    (">=", Operator::GreaterOrEqual),
    ("contains", Operator::Contains),
    ("beginswith", Operator::BeginsWith),
    ("endswith", Operator::EndsWith),
];

/// The field that a word names.
pub(super) fn field(word: &str) -> Option<Field> {
    let known = |(name, _): &&(&str, Field)| name.eq_ignore_ascii_case(word);
    FIELDS.iter().find(known).map(|(_, field)| field.clone())
}

/// The comparison that a word or sign stands for.
pub(super) fn operator(word: &str) -> Option<Operator> {
    let known = |(name, _): &&(&str, Operator)| name.eq_ignore_ascii_case(word);
    OPERATORS.iter().find(known).map(|(_, operator)| *operator)
}

/// The word that names a field. None of an annotation, which has a key of its own.
pub(super) fn word(field: &Field) -> Option<&'static str> {
    let known = |(_, known): &&(&str, Field)| known == field;
    FIELDS.iter().find(known).map(|(name, _)| *name)
}

/// The word or sign of a comparison.
pub(super) fn sign(operator: Operator) -> &'static str {
    let known = |(_, known): &&(&str, Operator)| *known == operator;
    OPERATORS.iter().find(known).map_or("", |(name, _)| *name)
}

/// All words that a condition on `subject` may begin with.
pub(super) fn words(subject: Subject) -> impl Iterator<Item = &'static str> {
    let fields = FIELDS
        .iter()
        .filter(move |(_, field)| speaks_of(field, subject));
    let others = OTHERS.iter().filter(move |word| match subject {
        Subject::Trace => true,
        Subject::RootCause => false,
        Subject::Service | Subject::Edge => **word == "annotation.",
    });
    fields.map(|(name, _)| *name).chain(others.copied())
}

/// Whether such a thing can have such a value.
pub(super) fn speaks_of(field: &Field, subject: Subject) -> bool {
    let of_root_causes = matches!(
        field,
        Field::Flag(Flag::First | Flag::Last | Flag::Remote)
            | Field::Number(Number::Index | Number::Coverage)
            | Field::Text(Text::Name | Text::Type | Text::Message)
    );
    let of_both = matches!(field, Field::Flag(Flag::Inferred));
    of_both || of_root_causes == (subject == Subject::RootCause)
}

/// Whether values of this kind of field can be compared like that.
pub(super) fn compares(field: &Field, operator: Operator) -> bool {
    use Operator::{BeginsWith, Contains, EndsWith, Equal, NotEqual};
    match field {
        Field::Flag(_) => matches!(operator, Equal | NotEqual),
        Field::Number(_) => !matches!(operator, Contains | BeginsWith | EndsWith),
        Field::Text(_) => matches!(
            operator,
            Equal | NotEqual | Contains | BeginsWith | EndsWith
        ),
        Field::Annotation(_) => true,
    }
}
