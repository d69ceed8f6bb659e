//! A condition held against a whole block: the set of its traces for which it holds.

use serde_json::Value as Json;

use super::bits::Bits;
use super::block::Block;
use super::column::{annotation_holds, text_holds};
use super::explain::Explanation;
use super::key::Name;
use super::micros::Stretch;
use super::profile::Profile;
use crate::entry::{CalledBy, Side};
use crate::filter::expression::{Expression, Field, Flag, Node, Number, Test, Text, Value};
use crate::filter::field_holds;
use crate::trace::ServiceId;

/// One block under one filter.
pub(super) struct Look<'a, 'e> {
    pub(super) block: &'a Block,
    pub(super) told: Option<&'e mut Explanation>,
}

impl Look<'_, '_> {
    /// The traces for which a condition on traces holds. Says nothing of opaque ones.
    pub(super) fn traces(&mut self, condition: &Expression) -> Bits {
        match condition {
            Expression::All(all) => {
                let mut found = Bits::all(self.block.traces());
                for one in all {
                    // Nothing more can come of it.
                    if found.is_empty() {
                        break;
                    }
                    found.and(&self.traces(one));
                }
                found
            }
            Expression::Any(any) => {
                let mut found = Bits::none(self.block.traces());
                for one in any {
                    found.or(&self.traces(one));
                }
                found
            }
            Expression::Not(inner) => self.traces(inner).not(),
            _ => {
                let found = self.term(condition);
                if let Some(told) = &mut self.told {
                    told.term(condition, found.count());
                }
                found
            }
        }
    }

    fn term(&self, condition: &Expression) -> Bits {
        let block = self.block;
        match condition {
            Expression::Field(field, test) => self.field(field, test),
            Expression::Service(node, inner) => {
                let mut rows = self.profiles(|profile| self.is_service(profile, node));
                self.narrow(&mut rows, inner.as_deref(), Side::Service);
                block.traces_of(&rows)
            }
            Expression::Edge(caller, called, inner) => {
                let is_edge = |profile: &Profile| self.is_edge(profile, caller, called);
                let mut rows = self.profiles(is_edge);
                self.narrow(&mut rows, inner.as_deref(), Side::Call);
                block.traces_of(&rows)
            }
            Expression::RootCause(failure, part, inner) => {
                block
                    .causes
                    .traces_with(block.traces(), *failure, *part, inner)
            }
            Expression::RootCauseForm(Json::Array(forms)) => {
                let mut found = Bits::all(block.traces());
                for form in forms {
                    found.and(&block.causes.traces_like(block.traces(), form));
                }
                found
            }
            Expression::RootCauseForm(form) => block.causes.traces_like(block.traces(), form),
            Expression::Group(key, name) if key.is_default(name) => Bits::all(block.traces()),
            _ => Bits::none(block.traces()),
        }
    }

    /// A field of whole traces: some speak of the row where the trace begins, others of any.
    fn field(&self, field: &Field, test: &Test) -> Bits {
        let block = self.block;
        match field {
            Field::Flag(Flag::Partial) => flag(block.is_partial.clone(), test),
            Field::Flag(name @ (Flag::Throttle | Flag::Inferred)) => {
                let holds = Expression::Field(Field::Flag(*name), Test::Holds);
                flag(block.traces_of(&self.rows(&holds, Side::Service)), test)
            }
            Field::Flag(name) => {
                let holds = Expression::Field(Field::Flag(*name), Test::Holds);
                flag(self.begun(self.rows(&holds, Side::Service)), test)
            }
            Field::Number(Number::Duration) => {
                let stretch = Stretch::of(test);
                Bits::of(&block.durations, |duration| stretch.holds(duration))
            }
            Field::Number(_)
            | Field::Text(
                Text::HttpUrl | Text::HttpMethod | Text::HttpUserAgent | Text::HttpClientIp,
            ) => self.begun(self.field_of_rows(field, test, Side::Service)),
            Field::Text(_) | Field::Annotation(_) => {
                block.traces_of(&self.field_of_rows(field, test, Side::Service))
            }
        }
    }

    /// The traces that begin with one of these rows.
    fn begun(&self, mut rows: Bits) -> Bits {
        if !rows.is_empty() {
            rows.and(&self.block.root_rows());
        }
        self.block.traces_of(&rows)
    }

    /// Leaves those rows for which a condition in braces holds.
    fn narrow(&self, rows: &mut Bits, condition: Option<&Expression>, side: Side) {
        if let Some(condition) = condition.filter(|_| !rows.is_empty()) {
            rows.and(&self.rows(condition, side));
        }
    }

