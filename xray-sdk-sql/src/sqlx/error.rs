use std::borrow::Cow;

use sqlx::Error;
use sqlx::error::DatabaseError;

use crate::call::{self, Call};
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

/// What is recorded of an error, without values.
pub(crate) fn failure<'a>(engine: Engine, kind: &'a str, error: &'a Error) -> Failure<'a> {
    match error {
        Error::Database(error) => of_database(engine, kind, &**error),
        Error::PoolTimedOut => Failure {
            is_throttled: true,
            ..Failure::new(kind, error.to_string())
        },
        // Their texts may hold values, as those of the sources do.
        Error::Encode(_) => Failure::new(kind, "error occurred while encoding a value"),
        Error::Decode(_) => Failure::new(kind, "error occurred while decoding"),
        Error::ColumnDecode { index, .. } => Failure::new(
            kind,
            format!("error occurred while decoding column {index}"),
        ),
        Error::Configuration(_) | Error::InvalidArgument(_) => {
            Failure::new(kind, "error with configuration")
        }
        error => Failure::new(kind, call::message(error)),
    }
}

fn of_database<'a>(engine: Engine, kind: &'a str, error: &'a dyn DatabaseError) -> Failure<'a> {
    let code = error.code().unwrap_or(Cow::Borrowed("unknown"));
    match engine {
        Engine::PostgreSql => {
            #[cfg(feature = "sqlx-postgres")]
            if let Some(own) = error.try_downcast_ref::<sqlx::postgres::PgDatabaseError>() {
                let routine = own.routine().unwrap_or_default();
                return Failure::postgres(kind, own.code(), own.message(), routine);
            }
            // Whether a function of the program raised it is not known.
            Failure::new(kind, "error returned from database").with_sqlstate(code)
        }
        Engine::MySql | Engine::MariaDb => {
            #[cfg(feature = "sqlx-mysql")]
            if let Some(own) = error.try_downcast_ref::<sqlx::mysql::MySqlDatabaseError>() {
                let state = own.code().unwrap_or_default();
                return Failure::mysql(kind, own.number(), state, own.message());
            }
            Failure::new(kind, "error returned from database").with_sqlstate(code)
        }
        Engine::Sqlite => Failure::sqlite(kind, code, error.message()),
    }
}
