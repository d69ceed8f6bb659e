//! The forms of a block's root causes: these without what differs from trace to trace. There are few, and they tell most of what is asked.

use std::sync::OnceLock;

use serde_json::Value as Json;

use super::bits::Bits;
use super::cause::{Causes, entities_mut};
use super::column::Values;
use super::micros::Reach;
use super::numbers::Numbers;
use super::part::Asked;
use super::sieve::Sieve;
use crate::entry::{Bytes, fields};
use crate::filter::expression::{Expression, Failure, Part};
use crate::filter::form;
use crate::query::RootCause;

/// All forms of a block, and what their details are about.
#[derive(Clone, Debug, Default)]
pub(super) struct Forms {
    all: Vec<Form>,
    /// What messages there may be; not known while the block grows.
    messages: Option<Sieve>,
}

/// Root causes without shares and messages.
#[derive(Clone, Debug)]
struct Form {
    failure: Failure,
    cause: RootCause,
    /// Between what the shares lie, one for each entity.
    shares: Vec<Reach>,
    json: OnceLock<Json>,
}

/// What is known while a block still grows.
#[derive(Clone, Debug, Default)]
pub(super) struct KnownForms {
    numbers: Numbers,
    /// What each form is told by.
    bare: Values,
    /// The one that is looked for, kept for its room.
    asked: Vec<u8>,
}

impl Forms {
    /// The number of the form of a root cause, a new one where it was not there, and between what its shares lie.
    pub(super) fn of(
        &mut self,
        failure: Failure,
        cause: &RootCause,
        known: &mut KnownForms,
    ) -> (u16, &mut [Reach]) {
        known.asked.clear();
        write_bare(failure, cause, &mut known.asked);
        let number = known.numbers.of(&known.asked[..], &mut known.bare);
        if usize::from(number) == self.all.len() {
            self.all.push(Form::of(failure, cause));
        }
        (number, &mut self.all[usize::from(number)].shares)
    }

    /// The root cause of a form, by its number, if it is of this kind. None where the forms cannot be read.
    pub(super) fn cause(&self, number: u16, failure: Failure) -> Option<&RootCause> {
        let form = self.all.get(usize::from(number))?;
        (form.failure == failure).then_some(&form.cause)
    }

    pub(super) fn count(&self) -> usize {
        self.all.len()
    }

    /// Whether any root cause may be there of which such a part fulfils the condition.
    pub(super) fn may_hold(&self, failure: Failure, part: Part, condition: &Expression) -> bool {
        let asked = self.asked(failure, part, condition);
        asked.iter().any(|asked| asked.answer() != Some(false))
    }

    /// What is asked of the parts of each form.
    fn asked<'a>(&self, failure: Failure, part: Part, condition: &'a Expression) -> Vec<Asked<'a>> {
        let of_form = |form: &Form| match form.failure == failure {
            true => {
                let messages = self.messages.as_ref();
                Asked::of(&form.cause, part, condition, &form.shares, messages)
            }
            false => Asked::default(),
        };
        self.all.iter().map(of_form).collect()
    }

    /// The traces, of so many, with a root cause of which such a part fulfils the condition.
    pub(super) fn traces_with<'c>(
        &self,
        causes: impl FnOnce() -> &'c Causes,
        len: usize,
        (failure, part): (Failure, Part),
        condition: &Expression,
    ) -> Bits {
        let asked = self.asked(failure, part, condition);
        let by_form: Vec<_> = asked.iter().map(Asked::answer).collect();
        if by_form.iter().all(|holds| *holds == Some(false)) {
            return Bits::none(len);
        }
        let causes = causes();
        causes.traces_where(len, &by_form, |form, first| {
            asked[form].holds_with(&causes.details[first as usize..], &causes.messages)
        })
    }

    /// The traces, of so many, with a root cause of this form.
    pub(super) fn traces_like<'c>(
        &self,
        causes: impl FnOnce() -> &'c Causes,
        len: usize,
        asked: &Json,
    ) -> Bits {
        let mut bare = asked.clone();
        let has_details = strip(&mut bare);
        let answer = |known: &Form| match (form::fits(&bare, known.json()), has_details) {
            (false, _) => Some(false),
            (true, false) => Some(true),
            (true, true) => None,
        };
        let by_form: Vec<_> = self.all.iter().map(answer).collect();
        if by_form.iter().all(|holds| *holds == Some(false)) {
            return Bits::none(len);
        }
        let causes = causes();
        let mut whole: Vec<_> = self.all.iter().map(|form| form.cause.clone()).collect();
        causes.traces_where(len, &by_form, |form, first| {
            causes.complete(&mut whole[form], first);
            let cause = serde_json::to_value(&whole[form]);
            cause.is_ok_and(|cause| form::fits(asked, &cause))
        })
    }

    /// Those of a block that grows no more, of which these are the root causes.
    pub(super) fn closed(&self, causes: &Causes) -> Self {
        Self {
            all: self.all.clone(),
            messages: Some(Sieve::of(&causes.messages, false)),
        }
    }

    pub(super) fn bytes(&self) -> usize {
        let forms: usize = self.all.iter().map(|form| form.cause.room()).sum();
        forms + self.messages.as_ref().map_or(0, Sieve::bytes)
    }
}

