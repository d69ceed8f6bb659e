//! The service graph kept up while traces come and go: tallies by minute and by hour of their starts.
//!
//! A graph of any time range is made of the hours and minutes that lie in it whole. What is left over at the ends is counted trace
//! by trace, and so a graph costs by its nodes and minutes, not by its traces.

use std::collections::{BTreeMap, BTreeSet};

use xray_sdk::TraceId;

use super::Sketch;
use crate::entry::Entry;
use crate::query::{TimeRange, Times};

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;

/// The tallies of all traces that were added and not taken out.
#[derive(Debug, Default)]
pub(crate) struct Rollup {
    minutes: BTreeMap<i64, Sketch>,
    hours: BTreeMap<i64, Sketch>,
    /// The traces whose ids tell another minute than their starts, by the second in the id: a range can hold the one without the other.
    strays: BTreeSet<(u32, TraceId)>,
}

/// A minute of traces, told by its first second.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Minute(i64);

/// What is known at once of the graph of a range, and what has to be added to it.
pub(crate) struct Part {
    pub(crate) sketch: Sketch,
    /// The minutes of which the traces that match have to be added one by one.
    pub(crate) minutes: BTreeSet<Minute>,
    /// The traces that match by their ids; to be added when they began neither in the range nor in one of these minutes.
    pub(crate) strays: Vec<TraceId>,
}

impl Minute {
    fn of(time: f64) -> Self {
        Self(floor(time, MINUTE))
    }

    /// The traces that began in it.
    pub(crate) fn range(self) -> (f64, f64) {
        (self.0 as f64, (self.0 + MINUTE) as f64)
    }
}

impl Part {
    /// Whether a trace that was found by its id is still to be added.
    pub(crate) fn lacks(&self, stray: &Entry, range: &TimeRange) -> bool {
        let start = stray.start();
        let is_counted = range.start <= start && start < range.end;
        !is_counted && !self.has_minute_of(stray)
    }

    /// Whether a trace began in one of the minutes that are counted one by one.
    pub(crate) fn has_minute_of(&self, entry: &Entry) -> bool {
        self.minutes.contains(&Minute::of(entry.start()))
    }
}

impl Rollup {
    pub(crate) fn add(&mut self, entry: &Entry) {
        let Minute(minute) = Minute::of(entry.start());
        self.minutes.entry(minute).or_default().add(entry);
        let hour = minute.div_euclid(HOUR) * HOUR;
        self.hours.entry(hour).or_default().add(entry);
        if Minute::of(entry.by_id()).0 != minute {
            self.strays.insert((entry.id.epoch_seconds(), entry.id));
        }
    }

    /// Takes a trace out, which was added as it is now.
    pub(crate) fn remove(&mut self, entry: &Entry) {
        let Minute(minute) = Minute::of(entry.start());
        take(&mut self.minutes, minute, entry);
        take(&mut self.hours, minute.div_euclid(HOUR) * HOUR, entry);
        self.strays.remove(&(entry.id.epoch_seconds(), entry.id));
    }

    /// What is known of the graph of the traces that began in a range.
    pub(crate) fn part(&self, range: &TimeRange) -> Part {
        let mut part = Part {
            sketch: Sketch::default(),
            minutes: BTreeSet::new(),
            strays: Vec::new(),
        };
        for (hour, whole) in self.hours.range(between(range, HOUR)) {
            if is_inside(*hour, HOUR, range) && !whole.is_loose() {
                part.sketch.merge(whole);
                continue;
            }
            for (minute, whole) in self.minutes.range(*hour..hour + HOUR) {
                if is_inside(*minute, MINUTE, range) && !whole.is_loose() {
                    part.sketch.merge(whole);
                } else if is_touched(*minute, MINUTE, range) {
                    part.minutes.insert(Minute(*minute));
                }
            }
        }
        let first = (range.start.clamp(0.0, f64::from(u32::MAX)), range.end);
        let by_id = self.strays.range((first.0 as u32, TraceId::from_u128(0))..);
        let in_range = |(second, _): &&(u32, TraceId)| f64::from(*second) < first.1;
        let matching = by_id.take_while(in_range);
        let begun = |(second, _): &&(u32, TraceId)| f64::from(*second) >= range.start;
        part.strays = matching.filter(begun).map(|(_, id)| *id).collect();
        part
    }
}

fn take(sketches: &mut BTreeMap<i64, Sketch>, at: i64, entry: &Entry) {
    if let Some(sketch) = sketches.get_mut(&at) {
        sketch.remove(entry);
        if sketch.is_empty() {
            sketches.remove(&at);
        }
    }
}

/// The begins of all stretches of this width that a range may touch.
fn between(range: &TimeRange, width: i64) -> std::ops::RangeInclusive<i64> {
    let first = floor(range.start, width);
    first..=floor(range.end, width).max(first)
}

/// A range may go on for ever; a cast holds to what an integer can.
fn floor(time: f64, width: i64) -> i64 {
    (time.floor() as i64)
        .div_euclid(width)
        .saturating_mul(width)
}

fn is_inside(begin: i64, width: i64, range: &TimeRange) -> bool {
    range.start <= begin as f64 && (begin + width) as f64 <= range.end
}

fn is_touched(begin: i64, width: i64, range: &TimeRange) -> bool {
    range.start < (begin + width) as f64 && (begin as f64) < range.end
}

#[cfg(test)]
mod tests;
