//! What a layer costs a server of axum that answers "hello", while it is asked as often as it can answer.
//!
//! The server and all that its tracing does in the background have one core, and who asks and who receives documents have another, each in
//! a process of its own. So `requests/s` and the CPU time are what tracing costs the program that is traced: what is done off the request
//! path counts, and a daemon does not.

#[cfg(test)]
mod allocations;
mod client;
mod control;
mod load;

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use cpu_time::ProcessTime;
use opentelemetry_sdk::trace::Sampler;
use xray_sdk::sampling::{Always, Never};
use xray_sdk::{Recorder, TraceHeader};
use xray_sdk_tower::ServerLayer;

use crate::affinity::{self, Core};
use crate::contender::Entry;
use crate::gauge;
use crate::ours::{Discard, NAME, recorder, udp};
use crate::peers::opentelemetry::Provider;
use crate::peers::{fastrace, tracing, tracing_opentelemetry};
use crate::turn::Turn;
use client::{Answer, Client};
use control::{Identity, Watch};

pub(crate) use client::run as ask;

/// The columns. `arrived` is how many datagrams the socket got that documents are sent to, for each request.
pub(crate) const MORE: &[&str] = &["requests/s", "p50 us", "p99 us", "arrived"];

/// The server without a layer, and with one. What is recorded is thrown away, or sent over UDP to a socket of the process that asks.
pub(crate) const ENTRIES: &[Entry] = &[
    Entry::whole("axum", "http-plain", "no layer", |_| {
        measure(|app, _| Ok(app.into()))
    }),
    Entry::whole(
        "axum",
        "http-identity",
        "a layer that hands all on: what axum takes for any layer",
        |_| measure(|app, _| Ok(app.layer(Identity).into())),
    ),
    Entry::whole(
        "axum",
        "http-header",
        "no layer; answers with one more header, as long as that of a trace",
        |_| {
            measure(|_, _| {
                let header = [(TraceHeader::NAME, TRACE)];
                let hello = get(async move || (header, load::BODY));
                Ok(Router::new().route("/hello", hello).into())
            })
        },
    ),
    Entry::whole(
        "axum",
        "http-watched",
        "a layer that gives each response a body of its own, and such a header",
        |_| measure(|app, _| Ok(app.layer(Watch).into())),
    ),
    Entry::whole(NAME, "http-unsampled", "ServerLayer", |_| {
        ours(|_| recorder(Discard, Never))
    }),
    Entry::whole(NAME, "http-sampled", "ServerLayer", |_| {
        ours(|_| recorder(Discard, Always))
    }),
    Entry::whole(NAME, "http-sampled-udp", "ServerLayer; UdpEmitter", |_| {
        ours(|sink| recorder(udp(sink)?, Always))
    }),
    Entry::whole(
        fastrace::NAME,
        "http-sampled",
        "FastraceLayer of fastrace-axum",
        |_| {
            fastrace_axum(|_| {
                fastrace::discard();
                Ok(())
            })
        },
    ),
    Entry::whole(
        fastrace::NAME,
        "http-sampled-udp",
        "FastraceLayer; the floor's JSON, one datagram a trace",
        |_| fastrace_axum(|sink| fastrace::send(sink).map(drop)),
    ),
    Entry::whole(
        "tower-http",
        "http-sampled",
        "TraceLayer; a subscriber that does nothing",
        |_| {
            tracing::subscribe(tracing::Nothing)?;
            let layer = tower_http::trace::TraceLayer::new_for_http();
            measure(|app, _| Ok(app.layer(layer).into()))
        },
    ),
    Entry::whole(
        "axum-tracing-otel",
        "http-sampled",
        "OtelAxumLayer, batch processor",
        |_| otel(Sampler::AlwaysOn),
    ),
    Entry::whole(
        "axum-tracing-otel",
        "http-unsampled",
        "OtelAxumLayer, AlwaysOff",
        |_| otel(Sampler::AlwaysOff),
    ),
];

/// What a server answers for a trace.
const TRACE: &str = "Root=1-5759e988-bd862e3fe1be46a994272793";

/// A server that is ready to be asked.
struct Traced {
    app: Router,
    /// Has all sent that was recorded, and tells when something was lost.
    settle: Box<dyn FnOnce() -> Result<(), String>>,
}

