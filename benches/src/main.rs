//! What tracing one request costs: `cargo run --release --bin overhead`.
//!
//! `work.rs` has the request. `floor.rs`, `ours/` and whatever stands beside them have the contenders: a new one implements
//! `Contender` and is named in [`ENTRIES`]. `turn.rs` measures one of them, `comparison.rs` puts the turns of all together.

mod allocation;
mod clock;
mod comparison;
mod contender;
mod floor;
mod id;
mod log;
mod machine;
mod options;
mod ours;
mod sink;
mod table;
mod turn;
mod work;

use std::env;
use std::error::Error;
use std::fs;
use std::net::SocketAddr;
use std::process::{Command, ExitCode, Stdio};

use clap::Parser as _;

use crate::comparison::Comparison;
use crate::contender::Entry;
use crate::options::Options;
use crate::sink::Sink;
use crate::turn::Turn;

/// All contenders, in the order of the table. The first is the floor that the others are measured by.
const ENTRIES: &[&[Entry]] = &[floor::ENTRIES, ours::ENTRIES];

fn main() -> ExitCode {
    let options = Options::parse();
    let done = match &options.turn {
        Some(name) => take_turn(name, options.sink),
        None => compare(&options),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("overhead: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Measures one contender in this process, and prints its figures for the process that asked.
fn take_turn(name: &str, sink: Option<SocketAddr>) -> Result<(), Box<dyn Error>> {
    let entry = entries()
        .find(|entry| entry.name() == name)
        .ok_or_else(|| unknown(name))?;
    let sink = match sink {
        Some(address) => address,
        None => Sink::open()?.address(),
    };
    println!("{}", serde_json::to_string(&Turn::take(entry, sink)?)?);
    Ok(())
}

/// Measures all contenders that are asked for, and prints the table.
fn compare(options: &Options) -> Result<(), Box<dyn Error>> {
    let entries = chosen(options.only.as_deref())?;
    let sink = Sink::open()?;
    let address = sink.address();
    let comparison = Comparison::run(&entries, options.rounds, |entry| turn_of(entry, address))?;
    let rows = comparison.rows();
    let arguments: Vec<_> = env::args().skip(1).collect();
    print!("{}", table::text(&machine::describe(&arguments), &rows));
    let received = sink.end()?;
    if comparison.sent() > 0 {
        println!(
            "UDP: {} documents sent, {received} of them received",
            comparison.sent()
        );
    }
    if let Some(file) = &options.json {
        fs::write(file, serde_json::to_string_pretty(&rows)? + "\n")
            .map_err(|error| format!("{}: {error}", file.display()))?;
    }
    Ok(())
}

/// The contenders that `name` means, and the floor before them; all without a name.
fn chosen(name: Option<&str>) -> Result<Vec<&'static Entry>, String> {
    let Some(name) = name else {
        return Ok(entries().collect());
    };
    if !entries().any(|entry| entry.is_called(name)) {
        return Err(unknown(name));
    }
    let floor = entries().take(1);
    let others = entries().skip(1).filter(|entry| entry.is_called(name));
    Ok(floor.chain(others).collect())
}

fn entries() -> impl Iterator<Item = &'static Entry> {
    ENTRIES.iter().copied().flatten()
}

fn unknown(name: &str) -> String {
    let names: Vec<_> = entries().map(Entry::name).collect();
    format!("no contender is called {name:?}: {}", names.join(", "))
}

/// Gives a contender its turn in a process of its own, which none of this SDK's variables reach.
fn turn_of(entry: &Entry, sink: SocketAddr) -> Result<Turn, String> {
    let name = entry.name();
    let failed = |error: &dyn Error| format!("the turn of {name}: {error}");
    let mut command = Command::new(env::current_exe().map_err(|error| failed(&error))?);
    command.args(["--turn", &name, "--sink", &sink.to_string()]);
    for (variable, _) in env::vars_os() {
        if variable.to_string_lossy().starts_with("AWS_XRAY_") {
            command.env_remove(variable);
        }
    }
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| failed(&error))?;
    if !output.status.success() {
        return Err(format!("the turn of {name}: {}", output.status));
    }
    serde_json::from_slice(&output.stdout).map_err(|error| failed(&error))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn the_floor_comes_first_and_always() {
        assert_eq!(
            names(chosen(Some("sampled-async"))),
            ["floor/sampled", "xray-sdk/sampled-async"]
        );
        assert_eq!(names(chosen(Some("floor"))), ["floor/sampled"]);
        assert_eq!(names(chosen(None))[0], "floor/sampled");
    }

    #[test]
    fn a_name_that_nobody_has_is_an_error_with_all_names() {
        let error = chosen(Some("fastest")).err().expect("nobody is");
        assert!(error.contains("xray-sdk/sampled-udp"), "{error}");
    }

    #[test]
    fn names_are_different() {
        let all: HashSet<_> = entries().map(Entry::name).collect();
        assert_eq!(all.len(), entries().count());
    }

    fn names(chosen: Result<Vec<&Entry>, String>) -> Vec<String> {
        let chosen = chosen.expect("somebody is called so");
        chosen.into_iter().map(Entry::name).collect()
    }
}
