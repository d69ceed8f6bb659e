use std::fmt;

/// A share of requests, from 0 to 1.
#[derive(Clone, Copy, PartialEq, PartialOrd, Debug)]
pub(super) struct Rate(f64);

impl Rate {
    pub(super) const NONE: Self = Self(0.0);

    /// A share beyond the bounds counts as the nearest of them, and NaN as 0.
    pub(super) fn new(share: f64) -> Self {
        if share.is_nan() {
            Self::NONE
        } else {
            Self(share.clamp(0.0, 1.0))
        }
    }

    pub(super) fn share(self) -> f64 {
        self.0
    }

    /// Whether a request passes, with a die that shows a number from 0 up to but not including 1.
    ///
    /// "Less than": a rate of 0 never passes, and one of 1 always does. Neither needs a die.
    pub(super) fn passes(self, die: impl FnOnce() -> f64) -> bool {
        self.0 >= 1.0 || (self.0 > 0.0 && die() < self.0)
    }
}

/// In percent, with as many decimals as it needs up to four.
impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let percent = (self.0 * 1e6).round() / 1e4;
        write!(f, "{percent} %")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn no_die() -> f64 {
        panic!("no die is needed")
    }

    #[test]
    fn a_rate_of_nothing_never_passes_and_one_of_all_always_does() {
        for nothing in [0.0, -1.0, f64::NAN, f64::NEG_INFINITY] {
            assert!(!Rate::new(nothing).passes(|| 0.0), "{nothing}");
        }
        for all in [1.0, 1.5, f64::INFINITY] {
            assert!(Rate::new(all).passes(no_die), "{all}");
        }
    }

    #[test]
    fn a_die_below_the_rate_passes_and_one_at_the_rate_does_not() {
        let rate = Rate::new(0.05);
        assert!(rate.passes(|| 0.0));
        assert!(rate.passes(|| 0.049_999));
        assert!(!rate.passes(|| 0.05));
    }

    #[test]
    fn it_is_shown_in_percent() {
        let shown = |share| Rate::new(share).to_string();
        assert_eq!(shown(0.05), "5 %");
        assert_eq!(shown(0.29), "29 %");
        assert_eq!(shown(1.0), "100 %");
        assert_eq!(shown(0.000_125), "0.0125 %");
    }
}
