use std::fmt::Write as _;
use std::io::{IsTerminal as _, stdout};
use std::net::Ipv4Addr;
use std::time::Duration;

use xray_local::{Options, Server, ServiceGraph, TimeRange, TimelineStyle, map, timeline};
use xray_sdk::Recorder;
use xray_sdk::emitter::{DaemonAddress, UdpEmitter};
use xray_sdk::sampling::Always;

use crate::error::Error;

/// An xray-local on a free port, and the recorders that send to it.
pub struct Show {
    local: Server,
    recorders: Vec<Recorder>,
}

impl Show {
    /// Starts xray-local.
    ///
    /// # Errors
    ///
    /// When no port can be had.
    pub fn start() -> Result<Self, Error> {
        let anywhere = Options::default().bind((Ipv4Addr::LOCALHOST, 0).into());
        Ok(Self {
            local: Server::start(anywhere)?,
            recorders: Vec::new(),
        })
    }

    /// A recorder for the service `name`. A program of its own would call `Recorder::from_env`.
    ///
    /// # Errors
    ///
    /// When its thread cannot be started.
    pub fn recorder(&mut self, name: &str) -> Result<Recorder, Error> {
        let daemon = DaemonAddress::parse(&self.local.local_address().to_string())?;
        let recorder = Recorder::builder(name)
            .emitter(UdpEmitter::new(&daemon))
            .sampler(Always)
            .build()?;
        self.recorders.push(recorder.clone());
        Ok(recorder)
    }

    /// Waits until all that was recorded has arrived, and prints it: the timelines and the map, or with `--json` on the command line the nodes and
    /// edges of the map, and the number of traces.
    pub fn finish(self) {
        let mut sent = 0;
        for recorder in &self.recorders {
            recorder.shutdown(Duration::from_secs(5));
            sent += recorder.health().documents;
        }
        let store = self.local.store();
        store.wait_until(
            |store| store.counts().stored >= sent,
            Duration::from_secs(2),
        );
        let graph = store.service_graph(&TimeRange::ALWAYS);
        let traces = store.traces();
        if std::env::args().any(|argument| argument == "--json") {
            println!("{}", json(&graph, traces.len()));
            return;
        }
        let style = TimelineStyle {
            width: 100,
            colour: stdout().is_terminal(),
        };
        let mut text = String::new();
        for trace in &traces {
            let _ = writeln!(text, "{}", timeline(trace, style));
        }
        println!("{text}{}", map(&graph));
    }
}

fn json(graph: &ServiceGraph, traces: usize) -> serde_json::Value {
    let name = |service: &xray_local::Service| match service.id.is_client() {
        true => "client".to_owned(),
        false => service.id.name.clone(),
    };
    let nodes: Vec<_> = graph
        .services()
        .iter()
        .map(|service| (name(service), service.id.kind.clone()))
        .collect();
    let edges: Vec<_> = graph
        .edges()
        .map(|(caller, called)| (name(caller), name(called)))
        .collect();
    serde_json::json!({"traces": traces, "nodes": nodes, "edges": edges})
}
