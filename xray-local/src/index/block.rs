//! Some thousand traces, taken apart into columns. A block knows its own values only: one that does not have what is asked for is
//! passed over at once, and one whose traces are gone goes with all it knew.

use std::collections::{BTreeMap, HashMap};

use xray_sdk::TraceId;

use super::Position;
use super::bits::Bits;
use super::cause::{self, Causes, KnownCauses};
use super::column::{Column, Known, annotation_bytes};
use super::micros::{NONE, micros};
use super::profile::{Profile, Side};
use crate::entry::{Entry, Request};
use crate::filter::expression::Text;
use crate::query::Times;
use crate::trace::ServiceId;

/// Rows have numbers of 16 bits.
const ROWS: usize = u16::MAX as usize;

/// A trace with more rows or values than this, or with times that have no room, is told by its id only, and held against its
/// documents.
const MOST_OF_ONE: usize = ROWS / 16;

/// A column is told by the side that recorded it and by its name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    pub(super) side: Side,
    pub(super) name: Name,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Name {
    Text(Text),
    Annotation(String),
}

#[derive(Clone, Debug)]
pub(super) struct Block {
    /// The lowest of the numbers by which the traces are kept.
    first_ordinal: u64,

    // Of each trace.
    pub(super) ids: Vec<TraceId>,
    /// How far the number is from the lowest one.
    ordinals: Vec<u32>,
    pub(super) starts: Vec<f64>,
    pub(super) ends: Vec<f64>,
    pub(super) durations: Vec<u32>,
    /// The row where the trace begins.
    pub(super) roots: Vec<Option<Row>>,
    /// Its first row; one more than there are traces.
    pub(super) first_rows: Vec<u16>,
    pub(super) is_partial: Bits,
    /// Those that have a time of a segment outside of their start and end, by a broken clock.
    pub(super) is_odd: Bits,
    /// Those that have to be held against their documents.
    pub(super) is_opaque: Bits,
    /// Those that were not taken out.
    pub(super) is_there: Bits,

    // Of each row, which is the work of one service.
    pub(super) profile_of: Vec<u16>,
    pub(super) times: Vec<u32>,
    /// Rows of which the callers recorded something else, and the times that these saw.
    pub(super) call_rows: Vec<u16>,
    pub(super) call_times: Vec<u32>,

    pub(super) profiles: Vec<Profile>,
    pub(super) services: Vec<ServiceId>,
    pub(super) columns: BTreeMap<Key, Column>,
    pub(super) causes: Causes,
}

/// The number of a row, one higher, so that no row takes no room.
pub(super) type Row = std::num::NonZeroU16;

/// A block that still grows, and the numbers of what it knows.
#[derive(Clone, Debug, Default)]
pub(super) struct Open {
    pub(super) block: Block,
    services: HashMap<ServiceId, u16>,
    profiles: HashMap<Profile, u16>,
    values: BTreeMap<Key, Known>,
    causes: KnownCauses,
}

impl Default for Block {
    fn default() -> Self {
        Self {
            first_ordinal: 0,
            ids: Vec::new(),
            ordinals: Vec::new(),
            starts: Vec::new(),
            ends: Vec::new(),
            durations: Vec::new(),
            roots: Vec::new(),
            first_rows: vec![0],
            is_partial: Bits::none(0),
            is_odd: Bits::none(0),
            is_opaque: Bits::none(0),
            is_there: Bits::none(0),
            profile_of: Vec::new(),
            times: Vec::new(),
            call_rows: Vec::new(),
            call_times: Vec::new(),
            profiles: Vec::new(),
            services: Vec::new(),
            columns: BTreeMap::new(),
            causes: Causes::default(),
        }
    }
}

impl Block {
    pub(super) fn traces(&self) -> usize {
        self.ids.len()
    }

    pub(super) fn rows(&self) -> usize {
        self.profile_of.len()
    }

    pub(super) fn position(&self, trace: usize) -> Position {
        Position::of(self.ids[trace], self.starts[trace])
    }

