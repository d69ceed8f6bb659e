//! The command line. One file a command; beside them what they share: the [`client`] that asks a server, [`output`], [`failure`].

mod amount;
mod assert;
mod client;
mod completions;
mod deliver;
mod doctor;
mod documents;
mod environment;
mod exit;
mod export;
mod failure;
mod groups;
mod health;
mod help;
mod import;
mod interrupt;
mod licenses;
mod man;
mod map;
mod output;
mod progress;
mod range;
mod reader;
mod replay;
mod run;
mod sampling;
mod secret;
mod selection;
mod send;
mod serve;
mod start;
mod state_folder;
mod stored;
mod summary;
mod table;
mod tail;
mod traces;
mod validate;

use std::env;
use std::ffi::OsString;

use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

use exit::EXIT_CODES;
pub(crate) use exit::Exit;
pub(crate) use failure::Failure;
use serve::Serve;

const EXAMPLES: &str = "\
Examples:
  xray-local                         receive and answer on 127.0.0.1:2000
  xray-local --bind 127.0.0.1:3000   the same on another port

";

/// AWS X-Ray on this machine: receives segments over UDP as the X-Ray daemon does, keeps them, and answers the X-Ray API.
///
/// Without a command it does just that, until it is told to end. The commands ask a server that runs, but for `run`, which starts one of its own.
#[derive(Debug, Parser)]
#[command(
    name = "xray-local",
    version,
    before_help = EXAMPLES,
    after_help = EXIT_CODES,
    args_conflicts_with_subcommands = true,
    disable_help_subcommand = true
)]
pub(crate) struct CommandLine {
    #[command(subcommand)]
    command: Option<Command>,

    #[command(flatten)]
    serve: Serve,
}

#[derive(Debug, Subcommand)]
enum Command {
    Run(run::Run),
    Tail(tail::Tail),
    Traces(traces::Traces),
    Map(map::Map),
    Assert(assert::Assert),
    Send(send::Send),
    Replay(replay::Replay),
    Export(export::Export),
    Import(import::Import),
    Sampling(sampling::Sampling),
    Groups(groups::Groups),
    Health(health::Health),
    Doctor(doctor::Doctor),
    Validate(validate::Validate),
    Completions(completions::Completions),
    Help(help::Help),
    Man(man::Man),
    Licenses(licenses::Licenses),
}

impl CommandLine {
    /// What was typed, and what the environment says beside. Where that makes no sense, or asks for help, it is told; then this is
    /// what to exit with.
    pub(crate) fn read() -> Result<Self, Exit> {
        Self::of(env::args_os().collect())
    }

    fn of(typed: Vec<OsString>) -> Result<Self, Exit> {
        let command = environment::heard(Self::command(), typed.get(1..).unwrap_or_default());
        let command = wrapped(command, output::columns());
        let matches = command.try_get_matches_from(typed);
        let read = matches.and_then(|matches| Self::from_arg_matches(&matches));
        read.map_err(|error| {
            let told = error.print();
            match (error.use_stderr(), told) {
                (true, _) => Exit::Usage,
                (false, Ok(())) => Exit::Ok,
                (false, Err(error)) => Failure::from(error).tell(),
            }
        })
    }

    pub(crate) fn run(self) -> Exit {
        let done = match self.command {
            None => self.serve.run(),
            Some(command) => command.run(),
        };
        done.unwrap_or_else(Failure::tell)
    }
}

/// The command with its help in so many columns. By itself clap asks a terminal first.
fn wrapped(command: clap::Command, columns: Option<usize>) -> clap::Command {
    match columns {
        Some(columns) => command.term_width(columns),
        None => command,
    }
}

impl Command {
    fn run(self) -> Result<Exit, Failure> {
        // The program that it runs is to hear it, and to end as it likes.
        if !matches!(self, Self::Run(_)) {
            interrupt::exit_on_interrupt();
        }
        match self {
            Self::Run(run) => run.run(),
            Self::Tail(tail) => tail.run(),
            Self::Traces(traces) => traces.run(),
            Self::Map(map) => map.run(),
            Self::Assert(assert) => assert.run(),
            Self::Send(send) => send.run(),
            Self::Replay(replay) => replay.run(),
            Self::Export(export) => export.run(),
            Self::Import(import) => import.run(),
            Self::Sampling(sampling) => sampling.run(),
            Self::Groups(groups) => groups.run(),
            Self::Health(health) => health.run(),
            Self::Doctor(doctor) => doctor.run(),
            Self::Validate(validate) => validate.run(),
            Self::Completions(completions) => completions.run(),
            Self::Help(help) => Ok(help.run()),
            Self::Man(man) => man.run(),
            Self::Licenses(licenses) => licenses.run(),
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        CommandLine::command().debug_assert();
    }

    #[test]
    fn help_stands_in_as_many_columns_as_are_asked_for() {
        let widest = |columns| {
            let mut command = wrapped(CommandLine::command(), columns);
            command.build();
            let command = command.find_subcommand_mut("map").expect("is there");
            let help = command.render_long_help().to_string();
            let (_, options) = help.split_once("Options:").expect("has some");
            let lines = options.lines().map(|line| line.chars().count());
            lines.max().expect("has some")
        };
        assert!((41..=60).contains(&widest(Some(60))));
        assert!((61..=90).contains(&widest(Some(90))));
    }

    #[test]
    fn the_help_of_every_command_begins_with_two_examples() {
        fn check(command: &clap::Command) {
            let help = command.clone().render_help().to_string();
            let examples = help.strip_prefix("Examples:\n");
            let examples = examples.unwrap_or_else(|| panic!("{}: {help}", command.get_name()));
            let count = examples
                .lines()
                .take_while(|line| line.starts_with("  xray-local"))
                .count();
            assert_eq!(count, 2, "{}: {help}", command.get_name());
            command.get_subcommands().for_each(check);
        }
        check(&CommandLine::command());
    }
}
