//! The service graph kept up while traces come and go: tallies by hour and minute of their starts, and by second where many begin.
//!
//! A graph of any time range is made of the stretches that lie in it whole. What is left over at the ends is counted trace by trace, and
//! so a graph costs by its nodes and minutes, not by its traces.

use std::collections::{BTreeMap, BTreeSet};

use xray_sdk::TraceId;

use super::Sketch;
use crate::entry::Entry;
use crate::query::{TimeRange, Times};

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;

/// From so many traces on, those that come on to a minute are counted by seconds too, so that ranges which cut it need not count all of them.
/// With fewer, tallies of seconds would take more memory than the traces are worth.
const FEW: usize = 2_048;

/// The tallies of all traces that were added and not taken out.
#[derive(Debug)]
pub(crate) struct Rollup {
    hours: BTreeMap<i64, Sketch>,
    minutes: BTreeMap<i64, Minute>,
    /// The traces whose ids tell another minute than their starts, by the second in the id: a range can hold the one without the other.
    strays: BTreeSet<(u32, TraceId)>,
    few: usize,
}

#[derive(Debug, Default)]
struct Minute {
    whole: Sketch,
    /// The first traces that came, which are in no second.
    early: BTreeSet<TraceId>,
    /// All others, by the second of their start.
    seconds: BTreeMap<i64, Sketch>,
}

/// What is known at once of the graph of a range, and what has to be added to it.
#[derive(Default)]
pub(crate) struct Part {
    pub(crate) sketch: Sketch,
    /// Stretches of time, by their begin with their end: of the traces that began in them, those that match are to be added one by one.
    stretches: BTreeMap<i64, i64>,
    /// More of which those that match are to be added.
    pub(crate) early: BTreeSet<TraceId>,
    /// The traces that match by their ids; to be added when they began neither in the range nor in one of these stretches.
    pub(crate) strays: Vec<TraceId>,
}

impl Part {
    /// The stretches of time whose traces are counted one by one, each from its begin up to but without its end.
    pub(crate) fn stretches(&self) -> impl Iterator<Item = TimeRange> {
        let stretches = self.stretches.iter();
        stretches.map(|(begin, end)| TimeRange::began(*begin as f64, *end as f64))
    }

    /// Whether a trace is counted one by one.
    pub(crate) fn is_open(&self, entry: &Entry) -> bool {
        let start = entry.start();
        let before = self.stretches.range(..=floor(start, 1)).next_back();
        before.is_some_and(|(_, end)| start < *end as f64) || self.early.contains(&entry.id)
    }

    /// Whether a trace that was found by its id is still to be added.
    pub(crate) fn lacks(&self, stray: &Entry, range: &TimeRange) -> bool {
        let start = stray.start();
        let is_counted = range.start <= start && start < range.end;
        !is_counted && !self.is_open(stray)
    }

    /// Takes what is known of a stretch, if it lies in the range whole and is known exactly. Returns whether it does.
    fn take_whole(&mut self, known: &Sketch, begin: i64, width: i64, range: &TimeRange) -> bool {
        let is_whole = is_inside(begin, width, range) && !known.is_loose();
        if is_whole {
            self.sketch.merge(known);
        }
        is_whole
    }

    fn open(&mut self, begin: i64, width: i64) {
        self.stretches.insert(begin, begin + width);
    }
}

impl Default for Rollup {
    fn default() -> Self {
        Self::with_seconds_from(FEW)
    }
}

impl Rollup {
    fn with_seconds_from(few: usize) -> Self {
        Self {
            hours: BTreeMap::new(),
            minutes: BTreeMap::new(),
            strays: BTreeSet::new(),
            few,
        }
    }

    pub(crate) fn add(&mut self, entry: &Entry) {
        let begin = floor(entry.start(), MINUTE);
        self.hours
            .entry(floor(entry.start(), HOUR))
            .or_default()
            .add(entry);
        let minute = self.minutes.entry(begin).or_default();
        minute.whole.add(entry);
        if minute.early.len() < self.few {
            minute.early.insert(entry.id);
        } else {
            let second = minute.seconds.entry(floor(entry.start(), 1));
            second.or_default().add(entry);
        }
        if floor(entry.by_id(), MINUTE) != begin {
            self.strays.insert((entry.id.epoch_seconds(), entry.id));
        }
    }

    /// Takes a trace out, which was added as it is now.
    pub(crate) fn remove(&mut self, entry: &Entry) {
        take(&mut self.hours, floor(entry.start(), HOUR), entry);
        let begin = floor(entry.start(), MINUTE);
        if let Some(minute) = self.minutes.get_mut(&begin) {
            minute.whole.remove(entry);
            if !minute.early.remove(&entry.id) {
                take(&mut minute.seconds, floor(entry.start(), 1), entry);
            }
            if minute.whole.is_empty() {
                self.minutes.remove(&begin);
            }
        }
        self.strays.remove(&(entry.id.epoch_seconds(), entry.id));
    }

    /// What is known of the graph of the traces that began in a range.
    pub(crate) fn part(&self, range: &TimeRange) -> Part {
        let mut part = Part::default();
        for (hour, known) in self.hours.range(between(range, HOUR)) {
            if part.take_whole(known, *hour, HOUR, range) {
                continue;
            }
            for (begin, minute) in self.minutes.range(*hour..hour + HOUR) {
                let is_cut = !part.take_whole(&minute.whole, *begin, MINUTE, range);
                if is_cut && is_touched(*begin, MINUTE, range) {
                    minute.cut(*begin, range, &mut part);
                }
            }
        }
        part.strays = self.strays(range);
        part
    }

    fn strays(&self, range: &TimeRange) -> Vec<TraceId> {
        let first = range.start.clamp(0.0, f64::from(u32::MAX)) as u32;
        let by_id = self.strays.range((first, TraceId::from_u128(0))..);
        let matching = by_id
            .take_while(|(second, _)| f64::from(*second) < range.end)
            .filter(|(second, _)| f64::from(*second) >= range.start);
        matching.map(|(_, id)| *id).collect()
    }
}

impl Minute {
    /// What is known of a minute that does not lie in a range whole.
    fn cut(&self, begin: i64, range: &TimeRange, part: &mut Part) {
        if self.seconds.is_empty() {
            part.open(begin, MINUTE);
            return;
        }
        part.early.extend(&self.early);
        for (second, known) in &self.seconds {
            let is_cut = !part.take_whole(known, *second, 1, range);
            if is_cut && is_touched(*second, 1, range) {
                part.open(*second, 1);
            }
        }
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
