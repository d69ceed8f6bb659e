//! How a page of traces was found.

use std::fmt;

use serde::Serialize;

use crate::amount::count_text;
use crate::filter::Filter;
use crate::filter::expression::Expression;

/// How a page of traces was found: what was searched, which conditions were looked up, and how many traces had to be read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
#[non_exhaustive]
pub struct Explanation {
    /// The filter, as it was understood. Empty when there was none.
    pub filter: String,
    /// All traces of the index.
    pub traces: usize,
    /// The memory that the index takes, in bytes.
    pub bytes: usize,
    /// The blocks of traces that the index consists of.
    pub blocks: usize,
    /// Those that were looked into. The others lie outside of the time, or behind the end of the page, or have nothing that is meant.
    pub blocks_searched: usize,
    /// The conditions that were looked up, in their order.
    pub terms: Vec<ExplainedTerm>,
    /// The traces in the blocks searched that the index found.
    pub candidates: usize,
    /// Those among them that had to be held against their documents, for they are too large for the index.
    pub doubtful: usize,
    /// Traces of which the documents were read.
    pub traces_read: usize,
    /// The traces on the page.
    pub found: usize,
}

/// A condition that was looked up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
#[non_exhaustive]
pub struct ExplainedTerm {
    /// The condition.
    pub term: String,
    /// The blocks in which it was looked up; in the others something else had left no trace.
    pub blocks: usize,
    /// The traces of those blocks for which it holds.
    pub traces: usize,
}

impl Explanation {
    /// Of a search that is still to be made.
    pub(crate) fn of(filter: Option<&Filter>) -> Self {
        Self {
            filter: filter.map(ToString::to_string).unwrap_or_default(),
            ..Self::default()
        }
    }

    pub(super) fn term(&mut self, condition: &Expression, traces: usize) {
        let text = condition.to_string();
        let known = self.terms.iter_mut().find(|known| known.term == text);
        match known {
            Some(known) => {
                known.blocks += 1;
                known.traces += traces;
            }
            None => self.terms.push(ExplainedTerm {
                term: text,
                blocks: 1,
                traces,
            }),
        }
    }
}

fn traces(number: usize) -> String {
    count_text(number as u64, "trace", "traces")
}

fn blocks(number: usize) -> String {
    count_text(number as u64, "block", "blocks")
}

/// As lines of text.
impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.filter.as_str() {
            "" => writeln!(f, "filter      none")?,
            filter => writeln!(f, "filter      {filter}")?,
        }
        writeln!(
            f,
            "index       {}, {}, in {}, {} searched",
            traces(self.traces),
            count_text(self.bytes as u64, "byte", "bytes"),
            blocks(self.blocks),
            self.blocks_searched
        )?;
        for term in &self.terms {
            writeln!(
                f,
                "  {}: {} in {}",
                term.term,
                traces(term.traces),
                blocks(term.blocks)
            )?;
        }
        writeln!(
            f,
            "candidates  {}, {} of them too large for the index",
            self.candidates, self.doubtful
        )?;
        writeln!(f, "read        {}", traces(self.traces_read))?;
        write!(f, "found       {}", self.found)
    }
}
