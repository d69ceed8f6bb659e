//! The recorder: what a program makes once, and hands to all that opens segments.

mod backlog;
mod begin;
mod builder;
mod bulletin;
mod description;
mod environment;
mod function;
mod health;
mod open;
mod pulse;
mod rest;
mod worker;

use std::sync::{Arc, Mutex};
use std::time::Duration;

pub use builder::RecorderBuilder;
pub use health::Health;
pub use open::SegmentBuilder;

use crate::emitter::Tally;
use crate::error::Error;
use crate::id;
use crate::record::Text;
use crate::record::outlet::Outlet;
use crate::recorder::description::Description;
use crate::recorder::environment::UnsampledIds;
use crate::recorder::worker::Worker;
use crate::sampling::{Decision, Reason, Sampler, SamplingRequest};

/// Opens segments, and sends what is recorded in them from a thread of its own. Cloning is cheap.
///
/// A program makes one and hands clones to what opens segments: a server layer, a queue consumer, a job loop.
/// There is no global one. When the last clone is dropped, all that was closed is still sent: that takes milliseconds, and at most
/// two seconds, for which it blocks, also where the emitter takes longer. Async code that has open segments calls [`shutdown`](Self::shutdown) first.
///
/// Times in documents are the system's, and durations never negative: what is recorded is timed by a clock that never goes back, which is
/// compared with the system's every five seconds. After a step of the system's clock the times in documents follow within five seconds.
///
/// A process that forks builds its recorders after that, in each child. One that was built before has no thread in a child: what is
/// recorded by it there is left out once its memory is full, which is counted and told, and its ids may be those of another child.
///
/// ```
/// use std::time::Duration;
/// use xray_sdk::Recorder;
///
/// # fn main() -> Result<(), xray_sdk::Error> {
/// let recorder = Recorder::from_env("checkout")?;
/// recorder.segment("nightly report").run_sync(|segment| {
///     segment.annotate("rows", 1_200);
/// });
/// recorder.shutdown(Duration::from_secs(2));
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Recorder {
    inner: Arc<Inner>,
}

struct Inner {
    name: String,
    outlet: Arc<Outlet>,
    sampler: Arc<dyn Sampler>,
    description: Arc<Description>,
    tally: Arc<Tally>,
    /// Shared with the thread that sends; none where nothing is recorded.
    worker: Option<Arc<Mutex<Worker>>>,
    unsampled_ids: UnsampledIds,
    /// What the sampler says to any request, where it is always the same.
    fixed: Option<bool>,
    /// What becomes of a segment of which nothing is known, where that is always the same: it is recorded, or it is not and has no ids.
    always: Option<bool>,
    /// The environment says that nothing is to be recorded.
    is_disabled: bool,
    /// AWS Lambda writes the segments.
    is_function: bool,
}

/// How long dropping the last recorder waits for what is still to be sent.
const LAST_DEADLINE: Duration = Duration::from_secs(2);

impl Recorder {
    /// A recorder for the service `name`, set up by the environment variables of the official SDKs:
    ///
    /// - `AWS_XRAY_DAEMON_ADDRESS`: where segments are sent (UDP) and sampling rules asked for (TCP), `127.0.0.1:2000` by default
    /// - `AWS_XRAY_TRACING_NAME`: the service's name, instead of `name`
    /// - `AWS_XRAY_CONTEXT_MISSING`: `LOG_ERROR` (the default), `IGNORE_ERROR` or `RUNTIME_ERROR`
    /// - `AWS_XRAY_SDK_ENABLED` (`false`, `no`, `off`, `0`, …) or `AWS_XRAY_SDK_DISABLED` (`true`): nothing is recorded or sent, and what
    ///   is called gets the caller's header as it came
    /// - `AWS_XRAY_NOOP_ID`: with `false`, a new trace that is not sampled has an id of its own, for logs; by default the ids are zeros
    /// - `AWS_XRAY_REPORT_HEALTH`: with `true`, the daemon is told the [`Health`] of the recorder, every five seconds at most and when it
    ///   ends: for `xray-local`, which says what is wrong (`xray-local doctor`). AWS's daemon would hand it on to X-Ray, which refuses it
    /// - `LAMBDA_TASK_ROOT`: the program is a function, see [`RecorderBuilder::segments_by_lambda`]
    /// - `AWS_LOG_GROUP`: a log group of the service, and those that tell where it runs: see [`Origins`](crate::Origins)
    ///
    /// # Errors
    ///
    /// When a variable has a value that cannot be used, or the thread that sends cannot be started.
    /// A daemon that is not there is no error: losses are counted until it comes.
    pub fn from_env(name: &str) -> Result<Self, Error> {
        Self::builder(name).build()
    }

    /// A recorder with other settings.
    pub fn builder(name: &str) -> RecorderBuilder {
        RecorderBuilder::new(name)
    }

    /// The service's name: segments are named so unless they are given another name.
    pub fn name(&self) -> &str {
        &self.inner.name
    }

