//! Which services or calls statistics are asked of: `service(…)`, `id(…)` or `edge(…, …)`.

use super::expression::Node;
use super::{FilterError, parse};
use crate::entry::{CalledBy, Side};
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

    /// Whether a service with such a caller is meant, and whose record of its requests.
    pub(crate) fn side(&self, service: &ServiceId, caller: CalledBy<&ServiceId>) -> Option<Side> {
        match &self.entity {
            Entity::Service(node) => node.means(service).then_some(Side::Service),
            Entity::Edge(from, to) => {
                let is_caller = match caller {
                    CalledBy::Client => from.means(&ServiceId::client_of(service)),
                    CalledBy::Service(caller) => from.means(caller),
                    CalledBy::Unknown => false,
                };
                (is_caller && to.means(service)).then_some(Side::Call)
            }
        }
    }
}
