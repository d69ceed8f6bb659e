use std::borrow::Cow;
use std::fmt::Display;
use std::sync::Arc;
use std::time::Duration;

use xray_sdk::document::Sql;
use xray_sdk::{Subsegment, Text, current, subsegment};

use crate::cache;
use crate::database::{Database, Record};
use crate::engine::Engine;
use crate::failure::{Failure, text_of};
use crate::statement::{self, Statement};

/// The metadata of rows and of calls that were given up.
const NAMESPACE: &str = "sql";

/// A shorter text of a driver holds no value, and may stand in any message.
const SHORTEST_WITH_VALUE: usize = 16;

/// The annotation with the name of the statement.
const STATEMENT: &str = "statement";

/// A call of a database that is recorded: from its first byte to its last row.
///
/// One that is dropped before it is told how it ended was given up, as by a time-out around its future.
pub(crate) struct Call {
    subsegment: Subsegment,
    record: Record,
    /// What is recorded of its statement.
    statement: Option<(Engine, Arc<Statement>)>,
    is_over: bool,
}

/// What is sent to the database.
#[derive(Clone, Copy)]
pub(crate) enum What<'a> {
    /// A statement, with what its text was turned into if it was prepared.
    Statement { text: &'a str, is_prepared: bool },
    /// A statement whose text is not known.
    Unknown,
    /// Something that the driver does: `COMMIT`.
    Named(&'static str),
}

impl<'a> What<'a> {
    pub(crate) fn text(text: &'a str) -> Self {
        Self::Statement {
            text,
            is_prepared: false,
        }
    }

    pub(crate) fn prepared(text: &'a str) -> Self {
        Self::Statement {
            text,
            is_prepared: true,
        }
    }
}

impl Call {
    /// Begins a call below what is current here. `None` where nothing is recorded, which costs a look at what is current.
    ///
    /// `database` is asked for only where something is recorded.
    #[track_caller]
    pub(crate) fn begin<D: AsRef<Database>>(
        database: impl FnOnce() -> D,
        driver: &'static str,
        what: What<'_>,
    ) -> Option<Self> {
        if !current().is_recording() {
            // Tells where there is no segment at all.
            drop(subsegment("database").remote().begin());
            return None;
        }
        let database = database();
        Some(Self::new(database.as_ref(), driver, what))
    }

    /// The same, where it is no surprise that there is no segment: connections are made at any time.
    pub(crate) fn begin_quietly(
        database: &Database,
        driver: &'static str,
        what: What<'_>,
    ) -> Option<Self> {
        current()
            .is_recording()
            .then(|| Self::new(database, driver, what))
    }

    fn new(database: &Database, driver: &'static str, what: What<'_>) -> Self {
        let about = database.description();
        let mut subsegment = subsegment(Text::copied(&about.label)).remote().begin();
        let mut sql = Sql {
            url: about.url.as_deref().map(Cow::Borrowed),
            user: about.user.as_deref().map(Cow::Borrowed),
            database_type: Some(about.engine.name().into()),
            database_version: about.version.as_deref().map(Cow::Borrowed),
            driver_version: Some(driver.into()),
            ..Sql::default()
        };
        let record = about.record;
        let mut statement = None;
        match what {
            What::Statement { text, is_prepared } => {
                if is_prepared {
                    sql.preparation = Some("statement".into());
                }
                let known =
                    (record != Record::Nothing).then(|| cache::statement(about.engine, text));
                sql.sanitized_query = match (&known, record) {
                    (Some(_), Record::Raw) => Some(cut(text).into()),
                    (Some(known), _) => Some(Cow::Borrowed(&*known.sanitized)),
                    _ => None,
                };
                subsegment.sql(&sql);
                if let Some(known) = known {
                    subsegment.annotate(STATEMENT, &*known.name);
                    statement = Some((about.engine, known));
                }
            }
            What::Unknown => {
                subsegment.sql(&sql);
            }
            What::Named(name) => {
                sql.sanitized_query = Some(name.into());
                subsegment.sql(&sql).annotate(STATEMENT, name);
            }
        }
        Self {
            subsegment,
            record,
            statement,
            is_over: false,
        }
    }

    /// It began so long before it was begun here.
    pub(crate) fn began_before(&mut self, before: Duration) {
        self.subsegment.began_before(before);
    }

    /// How many rows came back.
    pub(crate) fn rows_returned(&mut self, rows: u64) {
        self.subsegment
            .metadata_in(NAMESPACE, "rows_returned", &rows);
    }

    /// How many rows the statement changed.
    pub(crate) fn rows_affected(&mut self, rows: u64) {
        self.subsegment
            .metadata_in(NAMESPACE, "rows_affected", &rows);
    }

    /// The call is over, and went well.
    pub(crate) fn complete(mut self) {
        self.is_over = true;
    }

    /// The call is over, and failed. `raw` is the error with all its values, which is withheld from whatever the program records of it.
    pub(crate) fn fail(mut self, failure: &Failure<'_>, raw: &dyn Display) {
        self.is_over = true;
        if self.record == Record::Raw {
            self.subsegment.record_message(failure.kind, &text_of(raw));
        } else {
            let told = failure.told(&|name| self.has_name(name));
            self.subsegment.record_message(failure.kind, &told);
            self.withhold(failure, &told, raw);
        }
        if let Some((key, code)) = &failure.code {
            self.subsegment.annotate(*key, &**code);
        }
        if failure.is_throttled {
            self.subsegment.throttle();
        }
    }
}

impl Call {
    fn has_name(&self, name: &str) -> bool {
        let known = self.statement.as_ref();
        known.is_some_and(|(engine, known)| statement::has_name(*engine, &known.sanitized, name))
    }

    fn withhold(&mut self, failure: &Failure<'_>, told: &str, raw: &dyn Display) {
        for (text, instead) in failure.withheld(told) {
            self.subsegment.withhold(text, instead);
        }
        // A driver's own text with a value in it has some words around that.
        let raw = failure.is_own().then(|| text_of(raw));
        let holds_more = |raw: &String| raw.len() >= SHORTEST_WITH_VALUE && !told.contains(&**raw);
        if let Some(raw) = raw.filter(holds_more) {
            self.subsegment.withhold(&raw, told);
        }
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        if !self.is_over && !std::thread::panicking() {
            self.subsegment.metadata_in(NAMESPACE, "aborted", &true);
        }
    }
}

/// At most what is kept of any statement.
fn cut(text: &str) -> &str {
    &text[..text.floor_char_boundary(crate::statement::LONGEST.min(text.len()))]
}
