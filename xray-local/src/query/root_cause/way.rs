//! All work of a trace as one tree across its services, by numbers: a trace may be deeper than a stack.

use std::cell::OnceCell;

use hashbrown::HashMap;
use xray_sdk::SegmentId;
use xray_sdk::document::{Cause, Document, Exception};

use crate::trace::{Anatomy, Caller, Segment};

/// The tree. Each step has a number that is greater than that of the step which led to it.
pub(super) struct Ways<'a> {
    steps: Vec<Step<'a>>,
    /// All exceptions that have an id, each with those that stand behind it, once any is asked for.
    exceptions: OnceCell<HashMap<SegmentId, &'a [Exception]>>,
}

struct Step<'a> {
    document: &'a Document,
    /// The number of the segment that the document is or stands in.
    segment: usize,
    before: Option<usize>,
    /// Whether the way to it begins where the trace does.
    is_of_root: bool,
    /// Whether who recorded the step before recorded it, too, by the same clock.
    shares_clock: bool,
}

impl<'a> Ways<'a> {
    pub(super) fn of(anatomy: &Anatomy<'a>) -> Self {
        let mut called: HashMap<*const Document, Vec<usize>> = HashMap::new();
        let mut open = Vec::new();
        for (number, segment) in anatomy.segments().iter().enumerate() {
            match segment.caller {
                Caller::Segment { parent, .. } => called.entry(parent).or_default().push(number),
                Caller::Client | Caller::Unknown { .. } => open.push(Step {
                    document: segment.document,
                    segment: number,
                    before: None,
                    is_of_root: anatomy
                        .root()
                        .is_some_and(|root| std::ptr::eq(root, segment)),
                    shares_clock: false,
                }),
            }
        }
        open.reverse();
        let mut ways = Self {
            steps: Vec::new(),
            exceptions: OnceCell::new(),
        };
        while let Some(step) = open.pop() {
            let number = ways.steps.len();
            let Segment { is_inferred, .. } = anatomy.segments()[step.segment];
            // What stands in the call that a service is inferred from is the caller's work.
            let inside: &[Document] = match is_inferred {
                true => &[],
                false => &step.document.subsegments,
            };
            let next = |document, segment, shares_clock| Step {
                document,
                segment,
                before: Some(number),
                is_of_root: step.is_of_root,
                shares_clock,
            };
            let first = open.len();
            open.extend(
                inside
                    .iter()
                    .map(|document| next(document, step.segment, true)),
            );
            // The call leads on itself, but where it stands in no segment: then the way begins at what it went to.
            let leads_on = !is_inferred || step.before.is_none();
            let reached = leads_on.then(|| called.remove(&std::ptr::from_ref(step.document)));
            let reached = reached.flatten().unwrap_or_default().into_iter();
            open.extend(reached.map(|number| {
                let Segment {
                    document,
                    is_inferred,
                    ..
                } = anatomy.segments()[number];
                next(document, number, is_inferred)
            }));
            open[first..].reverse();
            ways.steps.push(step);
        }
        ways
    }

