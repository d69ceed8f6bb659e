//! What is sampled, for all clients of one server: the rules in the file, the time, and the lock around both.

mod file;

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use crate::clock::Clock;
use crate::error::Error;
use crate::lock::lock;
use crate::sampling::{RuleError, Rules, Sampling};
pub(crate) use file::FileError;
use file::RulesFile;

/// The sampling of one server. Clones are the same.
#[derive(Clone)]
pub(crate) struct Control {
    shared: Arc<Shared>,
}

struct Shared {
    clock: Clock,
    /// Guards the file, and keeps edits apart. Held while the file is written, which clients that report do not wait for.
    file: Mutex<Option<RulesFile>>,
    /// Guards what clients are answered from. Held for computing only.
    sampling: Mutex<Sampling>,
}

/// Why rules are not changed.
#[derive(Debug)]
pub(crate) enum EditError {
    Rule(RuleError),
    File(FileError),
}

impl Control {
    /// With the rules of the file, if there is to be one, or the default rule alone.
    pub(crate) fn start(file: Option<PathBuf>, clock: Clock) -> Result<Self, Error> {
        let (file, rules) = match file {
            Some(path) => {
                let opened = RulesFile::open(path.clone());
                let (file, rules) = opened.map_err(|error| Error::rules(path, error))?;
                (Some(file), rules)
            }
            None => (None, Rules::default()),
        };
        let sampling = Sampling::new(rules, clock.now());
        Ok(Self {
            shared: Arc::new(Shared {
                clock,
                file: Mutex::new(file),
                sampling: Mutex::new(sampling),
            }),
        })
    }

    /// Asks or tells, at the present time.
    pub(crate) fn sampling<T>(&self, ask: impl FnOnce(&mut Sampling, f64) -> T) -> T {
        let mut sampling = lock(&self.shared.sampling);
        ask(&mut sampling, self.shared.clock.now())
    }

    /// Changes the rules at the present time: in the file first, so that what was answered is kept.
    pub(crate) fn edit<T>(
        &self,
        change: impl FnOnce(&mut Rules, f64) -> Result<T, RuleError>,
    ) -> Result<T, EditError> {
        let mut file = lock(&self.shared.file);
        let now = self.shared.clock.now();
        let old = lock(&self.shared.sampling).rules().clone();
        let mut rules = old.clone();
        let changed = change(&mut rules, now).map_err(EditError::Rule)?;
        if rules != old {
            if let Some(file) = file.as_mut() {
                file.write(&rules).map_err(EditError::File)?;
            }
            lock(&self.shared.sampling).replace_rules(rules, now);
        }
        Ok(changed)
    }
}
