//! Storing documents.

use std::borrow::Cow;
use std::collections::VecDeque;

use super::Store;
use super::engine::{EngineError, Made, full_name};
use super::writer::{Checked, Writer};
use crate::ledger::{Arrival, Fate, Source};
use crate::lock::lock;
use crate::validate::{self, Judged, Place, Rejection, RejectionCode, Whose};

/// How many documents are written at once at most. With more, readers and other writers would wait for longer than it saves.
const AT_ONCE: usize = 1_000;

/// How often traces are let go in a row at most before the next documents are taken. It is enough for any documents that came, and
/// a store whose limits were lowered shrinks step by step.
const ROUNDS: usize = 50;

/// The documents of some texts: those that are fit, until they are written, and why the others are not.
pub(super) struct Sorted<'a> {
    source: Source,
    /// All of them.
    came: Vec<Came<'a>>,
    checked: VecDeque<Checked<'a>>,
    /// With the place among all documents.
    rejections: Vec<(usize, Rejection)>,
}

/// A document that came.
struct Came<'a> {
    whose: Whose<'a>,
    text: &'a str,
    is_mended: bool,
}

impl Store {
    /// Stores a document, or each of a list of documents, and returns why any of them was refused. When it returns, what was not
    /// refused is stored; on disk, it outlives the process.
    pub fn insert(&self, text: &str) -> Vec<Rejection> {
        self.put([text], Source::Program).unwrap_or_else(|error| {
            let code = RejectionCode::InternalFailure;
            vec![Rejection::new(code, Place::Segment, error.to_string())]
        })
    }

    /// Stores documents, each text as [`Self::insert`] takes it, and returns why any of them was refused.
    ///
    /// # Errors
    ///
    /// When they cannot be written. Some may be all the same; giving all of them once more does no harm.
    pub(crate) fn put<'a>(
        &self,
        texts: impl IntoIterator<Item = &'a str>,
        source: Source,
    ) -> Result<Vec<Rejection>, EngineError> {
        let mut sorted = Sorted::new(source);
        texts.into_iter().for_each(|text| sorted.add(text, false));
        let written = self.write(&mut sorted);
        let rejections = self.conclude(sorted);
        written.map(|()| rejections)
    }

    /// Writes the documents that are fit and not yet written.
    pub(super) fn write(&self, sorted: &mut Sorted<'_>) -> Result<(), EngineError> {
        while !sorted.checked.is_empty() {
            let some = sorted.checked.len().min(AT_ONCE);
            let refused = self.write_some(&sorted.checked.make_contiguous()[..some])?;
            sorted.rejections.extend(refused);
            sorted.checked.drain(..some);
        }
        Ok(())
    }

    /// Counts what was refused, and as lost what was not written; enters all of it in the ledger.
    pub(super) fn conclude(&self, mut sorted: Sorted<'_>) -> Vec<Rejection> {
        sorted.rejections.sort_by_key(|(index, _)| *index);
        let rejections: Vec<_> = sorted
            .rejections
            .iter()
            .map(|(_, why)| why)
            .cloned()
            .collect();
        let lost = sorted.checked.len() as u64;
        self.enter(sorted);
        self.tell(|state| {
            state.counts.unwritten += lost;
            state.counts.rejected += rejections.len() as u64;
        });
        rejections
    }

    /// Enters documents in the ledger, and inspects some.
    fn enter(&self, sorted: Sorted<'_>) {
        let now = self.shared.clock.now();
        let source = sorted.source;
        let inspected: Vec<_> = self.ledger(|ledger| {
            let inspected = sorted.arrivals().filter_map(|arrival| {
                let text = arrival.text;
                Some((ledger.enter(arrival, source, now)?, text))
            });
            inspected.collect()
        });
        // Not while the ledger is held.
        for (page, text) in inspected {
            let findings = validate::validate(text, now);
            self.ledger(|ledger| ledger.find(page, &findings));
        }
    }

    /// Lets traces leave that are beyond the limits, some at least.
    pub(crate) fn retain(&self) {
        self.retain_by(&mut lock(&self.shared.writer));
    }

    /// Counts what is there.
    #[cfg(feature = "disk")]
    pub(super) fn count(&self) {
        let _writer = lock(&self.shared.writer);
        self.measure();
    }

    fn write_some(
        &self,
        documents: &[Checked<'_>],
    ) -> Result<Vec<(usize, Rejection)>, EngineError> {
        let shared = &self.shared;
        let mut writer = lock(&shared.writer);
        let put = writer.put(documents, shared.clock.now(), &shared.limits, self.engine());
        let put = put.inspect_err(|error| self.has_failed(error))?;
        self.works();
        self.note_full(&put.full);
        let now = shared.clock.now();
        shared.catalog.came(&put.touched, now);
        shared.listeners.came(&put.touched, now);
        self.state().counts.stored += put.stored;
        self.retain_by(&mut writer);
        drop(writer);
        shared.catalog.wait_for_room();
        Ok(put.rejections)
    }

    /// Keeps of traces that they had no room for a document. Where that fails, the next one that is refused after a start says so again.
    fn note_full(&self, full: &[u64]) {
        let names: Vec<_> = full.iter().map(|ordinal| full_name(*ordinal)).collect();
        let blobs = names.iter().map(|name| (name.as_str(), Some(&[][..])));
        let made = Made {
            blobs: blobs.collect(),
            ..Made::default()
        };
        if !full.is_empty()
            && let Err(error) = self.engine().keep(&made)
        {
            self.has_failed(&error);
        }
    }

    fn retain_by(&self, writer: &mut Writer) {
        let shared = &self.shared;
        // While the catalog is read, it could not be told who leaves.
        let rounds = if shared.catalog.is_loaded() {
            ROUNDS
        } else {
            0
        };
        for _ in 0..rounds {
            let left = match writer.retain(shared.clock.now(), &shared.limits, self.engine()) {
                Ok(Some(left)) => left,
                Ok(None) => break,
                Err(error) => return self.has_failed(&error),
            };
            self.let_go(left.traces);
            shared.catalog.left(left.first);
        }
        self.measure();
    }

    pub(super) fn measure(&self) {
        let traces = self.engine().count();
        let bytes = self.engine().bytes();
        self.tell(|state| {
            (state.counts.traces, state.counts.bytes) = (traces, bytes);
        });
    }

    /// Tells where the store could not be written to any more, also while nothing comes.
    pub(super) fn check(&self) {
        if let Err(error) = self.engine().check() {
            self.has_failed(&error);
        }
    }

    pub(super) fn has_failed(&self, error: &EngineError) {
        let before = self.tell(|state| state.unwritable.replace(error.clone()));
        if before.is_none() {
            let text = format!("nothing can be stored: {error}");
            self.shared.notice.tell(&text);
        }
    }

    pub(super) fn works(&self) {
        if self.state().unwritable.take().is_some() {
            self.shared.notice.tell("documents are stored again");
        }
    }

    /// Counts traces that left, and tells of the first.
    fn let_go(&self, count: u64) {
        let mut state = self.state();
        let is_first = state.counts.evicted_traces == 0 && count > 0;
        state.counts.evicted_traces += count;
        drop(state);
        if is_first {
            self.shared.notice.tell(
                "the oldest traces leave from now on, for there are as many as are to be kept, or as old ones (--keep-bytes, --keep-age)",
            );
        }
    }
}

