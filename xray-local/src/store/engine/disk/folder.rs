//! The folder of a store: its lock, its database, and what can be wrong with them.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::{fmt, process};

use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::files::Files;
use super::schema;
use super::vault::VaultError;
use crate::error::DataTrouble;
use crate::store::engine::{EngineError, EngineErrorKind};

const DATABASE: &str = "traces.db";
const LOCK: &str = "lock";

/// Where a store is.
#[derive(Clone)]
pub(super) struct Folder {
    path: PathBuf,
}

/// Held by the one process that has the store open. The system lets go of it when the process ends, however it does.
pub(super) struct FolderLock {
    _file: File,
}

/// Why a folder cannot be used as a store.
#[derive(Debug)]
pub(crate) enum FolderError {
    /// Another process has it open; its id, if it could be read.
    InUse(Option<u32>),
    /// The database there is somebody else's.
    Foreign(PathBuf),
    /// It was written by another version of this program.
    Version {
        found: i64,
        known: i64,
    },
    /// It cannot be read any more.
    Damaged(PathBuf, String),
    Io(io::Error),
    /// It and the key that was given do not go together.
    Vault(VaultError),
    /// This process may not write to the database.
    Denied(PathBuf, String),
    Database(PathBuf, String),
}

/// What is wrong with a database.
pub(super) enum FormatError {
    Foreign,
    Version(i64),
    /// It is encrypted and was to be opened as one that is not, or the other way round.
    Encryption,
    Sqlite(rusqlite::Error),
}

impl Folder {
    pub(super) fn new(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
        }
    }

    /// Takes the folder for this process; makes it where it is not there.
    pub(super) fn lock(&self) -> Result<FolderLock, FolderError> {
        fs::create_dir_all(&self.path).map_err(FolderError::Io)?;
        let mut file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(self.path.join(LOCK))
            .map_err(FolderError::Io)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(FolderError::InUse(holder(&mut file))),
            Err(TryLockError::Error(error)) => return Err(FolderError::Io(error)),
        }
        // Whom to ask for; a full disk may not take it, and the lock holds all the same.
        let _ = file.set_len(0);
        let _ = write!(file, "{}", process::id());
        Ok(FolderLock { _file: file })
    }

    /// Whether nothing was kept there yet.
    pub(super) fn is_new(&self) -> bool {
        !self.database().exists()
    }

    /// Opens the database for writing.
    pub(super) fn open(
        &self,
        prepare: impl FnOnce(&mut Connection) -> Result<(), FormatError>,
    ) -> Result<Connection, FolderError> {
        // SQLite would take it for a new one.
        let length = |path| fs::metadata(path).map_or(0, |file| file.len());
        if length(self.database()) == 0 && length(self.log()) > 0 {
            let problem = "it is empty or gone, and its log is not".to_owned();
            return Err(FolderError::Damaged(self.database(), problem));
        }
        let opened = self
            .connect(OpenFlags::SQLITE_OPEN_CREATE)
            .map_err(FormatError::from);
        let prepared = opened.and_then(|mut connection| {
            prepare(&mut connection)?;
            Ok(connection)
        });
        prepared.map_err(|error| self.explain(error))
    }

    /// Opens the database, which is there, for reading.
    pub(super) fn reader(&self) -> rusqlite::Result<Connection> {
        let connection = self.again()?;
        connection.execute_batch("PRAGMA query_only = ON; PRAGMA cache_size = -4096;")?;
        Ok(connection)
    }

    /// Opens the database, which is there.
    pub(super) fn again(&self) -> rusqlite::Result<Connection> {
        self.connect(OpenFlags::empty())
    }

    fn connect(&self, more: OpenFlags) -> rusqlite::Result<Connection> {
        // One thread at a time has it, which the type sees to.
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        Connection::open_with_flags(self.database(), flags | more)
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// How long the file is that commits are written to first.
    pub(super) fn log_bytes(&self) -> u64 {
        fs::metadata(self.log()).map_or(0, |log| log.len())
    }

    /// The file that commits are written to first.
    pub(super) fn log(&self) -> PathBuf {
        self.path.join(format!("{DATABASE}-wal"))
    }

    pub(super) fn database(&self) -> PathBuf {
        self.path.join(DATABASE)
    }

    /// The files that are open, to see later whether they are still there.
    pub(super) fn files(&self) -> io::Result<Files> {
        Files::of([self.database(), self.log()])
    }

    fn explain(&self, error: FormatError) -> FolderError {
        let path = self.database();
        match error {
            FormatError::Foreign => FolderError::Foreign(path),
            FormatError::Version(found) => FolderError::Version {
                found,
                known: schema::version(),
            },
            FormatError::Encryption => {
                FolderError::Vault(VaultError::EnvelopeGone(self.path.clone()))
            }
            FormatError::Sqlite(error) => match error.sqlite_error_code() {
                Some(ErrorCode::NotADatabase) => FolderError::Foreign(path),
                Some(ErrorCode::DatabaseCorrupt) => FolderError::Damaged(path, error.to_string()),
                Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied | ErrorCode::CannotOpen) => {
                    FolderError::Denied(path, error.to_string())
                }
                _ => FolderError::Database(path, error.to_string()),
            },
        }
    }
}

/// The process that has the lock, as it wrote it down.
fn holder(file: &mut File) -> Option<u32> {
    let mut text = String::new();
    file.rewind().ok()?;
    file.read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

impl From<rusqlite::Error> for FormatError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

impl FolderError {
    /// A database that was opened and cannot be read.
    pub(crate) fn read(path: PathBuf, error: &EngineError) -> Self {
        match error.kind {
            EngineErrorKind::Damaged => Self::Damaged(path, error.problem.clone()),
            _ => Self::Database(path, error.problem.clone()),
        }
    }
}

impl FolderError {
    /// What is the matter, as far as something can be done about it.
    pub(crate) fn trouble(&self) -> DataTrouble {
        use io::ErrorKind::{PermissionDenied, ReadOnlyFilesystem};
        match self {
            Self::InUse(_) => DataTrouble::InUse,
            Self::Vault(VaultError::File(..)) => DataTrouble::Other,
            Self::Vault(_) => DataTrouble::Key,
            Self::Io(error) => match error.kind() {
                PermissionDenied | ReadOnlyFilesystem => DataTrouble::Denied,
                _ => DataTrouble::Other,
            },
            Self::Denied(..) => DataTrouble::Denied,
            _ => DataTrouble::Other,
        }
    }
}

impl fmt::Display for FolderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InUse(Some(process)) => write!(f, "process {process} has it open"),
            Self::InUse(None) => f.write_str("another process has it open"),
            Self::Foreign(path) => {
                write!(f, "{} is no store of xray-local", path.display())
            }
            Self::Version { found, known } => write!(
                f,
                "its format is {found}, this version of xray-local knows {known}: start the one that wrote it and write its traces out (xray-local export), or start with another folder (--data); import reads them in again"
            ),
            Self::Damaged(path, problem) => {
                write!(f, "{} is damaged: {problem}", path.display())
            }
            // Whoever tells of it names the folder.
            Self::Io(error) => error.fmt(f),
            Self::Vault(error) => error.fmt(f),
            Self::Denied(path, problem) | Self::Database(path, problem) => {
                write!(f, "{}: {problem}", path.display())
            }
        }
    }
}

impl std::error::Error for FolderError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io(error) => Some(error),
            _ => None,
        }
    }
}
