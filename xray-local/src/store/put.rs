//! Storing documents.

use std::collections::VecDeque;

use super::engine::EngineError;
use super::writer::{Checked, Writer};
use super::{REJECTIONS, State, Store};
use crate::lock::lock;
use crate::validate::{self, Place, Rejection, RejectionCode};

/// How many documents are written at once at most. With more, readers and other writers would wait for longer than it saves.
const AT_ONCE: usize = 1_000;

/// How often traces are let go in a row at most before the next documents are taken. It is enough for any documents that came, and
/// a store whose limits were lowered shrinks step by step.
const ROUNDS: usize = 10;

/// The documents of some texts: those that are fit, until they are written, and why the others are not.
#[derive(Default)]
pub(super) struct Sorted<'a> {
    checked: VecDeque<Checked<'a>>,
    /// With the place among all documents.
    rejections: Vec<(usize, Rejection)>,
    count: usize,
}

impl Store {
    /// Stores a document, or each of a list of documents, and returns why any of them was refused. When it returns, what was not
    /// refused is stored; on disk, it outlives the process.
    pub fn insert(&self, text: &str) -> Vec<Rejection> {
        self.put([text]).unwrap_or_else(|error| {
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
    ) -> Result<Vec<Rejection>, EngineError> {
        let mut sorted = Sorted::new(texts);
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

    /// Counts what was refused, and as lost what was not written.
    pub(super) fn conclude(&self, mut sorted: Sorted<'_>) -> Vec<Rejection> {
        sorted.rejections.sort_by_key(|(index, _)| *index);
        let rejections: Vec<_> = sorted.rejections.into_iter().map(|(_, why)| why).collect();
        let lost = sorted.checked.len() as u64;
        self.tell(|state| {
            state.counts.unwritten += lost;
            state.reject(&rejections);
        });
        rejections
    }

    /// Lets traces leave that are beyond the limits, some at least.
    pub(crate) fn retain(&self) {
        self.retain_by(&mut lock(&self.shared.writer));
    }

    /// Counts what is there.
    #[cfg(feature = "disk")]
    pub(super) fn count(&self) {
        self.measure(&lock(&self.shared.writer));
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
        let now = shared.clock.now();
        shared.catalog.came(&put.touched, now);
        shared.listeners.came(&put.touched, now);
        self.state().counts.stored += put.stored;
        self.retain_by(&mut writer);
        Ok(put.rejections)
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
        self.measure(writer);
    }

    fn measure(&self, writer: &Writer) {
        let sizes = self.engine().bytes().and_then(|bytes| {
            let traces = writer.traces(self.engine())?;
            Ok((traces, bytes))
        });
        match sizes {
            Ok(sizes) => self.tell(|state| {
                (state.counts.traces, state.counts.bytes) = sizes;
            }),
            Err(error) => self.has_failed(&error),
        }
    }

    fn has_failed(&self, error: &EngineError) {
        let before = self.tell(|state| state.unwritable.replace(error.clone()));
        if before.is_none() {
            let text = format!("nothing can be stored: {error}");
            self.shared.notice.tell(&text);
        }
    }

    fn works(&self) {
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
    /// Checks each document.
    pub(super) fn new(texts: impl IntoIterator<Item = &'a str>) -> Self {
        let mut sorted = Self::default();
        texts.into_iter().for_each(|text| sorted.add(text));
        sorted
    }

    fn add(&mut self, text: &'a str) {
        match validate::documents(text) {
            Ok(documents) => documents
                .into_iter()
                .for_each(|document| self.add_one(document)),
            Err(rejection) => self.refuse(rejection),
        }
    }

    fn add_one(&mut self, text: &'a str) {
        match validate::check(text) {
            Ok(envelope) => {
                self.checked.push_back(Checked {
                    index: self.count,
                    envelope,
                    text,
                });
                self.count += 1;
            }
            Err(rejection) => self.refuse(rejection),
        }
    }

    fn refuse(&mut self, rejection: Rejection) {
        self.rejections.push((self.count, rejection));
        self.count += 1;
    }
}

impl State {
    fn reject(&mut self, rejections: &[Rejection]) {
        self.counts.rejected += rejections.len() as u64;
        self.rejections.extend(rejections.iter().cloned());
        let surplus = self.rejections.len().saturating_sub(REJECTIONS);
        self.rejections.drain(..surplus);
    }
}
