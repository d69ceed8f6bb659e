//! What every command has for who asks what it does: help, manuals, completions, licences.

use std::fs;

use super::*;

pub(super) const COMMANDS: &[&[&str]] = &[
    &["run"],
    &["tail"],
    &["traces"],
    &["traces", "ls"],
    &["traces", "get"],
    &["traces", "diff"],
    &["traces", "explain"],
    &["traces", "rm"],
    &["map"],
    &["assert"],
    &["send"],
    &["replay"],
    &["export"],
    &["import"],
    &["sampling"],
    &["sampling", "rules"],
    &["sampling", "explain"],
    &["groups"],
    &["groups", "ls"],
    &["groups", "create"],
    &["groups", "rm"],
    &["health"],
    &["help"],
    &["doctor"],
    &["validate"],
    &["completions"],
    &["man"],
    &["licenses"],
];

pub(super) fn run(arguments: &[&str]) -> Told {
    Told::of(
        program()
            .args(arguments)
            .output()
            .expect("the program starts"),
    )
}

#[test]
fn every_command_has_help_that_begins_with_examples_and_a_manual() {
    for command in COMMANDS {
        let help = run(&[command, &["--help"][..]].concat()).ok().data;
        assert!(help.starts_with("Examples:\n  xray-local "), "{help}");
        let manual = run(&[&["man"][..], command].concat()).ok().data;
        assert!(manual.contains(".TH"), "{command:?}: {manual}");
        let wrong = run(&[command, &["--no-such-option"][..]].concat());
        wrong.refused(2, "--no-such-option");
        assert_eq!(wrong.data, "");
    }
    run(&["man", "nonsense"]).refused(4, "there is no command \"nonsense\"");
    let manual = run(&["man", "traces", "get"]).ok().data;
    let source = concat!("\"xray-local ", env!("CARGO_PKG_VERSION"), "\"");
    assert!(
        manual
            .lines()
            .any(|line| line.starts_with(".TH") && line.contains(source)),
        "{manual}"
    );
}

#[test]
fn an_unknown_command_is_told_with_the_one_that_may_be_meant() {
    run(&["trace", "ls"]).refused(2, "'traces'");
    run(&["traces", "lst"]).refused(2, "'ls'");
    run(&["nonsense"]).refused(2, "--help");
}

#[test]
fn help_is_the_same_as_an_option_and_as_a_command() {
    for command in [&[][..], &["tail"], &["traces", "get"]] {
        let option = run(&[command, &["--help"]].concat()).ok();
        let asked = run(&[&["help"], command].concat()).ok();
        assert_eq!((asked.data, asked.talk), (option.data, option.talk));
    }
    run(&["help", "traces", "lst"]).refused(2, "'ls'");
}

#[test]
fn the_help_names_the_variables_that_are_heard() {
    let help = run(&["health", "--help"]).ok().data;
    let [first, second, third] = [
        "XRAY_LOCAL_ADDRESS",
        "AWS_ENDPOINT_URL_XRAY",
        "127.0.0.1:2000",
    ]
    .map(|place| {
        let options = help.find("--address <").expect("an option");
        help[options..].find(place).expect(place)
    });
    assert!(first < second && second < third, "{help}");
    let help = run(&["--help"]).ok().data;
    for variable in ["XRAY_LOCAL_BIND", "XRAY_LOCAL_DATA", "XRAY_LOCAL_KEYS"] {
        assert!(help.contains(&format!("[env: {variable}]")), "{help}");
    }
}

#[test]
fn a_variable_is_not_told_to_be_typed() {
    let mut command = program();
    let command = command.env("XRAY_LOCAL_ADDRESS", "127.0.0.1:1");
    let told = Told::of(command.args(["traces", "get"]).output().expect("it starts"));
    told.refused(2, "traces get <ID>...");
}

#[cfg(target_os = "linux")]
#[test]
fn help_that_finds_no_room_fails_as_all_that_is_written_does() {
    for arguments in [&["--help"][..], &["--version"], &["help"], &["licenses"]] {
        let full = fs::File::options().write(true).open("/dev/full");
        let mut command = program();
        let told = command
            .args(arguments)
            .stdout(full.expect("Linux has it"))
            .stderr(Stdio::piped())
            .output();
        Told::of(told.expect("starts")).refused(1, "cannot write to standard output");
    }
}

#[test]
fn every_shell_gets_completions() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = run(&["completions", shell]).ok().data;
        assert!(script.contains("sampling"), "{shell}");
    }
    run(&["completions", "csh"]).refused(2, "possible values");
}

#[test]
fn the_licences_of_all_parts_are_there() {
    let text = run(&["licenses"]).ok().data;
    for part in ["MIT", "Apache License", "Preact", "htm"] {
        assert!(text.contains(part), "{part}");
    }
}
