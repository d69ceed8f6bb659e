mod count;
mod http;
mod manifest;
mod pages;
mod poll;
mod rule;
mod schedule;
mod shared;
mod steps;
mod stop;
mod transport;
mod wire;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use arc_swap::ArcSwapOption;

use crate::clock::{Clock, Moment};
use crate::emitter::DaemonAddress;
use crate::notice::Notices;
use crate::sampling::{Decision, Fallback, LocalRules, Sampler, SamplingRequest};
use http::Http;
use poll::Poll;
use rule::Rule;
use shared::Shared;
pub(crate) use steps::Steps;
use stop::Stop;
use transport::Transport;

/// Follows the sampling rules that are set in X-Ray (developer guide, "Configuring sampling rules"). A recorder's default.
///
/// Rules come through the daemon, over TCP. [`LocalRules`] decide until they have come, when none came for an hour, and for requests
/// that no rule is for.
///
/// - The first rule decides that matches the request, by priority and then by name. Services, hosts, methods, paths, resource ARNs and
///   attributes are matched.
/// - Of each second's requests a rule takes the part of its reservoir that X-Ray gave to this process. Before X-Ray gave it any, and
///   when X-Ray was not heard of for long, it takes one. Of the others it takes a share.
/// - X-Ray is told what was decided, and asked for this process's part again, every ten seconds; for all rules every five minutes, and
///   at once when they were changed. While X-Ray cannot be reached it is asked less and less often, down to once a minute. What
///   could not be told is told later; what a process decided in its last ten seconds, and what it could not tell before it ended, is not.
/// - Where a rule lets X-Ray raise its rate when many requests fail, X-Ray is told how many did. Only requests are counted on which
///   this process decided, for the caller's decision does not say by which rule it was made.
///
/// The first decision starts a thread of the sampler's own, which asks, and ends with the recorder. No decision waits for it. It asks at some
/// time of the first five seconds, so that processes that start together do not ask together: a program that ends sooner may never see X-Ray's
/// rules. One decision takes no lock and allocates nothing.
///
/// ```
/// use xray_sdk::emitter::DaemonAddress;
/// use xray_sdk::sampling::{CentralSampler, Decision, Sampler, SamplingRequest};
///
/// /// Health checks are not recorded; X-Ray's rules are for all else.
/// struct NoHealthChecks(CentralSampler);
///
/// impl Sampler for NoHealthChecks {
///     fn decide(&self, request: &SamplingRequest<'_>) -> Decision {
///         match request.path {
///             Some("/health") => Decision::not_sampled(),
///             _ => self.0.decide(request),
///         }
///     }
///     fn explain(&self, request: &SamplingRequest<'_>) -> Decision {
///         match request.path {
///             Some("/health") => Decision::not_sampled(),
///             _ => self.0.explain(request),
///         }
///     }
///     fn observe(&self, decision: &Decision, is_fault: bool) {
///         self.0.observe(decision, is_fault);
///     }
///     fn shutdown(&self) {
///         self.0.shutdown();
///     }
/// }
///
/// let sampler = NoHealthChecks(CentralSampler::new("checkout", &DaemonAddress::default()));
/// let recorder = xray_sdk::Recorder::builder("checkout").sampler(sampler);
/// # let _ = recorder;
/// ```
pub struct CentralSampler {
    shared: Arc<Shared>,
    fallback: LocalRules,
    is_started: AtomicBool,
    stop: Arc<Stop>,
}

impl CentralSampler {
    /// For the service of this name, by the daemon at this address. Asks nothing yet.
    pub fn new(service: &str, daemon: &DaemonAddress) -> Self {
        Self::with(service, daemon, Clock::system(), Arc::default())
    }

    /// With the clock and the notices of a recorder.
    pub(crate) fn with(
        service: &str,
        daemon: &DaemonAddress,
        clock: Clock,
        notices: Arc<Notices>,
    ) -> Self {
        Self {
            shared: Arc::new(Shared {
                manifest: ArcSwapOption::empty(),
                clock,
                service: service.to_owned(),
                daemon: daemon.tcp().to_string(),
                notices,
            }),
            fallback: LocalRules::default(),
            is_started: AtomicBool::new(false),
            stop: Arc::default(),
        }
    }

