//! What is asked of the parts of a root cause whose shares stand elsewhere.

use xray_sdk::document::AnnotationValue;

use super::micros::in_seconds;
use crate::filter::expression::{Expression, Field, Flag, Number, Part, Text};
use crate::filter::field_holds;
use crate::filter::subject::{CausePart, Subject};
use crate::query::RootCause;

/// What is asked of the parts of one form.
#[derive(Default)]
pub(super) struct Asked<'a> {
    is_certain: bool,
    /// The parts of which the details decide, each with the place of its share among these.
    open: Vec<(CausePart<'a>, usize)>,
}

impl<'a> Asked<'a> {
    pub(super) fn of(
        cause: &'a RootCause,
        part: Part,
        condition: &Expression,
        is_known: &dyn Fn(&Field) -> bool,
    ) -> Self {
        let mut asked = Self::default();
        for (part, share) in CausePart::all(cause, part)
            .into_iter()
            .zip(shares(cause, part))
        {
            match weigh(condition, &part, is_known) {
                Some(true) => asked.is_certain = true,
                Some(false) => {}
                None => asked.open.push((part, share)),
            }
        }
        asked
    }

    /// Whether such a part is there, as far as the form alone tells.
    pub(super) fn answer(&self) -> Option<bool> {
        match (self.is_certain, self.open.is_empty()) {
            (true, _) => Some(true),
            (false, true) => Some(false),
            (false, false) => None,
        }
    }

    pub(super) fn holds_with(&self, condition: &Expression, shares: &[u32]) -> bool {
        self.open.iter().any(|(part, share)| {
            let share = shares.get(*share).copied().map(in_seconds);
            weigh(condition, &Shared { part, share }, &|_| true) == Some(true)
        })
    }
}

/// Where the share of each part stands among those of the root cause: a service has that of its first entity.
fn shares(cause: &RootCause, part: Part) -> Box<dyn Iterator<Item = usize> + '_> {
    match part {
        Part::Service => Box::new(cause.services.iter().scan(0, |next, service| {
            let first = *next;
            *next += service.entity_path.len();
            Some(first)
        })),
        Part::Entity => Box::new(0..),
        // Exceptions have none.
        Part::Exception => Box::new(std::iter::repeat(0)),
    }
}

/// A part of a root cause with its share.
struct Shared<'a> {
    part: &'a CausePart<'a>,
    share: Option<f64>,
}

impl Subject for Shared<'_> {
    fn flag(&self, flag: Flag) -> bool {
        self.part.flag(flag)
    }

    fn number(&self, number: Number) -> Option<f64> {
        match number {
            // A failure has none.
            Number::Coverage => self.part.number(number).and(self.share),
            _ => self.part.number(number),
        }
    }

    fn any_text(&self, text: Text, test: &dyn Fn(&str) -> bool) -> bool {
        self.part.any_text(text, test)
    }

    fn any_annotation(&self, key: &str, test: &dyn Fn(&AnnotationValue) -> bool) -> bool {
        self.part.any_annotation(key, test)
    }
}

/// Whether a condition asks for a field.
pub(super) fn mentions(condition: &Expression, asked: &Field) -> bool {
    match condition {
        Expression::All(all) | Expression::Any(all) => all.iter().any(|one| mentions(one, asked)),
        Expression::Not(inner) => mentions(inner, asked),
        Expression::Field(field, _) => field == asked,
        _ => false,
    }
}

/// Whether a condition holds of a part of a root cause, as far as it can be told from the fields that are known.
pub(super) fn weigh(
    condition: &Expression,
    part: &dyn Subject,
    is_known: &dyn Fn(&Field) -> bool,
) -> Option<bool> {
    match condition {
        Expression::All(all) => {
            let weighed = all.iter().map(|one| weigh(one, part, is_known));
            weighed.fold(Some(true), and)
        }
        Expression::Any(any) => {
            let weighed = any.iter().map(|one| weigh(one, part, is_known));
            weighed.fold(Some(false), or)
        }
        Expression::Not(inner) => not(weigh(inner, part, is_known)),
        Expression::Field(field, test) => is_known(field).then(|| field_holds(field, test, part)),
        // The parser lets nothing else stand here.
        _ => Some(false),
    }
}

fn and(one: Option<bool>, other: Option<bool>) -> Option<bool> {
    not(or(not(one), not(other)))
}

fn or(one: Option<bool>, other: Option<bool>) -> Option<bool> {
    match (one, other) {
        (Some(true), _) | (_, Some(true)) => Some(true),
        (None, _) | (_, None) => None,
        _ => Some(false),
    }
}

fn not(one: Option<bool>) -> Option<bool> {
    one.map(|holds| !holds)
}
