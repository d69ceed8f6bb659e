use std::sync::Arc;
use std::time::Duration;

use rand::rngs::SmallRng;
use rand::{RngExt as _, SeedableRng as _};

use super::xray::XRay;
use crate::emitter::DaemonAddress;
use crate::sampling::central::CentralSampler;
use crate::sampling::central::poll::Poll;
use crate::sampling::{Decision, Sampler as _, SamplingRequest};

/// One process with a sampler. What its thread would do is done when the test says so.
pub(super) struct Process {
    pub(super) sampler: CentralSampler,
    pub(super) poll: Poll<XRay>,
    dice: SmallRng,
    xray: XRay,
}

/// How often a process looks whether there is something to do.
pub(super) const STEP: Duration = Duration::from_millis(100);

impl Process {
    pub(super) fn new(xray: &XRay, seed: u64) -> Self {
        Self::with(xray, "checkout", seed)
    }

    /// One of the service of this name.
    pub(super) fn named(xray: &XRay, service: &str) -> Self {
        Self::with(xray, service, 1)
    }

    fn with(xray: &XRay, service: &str, seed: u64) -> Self {
        let sampler = CentralSampler::with(
            service,
            &DaemonAddress::default(),
            xray.clock.clone(),
            Arc::default(),
        );
        let mut dice = SmallRng::seed_from_u64(seed);
        let mut own = SmallRng::seed_from_u64(dice.random());
        Self {
            poll: Poll::new(sampler.shared.clone(), xray.clone(), move || own.random()),
            sampler,
            dice,
            xray: xray.clone(),
        }
    }

    /// One that has X-Ray's rules.
    pub(super) fn with_rules(xray: &XRay) -> Self {
        let mut process = Self::new(xray, 1);
        process.pass(Duration::from_secs(5));
        assert!(process.sampler.shared.manifest.load().is_some());
        process
    }

    /// Does what it is time for.
    pub(super) fn turn(&mut self) {
        while self.poll.next() <= self.xray.clock.now() {
            self.poll.turn();
        }
    }

    /// Lets time pass.
    pub(super) fn pass(&mut self, time: Duration) {
        let end = self.xray.clock.now().after(time);
        while self.xray.clock.now() < end {
            self.xray.clock.advance(STEP);
            self.turn();
        }
    }

    pub(super) fn decide(&mut self, request: &SamplingRequest<'_>) -> Decision {
        let die = self.dice.random();
        self.decide_with(request, die)
    }

    pub(super) fn decide_with(&self, request: &SamplingRequest<'_>, die: f64) -> Decision {
        self.sampler
            .decide_at(request, self.xray.clock.now(), || die)
    }

    /// The decision on any request.
    pub(super) fn any(&mut self) -> Decision {
        self.decide(&SamplingRequest::default())
    }

    /// The name of the rule that decides on a request, of X-Ray's rules.
    pub(super) fn rule_for(&self, request: &SamplingRequest<'_>) -> String {
        let decision = self.sampler.explain(request);
        assert_eq!(decision.fallback(), None, "{decision}");
        decision.rule().expect("a rule").to_owned()
    }

    /// What was told so far.
    pub(super) fn notices(&self) -> Vec<String> {
        self.sampler.shared.notices.texts()
    }
}
