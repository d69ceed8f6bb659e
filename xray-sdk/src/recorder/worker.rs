use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::thread;
use std::time::{Duration, Instant};

use crate::assemble::Assembler;
use crate::emitter::{Batch, Emitter, Tally};
use crate::record::outlet::Outlet;
use crate::record::round::Next;
use crate::recorder::bulletin::{Bulletin, State};
use crate::recorder::description::Description;
use crate::recorder::health::Health;
use crate::recorder::pulse::Pulse;
use crate::recorder::rest::Rest;

/// Turns lanes into documents and emits them, on a thread of its own: it alone waits, resolves names and uses sockets.
/// A flush may do the same where that takes microseconds.
pub(crate) struct Worker {
    outlet: Arc<Outlet>,
    assembler: Assembler,
    emitter: Box<dyn Emitter>,
    batch: Batch,
    tally: Arc<Tally>,
    description: Arc<Description>,
    /// Whether the documents say all that was found out later.
    is_described: bool,
    anchored: Instant,
    pulse: Pulse,
    rest: Rest,
    /// How many lanes the latest round found.
    found: usize,
    /// None where the daemon is not told of it.
    bulletin: Option<Bulletin>,
}

/// How often the clock is compared with the system's.
const ANCHOR_INTERVAL: Duration = Duration::from_secs(5);
/// How many lanes are written between two looks at the time.
const TIMED: usize = 64;
/// Documents are emitted when this much text has gathered, or nothing more is there.
const BATCH_BYTES: usize = 256 * 1024;

impl Worker {
    pub(crate) fn new(
        outlet: Arc<Outlet>,
        assembler: Assembler,
        emitter: Box<dyn Emitter>,
        tally: Arc<Tally>,
        description: Arc<Description>,
        pulse: Pulse,
        bulletin: Option<Bulletin>,
    ) -> Self {
        Self {
            outlet,
            assembler,
            emitter,
            batch: Batch::default(),
            tally,
            description,
            is_described: false,
            anchored: Instant::now(),
            pulse,
            rest: Rest::new(),
            found: 0,
            bulletin,
        }
    }

    /// Works until the recorder is shut down. `worker` is locked during each round, and not while the thread waits for the next one.
    pub(crate) fn run(worker: &Mutex<Self>) {
        loop {
            let next = lock(worker).round();
            match next {
                Next::Round => {}
                Next::Rest(time) => thread::park_timeout(time),
                Next::End => return,
            }
        }
    }

    /// Does on this thread what a flush asks for, unless the worker's own thread is at it or it could take long.
    /// What was handed over before the call is then emitted. What could not be emitted at once is left to the worker's own thread.
    pub(crate) fn try_flush(worker: &Mutex<Self>) -> bool {
        let mut worker = match worker.try_lock() {
            Ok(worker) => worker,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return false,
        };
        let outlet = &worker.outlet;
        // A child that was forked has a copy of what its parent sends.
        if outlet.is_inherited() || outlet.is_closed() || outlet.queued_bytes() > BATCH_BYTES {
            return false;
        }
        worker.describe();
        worker.guarded(Self::sweep_at_once).unwrap_or(true)
    }

    /// The process was restored from a snapshot: nothing that was open to the outside, and no time, is what it was.
    pub(crate) fn restore(worker: &Mutex<Self>) {
        lock(worker).guarded(|worker| {
            worker.anchored = Instant::now();
            worker.outlet.clock.restart();
            worker.emitter.reopen();
        });
    }

    fn round(&mut self) -> Next {
        self.describe();
        if self.anchored.elapsed() > ANCHOR_INTERVAL {
            self.anchored = Instant::now();
            self.outlet.clock.anchor();
        }
        let outlet = self.outlet.clone();
        match outlet.round(self, Self::sweep_guarded, Self::finish_guarded) {
            Next::Rest(longest) => Next::Rest(self.rest.after(self.found, longest)),
            next => next,
        }
    }

    fn sweep_guarded(&mut self) {
        self.guarded(Self::sweep);
        if self.bulletin.as_ref().is_some_and(Bulletin::is_due) {
            self.guarded(|worker| worker.tell_health(State::Running));
        }
    }

