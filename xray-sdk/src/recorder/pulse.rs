use std::time::Duration;

use crate::clock::Moment;
use crate::record::lane::OLD_BEATS;
use crate::record::outlet::Outlet;

/// Moves the outlet's beat on with the recorder's clock, so that what is recorded for long is found without asking that clock.
pub(crate) struct Pulse {
    start: Moment,
    /// How long one beat is; none when age is of no interest.
    length: Option<Duration>,
}

impl Pulse {
    /// For lanes that are old after `age`.
    pub(crate) fn new(outlet: &Outlet, age: Option<Duration>) -> Self {
        Self {
            start: outlet.clock.now(),
            length: age.map(|age| age / OLD_BEATS),
        }
    }

    /// Whether there is a new beat since the last time.
    pub(crate) fn beat(&self, outlet: &Outlet) -> bool {
        let Some(length) = self.length else {
            return false;
        };
        let passed = outlet.clock.now().since(self.start);
        let beat = (passed.as_nanos() / length.as_nanos().max(1)) as u32;
        let is_new = beat != outlet.beat();
        outlet.set_beat(beat);
        is_new
    }
}
