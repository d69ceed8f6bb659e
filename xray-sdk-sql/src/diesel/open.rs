use std::fmt::{self, Write as _};

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

/// The statement alone: diesel writes what is bound after it. Empty for a query that cannot be built, as an update of nothing: its text is an error.
pub(super) fn text_of(query: &dyn fmt::Display) -> String {
    let mut statement = Statement::default();
    let _ = write!(statement, "{query}");
    statement.0
}

/// Takes what is written up to what is bound. That is not even made into text: it may be long, and its `Debug` is the program's own.
#[derive(Default)]
struct Statement(String);

const BINDS: &str = " -- binds: ";

impl fmt::Write for Statement {
    fn write_str(&mut self, part: &str) -> fmt::Result {
        let before = self.0.len().saturating_sub(BINDS.len());
        let before = self.0.floor_char_boundary(before);
        self.0.push_str(part);
        let Some(place) = self.0[before..].find(BINDS) else {
            return Ok(());
        };
        self.0.truncate(before + place);
        Err(fmt::Error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Writes its parts, and then fails.
    struct Parts(&'static [&'static str]);

    impl fmt::Display for Parts {
        fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            self.0
                .iter()
                .try_for_each(|part| formatter.write_str(part))?;
            Err(fmt::Error)
        }
    }

    #[test]
    fn the_statement_is_taken_and_nothing_behind_it_is_written() {
        for (parts, expected) in [
            (&["SELECT 1", " -- binds: ", "[]"] as &[_], "SELECT 1"),
            (&["größe", " -- bi", "nds: S3cret"], "größe"),
            (&["ü -- binds: S3cret"], "ü"),
            (&["SELECT 1"], "SELECT 1"),
            (&[], ""),
        ] {
            assert_eq!(text_of(&Parts(parts)), expected);
        }
    }
}
