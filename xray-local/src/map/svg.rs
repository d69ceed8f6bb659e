//! A service graph as a picture, laid out as on the page.

use super::{label, milliseconds, outcomes, word};
use crate::graph::{Calls, Cluster, Clusters, Layout, ServiceGraph};
use crate::terminal::{cut, printable};

/// Half of the room that the box of a service takes; the layout leaves more.
const HALF_WIDTH: f64 = 84.0;
const HALF_HEIGHT: f64 = 30.0;

/// So many letters fit into a box.
const LETTERS: usize = 22;

/// Outcomes have a word and a colour each, in light and dark.
const STYLE: &str = "\
text{font:12px sans-serif;fill:#1b1f24;text-anchor:middle}.small{font-size:10px;fill:#57606a}\
rect{fill:#fff;stroke-width:2}path{fill:none;stroke-width:1.5}.link{stroke-dasharray:5 4}\
.ok{stroke:#1a7f37}.error{stroke:#9a6700}.throttle{stroke:#8250df}.fault{stroke:#cf222e}.none{stroke:#8c959f}\
@media(prefers-color-scheme:dark){text{fill:#e6edf3}.small{fill:#9198a1}rect{fill:#161b22}\
.ok{stroke:#3fb950}.error{stroke:#d29922}.throttle{stroke:#a371f7}.fault{stroke:#f85149}}";

/// Draws a service graph as SVG, callers to the left of those whom they call. Each service tells its type, how its requests ended and their mean
/// time; what was handed on to another trace is dashed. Of more than 60 services those stand in one place that tell least apart, as on the page.
/// Nothing in it is fetched from elsewhere.
///
/// ```
/// let picture = xray_local::map_svg(&xray_local::ServiceGraph::default());
/// assert!(picture.starts_with("<svg "));
/// ```
pub fn map_svg(graph: &ServiceGraph) -> String {
    let clusters = Clusters::of(graph, &[]);
    let calls = clusters.calls();
    let layout = Layout::of(clusters.all.len(), calls.keys().copied());
    let (width, height) = (layout.width.max(1.0), layout.height.max(1.0));
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" role=\"img\" \
         aria-label=\"Service map\">\n<style>{STYLE}</style>\n\
         <defs><marker id=\"end\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerWidth=\"8\" markerHeight=\"8\" orient=\"auto\">\
         <path d=\"M0 0L8 4L0 8\" class=\"none\"/></marker></defs>\n"
    );
    for ((from, to), calls) in &calls {
        text.push_str(&line(calls, [*from, *to].map(|place| layout.places[place])));
    }
    for (cluster, place) in clusters.all.iter().zip(&layout.places) {
        text.push_str(&node(graph, cluster, *place));
    }
    text.push_str("</svg>\n");
    text
}

fn line(calls: &Calls, [(x, y), (to_x, to_y)]: [(f64, f64); 2]) -> String {
    let statistics = &calls.statistics;
    let link = if calls.is_link { " link" } else { "" };
    // Out on the right and in on the left; what leads back goes round below.
    let (from_x, end_x) = (x + HALF_WIDTH, to_x - HALF_WIDTH);
    let (bend, drop) = match end_x > from_x {
        true => ((end_x - from_x) / 2.0, 0.0),
        false => (60.0, 2.0 * HALF_HEIGHT),
    };
    let middle = ((from_x + end_x) / 2.0, (y + to_y) / 2.0 + drop * 0.75 - 4.0);
    format!(
        "<path class=\"{}{link}\" marker-end=\"url(#end)\" d=\"M{from_x} {y}C{} {} {} {} {end_x} {to_y}\"/>\n\
         <text class=\"small\" x=\"{}\" y=\"{}\">{}</text>\n",
        word(Some(statistics)),
        from_x + bend,
        y + drop,
        end_x - bend,
        to_y + drop,
        middle.0,
        middle.1,
        statistics.total_count,
    )
}

fn node(graph: &ServiceGraph, cluster: &Cluster<'_>, (x, y): (f64, f64)) -> String {
    let statistics = cluster.statistics();
    let statistics = statistics.as_ref();
    let labels = cluster.members.iter().map(|service| label(graph, service));
    let name = match cluster.only() {
        Some(service) => label(graph, service),
        None => cluster.name(),
    };
    let time = statistics
        .and_then(milliseconds)
        .map(|time| format!("{time:.0} ms"));
    let told = [statistics.map(outcomes), time];
    let told: Vec<_> = told
        .into_iter()
        .flatten()
        .filter(|part| !part.is_empty())
        .collect();
    format!(
        "<g><title>{}</title><rect class=\"{}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"8\"/>\
         <text x=\"{x}\" y=\"{}\">{}</text><text class=\"small\" x=\"{x}\" y=\"{}\">{}</text>\
         <text class=\"small\" x=\"{x}\" y=\"{}\">{}</text></g>\n",
        plain(&labels.collect::<Vec<_>>().join(", ")),
        word(statistics),
        x - HALF_WIDTH,
        y - HALF_HEIGHT,
        2.0 * HALF_WIDTH,
        2.0 * HALF_HEIGHT,
        y - 10.0,
        plain(&cut(&name, LETTERS)),
        y + 5.0,
        plain(&cut(cluster.kind(), LETTERS + 6)),
        y + 20.0,
        plain(&cut(&told.join(", "), LETTERS + 6)),
    )
}

/// Text that is nothing but text in XML.
fn plain(text: &str) -> String {
    let text = printable(text);
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
