use std::time::Duration;

use crate::assemble::tree::Tree;
use crate::clock::{Moment, Scale};

/// What was shown of an open segment, and when it may be shown again.
#[derive(Default)]
pub(crate) struct Progress {
    /// What stood in the latest document.
    shown: Option<u64>,
    next: Option<Moment>,
    /// The program wants it to be shown.
    is_asked: bool,
}

/// A segment that goes on for days is still shown this often, when something changed. A choice of ours: four documents an hour.
const LONGEST_GAP: Duration = Duration::from_secs(15 * 60);

impl Progress {
    pub(crate) fn ask(&mut self) {
        self.is_asked = true;
    }

    /// What `tree` has open is shown now, or counts as if it were: for a while it is not shown again.
    pub(crate) fn set_shown(&mut self, shape: u64) {
        self.shown = Some(shape);
    }
}

impl Tree {
    /// Whether what is open is to be shown at `now`: it is asked for, or older than `age`, and not as it was shown before.
    ///
    /// The gaps grow as the segment gets older, so one of an hour is shown some ten times.
    pub(crate) fn is_to_be_shown(
        &mut self,
        now: Moment,
        scale: Scale,
        age: Option<Duration>,
    ) -> bool {
        let is_asked = std::mem::take(&mut self.progress.is_asked);
        let Some(oldest) = self.oldest_open() else {
            return false;
        };
        let oldest = scale.moment(oldest);
        let is_old = age.is_some_and(|age| now >= oldest.after(age));
        let may = self.progress.next.is_none_or(|next| now >= next);
        let is_due = is_asked || is_old && may;
        if !is_due {
            return false;
        }
        let shape = self.shape_of_open();
        if self.progress.shown == Some(shape) {
            return false;
        }
        self.progress.set_shown(shape);
        let gap = now.since(oldest).min(LONGEST_GAP);
        self.progress.next = Some(now.after(gap));
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::SegmentId;
    use crate::record::Text;
    use crate::record::event::{Field, Mark, Namespace};
    use crate::record::identity::Identity;
    use crate::record::lane::{Lane, Size};
    use crate::record::outlet::Outlet;

    const AGE: Option<Duration> = Some(Duration::from_secs(30));

    /// A tree of one segment that began at the start of its clock.
    fn tree() -> (Tree, Moment, Scale) {
        let outlet = Outlet::for_tests();
        let identity = Identity::for_tests(&outlet);
        let mut lane = Lane::new(Size::Part, &outlet);
        lane.begin_part(identity);
        let (node, now) = (lane.node, outlet.clock.tick());
        let name = Text::from("import");
        lane.open(node, SegmentId::from_u64(0), &name, Namespace::Local, now);
        let mut tree = Tree::default();
        tree.add(lane);
        (tree, outlet.clock.now(), outlet.clock.scale())
    }

    /// Records something more of the segment.
    fn go_on(tree: &mut Tree, record: impl FnOnce(&mut Lane, SegmentId)) {
        let mut lane = Lane::new(Size::Part, tree.identity().outlet());
        lane.begin_part(tree.share());
        let node = lane.node;
        record(&mut lane, node);
        tree.add(lane);
    }

    fn seconds(start: Moment, seconds: u64) -> Moment {
        start.after(Duration::from_secs(seconds))
    }

    #[test]
    fn the_gaps_grow_with_the_age() {
        let (mut tree, start, scale) = tree();
        let shown: Vec<u64> = (0..2 * 3600)
            .filter(|second| {
                go_on(&mut tree, |lane, node| lane.field(node, Field::User, "u"));
                tree.is_to_be_shown(seconds(start, *second), scale, AGE)
            })
            .collect();
        let expected = [
            30, 60, 120, 240, 480, 960, 1860, 2760, 3660, 4560, 5460, 6360,
        ];
        assert_eq!(shown, expected);
    }

    #[test]
    fn what_did_not_change_is_not_shown_again() {
        let (mut tree, start, scale) = tree();
        assert!(tree.is_to_be_shown(seconds(start, 30), scale, AGE));
        assert!(!tree.is_to_be_shown(seconds(start, 9_000), scale, AGE));
        go_on(&mut tree, |lane, node| lane.mark(node, Mark::Shown));
        assert!(
            !tree.is_to_be_shown(seconds(start, 9_001), scale, AGE),
            "asked"
        );
        go_on(&mut tree, |lane, node| lane.mark(node, Mark::Error));
        assert!(tree.is_to_be_shown(seconds(start, 9_002), scale, AGE));
    }

    #[test]
    fn what_is_asked_for_is_shown_at_any_age() {
        let (mut tree, start, scale) = tree();
        assert!(!tree.is_to_be_shown(start, scale, None));
        go_on(&mut tree, |lane, node| lane.mark(node, Mark::Shown));
        assert!(tree.is_to_be_shown(start, scale, None));
        assert!(
            !tree.is_to_be_shown(seconds(start, 9_000), scale, None),
            "it was asked once"
        );
    }
}
