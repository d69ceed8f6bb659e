//! What was seen, as numbers and as a picture.

use std::fmt;
use std::io::{IsTerminal as _, stdout};
use std::iter::{once, repeat};
use std::time::Duration;

use serde::Serialize;
use xray_local::{Service, Store, TimeRange, TimelineStyle, map, timeline};
use xray_sdk::Health;
use xray_sdk::document::Trace;

/// What a recorder tells of itself at the end.
pub(crate) struct Recorded {
    pub(crate) service: String,
    pub(crate) health: Health,
}

/// The numbers. Their names are those of `--json`.
#[derive(Serialize)]
pub(crate) struct Report {
    traces: u64,
    segments: u64,
    services: Vec<String>,
    /// Who calls whom, as pairs of names.
    edges: Vec<(String, String)>,
    /// What was recorded and did not arrive.
    lost: u64,
}

impl Report {
    /// What xray-local has received. Waits for what is still on its way, two seconds at most.
    pub(crate) fn received(recorded: &[Recorded], store: &Store) -> Report {
        let sent: u64 = recorded
            .iter()
            .map(|recorded| recorded.health.documents)
            .sum();
        store.wait_until(
            |store| store.counts().stored >= sent,
            Duration::from_secs(2),
        );
        let missing = sent.saturating_sub(store.counts().stored);
        let traces = store.traces();
        let graph = store.service_graph(&TimeRange::ALWAYS);
        let services = graph
            .services()
            .iter()
            .filter(|service| !service.id.is_client());
        Report {
            traces: traces.len() as u64,
            segments: traces
                .iter()
                .map(|trace| trace.segments().len() as u64)
                .sum(),
            services: services.map(name).collect(),
            edges: graph
                .edges()
                .map(|(caller, called)| (name(caller), name(called)))
                .collect(),
            lost: lost(recorded) + missing,
        }
    }

    /// What was sent to a daemon elsewhere. Who calls whom can be seen there.
    pub(crate) fn sent(recorded: &[Recorded]) -> Report {
        let segments = |recorded: &Recorded| recorded.health.segments;
        Report {
            // Each trace begins with a segment of the front, which comes first.
            traces: recorded.first().map_or(0, segments),
            segments: recorded.iter().map(segments).sum(),
            services: recorded
                .iter()
                .map(|recorded| recorded.service.clone())
                .collect(),
            edges: Vec::new(),
            lost: lost(recorded),
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Report {
            traces,
            segments,
            services,
            lost,
            ..
        } = self;
        let services = services.len();
        let seen =
            format!("{traces} traces, {segments} segments of {services} services, {lost} lost");
        f.write_str(&labelled("seen", &seen))
    }
}

fn lost(recorded: &[Recorded]) -> u64 {
    recorded
        .iter()
        .map(|recorded| recorded.health.lost_total())
        .sum()
}

fn name(service: &Service) -> String {
    match service.id.is_client() {
        true => "client".to_owned(),
        false => service.id.name.clone(),
    }
}

/// A timeline of the trace that has the most to tell, and the map of all services.
pub(crate) fn picture(store: &Store) -> String {
    let style = TimelineStyle {
        width: 100,
        colour: stdout().is_terminal(),
    };
    let telling = |trace: &Trace| {
        (
            trace.segments().len(),
            trace.duration().map(Duration::from_secs_f64),
        )
    };
    let traces = store.traces();
    let traces = traces.iter().max_by_key(|trace| telling(trace));
    let timeline = traces
        .map(|trace| timeline(trace, style))
        .unwrap_or_default();
    let map = map(&store.service_graph(&TimeRange::ALWAYS));
    format!("{timeline}\n{}", labelled("map", &map))
}

/// Lines of text with a label before the first.
pub(crate) fn labelled(label: &str, text: &str) -> String {
    let labels = once(label).chain(repeat(""));
    text.lines()
        .zip(labels)
        .map(|(line, label)| format!("{label:<6}{line}\n"))
        .collect()
}
