//! Every connection of diesel and diesel-async.
//!
//! Once, before the first connection is made:
//!
//! ```
//! xray_sdk_sql::diesel::install();
//! ```
//!
//! From then on each query has a subsegment `shop@db` of the namespace `remote`, with the statement without literals, its name as the annotation
//! `statement`, and for an error its kind and its message as far as that holds no values. Making a connection inside of a segment has
//! one, too. What a program sets by `set_instrumentation` on a connection takes the place of this; [`Instrument`] is to be called from it then.
//!
//! diesel tells neither how many rows there were nor the database's code of an error, only its kind.

mod error;
mod open;

use diesel::connection::{Instrumentation, InstrumentationEvent, set_default_instrumentation};
use diesel::result::{ConnectionError, Error};
pub(crate) use error::recognise;
use open::Open;

use crate::call::{Call, What};
use crate::database::{Database, Record};
use crate::engine::Engine;

/// What `sql.driver_version` says.
const DRIVER: &str = "diesel 2.3";

/// Records the queries of every connection that the process makes from now on.
pub fn install() {
    install_with(Record::Sanitized);
}

/// As [`install`], and says how much is recorded of statements.
pub fn install_with(record: Record) {
    // Whoever set an instrumentation before panicked meanwhile; then there is none, and nothing is recorded.
    let _ = match record {
        Record::Sanitized => set_default_instrumentation(|| boxed(Record::Sanitized)),
        Record::Raw => set_default_instrumentation(|| boxed(Record::Raw)),
        Record::Nothing => set_default_instrumentation(|| boxed(Record::Nothing)),
    };
}

#[allow(
    clippy::unnecessary_wraps,
    reason = "diesel wants to know whether there is one"
)]
fn boxed(record: Record) -> Option<Box<dyn Instrumentation>> {
    Some(Box::new(Instrument::new(record)))
}

/// Records the queries of one connection. [`install`] gives one to every connection.
pub struct Instrument {
    database: Database,
    record: Record,
    connecting: Option<Call>,
    open: Open,
}

impl Instrument {
    /// One for a connection that is not made yet: it learns where that leads when it is made.
    pub fn new(record: Record) -> Self {
        Self {
            database: Database::new(Engine::PostgreSql).record(record),
            record,
            connecting: None,
            open: Open::default(),
        }
    }

    fn connect(&mut self, url: &str) {
        self.database = Database::from_url(url).record(self.record);
        self.connecting = Call::begin_quietly(&self.database, DRIVER, What::Named("CONNECT"));
    }

    fn connected(&mut self, error: Option<&ConnectionError>) {
        let Some(call) = self.connecting.take() else {
            return;
        };
        match error {
            None => call.complete(),
            Some(error) => {
                let engine = self.database.description().engine;
                call.fail(&error::of_connection(engine, error), error);
            }
        }
    }

    fn start(&mut self, query: &dyn std::fmt::Display) {
        // Its text is made only where it is needed.
        if !xray_sdk::current().is_recording() && self.open.is_empty() {
            drop(Call::begin(|| &self.database, DRIVER, What::Unknown));
            return;
        }
        let text = open::text_of(query);
        let what = match text.as_str() {
            "" => What::Unknown,
            text => What::prepared(text),
        };
        let call = Call::begin(|| &self.database, DRIVER, what);
        self.open.begin(text, call);
    }

    fn finish(&mut self, query: &dyn std::fmt::Display, error: Option<&Error>) {
        if self.open.is_empty() {
            return;
        }
        let Some(call) = self.open.end(&open::text_of(query)) else {
            return;
        };
        match error {
            None | Some(Error::NotFound) => call.complete(),
            Some(error) => {
                let engine = self.database.description().engine;
                call.fail(&error::failure(engine, error), error);
            }
        }
    }
}

impl Instrumentation for Instrument {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        match event {
            InstrumentationEvent::StartEstablishConnection { url, .. } => self.connect(url),
            InstrumentationEvent::FinishEstablishConnection { error, .. } => self.connected(error),
            InstrumentationEvent::StartQuery { query, .. } => self.start(query),
            InstrumentationEvent::FinishQuery { query, error, .. } => self.finish(query, error),
            // Transactions are queries, too.
            _ => {}
        }
    }
}
