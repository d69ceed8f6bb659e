use std::fmt::Debug;
use std::time::Duration;

use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

use super::DRIVER;
use crate::call::{Call, What};
use crate::database::Database;

/// The target of sqlx's events.
const TARGET: &str = "sqlx::query";

/// Records the queries of sqlx with no change where they are made: as a layer of the program's `tracing` subscriber, from the event that sqlx gives at the end
/// of each query.
///
/// ```
/// use tracing_subscriber::layer::SubscriberExt as _;
/// use tracing_subscriber::util::SubscriberInitExt as _;
/// use xray_sdk_sql::Database;
///
/// let shop = Database::from_url("postgres://app@db.internal/shop");
/// tracing_subscriber::registry().with(xray_sdk_sql::sqlx::events(shop)).init();
/// ```
///
/// Each query has a subsegment with its statement and rows, from its beginning to its last row, below what is current when it ends. The events tell
/// less than [`TracedPool`](super::TracedPool) knows:
///
/// - not that a query failed, or that it was given up;
/// - not the database, so it has to be told here, and a program with several is better off with traced pools;
/// - nothing of a query that `log_statements` turns off, nor of waits for a connection, nor of a `BEGIN`;
/// - nothing of SQLite in a request: there queries end on a thread of sqlx's own, where no segment is current.
///
/// What a traced pool runs gives events, too, and would be recorded twice: take one of the two.
///
/// Where nothing is recorded a query costs what `tracing` takes for an event, and a look at what is current.
pub fn events<S>(database: Database) -> impl Layer<S>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    let only_queries = Targets::new().with_target(TARGET, LevelFilter::TRACE);
    Events(database).with_filter(only_queries)
}

struct Events(Database);

impl<S: Subscriber> Layer<S> for Events {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if event.metadata().target() != TARGET || !xray_sdk::current().is_recording() {
            return;
        }
        let mut query = Query::default();
        event.record(&mut query);
        let call = Call::begin_quietly(&self.0, DRIVER, What::text(query.text()));
        if let Some(mut call) = call {
            call.began_before(query.elapsed);
            call.rows_returned(query.returned);
            call.rows_affected(query.affected);
            call.complete();
        }
    }
}

/// What an event tells.
#[derive(Default)]
struct Query {
    /// The whole text, where it is longer than the summary.
    statement: String,
    summary: String,
    returned: u64,
    affected: u64,
    elapsed: Duration,
}

impl Query {
    fn text(&self) -> &str {
        match self.statement.trim() {
            "" => &self.summary,
            statement => statement,
        }
    }
}

impl Visit for Query {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "db.statement" => self.statement = value.to_owned(),
            "summary" => self.summary = value.to_owned(),
            _ => {}
        }
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        match field.name() {
            "rows_returned" => self.returned = value,
            "rows_affected" => self.affected = value,
            _ => {}
        }
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        if field.name() == "elapsed_secs" {
            self.elapsed = Duration::try_from_secs_f64(value).unwrap_or_default();
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn Debug) {}
}
