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

use diesel::connection::{Instrumentation, InstrumentationEvent, set_default_instrumentation};
use diesel::result::{ConnectionError, DatabaseErrorInformation, DatabaseErrorKind, Error};

use crate::call::{self, Call, What};
use crate::database::{Database, Record};
use crate::engine::Engine;
use crate::failure::Failure;

/// What `sql.driver_version` says.
const DRIVER: &str = "diesel 2.3";

const KIND: &str = "diesel::result::Error";

/// How many queries of one connection are open at once at most: more only by pipelines that are given up again and again.
const MOST_OPEN: usize = 64;

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
    /// The queries that run, the oldest first: more than one where they are pipelined.
    open: Vec<(String, Call)>,
}

impl Instrument {
    /// One for a connection that is not made yet: it learns where that leads when it is made.
    pub fn new(record: Record) -> Self {
        Self {
            database: Database::new(Engine::PostgreSql).record(record),
            record,
            connecting: None,
            open: Vec::new(),
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
                // Its text may hold the connection string, in any form.
                let failure =
                    Failure::new("diesel::ConnectionError", "the connection was not made");
                call.fail(&failure, error);
            }
        }
    }

    fn start(&mut self, query: &dyn std::fmt::Display) {
        // Its text is made only where it is recorded.
        if !xray_sdk::current().is_recording() {
            drop(Call::begin(|| &self.database, DRIVER, What::Unknown));
            return;
        }
        let text = text_of(query);
        if self.open.len() == MOST_OPEN {
            self.open.remove(0);
        }
        let call = Call::begin(|| &self.database, DRIVER, What::prepared(&text));
        self.open.extend(call.map(|call| (text, call)));
    }

    fn finish(&mut self, query: &dyn std::fmt::Display, error: Option<&Error>) {
        let place = match self.open.len() {
            0 => return,
            1 => 0,
            _ => {
                let text = text_of(query);
                let found = self.open.iter().position(|(open, _)| *open == text);
                let Some(place) = found else {
                    return;
                };
                place
            }
        };
        // They end in the order of their beginning: what is older was given up.
        let (_, call) = self
            .open
            .drain(..=place)
            .next_back()
            .expect("one was found");
        match error {
            None | Some(Error::NotFound) => call.complete(),
            Some(error) => {
                let failure = failure(self.database.description().engine, error);
                call.fail(&failure, error);
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

/// The statement alone: diesel writes what is bound after it.
fn text_of(query: &dyn std::fmt::Display) -> String {
    let mut text = query.to_string();
    if let Some(binds) = text.find(" -- binds: ") {
        text.truncate(binds);
    }
    text
}

fn failure<'a>(engine: Engine, error: &'a Error) -> Failure<'a> {
    match error {
        Error::DatabaseError(kind, information) => of_database(engine, kind, &**information),
        // Their texts may hold values.
        Error::SerializationError(_) => Failure::new(KIND, "a value could not be written"),
        Error::DeserializationError(_) => Failure::new(KIND, "a value could not be read"),
        Error::QueryBuilderError(_) => Failure::new(KIND, "the query could not be built"),
        error => Failure::new(KIND, call::message(error)),
    }
}

/// The kind, and the message where it is one of the server's own.
fn of_database<'a>(
    engine: Engine,
    kind: &DatabaseErrorKind,
    information: &'a (dyn DatabaseErrorInformation + Send + Sync),
) -> Failure<'a> {
    use DatabaseErrorKind as Of;
    let message = information.message();
    let code = match kind {
        Of::UniqueViolation => Some("23505"),
        Of::ForeignKeyViolation => Some("23503"),
        Of::NotNullViolation => Some("23502"),
        Of::CheckViolation => Some("23514"),
        Of::SerializationFailure => Some("40001"),
        Of::ReadOnlyTransaction => Some("25006"),
        Of::ClosedConnection => Some("08006"),
        _ => None,
    };
    match (engine, code) {
        (Engine::Sqlite, _) if is_sqlites(message) => Failure {
            code: None,
            ..Failure::sqlite(KIND, "".into(), message)
        },
        // A function of the program may raise any of these; but then it does not name what was violated.
        (Engine::PostgreSql, Some(code))
            if information
                .constraint_name()
                .or(information.column_name())
                .is_some() =>
        {
            Failure::postgres(KIND, code, message, "")
        }
        // Only the parser knows a place in the statement.
        (Engine::PostgreSql, None) if information.statement_position().is_some() => Failure {
            code: None,
            ..Failure::postgres(KIND, "42601", message, "")
        },
        (Engine::MySql | Engine::MariaDb, Some("23505")) => {
            Failure::mysql(KIND, 1062, "23000", message)
        }
        (_, Some(code)) => Failure::new(KIND, kind_text(kind)).with_sqlstate(code.into()),
        (_, None) => Failure::new(KIND, kind_text(kind)),
    }
}

/// What SQLite itself says, in contrast to what a trigger raises.
fn is_sqlites(message: &str) -> bool {
    [
        "UNIQUE constraint failed: ",
        "NOT NULL constraint failed: ",
        "FOREIGN KEY constraint failed",
        "CHECK constraint failed: ",
        "no such ",
        "near ",
        "unrecognized token: ",
        "database is locked",
        "attempt to write a readonly database",
        "incomplete input",
    ]
    .iter()
    .any(|own| message.starts_with(own))
}

fn kind_text(kind: &DatabaseErrorKind) -> &'static str {
    match kind {
        DatabaseErrorKind::UniqueViolation => "a unique constraint was violated",
        DatabaseErrorKind::ForeignKeyViolation => "a foreign key was violated",
        DatabaseErrorKind::NotNullViolation => "a not-null constraint was violated",
        DatabaseErrorKind::CheckViolation => "a check was violated",
        DatabaseErrorKind::SerializationFailure => "the transaction could not be serialised",
        DatabaseErrorKind::ReadOnlyTransaction => "the transaction is read-only",
        DatabaseErrorKind::ClosedConnection => "the connection was closed",
        DatabaseErrorKind::UnableToSendCommand => "the query could not be sent",
        _ => {
            "the database refused the query, with a message that is left out as it may hold values"
        }
    }
}
