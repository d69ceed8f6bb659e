use std::process;
use std::time::{Duration, Instant};

use serde::Serialize;

use crate::recorder::health::Health;

/// What a recorder tells a daemon of itself, where the environment says that the daemon wants to know: a document that is no segment.
pub(crate) struct Bulletin {
    service: String,
    told: Option<(Instant, Health)>,
}

/// How often it is told, where something has changed.
const INTERVAL: Duration = Duration::from_secs(5);
/// What a program was told of can be long; the latest fit into a datagram.
const NOTICES: usize = 20;
const NOTICE_CHARACTERS: usize = 500;

/// Where a recorder is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum State {
    Running,
    /// Nothing follows.
    Ended,
    /// Nothing follows, and something was still open.
    LeftOpen,
}

#[derive(Serialize)]
struct Document<'a> {
    xray_sdk_health: Content<'a>,
}

#[derive(Serialize)]
struct Content<'a> {
    service: &'a str,
    process: u32,
    version: &'static str,
    state: State,
    segments: u64,
    nodes: u64,
    unsampled: u64,
    unsampled_by_caller: u64,
    documents: u64,
    lost: &'a [(String, u64)],
    refused: u64,
    misplaced: u64,
    split: u64,
    trimmed: u64,
    repaired: u64,
    incomplete: u64,
    in_progress: u64,
    notices: Vec<String>,
}

impl Bulletin {
    pub(crate) fn new(service: &str) -> Self {
        Self {
            service: service.to_owned(),
            told: None,
        }
    }

    /// Whether it is time to look whether something has changed.
    pub(crate) fn is_due(&self) -> bool {
        self.told
            .as_ref()
            .is_none_or(|(at, _)| at.elapsed() >= INTERVAL)
    }

    /// The document, unless it would say what the last one did.
    pub(crate) fn document(&mut self, health: Health, state: State) -> Option<Vec<u8>> {
        let is_news = self.told.as_ref().is_none_or(|(_, last)| *last != health);
        let latest = health.notices.len().saturating_sub(NOTICES);
        let notices = health.notices[latest..].iter();
        let document = Document {
            xray_sdk_health: Content {
                service: &self.service,
                process: process::id(),
                version: env!("CARGO_PKG_VERSION"),
                state,
                segments: health.segments,
                nodes: health.nodes,
                unsampled: health.unsampled,
                unsampled_by_caller: health.unsampled_by_caller,
                documents: health.documents,
                lost: &health.lost,
                refused: health.refused,
                misplaced: health.misplaced,
                split: health.split,
                trimmed: health.trimmed,
                repaired: health.repaired,
                incomplete: health.incomplete,
                in_progress: health.in_progress,
                notices: notices
                    .map(|text| text.chars().take(NOTICE_CHARACTERS).collect())
                    .collect(),
            },
        };
        let written =
            (is_news || state != State::Running).then(|| serde_json::to_vec(&document).ok());
        self.told = Some((Instant::now(), health));
        written.flatten()
    }
}