    /// Has these rules decide while there are none of X-Ray's; without, it is one request a second and 5 % of the rest.
    #[must_use]
    pub fn fallback(mut self, rules: LocalRules) -> Self {
        self.fallback = rules;
        self
    }

    /// Decides at a tick, with a die that shows a number from 0 up to but not including 1.
    fn decide_at(
        &self,
        request: &SamplingRequest<'_>,
        now: Moment,
        die: impl Fn() -> f64,
    ) -> Decision {
        self.weigh(
            request,
            now,
            |rule| rule.decide(now, &die),
            |rules| rules.decide_at(request, now, &die),
        )
    }

    fn weigh(
        &self,
        request: &SamplingRequest<'_>,
        now: Moment,
        by: impl FnOnce(&Rule) -> Decision,
        locally: impl FnOnce(&LocalRules) -> Decision,
    ) -> Decision {
        let manifest = self.shared.manifest.load();
        let fallback = match &*manifest {
            None => Fallback::NoRules,
            Some(manifest) if manifest.is_old(now) => Fallback::OldRules,
            Some(manifest) => match manifest.find(request) {
                Some(rule) => return by(rule),
                None => Fallback::NoMatch,
            },
        };
        locally(&self.fallback).instead(fallback)
    }

    /// Starts the thread that asks X-Ray, the first time.
    fn start(&self) {
        if self.is_started.load(Ordering::Relaxed) || self.is_started.swap(true, Ordering::Relaxed)
        {
            return;
        }
        let (shared, stop) = (self.shared.clone(), self.stop.clone());
        let started = thread::Builder::new()
            .name("xray-sdk-sampling".to_owned())
            .spawn(move || match Http::new(&shared.daemon, stop.clone()) {
                Ok(http) => ask(http, &shared, &stop),
                Err(error) => shared.tell_start(&error),
            });
        if let Err(error) = started {
            self.shared.tell_start(&error);
        }
    }
}

/// Asks X-Ray whenever it is time, until it is to end.
fn ask(transport: impl Transport, shared: &Arc<Shared>, stop: &Stop) {
    let mut poll = Poll::new(shared.clone(), transport, rand::random::<f64>);
    while !stop.wait(poll.next().since(shared.clock.now())) {
        poll.turn();
    }
}

impl Sampler for CentralSampler {
    fn decide(&self, request: &SamplingRequest<'_>) -> Decision {
        let decision = self.decide_at(request, self.shared.clock.now(), rand::random::<f64>);
        if decision.fallback() == Some(Fallback::NoRules) {
            self.start();
        }
        decision
    }

    fn explain(&self, request: &SamplingRequest<'_>) -> Decision {
        let now = self.shared.clock.now();
        let die = rand::random::<f64>;
        self.weigh(
            request,
            now,
            |rule| rule.explain(now, die),
            |rules| rules.explain_at(request, now, die),
        )
    }

    fn observe(&self, decision: &Decision, is_fault: bool) {
        let manifest = self.shared.manifest.load();
        let rules = manifest.as_deref().zip(decision.rule());
        if let Some(rule) = rules.and_then(|(manifest, name)| manifest.rule(name)) {
            rule.counts.end(decision.is_sampled(), is_fault);
        }
    }

    fn shutdown(&self) {
        // What was not started before will not be any more.
        self.is_started.store(true, Ordering::Relaxed);
        self.stop.ask();
    }
}

impl Drop for CentralSampler {
    fn drop(&mut self) {
        self.shutdown();
    }
}

impl fmt::Debug for CentralSampler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CentralSampler")
            .field("service", &self.shared.service)
            .field("daemon", &self.shared.daemon)
            .field("rules", &self.shared.manifest.load())
            .field("fallback", &self.fallback)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
