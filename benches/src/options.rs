use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Parser;

/// Measures what tracing costs: a request with five subsegments, an annotation on each and metadata, and what belongs to it.
///
/// Every contender has one turn a round, in a process of its own, and each round begins with another one. Figures are medians
/// over the rounds. Times say little on a machine that others use; the ratios to the floor say more.
/// What background threads cost the request path depends on where the system puts them: with `taskset -c 0` before the command
/// all share one core, and what moving memory between cores costs is left out.
#[derive(Debug, Parser)]
#[command(version)]
pub(crate) struct Options {
    /// How many turns every contender has, instead of as many as fit into three minutes
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) rounds: Option<u32>,

    /// Write the figures to a file too, as a JSON list of objects
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,

    /// Draw the figures of a request
    #[arg(long, value_name = "FILE")]
    pub(crate) svg: Option<PathBuf>,

    /// Write the tables of the main questions into a Markdown page, between the lines `<!-- overhead -->` and `<!-- /overhead -->`
    #[arg(long, value_name = "FILE")]
    pub(crate) readme: Option<PathBuf>,

    /// Measure only one question, a contender, a variant, or one line as contender/variant; and what the ratio is to
    #[arg(long, value_name = "NAME")]
    pub(crate) only: Option<String>,

    /// Give one contender its turn in this process, and print what it cost as JSON: for profilers
    #[arg(long, value_name = "CONTENDER/VARIANT", conflicts_with_all = ["json", "svg", "readme", "only"])]
    pub(crate) turn: Option<String>,

    /// Where the turn's datagrams go, instead of a socket of this process
    #[arg(long, value_name = "ADDRESS", requires = "turn", hide = true)]
    pub(crate) sink: Option<SocketAddr>,

    /// Make the turn the same work each time, for valgrind
    #[arg(long, requires = "turn")]
    pub(crate) guarded: bool,

    /// Fail when a request costs more or less allocations, or 5 % more or less instructions, than this file says
    #[arg(long, value_name = "FILE", conflicts_with = "turn")]
    pub(crate) check: Option<PathBuf>,

    /// Write the file for --check
    #[arg(long, value_name = "FILE", conflicts_with_all = ["turn", "check"])]
    pub(crate) expect: Option<PathBuf>,

    /// Fail when valgrind's memcheck finds an error or a leak in what is checked
    #[arg(long, conflicts_with_all = ["turn", "check", "expect"])]
    pub(crate) memory: bool,

    /// Show what becomes of 100,000 segments at full speed, what a daemon takes, and how long recording one segment takes when daemons are
    /// dead or stuck: about a minute
    #[arg(long, conflicts_with_all = ["turn", "check", "expect", "memory", "json", "svg", "readme", "only"])]
    pub(crate) delivery: bool,

    /// Ask a server whose address is read, and receive documents: what the server's turn starts
    #[arg(long, hide = true)]
    pub(crate) ask: bool,

    /// What `cargo bench` says to every bench
    #[arg(long, hide = true)]
    bench: bool,
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
