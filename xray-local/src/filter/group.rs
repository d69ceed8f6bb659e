//! Groups within expressions.

use super::Filter;
use super::expression::{Expression, GroupKey};

/// Which group an expression speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GroupReference<'a> {
    /// The one of this name.
    Name(&'a str),
    /// The one with this ARN.
    Arn(&'a str),
}

impl Filter {
    /// What every trace fulfils: it belongs to the default group.
    pub(crate) fn every() -> Self {
        Self {
            expression: Expression::Group(GroupKey::Name, "Default".to_owned()),
        }
    }

    /// What no trace fulfils: no group is without a name.
    pub(crate) fn none() -> Self {
        Self {
            expression: Expression::Group(GroupKey::Name, String::new()),
        }
    }

    /// How many conditions there are in it, those in braces as one.
    pub(crate) fn conditions(&self) -> usize {
        count(&self.expression)
    }

    /// The same with what traces of a group fulfil in place of each group that is named.
    pub(crate) fn with_groups(&self, meaning: &mut dyn FnMut(GroupReference<'_>) -> Self) -> Self {
        Self {
            expression: replaced(&self.expression, meaning),
        }
    }
}

fn count(expression: &Expression) -> usize {
    match expression {
        Expression::All(parts) | Expression::Any(parts) => parts.iter().map(count).sum(),
        Expression::Not(inner) => count(inner),
        _ => 1,
    }
}

fn replaced(
    expression: &Expression,
    meaning: &mut dyn FnMut(GroupReference<'_>) -> Filter,
) -> Expression {
    let mut each =
        |parts: &[Expression]| parts.iter().map(|part| replaced(part, meaning)).collect();
    match expression {
        Expression::All(parts) => Expression::All(each(parts)),
        Expression::Any(parts) => Expression::Any(each(parts)),
        Expression::Not(inner) => Expression::Not(Box::new(replaced(inner, meaning))),
        Expression::Group(GroupKey::Name, name) => meaning(GroupReference::Name(name)).expression,
        Expression::Group(GroupKey::Arn, arn) => meaning(GroupReference::Arn(arn)).expression,
        // Conditions in braces speak of services and calls, which belong to no group.
        other => other.clone(),
    }
}
