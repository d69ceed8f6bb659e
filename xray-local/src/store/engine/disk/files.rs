//! Whether files that are open are still those that stand under their names.

use std::fs::{self, Metadata};
use std::io;
use std::path::PathBuf;

use crate::store::engine::{EngineError, EngineErrorKind};

/// Files as they were found.
pub(super) struct Files {
    files: [(PathBuf, Identity); 2],
}

/// What tells a file from another one of the same name.
#[cfg(unix)]
type Identity = (u64, u64);

/// Elsewhere a file that is open cannot be taken away.
#[cfg(not(unix))]
type Identity = ();

impl Files {
    pub(super) fn of(paths: [PathBuf; 2]) -> io::Result<Self> {
        let [one, other] = paths.map(|path| {
            let found = fs::metadata(&path)?;
            Ok::<_, io::Error>((path, identity(&found)))
        });
        Ok(Self {
            files: [one?, other?],
        })
    }

    /// Costs a look at each name, about a microsecond.
    pub(super) fn check(&self) -> Result<(), EngineError> {
        for (path, known) in &self.files {
            let problem = match fs::metadata(path) {
                Ok(found) if identity(&found) == *known => continue,
                Ok(_) => "another file is there".to_owned(),
                Err(error) => error.to_string(),
            };
            return Err(EngineError {
                kind: EngineErrorKind::Gone,
                problem: format!("{}: {problem}", path.display()),
            });
        }
        Ok(())
    }
}

#[cfg(unix)]
fn identity(file: &Metadata) -> Identity {
    use std::os::unix::fs::MetadataExt as _;
    (file.dev(), file.ino())
}

#[cfg(not(unix))]
fn identity(_: &Metadata) -> Identity {}
