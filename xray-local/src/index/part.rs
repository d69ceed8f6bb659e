//! What is asked of the parts of a root cause of which the form is known: shares and messages differ from one to the next.

use std::ops::Range;

use super::column::Values;
use super::matcher::Matcher;
use super::micros::{Reach, Stretch};
use super::rest::Rest;
use super::sieve::Sieve;
use crate::filter::expression::{Expression, Field, Number, Part, Text};
use crate::filter::field_holds;
use crate::filter::subject::{CausePart, Subject as _};
use crate::query::RootCause;

/// What is asked of the parts of one form.
#[derive(Default)]
pub(super) struct Asked<'a> {
    is_certain: bool,
    /// Of each part of which the details decide, what is asked of them.
    open: Vec<Rest<Detail<'a>>>,
}

/// What is asked of the details of a root cause, by their places among these.
enum Detail<'a> {
    Share(usize, Stretch),
    /// Of any of these.
    Messages(Range<usize>, Matcher<'a>),
}

/// Where the details of a part stand.
struct Places {
    /// A service has the share of its first entity.
    share: usize,
    messages: Range<usize>,
}

impl<'a> Asked<'a> {
    /// `shares` are between what the shares lie, by their places; `messages` are those that there may be.
    pub(super) fn of(
        cause: &RootCause,
        part: Part,
        condition: &'a Expression,
        shares: &[Reach],
        messages: Option<&Sieve>,
    ) -> Self {
        let mut asked = Self::default();
        let parts = CausePart::all(cause, part);
        for (part, places) in parts.iter().zip(places(cause, part)) {
            let rest = Rest::of(condition, &mut |leaf| {
                answer(leaf, part, &places, shares, messages)
            });
            match rest {
                Rest::Known(holds) => asked.is_certain |= holds,
                open => asked.open.push(open),
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

    /// Whether such a part is there, by the details of a root cause, which are numbers of messages among others.
    pub(super) fn holds_with(&self, details: &[u32], messages: &Values) -> bool {
        let holds = |asked: &Detail<'_>| match asked {
            Detail::Share(place, stretch) => details
                .get(*place)
                .is_some_and(|share| stretch.holds(*share)),
            Detail::Messages(places, matcher) => {
                let mut numbers = details.get(places.clone()).unwrap_or_default().iter();
                numbers.any(|number| matcher.means(messages.get(*number as usize)))
            }
        };
        self.open.iter().any(|open| open.holds(&holds))
    }
}

/// What is known of one thing that is asked of a part.
fn answer<'a>(
    asked: &'a Expression,
    part: &CausePart<'_>,
    places: &Places,
    shares: &[Reach],
    messages: Option<&Sieve>,
) -> Rest<Detail<'a>> {
    let Expression::Field(field, test) = asked else {
        // The parser lets nothing else stand here.
        return Rest::Known(false);
    };
    match field {
        // A failure has none.
        Field::Number(Number::Coverage) if part.number(Number::Coverage).is_some() => {
            let stretch = Stretch::of(test);
            let share = shares.get(places.share);
            match share.is_some_and(|share| stretch.may_hold(*share)) {
                true => Rest::Open(Detail::Share(places.share, stretch)),
                false => Rest::Known(false),
            }
        }
        Field::Text(Text::Message) if part.any_text(Text::Message, &|_| true) => {
            let matcher = Matcher::of_texts(test);
            match messages.is_none_or(|messages| messages.may_hold(&matcher)) {
                true => Rest::Open(Detail::Messages(places.messages.clone(), matcher)),
                false => Rest::Known(false),
            }
        }
        _ => Rest::Known(field_holds(field, test, part)),
    }
}

/// Where the details of each such part stand, in the order of the parts.
fn places(cause: &RootCause, part: Part) -> Vec<Places> {
    let mut places = Vec::new();
    let mut next = 0;
    for service in &cause.services {
        let first = next;
        for entity in &service.entity_path {
            let share = next;
            next += usize::from(entity.coverage.is_some());
            let messages = next..next + entity.exceptions.as_ref().map_or(0, Vec::len);
            next = messages.end;
            match part {
                Part::Service => {}
                Part::Entity => places.push(Places { share, messages }),
                Part::Exception => places.extend(messages.map(|message| Places {
                    share,
                    messages: message..message + 1,
                })),
            }
        }
        if part == Part::Service {
            places.push(Places {
                share: first,
                messages: next..next,
            });
        }
    }
    places
}
