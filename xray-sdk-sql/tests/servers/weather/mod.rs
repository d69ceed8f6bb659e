//! One request for each driver that reads, writes, and meets all that can go wrong: a constraint, a syntax error, a pool without a connection
//! left, a time-out, and a server that stops in the middle. Each is one trace.

mod diesel;
mod mysql;
mod postgres;
mod redis;
mod sea_orm;
mod sqlx;

use std::time::Duration;

use tokio::time::error::Elapsed;
use xray_sdk::testing::Capture;

use crate::proxy::Proxy;
use crate::seen;

/// How long a pool is asked for a connection while it has none.
const PATIENCE: Duration = Duration::from_secs(2);

/// Gives up what takes longer.
async fn give_up<T>(call: impl Future<Output = T>) -> Result<T, Elapsed> {
    tokio::time::timeout(Duration::from_millis(20), call).await
}

/// Runs `request` in a segment, and has the server stop when `stop` is called. Tells what was recorded, without the statements that a driver sends of its
/// own accord, which begin with these words.
async fn run(capture: &Capture, request: impl Future<Output = ()>, own: &[&str]) -> Vec<String> {
    capture.recorder().segment("shop").run(request).await;
    let tree = seen::tree(capture);
    let is_own = |line: &&str| own.iter().any(|word| line.contains(&format!("| {word}")));
    tree.lines()
        .filter(|line| !is_own(line))
        .map(str::to_owned)
        .collect()
}

/// Waits for a call while the server stops, and for its error.
async fn stopped<T, E>(proxy: &Proxy, call: impl Future<Output = Result<T, E>>) -> E {
    let (outcome, ()) = tokio::join!(call, proxy.stop_at_next_request());
    outcome.map(drop).expect_err("the server is gone")
}
