//! Graphs of several times as one.

use std::collections::BTreeMap;

use super::{Edge, EdgeType, Service, ServiceGraph, State};
use crate::trace::ServiceId;

type Ends = (ServiceId, ServiceId, EdgeType);

impl ServiceGraph {
    /// The graph of all traces of several graphs, none of which is in more than one of them: AWS draws no more than six hours at once.
    ///
    /// ```
    /// use xray_local::ServiceGraph;
    /// use xray_sdk::document::{Document, Trace};
    ///
    /// let graph = |trace: u8| -> Result<_, xray_sdk::Error> {
    ///     let document = format!(
    ///         r#"{{"name":"front","id":"53995c3f42cd8ad8","trace_id":"1-581cf771-a006649127e371903a2de97{trace}","start_time":1,"end_time":2}}"#
    ///     );
    ///     Ok(ServiceGraph::of(&Trace::assemble([Document::parse(document.as_bytes())?])))
    /// };
    /// let merged = ServiceGraph::merged([graph(1)?, graph(2)?]);
    /// let front = merged.services().iter().find(|service| service.summary_statistics.is_some());
    /// assert_eq!(front.and_then(|front| front.summary_statistics).map(|sum| sum.total_count), Some(2));
    /// # Ok::<(), xray_sdk::Error>(())
    /// ```
    pub fn merged(graphs: impl IntoIterator<Item = Self>) -> Self {
        let mut nodes = BTreeMap::<ServiceId, Service>::new();
        let mut edges = BTreeMap::<Ends, Edge>::new();
        for Self { mut services } in graphs {
            let ids: Vec<_> = services.iter().map(|service| service.id.clone()).collect();
            for service in &mut services {
                for edge in std::mem::take(&mut service.edges) {
                    let Some(called) = ids.get(edge.reference_id) else {
                        continue;
                    };
                    let ends = (service.id.clone(), called.clone(), edge.edge_type);
                    match edges.get_mut(&ends) {
                        Some(known) => known.merge(&edge),
                        None => drop(edges.insert(ends, edge)),
                    }
                }
            }
            for service in services {
                match nodes.get_mut(&service.id) {
                    Some(known) => known.merge(&service),
                    None => drop(nodes.insert(service.id.clone(), service)),
                }
            }
        }
        let numbers: BTreeMap<_, _> = nodes.keys().cloned().zip(0..).collect();
        let mut services: Vec<_> = nodes.into_values().collect();
        for (number, service) in services.iter_mut().enumerate() {
            service.reference_id = number;
        }
        for ((caller, called, _), edge) in edges {
            let reference_id = numbers[&called];
            services[numbers[&caller]].edges.push(Edge {
                reference_id,
                ..edge
            });
        }
        Self { services }
    }
}

impl Service {
    /// Counts what was seen of the same service at another time.
    fn merge(&mut self, other: &Self) {
        self.root |= other.root;
        if other.state == State::Active {
            self.state = State::Active;
        }
        self.start_time = self.start_time.min(other.start_time);
        self.end_time = self.end_time.max(other.end_time);
        if let Some(statistics) = &other.summary_statistics {
            self.summary_statistics
                .get_or_insert_default()
                .merge(statistics);
        }
        self.duration_histogram.merge(&other.duration_histogram);
        self.response_time_histogram
            .merge(&other.response_time_histogram);
    }
}

impl Edge {
    fn merge(&mut self, other: &Self) {
        self.start_time = self.start_time.min(other.start_time);
        self.end_time = self.end_time.max(other.end_time);
        self.summary_statistics.merge(&other.summary_statistics);
        self.response_time_histogram
            .merge(&other.response_time_histogram);
        self.received_event_age_histogram
            .merge(&other.received_event_age_histogram);
    }
}

#[cfg(test)]
mod tests {
    use xray_sdk::document::{Document, Trace};

    use super::*;

    /// A trace of `front`, which calls a service at a time and takes a second.
    fn trace(number: u8, time: u32, called: &str) -> Trace {
        let end = time + 1;
        let json = format!(
            r#"{{"name":"front","id":"53995c3f42cd8ad8","trace_id":"1-581cf771-a006649127e371903a2de97{number}",
            "start_time":{time},"end_time":{end},"subsegments":[
            {{"name":"{called}","namespace":"remote","id":"63995c3f42cd8ad8","start_time":{time}.25,"end_time":{time}.5}}]}}"#
        );
        let document = Document::parse(json.as_bytes()).expect(&json);
        Trace::assemble([document]).remove(0)
    }

    #[test]
    fn several_graphs_are_as_the_graph_of_all() {
        let traces = [trace(1, 10, "b"), trace(2, 20, "a"), trace(3, 30, "b")];
        let single = traces.iter().map(|trace| ServiceGraph::of([trace]));
        assert_eq!(ServiceGraph::merged(single), ServiceGraph::of(&traces));
        assert_eq!(ServiceGraph::merged([]), ServiceGraph::default());
    }
}
