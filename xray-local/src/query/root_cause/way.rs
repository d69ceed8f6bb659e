//! All work of a trace as one tree across its services, by numbers: a trace may be deeper than a stack.

use std::collections::HashMap;

use xray_sdk::document::Document;

use crate::trace::{Anatomy, Caller, Segment};

/// The tree. Each step has a number that is greater than that of the step which led to it.
pub(super) struct Ways<'a> {
    steps: Vec<Step<'a>>,
}

struct Step<'a> {
    document: &'a Document,
    /// The number of the segment that the document is or stands in.
    segment: usize,
    before: Option<usize>,
    /// Whether the way to it begins where the trace does.
    is_of_root: bool,
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
                }),
            }
        }
        open.reverse();
        let mut ways = Self { steps: Vec::new() };
        while let Some(step) = open.pop() {
            let number = ways.steps.len();
            let Segment { is_inferred, .. } = anatomy.segments()[step.segment];
            // What stands in the call that a service is inferred from is the caller's work.
            let inside: &[Document] = match is_inferred {
                true => &[],
                false => &step.document.subsegments,
            };
            let next = |document, segment| Step {
                document,
                segment,
                before: Some(number),
                is_of_root: step.is_of_root,
            };
            let first = open.len();
            open.extend(inside.iter().map(|document| next(document, step.segment)));
            let reached = match is_inferred {
                true => None,
                false => called.remove(&std::ptr::from_ref(step.document)),
            };
            let reached = reached.unwrap_or_default().into_iter();
            open.extend(reached.map(|number| next(anatomy.segments()[number].document, number)));
            open[first..].reverse();
            ways.steps.push(step);
        }
        ways
    }

    pub(super) fn document(&self, step: usize) -> &'a Document {
        self.steps[step].document
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

    /// The steps from this one on, each the longest below the one before that took at least `share` of its time.
    pub(super) fn longest(&self, from: usize, share: f64) -> Vec<usize> {
        let mut longest_below: Vec<Option<(f64, usize)>> = vec![None; self.steps.len()];
        for (number, step) in self.steps.iter().enumerate() {
            let Some((before, duration)) = step.before.zip(step.document.duration()) else {
                continue;
            };
            let longest = &mut longest_below[before];
            if longest.is_none_or(|(known, _)| known < duration) {
                *longest = Some((duration, number));
            }
        }
        let next = |step: &usize| {
            let (duration, next) = longest_below[*step]?;
            let whole = self.steps[*step].document.duration()?;
            (duration >= whole * share).then_some(next)
        };
        std::iter::successors(Some(from), next).collect()
    }
}
