use std::fmt;
use std::sync::Arc;

use crate::emitter::DaemonAddress;
use crate::error::Error;
use crate::sampling::{Decision, Sampler, SamplingRequest, Steps};
use crate::testing::ManualClock;

/// Follows X-Ray's sampling rules as [`CentralSampler`](crate::sampling::CentralSampler) does, but for two things: it asks X-Ray when a
/// test says so, by a clock that the test moves, and its dice fall in the same way each time.
///
/// With it a test sees within milliseconds what a service would sample in the next hours, by the rules that X-Ray, or `xray-local`, has.
/// Clones are the same sampler, so that a test can keep one of a recorder's.
///
/// ```no_run
/// use std::time::Duration;
///
/// use xray_sdk::emitter::DaemonAddress;
/// use xray_sdk::testing::{Capture, ManualClock, ManualSampler};
///
/// # fn main() -> Result<(), xray_sdk::Error> {
/// let clock = ManualClock::at(1_700_000_000);
/// let daemon = DaemonAddress::parse("127.0.0.1:2000")?;
/// let sampler = ManualSampler::new("checkout", &daemon, &clock, 7)?;
/// let capture = Capture::with("checkout", |builder| builder.sampler(sampler.clone()));
/// for _ in 0..60 {
///     capture.recorder().own_segment().run_sync(|_| ());
///     clock.advance(Duration::from_secs(1));
///     sampler.catch_up();
/// }
/// println!("{} of 60 requests are recorded", capture.documents().len());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct ManualSampler(Arc<Steps>);

impl ManualSampler {
    /// For the service of this name, by the daemon at this address, with dice that fall as the seed has it. Asks nothing yet.
    ///
    /// # Errors
    ///
    /// When the operating system refuses what is needed to call the daemon.
    pub fn new(
        service: &str,
        daemon: &DaemonAddress,
        clock: &ManualClock,
        seed: u64,
    ) -> Result<Self, Error> {
        let steps = Steps::new(service, daemon, clock.0.clone(), seed)
            .map_err(|error| Error::system("setting up the calls for sampling rules", error))?;
        Ok(Self(Arc::new(steps)))
    }

    /// Asks for rules and reports what was decided, each if the clock says that it is time, and waits for the answers: for some seconds
    /// at most where a daemon does not answer. The first call for rules is due within five seconds.
    ///
    /// What was due before is done once, however long the clock was not looked at: a test that wants every report advances the
    /// clock by a second at most before it calls this again. Does nothing any more once the recorder was shut down.
    pub fn catch_up(&self) {
        self.0.catch_up();
    }

    /// How many decisions were made by X-Ray's rules that X-Ray was not told of yet.
    pub fn unreported(&self) -> u64 {
        self.0.unreported()
    }
}

impl Sampler for ManualSampler {
    fn decide(&self, request: &SamplingRequest<'_>) -> Decision {
        self.0.decide(request)
    }

    fn explain(&self, request: &SamplingRequest<'_>) -> Decision {
        self.0.explain(request)
    }

    fn observe(&self, decision: &Decision, is_fault: bool) {
        self.0.observe(decision, is_fault);
    }

    fn shutdown(&self) {
        self.0.shutdown();
    }
}

impl fmt::Debug for ManualSampler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ManualSampler").finish_non_exhaustive()
    }
}
