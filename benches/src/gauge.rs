//! Whether others use this processor meanwhile, as guests of the same machine do: what they take cannot be seen but by what is slower.

use std::hint::black_box;
use std::time::Instant;

use crate::turn::Turn;

/// Nanoseconds of work that is always the same and keeps the processor as busy as it can be: the fastest of some, so that an interrupt
/// does not count.
pub(crate) fn read() -> f64 {
    let readings = (0..32).map(|_| {
        let start = Instant::now();
        work();
        start.elapsed().as_nanos() as f64
    });
    readings.fold(f64::INFINITY, f64::min)
}

/// Four chains, of which none waits for another: a processor that is shared has less room for them.
fn work() {
    let mut chains = black_box([1_u64, 2, 3, 4]);
    for round in 0..1_000_u64 {
        for chain in &mut chains {
            *chain = chain.rotate_left(5).wrapping_add(round) ^ 0x9e37;
        }
    }
    black_box(chains);
}

/// Takes turns again that were disturbed.
pub(crate) struct Quiet {
    fastest: f64,
    again: u32,
    disturbed: u32,
}

/// A turn is disturbed whose gauge is so many times the fastest of all.
const DISTURBED: f64 = 1.08;
/// So often a turn is taken again: where a machine is never quiet, it is measured as it is.
const TRIES: usize = 4;

impl Quiet {
    pub(crate) fn new() -> Self {
        Self {
            fastest: f64::INFINITY,
            again: 0,
            disturbed: 0,
        }
    }

    /// The first turn that is not disturbed, or else the one that is least.
    ///
    /// # Errors
    ///
    /// When `take` fails.
    pub(crate) fn take(
        &mut self,
        mut take: impl FnMut() -> Result<Turn, String>,
    ) -> Result<Turn, String> {
        let mut turn = take()?;
        for _ in 1..TRIES {
            if !self.is_disturbed(&turn) {
                return Ok(turn);
            }
            self.again += 1;
            let other = take()?;
            if other.gauge < turn.gauge {
                turn = other;
            }
        }
        self.disturbed += u32::from(self.is_disturbed(&turn));
        Ok(turn)
    }

    fn is_disturbed(&mut self, turn: &Turn) -> bool {
        let Some(gauge) = turn.gauge else {
            return false;
        };
        self.fastest = self.fastest.min(gauge);
        gauge > DISTURBED * self.fastest
    }

    /// What is to be known of the figures.
    pub(crate) fn told(&self) -> String {
        format!(
            "{} turns were taken again because others used the processor meanwhile, as a gauge tells; {} count though others did",
            self.again, self.disturbed
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turns(gauges: &[f64]) -> impl FnMut() -> Result<Turn, String> {
        let mut gauges = gauges.iter().copied();
        move || {
            Ok(Turn {
                ns: 1.0,
                total_cpu_ns: 1.0,
                allocations: None,
                operations: 1,
                gauge: gauges.next(),
                more: Vec::new(),
            })
        }
    }

    #[test]
    fn the_gauge_shows_a_time() {
        assert!(read() > 0.0);
    }

    #[test]
    fn a_disturbed_turn_is_taken_again() {
        let mut quiet = Quiet::new();
        let gauge =
            |quiet: &mut Quiet, gauges: &[f64]| quiet.take(turns(gauges)).map(|turn| turn.gauge);
        assert_eq!(gauge(&mut quiet, &[100.0]), Ok(Some(100.0)));
        assert_eq!(gauge(&mut quiet, &[150.0, 107.0, 90.0]), Ok(Some(107.0)));
        assert_eq!(
            gauge(&mut quiet, &[150.0, 130.0, 140.0, 160.0, 100.0]),
            Ok(Some(130.0))
        );
        assert_eq!((quiet.again, quiet.disturbed), (4, 1));
        // What has no gauge is taken as it is.
        assert_eq!(gauge(&mut quiet, &[]), Ok(None));
        assert!(quiet.told().starts_with("4 turns"));
    }

    #[test]
    fn a_turn_that_fails_is_not_taken_again() {
        let mut quiet = Quiet::new();
        assert_eq!(
            quiet.take(|| Err("lost 1".to_owned())),
            Err("lost 1".to_owned())
        );
    }
}
