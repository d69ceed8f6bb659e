use super::pace::{self, Demand};
use super::packet::DATAGRAM_LIMIT;
use super::wire::GROUP;

/// The datagrams of a batch in the order in which they are sent, group by group. Each group goes out by one call where the system can.
pub(super) struct Plan<'a> {
    datagrams: Vec<&'a [u8]>,
    /// How many of them were taken.
    taken: usize,
    segment_limit: Option<usize>,
}

/// At most one byte in so many of a segment is a blank: a daemon may pass them on with the document.
const PADDING: usize = 8;

impl<'a> Plan<'a> {
    /// Segments of one call have one length. So where they are used, datagrams of about the same length are sent together;
    /// X-Ray does not mind the order of documents; one that is to be replaced never shares a batch with its successor.
    pub(super) fn new(
        datagrams: impl Iterator<Item = &'a [u8]>,
        segment_limit: Option<usize>,
    ) -> Self {
        let mut datagrams: Vec<_> = datagrams.collect();
        if segment_limit.is_some() {
            datagrams.sort_by_key(|datagram| std::cmp::Reverse(datagram.len()));
        }
        Self {
            datagrams,
            taken: 0,
            segment_limit,
        }
    }

    /// How many datagrams there are, taken or not.
    pub(super) fn len(&self) -> usize {
        self.datagrams.len()
    }

    /// What the receiver is charged for the next group; none when all were taken.
    pub(super) fn demand(&self) -> Option<Demand> {
        let group = self.group();
        Some(Demand {
            least: pace::charge(group.first()?.len(), false),
            all: group.iter().map(|datagram| self.charge(datagram)).sum(),
        })
    }

    /// What the receiver is charged for all groups together; none when all were taken.
    pub(super) fn demand_of_all(&self) -> Option<Demand> {
        let left = &self.datagrams[self.taken..];
        Some(Demand {
            least: pace::charge(left.first()?.len(), false),
            all: left.iter().map(|datagram| self.charge(datagram)).sum(),
        })
    }

    /// Takes of the next group what may be charged so much, but at least one datagram, and tells what is charged.
    pub(super) fn take(&mut self, room: usize) -> (&[&'a [u8]], usize) {
        let (mut count, mut charged) = (0, 0);
        for datagram in self.group() {
            let charge = self.charge(datagram);
            if count > 0 && charged + charge > room {
                break;
            }
            count += 1;
            charged += charge;
        }
        let start = self.taken;
        self.taken += count;
        (&self.datagrams[start..self.taken], charged)
    }

    /// What could go out by the next call.
    fn group(&self) -> &[&'a [u8]] {
        let left = &self.datagrams[self.taken..];
        let Some(longest) = left.first().map(|first| first.len()) else {
            return left;
        };
        let (most, shortest) = match self.segment_limit {
            None => (GROUP, 0),
            Some(limit) if longest > limit => (1, 0),
            Some(_) => {
                let most = GROUP.min(DATAGRAM_LIMIT / longest).max(1);
                (most, longest - longest / PADDING)
            }
        };
        let fits = |datagram: &&&[u8]| datagram.len() >= shortest;
        &left[..left.iter().take(most).take_while(fits).count()]
    }

    fn charge(&self, datagram: &[u8]) -> usize {
        pace::charge(datagram.len(), self.segment_limit.is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The lengths of each group.
    fn groups(lengths: &[usize], segment_limit: Option<usize>) -> Vec<Vec<usize>> {
        let text = vec![b'x'; DATAGRAM_LIMIT];
        let datagrams = lengths.iter().map(|length| &text[..*length]);
        let mut plan = Plan::new(datagrams, segment_limit);
        let mut groups = Vec::new();
        while plan.demand().is_some() {
            let (group, _) = plan.take(usize::MAX);
            groups.push(group.iter().map(|taken| taken.len()).collect());
        }
        groups
    }

    #[test]
    fn without_segments_the_order_stays() {
        assert_eq!(groups(&[5, 900, 7], None), [[5, 900, 7]]);
        let counts: Vec<_> = groups(&[100; 130], None).iter().map(Vec::len).collect();
        assert_eq!(counts, [64, 64, 2]);
        assert!(groups(&[], None).is_empty());
    }

    #[test]
    fn segments_of_one_call_are_of_about_one_length() {
        let limit = Some(65_000);
        assert_eq!(
            groups(&[100, 1_000, 90, 1_000, 880, 870, 65_500], limit),
            [
                vec![65_500],
                vec![1_000, 1_000, 880],
                vec![870],
                vec![100, 90]
            ]
        );
    }

    #[test]
    fn segments_of_one_call_are_64_or_64_kilobytes_at_most() {
        let counts = |length, count| -> Vec<usize> {
            let groups = groups(&vec![length; count], Some(65_000));
            groups.iter().map(Vec::len).collect()
        };
        assert_eq!(counts(300, 100), [64, 36]);
        assert_eq!(counts(1_800, 40), [36, 4]);
        assert_eq!(counts(40_000, 2), [1, 1]);
    }

    #[test]
    fn what_the_route_does_not_take_as_a_segment_goes_alone() {
        assert_eq!(
            groups(&[1_473, 1_472, 1_473, 1_472], Some(1_472)),
            [vec![1_473], vec![1_473], vec![1_472, 1_472]]
        );
    }

    #[test]
    fn a_group_is_cut_to_the_room_that_there_is() {
        let text = [b'x'; 1_000];
        let mut plan = Plan::new([&text[..]; 10].into_iter(), None);
        let demand = plan.demand().expect("not all taken");
        assert_eq!(demand.all, 10 * demand.least);
        assert_eq!(plan.take(3 * demand.least + 1).0.len(), 3);
        assert_eq!(plan.take(0).0.len(), 1);
        assert_eq!(plan.take(demand.all).0.len(), 6);
        assert!(plan.demand().is_none());
    }
}