impl<'a> Sorted<'a> {
    pub(super) fn new(source: Source) -> Self {
        Self {
            source,
            came: Vec::new(),
            checked: VecDeque::new(),
            rejections: Vec::new(),
        }
    }

    /// Checks each document of a text. `is_mended` says that bytes in it which were no UTF-8 were replaced.
    pub(super) fn add(&mut self, text: &'a str, is_mended: bool) {
        match validate::judge_all(text) {
            Ok(documents) => documents
                .into_iter()
                .for_each(|(document, judged)| self.take(document, is_mended, judged)),
            Err(rejection) => self.take(
                text,
                is_mended,
                Judged {
                    whose: Whose::Unknown,
                    verdict: Err(rejection),
                    mended: None,
                },
            ),
        }
    }

    fn take(&mut self, text: &'a str, is_mended: bool, judged: Judged<'a>) {
        let index = self.came.len();
        self.came.push(Came {
            whose: judged.whose,
            text,
            is_mended,
        });
        match judged.verdict {
            Ok(envelope) => self.checked.push_back(Checked {
                index,
                envelope,
                text: judged.mended.map_or(Cow::Borrowed(text), Cow::Owned),
            }),
            Err(rejection) => self.rejections.push((index, rejection)),
        }
    }

    /// All documents, each with what became of it. Rejections are in their order.
    fn arrivals(self) -> impl Iterator<Item = Arrival<'a>> {
        let mut rejections = self.rejections.into_iter().peekable();
        let mut unwritten = self.checked.into_iter().peekable();
        self.came.into_iter().enumerate().map(move |(index, came)| {
            let rejection = rejections.next_if(|(other, _)| *other == index);
            let left = unwritten.next_if(|checked| checked.index == index);
            Arrival {
                whose: came.whose,
                text: came.text,
                is_mended: came.is_mended,
                fate: match (rejection, left) {
                    (Some((_, rejection)), _) => Fate::Refused(rejection),
                    (None, Some(_)) => Fate::Unwritten,
                    (None, None) => Fate::Stored,
                },
            }
        })
    }
}
