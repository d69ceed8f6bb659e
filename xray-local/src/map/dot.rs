//! A service graph in the language of Graphviz.

use super::{label, milliseconds, outcomes, word};
use crate::graph::EdgeType;
use crate::graph::ServiceGraph;
use crate::graph::Statistics;

/// Writes a service graph for Graphviz: `xray-local map --dot | dot -Tpng`. Calls are lines, what was handed on to another trace is dashed.
///
/// ```
/// let graph = xray_local::ServiceGraph::default();
/// assert_eq!(xray_local::map_dot(&graph), "digraph services {\n  rankdir=LR;\n  node [shape=box style=rounded];\n}\n");
/// ```
pub fn map_dot(graph: &ServiceGraph) -> String {
    let mut text =
        "digraph services {\n  rankdir=LR;\n  node [shape=box style=rounded];\n".to_owned();
    for service in graph.services() {
        let statistics = service.summary_statistics.as_ref();
        let lines = [
            label(graph, service),
            service.id.kind.clone(),
            statistics.map(told).unwrap_or_default(),
        ];
        let lines: Vec<_> = lines
            .iter()
            .filter(|line| !line.is_empty())
            .map(|line| quoted(line))
            .collect();
        text.push_str(&format!(
            "  {} [label=\"{}\" color={}];\n",
            service.reference_id,
            lines.join("\\n"),
            colour(statistics)
        ));
    }
    for service in graph.services() {
        for edge in &service.edges {
            let line = match edge.edge_type {
                EdgeType::Link => " style=dashed",
                _ => "",
            };
            text.push_str(&format!(
                "  {} -> {} [label=\"{}\" color={}{line}];\n",
                service.reference_id,
                edge.reference_id,
                quoted(&told(&edge.summary_statistics)),
                colour(Some(&edge.summary_statistics)),
            ));
        }
    }
    text.push_str("}\n");
    text
}

fn told(statistics: &Statistics) -> String {
    let time = milliseconds(statistics).map(|time| format!("{time:.0} ms"));
    let parts = [Some(outcomes(statistics)), time];
    let parts: Vec<_> = parts
        .into_iter()
        .flatten()
        .filter(|part| !part.is_empty())
        .collect();
    parts.join(", ")
}

fn colour(statistics: Option<&Statistics>) -> &'static str {
    match word(statistics) {
        "fault" => "red",
        "throttle" => "purple",
        "error" => "orange",
        "ok" => "darkgreen",
        _ => "gray",
    }
}

/// Text within quotes: nothing in it ends them, and nothing is an escape of Graphviz's.
fn quoted(text: &str) -> String {
    let text = crate::terminal::printable(text);
    text.replace('\\', "\\\\").replace('"', "\\\"")
}