    fn finish_guarded(&mut self) {
        self.guarded(Self::finish);
    }

    /// Takes over what was found out of where the program runs, when that was.
    fn describe(&mut self) {
        if self.is_described {
            return;
        }
        if let Some(common) = self.description.later(&self.outlet.notices) {
            self.assembler.set_common(common);
            self.is_described = true;
        }
    }

    /// Emits what is in the queue.
    fn sweep(&mut self) {
        // What a flush left. It goes first: a document that is shown in progress may not meet the one that replaces it.
        self.emit();
        self.gather(Self::emit);
        self.emit();
    }

    /// As [`sweep`](Self::sweep), if the emitter waits for nobody. If not, the documents stay in the batch.
    fn sweep_at_once(&mut self) -> bool {
        if !self.emit_at_once() {
            return false;
        }
        self.gather(|_| {});
        self.emit_at_once()
    }

    /// Makes documents of what is in the queue, and shows what is open for long. `relieve` is called when much text has gathered.
    fn gather(&mut self, relieve: fn(&mut Self)) {
        let is_beat = self.pulse.beat(&self.outlet);
        self.assembler.follow_time();
        // What comes meanwhile is for the next time: it might never end.
        self.found = self.outlet.waiting();
        for number in 0..self.found {
            let Some(lane) = self.outlet.take() else {
                break;
            };
            if number % TIMED == TIMED - 1 {
                self.assembler.follow_time();
            }
            let batch = &mut self.batch;
            self.assembler
                .take(lane, &mut |document| batch.push(document));
            if self.batch.bytes() >= BATCH_BYTES {
                relieve(self);
            }
        }
        let batch = &mut self.batch;
        let mut sink = |document: &[u8]| batch.push(document);
        self.assembler.relieve(&mut sink);
        self.assembler.show_open(is_beat, &mut sink);
        self.outlet.share_lanes();
    }

    fn finish(&mut self) {
        let batch = &mut self.batch;
        self.assembler.finish(&mut |document| batch.push(document));
        self.emit();
        let state = match self.outlet.is_in_use() {
            true => State::LeftOpen,
            false => State::Ended,
        };
        self.tell_health(state);
    }

    /// Tells the daemon how the recorder does. What becomes of that is not counted, but what the emitter finds out meanwhile about documents is.
    fn tell_health(&mut self, state: State) {
        let Some(bulletin) = &mut self.bulletin else {
            return;
        };
        let health = Health::read(
            &self.outlet.counts,
            &self.tally,
            self.outlet.notices.texts(),
        );
        if let Some(document) = bulletin.document(health, state) {
            let mut batch = Batch::default();
            batch.push(&document);
            let report = self.emitter.emit(&batch).without_one();
            self.tally.add(&report, &self.outlet.notices);
        }
    }

    /// An emitter is code of others, and may panic: that costs the documents at hand, not all later ones. None when it did.
    fn guarded<R>(&mut self, work: impl FnOnce(&mut Self) -> R) -> Option<R> {
        let result = catch_unwind(AssertUnwindSafe(|| work(self)));
        if result.is_err() {
            let lost = self.batch.len().max(1) as u64;
            self.batch.clear();
            self.outlet
                .counts
                .refused
                .fetch_add(lost, Ordering::Relaxed);
            self.outlet.notices.tell_once("panic", || {
                "documents are lost: the emitter panicked; its message is on the standard error"
                    .to_owned()
            });
        }
        result.ok()
    }

    fn emit(&mut self) {
        if self.batch.is_empty() {
            return;
        }
        let report = self.emitter.emit(&self.batch);
        self.batch.clear();
        self.tally.add(&report, &self.outlet.notices);
    }

    fn emit_at_once(&mut self) -> bool {
        if self.batch.is_empty() {
            return true;
        }
        let Some(report) = self.emitter.emit_at_once(&self.batch) else {
            return false;
        };
        self.batch.clear();
        self.tally.add(&report, &self.outlet.notices);
        true
    }
}

fn lock(worker: &Mutex<Worker>) -> MutexGuard<'_, Worker> {
    worker.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
