//! What conditions speak of, and the values that it has.

use xray_sdk::document::{AnnotationValue, Document, Ec2};

use super::evaluate::Facts;
use super::expression::{Flag, Number, Part, Text};
use crate::query::{RootCause, RootCauseEntity, RootCauseException, RootCauseService};
use crate::trace::{Caller, Outcome, Segment, seconds};

/// Something that a condition can hold of. What it does not have, it answers with nothing.
pub(crate) trait Subject {
    fn flag(&self, flag: Flag) -> bool;
    fn number(&self, number: Number) -> Option<f64>;
    fn any_text(&self, text: Text, test: &dyn Fn(&str) -> bool) -> bool;
    fn any_annotation(&self, key: &str, test: &dyn Fn(&AnnotationValue) -> bool) -> bool;
}

/// A whole trace, seen from the segment where it begins.
pub(crate) struct Entry<'f, 'a>(pub(super) &'f Facts<'a>);

impl<'a> Entry<'_, 'a> {
    fn root(&self) -> Option<Work<'a>> {
        self.0.anatomy.root().map(Work::of_service)
    }

    fn segments(&self) -> impl Iterator<Item = Work<'a>> {
        self.0.anatomy.segments().iter().map(Work::of_service)
    }
}

impl Subject for Entry<'_, '_> {
    fn flag(&self, flag: Flag) -> bool {
        match flag {
            Flag::Throttle | Flag::Inferred => self.segments().any(|segment| segment.flag(flag)),
            Flag::Partial => self.0.anatomy.is_partial(),
            _ => self.root().is_some_and(|root| root.flag(flag)),
        }
    }

    fn number(&self, number: Number) -> Option<f64> {
        match number {
            Number::Duration => self.0.trace.duration().map(seconds),
            _ => self.root()?.number(number),
        }
    }

    fn any_text(&self, text: Text, test: &dyn Fn(&str) -> bool) -> bool {
        match text {
            Text::HttpUrl | Text::HttpMethod | Text::HttpUserAgent | Text::HttpClientIp => {
                self.root().is_some_and(|root| root.any_text(text, test))
            }
            _ => self.segments().any(|segment| segment.any_text(text, test)),
        }
    }

    fn any_annotation(&self, key: &str, test: &dyn Fn(&AnnotationValue) -> bool) -> bool {
        self.segments()
            .any(|segment| segment.any_annotation(key, test))
    }
}

/// What one service did, or a call to it.
pub(crate) struct Work<'a> {
    document: &'a Document,
    is_inferred: bool,
    is_root: bool,
}

impl<'a> Work<'a> {
    pub(crate) fn of_service(segment: &Segment<'a>) -> Self {
        Self::of_call(segment.document, segment)
    }

    /// What the caller of a segment recorded of the call.
    pub(crate) fn of_call(call: &'a Document, segment: &Segment<'a>) -> Self {
        Self {
            document: call,
            is_inferred: segment.is_inferred,
            is_root: matches!(segment.caller, Caller::Client),
        }
    }

    fn ec2(&self) -> Option<&Ec2> {
        self.document.aws.as_ref()?.ec2.as_ref()
    }

    fn text(&self, text: Text) -> Option<&str> {
        let request = self.document.request();
        let found = match text {
            Text::HttpUrl => &request?.url,
            Text::HttpMethod => &request?.method,
            Text::HttpUserAgent => &request?.user_agent,
            Text::HttpClientIp => &request?.client_ip,
            Text::User => &self.document.user,
            Text::AvailabilityZone => &self.ec2()?.availability_zone,
            Text::InstanceId => &self.ec2()?.instance_id,
            Text::ResourceArn => &self.document.resource_arn,
            Text::Name | Text::Type | Text::Message => &None,
        };
        found.as_deref()
    }
}

