//! `tail`: traces as they come.

mod line;
mod live;
mod poll;

use clap::Args;

use super::client::Address;
use super::selection::Selection;
use super::summary::Summary;
use super::{Exit, Failure, amount, reader};
use line::Format;

const EXAMPLES: &str = "\
Examples:
  xray-local tail -f 'fault'            every trace that fails, as it comes
  xray-local tail --format json | jq .  all of them, a line of JSON each

";

/// Write a line for each trace as it comes, until Ctrl-C
#[derive(Debug, Args)]
#[command(before_help = EXAMPLES)]
pub(super) struct Tail {
    /// Only traces that this filter expression means
    #[arg(long, short, value_name = "FILTER")]
    filter: Option<String>,

    /// How lines are written
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,

    /// The same as --format json
    #[arg(long, conflicts_with = "format")]
    json: bool,

    /// How many of the traces that are there already are written first
    #[arg(long, short = 'n', value_name = "NUMBER", value_parser = amount::number, allow_negative_numbers = true, default_value_t = 10)]
    lines: usize,

    /// End after this many traces
    #[arg(long, value_name = "NUMBER", value_parser = amount::number, allow_negative_numbers = true)]
    count: Option<usize>,

    #[command(flatten)]
    address: Address,
}

impl Tail {
    pub(super) fn run(self) -> Result<Exit, Failure> {
        let selection = Selection::of(self.filter, None);
        selection.check()?;
        let client = self.address.client()?;
        let format = if self.json { Format::Json } else { self.format };
        let mut left = self.count.unwrap_or(usize::MAX);
        let is_live = client.is_ours()?;
        format.begin()?;
        let mut write = |summary: &Summary| {
            format.write(summary)?;
            left = left.saturating_sub(1);
            Ok(left > 0)
        };
        if self.count == Some(0) {
            return Ok(Exit::Ok);
        }
        reader::exit_when_it_leaves();
        match is_live {
            true => live::follow(&client, selection.filter(), self.lines, &mut write)?,
            false => poll::follow(&client, &selection, self.lines, &mut write)?,
        }
        Ok(Exit::Ok)
    }
}
