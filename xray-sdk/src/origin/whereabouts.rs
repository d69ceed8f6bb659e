use std::sync::{Arc, OnceLock};
use std::thread;

use super::finding::Findings;
use super::{Origins, Surroundings};

/// Where the program runs, as far as it is known by now.
///
/// Reading takes no lock. What was found at once may be replaced by more, one time.
pub(crate) struct Whereabouts {
    at_once: Findings,
    later: OnceLock<Findings>,
}

impl Whereabouts {
    /// What variables and files tell, those of the process unless others are given; who can tell more is asked on a thread of its own, which ends when it has its answer.
    pub(crate) fn find(origins: &Origins, process: fn() -> Surroundings) -> Arc<Self> {
        let (at_once, inquiry) = origins.look(process);
        let mut findings = at_once.clone();
        let found = Arc::new(Self {
            at_once,
            later: OnceLock::new(),
        });
        let Some(inquiry) = inquiry else {
            return found;
        };
        let answered = Arc::clone(&found);
        let thread = thread::Builder::new()
            .name("xray-sdk-origin".to_owned())
            .spawn(move || {
                inquiry.make(&mut findings);
                answered.settle(findings);
            });
        if let Err(error) = thread {
            let mut findings = found.at_once.clone();
            findings.problem(format!(
                "segments tell less of where they come from, for no thread could be started to ask: {error}"
            ));
            found.settle(findings);
        }
        found
    }

    fn settle(&self, findings: Findings) {
        // There is one asker, so nothing is there yet.
        let _ = self.later.set(findings);
    }

    /// What is known by now.
    pub(crate) fn known(&self) -> &Findings {
        self.later.get().unwrap_or(&self.at_once)
    }

    /// What was found out after the start: none so long as nothing was.
    pub(crate) fn later(&self) -> Option<&Findings> {
        self.later.get()
    }
}
