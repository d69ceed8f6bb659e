//! What operators set and clients do, for all calls of one server: the files that keep it, the time, and the locks around both.

mod content;
mod file;
mod kept;

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use crate::clock::Clock;
use crate::error::Error;
use crate::group::Groups;
use crate::lock::lock;
use crate::policy::Policies;
use crate::retrieval::Retrievals;
use crate::sampling::{RuleError, Rules, Sampling};
use crate::setting::Settings;
use crate::store::Sealer;
use crate::tag::Tags;
use crate::telemetry::Telemetry;
pub(crate) use file::FileError;
use file::KeptFile;
pub(crate) use kept::Kept;

/// The control of one server. Clones are the same.
#[derive(Clone)]
pub(crate) struct Control {
    shared: Arc<Shared>,
}

struct Shared {
    clock: Clock,
    /// Guards the file of the rules, and keeps edits apart. Held while the file is written, which clients that report do not wait for.
    file: Mutex<Option<KeptFile<Rules>>>,
    /// Guards what clients are answered from. Held for computing only.
    sampling: Mutex<Sampling>,
    groups: Kept<Groups>,
    tags: Kept<Tags>,
    policies: Kept<Policies>,
    settings: Kept<Settings>,
    /// Guards the retrievals. Held for a moment only.
    retrievals: Mutex<Retrievals>,
    /// Guards what daemons reported. Held for adding and for printing.
    telemetry: Mutex<Telemetry>,
}

/// Why something is not changed.
#[derive(Debug)]
pub(crate) enum EditError<E> {
    Refused(E),
    File(FileError),
}

impl Control {
    /// With what the file of sampling rules and those beside it keep, sealed where there is one to do it. Without a file everything is as a
    /// new server has it, and kept in memory.
    pub(crate) fn start(
        rules: Option<PathBuf>,
        sealer: Option<&Arc<dyn Sealer>>,
        clock: Clock,
    ) -> Result<Self, Error> {
        let beside = rules.clone();
        let (file, rules) = KeptFile::start(rules, sealer)?;
        let sampling = Sampling::new(rules, clock.now());
        Ok(Self {
            shared: Arc::new(Shared {
                file: Mutex::new(file),
                sampling: Mutex::new(sampling),
                groups: Kept::start(beside.as_ref(), sealer)?,
                tags: Kept::start(beside.as_ref(), sealer)?,
                policies: Kept::start(beside.as_ref(), sealer)?,
                settings: Kept::start(beside.as_ref(), sealer)?,
                retrievals: Mutex::default(),
                telemetry: Mutex::default(),
                clock,
            }),
        })
    }

    /// The present time.
    pub(crate) fn now(&self) -> f64 {
        self.shared.clock.now()
    }

    /// Asks or tells, at the present time.
    pub(crate) fn sampling<T>(&self, ask: impl FnOnce(&mut Sampling, f64) -> T) -> T {
        let mut sampling = lock(&self.shared.sampling);
        ask(&mut sampling, self.now())
    }

    /// Changes the sampling rules at the present time: in the file first, so that what was answered is kept.
    pub(crate) fn edit_rules<T>(
        &self,
        change: impl FnOnce(&mut Rules, f64) -> Result<T, RuleError>,
    ) -> Result<T, EditError<RuleError>> {
        let mut file = lock(&self.shared.file);
        let now = self.now();
        let old = lock(&self.shared.sampling).rules().clone();
        let mut rules = old.clone();
        let changed = change(&mut rules, now).map_err(EditError::Refused)?;
        if rules != old {
            if let Some(file) = file.as_mut() {
                file.write(&rules).map_err(EditError::File)?;
            }
            lock(&self.shared.sampling).replace_rules(rules, now);
        }
        Ok(changed)
    }

    pub(crate) fn groups(&self) -> &Kept<Groups> {
        &self.shared.groups
    }

    pub(crate) fn tags(&self) -> &Kept<Tags> {
        &self.shared.tags
    }

    pub(crate) fn policies(&self) -> &Kept<Policies> {
        &self.shared.policies
    }

    pub(crate) fn settings(&self) -> &Kept<Settings> {
        &self.shared.settings
    }

    /// Starts, finds or gives up a retrieval.
    pub(crate) fn retrievals<T>(&self, ask: impl FnOnce(&mut Retrievals) -> T) -> T {
        ask(&mut lock(&self.shared.retrievals))
    }

    /// Takes or tells what daemons report.
    pub(crate) fn telemetry<T>(&self, ask: impl FnOnce(&mut Telemetry) -> T) -> T {
        ask(&mut lock(&self.shared.telemetry))
    }
}
