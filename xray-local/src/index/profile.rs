//! What a row says beside its times and texts. Few rows of a block differ in it, so each distinct one is kept once and asked once.

use crate::entry::{Bytes, CalledBy, Request, Side, Work, fields};
use crate::filter::expression::{Flag, Number, Text};
use crate::filter::subject::Subject;
use crate::trace::{Outcome, ServiceId};
use xray_sdk::document::AnnotationValue;

/// One service's work, without its times and texts.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Profile {
    /// The number of the service in its block.
    pub(super) service: u16,
    /// Who called, by the number of the service.
    pub(super) caller: CalledBy<u16>,
    pub(super) is_inferred: bool,
    /// Whether it goes on from somewhere by a link.
    pub(super) is_linked: bool,
    /// Whether the call was answered by another work before, and is counted there.
    pub(super) is_again: bool,
    own: Face,
    call: Face,
}

/// How a request looked to the one who recorded it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Face {
    outcome: Outcome,
    is_error: bool,
    in_progress: bool,
    is_partial: bool,
    status: Option<u16>,
}

fields!(Profile {
    service,
    caller,
    is_inferred,
    is_linked,
    is_again,
    own,
    call
});
fields!(Face {
    outcome,
    is_error,
    in_progress,
    is_partial,
    status
});

impl Face {
    fn of(request: &Request) -> Self {
        Self {
            outcome: request.outcome,
            is_error: request.is_error,
            in_progress: request.in_progress,
            is_partial: request.is_partial,
            status: request.status,
        }
    }
}

impl Profile {
    pub(super) fn of(work: &Work, mut number: impl FnMut(&ServiceId) -> u16) -> Self {
        Self {
            service: number(&work.service),
            caller: work.caller.as_ref().map(number),
            is_inferred: work.is_inferred,
            is_linked: work.sources().next().is_some(),
            is_again: work.is_again,
            own: Face::of(&work.request),
            call: Face::of(work.call()),
        }
    }

    pub(super) fn seen_from(&self, side: Side) -> Seen<'_> {
        Seen {
            profile: self,
            face: self.face(side),
        }
    }

    pub(super) fn outcome(&self, side: Side) -> Outcome {
        self.face(side).outcome
    }

    fn face(&self, side: Side) -> &Face {
        match side {
            Side::Service => &self.own,
            Side::Call => &self.call,
        }
    }
}

/// A profile from one of its two sides, as something that conditions speak of. What is not in it, it does not have.
pub(super) struct Seen<'a> {
    profile: &'a Profile,
    face: &'a Face,
}

impl Subject for Seen<'_> {
    fn flag(&self, flag: Flag) -> bool {
        match flag {
            Flag::Ok => !self.face.in_progress && self.face.outcome == Outcome::Ok,
            Flag::Error => self.face.is_error,
            Flag::Throttle => self.face.outcome == Outcome::Throttle,
            Flag::Fault => self.face.outcome == Outcome::Fault,
            Flag::Partial => self.face.is_partial,
            Flag::Inferred => self.profile.is_inferred,
            Flag::Root => self.profile.caller == CalledBy::Client,
            Flag::First | Flag::Last | Flag::Remote => false,
        }
    }

    fn number(&self, number: Number) -> Option<f64> {
        match number {
            Number::HttpStatus => self.face.status.map(f64::from),
            _ => None,
        }
    }

    fn any_text(&self, _: Text, _: &dyn Fn(&str) -> bool) -> bool {
        false
    }

    fn any_annotation(&self, _: &str, _: &dyn Fn(&AnnotationValue) -> bool) -> bool {
        false
    }
}
