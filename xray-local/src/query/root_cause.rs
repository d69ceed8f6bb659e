//! Where in a trace something went wrong, or where the time went: the way from its begin to there.

mod way;

use std::collections::HashMap;

use serde::Serialize;
use xray_sdk::document::{Document, Exception};

use crate::trace::{Anatomy, Outcome, ServiceId, seconds};
use way::Ways;

/// How many root causes of a kind are told. A trace that failed in more places failed everywhere.
const MOST: usize = 20;

/// How many pieces of failed work are looked at for them: each costs the way to it.
const MOST_LOOKED_AT: usize = 1_000;

/// A part that took at least this share of the time of what it stands in is where the time went. AWS does not tell its own share.
const MOST_OF_THE_TIME: f64 = 0.5;

/// The way to the deepest piece of work that failed, or that took the time.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct RootCause {
    /// The services on the way, the first one first.
    pub services: Vec<RootCauseService>,
    /// Whether the one who waits for the trace felt it: all that stands on the way failed too.
    pub client_impacting: bool,
}

/// A service on the way to a root cause.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct RootCauseService {
    /// The service.
    #[serde(flatten)]
    pub id: ServiceId,
    /// Its segment, and the subsegments on the way.
    pub entity_path: Vec<RootCauseEntity>,
    /// Whether the service itself sent nothing, and is only known from its caller.
    pub inferred: bool,
}

/// A segment or subsegment on the way to a root cause.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct RootCauseEntity {
    /// Its name.
    pub name: String,
    /// What it failed with. None where the time is told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exceptions: Option<Vec<RootCauseException>>,
    /// Its share of the time that the trace's caller waited. None where a failure is told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub coverage: Option<f64>,
    /// Whether it is a call to another service.
    pub remote: bool,
}

/// An exception on the way to a root cause.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct RootCauseException {
    /// Its type.
    pub name: String,
    /// Its message.
    pub message: String,
}

/// The root causes of one trace.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct RootCauses {
    pub(crate) faults: Vec<RootCause>,
    pub(crate) errors: Vec<RootCause>,
    pub(crate) response_times: Vec<RootCause>,
}

impl RootCauses {
    pub(crate) fn of(anatomy: &Anatomy<'_>) -> Self {
        let ways = Ways::of(anatomy);
        let is_fault = |document: &Document| Outcome::of(document) == Outcome::Fault;
        let is_error = |document: &Document| {
            matches!(Outcome::of(document), Outcome::Error | Outcome::Throttle)
        };
        Self {
            faults: failures(anatomy, &ways, is_fault),
            errors: failures(anatomy, &ways, is_error),
            response_times: response_time(anatomy, &ways).into_iter().collect(),
        }
    }
}

/// One root cause for each piece of work that failed while nothing below it did, and for that which failed by itself as far as the trace's caller felt it: what failed
/// below was handled on the way up. One for all that are alike, as when a call is tried again.
fn failures(
    anatomy: &Anatomy<'_>,
    ways: &Ways<'_>,
    has_failed: impl Fn(&Document) -> bool,
) -> Vec<RootCause> {
    let ends = ways.ends(&has_failed);
    let causes = ends.into_iter().take(MOST_LOOKED_AT);
    let causes = causes.map(|(last, client_impacting)| {
        let way = ways.to(last);
        RootCause {
            services: services(anatomy, ways, &way, |step, entity| RootCauseEntity {
                exceptions: Some(ways.exceptions(step).iter().map(told).collect()),
                ..entity
            }),
            client_impacting,
        }
    });
    let mut distinct: Vec<RootCause> = Vec::new();
    for cause in causes {
        if distinct.len() == MOST {
            break;
        }
        if !distinct.contains(&cause) {
            distinct.push(cause);
        }
    }
    distinct
}

/// The way along the longest part of each part, as long as that is where most of the time went.
fn response_time(anatomy: &Anatomy<'_>, ways: &Ways<'_>) -> Option<RootCause> {
    let root = ways.root()?;
    let whole = ways.document(root).duration().filter(|time| *time > 0.0)?;
    let longest = ways.longest(root, MOST_OF_THE_TIME);
    let way: Vec<_> = longest.iter().map(|(step, _)| *step).collect();
    let times: HashMap<_, _> = longest.into_iter().collect();
    Some(RootCause {
        services: services(anatomy, ways, &way, |step, entity| RootCauseEntity {
            coverage: times.get(&step).map(|time| seconds(time / whole)),
            ..entity
        }),
        client_impacting: true,
    })
}

fn services(
    anatomy: &Anatomy<'_>,
    ways: &Ways<'_>,
    way: &[usize],
    complete: impl Fn(usize, RootCauseEntity) -> RootCauseEntity,
) -> Vec<RootCauseService> {
    let by_service = way.chunk_by(|one, next| ways.segment(*one) == ways.segment(*next));
    let service = |steps: &[usize]| {
        let segment = &anatomy.segments()[ways.segment(*steps.first()?)];
        let entity = |step: &usize| {
            let document = ways.document(*step);
            complete(*step, entity(document, segment.is_inferred))
        };
        Some(RootCauseService {
            id: segment.service.clone(),
            entity_path: steps.iter().map(entity).collect(),
            inferred: segment.is_inferred,
        })
    };
    by_service.filter_map(service).collect()
}

fn entity(document: &Document, is_inferred: bool) -> RootCauseEntity {
    RootCauseEntity {
        name: document.name.clone(),
        exceptions: None,
        coverage: None,
        // An inferred segment is what was called, not the call.
        remote: !is_inferred && ServiceId::of_call(document).is_some(),
    }
}

fn told(exception: &Exception) -> RootCauseException {
    RootCauseException {
        name: exception.kind.clone().unwrap_or_default(),
        message: exception.message.clone().unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests;
