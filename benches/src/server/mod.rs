//! What a layer costs a server of axum that answers "hello", while it is asked as often as it can answer.

#[cfg(test)]
mod allocations;
mod load;

use std::net::SocketAddr;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use cpu_time::ThreadTime;
use opentelemetry_sdk::trace::Sampler;
use xray_sdk::sampling::{Always, Never};
use xray_sdk_tower::ServerLayer;

use crate::contender::Entry;
use crate::ours::{NAME, recorder, udp};
use crate::peers::opentelemetry::Provider;
use crate::peers::{fastrace, tracing, tracing_opentelemetry};
use crate::turn::Turn;

/// The columns.
pub(crate) const MORE: &[&str] = &["requests/s", "p50 us", "p99 us"];

/// The server without a layer, and with one; all peers throw their spans away.
pub(crate) const ENTRIES: &[Entry] = &[
    Entry::whole("axum", "http-plain", "no layer", |_| measure(Ok)),
    Entry::whole(
        NAME,
        "http-sampled",
        "ServerLayer; documents are sent",
        |sink| {
            let recorder = recorder(udp(sink)?, Always)?;
            measure(|app| Ok(app.layer(ServerLayer::new(&recorder))))
        },
    ),
    Entry::whole(NAME, "http-unsampled", "ServerLayer", |sink| {
        let recorder = recorder(udp(sink)?, Never)?;
        measure(|app| Ok(app.layer(ServerLayer::new(&recorder))))
    }),
    Entry::whole(
        fastrace::NAME,
        "http-sampled",
        "FastraceLayer of fastrace-axum",
        |_| {
            fastrace::discard();
            measure(|app| Ok(app.layer(fastrace_axum::FastraceLayer::default())))
        },
    ),
    Entry::whole(
        "tower-http",
        "http-sampled",
        "TraceLayer; a subscriber that does nothing",
        |_| {
            tracing::subscribe(tracing::Nothing)?;
            measure(|app| Ok(app.layer(tower_http::trace::TraceLayer::new_for_http())))
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

fn otel(sampler: Sampler) -> Result<Turn, String> {
    use axum_tracing_opentelemetry::middleware::{OtelAxumLayer, OtelInResponseLayer};
    let provider = Provider::discarding(sampler);
    tracing_opentelemetry::bridge(&provider)?;
    measure(|app| {
        Ok(app
            .layer(OtelInResponseLayer)
            .layer(OtelAxumLayer::default()))
    })
}

/// How long the server is asked, before it counts and then.
const WARM_UP: Duration = Duration::from_millis(150);
const MEASURED: Duration = Duration::from_millis(600);

/// Asks a server with these layers, which has one thread, from another.
fn measure(layers: impl FnOnce(Router) -> Result<Router, String>) -> Result<Turn, String> {
    let app = layers(Router::new().route("/hello", get(async || load::BODY)))?;
    let (tell, address) = mpsc::channel();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let server = thread::spawn(move || {
        runtime()?.block_on(async {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
            let _ = tell.send(listener.local_addr()?);
            let cpu = ThreadTime::now();
            let served = axum::serve(listener, app).into_future();
            tokio::select! {
                served = served => served?,
                _ = stopped => {}
            }
            Ok::<_, std::io::Error>(cpu.elapsed())
        })
    });
    let address: SocketAddr = address.recv().map_err(|_| "the server did not start")?;
    let asked =
        runtime().and_then(|runtime| runtime.block_on(load::ask(address, WARM_UP, MEASURED)));
    let _ = stop.send(());
    let cpu = server.join().map_err(|_| "the server panicked")?;
    let (mut asked, cpu) = asked
        .and_then(|asked| Ok((asked, cpu?)))
        .map_err(|error| error.to_string())?;
    let each_second = asked.microseconds.len() as f64 / asked.time.as_secs_f64();
    Ok(Turn {
        ns: 1e9 / each_second,
        total_cpu_ns: cpu.as_nanos() as f64 / asked.all as f64,
        allocations: 0.0,
        operations: asked.all,
        more: vec![each_second, asked.quantile(0.5), asked.quantile(0.99)],
    })
}

fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_asked_many_times() {
        let turn = measure(Ok).expect("it answers");
        assert!(
            turn.operations > 100 && turn.more[1] <= turn.more[2],
            "{turn:?}"
        );
    }
}
