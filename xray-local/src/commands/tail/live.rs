//! Traces as they come, of an xray-local, which tells of each when it is complete.

use xray_local::count_text;

use crate::commands::client::{Client, query};
use crate::commands::summary::Summary;
use crate::commands::{Failure, output};

/// Shows what is there already, up to a number of traces, and then what comes, until the visitor has enough.
pub(super) fn follow(
    client: &Client,
    filter: Option<&str>,
    lines: usize,
    mut wants_more: impl FnMut(&Summary) -> Result<bool, Failure>,
) -> Result<(), Failure> {
    let lines = lines.to_string();
    let question = [("filter", filter.unwrap_or_default()), ("lines", &lines)];
    let mut events = client.events(&query("/local/tail", &question))?;
    loop {
        let event = events.next()?;
        if event.name == "missed" {
            let traces = count_text(event.data.parse().unwrap_or(0), "trace", "traces");
            output::talk(format_args!(
                "xray-local: {traces} came too fast to be written here; `xray-local traces ls` has them\n"
            ));
            continue;
        }
        let summary: Summary = events.read(&event)?;
        if !wants_more(&summary)? {
            return Ok(());
        }
    }
}
