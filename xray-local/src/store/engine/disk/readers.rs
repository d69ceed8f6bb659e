use std::sync::Mutex;

use rusqlite::Connection;

use super::folder::Folder;
use crate::lock::lock;
use crate::store::engine::EngineError;

/// Connections that read, each used by one reader at a time.
pub(super) struct Readers {
    folder: Folder,
    idle: Mutex<Vec<Connection>>,
}

/// So many connections are kept open for the readers to come.
const IDLE: usize = 8;

impl Readers {
    pub(super) fn of(folder: Folder) -> Self {
        Self {
            folder,
            idle: Mutex::default(),
        }
    }

    pub(super) fn read<T>(
        &self,
        read: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, EngineError> {
        let idle = lock(&self.idle).pop();
        let connection = match idle {
            Some(connection) => connection,
            None => self.folder.reader()?,
        };
        let found = read(&connection)?;
        let mut idle = lock(&self.idle);
        if idle.len() < IDLE {
            idle.push(connection);
        }
        Ok(found)
    }
}
