//! `licenses`: under which terms this program stands, and what is in it of others.

use clap::Args;

use super::{Exit, Failure, output};

const EXAMPLES: &str = "\
Examples:
  xray-local licenses | less
  xray-local licenses > LICENSES.txt

";

/// Write the licences of this program and of the page's parts, as their authors wrote them
#[derive(Debug, Args)]
#[command(before_help = EXAMPLES)]
pub(super) struct Licenses {}

const PARTS: &[(&str, &str)] = &[
    (
        "xray-local is licensed under the MIT licence or the Apache License, Version 2.0, at your choice.",
        "",
    ),
    ("The MIT licence", include_str!("../../LICENSE-MIT")),
    ("The Apache License", include_str!("../../LICENSE-APACHE")),
    ("In the page", include_str!("../../viewer/vendor/LICENSES")),
    (
        "In the program",
        "The Rust crates that it is built from are listed, each with its licence, by: cargo tree -p xray-local -e normal --prefix none -f '{p} {l}'\n",
    ),
];

impl Licenses {
    pub(super) fn run(self) -> Result<Exit, Failure> {
        let parts = PARTS
            .iter()
            .map(|(name, text)| format!("# {name}\n\n{text}\n"));
        output::bytes(parts.collect::<String>().as_bytes())?;
        Ok(Exit::Ok)
    }
}
