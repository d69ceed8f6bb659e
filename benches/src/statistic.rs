//! Figures out of many measurements.

/// The middle one of some numbers, or what is halfway between two. NaN of none.
pub(crate) fn median(numbers: &mut [f64]) -> f64 {
    numbers.sort_by(f64::total_cmp);
    match numbers.len() {
        0 => f64::NAN,
        odd if !odd.is_multiple_of(2) => numbers[odd / 2],
        even => f64::midpoint(numbers[even / 2 - 1], numbers[even / 2]),
    }
}

/// Without the digits that mean nothing; `unit` is one over the smallest that is kept.
pub(crate) fn rounded(number: f64, unit: f64) -> f64 {
    (number * unit).round() / unit
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_lie_in_the_middle() {
        let mut numbers = [4.0, 1.0, 3.0, 2.0];
        assert_eq!(median(&mut numbers), 2.5);
        assert_eq!(median(&mut numbers[1..]), 3.0);
        assert_eq!(median(&mut [7.0]), 7.0);
        assert!(median(&mut []).is_nan());
    }

    #[test]
    fn digits_are_kept_to_the_unit() {
        assert_eq!(rounded(1.2345, 100.0), 1.23);
    }
}
