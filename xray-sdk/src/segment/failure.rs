//! How it is told that something failed.

use std::error::Error as StdError;
use std::panic::Location;

use crate::record::Text;
use crate::record::event::{Chain, Mark};
use crate::segment::entity::Entity;
use crate::segment::exception;
use crate::segment::reach::write_at_hand;

impl Entity {
    /// Records an error with its whole chain of sources, and marks this entity as a fault.
    ///
    /// When the same error was recorded in a subsegment below, only its id is written here.
    #[track_caller]
    pub fn record_error(&mut self, error: &(impl StdError + ?Sized)) -> &mut Self {
        if self.is_recording_here() {
            let chain = exception::chain_of(error);
            self.record_elsewhere(|lane, node| {
                lane.mark(node, Mark::Fault);
                exception::record(lane, node, &chain, false);
            });
        } else {
            self.fail();
        }
        self
    }

    /// As [`record_error`](Self::record_error), for adapters that know the error by a better name than that of its type.
    #[track_caller]
    pub fn record_error_as(&mut self, kind: &str, error: &(impl StdError + ?Sized)) -> &mut Self {
        if self.is_recording_here() {
            let chain = exception::chain_named(kind, error);
            self.record_elsewhere(|lane, node| {
                lane.mark(node, Mark::Fault);
                exception::record(lane, node, &chain, false);
            });
        } else {
            self.fail();
        }
        self
    }

    /// Records an error that a called service answered with, `kind` being its name there, with its whole chain of sources.
    ///
    /// The exceptions are marked as `remote`. Whether the call was an error, a fault or throttled is not decided here:
    /// [`http_status`](Self::http_status) tells that, or [`throttle`](Self::throttle).
    #[track_caller]
    pub fn record_remote_error(
        &mut self,
        kind: &str,
        error: &(impl StdError + ?Sized),
    ) -> &mut Self {
        if self.is_recording_here() {
            let chain = exception::chain_named(kind, error);
            self.record_elsewhere(|lane, node| exception::record(lane, node, &chain, true));
        }
        self
    }

    /// Records an exception that is no [`std::error::Error`], and marks this entity as a fault.
    #[track_caller]
    pub fn record_message(&mut self, kind: &str, message: &str) -> &mut Self {
        self.record_elsewhere(|lane, node| {
            lane.mark(node, Mark::Fault);
            lane.exception(node, &Text::copied(kind), message, Chain::First, false);
        });
        self.fail();
        self
    }

    /// Keeps `text` out of the segment's exceptions: wherever the message of one holds it, also one that is recorded later and elsewhere in
    /// the segment, `told` stands in its place.
    ///
    /// For adapters whose errors hold values: the program may record the same error again, by itself or wrapped in others. Texts of less
    /// than 3 bytes are not looked for; of a segment's texts the last 32 are.
    ///
    /// ```
    /// let capture = xray_sdk::testing::Capture::new("shop");
    /// capture.recorder().segment("shop").run_sync(|segment| {
    ///     segment.withhold("key 'ann@example.com' is taken", "a key is taken");
    ///     segment.record_message("SignUpError", "sign up: key 'ann@example.com' is taken");
    /// });
    /// let document = String::from_utf8(capture.bytes().remove(0)).expect("JSON");
    /// assert!(document.contains(r#""message":"sign up: a key is taken""#));
    /// ```
    #[track_caller]
    pub fn withhold(&mut self, text: &str, told: &str) -> &mut Self {
        self.record_elsewhere(|lane, _| lane.identity().withhold(text, told));
        self
    }

    /// Marks a fault: a failure of the service itself, as an HTTP status 5xx.
    #[inline]
    #[track_caller]
    pub fn fault(&mut self) -> &mut Self {
        self.fail();
        self.mark(Mark::Fault)
    }

    /// Marks an error: a failure that the caller caused, as an HTTP status 4xx.
    #[inline]
    #[track_caller]
    pub fn error(&mut self) -> &mut Self {
        self.mark(Mark::Error)
    }

    /// Marks throttling, which is also an error, as HTTP status 429. A status that says fault (S3 throttles by 503) then says none.
    #[inline]
    #[track_caller]
    pub fn throttle(&mut self) -> &mut Self {
        self.mark(Mark::Error).mark(Mark::Throttle)
    }

    #[inline]
    #[track_caller]
    pub(crate) fn mark(&mut self, mark: Mark) -> &mut Self {
        if !self.is_silent() {
            self.set(mark, Location::caller());
        }
        self
    }

    fn set(&mut self, mark: Mark, caller: &'static Location<'static>) {
        if !write_at_hand!(self, |sheet, node| sheet.mark(node, mark)) {
            self.record_elsewhere_for(caller, |lane, node| lane.mark(node, mark));
        }
    }
}
