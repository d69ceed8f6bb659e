//! The service graph: who calls whom, how often, how fast, and how well.

mod histogram;
mod layout;
mod node;
mod rollup;
mod sketch;
mod statistics;
mod tally;

use serde::Serialize;
use xray_sdk::document::Trace;

use crate::entry::{Entry, Source, Span};
use crate::trace::ServiceId;
pub use histogram::Histogram;
pub(crate) use layout::Layout;
pub use node::{Edge, EdgeType, Service, State};
pub(crate) use rollup::{Part, Rollup};
pub(crate) use sketch::Sketch;
pub use statistics::{ErrorStatistics, FaultStatistics, Statistics};

/// The services that took part in some traces, and the calls between them. Written as the API's list of services.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(transparent)]
pub struct ServiceGraph {
    services: Vec<Service>,
}

impl ServiceGraph {
    /// The graph of some traces.
    ///
    /// A service is told by name, type and account. Beside those that sent segments there are the services that were called and
    /// sent none, and the clients from which traces came. The node of a service is counted by its own segments, an edge
    /// by what the caller recorded. Where a segment goes on from another of the traces by a link, an edge of type
    /// [`Link`](EdgeType::Link) leads from the queue or service there.
    pub fn of<'a>(traces: impl IntoIterator<Item = &'a Trace>) -> Self {
        let traces: Vec<_> = traces.into_iter().collect();
        let mut sketch = Sketch::default();
        for trace in &traces {
            let mut entry = Entry::of(trace, 1, Span::of(trace));
            entry.resolve(|link| {
                let mut linked = traces.iter().filter(|other| other.id() == link.trace_id);
                linked.find_map(|other| Source::of(other, link.id))
            });
            sketch.add(&entry);
        }
        sketch.finish()
    }

    /// The services, ordered by name. The number of a service is its place in this list.
    pub fn services(&self) -> &[Service] {
        &self.services
    }

    /// The pairs of services of which the first calls the second, or hands something on to it.
    pub fn edges(&self) -> impl Iterator<Item = (&Service, &Service)> {
        self.services.iter().flat_map(|caller| {
            let called = caller
                .edges
                .iter()
                .filter_map(|edge| self.services.get(edge.reference_id));
            called.map(move |service| (caller, service))
        })
    }

    /// The service with this name, type and account.
    pub fn service(&self, id: &ServiceId) -> Option<&Service> {
        self.services.iter().find(|service| service.id == *id)
    }
}
