//! All that is asked, in the order of the tables.

use crate::contender::Entry;
use crate::decision;
use crate::emitting;
use crate::floor;
use crate::layer;
use crate::ours;
#[cfg(feature = "peers")]
use crate::peers;
use crate::poll;
use crate::question::Question;
use crate::serialising;
#[cfg(feature = "peers")]
use crate::server;
#[cfg(feature = "peers")]
use crate::starting;
use crate::threads;

/// The questions. The names of their entries differ over all of them.
pub(crate) const QUESTIONS: &[Question] = &[
    Question {
        name: "request",
        text: "What does one traced request cost the thread that serves it?",
        unit: "request with five subsegments, handed over to a background that throws it away",
        // So few that a flush of ours writes them on the thread that recorded them, which is where the floor throws its logs away: what it
        // costs to get memory back from another core is asked by `sending`, of both.
        burst: 128,
        seconds: 40,
        more: &[],
        floor: "the sampled floor",
        is_headline: true,
        entries: REQUEST,
    },
    Question {
        name: "sending",
        text: "And with its document sent to a daemon on the same cores?",
        unit: "request with five subsegments, sent over UDP",
        burst: 256,
        seconds: 20,
        more: &[],
        floor: "the floor that sends",
        is_headline: true,
        entries: SENDING,
    },
    Question {
        name: "threads",
        text: "Do two threads record twice as much as one?",
        unit: "request on each of two threads; CPU is with their waiting for each other",
        burst: 0,
        seconds: 8,
        more: threads::MORE,
        floor: "the floor",
        is_headline: false,
        entries: THREADS,
    },
    Question {
        name: "poll",
        text: "What does a traced future cost each time it is polled?",
        unit: "poll",
        burst: 4096,
        seconds: 8,
        more: &[],
        floor: "a bare future",
        is_headline: false,
        entries: POLL,
    },
    Question {
        name: "decision",
        text: "What does one sampling decision cost?",
        unit: "decision",
        burst: 1024,
        seconds: 6,
        more: &[],
        floor: "one local rule",
        is_headline: false,
        entries: &[decision::LOCAL],
    },
    Question {
        name: "document",
        text: "What does it cost to write one document?",
        unit: "document of 1.8 kB",
        burst: 256,
        seconds: 6,
        more: &[],
        floor: "the floor",
        is_headline: false,
        entries: &[serialising::ENTRIES],
    },
    Question {
        name: "emit",
        text: "What does it cost to send one document?",
        unit: "document of 1.8 kB, over UDP on loopback",
        burst: 256,
        seconds: 6,
        more: &[],
        floor: "the floor",
        is_headline: false,
        entries: &[emitting::ENTRIES],
    },
    #[cfg(feature = "peers")]
    Question {
        name: "central-decision",
        text: "What does one sampling decision cost by X-Ray's rules?",
        unit: "decision",
        burst: 1024,
        seconds: 12,
        more: &[],
        floor: "one rule",
        is_headline: false,
        entries: &[decision::CENTRAL],
    },
    Question {
        name: "layer",
        text: "What does a server's layer do to one request, without sockets and framework?",
        unit: "request to a service that answers at once; making and dropping it included",
        burst: 128,
        seconds: 6,
        more: &[],
        floor: "no layer",
        is_headline: false,
        entries: &[layer::ENTRIES],
    },
    #[cfg(feature = "peers")]
    Question {
        name: "server",
        text: "What does a layer cost an axum server that answers hello?",
        unit: "request; the server and what it does in the background on one core, asked from another over 16 connections",
        burst: 0,
        seconds: 35,
        more: server::MORE,
        floor: "no layer",
        is_headline: true,
        entries: &[server::ENTRIES],
    },
    #[cfg(feature = "peers")]
    Question {
        name: "start",
        text: "What does it take to start, up to the first segment?",
        unit: "start",
        burst: 0,
        seconds: 6,
        more: starting::MORE,
        floor: "this SDK",
        is_headline: false,
        entries: &[starting::ENTRIES, starting::PEERS],
    },
];

#[cfg(feature = "peers")]
const REQUEST: &[&[Entry]] = &[
    floor::ENTRIES,
    ours::ENTRIES,
    peers::fastrace::ENTRIES,
    peers::opentelemetry::ENTRIES,
    peers::tracing::ENTRIES,
    peers::tracing_opentelemetry::ENTRIES,
    peers::xray_lite::ENTRIES,
];
#[cfg(feature = "peers")]
const SENDING: &[&[Entry]] = &[
    floor::SENDING,
    ours::SENDING,
    peers::fastrace::SENDING,
    peers::opentelemetry_aws::SENDING,
    peers::tracing_opentelemetry::SENDING,
    peers::xray_lite::SENDING,
];
#[cfg(feature = "peers")]
const THREADS: &[&[Entry]] = &[threads::ENTRIES, threads::PEERS];
#[cfg(feature = "peers")]
const POLL: &[&[Entry]] = &[poll::ENTRIES, poll::PEERS];

#[cfg(not(feature = "peers"))]
const REQUEST: &[&[Entry]] = &[floor::ENTRIES, ours::ENTRIES];
#[cfg(not(feature = "peers"))]
const SENDING: &[&[Entry]] = &[floor::SENDING, ours::SENDING];
#[cfg(not(feature = "peers"))]
const THREADS: &[&[Entry]] = &[threads::ENTRIES];
#[cfg(not(feature = "peers"))]
const POLL: &[&[Entry]] = &[poll::ENTRIES];

/// The question and entry of this name.
///
/// # Errors
///
/// When there is none: with all names.
pub(crate) fn find(name: &str) -> Result<(&'static Question, &'static Entry), String> {
    let all = QUESTIONS
        .iter()
        .flat_map(|question| question.entries().map(move |entry| (question, entry)));
    let mut all = all.filter(|(_, entry)| entry.name() == name);
    all.next().ok_or_else(|| unknown(name))
}

/// Says which names there are.
pub(crate) fn unknown(name: &str) -> String {
    let questions: Vec<_> = QUESTIONS.iter().map(|question| question.name).collect();
    let entries: Vec<_> = QUESTIONS
        .iter()
        .flat_map(Question::entries)
        .map(Entry::name)
        .collect();
    format!(
        "nothing is called {name:?}; questions: {}; contenders: {}",
        questions.join(", "),
        entries.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn names_are_different() {
        let all: Vec<_> = QUESTIONS
            .iter()
            .flat_map(Question::entries)
            .map(Entry::name)
            .collect();
        assert_eq!(all.iter().collect::<HashSet<_>>().len(), all.len());
    }

    #[test]
    fn a_name_that_nobody_has_is_an_error_with_all_names() {
        let error = find("fastest").expect_err("nobody is");
        assert!(error.contains("xray-sdk/sampled-udp"), "{error}");
    }
}
