//! What operators set, and the file that keeps it.

use std::convert::Infallible;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use super::EditError;
use super::content::Content;
use super::file::KeptFile;
use crate::error::Error;
use crate::lock::lock;
use crate::store::Sealer;

/// A value that calls change, and that is there again after a restart.
pub(crate) struct Kept<T> {
    /// Guards the file, and keeps edits apart.
    file: Mutex<Option<KeptFile<T>>>,
    /// Guards which value is in force. Held for a moment only.
    value: Mutex<Arc<T>>,
}

impl<T: Content> Kept<T> {
    /// As the file in the folder of `beside` has it; without one it is kept in memory.
    pub(super) fn start(
        beside: Option<&PathBuf>,
        sealer: Option<&Arc<dyn Sealer>>,
    ) -> Result<Self, Error> {
        let path = beside.map(|path| path.with_file_name(T::FILE));
        let (file, value) = KeptFile::start(path, sealer)?;
        Ok(Self {
            file: Mutex::new(file),
            value: Mutex::new(Arc::new(value)),
        })
    }

    /// The value as it is now.
    pub(crate) fn get(&self) -> Arc<T> {
        Arc::clone(&lock(&self.value))
    }

    /// Changes it: in the file first, so that what was answered is kept.
    pub(crate) fn edit<R, E>(
        &self,
        change: impl FnOnce(&mut T) -> Result<R, E>,
    ) -> Result<R, EditError<E>> {
        let mut file = lock(&self.file);
        let old = self.get();
        let mut value = T::clone(&old);
        let changed = change(&mut value).map_err(EditError::Refused)?;
        if value != *old {
            if let Some(file) = file.as_mut() {
                file.write(&value).map_err(EditError::File)?;
            }
            *lock(&self.value) = Arc::new(value);
        }
        Ok(changed)
    }

    /// Changes it in a way that cannot be refused.
    pub(crate) fn change(&self, change: impl FnOnce(&mut T)) -> Result<(), EditError<Infallible>> {
        self.edit(|value| {
            change(value);
            Ok(())
        })
    }
}