    /// The number by which a trace is kept.
    pub(super) fn ordinal(&self, trace: usize) -> u64 {
        self.first_ordinal + u64::from(self.ordinals[trace])
    }

    /// The number, in this block, of a trace that is there.
    pub(super) fn find(&self, id: TraceId, start: f64) -> Option<usize> {
        let mut same = (0..self.traces())
            .filter(|trace| self.starts[*trace] == start && self.ids[*trace] == id);
        same.find(|trace| self.is_there.has(*trace))
    }

    /// The rows of the traces where they begin.
    pub(super) fn root_rows(&self) -> Bits {
        let mut rows = Bits::none(self.rows());
        for root in self.roots.iter().flatten() {
            rows.set(usize::from(root.get() - 1));
        }
        rows
    }

    /// The traces that have any of these rows.
    pub(super) fn traces_of(&self, rows: &Bits) -> Bits {
        let mut traces = Bits::none(self.traces());
        let mut trace = 0;
        for row in rows.numbers() {
            while usize::from(self.first_rows[trace + 1]) <= row {
                trace += 1;
            }
            traces.set(trace);
        }
        traces
    }

    fn shrink(&mut self) {
        self.ids.shrink_to_fit();
        self.ordinals.shrink_to_fit();
        self.starts.shrink_to_fit();
        self.ends.shrink_to_fit();
        self.durations.shrink_to_fit();
        self.roots.shrink_to_fit();
        self.first_rows.shrink_to_fit();
        self.profile_of.shrink_to_fit();
        self.times.shrink_to_fit();
        self.call_rows.shrink_to_fit();
        self.call_times.shrink_to_fit();
        self.profiles.shrink_to_fit();
        self.services.shrink_to_fit();
        self.columns.values_mut().for_each(Column::shrink);
        self.causes.shrink();
    }

    /// The memory that it takes, in bytes.
    pub(super) fn bytes(&self) -> usize {
        let sets = [
            &self.is_partial,
            &self.is_odd,
            &self.is_opaque,
            &self.is_there,
        ];
        let traces = self.ids.capacity() * (16 + 4 + 8 + 8 + 4 + 2 + 2);
        let rows = self.profile_of.capacity() * (2 + 4) + self.call_rows.capacity() * (2 + 4);
        let profiles = self.profiles.capacity() * size_of::<Profile>();
        let services = self
            .services
            .iter()
            .map(|id| size_of_val(id) + id.name.len() + id.kind.len());
        let columns = self
            .columns
            .iter()
            .map(|(key, column)| size_of_val(key) + column.bytes());
        size_of::<Self>()
            + sets.into_iter().map(Bits::bytes).sum::<usize>()
            + traces
            + rows
            + profiles
            + services.sum::<usize>()
            + columns.sum::<usize>()
            + self.causes.bytes()
    }
}

impl Open {
    /// Whether there is still room for this one, in a block of so many traces.
    pub(super) fn has_room_for(&self, ordinal: u64, entry: &Entry, traces: usize) -> bool {
        if self.block.traces() == 0 {
            return true;
        }
        let distance = ordinal.checked_sub(self.block.first_ordinal);

        let known = self.values.values().map(Known::len).max().unwrap_or(0);
        let values = known.max(self.causes.len()) + MOST_OF_ONE;
        self.block.traces() < traces
            && distance.is_some_and(|distance| distance <= u64::from(u32::MAX))
            && self.block.rows() + entry.works.len().min(MOST_OF_ONE) <= ROWS
            && values <= ROWS
    }

