//! What variables say in place of options: nothing where they are empty, and nothing against what was typed.

use std::ffi::{OsStr, OsString};

use clap::builder::Resettable;
use clap::{Arg, Command};

/// The command with those variables left out that count for nothing. Their values stand in no help: they may be secret.
pub(super) fn heard(command: Command, typed: &[OsString]) -> Command {
    let are_against = |one: &Arg, other: &Arg| {
        let against = command.get_arg_conflicts_with(one);
        against.iter().any(|arg| arg.get_id() == other.get_id())
    };
    let counts = |arg: &Arg, value: OsString| {
        let mut typed = command.get_arguments().filter(|arg| is_typed(arg, typed));
        !value.is_empty() && !typed.any(|typed| are_against(typed, arg) || are_against(arg, typed))
    };
    // One that is not set stays, for the help to name it.
    let unheard: Vec<_> = command
        .get_arguments()
        .filter(|arg| {
            let value = arg.get_env().and_then(std::env::var_os);
            value.is_some_and(|value| !counts(arg, value))
        })
        .map(|arg| arg.get_id().clone())
        .collect();
    command
        .mut_args(|arg| {
            let arg = arg.hide_env_values(true);
            match unheard.contains(arg.get_id()) {
                true => arg.env(Resettable::Reset),
                false => arg,
            }
        })
        .mut_subcommands(|command| heard(command, typed))
}

fn is_typed(arg: &Arg, typed: &[OsString]) -> bool {
    let Some(name) = arg.get_long() else {
        return false;
    };
    typed
        .iter()
        .filter_map(|word| OsStr::to_str(word))
        .any(|word| {
            let rest = word
                .strip_prefix("--")
                .and_then(|word| word.strip_prefix(name));
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('='))
        })
}
