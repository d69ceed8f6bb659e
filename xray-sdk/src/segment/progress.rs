use crate::record::event::Mark;
use crate::segment::entity::Entity;

impl Entity {
    /// Sends the segment as it is now, as in progress, with what is open in it; the complete document has the same id and replaces it.
    /// For work that takes long, so that it is seen before it ends (developer guide, "Segment documents"); what is
    /// [old](crate::RecorderBuilder::in_progress_after) is sent by itself.
    ///
    /// It goes out with the next round of the recorder's thread, within 50 milliseconds, once however often it is asked for, and only
    /// when something was recorded since the last time. What other threads and handles hold of the segment, as an owned
    /// [`Subsegment`](crate::Subsegment) does, is not waited for. Does nothing when the request is not sampled.
    ///
    /// ```
    /// # let capture = xray_sdk::testing::Capture::new("import");
    /// # let recorder = capture.recorder();
    /// recorder.segment("import").run_sync(|segment| {
    ///     segment.annotate("file", "orders.csv").send_in_progress();
    ///     // Hours of work.
    /// });
    /// ```
    #[track_caller]
    pub fn send_in_progress(&mut self) -> &mut Self {
        // Away from the segment's lane this is handed over at once already.
        self.mark(Mark::Shown);
        self.hand_over_now();
        self
    }
}
