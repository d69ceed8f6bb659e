//! A file that keeps something: read when the server starts, and written as a whole when a call changes what it keeps.

use std::borrow::Cow;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::marker::PhantomData;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{fmt, process};

use serde::{Deserialize, Serialize};

use super::content::{Content, to_json};
use crate::error::Error;
use crate::store::Sealer;

/// A file. It is there once what it keeps was changed.
pub(super) struct KeptFile<T> {
    path: PathBuf,
    /// What it held when it was read or written last; `None` when it was not there.
    known: Option<Vec<u8>>,
    /// There where the store is encrypted.
    sealer: Option<Arc<dyn Sealer>>,
    content: PhantomData<T>,
}

/// What a file holds where the store is encrypted.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sealed {
    /// What the key is called that the store is opened with.
    sealed_with: String,
    sealed: String,
}

/// What is wrong with the file.
#[derive(Debug)]
pub(crate) enum FileError {
    Read(io::Error),
    /// It holds something else; the text says where and why.
    Content(String),
    /// It is sealed with the key of another store, which is opened with the key of this name.
    Sealed(String),
    /// Somebody else wrote it.
    Changed(PathBuf),
    Write(PathBuf, io::Error),
}

impl FileError {
    /// Whether it is for want of room on the disk.
    pub(crate) fn is_full(&self) -> bool {
        let full = [ErrorKind::StorageFull, ErrorKind::QuotaExceeded];
        matches!(self, Self::Write(_, error) if full.contains(&error.kind()))
    }
}

impl<T: Content> KeptFile<T> {
    /// Reads what the file keeps, if there is to be one.
    pub(super) fn start(
        path: Option<PathBuf>,
        sealer: Option<&Arc<dyn Sealer>>,
    ) -> Result<(Option<Self>, T), Error> {
        let Some(path) = path else {
            return Ok((None, T::default()));
        };
        let opened = Self::open(path.clone(), sealer);
        let (file, value) = opened.map_err(|error| Error::kept(T::WHAT, path, error))?;
        Ok((Some(file), value))
    }

    /// Reads what it keeps. Where there is no file yet that is what a server begins with. One that is not sealed is read also where it is to be.
    pub(super) fn open(
        path: PathBuf,
        sealer: Option<&Arc<dyn Sealer>>,
    ) -> Result<(Self, T), FileError> {
        // A link stays a link: the file that it leads to is replaced.
        let path = fs::canonicalize(&path).unwrap_or(path);
        let known = read(&path).map_err(FileError::Read)?;
        let value = match &known {
            Some(bytes) => {
                let text = unsealed::<T>(bytes, sealer.map(Arc::as_ref))?;
                T::read(&text).map_err(FileError::Content)?
            }
            None => T::default(),
        };
        let file = Self {
            path,
            known,
            sealer: sealer.cloned(),
            content: PhantomData,
        };
        Ok((file, value))
    }

    /// Replaces the file as a whole: whoever reads it meanwhile, and a machine that stops meanwhile, has the old one or the new.
    pub(super) fn write(&mut self, value: &T) -> Result<(), FileError> {
        let failed = |error| FileError::Write(self.path.clone(), error);
        let found = read(&self.path).map_err(failed)?;
        if found.is_some() && found != self.known {
            return Err(FileError::Changed(self.path.clone()));
        }
        let bytes = self.sealed(value.write());
        replace(&self.path, &bytes).map_err(failed)?;
        self.known = Some(bytes);
        Ok(())
    }
}

impl<T: Content> KeptFile<T> {
    /// What is to stand in the file for this text.
    fn sealed(&self, text: Vec<u8>) -> Vec<u8> {
        let Some(sealer) = &self.sealer else {
            return text;
        };
        let sealed = Sealed {
            sealed_with: sealer.key_id().to_owned(),
            sealed: sealer.seal(T::FILE, &text),
        };
        to_json(&sealed)
    }
}

/// The text that stands in a file, sealed or not.
fn unsealed<'a, T: Content>(
    bytes: &'a [u8],
    sealer: Option<&dyn Sealer>,
) -> Result<Cow<'a, [u8]>, FileError> {
    let Ok(sealed) = serde_json::from_slice::<Sealed>(bytes) else {
        return Ok(bytes.into());
    };
    let opened = sealer.and_then(|sealer| sealer.open(T::FILE, &sealed.sealed));
    opened.map_or(Err(FileError::Sealed(sealed.sealed_with)), |text| {
        Ok(text.into())
    })
}

fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    if let Some(folder) = folder {
        fs::create_dir_all(folder)?;
    }
    let mut beside = path.as_os_str().to_owned();
    beside.push(format!(".{}.new", process::id()));
    let beside = PathBuf::from(beside);
    let replaced = write(&beside, bytes).and_then(|()| fs::rename(&beside, path));
    if replaced.is_err() {
        // It may not even be there; the first error tells more.
        let _ = fs::remove_file(&beside);
    }
    replaced
}

fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read(error) => error.fmt(f),
            Self::Content(problem) => f.write_str(problem),
            Self::Sealed(key) => write!(
                f,
                "it is sealed with the key of an encrypted store, which the key {key:?} opens: start with that store's folder and key, or move the file away"
            ),
            Self::Changed(path) => write!(
                f,
                "{} was changed by another program since it was read: start the server again, which reads it",
                path.display()
            ),
            Self::Write(path, error) => write!(f, "{} cannot be written: {error}", path.display()),
        }
    }
}

impl std::error::Error for FileError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Read(error) | Self::Write(_, error) => Some(error),
            Self::Content(_) | Self::Sealed(_) | Self::Changed(_) => None,
        }
    }
}

#[cfg(test)]
mod tests;