impl Form {
    fn of(failure: Failure, cause: &RootCause) -> Self {
        let mut cause = cause.clone();
        let mut shares = Vec::new();
        for entity in entities_mut(&mut cause) {
            shares.extend(entity.coverage.map(|_| Reach::default()));
            entity.coverage = entity.coverage.map(|_| 0.0);
            for exception in entity.exceptions.iter_mut().flatten() {
                exception.message.clear();
            }
        }
        Self {
            failure,
            cause,
            shares,
            json: OnceLock::new(),
        }
    }

    fn json(&self) -> &Json {
        self.json
            .get_or_init(|| serde_json::to_value(&self.cause).unwrap_or_default())
    }
}

impl RootCause {
    /// About how much memory it takes.
    fn room(&self) -> usize {
        let mut bytes = Vec::new();
        self.write(&mut bytes);
        bytes.len() + 200 * self.services.len()
    }
}

/// Takes shares and messages out of a form that is asked for. Returns whether there were any.
fn strip(form: &mut Json) -> bool {
    match form {
        Json::Object(fields) => {
            let shares = fields.remove("Coverage").is_some();
            let messages = fields.remove("Message").is_some();
            let below = fields
                .values_mut()
                .fold(false, |found, value| found | strip(value));
            shares | messages | below
        }
        Json::Array(values) => values
            .iter_mut()
            .fold(false, |found, value| found | strip(value)),
        _ => false,
    }
}

/// Writes by what a root cause is told but for its shares and messages.
fn write_bare(failure: Failure, cause: &RootCause, to: &mut Vec<u8>) {
    to.push(failure as u8);
    cause.client_impacting.write(to);
    for service in &cause.services {
        service.id.write(to);
        service.inferred.write(to);
        service.entity_path.len().write(to);
        for entity in &service.entity_path {
            entity.name.write(to);
            entity.remote.write(to);
            entity.coverage.is_some().write(to);
            let exceptions = entity.exceptions.as_ref();
            exceptions.map(Vec::len).write(to);
            for exception in exceptions.into_iter().flatten() {
                exception.name.write(to);
            }
        }
    }
}

fields!(Forms { all, messages });

impl Bytes for Form {
    fn write(&self, to: &mut Vec<u8>) {
        to.push(self.failure as u8);
        self.cause.write(to);
        self.shares.write(to);
    }

    fn read(from: &mut &[u8]) -> Option<Self> {
        let number = u8::read(from)?;
        let all = [Failure::Fault, Failure::Error, Failure::ResponseTime];
        Some(Self {
            failure: all.into_iter().find(|failure| *failure as u8 == number)?,
            cause: RootCause::read(from)?,
            shares: Bytes::read(from)?,
            json: OnceLock::new(),
        })
    }
}
