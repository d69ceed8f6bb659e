//! What does recording a call cost, over a driver that answers at once? How fast are statements sanitised?
//!
//! ```console
//! $ cargo bench -p xray-sdk-sql
//! ```

use std::hint::black_box;
use std::time::{Duration, Instant};

use redis::aio::ConnectionLike;
use redis::{Client, Cmd, Pipeline, RedisFuture, Value};
use sea_orm::{ConnectionTrait, DbBackend, DbErr, ExecResult, QueryResult, Statement};
use xray_sdk::emitter::{Batch, Emitter, Report};
use xray_sdk::sampling::{Always, Never, Sampler};
use xray_sdk::{Origins, Recorder};
use xray_sdk_sql::redis::Traced as _;
use xray_sdk_sql::{Database, Engine, sanitize, sea_orm::TracedConnection};

const STATEMENT: &str = "SELECT id, name, cents FROM items WHERE shop = $1 AND state = 'sold' AND id IN ($2, $3) LIMIT 10";

/// Calls in one segment: as many as a request may make.
const CALLS: u32 = 10;

const ROUNDS: u32 = 400;

/// A database that answers at once.
struct Prompt;

#[async_trait::async_trait]
impl ConnectionTrait for Prompt {
    fn get_database_backend(&self) -> DbBackend {
        DbBackend::Postgres
    }

    async fn execute_raw(&self, _: Statement) -> Result<ExecResult, DbErr> {
        Err(DbErr::RecordNotInserted)
    }

    async fn execute_unprepared(&self, _: &str) -> Result<ExecResult, DbErr> {
        Err(DbErr::RecordNotInserted)
    }

    async fn query_one_raw(&self, _: Statement) -> Result<Option<QueryResult>, DbErr> {
        Ok(None)
    }

    async fn query_all_raw(&self, _: Statement) -> Result<Vec<QueryResult>, DbErr> {
        Ok(Vec::new())
    }
}

impl ConnectionLike for Prompt {
    fn req_packed_command<'a>(&'a mut self, _: &'a Cmd) -> RedisFuture<'a, Value> {
        Box::pin(std::future::ready(Ok(Value::Okay)))
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        _: &'a Pipeline,
        _: usize,
        _: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        Box::pin(std::future::ready(Ok(Vec::new())))
    }

    fn get_db(&self) -> i64 {
        0
    }
}

struct Discard;

impl Emitter for Discard {
    fn emit(&mut self, batch: &Batch) -> Report {
        Report::sent(batch.len())
    }
}

fn recorder(sampler: impl Sampler + 'static) -> Recorder {
    Recorder::builder("shop")
        .sampler(sampler)
        .origins(Origins::none())
        .emitter(Discard)
        .build()
        .expect("a recorder")
}

/// Nanoseconds and allocations of one call: the median of many segments with [`CALLS`] calls each.
async fn measure(recorder: &Recorder, mut call: impl AsyncFnMut()) -> (u64, u64) {
    let mut times = Vec::new();
    let mut allocations = 0;
    for round in 0..ROUNDS {
        let mut took = Duration::ZERO;
        let work = async {
            call().await;
            let start = Instant::now();
            for _ in 0..CALLS {
                call().await;
            }
            took = start.elapsed();
        };
        recorder.segment("shop").run(work).await;
        if round >= ROUNDS / 4 {
            times.push(took / CALLS);
        }
    }
    let work = async {
        call().await;
        let counted = counted(async {
            for _ in 0..CALLS {
                call().await;
            }
        });
        allocations = counted.await / u64::from(CALLS);
    };
    recorder.segment("shop").run(work).await;
    times.sort();
    (times[times.len() / 2].as_nanos() as u64, allocations)
}

/// The allocations of work that never waits.
async fn counted(work: impl Future<Output = ()>) -> u64 {
    let mut work = std::pin::pin!(work);
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    let counted = allocation_counter::measure(|| {
        assert!(work.as_mut().poll(&mut context).is_ready());
    });
    counted.count_total
}

fn statement() -> Statement {
    Statement::from_string(DbBackend::Postgres, STATEMENT)
}

async fn calls() {
    let shop = Database::new(Engine::PostgreSql)
        .host("db")
        .name("shop")
        .user("app");
    let plain = Prompt;
    let traced = TracedConnection::new(Prompt, &shop);
    let client = Client::open("redis://cache/").expect("a url");
    let mut cache = Prompt;
    let mut traced_cache = Prompt.traced(&client);
    let mut get = redis::cmd("GET");
    get.arg("basket:7");

    println!("{:<34}{:>14}{:>14}", "one call", "ns", "allocations");
    let show = |name: &str, (time, allocations): (u64, u64)| {
        println!("{name:<34}{time:>14}{allocations:>14}");
    };
    for (kind, recorder) in [
        ("unsampled", recorder(Never)),
        ("sampled", recorder(Always)),
    ] {
        let cost = measure(&recorder, async || {
            drop(black_box(plain.query_all_raw(statement()).await));
        });
        show(&format!("statement, not traced, {kind}"), cost.await);
        let cost = measure(&recorder, async || {
            drop(black_box(traced.query_all_raw(statement()).await));
        });
        show(&format!("statement, traced, {kind}"), cost.await);
        let mut number = 0;
        let cost = measure(&recorder, async || {
            // A text that was not seen before: what it costs where nothing is kept.
            number += 1;
            let text = format!("{STATEMENT} -- {number}");
            let statement = Statement::from_string(DbBackend::Postgres, text);
            drop(black_box(traced.query_all_raw(statement).await));
        });
        show(&format!("new statement, traced, {kind}"), cost.await);
        let cost = measure(&recorder, async || {
            drop(black_box(cache.req_packed_command(&get).await));
        });
        show(&format!("command, not traced, {kind}"), cost.await);
        let cost = measure(&recorder, async || {
            drop(black_box(traced_cache.req_packed_command(&get).await));
        });
        show(&format!("command, traced, {kind}"), cost.await);
    }
}

/// Megabytes of statement that are read in a second.
fn throughput() {
    let insert = format!(
        "INSERT INTO items (id, name) VALUES {}",
        vec!["(7, 'some name')"; 200].join(", ")
    );
    let text = format!(
        "SELECT '{}' FROM items",
        "a text of some length, ".repeat(400)
    );
    let columns = format!(
        "SELECT {} FROM items WHERE id = $1",
        vec!["some_column"; 40].join(", ")
    );
    let escapes = format!("SELECT '{}' FROM items", "it\\'s a text, ".repeat(400));
    println!("\n{:<34}{:>14}{:>14}", "sanitising", "bytes", "MB/s");
    for (name, statement) in [
        ("a query with bound values", columns.as_str()),
        ("a query with literals", STATEMENT),
        ("many rows", &insert),
        ("a long string", &text),
        ("a string with escapes", &escapes),
    ] {
        for engine in [Engine::PostgreSql, Engine::MySql, Engine::Sqlite] {
            let times = (4_000_000 / statement.len()).max(1);
            let rounds = (0..7).map(|_| {
                let start = Instant::now();
                for _ in 0..times {
                    black_box(sanitize(engine, black_box(statement)));
                }
                start.elapsed()
            });
            let best = rounds.min().unwrap_or_default();
            let speed = (statement.len() * times) as f64 / best.as_secs_f64() / 1e6;
            println!(
                "{:<34}{:>14}{speed:>14.0}",
                format!("{name}, {}", engine.name()),
                statement.len()
            );
        }
    }
}

fn main() {
    // What is sampled is written by the recorder's own thread, which this one is to be alone with.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime");
    runtime.block_on(calls());
    throughput();
}
