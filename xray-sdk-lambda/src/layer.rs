use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use lambda_runtime::LambdaInvocation;
use tower_layer::Layer;
use tower_service::Service;
use xray_sdk::{Enter as _, Recorder};

use crate::environment::{self, Initialization};
use crate::future::LambdaFuture;
use crate::invocation::{Environment, Invocation};

/// Makes a subsegment of every invocation of a function, below the segment that Lambda writes.
///
/// It goes around a [`lambda_runtime::Runtime`], as its last layer or in any other place, and serves `run` and `run_concurrent` alike:
/// each invocation has its own trace, whichever runs beside it.
///
/// ```no_run
/// use lambda_runtime::{Error, LambdaEvent, Runtime, service_fn};
/// use xray_sdk_lambda::{LambdaLayer, traced};
///
/// # async fn run() -> Result<(), Error> {
/// let recorder = xray_sdk_lambda::recorder()?;
/// let function = service_fn(async |event: LambdaEvent<String>| Ok::<_, Error>(event.payload.len()));
/// Runtime::new(traced(function)).layer(LambdaLayer::new(&recorder)).run().await
/// # }
/// ```
///
/// # What is recorded
///
/// - The trace, its parent and whether it is recorded come from the invocation's own header. Where that says no, or says nothing
///   because active tracing is off, nothing is recorded, and what the function calls gets the header as it came.
/// - The annotation `ColdStart`: whether this was the first invocation and had to wait for the function to start.
///   With provisioned concurrency none has to.
/// - In the `aws` block: request id, ARN and version of the function, account, region, and the tenant where there is one.
/// - A link to the trace of each message that came in a batch from SQS, at most 20. Notifications of S3 and events of EventBridge that came by a queue bring
///   the trace of the request that caused them so. What they, SNS and others invoke the function with directly comes in the trace of the invocation's own header.
/// - An error with which the runtime itself fails. Those of the function are seen by [`traced`](crate::traced).
///
/// # When it closes, and when it is sent
///
/// With the last byte of the response, also of one that is streamed; before the function asks for its next invocation. Then all of it
/// is sent on the same thread, in microseconds, for Lambda names the daemon by its address. What takes longer, as a daemon whose name has to
/// be resolved, is waited for up to 5 ms; what is not sent by then follows while the function goes on, or with its next invocation.
///
/// Shortly before the invocation's [deadline](Self::margin), what is recorded by then is sent as in progress. So a function that Lambda
/// ends shows where it was. The thread that watches the time starts with the first invocation that is recorded. A function that does not
/// return from a poll cannot be looked into: of that, only what spawned work and handles of subsegments left is sent.
///
/// # What it costs
///
/// An invocation that is not recorded costs the parsing of its header, half a microsecond. One that is recorded costs some 10 microseconds,
/// sending included; the first one, with the recorder, half a millisecond. The repository's README has the figures.
#[derive(Clone, Debug)]
pub struct LambdaLayer {
    recorder: Recorder,
    name: Option<Arc<str>>,
    margin: Duration,
    initialization: Initialization,
}

/// Long enough for a function with a small part of a processor, which works in turns of 20 ms.
const MARGIN: Duration = Duration::from_millis(200);

impl LambdaLayer {
    /// A layer that records with `recorder`, and names invocations by its name: see [`recorder`](crate::recorder()).
    ///
    /// Within Lambda, it leaves the file by which the official SDKs tell Lambda that they are there: `.aws-xray/initialized` in the
    /// temporary folder.
    pub fn new(recorder: &Recorder) -> Self {
        environment::announce();
        Self {
            recorder: recorder.clone(),
            name: None,
            margin: MARGIN,
            initialization: Initialization::read(),
        }
    }

    /// Names invocations in another way than by the recorder's name.
    pub fn name(self, name: impl Into<Arc<str>>) -> Self {
        Self {
            name: Some(name.into()),
            ..self
        }
    }

    /// How long before its deadline an invocation's documents are sent, as far as it is recorded by then: 200 ms by default.
    /// An invocation that has less than twice that has them sent after half of its time.
    pub fn margin(self, margin: Duration) -> Self {
        Self { margin, ..self }
    }
}

impl<S> Layer<S> for LambdaLayer {
    type Service = TracedRuntime<S>;

    fn layer(&self, inner: S) -> TracedRuntime<S> {
        TracedRuntime {
            inner,
            layer: self.clone(),
            environment: Arc::default(),
        }
    }
}

/// A service whose invocations have a subsegment each. Made by [`LambdaLayer`].
#[derive(Clone, Debug)]
pub struct TracedRuntime<S> {
    inner: S,
    layer: LambdaLayer,
    environment: Arc<Environment>,
}

impl<S> TracedRuntime<S> {
    fn begin(&self, invocation: &LambdaInvocation) -> Invocation {
        let layer = &self.layer;
        let is_first = self.environment.is_new();
        if is_first && layer.initialization == Initialization::SnapStart {
            layer.recorder.after_restore();
        }
        let name = layer.name.as_deref().unwrap_or(layer.recorder.name());
        let mut own = Invocation::begin(
            &layer.recorder,
            &self.environment,
            name,
            &invocation.context,
        );
        if own.is_recording() {
            let is_cold = is_first && layer.initialization != Initialization::Ahead;
            own.describe(invocation, is_cold);
            let deadline = invocation.context.deadline();
            own.mind(deadline, layer.margin);
        }
        own
    }
}

impl<S> Service<LambdaInvocation> for TracedRuntime<S>
where
    S: Service<LambdaInvocation, Response = (), Error = lambda_runtime::Error>,
{
    type Response = ();
    type Error = lambda_runtime::Error;
    type Future = LambdaFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, invocation: LambdaInvocation) -> Self::Future {
        let mut own = self.begin(&invocation);
        let inner = {
            // The function may work, and open subsegments, before it returns its future.
            let _entered = own.enter();
            self.inner.call(invocation)
        };
        LambdaFuture::new(inner, own)
    }
}
