use tokio_postgres::Error;

use crate::call::{self, Call};
use crate::failure::Failure;

const KIND: &str = "tokio_postgres::Error";

/// Records how a call ended.
pub(super) fn settle<T>(
    call: Option<Call>,
    outcome: &Result<T, Error>,
    tell: impl FnOnce(&mut Call, &T),
) {
    let Some(mut call) = call else {
        return;
    };
    match outcome {
        Ok(value) => {
            tell(&mut call, value);
            call.complete();
        }
        Err(error) => fail(call, error),
    }
}

pub(super) fn fail(call: Call, error: &Error) {
    match error.as_db_error() {
        Some(database) => {
            let routine = database.routine().unwrap_or_default();
            let (code, message) = (database.code().code(), database.message());
            call.fail(&Failure::postgres(KIND, code, message, routine), database);
        }
        None => call.fail(&Failure::new(KIND, call::message(error)), error),
    }
}
