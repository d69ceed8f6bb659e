//! X-Ray's filter expressions (developer guide, "Using filter expressions"): which traces are meant.

mod compare;
mod display;
mod error;
mod evaluate;
pub(crate) mod expression;
pub(crate) mod form;
mod group;
mod keyword;
mod parse;
mod selector;
pub(crate) mod subject;
mod token;

use std::fmt;
use std::str::FromStr;

use xray_sdk::document::Trace;

pub use error::FilterError;
use evaluate::Facts;
pub(crate) use evaluate::field_holds;
use expression::Expression;
pub(crate) use group::GroupReference;
pub(crate) use parse::{Hope, Hopes};
pub(crate) use selector::Selector;

/// A filter expression, ready to be held against traces.
///
/// Words stand for any case. `AND` binds tighter than `OR`, conditions side by side are joined by `AND`, `!` negates.
/// Outside braces `ok`, `error`, `fault`, `responsetime` and `http.…` speak of the segment where the trace begins, `duration`
/// of the whole trace, `throttle`, `partial`, `user`, annotations and resources of any segment. Where a trace has several
/// values, one that compares is enough; a value of another type than the one asked for never compares.
///
/// ```
/// use xray_local::Filter;
///
/// let filter: Filter = r#"service("orders") { fault } AND annotation.tenant = "a""#.parse()?;
/// # let _ = filter;
/// let error = Filter::parse("responsetime > fast").unwrap_err();
/// assert_eq!(error.to_string(), "column 16: expected a number, found `fast`");
/// # Ok::<(), xray_local::FilterError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Filter {
    expression: Expression,
}

impl Filter {
    /// Reads an expression.
    ///
    /// # Errors
    ///
    /// When the text is no filter expression: with the column, what was found there and what was expected.
    pub fn parse(text: &str) -> Result<Self, FilterError> {
        Ok(Self {
            expression: parse::expression(text)?,
        })
    }

    pub(crate) fn expression(&self) -> &Expression {
        &self.expression
    }

    /// Whether a trace is meant. It belongs to no group but `Default`.
    pub fn matches(&self, trace: &Trace) -> bool {
        Facts::of(trace).hold(&self.expression)
    }
}

/// As an expression that reads as this one: words in small letters, all conditions with their `AND` and `OR`.
impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.expression.fmt(f)
    }
}

impl FromStr for Filter {
    type Err = FilterError;

    fn from_str(text: &str) -> Result<Self, FilterError> {
        Self::parse(text)
    }
}

#[cfg(test)]
mod tests;
