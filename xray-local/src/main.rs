//! The program `xray-local`: the library of the same name with a command line.

#![forbid(unsafe_code)]

mod commands;

use std::process::ExitCode;

use clap::Parser;

use commands::CommandLine;

fn main() -> ExitCode {
    CommandLine::parse().run().into()
}
