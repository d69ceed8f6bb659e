use std::time::Duration;

use lambda_runtime::{BoxFuture, Error, SnapStartResource};
use xray_sdk::Recorder;

/// Makes a recorder fit for SnapStart, where a function is restored from a snapshot of its memory, many times from the same one.
///
/// Before the snapshot all that was recorded is sent. After each restore ids are seeded anew, for they would repeat in all functions that
/// were restored; the clock is read again, and the socket to the daemon is opened again. [`LambdaLayer`](crate::LambdaLayer) does the
/// same before the first invocation; so this is for functions that make ids or record in hooks of their own.
/// Register it before those.
///
/// ```no_run
/// use std::sync::Arc;
/// use lambda_runtime::{Error, LambdaEvent, Runtime, service_fn};
/// use xray_sdk_lambda::{LambdaLayer, SnapStart, traced};
///
/// # async fn run() -> Result<(), Error> {
/// # let function = service_fn(async |event: LambdaEvent<String>| Ok::<_, Error>(event.payload.len()));
/// let recorder = xray_sdk_lambda::recorder()?;
/// Runtime::new(traced(function))
///     .layer(LambdaLayer::new(&recorder))
///     .register_snapstart_resource(Arc::new(SnapStart::new(&recorder)))
///     .run()
///     .await
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct SnapStart {
    recorder: Recorder,
}

/// Nobody waits for the function while the snapshot is being made.
const PATIENCE: Duration = Duration::from_secs(1);

impl SnapStart {
    /// A resource that keeps `recorder` fit.
    pub fn new(recorder: &Recorder) -> Self {
        Self {
            recorder: recorder.clone(),
        }
    }
}

impl SnapStartResource for SnapStart {
    fn before_snapshot(&self) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(async {
            self.recorder.flush(PATIENCE);
            Ok(())
        })
    }

    fn after_restore(&self) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(async {
            self.recorder.after_restore();
            Ok(())
        })
    }
}
