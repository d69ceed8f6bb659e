use std::mem;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::thread;
use std::time::{Duration, Instant};

use crate::assemble::Assembler;
use crate::emitter::{Batch, Emitter, Report, Tally};
use crate::foreign;
use crate::record::approach::Approach;
use crate::record::outlet::Outlet;
use crate::record::round::Next;
use crate::recorder::backlog::{BATCH_BYTES, Backlog};
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
    backlog: Backlog,
    /// So much of it the outlet knows of.
    held: usize,
    tally: Arc<Tally>,
    description: Arc<Description>,
    /// Whether the documents say all that was found out later.
    is_described: bool,
    anchored: Instant,
    pulse: Pulse,
    rest: Rest,
    /// How many lanes this round found.
    found: usize,
    /// Lanes that were taken from the queue and are written next. Empty between rounds, unless one ended by a panic.
    approach: Approach,
    /// None where the daemon is not told of it.
    bulletin: Option<Bulletin>,
}

/// How often the clock is compared with the system's.
const ANCHOR_INTERVAL: Duration = Duration::from_secs(5);
/// How many lanes are written between two looks at the time.
const TIMED: usize = 64;
/// While documents are emitted, and so many lanes have come, those are written first.
const WAITING: usize = 1024;

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
            backlog: Backlog::default(),
            held: 0,
            tally,
            description,
            is_described: false,
            anchored: Instant::now(),
            pulse,
            rest: Rest::new(),
            found: 0,
            approach: Approach::default(),
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
        worker.guarded(Self::sweep_at_once).unwrap_or(false)
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
        match outlet.round(self, Self::sweep, Self::finish) {
            Next::Rest(_) if self.backlog.first().is_some() => Next::Round,
            Next::Rest(longest) => Next::Rest(self.rest.after(self.found, longest)),
            next => next,
        }
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

    /// Emits what is in the queue. What comes meanwhile is for the next time: it might never end.
    fn sweep(&mut self) {
        self.found = 0;
        self.guarded(Self::gather);
        for _ in 0..self.backlog.batches() {
            self.guarded(Self::emit);
            // A receiver may be slower than all that records. What is written waits in less memory than its lanes.
            if self.outlet.waiting() > WAITING {
                self.guarded(Self::gather);
            }
        }
        if self.bulletin.as_ref().is_some_and(Bulletin::is_due) {
            self.guarded(|worker| worker.tell_health(State::Running));
        }
    }

    /// As [`sweep`](Self::sweep), if the emitter waits for nobody. If not, the documents stay in the backlog.
    fn sweep_at_once(&mut self) -> bool {
        if !self.emit_at_once() {
            return false;
        }
        self.gather();
        self.emit_at_once()
    }

    /// Makes documents of what is in the queue, and shows what is open for long.
    fn gather(&mut self) {
        let is_beat = self.pulse.beat(&self.outlet);
        self.assembler.follow_time();
        let mut found = self.outlet.find();
        let waiting = found.len();
        self.found += waiting;
        let backlog = &mut self.backlog;
        backlog.seal();
        let unsent = &self.outlet.counts.written;
        let mut sink = |document: &[u8]| {
            backlog.push(document);
            unsent.store(backlog.documents(), Ordering::Relaxed);
        };
        for number in 0..waiting + Approach::STEPS {
            let taken = self.outlet.take(&mut found);
            let Some(lane) = self.approach.step(taken) else {
                continue;
            };
            if number % TIMED == TIMED - 1 {
                self.assembler.follow_time();
            }
            self.assembler.take(lane, &mut sink);
        }
        self.assembler.relieve(&mut sink);
        self.assembler.show_open(is_beat, &mut sink);
        self.account();
        self.outlet.share_lanes();
    }

    /// Emits what never closed.
    fn finish(&mut self) {
        self.guarded(|worker| {
            let backlog = &mut worker.backlog;
            worker
                .assembler
                .finish(&mut |document| backlog.push(document));
            worker.account();
        });
        while self.backlog.first().is_some() {
            self.guarded(Self::emit);
        }
        let state = match self.outlet.is_in_use() {
            true => State::LeftOpen,
            false => State::Ended,
        };
        self.guarded(|worker| worker.tell_health(state));
    }

    /// Tells the daemon how the recorder does. What becomes of that is not counted, but what the emitter finds out meanwhile about documents is.
    fn tell_health(&mut self, state: State) {
        let Some(bulletin) = &mut self.bulletin else {
            return;
        };
        let health = Health::read(&self.outlet, &self.tally);
        if let Some(document) = bulletin.document(health, state) {
            let mut batch = Batch::default();
            batch.push(&document);
            let report = self.emitter.emit(&batch).without_one();
            self.tally.add(&report, &self.outlet.notices);
        }
    }

    /// An emitter is code of others, and may panic: that costs the documents at hand, not all later ones. None when it did.
    fn guarded<R>(&mut self, work: impl FnOnce(&mut Self) -> R) -> Option<R> {
        let result = foreign::guarded(|| work(self));
        if result.is_none() {
            let lost = self.backlog.first().map_or(1, Batch::len) as u64;
            self.emitted();
            self.outlet
                .counts
                .refused
                .fetch_add(lost, Ordering::Relaxed);
            self.outlet.notices.tell_once("panic", || {
                "documents are lost: the emitter panicked; its message is on the standard error"
                    .to_owned()
            });
        }
        result
    }

    /// Emits the first batch.
    fn emit(&mut self) {
        if let Some(batch) = self.backlog.first() {
            let report = self.emitter.emit(batch);
            self.emitted();
            self.tally.add(&report, &self.outlet.notices);
        }
    }

    /// Emits all batches, if the emitter waits for nobody. False when something is left.
    fn emit_at_once(&mut self) -> bool {
        while let Some(batch) = self.backlog.first() {
            let Some(report) = self.emitter.emit_at_once(batch) else {
                return false;
            };
            self.emitted();
            self.tally.add(&report, &self.outlet.notices);
        }
        true
    }

    /// The first batch is gone, whatever became of it.
    fn emitted(&mut self) {
        self.backlog.drop_first();
        self.account();
    }

    /// Tells the outlet how much waits, for the bound on memory and for the counts.
    fn account(&mut self) {
        let bytes = self.backlog.bytes();
        match bytes.checked_sub(self.held) {
            Some(more) => self.outlet.hold(more),
            None => self.outlet.release(self.held - bytes),
        }
        self.held = bytes;
        let unsent = &self.outlet.counts.written;
        unsent.store(self.backlog.documents(), Ordering::Relaxed);
    }
}

/// In the place of an emitter that is being dropped.
struct Nowhere;

impl Emitter for Nowhere {
    fn emit(&mut self, _batch: &Batch) -> Report {
        Report::default()
    }
}

impl Drop for Worker {
    /// The emitter is code of others, and may panic when it is dropped, too.
    fn drop(&mut self) {
        let emitter = mem::replace(&mut self.emitter, Box::new(Nowhere));
        foreign::guarded(|| drop(emitter));
    }
}

fn lock(worker: &Mutex<Worker>) -> MutexGuard<'_, Worker> {
    worker.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
