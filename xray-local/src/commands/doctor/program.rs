//! The program whose traces are missing, as far as its environment tells.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::io::ErrorKind;

use crate::commands::{Exit, Failure};

/// The environment of a program.
#[derive(Debug, Default)]
pub(super) struct Program {
    variables: BTreeMap<String, String>,
}

impl Program {
    /// As the shell is in which this command was typed.
    pub(super) fn of_shell() -> Self {
        let text = |value: std::ffi::OsString| value.to_string_lossy().into_owned();
        let variables = env::vars_os().map(|(name, value)| (text(name), text(value)));
        Self {
            variables: variables.collect(),
        }
    }

    /// As a process was started, which Linux tells of one's own processes.
    pub(super) fn of_process(id: u32) -> Result<Self, Failure> {
        let file = format!("/proc/{id}/environ");
        let bytes = fs::read(&file).map_err(|error| {
            Failure::new(
                exit(error.kind()),
                format!("cannot read the environment of process {id}: {error}"),
                "Name a process of yours on this Linux machine, or give its variables: --program-env NAME=VALUE",
            )
        })?;
        let text = String::from_utf8_lossy(&bytes);
        let variables = text.split('\0').filter_map(|line| line.split_once('='));
        let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        Ok(Self {
            variables: variables.map(owned).collect(),
        })
    }

    /// With these variables only.
    pub(super) fn of_variables(variables: &[(String, String)]) -> Self {
        Self {
            variables: variables.iter().cloned().collect(),
        }
    }

    /// A variable; one that is empty is not set, as everywhere on AWS.
    pub(super) fn variable(&self, name: &str) -> Option<&str> {
        let value = self.variables.get(name)?.trim();
        Some(value).filter(|value| !value.is_empty())
    }

    /// All variables.
    pub(super) fn all(&self) -> impl Iterator<Item = (&String, &String)> {
        self.variables.iter()
    }

    /// Whether it is a function of AWS Lambda.
    pub(super) fn is_function(&self) -> bool {
        let names = ["LAMBDA_TASK_ROOT", "AWS_LAMBDA_FUNCTION_NAME"];
        names.iter().any(|name| self.variable(name).is_some())
    }
}

/// A process whose environment is kept from others is there all the same.
fn exit(kind: ErrorKind) -> Exit {
    match kind {
        ErrorKind::NotFound => Exit::NotFound,
        _ => Exit::Failed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_of_somebody_else_is_not_told_to_be_missing() {
        assert_eq!(exit(ErrorKind::NotFound), Exit::NotFound);
        assert_eq!(exit(ErrorKind::PermissionDenied), Exit::Failed);
    }
}
