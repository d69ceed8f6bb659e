use rusqlite::{Error, ErrorCode};

use crate::store::engine::{EngineError, EngineErrorKind};

impl From<Error> for EngineError {
    fn from(error: Error) -> Self {
        let kind = match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => EngineErrorKind::Full,
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => EngineErrorKind::Damaged,
            Some(_) => EngineErrorKind::Other,
            // A value that has not the type or the form that was written.
            None => EngineErrorKind::Damaged,
        };
        Self {
            kind,
            problem: error.to_string(),
        }
    }
}
