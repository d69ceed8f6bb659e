//! A trace as X-Ray reads it: which services took part, and who called whom.

mod critical;
mod inferred;
mod outcome;
mod outline;
mod pair;
mod service;

use hashbrown::HashMap;
use xray_sdk::SegmentId;
use xray_sdk::document::{Document, Namespace, Trace};

pub(crate) use critical::is_critical;
pub use outcome::Outcome;
pub(crate) use outline::{Row, rows};
pub(crate) use pair::pairs;
pub use pair::{Pair, compare};
pub use service::ServiceId;

/// A trace taken apart into the work of its services.
pub(crate) struct Anatomy<'a> {
    trace: &'a Trace,
    segments: Vec<Segment<'a>>,
    is_waiting: bool,
}

/// What one service did.
pub(crate) struct Segment<'a> {
    pub(crate) service: ServiceId,
    /// The segment; of an inferred one, the subsegment that it is inferred from.
    pub(crate) document: &'a Document,
    pub(crate) caller: Caller<'a>,
    pub(crate) is_inferred: bool,
}

/// Who called a service.
#[derive(Clone, Copy)]
pub(crate) enum Caller<'a> {
    /// Someone outside: the trace begins here, or what called has not been sent.
    Client,
    /// The segment with this number, which `parent` stands in or is.
    Segment { number: usize, parent: &'a Document },
    /// A subsegment whose own segment has not been sent. Of an inferred segment, the call that it is inferred from.
    Unknown { parent: &'a Document },
}

impl<'a> Caller<'a> {
    /// `parent`, which stands in the segment with the number `around`, where that has been sent.
    fn within(around: Option<usize>, parent: &'a Document) -> Self {
        match around {
            Some(number) => Self::Segment { number, parent },
            None => Self::Unknown { parent },
        }
    }

    /// What was called by `call` came through the segment with the number `between`.
    fn comes_through(&mut self, call: &'a Document, between: usize) {
        if let Self::Segment { parent, .. } | Self::Unknown { parent } = *self
            && std::ptr::eq(parent, call)
        {
            *self = Self::Segment {
                number: between,
                parent,
            };
        }
    }
}

/// Where a segment or subsegment stands.
#[derive(Clone, Copy)]
struct Position<'a> {
    document: &'a Document,
    /// The number of the segment around it; `None` when that has not been sent.
    segment: Option<usize>,
}

impl<'a> Anatomy<'a> {
    pub(crate) fn of(trace: &'a Trace) -> Self {
        let received = || tops(trace).filter_map(|(number, top)| number.and(Some(top)));
        let positions = positions(trace);
        let mut segments: Vec<_> = received()
            .map(|document| Segment {
                service: ServiceId::of_segment(document),
                document,
                caller: Caller::Client,
                is_inferred: false,
            })
            .collect();
        find_callers(&mut segments, &positions);

        let mut called: HashMap<_, Vec<usize>> = HashMap::new();
        for (number, segment) in received().enumerate() {
            if let Some(parent) = segment.parent_id {
                called.entry(parent).or_default().push(number);
            }
        }
        let mut is_waiting = false;
        for (around, top) in tops(trace) {
            // A segment is no call, whatever its namespace.
            for call in top.walk().skip(usize::from(around.is_some())) {
                let behind = called.get(&call.id).map_or(&[][..], Vec::as_slice);
                // What the called service sends is awaited: X-Ray makes nothing up meanwhile.
                is_waiting |= call.is_traced() && behind.is_empty();
                let Some(service) = ServiceId::of_call(call).filter(|_| !call.is_traced()) else {
                    continue;
                };
                let has_answered =
                    |number: &usize| !passes_on(call, &service, &segments[*number].service);
                if behind.iter().any(has_answered) {
                    continue;
                }
                let between = segments.len();
                for number in behind {
                    segments[*number].caller.comes_through(call, between);
                }
                segments.push(Segment {
                    service,
                    document: call,
                    caller: Caller::within(around, call),
                    is_inferred: true,
                });
            }
        }
        Self {
            trace,
            segments,
            is_waiting,
        }
    }

    /// Those that were sent, in start order, then those that were inferred.
    pub(crate) fn segments(&self) -> &[Segment<'a>] {
        &self.segments
    }