    /// The rows for which a condition on a service or a call holds.
    fn rows(&self, condition: &Expression, side: Side) -> Bits {
        match condition {
            Expression::All(all) => {
                let mut found = Bits::all(self.block.rows());
                for one in all {
                    if found.is_empty() {
                        break;
                    }
                    found.and(&self.rows(one, side));
                }
                found
            }
            Expression::Any(any) => {
                let mut found = Bits::none(self.block.rows());
                for one in any {
                    found.or(&self.rows(one, side));
                }
                found
            }
            Expression::Not(inner) => self.rows(inner, side).not(),
            Expression::Field(field, test) => self.field_of_rows(field, test, side),
            // The parser lets nothing else stand in braces.
            _ => Bits::none(self.block.rows()),
        }
    }

    fn field_of_rows(&self, field: &Field, test: &Test, side: Side) -> Bits {
        match field {
            Field::Flag(_)
            | Field::Number(Number::HttpStatus | Number::Index | Number::Coverage) => {
                self.profiles(|profile| field_holds(field, test, &profile.seen_from(side)))
            }
            Field::Number(Number::ResponseTime | Number::Duration) => {
                self.times(&Stretch::of(test), side)
            }
            Field::Text(text) => match test {
                Test::Holds => self.values(Name::Text(*text), side, |_| true),
                Test::Is(operator, Value::Text(asked)) => {
                    self.values(Name::Text(*text), side, |found| {
                        text_holds(found, *operator, asked)
                    })
                }
                Test::Is(..) => Bits::none(self.block.rows()),
            },
            Field::Annotation(key) => {
                let name = Name::Annotation(key);
                match test {
                    Test::Holds => self.values(name, side, |_| true),
                    Test::Is(operator, asked) => self.values(name, side, |found| {
                        annotation_holds(found, *operator, asked)
                    }),
                }
            }
        }
    }

    /// The rows whose profiles are such.
    fn profiles(&self, test: impl Fn(&Profile) -> bool) -> Bits {
        let holds: Vec<bool> = self.block.profiles.iter().map(test).collect();
        if !holds.contains(&true) {
            return Bits::none(self.block.rows());
        }
        Bits::of(&self.block.profile_of, |profile| {
            holds[usize::from(profile)]
        })
    }

    fn times(&self, stretch: &Stretch, side: Side) -> Bits {
        let mut found = Bits::of(&self.block.times, |time| stretch.holds(time));
        if side == Side::Call {
            for (row, time) in self.block.call_rows.iter().zip(&self.block.call_times) {
                match stretch.holds(*time) {
                    true => found.set(usize::from(*row)),
                    false => found.clear(usize::from(*row)),
                }
            }
        }
        found
    }

    /// The rows that have a value of this name for which the test holds.
    fn values(&self, name: Name<'_>, side: Side, test: impl Fn(&[u8]) -> bool) -> Bits {
        let rows = self.block.rows();
        let found = |side| match self.block.column(side, name) {
            Some(column) => column.rows_where(rows, &test),
            None => Bits::none(rows),
        };
        let mut all = found(Side::Service);
        if side == Side::Call {
            for row in &self.block.call_rows {
                all.clear(usize::from(*row));
            }
            all.or(&found(Side::Call));
        }
        all
    }

    fn service(&self, number: u16) -> &ServiceId {
        &self.block.services[usize::from(number)]
    }

    fn is_service(&self, profile: &Profile, node: &Node) -> bool {
        let service = self.service(profile.service);
        let is_client =
            || profile.caller == CalledBy::Client && node.means(&ServiceId::client_of(service));
        node.means(service) || is_client()
    }

    fn is_edge(&self, profile: &Profile, caller: &Node, called: &Node) -> bool {
        let service = self.service(profile.service);
        let is_caller = match profile.caller {
            CalledBy::Client => caller.means(&ServiceId::client_of(service)),
            CalledBy::Unknown => false,
            CalledBy::Service(number) => caller.means(self.service(number)),
        };
        is_caller && called.means(service)
    }
}

/// What is asked of a flag, of the traces that have it. The parser lets through only `=` and `!=`, with true or false.
fn flag(has: Bits, test: &Test) -> Bits {
    match test {
        Test::Is(operator, Value::Boolean(asked)) if !operator.compare_flags(true, *asked) => {
            has.not()
        }
        _ => has,
    }
}
