//! A trace as a list of rows, each service's work under the call that led to it.

use std::collections::HashMap;

use xray_sdk::document::Document;

use super::{Anatomy, Caller};

/// A segment or subsegment, and how deep it stands.
#[derive(Clone, Copy)]
pub(crate) struct Row<'a> {
    pub(crate) document: &'a Document,
    pub(crate) level: usize,
}

/// All segments and subsegments, each before those under it, and these in start order.
pub(crate) fn rows<'a>(anatomy: &Anatomy<'a>) -> Vec<Row<'a>> {
    let mut called: HashMap<*const Document, Vec<&'a Document>> = HashMap::new();
    let mut open = Vec::new();
    for segment in anatomy
        .segments()
        .iter()
        .filter(|segment| !segment.is_inferred)
    {
        match segment.caller {
            Caller::Client => open.push((segment.document, 0)),
            Caller::Segment { parent, .. } | Caller::Unknown { parent } => {
                called.entry(parent).or_default().push(segment.document);
            }
        }
    }
    let orphans = anatomy
        .trace
        .segments()
        .iter()
        .filter(|top| top.is_subsegment());
    open.extend(orphans.map(|orphan| (orphan, 0)));
    last_first(&mut open);

    let mut rows = Vec::new();
    while let Some((document, level)) = open.pop() {
        rows.push(Row { document, level });
        let segments = called
            .remove(&std::ptr::from_ref(document))
            .unwrap_or_default();
        let below = document.subsegments.iter().chain(segments);
        let mut below: Vec<_> = below.map(|document| (document, level + 1)).collect();
        last_first(&mut below);
        open.append(&mut below);
    }
    rows
}

/// Puts the earliest at the end, from where it is taken first.
fn last_first(documents: &mut [(&Document, usize)]) {
    // A stable sort of the reversed list keeps equals in their order.
    documents.reverse();
    documents.sort_by(|(one, _), (other, _)| other.start_time.total_cmp(&one.start_time));
}
