use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Parser;

/// Measures what tracing one request costs: a segment with five subsegments, an annotation on each, and metadata.
///
/// Every contender has one turn a round, in a process of its own, and each round begins with another one. Figures are medians
/// over the rounds, for one request. Times say little on a machine that others use; the ratios to the floor say more.
/// What background threads cost the request path depends on where the system puts them: with `taskset -c 0` before the command
/// all share one core, and what moving memory between cores costs is left out.
#[derive(Debug, Parser)]
#[command(version)]
pub(crate) struct Options {
    /// How many turns every contender has
    #[arg(long, value_name = "N", default_value_t = 41, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) rounds: u32,

    /// Write the figures to a file too, as a JSON list of objects
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,

    /// Measure only a contender, a variant, or one line as contender/variant; and the floor, for the ratios
    #[arg(long, value_name = "NAME")]
    pub(crate) only: Option<String>,

    /// Give one contender its turn in this process, and print what it cost as JSON: for profilers
    #[arg(long, value_name = "CONTENDER/VARIANT", conflicts_with_all = ["json", "only"])]
    pub(crate) turn: Option<String>,

    /// Where the turn's datagrams go, instead of a socket of this process
    #[arg(long, value_name = "ADDRESS", requires = "turn", hide = true)]
    pub(crate) sink: Option<SocketAddr>,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_options_are_consistent() {
        Options::command().debug_assert();
    }

    #[test]
    fn no_rounds_are_refused() {
        assert!(Options::try_parse_from(["overhead", "--rounds", "0"]).is_err());
    }
}
