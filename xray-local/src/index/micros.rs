//! Times as whole microseconds, which is what they are compared by.

use crate::entry::{Bytes, fields};
use crate::filter::expression::{Operator, Test, Value};
use crate::trace::seconds;

/// There is no such time.
pub(super) const NONE: u32 = u32::MAX;

/// A time in seconds as microseconds. `None` when it is too long for the room there is: more than an hour and eleven minutes.
pub(super) fn micros(time: Option<f64>) -> Option<u32> {
    let Some(time) = time else {
        return Some(NONE);
    };
    let micros = (seconds(time) * 1e6).round();
    (0.0..f64::from(NONE))
        .contains(&micros)
        .then_some(micros as u32)
}

/// A time in seconds again: the very number that [`seconds`] gives.
pub(super) fn in_seconds(micros: u32) -> f64 {
    f64::from(micros) / 1e6
}

/// Between what some times lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reach {
    least: u32,
    most: u32,
}

fields!(Reach { least, most });

/// That of no time at all.
impl Default for Reach {
    fn default() -> Self {
        Self {
            least: NONE,
            most: 0,
        }
    }
}

impl Reach {
    /// Takes a time in, if it is one.
    pub(super) fn take_in(&mut self, micros: u32) {
        if micros != NONE {
            self.least = self.least.min(micros);
            self.most = self.most.max(micros);
        }
    }
}

/// A test on times, made ready for many: times from `first` up to but without `end` pass, or all others do.
pub(super) struct Stretch {
    first: u32,
    end: u32,
    is_outside: bool,
}

impl Stretch {
    pub(super) fn of(test: &Test) -> Self {
        let Test::Is(operator, Value::Number(asked)) = test else {
            return Self::new(0, NONE, !matches!(test, Test::Holds));
        };
        // Microseconds as seconds grow with the microseconds, so each comparison holds up to some number or from it on.
        let reaching = first_where(|micros| in_seconds(micros) >= *asked);
        let beyond = first_where(|micros| in_seconds(micros) > *asked);
        match operator {
            Operator::Equal => Self::new(reaching, beyond, false),
            Operator::NotEqual => Self::new(reaching, beyond, true),
            Operator::Less => Self::new(0, reaching, false),
            Operator::LessOrEqual => Self::new(0, beyond, false),
            Operator::Greater => Self::new(beyond, NONE, false),
            Operator::GreaterOrEqual => Self::new(reaching, NONE, false),
            Operator::Contains | Operator::BeginsWith | Operator::EndsWith => {
                Self::new(0, NONE, true)
            }
        }
    }

    fn new(first: u32, end: u32, is_outside: bool) -> Self {
        Self {
            first,
            end,
            is_outside,
        }
    }

    /// Whether any time of a reach may pass.
    pub(super) fn may_hold(&self, reach: Reach) -> bool {
        let Reach { least, most } = reach;
        let may_hold = match self.is_outside {
            false => least < self.end && self.first <= most,
            true => least < self.first || self.end <= most,
        };
        may_hold && least <= most
    }

    pub(super) fn holds(&self, micros: u32) -> bool {
        let is_inside = self.first <= micros && micros < self.end;
        (is_inside != self.is_outside) & (micros != NONE)
    }
}

/// The first number for which this holds; [`NONE`] when there is none. It must hold for all numbers behind it.
fn first_where(holds: impl Fn(u32) -> bool) -> u32 {
    let (mut below, mut above) = (0, NONE);
    while below < above {
        let middle = below + (above - below) / 2;
        match holds(middle) {
            true => above = middle,
            false => below = middle + 1,
        }
    }
    below
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stretch_that_holds_of_a_time_may_hold_of_a_reach_around_it() {
        use Operator::{Equal, Greater, GreaterOrEqual, Less, LessOrEqual, NotEqual};
        let mut reach = Reach::default();
        let times = [3, 5, NONE, 9];
        let is = |operator, micros: u32| {
            Stretch::of(&Test::Is(operator, Value::Number(in_seconds(micros))))
        };
        assert!(!is(NotEqual, 1).may_hold(reach), "there is none yet");
        times.into_iter().for_each(|micros| reach.take_in(micros));
        let mut ruled_out = 0;
        for operator in [Equal, NotEqual, Less, LessOrEqual, Greater, GreaterOrEqual] {
            for asked in 0..12 {
                let stretch = is(operator, asked);
                let holds = times.into_iter().any(|micros| stretch.holds(micros));
                assert!(stretch.may_hold(reach) || !holds, "{operator:?} {asked}");
                ruled_out += u32::from(!stretch.may_hold(reach));
            }
        }
        assert_eq!(ruled_out, 5 + 4 + 3 + 3 + 2);
    }

    #[test]
    fn a_stretch_holds_whenever_the_comparison_does() {
        use Operator::{Equal, Greater, GreaterOrEqual, Less, LessOrEqual, NotEqual};
        let times = [0.0, 1e-6, 0.1, 0.3, 0.5, 1.0, 3.0, 3.000001, 4000.0];
        for operator in [Equal, NotEqual, Less, LessOrEqual, Greater, GreaterOrEqual] {
            for asked in times.into_iter().chain([-1.0, 2e-7, 0.100_000_4, 9999.0]) {
                let stretch = Stretch::of(&Test::Is(operator, Value::Number(asked)));
                for time in times {
                    let micros = micros(Some(time)).expect("short enough");
                    let expected = operator.compare_numbers(seconds(time), asked);
                    assert_eq!(
                        stretch.holds(micros),
                        expected,
                        "{time} {operator:?} {asked}"
                    );
                }
                assert!(!stretch.holds(NONE));
            }
        }
    }

    #[test]
    fn a_time_that_is_too_long_is_told() {
        assert_eq!(micros(None), Some(NONE));
        assert_eq!(micros(Some(4_294.967_294)), Some(NONE - 1));
        assert_eq!(micros(Some(4_294.967_295)), None);
    }
}
