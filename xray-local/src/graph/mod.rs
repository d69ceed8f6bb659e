//! The service graph: who calls whom, how often, how fast, and how well.

mod cluster;
mod histogram;
mod layout;
mod merge;
mod node;
mod sketch;
mod statistics;
mod tally;

use std::collections::HashMap;

use serde::{Deserialize, Deserializer, Serialize};
use xray_sdk::document::Trace;

use crate::entry::{Entry, Source, Span};
use crate::trace::ServiceId;
pub(crate) use cluster::{Calls, Cluster, Clusters};
pub use histogram::Histogram;
pub(crate) use layout::Layout;
pub use node::{Edge, EdgeType, Service, State};
pub(crate) use sketch::{Flow, Sketch};
pub use statistics::{ErrorStatistics, FaultStatistics, OutcomeCounts, Statistics};
pub(crate) use tally::Tally;

/// The services that took part in some traces, and the calls between them. Written and read as the API's list of services.
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

/// What is read has its services numbered anew, by their places in the list. Edges to services that are not in it are left out.
impl<'de> Deserialize<'de> for ServiceGraph {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut services = Vec::<Service>::deserialize(deserializer)?;
        let numbers: HashMap<_, _> = services
            .iter()
            .enumerate()
            .map(|(number, service)| (service.reference_id, number))
            .collect();
        for (number, service) in services.iter_mut().enumerate() {
            service.reference_id = number;
            service.edges.retain_mut(|edge| {
                let called = numbers.get(&edge.reference_id);
                called
                    .inspect(|number| edge.reference_id = **number)
                    .is_some()
            });
        }
        Ok(Self { services })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn a_graph_is_read_as_it_is_written() {
        let document = br#"{"name":"front","id":"53995c3f42cd8ad8","trace_id":"1-581cf771-a006649127e371903a2de979",
            "start_time":1.0,"end_time":2.0,"subsegments":[
            {"name":"orders","namespace":"remote","id":"63995c3f42cd8ad8","start_time":1.1,"end_time":1.2}]}"#;
        let document = xray_sdk::document::Document::parse(document).expect("a document");
        let graph = ServiceGraph::of(&Trace::assemble([document]));
        let written = serde_json::to_value(&graph).expect("can be written");
        let read: ServiceGraph = serde_json::from_value(written).expect("can be read");
        assert_eq!(read, graph);
    }

    #[test]
    fn numbers_of_other_servers_are_made_places() {
        let service = |number: u32, called: u32| -> Value {
            json!({"ReferenceId": number, "Name": "a", "State": "strange", "StartTime": 1, "EndTime": 2,
                "Edges": [{"ReferenceId": called, "StartTime": 1, "EndTime": 2, "EdgeType": "new"}]})
        };
        let graph: ServiceGraph =
            serde_json::from_value(json!([service(7, 9), service(9, 1)])).expect("can be read");
        let edges: Vec<_> = graph
            .edges()
            .map(|(from, to)| (from.reference_id, to.reference_id))
            .collect();
        assert_eq!(edges, [(0, 1)]);
    }
}
