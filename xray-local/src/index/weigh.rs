//! Whether a block can have any trace of which a condition holds, by what it knows of all of them: its profiles, between what their
//! times lie, the forms of root causes, and the sieves of its columns. Rows, traces and values are not read for it.

use super::key::Name;
use super::look::Look;
use super::matcher::Matcher;
use super::micros::Stretch;
use super::profile::Profile;
use super::rest::Rest;
use crate::entry::Side;
use crate::filter::expression::{Expression, Field, Flag, Number, Test, Value};
use crate::filter::field_holds;
use crate::filter::subject::Subject as _;

impl Look<'_, '_> {
    /// Whether a condition on traces holds of none, which is told by what in it does not. Says nothing of opaque ones.
    pub(super) fn is_ruled_out(&mut self, condition: &Expression) -> bool {
        let mut nowhere = Vec::new();
        let rest = Rest::of(condition, &mut |part| {
            let rest = self.weigh(part);
            if rest.is_ruled_out() {
                nowhere.push(part);
            }
            rest
        });
        if rest.is_ruled_out()
            && let Some(told) = &mut self.told
        {
            nowhere.iter().for_each(|part| told.term(part, 0));
        }
        rest.is_ruled_out()
    }

    /// What is known of one thing that is asked of traces.
    pub(super) fn weigh(&self, condition: &Expression) -> Rest<()> {
        match condition {
            Expression::Field(field, test) => self.weigh_field(field, test),
            Expression::Service(node, inner) => {
                let is_meant = |profile: &Profile| self.is_service(profile, node);
                self.any_profile(is_meant, inner.as_deref(), Side::Service)
            }
            Expression::Edge(caller, called, inner) => {
                let is_meant = |profile: &Profile| self.is_edge(profile, caller, called);
                self.any_profile(is_meant, inner.as_deref(), Side::Call)
            }
            Expression::RootCause(failure, part, inner) => {
                open_if(self.view.forms().may_hold(*failure, *part, inner))
            }
            _ => Rest::Open(()),
        }
    }

    /// A field of whole traces. Whether a row is where its trace begins is not known here.
    fn weigh_field(&self, field: &Field, test: &Test) -> Rest<()> {
        match field {
            Field::Flag(Flag::Partial) => Rest::Open(()),
            Field::Flag(flag) => {
                let mut profiles = self.view.head.profiles.iter();
                match profiles.any(|profile| profile.seen_from(Side::Service).flag(*flag)) {
                    true => Rest::Open(()),
                    // Then nobody has it.
                    false => Rest::Known(match test {
                        Test::Is(operator, Value::Boolean(asked)) => {
                            operator.compare_flags(false, *asked)
                        }
                        _ => false,
                    }),
                }
            }
            Field::Number(Number::Duration) => {
                open_if(Stretch::of(test).may_hold(self.view.head.durations))
            }
            Field::Text(_) | Field::Annotation(_) => {
                open_if(self.may_have(field, test, Side::Service))
            }
            Field::Number(_) => {
                let mut profiles = 0..self.view.head.profiles.len();
                let rest = |number| self.weigh_row(number, field, test, Side::Service);
                open_if(!profiles.all(|number| rest(number).is_ruled_out()))
            }
        }
    }

    /// Whether any row of such a profile may fulfil a condition in braces.
    fn any_profile(
        &self,
        is_meant: impl Fn(&Profile) -> bool,
        condition: Option<&Expression>,
        side: Side,
    ) -> Rest<()> {
        let profiles = self.view.head.profiles.iter().enumerate();
        let mut meant = profiles.filter(|(_, profile)| is_meant(profile));
        open_if(meant.any(|(number, _)| {
            let mut row = |part: &Expression| match part {
                Expression::Field(field, test) => self.weigh_row(number, field, test, side),
                // The parser lets nothing else stand in braces.
                _ => Rest::Known(false),
            };
            condition.is_none_or(|condition| !Rest::of(condition, &mut row).is_ruled_out())
        }))
    }

    /// What is known of a field of all rows of a profile, by its number.
    fn weigh_row(&self, number: usize, field: &Field, test: &Test, side: Side) -> Rest<()> {
        let head = &*self.view.head;
        match field {
            Field::Flag(_)
            | Field::Number(Number::HttpStatus | Number::Index | Number::Coverage) => {
                let profile = head.profiles[number].seen_from(side);
                Rest::Known(field_holds(field, test, &profile))
            }
            Field::Number(Number::ResponseTime | Number::Duration) => {
                let (own, called) = head.times[number];
                let times = match side {
                    Side::Service => own,
                    Side::Call => called,
                };
                open_if(Stretch::of(test).may_hold(times))
            }
            Field::Text(_) | Field::Annotation(_) => open_if(self.may_have(field, test, side)),
        }
    }

    /// Whether any row may have such a text or annotation.
    fn may_have(&self, field: &Field, test: &Test, side: Side) -> bool {
        let (name, matcher) = match field {
            Field::Text(text) => (Name::Text(*text), Matcher::of_texts(test)),
            Field::Annotation(key) => (Name::Annotation(key), Matcher::of_annotations(test)),
            Field::Flag(_) | Field::Number(_) => return true,
        };
        // What a caller recorded nothing else of looks to it as to the service.
        self.view.may_have(Side::Service, name, &matcher)
            || side == Side::Call && self.view.may_have(Side::Call, name, &matcher)
    }
}

fn open_if(may_hold: bool) -> Rest<()> {
    match may_hold {
        true => Rest::Open(()),
        false => Rest::Known(false),
    }
}
