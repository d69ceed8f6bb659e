//! The program as a process of its own.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, ChildStderr, Command, Stdio};

/// The program, without the settings and the state of whoever runs the tests.
pub(crate) fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xray-local"));
    command
        .env_remove("XRAY_LOCAL_BIND")
        .env_remove("XRAY_LOCAL_ADDRESS")
        .env_remove("XRAY_LOCAL_DATA")
        .env_remove("AWS_ENDPOINT_URL_XRAY")
        .env_remove("AWS_ACCESS_KEY_ID")
        .env_remove("CLICOLOR_FORCE")
        .env_remove("COLUMNS")
        .env_remove("XRAY_LOCAL_KEYS")
        .env_remove("XDG_STATE_HOME")
        .env_remove("HOME");
    command
}

/// Starts the server; returns the greeting, the address in it, and what is still to be said.
pub(crate) fn serve(program: &mut Command) -> (Child, String, SocketAddr, BufReader<ChildStderr>) {
    let mut child = program
        .env("XRAY_LOCAL_BIND", "127.0.0.1:0")
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut talk = BufReader::new(child.stderr.take().expect("is piped"));
    let mut greeting = String::new();
    while !greeting.contains("Ctrl-C") {
        assert_ne!(
            talk.read_line(&mut greeting).expect("is text"),
            0,
            "{greeting}"
        );
    }
    let address = greeting
        .lines()
        .find_map(|line| line.trim().strip_prefix("export AWS_XRAY_DAEMON_ADDRESS="))
        .expect("a line to paste");
    let address = address.parse().expect("an address");
    (child, greeting, address, talk)
}
