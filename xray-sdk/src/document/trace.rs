use std::collections::BTreeMap;

use super::forest::{self, Forest};
use super::{Document, outline};
use crate::id::{SegmentId, TraceId};

/// All that is known of one trace: its segments, each with its subsegments in place.
#[derive(Clone, Debug, PartialEq)]
pub struct Trace {
    id: TraceId,
    segments: Vec<Document>,
}

/// How many levels of subsegments are put into one another. It bounds the stack that dropping or writing a document takes, which
/// a hostile sender could exhaust otherwise.
const DEEPEST: usize = 100;

impl Trace {
    /// Puts documents together that arrived in any order, and returns their traces in the order in which these began.
    ///
    /// - Documents belong to one trace when they have its id; those without a trace id belong to none and are left out.
    /// - A subsegment that was sent on its own goes under its parent, be that a segment or a subsegment. While the parent is
    ///   missing it stands beside the segments.
    /// - Of several documents with one id there remains the complete one, however late one in progress arrives; of equals, the
    ///   last. What stands in any of them, or was sent separately, stays. A segment and a subsegment are two, also where a
    ///   sender gave them the same id; what names that id as its parent goes under the segment.
    /// - Subsegments stand in one another up to 100 levels deep. Deeper ones stand at that level, and `parent_id` still tells
    ///   where they belong.
    pub fn assemble(documents: impl IntoIterator<Item = Document>) -> Vec<Self> {
        let mut by_trace: BTreeMap<TraceId, Vec<Document>> = BTreeMap::new();
        for document in documents {
            if let Some(id) = document.trace_id {
                by_trace.entry(id).or_default().push(document);
            }
        }
        let mut traces: Vec<_> = by_trace
            .into_iter()
            .map(|(id, documents)| Self {
                id,
                segments: segments(documents),
            })
            .collect();
        traces.sort_by(|one, other| {
            let by_start = one.start_time().total_cmp(&other.start_time());
            by_start.then(one.id.cmp(&other.id))
        });
        traces
    }

    /// The id that all its documents have.
    pub fn id(&self) -> TraceId {
        self.id
    }

    /// The segments in start order, and among them the subsegments whose parent is not known.
    pub fn segments(&self) -> &[Document] {
        &self.segments
    }

    /// Those of [`segments`](Self::segments) that no other one called: usually one, the service where the trace begins.
    pub fn roots(&self) -> Vec<&Document> {
        outline::roots(self)
    }

    /// When the first segment began, in seconds since 1970.
    pub fn start_time(&self) -> f64 {
        let starts = self.segments.iter().map(|segment| segment.start_time);
        starts.reduce(f64::min).unwrap_or(0.0)
    }

    /// When the last traced activity ended, in seconds since 1970: what was called, or goes on in the background, may end after all
    /// segments. `None` until a segment has ended.
    pub fn end_time(&self) -> Option<f64> {
        let has_ended = self
            .segments
            .iter()
            .any(|segment| segment.end_time.is_some());
        let all = self.segments.iter().flat_map(Document::walk);
        let ends = all.filter_map(|document| document.end_time);
        ends.reduce(f64::max).filter(|_| has_ended)
    }

    /// The seconds from the first start of a segment to the last end of anything. `None` until a segment has ended.
    pub fn duration(&self) -> Option<f64> {
        Some((self.end_time()? - self.start_time()).max(0.0))
    }

    /// The trace as indented text: a line for each segment and subsegment, see [`tree`](super::tree).
    pub fn tree(&self) -> String {
        super::tree(std::slice::from_ref(self))
    }
}

/// Puts the documents of one trace together.
fn segments(mut documents: Vec<Document>) -> Vec<Document> {
    if are_in_place(&documents) {
        sort(&mut documents);
        return documents;
    }
    let mut gathering = Gathering::default();
    for document in documents {
        gathering.add(document);
    }
    gathering.into_segments()
}

/// Whether each segment and subsegment stands where it belongs, so that none has to be moved: so it is of most traces.
fn are_in_place(documents: &[Document]) -> bool {
    if documents.iter().any(Document::is_subsegment) {
        return false;
    }
    let all = documents.iter().flat_map(Document::walk);
    let mut ids: Vec<_> = all.take(DEEPEST + 1).map(|document| document.id).collect();
    // So few cannot stand too deep.
    if ids.len() > DEEPEST {
        return false;
    }
    ids.sort_unstable();
    ids.windows(2).all(|pair| pair[0] != pair[1])
}

