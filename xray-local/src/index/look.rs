//! A condition held against a whole block: the set of its traces for which it holds.

use serde_json::Value as Json;

use super::bits::Bits;
use super::explain::Explanation;
use super::key::Name;
use super::matcher::Matcher;
use super::micros::Stretch;
use super::profile::Profile;
use super::view::View;
use crate::entry::{CalledBy, Side};
use crate::filter::expression::{Expression, Field, Flag, Node, Number, Test, Text, Value};
use crate::filter::field_holds;
use crate::trace::ServiceId;

/// One block under one filter.
pub(super) struct Look<'a, 'e> {
    pub(super) view: &'a View<'a>,
    pub(super) told: Option<&'e mut Explanation>,
}

impl Look<'_, '_> {
    /// The traces for which a condition on traces holds. Says nothing of opaque ones.
    pub(super) fn traces(&mut self, condition: &Expression) -> Bits {
        match condition {
            Expression::All(all) => {
                let mut found = Bits::all(self.view.trace_count());
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
                let mut found = Bits::none(self.view.trace_count());
                for one in any {
                    found.or(&self.traces(one));
                }
                found
            }
            Expression::Not(inner) => self.traces(inner).not(),
            _ => {
                let found = match self.weigh(condition).is_ruled_out() {
                    true => Bits::none(self.view.trace_count()),
                    false => self.term(condition),
                };
                if let Some(told) = &mut self.told {
                    told.term(condition, found.count());
                }
                found
            }
        }
    }

    fn term(&self, condition: &Expression) -> Bits {
        let view = self.view;
        match condition {
            Expression::Field(field, test) => self.field(field, test),
            Expression::Service(node, inner) => {
                let mut rows = self.profiles(|profile| self.is_service(profile, node));
                self.narrow(&mut rows, inner.as_deref(), Side::Service);
                self.with_rows(&rows)
            }
            Expression::Edge(caller, called, inner) => {
                let is_edge = |profile: &Profile| self.is_edge(profile, caller, called);
                let mut rows = self.profiles(is_edge);
                self.narrow(&mut rows, inner.as_deref(), Side::Call);
                self.with_rows(&rows)
            }
            Expression::RootCause(failure, part, inner) => {
                let kind = (*failure, *part);
                let forms = view.forms();
                forms.traces_with(|| view.causes(), view.trace_count(), kind, inner)
            }
            Expression::RootCauseForm(Json::Array(forms)) => {
                let mut found = Bits::all(view.trace_count());
                for form in forms {
                    found.and(&self.traces_like(form));
                }
                found
            }
            Expression::RootCauseForm(form) => self.traces_like(form),
            Expression::Group(key, name) if key.is_default(name) => Bits::all(view.trace_count()),
            _ => Bits::none(view.trace_count()),
        }
    }

    fn traces_like(&self, form: &Json) -> Bits {
        let view = self.view;
        let forms = view.forms();
        forms.traces_like(|| view.causes(), view.trace_count(), form)
    }

    /// A field of whole traces: some speak of the row where the trace begins, others of any.
    fn field(&self, field: &Field, test: &Test) -> Bits {
        let view = self.view;
        match field {
            Field::Flag(Flag::Partial) => flag(view.traces().is_partial.clone(), test),
            Field::Flag(name @ (Flag::Throttle | Flag::Inferred)) => {
                let holds = Expression::Field(Field::Flag(*name), Test::Holds);
                flag(self.with_rows(&self.rows(&holds, Side::Service)), test)
            }
            Field::Flag(name) => {
                let holds = Expression::Field(Field::Flag(*name), Test::Holds);
                flag(self.begun(self.rows(&holds, Side::Service)), test)
            }
            Field::Number(Number::Duration) => {
                let stretch = Stretch::of(test);
                Bits::of(&view.traces().durations, |duration| stretch.holds(duration))
            }
            Field::Number(_)
            | Field::Text(
                Text::HttpUrl | Text::HttpMethod | Text::HttpUserAgent | Text::HttpClientIp,
            ) => self.begun(self.field_of_rows(field, test, Side::Service)),
            Field::Text(_) | Field::Annotation(_) => {
                self.with_rows(&self.field_of_rows(field, test, Side::Service))
            }
        }
    }

    /// The traces that have any of these rows.
    fn with_rows(&self, rows: &Bits) -> Bits {
        match rows.is_empty() {
            true => Bits::none(self.view.trace_count()),
            false => self.view.traces().with_rows(rows),
        }
    }

    /// The traces that begin with one of these rows.
    fn begun(&self, mut rows: Bits) -> Bits {
        if !rows.is_empty() {
            rows.and(&self.view.traces().root_rows(self.view.row_count()));
        }
        self.with_rows(&rows)
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
                let mut found = Bits::all(self.view.row_count());
                for one in all {
                    if found.is_empty() {
                        break;
                    }
                    found.and(&self.rows(one, side));
                }
                found
            }
            Expression::Any(any) => {
                let mut found = Bits::none(self.view.row_count());
                for one in any {
                    found.or(&self.rows(one, side));
                }
                found
            }
            Expression::Not(inner) => self.rows(inner, side).not(),
            Expression::Field(field, test) => self.field_of_rows(field, test, side),
            // The parser lets nothing else stand in braces.
            _ => Bits::none(self.view.row_count()),
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
            Field::Text(text) => self.values(Name::Text(*text), side, &Matcher::of_texts(test)),
            Field::Annotation(key) => {
                self.values(Name::Annotation(key), side, &Matcher::of_annotations(test))
            }
        }
    }

    /// The rows whose profiles are such.
    fn profiles(&self, test: impl Fn(&Profile) -> bool) -> Bits {
        let holds: Vec<bool> = self.view.head.profiles.iter().map(test).collect();
        if !holds.contains(&true) {
            return Bits::none(self.view.row_count());
        }
        Bits::of(&self.view.works().profile_of, |profile| {
            holds[usize::from(profile)]
        })
    }

    fn times(&self, stretch: &Stretch, side: Side) -> Bits {
        let works = self.view.works();
        let mut found = Bits::of(&works.times, |time| stretch.holds(time));
        if side == Side::Call {
            for (row, time) in works.call_rows.iter().zip(&works.call_times) {
                match stretch.holds(*time) {
                    true => found.set(usize::from(*row)),
                    false => found.clear(usize::from(*row)),
                }
            }
        }
        found
    }

    /// The rows that have such a value of this name.
    fn values(&self, name: Name<'_>, side: Side, matcher: &Matcher<'_>) -> Bits {
        let mut all = self.view.rows_with(Side::Service, name, matcher);
        if side == Side::Call {
            if !all.is_empty() {
                for row in &self.view.works().call_rows {
                    all.clear(usize::from(*row));
                }
            }
            all.or(&self.view.rows_with(Side::Call, name, matcher));
        }
        all
    }

    fn service(&self, number: u16) -> &ServiceId {
        &self.view.head.services[usize::from(number)]
    }

    pub(super) fn is_service(&self, profile: &Profile, node: &Node) -> bool {
        let service = self.service(profile.service);
        let is_client =
            || profile.caller == CalledBy::Client && node.means(&ServiceId::client_of(service));
        node.means(service) || is_client()
    }

    pub(super) fn is_edge(&self, profile: &Profile, caller: &Node, called: &Node) -> bool {
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
