//! `map`: who calls whom.

use std::io::{self, Write};
use std::time::Duration;

use clap::Args;
use serde::{Deserialize, Serialize};
use xray_local::{
    EdgeType, OutcomeCounts, Service, ServiceGraph, State, Statistics, map, map_dot, map_svg,
};
use xray_sdk::TraceId;

use super::client::{Address, Client};
use super::groups::group_not_found;
use super::progress::progress;
use super::range::{OF_GRAPHS, ranges};
use super::stored::{Stored, missing};
use super::table::{Cell, Table};
use super::{Exit, Failure, amount, output};

const EXAMPLES: &str = "\
Examples:
  xray-local map --since 1h          the services of the last hour, and who calls whom
  xray-local map --svg > map.svg     the same as a picture

";

/// Draw the service map: as text, or as a picture
#[derive(Debug, Args)]
#[command(before_help = EXAMPLES)]
pub(super) struct Map {
    /// Only traces that began within this time, as in 15m or 2h [default: all]
    #[arg(long, value_name = "TIME", allow_hyphen_values = true, value_parser = amount::some_time)]
    since: Option<Duration>,

    /// Only traces of this group
    #[arg(long, value_name = "NAME")]
    group: Option<String>,

    /// Only this trace; may be repeated
    #[arg(long, value_name = "ID", conflicts_with_all = ["since", "group"])]
    trace: Vec<TraceId>,

    #[command(flatten)]
    address: Address,

    /// Write a picture in SVG: of more than 60 services those stand in one place that tell least apart, as on the page
    #[arg(long)]
    svg: bool,

    /// Write the language of Graphviz, with every service
    #[arg(long, conflicts_with = "svg")]
    dot: bool,

    /// Write JSON
    #[arg(long, conflicts_with_all = ["svg", "dot"])]
    json: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct OfTime<'a> {
    start_time: f64,
    end_time: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    group_name: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct OfTraces {
    trace_ids: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Output {
    services: ServiceGraph,
}

#[derive(Serialize)]
struct Told {
    services: Vec<ToldService>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ToldService {
    /// Its place in the list, by which calls refer to it.
    number: usize,
    name: String,
    #[serde(rename = "type")]
    kind: String,
    is_root: bool,
    /// Whether it has sent segments itself.
    is_active: bool,
    /// None of clients, who serve nothing.
    requests: Option<Counts>,
    calls: Vec<Call>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Call {
    to: usize,
    /// Whether what was handed on led to another trace.
    is_link: bool,
    requests: Counts,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Counts {
    #[serde(flatten)]
    outcomes: OutcomeCounts,
    /// In seconds; none where there was none.
    average_time: Option<f64>,
}

impl Map {
    pub(super) fn run(self) -> Result<Exit, Failure> {
        let client = self.address.client()?;
        let known = self.known(&client)?;
        let graph = self.graph(&client, &known)?;
        if self.json {
            let services = graph.services().iter().map(ToldService::of).collect();
            output::json(&Told { services })?;
        } else if self.svg {
            output::bytes(map_svg(&graph).as_bytes())?;
        } else if self.dot {
            output::bytes(map_dot(&graph).as_bytes())?;
        } else if graph.services().is_empty() {
            output::talk(format_args!(
                "xray-local: no services; `xray-local health` tells what is stored\n"
            ));
        } else {
            write(&graph)?;
        }
        match known.missing.as_slice() {
            [] => Ok(Exit::Ok),
            ids => Err(missing(ids, &client)),
        }
    }

    /// Those of the traces that are there: a graph does not tell.
    fn known(&self, client: &Client) -> Result<Stored, Failure> {
        let known = Stored::get(client, &self.trace)?;
        match known.traces.is_empty() && !known.missing.is_empty() {
            true => Err(missing(&known.missing, client)),
            false => Ok(known),
        }
    }

    fn graph(&self, client: &Client, known: &Stored) -> Result<ServiceGraph, Failure> {
        if !self.trace.is_empty() {
            let ids = known.traces.iter().map(|trace| trace.id.to_string());
            let input = OfTraces {
                trace_ids: ids.collect(),
            };
            let output: Output = client.call("/TraceGraph", &input)?;
            return Ok(output.services);
        }
        let ranges = ranges(client, self.since, OF_GRAPHS)?;
        let bar = progress(ranges.len() as u64, "asking");
        let mut graphs = Vec::new();
        for range in ranges {
            let input = OfTime {
                start_time: range.start,
                end_time: range.end,
                group_name: self.group.as_deref(),
            };
            let output: Output = match (client.call("/ServiceGraph", &input), &self.group) {
                (Err(error), Some(name)) => return Err(group_not_found(client, name, error)),
                (answer, _) => answer?,
            };
            graphs.push(output.services);
            bar.inc(1);
        }
        bar.finish_and_clear();
        Ok(ServiceGraph::merged(graphs))
    }
}

fn write(graph: &ServiceGraph) -> io::Result<()> {
    let mut out = output::data();
    writeln!(out, "{}", map(graph))?;
    let mut table = Table::new(&[
        "SERVICE", "TYPE", "REQUESTS", "OK", "ERROR", "THROTTLE", "FAULT", "MEAN",
    ]);
    for service in graph.services() {
        let Some(statistics) = &service.summary_statistics else {
            continue;
        };
        let counts = Counts::of(statistics);
        table.row([
            Cell::text(&service.id.name),
            Cell::text(&service.id.kind),
            Cell::number(&counts.outcomes.total),
            Cell::number(&counts.outcomes.ok),
            Cell::number(&counts.outcomes.error),
            Cell::number(&counts.outcomes.throttle),
            Cell::number(&counts.outcomes.fault),
            Cell::number(
                &counts
                    .average_time
                    .map_or(String::new(), |time| amount::duration_text(Some(time))),
            ),
        ]);
    }
    table.write(&mut out, false)?;
    out.flush()
}

impl ToldService {
    fn of(service: &Service) -> Self {
        let calls = service.edges.iter().map(|edge| Call {
            to: edge.reference_id,
            is_link: edge.edge_type == EdgeType::Link,
            requests: Counts::of(&edge.summary_statistics),
        });
        Self {
            number: service.reference_id,
            name: service.id.name.clone(),
            kind: service.id.kind.clone(),
            is_root: service.root,
            is_active: service.state == State::Active,
            requests: service.summary_statistics.as_ref().map(Counts::of),
            calls: calls.collect(),
        }
    }
}

impl Counts {
    fn of(statistics: &Statistics) -> Self {
        Self {
            outcomes: statistics.outcomes(),
            average_time: statistics.average_time(),
        }
    }
}
