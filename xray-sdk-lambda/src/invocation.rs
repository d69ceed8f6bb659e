use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Context;
use std::time::{Duration, Instant, SystemTime};

use lambda_runtime::{Context as LambdaContext, LambdaInvocation};
use xray_sdk::{Enter, Entered, Recorder, Segment, Text, TraceHeader};

use crate::alarm::{Alarm, Alarms};
use crate::batch;

/// What the workers of one function share.
#[derive(Debug, Default)]
pub(crate) struct Environment {
    /// There was an invocation.
    is_used: AtomicBool,
    /// It was told that documents come late.
    is_late: AtomicBool,
    alarms: Arc<Alarms>,
}

impl Environment {
    /// Whether this is asked for the first time.
    pub(crate) fn is_new(&self) -> bool {
        !self.is_used.swap(true, Ordering::Relaxed)
    }
}

/// What is recorded of one invocation. When it is dropped, it closes and all of it is sent.
pub(crate) struct Invocation {
    recorder: Recorder,
    environment: Arc<Environment>,
    /// Empty only while this is being dropped.
    segment: Option<Segment>,
    alarm: Option<Alarm>,
}

/// The longest that an invocation waits for what was recorded of it, at its end and at its alarm. Where the daemon goes by its address and takes what
/// comes there is nothing to wait for.
const PATIENCE: Duration = Duration::from_millis(5);

impl Invocation {
    /// Begins the subsegment `name` of the segment that Lambda writes.
    pub(crate) fn begin(
        recorder: &Recorder,
        environment: &Arc<Environment>,
        name: &str,
        lambda: &LambdaContext,
    ) -> Self {
        let header = lambda.xray_trace_id.as_deref();
        let header = header.map(TraceHeader::parse).unwrap_or_default();
        let segment = recorder.segment(Text::copied(name)).continuing(header);
        Self {
            recorder: recorder.clone(),
            environment: environment.clone(),
            segment: Some(segment.begin()),
            alarm: None,
        }
    }

    fn segment(&mut self) -> &mut Segment {
        self.segment
            .as_mut()
            .expect("the segment is taken out only by drop")
    }

    pub(crate) fn is_recording(&self) -> bool {
        self.segment
            .as_ref()
            .is_some_and(|segment| segment.is_recording())
    }

    /// Records what Lambda says of the invocation, and links it with the senders of its messages.
    pub(crate) fn describe(&mut self, invocation: &LambdaInvocation, is_cold: bool) {
        let lambda = &invocation.context;
        let segment = self.segment();
        segment.annotate(COLD_START, is_cold);
        segment.aws("request_id", &lambda.request_id);
        if let Some(arn) = Arn::parse(&lambda.invoked_function_arn) {
            segment.aws("function_arn", arn.text);
            segment.aws("account_id", arn.account);
            segment.aws("region", arn.region);
        }
        segment.aws("function_version", &lambda.env_config.version);
        if let Some(tenant) = &lambda.tenant_id {
            segment.aws("tenant_id", tenant);
        }
        for (trace, sender) in batch::senders(&invocation.body) {
            if segment.trace_id() != Some(trace) {
                segment.link(trace, sender);
            }
        }
    }

    /// Has what is recorded sent `margin` before the deadline, or after half of the time where there is less.
    pub(crate) fn mind(&mut self, deadline: SystemTime, margin: Duration) {
        // Emulators may tell no deadline, or one that has passed.
        if let Ok(left) = deadline.duration_since(SystemTime::now()) {
            let wait = left.saturating_sub(margin).max(left / 2);
            let at = Instant::now().checked_add(wait);
            self.alarm = at.and_then(|at| self.environment.alarms.set(at));
        }
    }

    /// Lambda may end the function soon: sends what is recorded so far. Else the task is woken when it is time for that.
    pub(crate) fn look_at_the_time(&mut self, task: &Context<'_>) {
        if self.alarm.as_ref().is_some_and(|alarm| alarm.is_due(task)) {
            self.alarm = None;
            self.segment().send_in_progress();
            self.recorder.flush(PATIENCE);
        }
    }

    /// The response could not be delivered.
    pub(crate) fn fail(&mut self, error: &lambda_runtime::Error) {
        self.segment().record_error(&**error);
    }
}

impl Enter for Invocation {
    fn enter(&mut self) -> Entered<'_> {
        self.segment().enter()
    }
}

impl Drop for Invocation {
    fn drop(&mut self) {
        let is_recording = self.is_recording();
        self.alarm = None;
        self.segment = None;
        if !is_recording || self.recorder.flush(PATIENCE) {
            return;
        }
        if !self.environment.is_late.swap(true, Ordering::Relaxed) {
            log::warn!(
                target: "xray_sdk",
                "what was recorded of an invocation is not sent after {PATIENCE:?}, and follows while the function goes on or is invoked again (told once); \
                 is the daemon's name in AWS_XRAY_DAEMON_ADDRESS resolved slowly? an address needs no resolving"
            );
        }
    }
}

/// As Powertools for AWS Lambda names it, so that searches for it find all functions.
const COLD_START: &str = "ColdStart";

/// What the name of a function tells: `arn:aws:lambda:` region `:` account `:function:` name (AWS General Reference,
/// "Amazon Resource Names").
#[derive(Debug, PartialEq)]
struct Arn<'a> {
    text: &'a str,
    region: &'a str,
    account: &'a str,
}

impl<'a> Arn<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.split(':');
        let is_arn = parts.next() == Some("arn");
        let (region, account) = (parts.nth(2)?, parts.next()?);
        is_arn.then_some(Self {
            text,
            region,
            account,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_functions_arn_tells_its_region_and_account() {
        let text = "arn:aws-cn:lambda:cn-north-1:123456789012:function:resize:live";
        let arn = Arn::parse(text).expect("an ARN");
        assert_eq!((arn.region, arn.account), ("cn-north-1", "123456789012"));
        for other in [
            "",
            "arn",
            "arn:aws:lambda:eu-west-1",
            "No header lambda-runtime-invoked-function-arn found.",
            "a:b:c:d:e:f",
        ] {
            assert_eq!(Arn::parse(other), None, "{other}");
        }
    }
}
