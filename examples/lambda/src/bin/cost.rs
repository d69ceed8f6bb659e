//! What the layer adds to a cold start and to a warm invocation: `cargo run --release -p thumbnails --bin cost`.
//!
//! The same function with and without the layer, in turns: as processes against a Runtime API on loopback, and as services within this
//! process, where a response costs nothing and the layer can be told from it.

#[path = "../../../../xray-sdk-lambda/tests/runtime_api.rs"]
mod runtime_api;

use std::env;
use std::future::ready;
use std::hint::black_box;
use std::net::UdpSocket;
use std::pin::pin;
use std::process::{Command, Stdio};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use lambda_runtime::{
    Context as LambdaContext, Error, LambdaEvent, LambdaInvocation, Runtime, service_fn,
};
use serde_json::Value;
use tower::{Layer as _, Service};
use xray_sdk::{Recorder, subsegment};
use xray_sdk_lambda::{LambdaLayer, traced};

use crate::runtime_api::{Event, Invoke, RuntimeApi, VARIABLES};

const PATIENCE: Duration = Duration::from_secs(30);
const VARIANT: &str = "COST_VARIANT";
const SAMPLED: &str = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";
const UNSAMPLED: &str =
    "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=0";
/// Processes of each kind, and warm invocations of each.
const PROCESSES: usize = 40;
const WARM: usize = 300;
/// Calls of each kind within this process, and in how many turns.
const CALLS: usize = 2_000;
const TURNS: usize = 40;

fn main() -> Result<(), Error> {
    match env::var(VARIANT).as_deref() {
        Ok("bare") => bare(),
        Ok("layer") => layered(),
        _ => measure(),
    }
}

async fn handle(event: LambdaEvent<Value>) -> Result<Value, Error> {
    subsegment("load").run(|_| ());
    Ok(event.payload)
}

#[tokio::main]
async fn bare() -> Result<(), Error> {
    Runtime::new(service_fn(handle)).run().await
}

#[tokio::main]
async fn layered() -> Result<(), Error> {
    let begun = Instant::now();
    let recorder = xray_sdk_lambda::recorder()?;
    let made = begun.elapsed().as_nanos();
    let layer = LambdaLayer::new(&recorder);
    eprintln!("{made} {}", begun.elapsed().as_nanos() - made);
    Runtime::new(traced(service_fn(handle)))
        .layer(layer)
        .run()
        .await
}

fn measure() -> Result<(), Error> {
    let daemon = UdpSocket::bind("127.0.0.1:0")?;
    let address = daemon.local_addr()?.to_string();
    thread::spawn(move || read(&daemon));
    let variants = [("bare", SAMPLED), ("layer", SAMPLED), ("layer", UNSAMPLED)];
    let mut found: [Found; 3] = Default::default();
    for _ in 0..PROCESSES {
        for ((variant, header), found) in variants.iter().zip(&mut found) {
            run(variant, header, &address, found)?;
        }
    }
    println!("processes, medians in us      no layer   recorded   not recorded");
    row("start to first invocation", &mut found, |found| {
        &mut found.start
    });
    row("first invocation", &mut found, |found| &mut found.first);
    row("warm invocation", &mut found, |found| &mut found.warm);
    row("recorder()", &mut found, |found| &mut found.recorder);
    row("LambdaLayer::new", &mut found, |found| &mut found.layer);
    within(&address)
}

/// A daemon that reads, and writes nothing down. It ends with the process.
fn read(daemon: &UdpSocket) {
    let mut datagram = vec![0; 65_536];
    while daemon.recv(&mut datagram).is_ok() {}
}

fn row(name: &str, found: &mut [Found; 3], times: fn(&mut Found) -> &mut Vec<u64>) {
    let [bare, layer, unsampled] = found.each_mut().map(|found| median(times(found)));
    println!("{name:<28} {bare:>9.1}  {layer:>9.1}  {unsampled:>13.1}");
}

/// Times in nanoseconds.
#[derive(Default)]
struct Found {
    start: Vec<u64>,
    first: Vec<u64>,
    warm: Vec<u64>,
    recorder: Vec<u64>,
    layer: Vec<u64>,
}