    pub(super) fn document(&self, step: usize) -> &'a Document {
        self.steps[step].document
    }

    /// What a step failed with: recorded by itself, or by another one that it refers to.
    pub(super) fn exceptions(&self, step: usize) -> &'a [Exception] {
        match &self.document(step).cause {
            None => &[],
            Some(Cause::Recorded(id)) => {
                let all = self.exceptions.get_or_init(|| self.all_exceptions());
                all.get(id).copied().unwrap_or_default()
            }
            Some(cause) => cause.exceptions(),
        }
    }

    fn all_exceptions(&self) -> HashMap<SegmentId, &'a [Exception]> {
        let mut all = HashMap::new();
        for cause in self
            .steps
            .iter()
            .filter_map(|step| step.document.cause.as_ref())
        {
            let exceptions = cause.exceptions();
            for (place, exception) in exceptions.iter().enumerate() {
                // Those behind it are its causes.
                all.extend(exception.id.map(|id| (id, &exceptions[place..])));
            }
        }
        all
    }

    pub(super) fn segment(&self, step: usize) -> usize {
        self.steps[step].segment
    }

    /// The step where the trace begins.
    pub(super) fn root(&self) -> Option<usize> {
        self.steps
            .iter()
            .position(|step| step.is_of_root && step.before.is_none())
    }

    /// The steps where something ends, each with whether the trace's caller felt it, that is whether it holds on the whole way from the root on: those of
    /// which it holds while it holds of none below, and those by which it reached the caller, as it holds of no step right below.
    pub(super) fn ends(&self, holds: &impl Fn(&Document) -> bool) -> Vec<(usize, bool)> {
        let count = self.steps.len();
        let holds: Vec<_> = self.steps.iter().map(|step| holds(step.document)).collect();
        let (mut holds_next, mut holds_below) = (vec![false; count], vec![false; count]);
        for (number, step) in self.steps.iter().enumerate().rev() {
            if let Some(before) = step.before {
                holds_next[before] |= holds[number];
                holds_below[before] |= holds[number] || holds_below[number];
            }
        }
        let mut is_felt: Vec<bool> = Vec::with_capacity(count);
        for (number, step) in self.steps.iter().enumerate() {
            let reaches = step
                .before
                .map_or(step.is_of_root, |before| is_felt[before]);
            is_felt.push(holds[number] && reaches);
        }
        let is_end = |step: &usize| {
            let is_deepest = holds[*step] && !holds_below[*step];
            is_deepest || is_felt[*step] && !holds_next[*step]
        };
        let ends = (0..count).filter(is_end);
        ends.map(|step| (step, is_felt[step])).collect()
    }

    /// The steps from the first to this one.
    pub(super) fn to(&self, step: usize) -> Vec<usize> {
        let mut way: Vec<_> =
            std::iter::successors(Some(step), |step| self.steps[*step].before).collect();
        way.reverse();
        way
    }

    /// The steps from this one on, each with the seconds of it that this one waited for: the longest below the one before, where that is at least `share` of
    /// its time.
    pub(super) fn longest(&self, from: usize, share: f64) -> Vec<(usize, f64)> {
        let waited = self.waited();
        let waited = |step: usize| waited[step].map(|(start, end)| end - start);
        let mut longest_below: Vec<Option<(f64, usize)>> = vec![None; self.steps.len()];
        for (number, step) in self.steps.iter().enumerate() {
            let Some((before, time)) = step.before.zip(waited(number)) else {
                continue;
            };
            let longest = &mut longest_below[before];
            if longest.is_none_or(|(known, _)| known < time) {
                *longest = Some((time, number));
            }
        }
        let next = |(step, whole): &(usize, f64)| {
            let (time, next) = longest_below[*step]?;
            (time >= whole * share).then_some((next, time))
        };
        let first = waited(from).map(|time| (from, time));
        std::iter::successors(first, next).collect()
    }

    /// When each step was waited for, from the first of its way on: what comes after the answer costs nobody anything. `None` while it or a step before is in
    /// progress.
    fn waited(&self) -> Vec<Option<(f64, f64)>> {
        let mut waited: Vec<Option<(f64, f64)>> = Vec::with_capacity(self.steps.len());
        for step in &self.steps {
            let start = step.document.start_time;
            let end = step.document.end_time.map(|end| end.max(start));
            let whole = end.map(|end| (start, end));
            waited.push(match step.before {
                None => whole,
                Some(before) => whole
                    .zip(waited[before])
                    .map(|(whole, before)| step.within(whole, before)),
            });
        }
        waited
    }
}

impl Step<'_> {
    /// What of its time lies within that of the step before. Clocks of two services may differ, so of another's only the length is held against it, unless it began after all.
    fn within(&self, (start, end): (f64, f64), (first, last): (f64, f64)) -> (f64, f64) {
        match self.shares_clock {
            true => {
                let start = start.clamp(first, last);
                (start, end.clamp(start, last))
            }
            false if start < last => (start, end.min(start + (last - first))),
            false => (start, start),
        }
    }
}
