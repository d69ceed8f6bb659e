//! An expression as text again, for those who are told how it is searched for.

use std::fmt::{Display, Formatter, Result};

use super::expression::{Expression, Failure, Field, GroupKey, Node, Part, Test, Value};
use super::keyword;

impl Display for Expression {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::All(parts) => joined(f, parts, " AND "),
            Self::Any(parts) => joined(f, parts, " OR "),
            Self::Not(inner) => write!(f, "!{}", Nested(inner)),
            Self::Field(field, test) => {
                field.fmt(f)?;
                match test {
                    Test::Holds => Ok(()),
                    Test::Is(operator, value) => {
                        let sign = keyword::sign(*operator).to_ascii_uppercase();
                        write!(f, " {sign} {value}")
                    }
                }
            }
            Self::Service(node, condition) => {
                write!(f, "service({node})")?;
                braced(f, condition.as_deref())
            }
            Self::Edge(caller, called, condition) => {
                write!(f, "edge({caller}, {called})")?;
                braced(f, condition.as_deref())
            }
            Self::RootCause(failure, part, condition) => {
                let failure = match failure {
                    Failure::Fault => "fault",
                    Failure::Error => "error",
                    Failure::ResponseTime => "responsetime",
                };
                let part = match part {
                    Part::Service => "service",
                    Part::Entity => "entity",
                    Part::Exception => "exception",
                };
                write!(f, "rootcause.{failure}.{part}")?;
                braced(f, Some(condition))
            }
            Self::RootCauseForm(form) => write!(f, "rootcause.json = #{form}"),
            Self::Group(GroupKey::Name, name) => write!(f, "group.name = {}", Quoted(name)),
            Self::Group(GroupKey::Arn, arn) => write!(f, "group.arn = {}", Quoted(arn)),
        }
    }
}

/// A condition within another one, in brackets where it could be misread.
struct Nested<'a>(&'a Expression);

impl Display for Nested<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self.0 {
            Expression::All(_) | Expression::Any(_) => write!(f, "({})", self.0),
            _ => self.0.fmt(f),
        }
    }
}

/// A text as the language quotes it.
struct Quoted<'a>(&'a str);

impl Display for Quoted<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let escaped = self.0.replace('\\', "\\\\").replace('"', "\\\"");
        write!(f, "\"{escaped}\"")
    }
}

impl Display for Field {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            // Without quotes a key ends at the first bracket, and has no blanks around it.
            Self::Annotation(key) if key.contains([']', '"']) || key.trim() != key => {
                write!(f, "annotation[{}]", Quoted(key))
            }
            Self::Annotation(key) => write!(f, "annotation[{key}]"),
            _ => f.write_str(keyword::word(self).unwrap_or_default()),
        }
    }
}

impl Display for Value {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self {
            Self::Boolean(value) => value.fmt(f),
            Self::Number(number) => number.fmt(f),
            Self::Text(text) => Quoted(text).fmt(f),
        }
    }
}

impl Display for Node {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let parts = [
            ("name", &self.name),
            ("type", &self.kind),
            ("account.id", &self.account_id),
        ];
        let told = |(key, value): (&str, &Option<String>)| {
            let value = value.as_deref()?;
            Some(format!("{key}: {}", Quoted(value)))
        };
        let told: Vec<_> = parts.into_iter().filter_map(told).collect();
        write!(f, "id({})", told.join(", "))
    }
}

fn joined(f: &mut Formatter<'_>, parts: &[Expression], word: &str) -> Result {
    for (number, part) in parts.iter().enumerate() {
        if number > 0 {
            f.write_str(word)?;
        }
        Nested(part).fmt(f)?;
    }
    Ok(())
}

fn braced(f: &mut Formatter<'_>, condition: Option<&Expression>) -> Result {
    condition.map_or(Ok(()), |condition| write!(f, " {{ {condition} }}"))
}
