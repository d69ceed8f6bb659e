//! What the program's environment says of its tracing.

use std::net::{SocketAddr, ToSocketAddrs};

use xray_local::{Check, Diagnosis, printable};
use xray_sdk::emitter::{DaemonAddress, HostPort};
use xray_sdk::{Sampled, TraceHeader};

use super::program::Program;
use crate::commands::client::Endpoint;

pub(super) const DAEMON_ADDRESS: &str = "AWS_XRAY_DAEMON_ADDRESS";
const TRACE_ID: &str = "_X_AMZN_TRACE_ID";

/// Where the program sends; `None` when what it was told makes no sense.
pub(super) fn daemon(program: &Program) -> Option<DaemonAddress> {
    match program.variable(DAEMON_ADDRESS) {
        Some(text) => DaemonAddress::parse(text).ok(),
        None => Some(DaemonAddress::default()),
    }
}

/// `server` is where traces are looked for.
pub(super) fn examine(program: &Program, server: &Endpoint) -> Vec<Diagnosis> {
    let mut findings = Vec::new();
    findings.extend(address(program, server));
    findings.extend(function(program));
    findings.extend(header(program));
    findings.extend(switches(program));
    findings
}

fn address(program: &Program, server: &Endpoint) -> Option<Diagnosis> {
    let text = program.variable(DAEMON_ADDRESS);
    let told = text.map_or("not set".to_owned(), |text| {
        format!("{:?}", printable(text))
    });
    let Some(daemon) = daemon(program) else {
        return Some(Diagnosis::problem(
            Check::D02,
            format!("{DAEMON_ADDRESS} is {told}, which is no address"),
            format!(
                "write {}: export {DAEMON_ADDRESS}={}",
                DaemonAddress::FORMS,
                server.authority()
            ),
        ));
    };
    let elsewhere: Vec<_> = [("UDP", daemon.udp()), ("TCP", daemon.tcp())]
        .into_iter()
        .filter(|(_, to)| !is_same(to, server.authority()))
        .map(|(protocol, to)| format!("{protocol} {to}"))
        .collect();
    if elsewhere.is_empty() || !server.is_local() && server.authority().contains("amazonaws") {
        return None;
    }
    Some(Diagnosis::problem(
        Check::D02,
        format!(
            "{DAEMON_ADDRESS} is {told}, so the program sends to {}; this looks at {server}",
            elsewhere.join(" and ")
        ),
        format!(
            "export {DAEMON_ADDRESS}={}, or look where it sends: --address {}",
            server.authority(),
            daemon.tcp()
        ),
    ))
}

/// Whether both lead to one place.
pub(super) fn is_same(to: &HostPort, authority: &str) -> bool {
    if to.to_string() == authority {
        return true;
    }
    let resolved = |address: &str| -> Vec<SocketAddr> {
        address
            .to_socket_addrs()
            .map(Iterator::collect)
            .unwrap_or_default()
    };
    let there = resolved(authority);
    resolved(&to.to_string())
        .iter()
        .any(|address| there.contains(address))
}

fn function(program: &Program) -> Vec<Diagnosis> {
    if !program.is_function() {
        return Vec::new();
    }
    let mut findings = Vec::new();
    match program.variable(TRACE_ID) {
        None => findings.push(Diagnosis::problem(
            Check::D09,
            format!("the program is a Lambda function, and {TRACE_ID} is not set"),
            "turn on active tracing of the function (TracingConfig Mode=Active); in Rust wrap the handler in LambdaLayer, which takes the header from the invocation",
        )),
        Some(text) => {
            if TraceHeader::parse(text).sampled().decision().is_none() {
                findings.push(Diagnosis::problem(
                    Check::D09,
                    format!("{TRACE_ID} is {:?}, which decides nothing: the function's tracing passes through", printable(text)),
                    "turn on active tracing of the function, or have the caller send Sampled=1",
                ));
            }
        }
    }
    if program.variable(DAEMON_ADDRESS).is_none() {
        findings.push(Diagnosis::problem(
            Check::D09,
            format!("the program is a Lambda function, and {DAEMON_ADDRESS} is not set, which Lambda sets"),
            "do not unset it; in a container of your own start the program with the variables that Lambda gave",
        ));
    }
    findings
}

fn header(program: &Program) -> Option<Diagnosis> {
    let text = program.variable(TRACE_ID)?;
    let sampled = TraceHeader::parse(text).sampled();
    (sampled == Sampled::No).then(|| {
        Diagnosis::problem(
            Check::D08,
            format!("{TRACE_ID} is {:?}", printable(text)),
            "ask the sampling rule of whoever calls; a test event of your own may say Sampled=1",
        )
    })
}

fn switches(program: &Program) -> Vec<Diagnosis> {
    let is =
        |value: &str, words: &[&str]| words.iter().any(|word| value.eq_ignore_ascii_case(word));
    let off = |name: &str, words: &[&str]| {
        let value = program.variable(name).filter(|value| is(value, words))?;
        Some(Diagnosis::problem(
            Check::D20,
            format!(
                "{name} is {:?}: the program records nothing",
                printable(value)
            ),
            format!("unset {name}, and start the program again"),
        ))
    };
    [
        off(
            "AWS_XRAY_SDK_ENABLED",
            &["n", "no", "f", "false", "off", "0"],
        ),
        off("AWS_XRAY_SDK_DISABLED", &["true"]),
        off("OTEL_SDK_DISABLED", &["true"]),
    ]
    .into_iter()
    .flatten()
    .collect()
}
