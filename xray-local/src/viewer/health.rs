//! How the server itself does: what comes in, what waits, what is kept, and what was lost.

use serde::Serialize;
use xray_daemon::LiveCounts;

use crate::control::Control;
use crate::ledger::Told;
use crate::store::{Gauge, QueueLevel, Store};
use crate::telemetry::Totals;

/// The way in over UDP, to be looked at.
#[derive(Clone)]
pub(crate) struct Inflow {
    pub(crate) received: LiveCounts,
    pub(crate) queue: Gauge,
}

/// The health of one server.
#[derive(Debug, PartialEq, Serialize)]
pub(crate) struct Health {
    version: &'static str,
    /// The server's time, in seconds since 1970.
    now: f64,
    datagrams: Datagrams,
    queue: QueueLevel,
    connections: ConnectionCounts,
    store: StoreHealth,
    /// What became of the documents of each service.
    services: Vec<Told>,
    daemons: Vec<Daemon>,
}

/// What became of connections over TCP so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct ConnectionCounts {
    /// Those that are open, streams among them.
    pub(crate) open: usize,
    pub(crate) streams: usize,
    /// Closed while they had the server wait, to make room for others.
    pub(crate) closed: u64,
    /// Turned away with a ThrottledException, for there was no room.
    pub(crate) refused: u64,
}

/// What became of the datagrams that came over UDP.
#[derive(Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Datagrams {
    received: u64,
    accepted: u64,
    missing_document: u64,
    invalid_header: u64,
    /// The queue had no room.
    refused: u64,
    /// The kernel dropped them.
    overrun: u64,
    socket_errors: u64,
}

/// What became of the documents that came, over UDP or the API.
#[derive(Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
struct StoreHealth {
    stored: u64,
    rejected: u64,
    unwritten: u64,
    evicted_traces: u64,
    removed_traces: u64,
    traces: usize,
    /// Traces that the index does not know yet.
    unsettled: usize,
    bytes: u64,
    most_bytes: u64,
    /// None where only bytes limit them.
    #[serde(skip_serializing_if = "Option::is_none")]
    most_traces: Option<usize>,
    /// In seconds.
    most_age: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    encryption_key: Option<String>,
    /// What is wrong with the disk, and what to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    trouble: Option<String>,
}

/// What a daemon that sends here reported of itself.
#[derive(Debug, PartialEq, Serialize)]
struct Daemon {
    name: String,
    #[serde(flatten)]
    totals: Totals,
}

impl Health {
    pub(crate) fn of(
        store: &Store,
        control: &Control,
        inflow: &Inflow,
        connections: ConnectionCounts,
    ) -> Self {
        let daemon = |(name, totals)| Daemon { name, totals };
        Self {
            version: env!("CARGO_PKG_VERSION"),
            now: control.now(),
            datagrams: Datagrams::of(&inflow.received),
            queue: inflow.queue.level(),
            connections,
            store: StoreHealth::of(store),
            services: store.ledger(|ledger| ledger.told()),
            daemons: control.telemetry(|telemetry| telemetry.daemons().map(daemon).collect()),
        }
    }
}

impl Datagrams {
    fn of(received: &LiveCounts) -> Self {
        let counts = received.now();
        Self {
            received: counts.received,
            accepted: counts.accepted,
            missing_document: counts.missing_document,
            invalid_header: counts.invalid_header,
            refused: counts.refused,
            overrun: counts.overrun,
            socket_errors: counts.socket_errors,
        }
    }
}

impl StoreHealth {
    fn of(store: &Store) -> Self {
        let counts = store.counts();
        let limits = store.limits();
        Self {
            stored: counts.stored,
            rejected: counts.rejected,
            unwritten: counts.unwritten,
            evicted_traces: counts.evicted_traces,
            removed_traces: counts.removed_traces,
            traces: counts.traces,
            unsettled: store.unsettled(),
            bytes: counts.bytes,
            most_bytes: limits.bytes,
            most_traces: Some(limits.traces).filter(|traces| *traces < usize::MAX),
            most_age: limits.age.as_secs(),
            encryption_key: store.encryption_key().map(str::to_owned),
            trouble: store.trouble(),
        }
    }
}