    /// The segment where the trace begins. None while only subsegments have been sent.
    pub(crate) fn root(&self) -> Option<&Segment<'a>> {
        self.segments.get(self.root_number())
    }

    /// Its number; that after the last where there is none. One that names no parent goes before one whose parent is not there,
    /// which may still come.
    pub(crate) fn root_number(&self) -> usize {
        let is_called_by_client = |segment: &Segment<'_>| matches!(segment.caller, Caller::Client);
        let is_root = |segment: &Segment<'_>| {
            is_called_by_client(segment) && segment.document.parent_id.is_none()
        };
        let root = self.segments.iter().position(is_root);
        let is_sent = |segment: &Segment<'_>| !segment.is_inferred;
        root.or_else(|| self.segments.iter().position(is_called_by_client))
            .or_else(|| self.segments.iter().position(is_sent))
            .unwrap_or(self.segments.len())
    }

    /// What the caller of a segment recorded of the call. A caller that is named by its segment, without a subsegment, recorded
    /// nothing: then it is what was called.
    pub(crate) fn call(&self, segment: &Segment<'a>) -> &'a Document {
        match segment.caller {
            Caller::Segment { number, parent }
                if !std::ptr::eq(parent, self.segments[number].document) =>
            {
                parent
            }
            _ => segment.document,
        }
    }

    /// Whether something is still to come: work in progress, or the segment of a service that was called.
    pub(crate) fn is_partial(&self) -> bool {
        let documents = self.trace.segments().iter().flat_map(Document::walk);
        self.is_waiting || documents.into_iter().any(|document| document.in_progress)
    }

    /// The documents of the trace as X-Ray gives them out: those that were sent, whole, then those that it inferred.
    pub(crate) fn documents(&self) -> Vec<Document> {
        let sent = self.trace.segments().iter().cloned();
        let inferred = self.segments.iter().filter(|segment| segment.is_inferred);
        let inferred = inferred
            .map(|segment| inferred::segment(self.trace.id(), segment.document, &segment.service));
        sent.chain(inferred).collect()
    }
}

/// The seconds that something took, without the noise that subtracting two times leaves behind the microseconds.
pub(crate) fn seconds(duration: f64) -> f64 {
    (duration * 1e6).round() / 1e6
}

/// The segments that were sent, with their numbers, then the subsegments whose segments were not.
fn tops(trace: &Trace) -> impl Iterator<Item = (Option<usize>, &Document)> {
    let tops = || trace.segments().iter();
    let sent = tops().filter(|top| !top.is_subsegment());
    let orphans = tops().filter(|top| top.is_subsegment());
    let sent = sent.enumerate().map(|(number, top)| (Some(number), top));
    sent.chain(orphans.map(|top| (None, top)))
}

fn positions(trace: &Trace) -> HashMap<SegmentId, Position<'_>> {
    // Most have a few subsegments.
    let mut positions = HashMap::with_capacity(4 * trace.segments().len());
    for (segment, top) in tops(trace) {
        for document in top.walk() {
            positions
                .entry(document.id)
                .or_insert(Position { document, segment });
        }
    }
    positions
}

/// Finds the caller of each segment.
fn find_callers<'a>(segments: &mut [Segment<'a>], positions: &HashMap<SegmentId, Position<'a>>) {
    for segment in segments.iter_mut() {
        let parent = segment.document.parent_id.and_then(|id| positions.get(&id));
        segment.caller = parent.map_or(Caller::Client, |position| {
            Caller::within(position.segment, position.document)
        });
    }
    break_circles(segments);
}

/// Whether `call` went to a service of AWS that passed something on, as a queue passes its messages to whom it does not know: then that service
/// stands between the two. Where what was called sent the segment itself, as a function does, it does not.
fn passes_on(call: &Document, service: &ServiceId, sender: &ServiceId) -> bool {
    call.namespace == Some(Namespace::Aws) && !service.has_sent(sender)
}

/// A sender's mistake can make segments call each other in a circle. The first one on it is taken to be called from outside.
fn break_circles(segments: &mut [Segment<'_>]) {
    // The walk on which each segment was passed, counted from 1.
    let mut passed = vec![0; segments.len()];
    for start in 0..segments.len() {
        let walk = start + 1;
        let mut at = start;
        while passed[at] == 0 {
            passed[at] = walk;
            let Caller::Segment { number, .. } = segments[at].caller else {
                break;
            };
            at = number;
            if passed[at] == walk {
                segments[at].caller = Caller::Client;
            }
        }
    }
}

#[cfg(test)]
mod tests;
