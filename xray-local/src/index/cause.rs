//! The root causes of a block's traces. Their forms are few and kept once; what differs from trace to trace stands beside: of times
//! the shares, of failures the messages.

use std::sync::OnceLock;

use serde_json::Value as Json;

use super::bits::Bits;
use super::column::Values;
use super::micros::{in_seconds, micros};
use super::numbers::Numbers;
use super::pack::{read_steps, read_words, write_steps, write_words};
use super::part::{Asked, mentions, weigh};
use crate::entry::Bytes;
use crate::filter::expression::{Expression, Failure, Field, Number, Part, Text};
use crate::filter::form;
use crate::filter::subject::CausePart;
use crate::query::{RootCause, RootCauseEntity, RootCauses};

#[derive(Clone, Debug, Default)]
pub(super) struct Causes {
    forms: Vec<Form>,
    /// Of each root cause: its trace, its form, and where its details begin.
    traces: Vec<u16>,
    form_of: Vec<u16>,
    first_details: Vec<u32>,
    /// Shares in millionths, one for each entity; numbers of messages, one for each exception.
    details: Vec<u32>,
    messages: Values,
}

/// A root cause without shares and messages.
#[derive(Clone, Debug)]
struct Form {
    failure: Failure,
    cause: RootCause,
    json: OnceLock<Json>,
}

/// What is known while a block still grows.
#[derive(Clone, Debug, Default)]
pub(super) struct KnownCauses {
    forms: Numbers,
    /// What each form is told by.
    bare: Values,
    messages: Numbers,
    /// The one that is looked for, kept for its room.
    asked: Vec<u8>,
}

/// The root causes of a trace with their kinds.
pub(super) fn all(causes: &RootCauses) -> impl Iterator<Item = (Failure, &RootCause)> {
    let faults = causes.faults.iter().map(|cause| (Failure::Fault, cause));
    let errors = causes.errors.iter().map(|cause| (Failure::Error, cause));
    let times = causes.response_times.iter();
    faults
        .chain(errors)
        .chain(times.map(|cause| (Failure::ResponseTime, cause)))
}

/// Whether the root causes of a trace have room here: all shares, and no more messages than `most`.
pub(super) fn fit(causes: &RootCauses, most: usize) -> bool {
    let mut shares = causes.response_times.iter().flat_map(entities);
    let failures = causes.faults.iter().chain(&causes.errors);
    let exceptions = failures
        .flat_map(entities)
        .filter_map(|entity| entity.exceptions.as_ref());
    shares.all(|entity| micros(entity.coverage).is_some())
        && exceptions.map(Vec::len).sum::<usize>() <= most
}

impl Causes {
    pub(super) fn push(
        &mut self,
        trace: u16,
        failure: Failure,
        cause: &RootCause,
        known: &mut KnownCauses,
    ) {
        self.traces.push(trace);
        self.first_details.push(self.details.len() as u32);
        for entity in entities(cause) {
            self.details
                .extend(entity.coverage.and_then(|share| micros(Some(share))));
            for exception in entity.exceptions.iter().flatten() {
                let message = exception.message.as_bytes();
                let message = known.messages.of(message, &mut self.messages);
                self.details.push(u32::from(message));
            }
        }
        known.asked.clear();
        write_bare(failure, cause, &mut known.asked);
        let form = known.forms.of(&known.asked[..], &mut known.bare);
        if usize::from(form) == self.forms.len() {
            self.forms.push(Form::of(failure, cause));
        }
        self.form_of.push(form);
    }

    /// The most numbers in use of one kind.
    pub(super) fn most(&self) -> usize {
        self.forms.len().max(self.messages.len())
    }

    /// All root causes of a kind with their traces, without shares and messages.
    pub(super) fn of(&self, failure: Failure) -> impl Iterator<Item = (usize, &RootCause)> {
        let all = self.traces.iter().zip(&self.form_of);
        all.filter_map(move |(trace, form)| {
            let form = &self.forms[usize::from(*form)];
            (form.failure == failure).then_some((usize::from(*trace), &form.cause))
        })
    }

    /// The traces, of so many, with a root cause of which such a part fulfils the condition.
    pub(super) fn traces_with(
        &self,
        len: usize,
        failure: Failure,
        part: Part,
        condition: &Expression,
    ) -> Bits {
        let is_known = |field: &Field| !is_detail(field);
        let asked: Vec<_> = self
            .forms
            .iter()
            .map(|form| match form.failure == failure {
                true => Asked::of(&form.cause, part, condition, &is_known),
                false => Asked::default(),
            })
            .collect();
        let by_form: Vec<_> = asked.iter().map(Asked::answer).collect();
        let has_messages = mentions(condition, &Field::Text(Text::Message));
        let mut whole: Vec<_> = self.forms.iter().map(|form| form.cause.clone()).collect();
        self.traces_where(len, &by_form, |form, first| {
            if !has_messages {
                return asked[form].holds_with(condition, &self.details[first as usize..]);
            }
            self.complete(&mut whole[form], first);
            let parts = CausePart::all(&whole[form], part);
            parts
                .iter()
                .any(|part| weigh(condition, part, &|_| true) == Some(true))
        })
    }

