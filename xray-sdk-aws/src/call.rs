use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use aws_smithy_runtime_api::client::http::telemetry::CaptureHttpAttemptTelemetry;
use aws_smithy_types::config_bag::{Storable, StoreReplace};
use xray_sdk::Subsegment;

/// A call that is being recorded.
///
/// It is shared by the SDK's state of the call and by the response's body, which may outlive the call. Whoever comes last closes the
/// subsegment. The lock is held for the time of recording a few fields, by one of the two at a time.
#[derive(Clone)]
pub(crate) struct Call(Arc<Mutex<State>>);

pub(crate) struct State {
    /// Dropped, and so closed, before the subsegment that it stands in.
    pub(crate) attempt: Option<Attempt>,
    /// `None` once it is closed.
    pub(crate) subsegment: Option<Subsegment>,
    /// The parameters of the request are recorded.
    pub(crate) is_described: bool,
    pub(crate) body: Body,
    /// How many bytes came of the latest response's body, where they are counted.
    pub(crate) counted: u64,
}

/// One of the call's attempts, where they are recorded.
pub(crate) struct Attempt {
    pub(crate) subsegment: Subsegment,
    pub(crate) connection: CaptureHttpAttemptTelemetry,
}

/// How far the response's body is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Body {
    /// There is none, or it is in memory.
    Absent,
    /// It is being read by the SDK.
    Flowing,
    /// The call is over, and the program reads it: the subsegment ends with it.
    HandedOver,
    /// Nothing more will come.
    Ended,
}

impl Call {
    pub(crate) fn new(subsegment: Subsegment) -> Self {
        Self(Arc::new(Mutex::new(State {
            attempt: None,
            subsegment: Some(subsegment),
            is_described: false,
            body: Body::Absent,
            counted: 0,
        })))
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        // What a panic left behind is still a list of fields to record.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The program gave the call up, or the rest of its body: marks that, and closes.
    pub(crate) fn abandon(&self) {
        let mut state = self.state();
        state.attempt = None;
        if let Some(mut subsegment) = state.subsegment.take()
            && !std::thread::panicking()
        {
            subsegment.metadata_in("xray", "aborted", &true);
        }
    }
}

/// Keeps a call in the SDK's state of it, and closes the subsegment when the call's future is dropped half way.
pub(crate) struct Guard(pub(crate) Call);

impl Drop for Guard {
    fn drop(&mut self) {
        if self.0.state().body != Body::HandedOver {
            self.0.abandon();
        }
    }
}

impl fmt::Debug for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Guard")
    }
}

impl Storable for Guard {
    type Storer = StoreReplace<Self>;
}