    pub(super) fn push(&mut self, ordinal: u64, entry: &Entry) {
        let trace = self.block.traces() as u16;
        let block = &mut self.block;
        if trace == 0 {
            // Traces are settled about in the order of their numbers: some below may still come.
            block.first_ordinal = ordinal.saturating_sub(u64::from(u32::MAX / 2));
        }
        block.ids.push(entry.id);
        block.ordinals.push((ordinal - block.first_ordinal) as u32);
        block.starts.push(entry.start());
        block.ends.push(entry.end());
        for set in [
            &mut block.is_partial,
            &mut block.is_odd,
            &mut block.is_opaque,
            &mut block.is_there,
        ] {
            set.push();
        }
        let number = usize::from(trace);
        let is_outside = |end: f64| end < entry.start() || entry.end() < end;
        if !entry.is_partial {
            block.is_partial.clear(number);
        }
        if !entry.segment_ends().any(is_outside) {
            block.is_odd.clear(number);
        }
        match has_room(entry) {
            true => {
                block.is_opaque.clear(number);
                block.durations.push(micros(entry.duration).unwrap_or(NONE));
                let root = block.rows() + entry.root + 1;
                let root = Row::new(root as u16).filter(|_| entry.root().is_some());
                block.roots.push(root);
                self.push_rows(trace, entry);
            }
            false => {
                block.durations.push(NONE);
                block.roots.push(None);
            }
        }
        let rows = self.block.rows() as u16;
        self.block.first_rows.push(rows);
    }

    fn push_rows(&mut self, trace: u16, entry: &Entry) {
        for work in &entry.works {
            let block = &mut self.block;
            let row = block.rows() as u16;
            let profile = Profile::of(work, |service| {
                number(service, &mut self.services, &mut block.services)
            });
            let profile = number(&profile, &mut self.profiles, &mut block.profiles);
            block.profile_of.push(profile);
            let time = |request: &Request| micros(request.duration()).unwrap_or(NONE);
            block.times.push(time(&work.request));
            if let Some(call) = &work.call {
                block.call_rows.push(row);
                block.call_times.push(time(call));
            }
            self.push_values(row, Side::Service, &work.request);
            if let Some(call) = &work.call {
                self.push_values(row, Side::Call, call);
            }
        }
        for (failure, cause) in cause::all(&entry.causes) {
            self.block
                .causes
                .push(trace, failure, cause, &mut self.causes);
        }
    }

    fn push_values(&mut self, row: u16, side: Side, request: &Request) {
        let mut push = |name, value: &[u8]| {
            let key = Key { side, name };
            let column = self.block.columns.entry(key.clone()).or_default();
            let known = self.values.entry(key).or_default();
            let number = known.number(value, &mut column.values);
            column.push(row, number);
        };
        for (text, value) in texts(request) {
            if let Some(value) = value {
                push(Name::Text(text), value.as_bytes());
            }
        }
        for (key, value) in &request.annotations {
            push(Name::Annotation(key.clone()), &annotation_bytes(value));
        }
    }

    /// The block as it stays.
    pub(super) fn close(mut self) -> Block {
        self.block.shrink();
        self.block
    }
}

/// The number of something, a new one where it was not there.
fn number<T: Clone + Eq + std::hash::Hash>(
    it: &T,
    known: &mut HashMap<T, u16>,
    all: &mut Vec<T>,
) -> u16 {
    if let Some(number) = known.get(it) {
        return *number;
    }
    let number = all.len() as u16;
    known.insert(it.clone(), number);
    all.push(it.clone());
    number
}

/// Whether all of a trace has room in the columns.
fn has_room(entry: &Entry) -> bool {
    let requests = || {
        entry
            .works
            .iter()
            .flat_map(|work| [&work.request, work.call()])
    };
    let annotations: usize = requests().map(|request| request.annotations.len()).sum();
    let mut durations = requests().map(Request::duration).chain([entry.duration]);
    entry.works.len() <= MOST_OF_ONE
        && annotations <= MOST_OF_ONE
        && durations.all(|duration| micros(duration).is_some())
        && cause::fit(&entry.causes, MOST_OF_ONE)
}

fn texts(request: &Request) -> [(Text, &Option<String>); 8] {
    [
        (Text::HttpUrl, &request.url),
        (Text::HttpMethod, &request.method),
        (Text::HttpUserAgent, &request.user_agent),
        (Text::HttpClientIp, &request.client_ip),
        (Text::User, &request.user),
        (Text::AvailabilityZone, &request.availability_zone),
        (Text::InstanceId, &request.instance_id),
        (Text::ResourceArn, &request.resource_arn),
    ]
}
