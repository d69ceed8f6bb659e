//! Times as whole microseconds, which is what they are compared by.

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
