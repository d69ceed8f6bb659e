use crate::clock::Tick;
use crate::id::SegmentId;
use crate::record::event::{Event, Mark, Namespace, Texts, What};
use crate::record::identity::Identity;
use crate::record::lane::Lane;

/// What is known of a segment or subsegment beside the values that were recorded of it.
pub(crate) struct Subject<'a> {
    pub(crate) identity: &'a Identity,
    pub(crate) id: SegmentId,
    /// Zero for a segment whose caller is unknown.
    pub(crate) parent: SegmentId,
    /// The name with which it began.
    pub(crate) name: &'a str,
    pub(crate) namespace: Namespace,
    pub(crate) began: Tick,
    pub(crate) closed: Option<Tick>,
}

/// A segment that is whole in one lane, in which nothing else is: no tree has to be made of it.
pub(crate) struct Alone<'a> {
    pub(crate) subject: Subject<'a>,
    pub(crate) values: &'a [Event],
    /// The text of the values.
    pub(crate) texts: Texts<'a>,
}

impl Subject<'_> {
    /// Whether it is what the lanes of one segment begin with: that segment, or what stands for it.
    #[inline]
    pub(crate) fn is_root(&self) -> bool {
        self.id == self.identity.segment_id()
    }
}

impl<'a> Alone<'a> {
    /// None where there is a subsegment, something open, or what a tree is needed for: exceptions refer to one another.
    #[inline]
    pub(crate) fn of(lane: &'a Lane) -> Option<Self> {
        let [first, values @ .., last] = lane.events() else {
            return None;
        };
        let (
            What::Open {
                parent,
                name,
                at,
                namespace,
            },
            What::Close { at: closed },
        ) = (first.what, last.what)
        else {
            return None;
        };
        let identity = lane.identity();
        let id = identity.segment_id();
        let is_alone = lane.is_main()
            && (first.node, last.node) == (id, id)
            && values
                .iter()
                .all(|event| event.node == id && is_plain(&event.what));
        if !is_alone {
            return None;
        }
        let mut texts = lane.text_from(0);
        let subject = Subject {
            identity,
            id,
            parent,
            name: texts.words(name),
            namespace,
            began: at,
            closed: Some(closed),
        };
        Some(Self {
            subject,
            values,
            texts,
        })
    }

    /// Whether the segment is a fault.
    pub(crate) fn has_failed(&self) -> bool {
        self.values.iter().any(|event| event.what.is_fault())
    }
}

/// Whether it is a value, and none that has to do with anything else.
#[inline]
fn is_plain(what: &What) -> bool {
    !matches!(
        what,
        What::Open { .. }
            | What::Close { .. }
            | What::Exception { .. }
            | What::Mark(Mark::Panicked | Mark::Shown | Mark::Moved)
    )
}