fn run(variant: &str, header: &str, daemon: &str, found: &mut Found) -> Result<(), Error> {
    let api = RuntimeApi::start();
    let begun = Instant::now();
    let mut process = Command::new(env::current_exe()?)
        .env_clear()
        .envs(VARIABLES)
        .env(VARIANT, variant)
        .env("AWS_LAMBDA_RUNTIME_API", api.address())
        .env("AWS_XRAY_DAEMON_ADDRESS", daemon)
        .stderr(Stdio::piped())
        .spawn()?;
    found.start.push(nanoseconds(begun, until_ready(&api)?));
    for number in 0..=WARM {
        let begun = Instant::now();
        api.invoke(Invoke {
            request_id: number.to_string(),
            header: Some(header.to_owned()),
            time: PATIENCE,
            body: "{}".to_owned(),
        });
        let time = nanoseconds(begun, until_ready(&api)?);
        match number {
            0 => found.first.push(time),
            _ => found.warm.push(time),
        }
    }
    process.kill()?;
    let said = process.wait_with_output()?.stderr;
    let said = std::str::from_utf8(&said)?;
    let mut setup = said.split_whitespace().map(str::parse::<u64>);
    found.recorder.extend(setup.next().transpose()?);
    found.layer.extend(setup.next().transpose()?);
    Ok(())
}

/// When the function is ready for the next invocation: it has answered, and sent what it recorded.
fn until_ready(api: &RuntimeApi) -> Result<Instant, Error> {
    loop {
        match api.event(PATIENCE)? {
            (at, Event::Ready) => return Ok(at),
            (_, Event::Broken(why) | Event::Failed { body: why, .. }) => return Err(why.into()),
            (_, Event::Responded { .. } | Event::Restored) => {}
        }
    }
}

/// The layer within this process: what it adds to a service that answers at once.
fn within(daemon: &str) -> Result<(), Error> {
    let recorder = Recorder::builder("cost")
        .segments_by_lambda()
        .daemon_address(daemon)
        .build()?;
    let function = || {
        service_fn(|invocation: LambdaInvocation| {
            subsegment("load").run(|_| ());
            black_box(invocation);
            ready(Ok::<(), Error>(()))
        })
    };
    let mut bare = function();
    let mut layer = LambdaLayer::new(&recorder).layer(function());
    let mut times = [const { Vec::new() }; 3];
    for _ in 0..TURNS {
        calls(&mut bare, SAMPLED, &mut times[0]);
        calls(&mut layer, SAMPLED, &mut times[1]);
        calls(&mut layer, UNSAMPLED, &mut times[2]);
    }
    let [bare, layer, unsampled] = times.each_mut().map(|times| median(times));
    println!("within this process, us a call, medians of {TURNS} turns of {CALLS} calls");
    println!(
        "{:<28} {bare:>9.2}  {layer:>9.2}  {unsampled:>13.2}",
        "one invocation"
    );
    Ok(())
}

/// Times each of many calls. One by one, and their median: the emitter keeps bursts small, and waits after each 32 documents.
fn calls<S>(service: &mut S, header: &str, times: &mut Vec<u64>)
where
    S: Service<LambdaInvocation, Response = (), Error = Error>,
{
    let invocations: Vec<_> = (0..CALLS).map(|_| invocation(header)).collect();
    let mut task = Context::from_waker(Waker::noop());
    for invocation in invocations {
        let begun = Instant::now();
        {
            let served = pin!(service.call(invocation));
            assert!(matches!(served.poll(&mut task), Poll::Ready(Ok(()))));
        }
        times.push(nanoseconds(begun, Instant::now()));
    }
}

fn invocation(header: &str) -> LambdaInvocation {
    let mut context = LambdaContext::default();
    context.request_id = "8476a536-e9f4-11e8-9739-2dfe598c3fcd".to_owned();
    context.invoked_function_arn = runtime_api::ARN.to_owned();
    context.xray_trace_id = Some(header.to_owned());
    let deadline = SystemTime::now() + PATIENCE;
    let since = deadline.duration_since(UNIX_EPOCH).unwrap_or_default();
    context.deadline = since.as_millis() as u64;
    LambdaInvocation {
        parts: http::Response::new(()).into_parts().0,
        body: bytes::Bytes::from_static(b"{}"),
        context,
    }
}

fn nanoseconds(begun: Instant, ended: Instant) -> u64 {
    ended.duration_since(begun).as_nanos() as u64
}

/// In microseconds; nothing where nothing was measured.
fn median(times: &mut [u64]) -> f64 {
    times.sort_unstable();
    let middle = times.get(times.len() / 2).copied();
    middle.unwrap_or_default() as f64 / 1_000.0
}
