use std::future::Future;
use std::sync::atomic::Ordering;

use crate::context::{Context, Passive};
use crate::header::{Sampled, TraceHeader};
use crate::id::{SegmentId, TraceId};
use crate::record::Text;
use crate::record::event::{Field, Namespace};
use crate::record::identity::{About, Kind};
use crate::recorder::Recorder;
use crate::recorder::environment::UnsampledIds;
use crate::sampling::{Decision, Reason, SamplingRequest, Watch};
use crate::segment::{Entity, Segment, SegmentFuture};

/// A segment that is not begun yet. Made by [`Recorder::segment`].
#[must_use = "nothing is recorded until the segment begins"]
pub struct SegmentBuilder<'a> {
    pub(super) recorder: &'a Recorder,
    pub(super) name: Text<'a>,
    pub(super) header: TraceHeader,
    request: SamplingRequest<'a>,
    pub(super) choice: Choice,
}

/// Who decides whether a segment is recorded.
#[derive(Clone, Copy)]
pub(super) enum Choice {
    /// The caller, or else the sampler.
    Open,
    /// The program has decided.
    Made(bool),
    /// Nobody: what is called from here decides for itself.
    PassedOn,
}

impl<'a> SegmentBuilder<'a> {
    pub(crate) fn new(recorder: &'a Recorder, name: Text<'a>) -> Self {
        Self {
            recorder,
            name,
            header: TraceHeader::default(),
            request: SamplingRequest::default(),
            choice: Choice::Open,
        }
    }

    /// Continues the trace of a caller: its root, its parent, its decision when it made one, and what it passes on.
    ///
    /// A root of nothing but zeros, as SDKs send it for a trace that is not sampled, names no trace: a segment that is recorded
    /// nevertheless begins a new one.
    pub fn continuing(self, header: TraceHeader) -> Self {
        Self { header, ..self }
    }

    /// What the sampler may look at. Its `service`, `origin` and `resource_arn` are filled in when they are empty.
    pub fn request(self, request: SamplingRequest<'a>) -> Self {
        Self { request, ..self }
    }

    /// Decides whether the segment is recorded, whatever the caller and the sampler would say. Sampling rules do not count it.
    ///
    /// ```
    /// # let capture = xray_sdk::testing::Capture::new("checkout");
    /// # let recorder = capture.recorder();
    /// let is_suspicious = true;
    /// let mut segment = recorder.segment("checkout");
    /// if is_suspicious {
    ///     segment = segment.sampled(true);
    /// }
    /// segment.run_sync(|_| ());
    /// ```
    pub fn sampled(self, is_sampled: bool) -> Self {
        Self {
            choice: Choice::Made(is_sampled),
            ..self
        }
    }

    /// Records nothing and decides nothing: what is called from here gets the caller's header as it came. A header of
    /// [pass-through](TraceHeader::is_pass_through) mode stays one, so the next service decides.
    pub fn pass_through(self) -> Self {
        Self {
            choice: Choice::PassedOn,
            ..self
        }
    }

    /// Begins the segment as a handle of its own.
    pub fn begin(mut self) -> Segment {
        if self.recorder.inner.is_disabled || matches!(self.choice, Choice::PassedOn) {
            return Segment::passing_on(self.header);
        }
        self.header.drop_zeros();
        if self.recorder.inner.is_function {
            return self.begin_in_function();
        }
        let decision = self.decide();
        log::trace!(target: "xray_sdk::sampling", "{}: {decision}", self.name.as_str());
        if decision.is_sampled() {
            self.record(&decision)
        } else {
            self.leave_out(&decision)
        }
    }

    fn decide(&self) -> Decision {
        match (self.choice, self.header.sampled().decision()) {
            (Choice::Made(is_sampled), _) => Decision::from(is_sampled).because(Reason::Program),
            (_, Some(is_sampled)) => Decision::from(is_sampled).because(Reason::Caller),
            (_, None) => {
                let request = SamplingRequest {
                    service: match self.request.service {
                        "" => self.name.as_str(),
                        service => service,
                    },
                    ..self.request
                };
                let inner = &*self.recorder.inner;
                inner.sampler.decide(&inner.complete(&request))
            }
        }
    }

    fn record(self, decision: &Decision) -> Segment {
        self.record_as(Kind::Segment, decision)
    }

    /// Begins a segment, or what stands for it, in a lane of its own.
    pub(super) fn record_as(self, kind: Kind, decision: &Decision) -> Segment {
        let inner = &*self.recorder.inner;
        let outlet = &inner.outlet;
        let now = outlet.clock.tick();
        let asked = self.header.sampled() == Sampled::Requested;
        let parent = self.header.parent().unwrap_or(SegmentId::from_u64(0));
        let trace_id = match self.header.root() {
            Some(root) => root,
            None => TraceId::random(outlet.clock.trace_second(now)),
        };
        let id = SegmentId::random();
        let about = About {
            trace_id,
            segment_id: id,
            kind,
            header: self.header.with_root(trace_id),
            watch: Watch::new(&inner.sampler, decision),
        };
        let context = match outlet.segment_lane(about) {
            Ok(mut lane) => {
                lane.open(id, parent, &self.name, Namespace::Local, now);
                if let Some(rule) = decision.recorded_rule() {
                    lane.field(id, Field::SamplingRule, rule);
                }
                Context::Recording(lane)
            }
            Err(about) => {
                outlet.refuse();
                // The decision stands for what is called from here, though this part is not recorded.
                let header = about.header.with_parent(id).with_sampled(Sampled::Yes);
                Context::Passive(Passive::new(header))
            }
        };
        Segment::new(context, id, asked)
    }

    /// What is called from here is told that it is not sampled, with the caller's trace.
    fn leave_out(self, decision: &Decision) -> Segment {
        let inner = &*self.recorder.inner;
        let outlet = &inner.outlet;
        outlet.counts.unsampled.fetch_add(1, Ordering::Relaxed);
        let asked = self.header.sampled() == Sampled::Requested;
        let watch = Watch::new(&inner.sampler, decision);
        let has_ids = matches!(inner.unsampled_ids, UnsampledIds::Random);
        if !has_ids && watch.is_none() && self.header.is_empty() {
            let context = Context::Passive(Passive::Unsampled);
            return Segment::new(context, SegmentId::from_u64(0), asked);
        }
        let (new_trace, id) = if has_ids {
            let second = outlet.clock.trace_second(outlet.clock.tick());
            (TraceId::random(second), SegmentId::random())
        } else {
            (TraceId::from_u128(0), SegmentId::from_u64(0))
        };
        let trace_id = self.header.root().unwrap_or(new_trace);
        let header = self.header.with_root(trace_id).with_parent(id);
        let header = header.with_sampled(Sampled::No);
        let passive = match watch {
            Some(_) => Passive::watched(header),
            None => Passive::new(header),
        };
        Segment::new(Context::Passive(passive), id, asked).watched(watch)
    }

    /// Begins the segment, and runs a future in it: it closes when the future is done or dropped.
    pub fn run<F: Future>(self, work: F) -> SegmentFuture<F> {
        SegmentFuture::new(self.begin(), work)
    }

    /// Runs a closure in the segment, which closes when the closure returns or panics.
    pub fn run_sync<R>(self, work: impl FnOnce(&mut Entity) -> R) -> R {
        self.begin().run(work)
    }
}
