use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use rand::rngs::SmallRng;
use rand::{RngExt as _, SeedableRng as _};

use crate::clock::Clock;
use crate::emitter::DaemonAddress;
use crate::sampling::central::CentralSampler;
use crate::sampling::central::http::Http;
use crate::sampling::central::poll::Poll;
use crate::sampling::{Decision, Sampler, SamplingRequest};

/// A central sampler without a thread: what that would do is done when somebody says so. Its dice fall as the seed has it.
pub(crate) struct Steps {
    sampler: CentralSampler,
    // Guards what the thread would have for itself, between two that say so.
    poll: Mutex<Poll<Http>>,
    // Guards the dice, which all threads that ask cast.
    dice: Mutex<SmallRng>,
}

impl Steps {
    pub(crate) fn new(
        service: &str,
        daemon: &DaemonAddress,
        clock: Clock,
        seed: u64,
    ) -> io::Result<Self> {
        let sampler = CentralSampler::with(service, daemon, clock, Arc::default());
        let http = Http::new(&sampler.shared.daemon, sampler.stop.clone())?;
        let mut dice = SmallRng::seed_from_u64(seed);
        let mut own = SmallRng::seed_from_u64(dice.random());
        let poll = Poll::new(sampler.shared.clone(), http, move || own.random());
        Ok(Self {
            sampler,
            poll: Mutex::new(poll),
            dice: Mutex::new(dice),
        })
    }

    /// Does what it is time for by now.
    pub(crate) fn catch_up(&self) {
        let mut poll = lock(&self.poll);
        let poll = &mut *poll;
        if !self.is_due(poll) {
            return;
        }
        // On a thread of its own: whoever waits may be inside of a runtime, which must not be blocked by another one.
        thread::scope(|scope| {
            scope.spawn(|| {
                while self.is_due(poll) && !self.sampler.stop.is_asked() {
                    poll.turn();
                }
            });
        });
    }

    fn is_due(&self, poll: &Poll<Http>) -> bool {
        poll.next() <= self.sampler.shared.clock.now()
    }

    /// How many decisions X-Ray has not been told of.
    pub(crate) fn unreported(&self) -> u64 {
        let manifest = self.sampler.shared.manifest.load();
        manifest
            .as_ref()
            .map_or(0, |manifest| manifest.unreported())
    }

    fn die(&self) -> f64 {
        lock(&self.dice).random()
    }
}

impl Sampler for Steps {
    fn decide(&self, request: &SamplingRequest<'_>) -> Decision {
        let now = self.sampler.shared.clock.now();
        self.sampler.decide_at(request, now, || self.die())
    }

    fn explain(&self, request: &SamplingRequest<'_>) -> Decision {
        self.sampler.explain(request)
    }

    fn observe(&self, decision: &Decision, is_fault: bool) {
        self.sampler.observe(decision, is_fault);
    }

    fn shutdown(&self) {
        self.sampler.shutdown();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
