//! Which traces a command is about.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use clap::Args;
use serde::{Deserialize, Serialize};
use xray_local::Filter;

use super::client::Client;
use super::summary::Summary;
use super::{Failure, amount};

/// How far ahead a sender's clock may be for its traces to be seen.
pub(super) const AHEAD: f64 = 86_400.0;

/// A filter expression and a stretch of time.
#[derive(Clone, Debug, Default, Args)]
pub(super) struct Selection {
    /// Only traces that this filter expression means, as in 'service("api") { fault }'
    #[arg(value_name = "FILTER")]
    filter: Option<String>,

    /// Only traces that began within this time until now, as in 15m or 2h [default: all]
    #[arg(long, value_name = "TIME", value_parser = amount::time)]
    since: Option<Duration>,
}

/// What GetTraceSummaries is asked.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Input<'a> {
    start_time: f64,
    end_time: f64,
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

impl Selection {
    pub(super) fn of(filter: Option<String>, since: Option<Duration>) -> Self {
        Self { filter, since }
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
        let now = now();
        let mut next = None;
        loop {
            let input = Input {
                start_time: self.since.map_or(0.0, |since| now - since.as_secs_f64()),
                end_time: now + AHEAD,
                filter_expression: self.filter.as_deref(),
                next_token: next,
            };
            let page: Page = client.call("/TraceSummaries", &input)?;
            for summary in page.trace_summaries {
                if !wants_more(summary) {
                    return Ok(());
                }
            }
            next = page.next_token;
            if next.is_none() {
                return Ok(());
            }
        }
    }
}

/// Fails with a mark under the character at which a text stops being a filter.
pub(super) fn check_filter(text: &str) -> Result<(), Failure> {
    let Err(error) = Filter::parse(text) else {
        return Ok(());
    };
    let line = xray_local::printable(text);
    // Where blanks were put together the mark would stand elsewhere; then the column alone tells.
    let mark = match line == text {
        true => format!("\n  {line}\n  {:>column$}", "^", column = error.column()),
        false => String::new(),
    };
    Err(Failure::usage(
        format!("the filter makes no sense at {error}{mark}"),
        "Filters look like: fault, http.status = 500, responsetime > 0.2, annotation.order = \"7\", service(\"api\") { error }",
    ))
}

/// The seconds since 1970.
pub(super) fn now() -> f64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.unwrap_or_default().as_secs_f64()
}