    /// A new segment: for a request, a message or a job.
    #[inline]
    pub fn segment<'a>(&'a self, name: impl Into<Text<'a>>) -> SegmentBuilder<'a> {
        SegmentBuilder::new(self, name.into())
    }

    /// A new segment that is named as the service is, as most are.
    #[inline]
    pub fn own_segment(&self) -> SegmentBuilder<'_> {
        self.segment(Text::copied(self.name()))
    }

    /// Waits until all segments that were closed before the call are handed to the socket. False when that takes longer
    /// than `deadline`. What is open is not shown sooner by it, but for what was
    /// [asked for](crate::Entity::send_in_progress) before.
    ///
    /// What the daemon gets over UDP by a numeric address is sent on the calling thread, which takes some 10 microseconds for one
    /// segment. Where the recorder's own thread is at it, or there is more than 256 kB, or sending might have to wait, the recorder's
    /// thread is waited for.
    pub fn flush(&self, deadline: Duration) -> bool {
        let worker = self.inner.worker.as_deref();
        worker.is_some_and(Worker::try_flush) || self.inner.outlet.flush(deadline)
    }

    /// To be called when this process was restored from a snapshot of its memory, as a Lambda function with SnapStart is: all processes
    /// that are restored from one snapshot would otherwise make the same ids, and write the time at which it was made.
    ///
    /// The generators of all threads are seeded anew before they are used next, the clock is compared with the system's, and the
    /// emitter opens its socket again. May wait for what is being sent.
    pub fn after_restore(&self) {
        id::reseed();
        match &self.inner.worker {
            // In a child that was forked the worker's lock may be held for ever, by a thread that is not there.
            Some(worker) if !self.inner.outlet.is_inherited() => Worker::restore(worker),
            _ => {}
        }
    }

    /// Lets no segment begin any more, waits until those that are open have closed, sends all, and stops.
    /// False when something is still open after `deadline`, or cannot be sent in time. Where something was left open, a later call returns
    /// false, too, though it has closed since.
    ///
    /// What is still open when nine tenths of the deadline are over, or all but 100 ms, is sent as in progress as far as it left its
    /// handle (which long segments do in parts); what its handle still holds is counted as refused when it closes.
    ///
    /// An emitter that blocks is not interrupted and does not hold up the call: at the deadline it returns false. What was not emitted
    /// by then is told once and counted as [`unsent`](Health::unsent). The recorder's thread goes on sending it, until the program ends.
    pub fn shutdown(&self, deadline: Duration) -> bool {
        self.inner.sampler.shutdown();
        self.inner.outlet.close(deadline);
        self.inner.outlet.flush_last(deadline)
    }

    /// What the sampler would decide for this request now, and why: printed, it is one line. Nothing is counted or used up.
    /// Nor does it have X-Ray asked for its rules: the first segment does.
    ///
    /// As for a segment, an empty `service` is the recorder's name, and a missing `origin` or `resource_arn` is what is known of it. What a caller decided
    /// is not asked for here: it would be final.
    ///
    /// ```
    /// use xray_sdk::Recorder;
    /// use xray_sdk::sampling::{LocalRule, LocalRules, SamplingRequest};
    ///
    /// # fn main() -> Result<(), xray_sdk::Error> {
    /// let rules = LocalRules::default().rule(LocalRule::new(0, 0.0).path("/health"));
    /// let recorder = Recorder::builder("checkout").sampler(rules).build()?;
    /// let request = SamplingRequest { path: Some("/health"), ..SamplingRequest::default() };
    /// assert_eq!(
    ///     recorder.explain(&request).to_string(),
    ///     "not sampled: not among the 0 % that local rule \"* * /health\" takes of the others",
    /// );
    /// # Ok(())
    /// # }
    /// ```
    pub fn explain(&self, request: &SamplingRequest<'_>) -> Decision {
        if self.inner.is_disabled {
            return Decision::not_sampled().because(Reason::Disabled);
        }
        let service = match request.service {
            "" => self.name(),
            service => service,
        };
        let request = SamplingRequest {
            service,
            ..*request
        };
        self.inner.sampler.explain(&self.inner.complete(&request))
    }

    /// What was recorded, sent, repaired and lost so far.
    pub fn health(&self) -> Health {
        Health::read(&self.inner.outlet, &self.inner.tally)
    }
}

impl Inner {
    /// The request with what is known of every request.
    fn complete<'a>(&'a self, request: &SamplingRequest<'a>) -> SamplingRequest<'a> {
        SamplingRequest {
            origin: request.origin.or_else(|| self.description.origin()),
            resource_arn: request
                .resource_arn
                .or_else(|| self.description.resource_arn()),
            ..*request
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.sampler.shutdown();
        self.outlet.close(Duration::ZERO);
        self.outlet.flush_last(LAST_DEADLINE);
    }
}

impl std::fmt::Debug for Recorder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Recorder")
            .field("name", &self.inner.name)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
