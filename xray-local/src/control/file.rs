//! The file that keeps the rules: in the form of GetSamplingRules' answer, so that such an answer is a rules file too.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::{fmt, process};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::json::problem;
use crate::sampling::{Definition, KeptRule, Record, Rules};

/// A rules file. It is there once a rule was changed.
pub(super) struct RulesFile {
    path: PathBuf,
    /// What it held when it was read or written last; `None` when it was not there.
    known: Option<Vec<u8>>,
}

/// What is wrong with the file.
#[derive(Debug)]
pub(crate) enum FileError {
    Read(io::Error),
    /// It holds no rules; the text says where and why.
    Content(String),
    /// Somebody else wrote it.
    Changed(PathBuf),
    Write(PathBuf, io::Error),
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", expecting = "an object")]
struct Contents {
    sampling_rule_records: Vec<KeptRecord>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", expecting = "an object")]
struct KeptRecord {
    sampling_rule: Definition,
    /// AWS's command line writes times as texts. Nothing depends on them: one that is no number is none.
    created_at: Option<Value>,
    modified_at: Option<Value>,
}

impl RulesFile {
    /// Reads the rules. Where there is no file yet there is the default rule.
    pub(super) fn open(path: PathBuf) -> Result<(Self, Rules), FileError> {
        // A link stays a link: the file that it leads to is replaced.
        let path = fs::canonicalize(&path).unwrap_or(path);
        let known = read(&path).map_err(FileError::Read)?;
        let rules = match &known {
            Some(bytes) => parse(bytes).map_err(FileError::Content)?,
            None => Rules::default(),
        };
        Ok((Self { path, known }, rules))
    }

    /// Replaces the file as a whole: whoever reads it meanwhile, and a machine that stops meanwhile, has the old one or the new.
    pub(super) fn write(&mut self, rules: &Rules) -> Result<(), FileError> {
        let failed = |error| FileError::Write(self.path.clone(), error);
        let found = read(&self.path).map_err(failed)?;
        if found.is_some() && found != self.known {
            return Err(FileError::Changed(self.path.clone()));
        }
        let bytes = text(rules);
        replace(&self.path, &bytes).map_err(failed)?;
        self.known = Some(bytes);
        Ok(())
    }
}

fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn parse(bytes: &[u8]) -> Result<Rules, String> {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let contents: Contents =
        serde_path_to_error::deserialize(&mut deserializer).map_err(|error| problem(&error))?;
    deserializer.end().map_err(|error| error.to_string())?;
    let kept = contents
        .sampling_rule_records
        .into_iter()
        .map(KeptRule::from);
    Rules::restore(kept)
        .map_err(|(number, error)| format!("SamplingRuleRecords[{number}]: {error}"))
}

fn text(rules: &Rules) -> Vec<u8> {
    #[derive(Serialize)]
    #[serde(rename_all = "PascalCase")]
    struct Contents<'a> {
        sampling_rule_records: &'a [Record],
    }
    let contents = Contents {
        sampling_rule_records: rules.records(),
    };
    let mut bytes = serde_json::to_vec_pretty(&contents)
        .expect("all keys are text, and no field refuses to be written");
    bytes.push(b'\n');
    bytes
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

impl From<KeptRecord> for KeptRule {
    fn from(record: KeptRecord) -> Self {
        let seconds = |time: Option<Value>| time.and_then(|time| time.as_f64()).unwrap_or(0.0);
        Self {
            definition: record.sampling_rule.without_arn(),
            created_at: seconds(record.created_at),
            modified_at: seconds(record.modified_at),
        }
    }
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read(error) => error.fmt(f),
            Self::Content(problem) => f.write_str(problem),
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
            Self::Content(_) | Self::Changed(_) => None,
        }
    }
}

#[cfg(test)]
mod tests;
