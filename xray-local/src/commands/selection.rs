//! Which traces a command is about.

use std::time::Duration;

use clap::Args;
use serde::{Deserialize, Serialize};
use unicode_width::UnicodeWidthStr as _;
use xray_local::{Filter, printable};

use super::client::Client;
use super::range::{OF_SUMMARIES, Range, ranges};
use super::summary::Summary;
use super::{Failure, amount};

/// A filter expression and a stretch of time.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct Selection {
    /// Only traces that this filter expression means, as in 'service("api") { fault }'
    #[arg(value_name = "FILTER")]
    filter: Option<String>,

    /// Only traces that began within this time, as in 15m or 2h [default: all]
    #[arg(long, value_name = "TIME", allow_hyphen_values = true, value_parser = amount::some_time)]
    since: Option<Duration>,
}

/// What GetTraceSummaries is asked.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Input<'a> {
    start_time: f64,
    end_time: f64,
    /// Which time of a trace counts: when it began, where nothing else is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    time_range_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    filter_expression: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Page {
    trace_summaries: Vec<Summary>,
    next_token: Option<String>,
}

/// How much of a range a visitor was shown.
enum Shown {
    All,
    /// It wanted no more. There may have been none.
    Enough {
        is_all: bool,
    },
}

impl Selection {
    pub(super) fn of(filter: Option<String>, since: Option<Duration>) -> Self {
        Self { filter, since }
    }

    pub(super) fn filter(&self) -> Option<&str> {
        self.filter.as_deref()
    }

    pub(super) fn since(&self) -> Option<Duration> {
        self.since
    }

    /// Fails when the filter is none: with the place in it.
    pub(super) fn check(&self) -> Result<(), Failure> {
        match &self.filter {
            Some(text) => check_filter(text),
            None => Ok(()),
        }
    }

    /// The traces that are meant, the newest first, up to a number of them.
    pub(super) fn summaries(&self, client: &Client, limit: usize) -> Result<Vec<Summary>, Failure> {
        let mut found = Vec::new();
        if limit == 0 {
            return Ok(found);
        }
        self.visit(client, |summary| {
            found.push(summary);
            found.len() < limit
        })?;
        Ok(found)
    }

    /// Shows the traces that are meant, the newest first, as long as the visitor wants more.
    pub(super) fn visit(
        &self,
        client: &Client,
        mut wants_more: impl FnMut(Summary) -> bool,
    ) -> Result<(), Failure> {
        self.pages(client, |page| page.into_iter().all(&mut wants_more))
            .map(drop)
    }

    /// The same by pages, as the server tells them. Returns whether those were all.
    pub(super) fn pages(
        &self,
        client: &Client,
        mut wants_more: impl FnMut(Vec<Summary>) -> bool,
    ) -> Result<bool, Failure> {
        let mut ranges = ranges(client, self.since, OF_SUMMARIES)?.into_iter();
        while let Some(range) = ranges.next() {
            match self.pages_of(client, range, None, &mut wants_more)? {
                Shown::All => {}
                Shown::Enough { is_all } => return Ok(is_all && ranges.len() == 0),
            }
        }
        Ok(true)
    }

    /// Shows the traces that went on at some time within a range that every server takes.
    pub(super) fn active(
        &self,
        client: &Client,
        range: Range,
        mut wants_more: impl FnMut(Summary) -> bool,
    ) -> Result<(), Failure> {
        let visit = |page: Vec<Summary>| page.into_iter().all(&mut wants_more);
        self.pages_of(client, range, Some("Event"), visit).map(drop)
    }

    fn pages_of(
        &self,
        client: &Client,
        range: Range,
        time_range_type: Option<&'static str>,
        mut wants_more: impl FnMut(Vec<Summary>) -> bool,
    ) -> Result<Shown, Failure> {
        let mut next_token = None;
        loop {
            let input = Input {
                start_time: range.start,
                end_time: range.end,
                time_range_type,
                filter_expression: self.filter.as_deref(),
                next_token,
            };
            let page: Page = client.call("/TraceSummaries", &input)?;
            next_token = page.next_token;
            let is_all = next_token.is_none();
            if !wants_more(page.trace_summaries) {
                return Ok(Shown::Enough { is_all });
            }
            if is_all {
                return Ok(Shown::All);
            }
        }
    }
}

/// Fails with a mark under the character at which a text stops being a filter.
pub(super) fn check_filter(text: &str) -> Result<(), Failure> {
    let Err(error) = Filter::parse(text) else {
        return Ok(());
    };
    let line = printable(text);
    // Where blanks were put together the mark would stand elsewhere; then the column alone tells.
    let mark = match line == text {
        true => format!(
            "\n  {line}\n  {}^",
            " ".repeat(indent(text, error.column()))
        ),
        false => String::new(),
    };
    Err(Failure::usage(
        format!("the filter makes no sense at {error}{mark}"),
        "Filters look like: fault, http.status = 500, responsetime > 0.2, annotation.order = \"7\", service(\"api\") { error }",
    ))
}

/// How many columns of a terminal stand before a character, which is counted from 1.
fn indent(text: &str, character: usize) -> usize {
    let before = text.char_indices().nth(character.saturating_sub(1));
    text[..before.map_or(text.len(), |(at, _)| at)].width()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_stands_under_its_character_also_behind_wide_ones() {
        assert_eq!(indent("a = b", 5), 4);
        assert_eq!(indent("中文 = ", 4), 5);
        assert_eq!(indent("e\u{301} = x", 3), 1, "an accent takes no room");
        assert_eq!(indent("ab", 3), 2);
        assert_eq!(indent("ab", 9), 2);
    }
}
