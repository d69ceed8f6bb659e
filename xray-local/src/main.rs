//! The program `xray-local`: the library of the same name with a command line.

#![forbid(unsafe_code)]

mod commands;

use std::process::ExitCode;

use commands::CommandLine;

fn main() -> ExitCode {
    let exit = CommandLine::read().map_or_else(|exit| exit, CommandLine::run);
    exit.into()
}
