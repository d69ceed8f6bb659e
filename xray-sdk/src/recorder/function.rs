//! Segments in a function of AWS Lambda, which writes each invocation's segment itself: what begins here are subsegments of it.

use std::mem;

use crate::header::Sampled;
use crate::record::identity::Kind;
use crate::recorder::SegmentBuilder;
use crate::recorder::open::Choice;
use crate::sampling::{Decision, Reason};
use crate::segment::Segment;

impl SegmentBuilder<'_> {
    /// Begins what stands for a segment: a subsegment of what is current on this thread, or else of Lambda's segment.
    pub(super) fn begin_in_function(&mut self) -> Segment {
        if let Choice::Made(false) = self.choice {
            return self.leave_out_in_function();
        }
        match self.begin_in_current() {
            Some(segment) => segment,
            None => self.begin_in_lambdas(),
        }
    }

    /// A subsegment of what is current: a layer for HTTP servers within an invocation, or one message of its batch.
    fn begin_in_current(&self) -> Option<Segment> {
        let asked = self.header.sampled() == Sampled::Requested;
        let mut segment = Segment::in_current(&self.name, asked)?;
        if let (Some(root), Some(parent)) = (self.header.root(), self.header.parent()) {
            let is_recorded = self.header.sampled() != Sampled::No;
            // Of another trace, as the message of a batch.
            if is_recorded && segment.trace_id() != Some(root) {
                segment.link(root, parent);
            }
        }
        Some(segment)
    }

    /// A subsegment of the segment that Lambda writes, which the header names; Lambda has decided whether that is recorded.
    fn begin_in_lambdas(&mut self) -> Segment {
        let inner = &self.recorder.inner;
        let is_named = self.header.root().is_some() && self.header.parent().is_some();
        match self.header.sampled().decision() {
            Some(true) if is_named => {
                // The function was frozen since the last invocation, and the system's time went on.
                inner.outlet.clock.anchor();
                let decision = Decision::sampled().because(Reason::Caller);
                self.record_as(Kind::PartOfLambdas, &decision)
            }
            Some(false) => self.leave_out_in_function(),
            _ => {
                inner.outlet.notices.tell_once("function", || {
                    format!(
                        "nothing is recorded: AWS Lambda gave the trace header \"{}\", and what is recorded needs Root, Parent and Sampled=1; \
                         turn on active tracing of the function, and begin segments only while it is invoked",
                        self.header
                    )
                });
                Segment::passing_on(mem::take(&mut self.header))
            }
        }
    }

    /// What is called from here gets the header as it came, with the decision.
    fn leave_out_in_function(&mut self) -> Segment {
        self.recorder.inner.outlet.count_unsampled();
        let header = mem::take(&mut self.header).with_sampled(Sampled::No);
        Segment::passing_on(header)
    }
}