impl From<Router> for Traced {
    fn from(app: Router) -> Self {
        Self {
            app,
            settle: Box::new(|| Ok(())),
        }
    }
}

/// Longer than sending what waits takes on any machine.
const DEADLINE: Duration = Duration::from_secs(30);

fn ours(recorder: impl FnOnce(SocketAddr) -> Result<Recorder, String>) -> Result<Turn, String> {
    measure(|app, sink| {
        let recorder = recorder(sink)?;
        Ok(Traced {
            app: app.layer(ServerLayer::new(&recorder)),
            settle: Box::new(move || {
                recorder.flush(DEADLINE);
                match recorder.health().lost_total() {
                    0 => Ok(()),
                    lost => Err(format!("{lost} documents were lost")),
                }
            }),
        })
    })
}

fn fastrace_axum(report: impl FnOnce(SocketAddr) -> Result<(), String>) -> Result<Turn, String> {
    measure(|app, sink| {
        report(sink)?;
        Ok(Traced {
            app: app.layer(fastrace_axum::FastraceLayer::default()),
            settle: Box::new(|| {
                ::fastrace::flush();
                Ok(())
            }),
        })
    })
}

fn otel(sampler: Sampler) -> Result<Turn, String> {
    use axum_tracing_opentelemetry::middleware::{OtelAxumLayer, OtelInResponseLayer};
    measure(|app, _| {
        let provider = Provider::discarding(sampler);
        tracing_opentelemetry::bridge(&provider)?;
        let app = app.layer(OtelInResponseLayer);
        Ok(app.layer(OtelAxumLayer::default()).into())
    })
}

/// Asks a server, as `trace` makes it, from another process.
fn measure(
    trace: impl FnOnce(Router, SocketAddr) -> Result<Traced, String>,
) -> Result<Turn, String> {
    let told = |error: io::Error| format!("the process that asks: {error}");
    let client = Client::start().map_err(told)?;
    // Before there are other threads, which stay where this one is.
    affinity::stay_on(Core::First);
    let before = gauge::read();
    let hello = Router::new().route("/hello", get(async || load::BODY));
    let Traced { app, settle } = trace(hello, client.sink())?;
    let (answer, cpu, client) = runtime()
        .and_then(|runtime| runtime.block_on(serve(app, client)))
        .map_err(told)?;
    let gauge = before.max(gauge::read());
    settle()?;
    let arrived = client.end().map_err(told)?;
    Ok(Turn {
        ns: 1e9 / answer.each_second,
        total_cpu_ns: cpu.as_nanos() as f64 / answer.all as f64,
        allocations: None,
        operations: answer.all,
        gauge: Some(gauge),
        more: vec![
            answer.each_second,
            answer.p50,
            answer.p99,
            arrived as f64 / answer.all as f64,
        ],
    })
}

/// Serves until all has been asked, and tells what that took of the processor.
async fn serve(app: Router, client: Client) -> io::Result<(Answer, Duration, Client)> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let asked = client.ask(listener.local_addr()?)?;
    let cpu = ProcessTime::now();
    tokio::select! {
        served = axum::serve(listener, app).into_future() => {
            served?;
            Err(io::Error::other("the server ended"))
        }
        asked = asked => {
            let (answer, client) = asked.map_err(io::Error::other)??;
            Ok((answer, cpu.elapsed(), client))
        }
    }
}

fn runtime() -> io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_asked_many_times() {
        let (tell, told) = std::sync::mpsc::channel();
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let server = std::thread::spawn(move || {
            runtime()?.block_on(async {
                let app = Router::new().route("/hello", get(async || load::BODY));
                let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
                let _ = tell.send(listener.local_addr()?);
                tokio::select! {
                    served = axum::serve(listener, app).into_future() => served,
                    _ = stopped => Ok(()),
                }
            })
        });
        let address = told.recv().expect("it has an address");
        let answer = client::answer(address).expect("it answers");
        drop(stop);
        server.join().expect("no panic").expect("it served");
        assert!(answer.all > 100 && answer.p50 <= answer.p99, "{answer:?}");
    }
}