    /// The traces, of so many, with a root cause of this form.
    pub(super) fn traces_like(&self, len: usize, asked: &Json) -> Bits {
        let mut bare = asked.clone();
        let has_details = strip(&mut bare);
        let by_form: Vec<_> = self
            .forms
            .iter()
            .map(
                |known| match (form::fits(&bare, known.json()), has_details) {
                    (false, _) => Some(false),
                    (true, false) => Some(true),
                    (true, true) => None,
                },
            )
            .collect();
        let mut whole: Vec<_> = self.forms.iter().map(|form| form.cause.clone()).collect();
        self.traces_where(len, &by_form, |form, first| {
            self.complete(&mut whole[form], first);
            let cause = serde_json::to_value(&whole[form]);
            cause.is_ok_and(|cause| form::fits(asked, &cause))
        })
    }

    /// The traces that have a root cause whose form holds. Where a form alone does not tell, its details are asked, from a place on.
    fn traces_where(
        &self,
        len: usize,
        by_form: &[Option<bool>],
        mut holds: impl FnMut(usize, u32) -> bool,
    ) -> Bits {
        let mut found = Bits::none(len);
        if by_form.iter().all(|holds| *holds == Some(false)) {
            return found;
        }
        let places = self.traces.iter().zip(&self.form_of);
        for ((trace, form), first) in places.zip(&self.first_details) {
            let (trace, form) = (usize::from(*trace), usize::from(*form));
            if !found.has(trace) && by_form[form].unwrap_or_else(|| holds(form, *first)) {
                found.set(trace);
            }
        }
        found
    }

    /// Fills in the details that stand from this place on.
    fn complete(&self, cause: &mut RootCause, first: u32) {
        let mut details = self.details[first as usize..].iter().copied();
        for entity in entities_mut(cause) {
            if let Some(coverage) = &mut entity.coverage {
                *coverage = details.next().map(in_seconds).unwrap_or_default();
            }
            for (exception, number) in entity.exceptions.iter_mut().flatten().zip(&mut details) {
                let message = self.messages.get(number as usize);
                exception.message.clear();
                exception
                    .message
                    .push_str(&String::from_utf8_lossy(message));
            }
        }
    }

    pub(super) fn bytes(&self) -> usize {
        let numbers = 2 * (self.traces.capacity() + self.form_of.capacity())
            + 4 * (self.first_details.capacity() + self.details.capacity());
        let forms: usize = self.forms.iter().map(|form| form.cause.room()).sum();
        numbers + forms + self.messages.bytes()
    }
}

impl Form {
    fn of(failure: Failure, cause: &RootCause) -> Self {
        let mut cause = cause.clone();
        for entity in entities_mut(&mut cause) {
            entity.coverage = entity.coverage.map(|_| 0.0);
            for exception in entity.exceptions.iter_mut().flatten() {
                exception.message.clear();
            }
        }
        Self {
            failure,
            cause,
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

fn is_detail(field: &Field) -> bool {
    matches!(
        field,
        Field::Number(Number::Coverage) | Field::Text(Text::Message)
    )
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

fn entities(cause: &RootCause) -> impl Iterator<Item = &RootCauseEntity> {
    cause
        .services
        .iter()
        .flat_map(|service| &service.entity_path)
}

fn entities_mut(cause: &mut RootCause) -> impl Iterator<Item = &mut RootCauseEntity> {
    cause
        .services
        .iter_mut()
        .flat_map(|service| &mut service.entity_path)
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

impl Bytes for Causes {
    fn write(&self, to: &mut Vec<u8>) {
        self.forms.write(to);
        write_steps(&self.traces, to);
        write_words(&self.form_of, to);
        write_steps(&self.first_details, to);
        write_words(&self.details, to);
        self.messages.write(to);
    }

    fn read(from: &mut &[u8]) -> Option<Self> {
        Some(Self {
            forms: Bytes::read(from)?,
            traces: read_steps(from)?,
            form_of: read_words(from)?,
            first_details: read_steps(from)?,
            details: read_words(from)?,
            messages: Values::read(from)?,
        })
    }
}

impl Bytes for Form {
    fn write(&self, to: &mut Vec<u8>) {
        to.push(self.failure as u8);
        self.cause.write(to);
    }

    fn read(from: &mut &[u8]) -> Option<Self> {
        let number = u8::read(from)?;
        let all = [Failure::Fault, Failure::Error, Failure::ResponseTime];
        Some(Self {
            failure: all.into_iter().find(|failure| *failure as u8 == number)?,
            cause: RootCause::read(from)?,
            json: OnceLock::new(),
        })
    }
}
