//! Traces as indented text.

use std::collections::HashMap;

use super::forest::{self, Forest};
use super::{Document, Trace};

/// How many levels are indented; deeper ones stand at that level. A chain of thousands of calls stays readable, and small.
const INDENTED: usize = 64;

/// Traces as indented text, one after the other: a line for each segment and subsegment, two blanks for each level.
///
/// A line has the name, then the HTTP status if there is one, then `fault`, `error` and `throttle` where they apply. What stands
/// in one another is ordered by start time. A segment stands under the subsegment that called it.
///
/// ```
/// use xray_sdk::document::{Document, Trace, tree};
///
/// let document = br#"{"name":"checkout","id":"53995c3f42cd8ad8","start_time":1.0,"end_time":2.0,"fault":true,
///     "trace_id":"1-581cf771-a006649127e371903a2de979","http":{"response":{"status":502}},
///     "subsegments":[{"name":"load order","id":"63995c3f42cd8ad8","start_time":1.1,"end_time":1.9}]}"#;
/// let traces = Trace::assemble([Document::parse(document)?]);
/// assert_eq!(tree(&traces), "checkout 502 fault\n  load order\n");
/// # Ok::<(), xray_sdk::Error>(())
/// ```
pub fn tree(traces: &[Trace]) -> String {
    let mut text = String::new();
    for trace in traces {
        let outline = Outline::of(trace);
        for (number, level) in outline.forest.top_down() {
            line(outline.documents[number], level, &mut text);
        }
    }
    text
}

fn line(document: &Document, level: usize, text: &mut String) {
    for _ in 0..level.min(INDENTED) {
        text.push_str("  ");
    }
    text.push_str(&document.name);
    if let Some(status) = document.status() {
        text.push(' ');
        text.push_str(&status.to_string());
    }
    for (is_set, flag) in [
        (document.fault, " fault"),
        (document.error, " error"),
        (document.throttle, " throttle"),
    ] {
        if is_set {
            text.push_str(flag);
        }
    }
    text.push('\n');
}

/// The documents at the top of a trace under which no other calls them.
pub(super) fn roots(trace: &Trace) -> Vec<&Document> {
    let outline = Outline::of(trace);
    let roots = outline.forest.roots().iter();
    roots.map(|number| outline.documents[*number]).collect()
}

/// All segments and subsegments of a trace, with each segment under what called it.
struct Outline<'a> {
    documents: Vec<&'a Document>,
    forest: Forest,
}

impl<'a> Outline<'a> {
    fn of(trace: &'a Trace) -> Self {
        let mut documents: Vec<&Document> = Vec::new();
        let mut parents = Vec::new();
        // The number of the segment that each document belongs to, and of each segment's own document.
        let mut segments = Vec::new();
        let mut tops = Vec::new();
        for (segment, document) in trace.segments().iter().enumerate() {
            tops.push(documents.len());
            let mut open = vec![(document, None)];
            while let Some((document, parent)) = open.pop() {
                let number = documents.len();
                documents.push(document);
                parents.push(parent);
                segments.push(segment);
                let below = document.subsegments.iter().rev();
                open.extend(below.map(|subsegment| (subsegment, Some(number))));
            }
        }

        let mut by_id = HashMap::new();
        for (number, document) in documents.iter().enumerate() {
            by_id.entry(document.id).or_insert(number);
        }
        let caller = |top: &usize| by_id.get(&documents[*top].parent_id?).copied();
        let callers: Vec<_> = tops.iter().map(caller).collect();
        // Only whole segments may be in a circle: what stands in a document stays in it.
        let mut above: Vec<_> = callers
            .iter()
            .map(|caller| Some(segments[(*caller)?]))
            .collect();
        forest::break_circles(&mut above, |_| true);
        for ((top, caller), above) in tops.into_iter().zip(callers).zip(above) {
            parents[top] = above.and(caller);
        }

        let starts: Vec<_> = documents
            .iter()
            .map(|document| document.start_time)
            .collect();
        let forest = Forest::plant(&parents, &starts);
        Self { documents, forest }
    }
}
