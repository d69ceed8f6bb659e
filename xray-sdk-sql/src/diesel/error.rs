use std::error::Error as StdError;

use diesel::result::DatabaseErrorKind as Kind;
use diesel::result::{ConnectionError, DatabaseErrorInformation, Error};

use crate::engine::Engine;
use crate::failure::Failure;

const KIND: &str = "diesel::result::Error";

/// What is recorded of an error, if it is diesel's.
pub(crate) fn recognise<'a>(
    engine: Engine,
    error: &'a (dyn StdError + 'static),
) -> Option<Failure<'a>> {
    let query = error.downcast_ref().map(|error| failure(engine, error));
    query.or_else(|| Some(of_connection(engine, error.downcast_ref()?)))
}

/// Its text may hold the connection string, in any form.
pub(super) fn of_connection(engine: Engine, error: &ConnectionError) -> Failure<'_> {
    match error {
        ConnectionError::CouldntSetupConfiguration(error) => failure(engine, error),
        _ => Failure::new("diesel::ConnectionError", "the connection was not made"),
    }
}

/// The texts of most may hold values.
pub(super) fn failure(engine: Engine, error: &Error) -> Failure<'_> {
    let text = match error {
        Error::DatabaseError(kind, information) => {
            return of_database(engine, kind, &**information);
        }
        Error::NotFound => "no record was found",
        Error::InvalidCString(_) => "a text holds a zero",
        Error::SerializationError(_) => "a value could not be written",
        Error::DeserializationError(_) => "a value could not be read",
        Error::QueryBuilderError(_) => "the query could not be built",
        Error::RollbackErrorOnCommit { .. } => {
            "the transaction could be neither committed nor rolled back"
        }
        Error::RollbackTransaction => "the transaction is to be rolled back",
        Error::AlreadyInTransaction => "a transaction is open",
        Error::NotInTransaction => "no transaction is open",
        Error::BrokenTransactionManager => "the transaction manager is broken",
        _ => "the call failed, with a message that is left out as it may hold values",
    };
    Failure::new(KIND, text)
}

/// By the kind, as diesel does not tell the code.
fn of_database<'a>(
    engine: Engine,
    kind: &Kind,
    information: &'a (dyn DatabaseErrorInformation + Send + Sync),
) -> Failure<'a> {
    let (postgres, mysql, text) = meaning(kind);
    let message = information.message();
    let failure = match (engine, postgres, mysql) {
        (Engine::PostgreSql, Some(code), _) => Failure::postgres(KIND, code, message),
        (Engine::MySql | Engine::MariaDb, _, Some(code)) => {
            Failure::uncoded(KIND, engine, message, text).with_sqlstate(code)
        }
        _ => Failure::uncoded(KIND, engine, message, text),
    };
    failure.with_details([information.details(), information.hint()])
}

/// The code of PostgreSQL and that of MySQL, and what they mean.
fn meaning(kind: &Kind) -> (Option<&'static str>, Option<&'static str>, &'static str) {
    match kind {
        Kind::UniqueViolation => (
            Some("23505"),
            Some("23000"),
            "a unique constraint was violated",
        ),
        Kind::ForeignKeyViolation => (Some("23503"), Some("23000"), "a foreign key was violated"),
        Kind::NotNullViolation => (
            Some("23502"),
            Some("23000"),
            "a not-null constraint was violated",
        ),
        Kind::CheckViolation => (Some("23514"), None, "a check was violated"),
        Kind::SerializationFailure => (
            Some("40001"),
            Some("40001"),
            "the transaction could not be serialised",
        ),
        Kind::ReadOnlyTransaction => (Some("25006"), Some("25006"), "the transaction is read-only"),
        Kind::ClosedConnection => (Some("08006"), None, "the connection was closed"),
        Kind::UnableToSendCommand => (None, None, "the query could not be sent"),
        _ => (
            None,
            None,
            "the database refused the query, with a message that is left out as it may hold values",
        ),
    }
}