impl Subject for Work<'_> {
    fn flag(&self, flag: Flag) -> bool {
        let document = self.document;
        match flag {
            Flag::Ok => !document.in_progress && Outcome::of(document) == Outcome::Ok,
            Flag::Error => Outcome::is_error(document),
            Flag::Throttle => Outcome::of(document) == Outcome::Throttle,
            Flag::Fault => Outcome::of(document) == Outcome::Fault,
            Flag::Partial => document.walk().any(|document| document.in_progress),
            Flag::Inferred => self.is_inferred,
            Flag::Root => self.is_root,
            Flag::First | Flag::Last | Flag::Remote => false,
        }
    }

    fn number(&self, number: Number) -> Option<f64> {
        match number {
            Number::ResponseTime | Number::Duration => self.document.duration().map(seconds),
            Number::HttpStatus => self.document.status().map(f64::from),
            Number::Index | Number::Coverage => None,
        }
    }

    fn any_text(&self, text: Text, test: &dyn Fn(&str) -> bool) -> bool {
        self.text(text).is_some_and(test)
    }

    fn any_annotation(&self, key: &str, test: &dyn Fn(&AnnotationValue) -> bool) -> bool {
        // What a caller annotated is the caller's, not that of the service inferred from the call.
        let own = (!self.is_inferred).then(|| self.document.walk());
        own.into_iter()
            .flatten()
            .filter_map(|document| document.annotations.get(key))
            .any(test)
    }
}

/// A service, an entity or an exception on the way to a root cause.
pub(crate) struct CausePart<'a> {
    service: &'a RootCauseService,
    entity: Option<&'a RootCauseEntity>,
    exception: Option<&'a RootCauseException>,
    index: usize,
    is_last: bool,
}

impl<'a> CausePart<'a> {
    /// All such parts of a root cause, in the order of the way.
    pub(crate) fn all(cause: &'a RootCause, part: Part) -> Vec<Self> {
        let mut parts = Vec::new();
        for service in &cause.services {
            let of_service = Self {
                service,
                entity: None,
                exception: None,
                index: 0,
                is_last: false,
            };
            match part {
                Part::Service => parts.push(of_service),
                Part::Entity | Part::Exception => {
                    for entity in &service.entity_path {
                        of_service.with_entity(entity, part, &mut parts);
                    }
                }
            }
        }
        let count = parts.len();
        for (index, part) in parts.iter_mut().enumerate() {
            part.index = index;
            part.is_last = index + 1 == count;
        }
        parts
    }

    fn with_entity(&self, entity: &'a RootCauseEntity, part: Part, parts: &mut Vec<Self>) {
        let of_entity = |exception| Self {
            entity: Some(entity),
            exception,
            ..*self
        };
        match part {
            Part::Exception => {
                let exceptions = entity.exceptions.iter().flatten();
                parts.extend(exceptions.map(|exception| of_entity(Some(exception))));
            }
            _ => parts.push(of_entity(None)),
        }
    }

    fn name(&self) -> &str {
        match (self.exception, self.entity) {
            (Some(exception), _) => &exception.name,
            (None, Some(entity)) => &entity.name,
            (None, None) => &self.service.id.name,
        }
    }
}

impl Subject for CausePart<'_> {
    fn flag(&self, flag: Flag) -> bool {
        match flag {
            Flag::First => self.index == 0,
            Flag::Last => self.is_last,
            Flag::Remote => self.entity.is_some_and(|entity| entity.remote),
            Flag::Inferred => self.service.inferred,
            _ => false,
        }
    }

    fn number(&self, number: Number) -> Option<f64> {
        match number {
            Number::Index => Some(self.index as f64),
            Number::Coverage => self.entity.or(self.service.entity_path.first())?.coverage,
            _ => None,
        }
    }

    fn any_text(&self, text: Text, test: &dyn Fn(&str) -> bool) -> bool {
        match text {
            Text::Name => test(self.name()),
            Text::Type => test(&self.service.id.kind),
            Text::Message => match self.exception {
                Some(exception) => test(&exception.message),
                None => self
                    .entity
                    .and_then(|entity| entity.exceptions.as_ref())
                    .is_some_and(|all| all.iter().any(|exception| test(&exception.message))),
            },
            _ => false,
        }
    }

    fn any_annotation(&self, _: &str, _: &dyn Fn(&AnnotationValue) -> bool) -> bool {
        false
    }
}
