use xray_sdk::{TraceId, current};

use crate::call::Call;

/// How many queries of one connection are open at once at most: more only by pipelines that are given up again and again.
const MOST: usize = 64;

/// The queries of a connection that run, the oldest first. More than one where they are pipelined, and where one was given up: diesel tells that of
/// none. Empty while nothing is recorded.
#[derive(Default)]
pub(super) struct Open(Vec<Query>);

struct Query {
    text: String,
    trace: Option<TraceId>,
    /// None where it is not recorded.
    call: Option<Call>,
}

impl Open {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn begin(&mut self, text: String, call: Option<Call>) {
        if call.is_none() && self.0.is_empty() {
            return;
        }
        if self.0.len() == MOST {
            self.0.remove(0);
        }
        let trace = current().trace_id();
        self.0.push(Query { text, trace, call });
    }

    /// The call of a query that ended. It is the latest of its text, in the same trace if there is one: an earlier one was given up, for it would
    /// have ended first. So were all before it, but those of the same text: when these were pipelined they end, too.
    pub(super) fn end(&mut self, text: &str) -> Option<Call> {
        let trace = current().trace_id();
        let is_same = |query: &Query| query.text == text;
        let place = self
            .0
            .iter()
            .rposition(|query| is_same(query) && query.trace == trace);
        let place = place.or_else(|| self.0.iter().rposition(is_same))?;
        let call = self.0.remove(place).call;
        let mut before = 0..place;
        self.0
            .retain(|query| before.next().is_none() || is_same(query) && query.trace == trace);
        call
    }
}

/// The statement alone: diesel writes what is bound after it.
pub(super) fn text_of(query: &dyn std::fmt::Display) -> String {
    let mut text = query.to_string();
    if let Some(binds) = text.find(" -- binds: ") {
        text.truncate(binds);
    }
    text
}
