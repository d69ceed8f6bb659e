//! Which services or calls statistics are asked of: `service(…)`, `id(…)` or `edge(…, …)`.

use super::expression::Node;
use super::{FilterError, parse};
use crate::entry::{CalledBy, Entry, Request, Work};
use crate::trace::ServiceId;

/// A service, or the calls from one to another.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Selector {
    pub(super) entity: Entity,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Entity {
    Service(Node),
    Edge(Node, Node),
}

impl Selector {
    pub(crate) fn parse(text: &str) -> Result<Self, FilterError> {
        parse::selector(text)
    }

    /// Whether a service is meant, not calls.
    pub(crate) fn is_of_service(&self) -> bool {
        matches!(self.entity, Entity::Service(_))
    }

    /// The requests of a trace that are meant: as the service saw them, or as the caller did.
    pub(crate) fn requests<'a>(&self, entry: &'a Entry) -> Vec<&'a Request> {
        let works = entry.works.iter();
        match &self.entity {
            Entity::Service(node) => works
                .filter(|work| node.means(&work.service))
                .map(|work| &work.request)
                .collect(),
            Entity::Edge(from, to) => works
                .filter(|work| caller_is(from, work) && to.means(&work.service))
                .map(Work::call)
                .collect(),
        }
    }
}

fn caller_is(node: &Node, work: &Work) -> bool {
    match &work.caller {
        CalledBy::Client => node.means(&ServiceId::client_of(&work.service)),
        CalledBy::Service(caller) => node.means(caller),
        CalledBy::Unknown => false,
    }
}
