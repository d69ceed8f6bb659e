use std::future::Future;
use std::mem;
use std::sync::atomic::Ordering;

use crate::context::Passive;
use crate::header::{Sampled, TraceHeader};
use crate::id::{SegmentId, TraceId};
use crate::record::event::Field;
use crate::record::identity::Kind;
use crate::record::{Text, hand_over};
use crate::recorder::Recorder;
use crate::recorder::begin::{Began, New, begin_new, record, start_new};
use crate::recorder::environment::UnsampledIds;
use crate::sampling::{Decision, Reason, SamplingRequest, Watch};
use crate::segment::{Entity, NO_NODE, Segment, SegmentFuture, kept};

/// A segment that is not begun yet. Made by [`Recorder::segment`].
#[must_use = "nothing is recorded until the segment begins"]
pub struct SegmentBuilder<'a> {
    pub(super) recorder: &'a Recorder,
    pub(super) name: Text<'a>,
    pub(super) header: TraceHeader,
    /// What the program told of it.
    request: Option<SamplingRequest<'a>>,
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
    #[inline]
    pub(crate) fn new(recorder: &'a Recorder, name: Text<'a>) -> Self {
        Self {
            recorder,
            name,
            header: TraceHeader::default(),
            request: None,
            choice: Choice::Open,
        }
    }

    /// Continues the trace of a caller: its root, its parent, its decision when it made one, and what it passes on.
    ///
    /// A root of nothing but zeros, as SDKs send it for a trace that is not sampled, names no trace: a segment that is recorded
    /// nevertheless begins a new one.
    #[inline(always)]
    pub fn continuing(self, header: TraceHeader) -> Self {
        Self { header, ..self }
    }

    /// What the sampler may look at. Its `service`, `origin` and `resource_arn` are filled in when they are empty.
    pub fn request(self, request: SamplingRequest<'a>) -> Self {
        Self {
            request: Some(request),
            ..self
        }
    }

    /// As [`request`](Self::request), for what costs something to find out: `make` is called only where the sampler is asked. It is not where
    /// the caller has decided, in the header that is [continued](Self::continuing) before this is called, nor the program, nor where the
    /// sampler says the same to any request.
    #[inline(always)]
    pub fn request_with(self, make: impl FnOnce() -> SamplingRequest<'a>) -> Self {
        let inner = &*self.recorder.inner;
        let is_asked = matches!(self.choice, Choice::Open)
            && self.header.sampled().decision().is_none()
            && inner.fixed.is_none()
            && !inner.is_disabled;
        match is_asked {
            true => self.request(make()),
            false => self,
        }
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
    #[inline(always)]
    pub fn begin(self) -> Segment {
        self.start()
    }

    /// Begins the segment. Most are made where they stay, of what is returned in registers: what was just written elsewhere is not moved without
    /// the processor waiting for it.
    #[inline(always)]
    fn start(self) -> Segment {
        match self.start_new() {
            New::Recorded(lane) => Segment::recorded(lane),
            New::Unsampled => Segment::unsampled(),
            New::Not => self.start_otherwise(),
        }
    }

    /// Begins the segment of a new trace, where the sampler says the same of all.
    #[inline(always)]
    fn start_new(&self) -> New {
        match self.name.as_static() {
            Some(name) if self.is_new() => start_new(self.recorder, name),
            _ => New::Not,
        }
    }

    /// The same of any name, by a call of its own: beside a future, which is moved whole, less is written at once.
    #[inline(never)]
    fn start_new_apart(&self) -> New {
        match self.is_new() {
            true => begin_new(self.recorder, &self.name),
            false => New::Not,
        }
    }

    #[inline(always)]
    fn is_new(&self) -> bool {
        matches!(self.choice, Choice::Open) && self.header.is_empty()
    }

    /// Begins it by a copy of this: so that the compiler knows all that is in this one, and writes nothing of it to memory where it is not needed.
    #[inline(always)]
    fn start_otherwise(self) -> Segment {
        let mut copy = Self {
            recorder: self.recorder,
            name: self.name,
            header: self.header,
            request: self.request,
            choice: self.choice,
        };
        match copy.start_new_apart() {
            New::Recorded(lane) => Segment::recorded(lane),
            New::Unsampled => Segment::unsampled(),
            New::Not => copy.start_as_decided(),
        }
    }

    #[inline(never)]
    fn start_as_decided(&mut self) -> Segment {
        let inner = &*self.recorder.inner;
        if inner.is_disabled || inner.is_function || matches!(self.choice, Choice::PassedOn) {
            return self.start_undecided();
        }
        self.header.drop_zeros();
        let decision = self.decide();
        log::trace!(target: "xray_sdk::sampling", "{}: {decision}", self.name.as_str());
        if decision.is_sampled() {
            self.record_as(Kind::Segment, &decision)
        } else {
            self.leave_out(&decision)
        }
    }

    #[cold]
    #[inline(never)]
    fn start_undecided(&mut self) -> Segment {
        if self.recorder.inner.is_disabled || matches!(self.choice, Choice::PassedOn) {
            return Segment::passing_on(mem::take(&mut self.header));
        }
        self.header.drop_zeros();
        self.begin_in_function()
    }

    #[inline(always)]
    fn decide(&self) -> Decision {
        match (self.choice, self.header.sampled().decision()) {
            (Choice::Made(is_sampled), _) => Decision::from(is_sampled).because(Reason::Program),
            (_, Some(is_sampled)) => Decision::from(is_sampled).because(Reason::Caller),
            (_, None) => self.ask(),
        }
    }

    /// Asks the sampler.
    #[inline(always)]
    fn ask(&self) -> Decision {
        let inner = &*self.recorder.inner;
        if let Some(is_sampled) = inner.fixed {
            return Decision::from(is_sampled);
        }
        let name = self.name.as_str();
        match &self.request {
            None => inner.sampler.decide(&SamplingRequest {
                service: name,
                origin: inner.description.origin(),
                resource_arn: inner.description.resource_arn(),
                host: None,
                method: None,
                path: None,
                attributes: &[],
            }),
            Some(request) => {
                let service = match request.service {
                    "" => name,
                    service => service,
                };
                let request = SamplingRequest {
                    service,
                    ..*request
                };
                inner.sampler.decide(&inner.complete(&request))
            }
        }
    }

    /// Begins a segment, or what stands for it, in a lane of its own.
    pub(super) fn record_as(&mut self, kind: Kind, decision: &Decision) -> Segment {
        let watch = Watch::new(&self.recorder.inner.sampler, decision);
        let asked = self.header.sampled() == Sampled::Requested;
        let began = Began {
            kind,
            header: Some(&self.header),
            watch,
        };
        let Some(mut lane) = record(&self.recorder.inner.outlet, &self.name, began) else {
            return self.refuse(asked);
        };
        let id = lane.node;
        if let Some(rule) = decision.recorded_rule() {
            lane.field(id, Field::SamplingRule, rule);
        }
        Segment::new(Entity::held(lane, id), asked)
    }

    /// There is no room for it.
    #[cold]
    #[inline(never)]
    fn refuse(&mut self, asked: bool) -> Segment {
        let outlet = &self.recorder.inner.outlet;
        outlet.refuse();
        let id = SegmentId::random();
        let root = self.header.root();
        let second = outlet.clock.trace_second(outlet.clock.tick());
        // The decision stands for what is called from here, though this part is not recorded.
        let header = mem::take(&mut self.header)
            .with_root(root.unwrap_or_else(|| TraceId::random(second)))
            .with_parent(id);
        let header = header.with_sampled(Sampled::Yes);
        Segment::new(Entity::passive(Passive::new(header), id), asked)
    }

    /// What is called from here is told that it is not sampled.
    #[inline(always)]
    fn leave_out(&mut self, decision: &Decision) -> Segment {
        let inner = &*self.recorder.inner;
        inner.outlet.count_unsampled();
        let has_ids = matches!(inner.unsampled_ids, UnsampledIds::Random);
        if has_ids || decision.is_observed() || !self.header.is_empty() {
            return self.leave_out_of_trace(decision, has_ids);
        }
        Segment::new(Entity::passive(Passive::Unsampled, NO_NODE), false)
    }

    /// With the caller's trace, or ids of its own; or somebody wants to know how it ends.
    #[inline(never)]
    fn leave_out_of_trace(&mut self, decision: &Decision, has_ids: bool) -> Segment {
        let inner = &*self.recorder.inner;
        if decision.reason() == Reason::Caller {
            let counts = &inner.outlet.counts;
            counts.unsampled_by_caller.fetch_add(1, Ordering::Relaxed);
        }
        let clock = &inner.outlet.clock;
        let asked = self.header.sampled() == Sampled::Requested;
        let watch = Watch::new(&inner.sampler, decision);
        let (new_trace, id) = if has_ids {
            let second = clock.trace_second(clock.tick());
            (TraceId::random(second), SegmentId::random())
        } else {
            (TraceId::from_u128(0), SegmentId::from_u64(0))
        };
        let trace_id = self.header.root().unwrap_or(new_trace);
        let header = mem::take(&mut self.header).with_root(trace_id);
        let header = header.with_parent(id).with_sampled(Sampled::No);
        let passive = match watch {
            Some(_) => Passive::watched(header),
            None => Passive::new(header),
        };
        Segment::new(Entity::passive(passive, id), asked).watched(watch)
    }

    /// Begins the segment, and runs a future in it: it closes when the future is done or dropped.
    #[inline(always)]
    pub fn run<F: Future>(mut self, work: F) -> SegmentFuture<F> {
        let work = kept(work);
        match self.start_new_apart() {
            New::Recorded(lane) => SegmentFuture::new(Segment::recorded(lane), work),
            New::Unsampled => SegmentFuture::new(Segment::unsampled(), work),
            New::Not => SegmentFuture::new(self.start_as_decided(), work),
        }
    }

    /// Runs a closure in the segment, which closes when the closure returns or panics.
    #[inline(always)]
    pub fn run_sync<R>(self, work: impl FnOnce(&mut Entity) -> R) -> R {
        let mut segment = self.start();
        let mut lent = segment.lend();
        let result = work(lent.begin());
        let entered = lent.back();
        if let Some(lane) = entered.close() {
            mem::forget(lent);
            mem::forget(segment);
            hand_over(lane);
        } else if entered.close_unsampled() {
            mem::forget(lent);
            mem::forget(segment);
        }
        result
    }
}
