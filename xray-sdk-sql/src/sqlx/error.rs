use std::borrow::Cow;
use std::error::Error as StdError;

use sqlx::Error;
use sqlx::error::DatabaseError;

use crate::call::Call;
use crate::engine::Engine;
use crate::failure::Failure;

const KIND: &str = "sqlx::Error";

/// Records how a call ended.
pub(super) fn settle<T>(call: Option<Call>, engine: Engine, outcome: &Result<T, Error>) {
    let Some(call) = call else {
        return;
    };
    match outcome {
        Ok(_) => call.complete(),
        Err(error) => fail(call, engine, error),
    }
}

pub(super) fn fail(call: Call, engine: Engine, error: &Error) {
    call.fail(&failure(engine, KIND, error), error);
}

/// What is recorded of an error, if it is sqlx's.
pub(crate) fn recognise<'a>(
    engine: Engine,
    error: &'a (dyn StdError + 'static),
) -> Option<Failure<'a>> {
    Some(failure(engine, KIND, error.downcast_ref::<Error>()?))
}

/// What is recorded of an error, without values. The texts of most hold those of their sources, which may be anything.
pub(crate) fn failure<'a>(engine: Engine, kind: &'a str, error: &'a Error) -> Failure<'a> {
    match error {
        Error::Database(error) => of_database(engine, kind, &**error),
        Error::Io(error) => Failure::io(kind, "error communicating with the database", error),
        Error::PoolTimedOut => Failure::new(kind, "the pool had no connection in time").throttled(),
        Error::ColumnIndexOutOfBounds { index, len } => {
            Failure::new(kind, format!("column {index} was asked for of {len}"))
        }
        Error::ColumnDecode { index, .. } => {
            let is_number = index.bytes().all(|byte| byte.is_ascii_digit());
            let index = if is_number { index } else { "of a name" };
            Failure::new(kind, format!("column {index} could not be decoded"))
        }
        error => Failure::new(kind, text(error)),
    }
}

fn text(error: &Error) -> &'static str {
    match error {
        Error::Configuration(_) => "the settings of the connection are wrong",
        Error::InvalidArgument(_) => "an argument is wrong",
        Error::Tls(_) => "no TLS connection could be made",
        Error::Protocol(_) => "unexpected data from the server",
        Error::RowNotFound => "no row was found",
        Error::TypeNotFound { .. } => "the server does not know a type",
        Error::ColumnNotFound(_) => "there is no column of that name",
        Error::Encode(_) => "a value could not be encoded",
        Error::Decode(_) => "a value could not be decoded",
        Error::AnyDriverError(_) => "a value could not be mapped",
        Error::PoolClosed => "the pool is closed",
        Error::WorkerCrashed => "the thread of the database ended",
        Error::Migrate(_) => "a migration failed",
        _ => "the call failed, with a message that is left out as it may hold values",
    }
}

fn of_database<'a>(engine: Engine, kind: &'a str, error: &'a dyn DatabaseError) -> Failure<'a> {
    let code = error.code().unwrap_or(Cow::Borrowed("unknown"));
    match engine {
        Engine::PostgreSql => of_postgres(kind, code, error),
        Engine::MySql | Engine::MariaDb => of_mysql(kind, code, error),
        Engine::Sqlite => Failure::sqlite(kind, code, error.message()),
    }
}

#[cfg(feature = "sqlx-postgres")]
fn of_postgres<'a>(kind: &'a str, code: Cow<'a, str>, error: &'a dyn DatabaseError) -> Failure<'a> {
    let Some(own) = error.try_downcast_ref::<sqlx::postgres::PgDatabaseError>() else {
        return uncoded(kind, code, error);
    };
    let failure = Failure::postgres(kind, own.code(), own.message());
    failure.with_details([own.detail(), own.hint(), own.r#where()])
}

#[cfg(not(feature = "sqlx-postgres"))]
use uncoded as of_postgres;

#[cfg(feature = "sqlx-mysql")]
fn of_mysql<'a>(kind: &'a str, code: Cow<'a, str>, error: &'a dyn DatabaseError) -> Failure<'a> {
    match error.try_downcast_ref::<sqlx::mysql::MySqlDatabaseError>() {
        Some(own) => Failure::mysql(
            kind,
            own.number(),
            own.code().unwrap_or_default(),
            own.message(),
        ),
        None => uncoded(kind, code, error),
    }
}

#[cfg(not(feature = "sqlx-mysql"))]
use uncoded as of_mysql;

/// Of a driver that is not known only the code is told.
fn uncoded<'a>(kind: &'a str, code: Cow<'a, str>, error: &'a dyn DatabaseError) -> Failure<'a> {
    let failure = Failure::new(kind, "the database refused the call").with_sqlstate(code);
    failure.with_details([Some(error.message())])
}
