//! Who stands under whom, among things that are known by number.
//!
//! What arrives may claim anything: parents that come later, never, or in a circle. Nothing here recurses, so no claim can exhaust
//! the stack.

/// Numbered things in trees, each list of siblings in the order in which they started.
pub(super) struct Forest {
    roots: Vec<usize>,
    children: Vec<Vec<usize>>,
}

impl Forest {
    /// Makes the trees of `parents`, which must not hold circles. `starts` has the start time of each thing.
    pub(super) fn plant(parents: &[Option<usize>], starts: &[f64]) -> Self {
        let mut forest = Self {
            roots: Vec::new(),
            children: vec![Vec::new(); parents.len()],
        };
        for (thing, parent) in parents.iter().enumerate() {
            match parent {
                Some(parent) => forest.children[*parent].push(thing),
                None => forest.roots.push(thing),
            }
        }
        let by_start = |one: &usize, other: &usize| starts[*one].total_cmp(&starts[*other]);
        forest.roots.sort_by(by_start);
        for siblings in &mut forest.children {
            siblings.sort_by(by_start);
        }
        forest
    }

    /// What stands under nothing.
    pub(super) fn roots(&self) -> &[usize] {
        &self.roots
    }

    /// What stands under `thing`.
    pub(super) fn children(&self, thing: usize) -> &[usize] {
        &self.children[thing]
    }

    /// Everything with its level, which is 0 for roots: each thing before what stands under it, which follows it at once.
    pub(super) fn top_down(&self) -> Vec<(usize, usize)> {
        let mut order = Vec::with_capacity(self.children.len());
        let mut open: Vec<_> = self.roots.iter().rev().map(|root| (*root, 0)).collect();
        while let Some((thing, level)) = open.pop() {
            order.push((thing, level));
            let below = self.children[thing].iter().rev();
            open.extend(below.map(|child| (*child, level + 1)));
        }
        order
    }
}

/// Makes a root of one member of each circle: of one that `may_cut` accepts, if there is one.
pub(super) fn break_circles(parents: &mut [Option<usize>], may_cut: impl Fn(usize) -> bool) {
    // The number of the walk that came by, counted from 1.
    let mut seen = vec![0; parents.len()];
    for start in 0..parents.len() {
        let walk = start + 1;
        let mut at = start;
        while seen[at] == 0 {
            seen[at] = walk;
            match parents[at] {
                Some(parent) => at = parent,
                None => break,
            }
        }
        if seen[at] == walk && parents[at].is_some() {
            let cut = circle(parents, at).find(|member| may_cut(*member));
            parents[cut.unwrap_or(at)] = None;
        }
    }
}

/// The members of the circle that `first` is in.
fn circle(parents: &[Option<usize>], first: usize) -> impl Iterator<Item = usize> {
    let next = move |at: &usize| parents[*at].filter(|parent| *parent != first);
    std::iter::successors(Some(first), next)
}

/// Raises what stands deeper than `deepest` levels below its root to that level. `parents` must not hold circles.
pub(super) fn flatten(parents: &mut [Option<usize>], deepest: usize) {
    let starts = vec![0.0; parents.len()];
    let mut levels = vec![0; parents.len()];
    for (thing, level) in Forest::plant(parents, &starts).top_down() {
        levels[thing] = level.min(deepest);
        if let Some(parent) = parents[thing].filter(|parent| levels[*parent] == deepest) {
            // The parent was met before, and stands at the deepest level itself by now.
            parents[thing] = parents[parent];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn siblings_stand_in_start_order_and_children_follow_their_parent() {
        let parents = [None, Some(0), Some(0), Some(2), None];
        let forest = Forest::plant(&parents, &[2.0, 9.0, 3.0, 4.0, 1.0]);
        assert_eq!(forest.top_down(), [(4, 0), (0, 0), (2, 1), (3, 2), (1, 1)]);
        assert_eq!(forest.roots(), [4, 0]);
        assert_eq!(forest.children(0), [2, 1]);
    }

    #[test]
    fn circles_are_cut_where_they_may_be() {
        // 0 hangs from a circle of 1, 2, 3; 4 is its own parent; 5 and 6 are fine.
        let mut parents = [Some(1), Some(2), Some(3), Some(1), Some(4), None, Some(5)];
        break_circles(&mut parents, |member| member == 2);
        let cut = [Some(1), Some(2), None, Some(1), None, None, Some(5)];
        assert_eq!(parents, cut);
    }

    #[test]
    fn what_is_too_deep_is_raised() {
        let mut parents = [None, Some(0), Some(1), Some(2), Some(3), Some(0)];
        flatten(&mut parents, 2);
        assert_eq!(parents, [None, Some(0), Some(1), Some(1), Some(1), Some(0)]);
    }
}
