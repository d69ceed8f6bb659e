//! A sample of traces, by their ids: the same ones on every page and for every part of a time range.

use xray_sdk::TraceId;

/// Which part of all traces is looked at.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Sample {
    share: f64,
}

impl Sample {
    /// A share from 0 to 1 of all traces.
    pub(crate) fn of(share: f64) -> Self {
        Self { share }
    }

    /// Whether a trace is of the sample.
    pub(crate) fn holds(self, id: TraceId) -> bool {
        // Ids are not random everywhere: the mixing of SplitMix64 makes them so.
        let mut number = id.to_u128() as u64 ^ (id.to_u128() >> 64) as u64;
        number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        number ^= number >> 31;
        (number as f64) < self.share * 2_f64.powi(64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(share: f64) -> usize {
        let ids = (0..10_000).map(|number| TraceId::from_u128(number << 64));
        ids.filter(|id| Sample::of(share).holds(*id)).count()
    }

    #[test]
    fn a_share_of_the_traces_is_held_and_always_the_same_ones() {
        assert_eq!((held(0.0), held(1.0)), (0, 10_000));
        let tenth = held(0.1);
        assert!((900..1_100).contains(&tenth), "{tenth}");
        let id = |number: u128| TraceId::from_u128(number << 64);
        let in_tenth = (0..10_000).map(id).filter(|id| Sample::of(0.1).holds(*id));
        assert!({ in_tenth }.all(|id| Sample::of(0.5).holds(id)));
    }
}
