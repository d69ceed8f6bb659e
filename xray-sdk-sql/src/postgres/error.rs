use std::error::Error as StdError;

use tokio_postgres::Error;
use tokio_postgres::error::DbError;

use crate::call::Call;
use crate::engine::Engine;
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

/// Waits for the outcome of a call, and records how it ended.
pub(super) async fn recorded<T>(
    call: Option<Call>,
    work: impl Future<Output = Result<T, Error>>,
    tell: impl FnOnce(&mut Call, &T),
) -> Result<T, Error> {
    let outcome = work.await;
    settle(call, &outcome, tell);
    outcome
}

pub(super) fn fail(call: Call, error: &Error) {
    match error.as_db_error() {
        Some(database) => call.fail(&of_database(database), database),
        None => call.fail(&of_driver(error), error),
    }
}

/// What is recorded of an error, if it is tokio-postgres's.
pub(crate) fn recognise<'a>(_: Engine, error: &'a (dyn StdError + 'static)) -> Option<Failure<'a>> {
    let error = error.downcast_ref::<Error>()?;
    Some(match error.as_db_error() {
        Some(database) => of_database(database),
        None => of_driver(error),
    })
}

fn of_database(error: &DbError) -> Failure<'_> {
    let failure = Failure::postgres(KIND, error.code().code(), error.message());
    failure.with_details([error.detail(), error.hint(), error.where_()])
}

/// Its text is the driver's own, without that of its source, which may hold values: as when a value could not be converted.
fn of_driver(error: &Error) -> Failure<'_> {
    let mut message = error.to_string();
    if let Some(io) = error
        .source()
        .and_then(|source| source.downcast_ref::<std::io::Error>())
    {
        message.push_str(": ");
        message.push_str(&io.kind().to_string());
    }
    Failure::new(KIND, message)
}