/// Puts all in start order. They are few.
fn sort(documents: &mut [Document]) {
    documents.sort_by(|one, other| one.start_time.total_cmp(&other.start_time));
    for document in documents {
        sort(&mut document.subsegments);
    }
}

/// The documents of one trace, taken apart: each segment and subsegment is a piece.
#[derive(Default)]
struct Gathering {
    pieces: Vec<Piece>,
    segments: BTreeMap<SegmentId, usize>,
    subsegments: BTreeMap<SegmentId, usize>,
    documents: usize,
}

struct Piece {
    /// Without its subsegments, which are pieces themselves.
    document: Document,
    /// The piece whose document this one stood in.
    inside: Option<usize>,
    /// The number of the document that it came with last.
    source: usize,
}

impl Gathering {
    fn add(&mut self, document: Document) {
        self.documents += 1;
        let mut open = vec![(document, None)];
        while let Some((mut document, inside)) = open.pop() {
            let subsegments = std::mem::take(&mut document.subsegments);
            let piece = self.place(document, inside);
            let below = subsegments.into_iter().rev();
            open.extend(below.map(|subsegment| (subsegment, Some(piece))));
        }
    }

    /// Merges with what has the same id, or adds a piece; returns its number.
    fn place(&mut self, document: Document, inside: Option<usize>) -> usize {
        let source = self.documents;
        let is_subsegment = inside.is_some() || document.is_subsegment();
        let by_id = match is_subsegment {
            true => &mut self.subsegments,
            false => &mut self.segments,
        };
        let known = by_id.get(&document.id).copied();
        // An id that comes twice in one document is a sender's mistake: both are kept.
        if let Some(known) = known.filter(|known| self.pieces[*known].source != source) {
            let piece = &mut self.pieces[known];
            piece.source = source;
            piece.inside = inside.or(piece.inside);
            if document.end_time.is_some() || piece.document.end_time.is_none() {
                piece.document = document;
            }
            return known;
        }
        let number = self.pieces.len();
        by_id.entry(document.id).or_insert(number);
        self.pieces.push(Piece {
            document,
            inside,
            source,
        });
        number
    }

    fn into_segments(mut self) -> Vec<Document> {
        let parents = self.parents();
        let starts = self.pieces.iter().map(|piece| piece.document.start_time);
        let forest = Forest::plant(&parents, &starts.collect::<Vec<_>>());

        let mut documents: Vec<_> = self
            .pieces
            .into_iter()
            .map(|piece| Some(piece.document))
            .collect();
        let take = |numbers: &[usize], documents: &mut Vec<Option<Document>>| {
            numbers
                .iter()
                .filter_map(|number| documents[*number].take())
                .collect()
        };
        // From below: when a document's turn comes, those that go into it are whole.
        for (number, _) in forest.top_down().into_iter().rev() {
            let subsegments = take(forest.children(number), &mut documents);
            if let Some(document) = &mut documents[number] {
                document.subsegments = subsegments;
            }
        }
        take(forest.roots(), &mut documents)
    }

    /// The piece that each piece goes into.
    fn parents(&mut self) -> Vec<Option<usize>> {
        let mut parents: Vec<_> = self
            .pieces
            .iter()
            .map(|piece| piece.inside.or_else(|| self.parent_by_id(&piece.document)))
            .collect();
        forest::break_circles(&mut parents, |number| self.pieces[number].inside.is_none());
        if parents.len() <= DEEPEST {
            return parents;
        }

        let mut raised = parents.clone();
        forest::flatten(&mut raised, DEEPEST);
        for (number, (parent, above)) in parents.iter().zip(&raised).enumerate() {
            if let Some(parent) = parent.filter(|_| parent != above) {
                let id = self.pieces[parent].document.id;
                self.pieces[number].document.parent_id.get_or_insert(id);
            }
        }
        raised
    }

    fn parent_by_id(&self, document: &Document) -> Option<usize> {
        let parent = document.parent_id.filter(|_| document.is_subsegment())?;
        let parent = self
            .segments
            .get(&parent)
            .or_else(|| self.subsegments.get(&parent));
        parent.copied()
    }
}

#[cfg(test)]
mod tests;
