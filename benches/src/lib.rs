//! What tracing costs, measured: `cargo run --release --bin overhead` prints the whole table.
//!
//! `work.rs` has the request that is traced, `questions.rs` what is asked. A recorder that is to have an answer implements `Contender` and
//! is named in the question's entries: this one in `ours/`, the floor in `floor/`, others in `peers/`. `burst.rs` measures one of them,
//! `comparison.rs` puts the turns of all together, `guard/` holds allocations and instructions to what was committed.

mod affinity;
mod allocation;
mod burst;
mod clock;
mod comparison;
mod contender;
mod decision;
mod delivery;
mod emitting;
mod floor;
mod gauge;
mod guard;
mod id;
mod json;
mod layer;
mod machine;
mod options;
mod ours;
#[cfg(feature = "peers")]
mod peers;
mod plot;
mod poll;
mod process;
mod question;
mod questions;
mod readme;
mod row;
mod serialising;
#[cfg(feature = "peers")]
mod server;
mod sink;
#[cfg(feature = "peers")]
mod starting;
mod statistic;
mod table;
mod threads;
mod turn;
mod work;

use std::env;
use std::error::Error;
use std::fs;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Instant;

use clap::Parser as _;

use crate::comparison::Comparison;
use crate::contender::Entry;
use crate::gauge::Quiet;
use crate::options::Options;
use crate::question::Question;
use crate::questions::QUESTIONS;
use crate::row::Row;
use crate::sink::Sink;

/// Does what the command line says, and prints it.
pub fn run() -> ExitCode {
    let options = Options::parse();
    let done = if let Some(name) = &options.turn {
        match options.guarded {
            true => guard::record(name),
            false => take_turn(name, options.sink),
        }
    } else if let Some(file) = &options.check {
        guard::check(file)
    } else if let Some(file) = &options.expect {
        guard::expect(file)
    } else if options.memory {
        guard::check_memory()
    } else if options.delivery {
        delivery::run()
    } else if options.ask {
        ask()
    } else {
        compare(&options)
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("overhead: {error}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(feature = "peers")]
use server::ask;

/// There is no server to be asked in this build.
#[cfg(not(feature = "peers"))]
fn ask() -> Result<(), Box<dyn Error>> {
    Err("the servers are left out of this build".into())
}

/// Measures one contender in this process, and prints its figures for the process that asked.
fn take_turn(name: &str, sink: Option<SocketAddr>) -> Result<(), Box<dyn Error>> {
    let (question, entry) = questions::find(name)?;
    let sink = match sink {
        Some(address) => address,
        None => Sink::open()?.address(),
    };
    let turn = burst::take(entry, question.burst, sink)?;
    println!("{}", serde_json::to_string(&turn)?);
    Ok(())
}

/// Measures all contenders that are asked for, and prints the tables.
fn compare(options: &Options) -> Result<(), Box<dyn Error>> {
    let name = options.only.as_deref();
    let asked: Vec<(&'static Question, Vec<&'static Entry>)> = QUESTIONS
        .iter()
        .map(|question| (question, question.chosen(name)))
        .filter(|(_, entries)| !entries.is_empty())
        .collect();
    if let (true, Some(name)) = (asked.is_empty(), name) {
        return Err(questions::unknown(name).into());
    }
    let arguments: Vec<_> = env::args().skip(1).collect();
    let head = machine::describe(&arguments);
    println!("{head}\n\n{}", table::LEGEND);
    let start = Instant::now();
    let sink = Sink::open()?;
    let (mut quiet, mut answers) = (Quiet::new(), Vec::new());
    for (number, (question, entries)) in (1..).zip(asked) {
        let take = |entry: &Entry| quiet.take(|| process::take_turn(entry, sink.address()));
        let comparison = Comparison::run(question, entries, options.rounds, take)?;
        let rows = comparison.rows();
        print!("{}", table::text(number, question, &rows));
        answers.push((comparison.question(), rows));
    }
    let received = sink.end()?;
    println!(
        "measured in {} s; {received} datagrams were received, of those that were sent",
        start.elapsed().as_secs()
    );
    println!("{}", quiet.told());
    write(options, &head, &answers)
}

/// Writes the files that are asked for.
fn write(
    options: &Options,
    head: &str,
    answers: &[(&'static Question, Vec<Row>)],
) -> Result<(), Box<dyn Error>> {
    let save = |file: &std::path::Path, text: String| {
        fs::write(file, text).map_err(|error| format!("{}: {error}", file.display()))
    };
    if let Some(file) = &options.json {
        let rows: Vec<_> = answers.iter().flat_map(|(_, rows)| rows).collect();
        save(file, serde_json::to_string_pretty(&rows)? + "\n")?;
    }
    if let Some(file) = &options.svg {
        let rows: Vec<_> = answers.iter().flat_map(|(_, rows)| rows.clone()).collect();
        save(file, plot::svg(head, &rows))?;
    }
    if let Some(file) = &options.readme {
        let page =
            fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
        save(file, readme::filled(&page, head, answers)?)?;
    }
    Ok(())
}
