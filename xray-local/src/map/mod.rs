//! A service graph as text: arrows from the clients through the services. As a picture in [`svg`] and [`dot`].

mod dot;
mod svg;

use crate::graph::Service;
use crate::graph::ServiceGraph;
use crate::graph::Statistics;
use crate::terminal::printable;
pub use dot::map_dot;
pub use svg::map_svg;

/// How many arrows follow one another on a line before a map is cut off.
const DEEPEST: usize = 30;

const ARROW: &str = " -> ";

/// Draws a service graph. Each service shows whom it calls where it first appears; elsewhere there are three dots.
///
/// ```
/// use xray_local::{ServiceGraph, map};
/// use xray_sdk::document::{Document, Trace};
///
/// let document = br#"{"name":"front","id":"53995c3f42cd8ad8","trace_id":"1-581cf771-a006649127e371903a2de979",
///     "start_time":1.0,"end_time":2.0,"subsegments":[
///     {"name":"orders","namespace":"remote","id":"63995c3f42cd8ad8","start_time":1.1,"end_time":1.2},
///     {"name":"stock","namespace":"remote","id":"73995c3f42cd8ad8","start_time":1.3,"end_time":1.4}]}"#;
/// let traces = Trace::assemble([Document::parse(document)?]);
/// assert_eq!(map(&ServiceGraph::of(&traces)), "\
/// client -> front -> orders
///                 -> stock
/// ");
/// # Ok::<(), xray_sdk::Error>(())
/// ```
pub fn map(graph: &ServiceGraph) -> String {
    let mut drawing = Drawing {
        graph,
        is_drawn: vec![false; graph.services().len()],
    };
    let mut is_called = vec![false; graph.services().len()];
    for (_, called) in graph.edges() {
        is_called[called.reference_id] = true;
    }
    // Clients first, then whoever else nobody calls, then circles that nothing leads into.
    let first = (0..is_called.len()).filter(|number| !is_called[*number]);
    let rest = 0..is_called.len();
    let mut text = String::new();
    for number in first.chain(rest) {
        if !drawing.is_drawn[number] {
            for line in drawing.lines(number, 0, 0) {
                text.push_str(line.trim_end());
                text.push('\n');
            }
        }
    }
    text
}

struct Drawing<'a> {
    graph: &'a ServiceGraph,
    is_drawn: Vec<bool>,
}

impl Drawing<'_> {
    /// A service and those behind it. Its label is filled up to `width` when something follows it.
    fn lines(&mut self, number: usize, width: usize, depth: usize) -> Vec<String> {
        let label = self.label(number);
        let edges = &self.graph.services()[number].edges;
        if edges.is_empty() {
            self.is_drawn[number] = true;
            return vec![label];
        }
        let head = format!("{label:width$}{ARROW}");
        if self.is_drawn[number] || depth == DEEPEST {
            return vec![head + "..."];
        }
        self.is_drawn[number] = true;

        let called: Vec<_> = edges.iter().map(|edge| edge.reference_id).collect();
        let labels = called
            .iter()
            .map(|number| self.label(*number).chars().count());
        let widest = labels.max().unwrap_or(0);
        let below = called.into_iter().flat_map(|number| {
            let lines = self.lines(number, widest, depth + 1);
            let arrows = std::iter::once(ARROW).chain(std::iter::repeat("    "));
            arrows
                .zip(lines)
                .map(|(arrow, line)| format!("{arrow}{line}"))
                .collect::<Vec<_>>()
        });
        let margin = head.chars().count() - ARROW.len();
        let heads = std::iter::once(format!("{label:margin$}"))
            .chain(std::iter::repeat(" ".repeat(margin)));
        heads.zip(below).map(|(head, line)| head + &line).collect()
    }

    fn label(&self, number: usize) -> String {
        label(self.graph, &self.graph.services()[number])
    }
}

/// The name; with the type where another service has the same name. The clients are called just that.
fn label(graph: &ServiceGraph, service: &Service) -> String {
    let id = &service.id;
    if id.is_client() {
        return "client".to_owned();
    }
    let namesakes = graph
        .services()
        .iter()
        .filter(|other| other.id.name == id.name && !other.id.is_client());
    let name = printable(&id.name);
    match namesakes.count() {
        1 => name,
        _ => printable(&format!("{name} ({})", id.kind)),
    }
}

/// How requests ended, in a few words: the gravest first, and nothing of what did not happen.
fn outcomes(statistics: &Statistics) -> String {
    let counts = statistics.outcomes().by_gravity();
    let told: Vec<_> = counts
        .map(|(outcome, count)| format!("{count} {}", outcome.as_str()))
        .collect();
    told.join(", ")
}

/// The mean time of a request, in milliseconds; none where there was no request.
fn milliseconds(statistics: &Statistics) -> Option<f64> {
    statistics.average_time().map(|time| time * 1e3)
}

/// What the boldest of several colours stands for.
fn word(statistics: Option<&Statistics>) -> &'static str {
    let mut outcomes = statistics
        .into_iter()
        .flat_map(|statistics| statistics.outcomes().by_gravity());
    outcomes
        .next()
        .map_or("none", |(outcome, _)| outcome.as_str())
}
