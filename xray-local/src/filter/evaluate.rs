//! Whether a condition holds.

use std::cell::OnceCell;

use xray_sdk::document::Trace;

use super::expression::{Expression, Failure, Field, Node, Test, Value};
use super::form;
use super::subject::{CausePart, Entry, Subject, Work};
use crate::query::{RootCause, RootCauses};
use crate::trace::{Anatomy, Caller, Segment, ServiceId};

/// What is known of one trace. Root causes are looked for when they are asked for.
pub(super) struct Facts<'a> {
    pub(super) trace: &'a Trace,
    pub(super) anatomy: Anatomy<'a>,
    root_causes: OnceCell<RootCauses>,
}

impl<'a> Facts<'a> {
    pub(super) fn of(trace: &'a Trace) -> Self {
        Self {
            trace,
            anatomy: Anatomy::of(trace),
            root_causes: OnceCell::new(),
        }
    }

    /// Whether a condition on traces holds of this one.
    pub(super) fn hold(&self, expression: &Expression) -> bool {
        self.holds(expression, &Entry(self))
    }

    fn holds(&self, expression: &Expression, subject: &dyn Subject) -> bool {
        match expression {
            Expression::All(parts) => parts.iter().all(|part| self.holds(part, subject)),
            Expression::Any(parts) => parts.iter().any(|part| self.holds(part, subject)),
            Expression::Not(inner) => !self.holds(inner, subject),
            Expression::Field(field, test) => field_holds(field, test, subject),
            Expression::Service(node, condition) => self.has_service(node, condition.as_deref()),
            Expression::Edge(caller, called, condition) => {
                self.has_edge(caller, called, condition.as_deref())
            }
            Expression::RootCause(failure, part, condition) => {
                let causes = self.causes(*failure);
                let mut parts = causes.iter().flat_map(|cause| CausePart::all(cause, *part));
                parts.any(|part| self.holds(condition, &part))
            }
            Expression::RootCauseForm(form) => form::matches(form, self.root_causes()),
            Expression::Group(key, name) => key.is_default(name),
        }
    }

    fn has_service(&self, node: &Node, condition: Option<&Expression>) -> bool {
        self.anatomy.segments().iter().any(|segment| {
            let is_meant = node.means(&segment.service)
                || client(segment).is_some_and(|client| node.means(&client));
            is_meant && self.fulfils(condition, &Work::of_service(segment))
        })
    }

    fn has_edge(&self, caller: &Node, called: &Node, condition: Option<&Expression>) -> bool {
        self.anatomy.segments().iter().any(|segment| {
            let from = match segment.caller {
                Caller::Segment { number, .. } => {
                    Some(self.anatomy.segments()[number].service.clone())
                }
                Caller::Client | Caller::Unknown { .. } => client(segment),
            };
            from.is_some_and(|from| caller.means(&from))
                && called.means(&segment.service)
                && self.fulfils(
                    condition,
                    &Work::of_call(self.anatomy.call(segment), segment),
                )
        })
    }

    fn fulfils(&self, condition: Option<&Expression>, subject: &dyn Subject) -> bool {
        condition.is_none_or(|condition| self.holds(condition, subject))
    }

    fn root_causes(&self) -> &RootCauses {
        self.root_causes
            .get_or_init(|| RootCauses::of(&self.anatomy))
    }

    fn causes(&self, failure: Failure) -> &[RootCause] {
        let causes = self.root_causes();
        match failure {
            Failure::Fault => &causes.faults,
            Failure::Error => &causes.errors,
            Failure::ResponseTime => &causes.response_times,
        }
    }
}

/// The node of the callers from outside, of a segment that they call.
fn client(segment: &Segment<'_>) -> Option<ServiceId> {
    matches!(segment.caller, Caller::Client).then(|| ServiceId::client_of(&segment.service))
}

impl Node {
    /// Whether it describes this service. The client of a service has its name: a name alone does not mean it.
    pub(crate) fn means(&self, service: &ServiceId) -> bool {
        let is = |asked: &Option<String>, found: Option<&str>| {
            asked.as_deref().is_none_or(|asked| found == Some(asked))
        };
        let is_named_only = self.name.is_some() && self.kind.is_none();
        !(is_named_only && service.is_client())
            && is(&self.name, Some(&service.name))
            && is(&self.kind, Some(&service.kind))
            && is(&self.account_id, service.account_id.as_deref())
    }
}

/// Whether a subject has such a value.
pub(crate) fn field_holds(field: &Field, test: &Test, subject: &dyn Subject) -> bool {
    match (field, test) {
        (Field::Flag(flag), Test::Holds) => subject.flag(*flag),
        (Field::Flag(flag), Test::Is(operator, Value::Boolean(asked))) => {
            operator.compare_flags(subject.flag(*flag), *asked)
        }
        (Field::Number(number), Test::Holds) => subject.number(*number).is_some(),
        (Field::Number(number), Test::Is(operator, Value::Number(asked))) => subject
            .number(*number)
            .is_some_and(|found| operator.compare_numbers(found, *asked)),
        (Field::Text(text), Test::Holds) => subject.any_text(*text, &|_| true),
        (Field::Text(text), Test::Is(operator, Value::Text(asked))) => {
            subject.any_text(*text, &|found| operator.compare_texts(found, asked))
        }
        (Field::Annotation(key), Test::Holds) => subject.any_annotation(key, &|_| true),
        (Field::Annotation(key), Test::Is(operator, asked)) => {
            subject.any_annotation(key, &|found| operator.compare_annotation(found, asked))
        }
        // The parser lets no other pairs through.
        (Field::Flag(_) | Field::Number(_) | Field::Text(_), Test::Is(..)) => false,
    }
}
