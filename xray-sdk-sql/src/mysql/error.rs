use std::borrow::Cow;
use std::error::Error as StdError;

use mysql_async::{DriverError, Error, IoError, Result};

use crate::call::Call;
use crate::engine::Engine;
use crate::failure::Failure;

const KIND: &str = "mysql_async::Error";

/// Records how a call ended.
pub(super) fn settle<T>(call: Option<Call>, outcome: &Result<T>, tell: impl FnOnce(&mut Call, &T)) {
    let Some(mut call) = call else {
        return;
    };
    match outcome {
        Ok(value) => {
            tell(&mut call, value);
            call.complete();
        }
        Err(error) => call.fail(&failure(error), error),
    }
}

/// Waits for the outcome of a call, and records how it ended.
pub(super) async fn recorded<T>(
    call: Option<Call>,
    work: impl Future<Output = Result<T>>,
    tell: impl FnOnce(&mut Call, &T),
) -> Result<T> {
    let outcome = work.await;
    settle(call, &outcome, tell);
    outcome
}

/// What is recorded of an error, if it is mysql_async's.
pub(crate) fn recognise<'a>(_: Engine, error: &'a (dyn StdError + 'static)) -> Option<Failure<'a>> {
    error.downcast_ref::<Error>().map(failure)
}

/// The texts of most hold those of their sources, which may be anything.
fn failure(error: &Error) -> Failure<'_> {
    match error {
        Error::Server(server) => Failure::mysql(KIND, server.code, &server.state, &server.message),
        Error::Io(error) => of_transport(error),
        Error::Driver(error) => Failure::new(KIND, text(error)),
        Error::Url(_) => Failure::new(KIND, "the connection URL is wrong"),
        Error::Other(_) => Failure::new(
            KIND,
            "another error, with a message that is left out as it may hold values",
        ),
    }
}

fn of_transport(error: &IoError) -> Failure<'_> {
    let io = StdError::source(error).and_then(|source| source.downcast_ref::<std::io::Error>());
    match io {
        Some(io) => Failure::io(KIND, "error communicating with the database", io),
        None => Failure::new(KIND, "no TLS connection could be made"),
    }
}

fn text(error: &DriverError) -> Cow<'static, str> {
    let text = match error {
        DriverError::ConnectionClosed => "the connection to the server is closed",
        DriverError::PoolDisconnected => "the pool was disconnected",
        DriverError::NestedTransaction => "transactions cannot be nested",
        DriverError::FromValue { .. } | DriverError::FromRow { .. } => {
            "a value could not be converted"
        }
        DriverError::MixedParams | DriverError::Params(_) => {
            "the parameters do not fit the statement"
        }
        DriverError::StmtParamsMismatch { required, supplied } => {
            return format!("the statement takes {required} parameters, and {supplied} were given")
                .into();
        }
        DriverError::PacketTooLarge => "a packet is too large",
        DriverError::PacketOutOfOrder | DriverError::UnexpectedPacket { .. } => {
            "unexpected data from the server"
        }
        DriverError::LocalInfile(_) => "a local file could not be sent",
        _ => "error of the driver, with a message that is left out as it may hold values",
    };
    text.into()
}
