//! `map`: who calls whom.

use std::io::{self, Write};
use std::time::Duration;

use clap::Args;
use serde::{Deserialize, Serialize};
use xray_local::{EdgeType, Service, ServiceGraph, State, Statistics, map, map_dot, map_svg};
use xray_sdk::TraceId;

use super::client::{Address, Client};
use super::selection::now;
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
    /// Only traces that began within this time until now, as in 15m or 2h [default: all]
    #[arg(long, value_name = "TIME", value_parser = amount::time)]
    since: Option<Duration>,

    /// Only traces of this group
    #[arg(long, value_name = "NAME")]
    group: Option<String>,

    /// Only this trace; may be repeated
    #[arg(long, value_name = "ID", conflicts_with_all = ["since", "group"])]
    trace: Vec<TraceId>,

    #[command(flatten)]
    address: Address,

    /// Write a picture in SVG
    #[arg(long)]
    svg: bool,

    /// Write the language of Graphviz
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
    ok: u64,
    error: u64,
    throttle: u64,
    fault: u64,
    total: u64,
    /// In seconds; none where there was none.
    average_time: Option<f64>,
}

impl Map {
    pub(super) fn run(self) -> Result<Exit, Failure> {
        let client = self.address.client()?;
        let graph = self.graph(&client)?;
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
        Ok(Exit::Ok)
    }

    fn graph(&self, client: &Client) -> Result<ServiceGraph, Failure> {
        let output: Output = if self.trace.is_empty() {
            let now = now();
            let input = OfTime {
                start_time: self.since.map_or(0.0, |since| now - since.as_secs_f64()),
                end_time: now + super::selection::AHEAD,
                group_name: self.group.as_deref(),
            };
            client.call("/ServiceGraph", &input)?
        } else {
            let trace_ids = self.trace.iter().map(ToString::to_string).collect();
            client.call("/TraceGraph", &OfTraces { trace_ids })?
        };
        Ok(output.services)
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
            Cell::number(&counts.total),
            Cell::number(&counts.ok),
            Cell::number(&counts.error),
            Cell::number(&counts.throttle),
            Cell::number(&counts.fault),
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
        let total = statistics.total_count;
        Self {
            ok: statistics.ok_count,
            error: statistics.error_statistics.other_count,
            throttle: statistics.error_statistics.throttle_count,
            fault: statistics.fault_statistics.total_count,
            total,
            average_time: (total > 0).then(|| statistics.total_response_time / total as f64),
        }
    }
}
