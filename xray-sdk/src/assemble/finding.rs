use std::sync::atomic::{AtomicU64, Ordering};

use crate::assemble::draft::Annotation;
use crate::assemble::tree::Tree;
use crate::record::identity::Identity;
use crate::record::outlet::{Counts, Outlet};

/// What had to be changed to make documents that X-Ray accepts: counted, and told once with the cure.
#[derive(Clone, Copy)]
pub(crate) struct Findings<'a> {
    pub(crate) outlet: &'a Outlet,
    /// Where it is counted: what is shown in progress is written again and counts then.
    pub(crate) counts: &'a Counts,
}

impl<'a> Findings<'a> {
    /// The same, counted elsewhere.
    pub(crate) fn counted_in<'b>(self, counts: &'b Counts) -> Findings<'b>
    where
        'a: 'b,
    {
        Findings { counts, ..self }
    }

    /// Counts here what was counted elsewhere of what was changed.
    #[inline]
    pub(crate) fn adopt(&self, counts: &Counts) {
        for (to, from) in [
            (&self.counts.repaired, &counts.repaired),
            (&self.counts.trimmed, &counts.trimmed),
        ] {
            let number = from.load(Ordering::Relaxed);
            if number > 0 {
                count(to, number);
            }
        }
    }

    pub(crate) fn repaired_key(&self, annotation: &Annotation<'_>) {
        count(&self.counts.repaired, 1);
        let place = annotation.place;
        self.outlet.notices.tell_each(&format!("key {place}"), || {
            let key = &annotation.key;
            format!(
                "annotation key {:?} at {place} has characters that X-Ray drops; it is recorded as {key:?}: \
                 use letters, digits and _ only",
                shown(annotation.given)
            )
        });
    }

    pub(crate) fn repaired_name(&self, identity: &Identity, given: &str, name: &str) {
        count(&self.counts.repaired, 1);
        let trace = identity.trace_id();
        self.outlet
            .notices
            .tell_each(&format!("name {}", shown(name)), || {
                format!(
                    "the name {:?} has characters that X-Ray refuses, or more than 200; it is recorded as {:?} (first in {trace}): \
                     use letters, digits, blanks and _ . : / % & # = + - @",
                    shown(given),
                    shown(name)
                )
            });
    }

    /// A subsegment has no user, and the segment is not ours to write.
    pub(crate) fn misplaced_user(&self, identity: &Identity, user: Option<&str>) {
        if user.is_some() && identity.is_part() {
            count(&self.counts.trimmed, 1);
            self.outlet.notices.tell_once("user", || {
                "set_user is left out in a Lambda function, whose segment AWS Lambda writes itself; record an annotation instead"
                    .to_owned()
            });
        }
    }

    pub(crate) fn trimmed(&self, identity: &Identity, names: &[String]) {
        let Some(first) = names.first() else {
            return;
        };
        count(&self.counts.trimmed, names.len() as u64);
        let trace = identity.trace_id();
        self.outlet.notices.tell_once("trimmed", || {
            format!(
                "what was recorded as {first:?} is longer than X-Ray or one datagram takes, and was cut (first in {trace}, \
                 marked as metadata xray_sdk.trimmed): record less, or in several subsegments"
            )
        });
    }

    pub(crate) fn left_out(&self) {
        count(&self.counts.trimmed, 1);
        self.outlet.notices.tell_once("annotations", || {
            "one segment or subsegment has more annotations than fit into a datagram, and the last were left out: \
             X-Ray indexes 50 a trace"
                .to_owned()
        });
    }

    /// What came after that of which it tells was sent.
    pub(crate) fn late(&self, tree: &Tree) {
        let values = tree.late_values();
        if values == 0 {
            return;
        }
        // What is refused is counted elsewhere, too.
        let refused = &self.counts.refused;
        refused.fetch_add(values as u64, Ordering::Relaxed);
        let trace = tree.identity().trace_id();
        self.outlet.notices.tell_once("late", || {
            format!(
                "values were recorded after their segment or subsegment was sent, and are left out (first in {trace}): \
                 await the work that records them, or open a subsegment for it"
            )
        });
    }

    /// What was open was sent as it is, and not kept, because memory was short.
    pub(crate) fn relieved(&self, nodes: u64) {
        count(&self.counts.incomplete, nodes);
        self.outlet.notices.tell_once("relieved", || {
            "open segments took more than half of queue_bytes and were sent as in progress; of what they had recorded by then their complete \
             documents have only what was little: raise queue_bytes, or end segments earlier"
                .to_owned()
        });
    }

    /// A segment or subsegment that never closed was sent as it is.
    pub(crate) fn incomplete(&self, nodes: u64) {
        if nodes == 0 {
            return;
        }
        count(&self.counts.incomplete, nodes);
        self.outlet.notices.tell_once("incomplete", || {
            "segments or subsegments were still open when they had to be sent, and went out as in progress: \
             end all handles before the recorder shuts down"
                .to_owned()
        });
    }
}

/// Counts what is counted here alone: of those who assemble there is one at a time, so it takes no locked instruction.
#[inline]
pub(crate) fn count(counter: &AtomicU64, number: u64) {
    counter.store(counter.load(Ordering::Relaxed) + number, Ordering::Relaxed);
}

fn shown(text: &str) -> &str {
    crate::document::limits::cut(text, 60)
}
