//! Where the services of a graph are drawn: from left to right, callers before those whom they call.

use std::collections::BTreeSet;

use rust_sugiyama::configure::Config;
use rust_sugiyama::from_vertices_and_edges;

/// The room that a node takes, the space to the next one among it.
const WIDTH: f64 = 264.0;
const HEIGHT: f64 = 96.0;

/// The places of nodes, by their numbers, and the size of the whole.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Layout {
    pub(crate) width: f64,
    pub(crate) height: f64,
    /// The middle of each node.
    pub(crate) places: Vec<(f64, f64)>,
}

impl Layout {
    /// Lays out `count` nodes and the edges between them. The same graph is always laid out alike, so a map that is
    /// drawn again stays as it was.
    pub(crate) fn of(count: usize, edges: impl IntoIterator<Item = (usize, usize)>) -> Self {
        // Layers are laid out downwards: what is high there is wide here.
        let vertices: Vec<_> = (0..count as u32)
            .map(|node| (node, (HEIGHT, WIDTH)))
            .collect();
        let edges = without_circles(count, edges);
        let config = Config {
            vertex_spacing: 1.0,
            dummy_size: 0.5,
            ..Config::default()
        };
        let mut parts: Vec<_> = from_vertices_and_edges(&vertices, &edges, &config)
            .into_iter()
            .map(|(places, _, _)| places)
            .collect();
        // The parts that hang together stand below one another, the largest first.
        parts.sort_by_key(|places| {
            let first = places.iter().map(|(node, _)| *node).min();
            (usize::MAX - places.len(), first)
        });
        let mut layout = Self {
            places: vec![(0.0, 0.0); count],
            ..Self::default()
        };
        for part in parts {
            layout.put(&part);
        }
        layout
    }

    /// Puts a part below what is there.
    fn put(&mut self, part: &[(usize, (f64, f64))]) {
        let least = |of: fn(&(f64, f64)) -> f64| {
            let all = part.iter().map(|(_, place)| of(place));
            all.reduce(f64::min).unwrap_or(0.0)
        };
        let (top, left) = (least(|place| place.0), least(|place| place.1));
        let above = self.height;
        for (node, (down, right)) in part {
            let x = (right - left + WIDTH / 2.0).round();
            let y = (above + down - top + HEIGHT / 2.0).round();
            self.places[*node] = (x, y);
            self.width = self.width.max(x + WIDTH / 2.0);
            self.height = self.height.max(y + HEIGHT / 2.0);
        }
    }
}

/// The edges with those turned round that lead back to where one came from, each once: on circles the library may never end.
fn without_circles(
    count: usize,
    edges: impl IntoIterator<Item = (usize, usize)>,
) -> Vec<(u32, u32)> {
    let mut called = vec![BTreeSet::new(); count];
    for (from, to) in edges {
        called[from].insert(to);
    }
    let mut ahead = BTreeSet::new();
    let mut state = vec![Visit::Ahead; count];
    for start in 0..count {
        // The nodes on the way from the start, each with those that it calls and that are still to be visited.
        let mut way = Vec::new();
        if state[start] == Visit::Ahead {
            state[start] = Visit::OnTheWay;
            way.push((start, called[start].iter()));
        }
        while let Some((from, rest)) = way.last_mut() {
            let from = *from;
            let Some(to) = rest.next().copied() else {
                state[from] = Visit::Done;
                way.pop();
                continue;
            };
            match state[to] {
                Visit::OnTheWay if to == from => {}
                Visit::OnTheWay => drop(ahead.insert((to as u32, from as u32))),
                Visit::Done => drop(ahead.insert((from as u32, to as u32))),
                Visit::Ahead => {
                    ahead.insert((from as u32, to as u32));
                    state[to] = Visit::OnTheWay;
                    way.push((to, called[to].iter()));
                }
            }
        }
    }
    ahead.into_iter().collect()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Visit {
    Ahead,
    OnTheWay,
    Done,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn callers_stand_to_the_left_of_those_whom_they_call() {
        let layout = Layout::of(4, [(0, 1), (1, 2), (1, 3)]);
        let x = |node: usize| layout.places[node].0;
        assert!(x(0) < x(1) && x(1) < x(2), "{layout:?}");
        assert_eq!(x(2), x(3));
        assert_ne!(layout.places[2].1, layout.places[3].1);
    }

    #[test]
    fn nothing_takes_no_room() {
        assert_eq!(Layout::of(0, []), Layout::default());
    }

    #[test]
    fn services_that_call_each_other_are_laid_out_too() {
        let all = (0..11).flat_map(|from| (0..11).map(move |to| (from, to)));
        let edges: Vec<_> = all
            .filter(|(from, to)| (from * 7 + to * 5) % 3 > 0)
            .collect();
        assert_eq!(Layout::of(11, edges).places.len(), 11);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]

        #[test]
        fn any_graph_is_laid_out_within_bounds_and_always_alike(
            count in 1..40_usize,
            edges in prop::collection::vec((0..40_usize, 0..40_usize), 0..80),
        ) {
            let edges: Vec<_> = edges
                .into_iter()
                .map(|(from, to)| (from % count, to % count))
                .collect();
            let layout = Layout::of(count, edges.iter().copied());
            prop_assert_eq!(&layout, &Layout::of(count, edges.iter().copied()));
            prop_assert_eq!(layout.places.len(), count);
            for (x, y) in &layout.places {
                prop_assert!((0.0..=layout.width).contains(x));
                prop_assert!((0.0..=layout.height).contains(y));
            }
            let distinct: BTreeSet<_> = layout
                .places
                .iter()
                .map(|(x, y)| (x.to_bits(), y.to_bits()))
                .collect();
            prop_assert_eq!(distinct.len(), count, "two nodes stand in one place");
        }
    }
}
