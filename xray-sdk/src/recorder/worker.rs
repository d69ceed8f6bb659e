use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};

use crate::assemble::Assembler;
use crate::emitter::{Batch, Emitter, Tally};
use crate::record::outlet::Outlet;
use crate::recorder::description::Description;
use crate::recorder::pulse::Pulse;

/// The thread that turns lanes into documents and emits them. It alone waits, resolves names and uses sockets.
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
}

/// How long documents wait for others, so that no request has to wake this thread.
const INTERVAL: Duration = Duration::from_millis(50);
/// How often it is asked whether all that was open when the recorder was shut down has ended.
const LAST_INTERVAL: Duration = Duration::from_millis(2);
/// How often the clock is compared with the system's.
const ANCHOR_INTERVAL: Duration = Duration::from_secs(5);
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
        }
    }

    pub(crate) fn run(mut self) {
        loop {
            // Both are asked before the queue is emptied: what was handed over before them is in it.
            let flush = self.outlet.flush_asked();
            let closed = self.outlet.is_closed();
            self.describe();
            self.guarded(Self::sweep);
            let is_open = || self.outlet.in_use(self.assembler.lanes()) > 0;
            if closed && (!is_open() || self.outlet.is_overdue()) {
                let left_open = is_open();
                self.guarded(Self::finish);
                self.outlet.end(left_open);
                return;
            }
            match flush {
                Some(number) => self.outlet.flush_done(number),
                None if closed => thread::park_timeout(LAST_INTERVAL),
                None => thread::park_timeout(INTERVAL),
            }
            if self.anchored.elapsed() > ANCHOR_INTERVAL {
                self.anchored = Instant::now();
                self.outlet.clock.anchor();
            }
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

    /// Empties the queue, and shows what is open for long.
    fn sweep(&mut self) {
        let is_beat = self.pulse.beat(&self.outlet);
        while let Some(lane) = self.outlet.take() {
            let batch = &mut self.batch;
            self.assembler
                .take(lane, &mut |document| batch.push(document));
            if self.batch.bytes() >= BATCH_BYTES {
                self.emit();
            }
        }
        let batch = &mut self.batch;
        let mut sink = |document: &[u8]| batch.push(document);
        self.assembler.relieve(&mut sink);
        self.assembler.show_open(is_beat, &mut sink);
        self.emit();
    }

    fn finish(&mut self) {
        let batch = &mut self.batch;
        self.assembler.finish(&mut |document| batch.push(document));
        self.emit();
    }

    /// An emitter is code of others, and may panic: that costs the documents at hand, not all later ones.
    fn guarded(&mut self, work: fn(&mut Self)) {
        if catch_unwind(AssertUnwindSafe(|| work(self))).is_err() {
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
    }

    fn emit(&mut self) {
        if self.batch.is_empty() {
            return;
        }
        let report = self.emitter.emit(&self.batch);
        self.batch.clear();
        self.tally.add(&report, &self.outlet.notices);
    }
}
