//! Turns in processes of their own.

use std::env;
use std::error::Error;
use std::net::SocketAddr;
use std::process::{Command, Stdio};

use crate::contender::Entry;
use crate::turn::Turn;

/// This program once more, for one entry: with the variables that it needs, and none that would change a recorder otherwise.
///
/// # Errors
///
/// When this program's file cannot be told.
pub(crate) fn again(before: &[&str], entry: &Entry) -> Result<Command, Box<dyn Error>> {
    let program = env::current_exe()?;
    let mut command = match before {
        [] => Command::new(program),
        [first, others @ ..] => {
            let mut command = Command::new(first);
            command.args(others).arg(program);
            command
        }
    };
    command.args(["--turn", &entry.name()]);
    for (variable, _) in env::vars_os() {
        let name = variable.to_string_lossy();
        if ["AWS_", "OTEL_", "_X_AMZN_"]
            .iter()
            .any(|prefix| name.starts_with(prefix))
        {
            command.env_remove(variable);
        }
    }
    command.envs(entry.variables.iter().copied());
    Ok(command)
}

/// Gives an entry its turn.
///
/// # Errors
///
/// When its process fails: with the entry's name.
pub(crate) fn take_turn(entry: &Entry, sink: SocketAddr) -> Result<Turn, String> {
    let turn = || -> Result<Turn, Box<dyn Error>> {
        let mut command = again(&[], entry)?;
        command.args(["--sink", &sink.to_string()]);
        let output = command.stderr(Stdio::inherit()).output()?;
        if !output.status.success() {
            return Err(output.status.to_string().into());
        }
        Ok(serde_json::from_slice(&output.stdout)?)
    };
    turn().map_err(|error| format!("the turn of {}: {error}", entry.name()))
}
