//! The root causes of a block's traces. Their forms are few and kept once; what differs from trace to trace stands beside: of times
//! the shares, of failures the messages.

use super::bits::Bits;
use super::column::Values;
use super::form::{Forms, KnownForms};
use super::micros::{in_seconds, micros};
use super::numbers::Numbers;
use super::pack::{read_steps, read_words, write_steps, write_words};
use crate::entry::Bytes;
use crate::filter::expression::Failure;
use crate::query::{RootCause, RootCauseEntity, RootCauses};

/// The root causes of a block.
#[derive(Clone, Debug, Default)]
pub(super) struct Causes {
    /// Of each root cause: its trace, its form, and where its details begin.
    traces: Vec<u16>,
    form_of: Vec<u16>,
    first_details: Vec<u32>,
    /// Shares in millionths, one for each entity; numbers of messages, one for each exception.
    pub(super) details: Vec<u32>,
    pub(super) messages: Values,
}

/// What is known while a block still grows.
#[derive(Clone, Debug, Default)]
pub(super) struct KnownCauses {
    forms: KnownForms,
    messages: Numbers,
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
        (failure, cause): (Failure, &RootCause),
        forms: &mut Forms,
        known: &mut KnownCauses,
    ) {
        let (form, shares) = forms.of(failure, cause, &mut known.forms);
        self.traces.push(trace);
        self.form_of.push(form);
        self.first_details.push(self.details.len() as u32);
        let mut reaches = shares.iter_mut();
        for entity in entities(cause) {
            if let Some(share) = entity.coverage.and_then(|share| micros(Some(share)))
                && let Some(reach) = reaches.next()
            {
                reach.take_in(share);
                self.details.push(share);
            }
            for exception in entity.exceptions.iter().flatten() {
                let message = exception.message.as_bytes();
                let message = known.messages.of(message, &mut self.messages);
                self.details.push(u32::from(message));
            }
        }
    }

    /// All root causes of a kind with their traces, without shares and messages.
    pub(super) fn of<'a>(
        &'a self,
        failure: Failure,
        forms: &'a Forms,
    ) -> impl Iterator<Item = (usize, &'a RootCause)> {
        let all = self.traces.iter().zip(&self.form_of);
        all.filter_map(move |(trace, form)| {
            let cause = forms.cause(*form, failure)?;
            Some((usize::from(*trace), cause))
        })
    }

    /// The traces that have a root cause whose form holds. Where a form alone does not tell, its details are asked, from a place on.
    pub(super) fn traces_where(
        &self,
        len: usize,
        by_form: &[Option<bool>],
        mut holds: impl FnMut(usize, u32) -> bool,
    ) -> Bits {
        let mut found = Bits::none(len);
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
    pub(super) fn complete(&self, cause: &mut RootCause, first: u32) {
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
        numbers + self.messages.bytes()
    }
}

fn entities(cause: &RootCause) -> impl Iterator<Item = &RootCauseEntity> {
    cause
        .services
        .iter()
        .flat_map(|service| &service.entity_path)
}

pub(super) fn entities_mut(cause: &mut RootCause) -> impl Iterator<Item = &mut RootCauseEntity> {
    cause
        .services
        .iter_mut()
        .flat_map(|service| &mut service.entity_path)
}

impl Bytes for Causes {
    fn write(&self, to: &mut Vec<u8>) {
        write_steps(&self.traces, to);
        write_words(&self.form_of, to);
        write_steps(&self.first_details, to);
        write_words(&self.details, to);
        self.messages.write(to);
    }

    fn read(from: &mut &[u8]) -> Option<Self> {
        Some(Self {
            traces: read_steps(from)?,
            form_of: read_words(from)?,
            first_details: read_steps(from)?,
            details: read_words(from)?,
            messages: Values::read(from)?,
        })
    }
}
