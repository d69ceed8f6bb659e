//! Lambda on one machine: a Runtime API that invokes this program as a function, and writes the segments as Lambda does.

use std::env;
use std::io::{IsTerminal as _, stdout};
use std::net::Ipv4Addr;
use std::process::{Child, Command};
use std::time::Duration;

use lambda_runtime::Error;
use serde_json::json;
use xray_local::{Options, Server, TimelineStyle, timeline};
use xray_sdk::Recorder;

use crate::runtime_api::{Event, Invoke, RuntimeApi, VARIABLES};

const PATIENCE: Duration = Duration::from_secs(30);

/// Invokes the function a few times, and shows the trace of each.
pub(crate) fn run() -> Result<(), Error> {
    let xray = Server::start(Options::default().bind((Ipv4Addr::LOCALHOST, 0).into()))?;
    let daemon = xray.address().to_string();
    let api = RuntimeApi::start();
    let _function = Function::start(&api, &daemon)?;
    let lambda = Recorder::builder("thumbnails")
        .daemon_address(&daemon)
        .origin("AWS::Lambda::Function")
        .build()?;
    for (number, picture) in (1..).zip(["cat", "dog", "worm", "cat"]) {
        let segment = lambda.own_segment().sampled(true).begin();
        let header = segment.header().map(|header| header.to_string());
        api.invoke(Invoke {
            request_id: number.to_string(),
            header,
            time: PATIENCE,
            body: json!({"picture": picture, "width": 200}).to_string(),
        });
        let trace = segment.trace_id();
        let answer = answer(&api)?;
        segment.end();
        lambda.flush(PATIENCE);
        println!("{picture}: {answer}");
        // One of Lambda, one of the function, for each invocation.
        let store = xray.store();
        store.wait_until(|store| store.counts().stored >= 2 * number, PATIENCE);
        let traces = store.traces();
        if let Some(trace) = traces.iter().find(|found| Some(found.id()) == trace) {
            println!("{}", timeline(trace, style()));
        }
    }
    Ok(())
}

/// What the function answered; waits until it has sent what it recorded, and is ready for the next invocation.
fn answer(api: &RuntimeApi) -> Result<String, Error> {
    let mut answer = None;
    loop {
        match api.event(PATIENCE)?.1 {
            Event::Responded { body, .. } | Event::Failed { body, .. } => answer = Some(body),
            Event::Broken(why) => return Err(why.into()),
            Event::Ready | Event::Restored => {
                if let Some(answer) = answer {
                    return Ok(answer);
                }
            }
        }
    }
}

fn style() -> TimelineStyle {
    TimelineStyle {
        width: 100,
        colour: stdout().is_terminal(),
    }
}

/// This program as a function, in a process of its own.
struct Function(Child);

impl Function {
    fn start(api: &RuntimeApi, daemon: &str) -> Result<Self, Error> {
        let process = Command::new(env::current_exe()?)
            .envs(VARIABLES)
            .env("AWS_LAMBDA_FUNCTION_NAME", "thumbnails")
            .env("AWS_LAMBDA_RUNTIME_API", api.address())
            .env("AWS_XRAY_DAEMON_ADDRESS", daemon)
            .spawn()?;
        Ok(Self(process))
    }
}

impl Drop for Function {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
