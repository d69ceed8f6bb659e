use std::future::Future;
use std::sync::atomic::Ordering;

use crate::context::Context;
use crate::header::{Sampled, TraceHeader};
use crate::id::{SegmentId, TraceId};
use crate::record::Text;
use crate::record::event::Field;
use crate::record::identity::Identity;
use crate::recorder::Recorder;
use crate::sampling::{Decision, SamplingRequest};
use crate::segment::{Entity, Segment, SegmentFuture};

/// A segment that is not begun yet. Made by [`Recorder::segment`].
#[must_use = "nothing is recorded until the segment begins"]
pub struct SegmentBuilder<'a> {
    recorder: &'a Recorder,
    name: Text<'a>,
    header: TraceHeader,
    request: SamplingRequest<'a>,
}

impl<'a> SegmentBuilder<'a> {
    pub(crate) fn new(recorder: &'a Recorder, name: Text<'a>) -> Self {
        Self {
            recorder,
            name,
            header: TraceHeader::default(),
            request: SamplingRequest::default(),
        }
    }

    /// Continues the trace of a caller: its root, its parent, its decision when it made one, and what it passes on.
    pub fn continuing(self, header: TraceHeader) -> Self {
        Self { header, ..self }
    }

    /// What the sampler may look at. Its `service` and `origin` are filled in when they are empty.
    pub fn request(self, request: SamplingRequest<'a>) -> Self {
        Self { request, ..self }
    }

    /// Begins the segment as a handle of its own.
    pub fn begin(self) -> Segment {
        let inner = &*self.recorder.inner;
        let outlet = &inner.outlet;
        let now = outlet.clock.now();
        let decision = match self.header.sampled() {
            Sampled::Yes => Decision::sampled(),
            Sampled::No => Decision::not_sampled(),
            Sampled::Requested | Sampled::Unknown => inner.sampler.decide(&self.sampling_request()),
        };
        let asked = self.header.sampled() == Sampled::Requested;
        let parent = self.header.parent().unwrap_or(SegmentId::from_u64(0));
        let trace_id = match self.header.root() {
            Some(root) => root,
            None => TraceId::random(outlet.clock.epoch_seconds(now)),
        };
        let header = self.header.with_root(trace_id);
        let id = SegmentId::random();
        if !decision.is_sampled() {
            outlet.counts.unsampled.fetch_add(1, Ordering::Relaxed);
            let header = header.with_parent(id).with_sampled(Sampled::No);
            return Segment::new(Context::Passive(header), id, asked);
        }
        let identity = Identity::new(outlet.clone(), trace_id, id, header);
        let context = match outlet.lane(&identity) {
            Some(mut lane) => {
                lane.open(id, parent, &self.name, now);
                if let Some(rule) = decision.rule() {
                    lane.field(id, Field::SamplingRule, rule);
                }
                Context::Recording(lane)
            }
            None => {
                outlet.refuse();
                // The decision stands for what is called from here, though this part is not recorded.
                Context::Passive(identity.header(id))
            }
        };
        Segment::new(context, id, asked)
    }

    /// Begins the segment, and runs a future in it: it closes when the future is done or dropped.
    pub fn run<F: Future>(self, work: F) -> SegmentFuture<F> {
        SegmentFuture::new(self.begin(), work)
    }

    /// Runs a closure in the segment, which closes when the closure returns or panics.
    pub fn run_sync<R>(self, work: impl FnOnce(&mut Entity) -> R) -> R {
        let mut segment = self.begin();
        let mut inside = segment.inside();
        let _entered = segment.enter();
        work(&mut inside)
    }

    fn sampling_request(&self) -> SamplingRequest<'_> {
        SamplingRequest {
            service: match self.request.service {
                "" => self.name.as_str(),
                service => service,
            },
            origin: self
                .request
                .origin
                .or(self.recorder.inner.description.origin()),
            ..self.request
        }
    }
}
