//! A block that still grows.

use std::sync::Arc;

use super::block::Block;
use super::cause::{self, KnownCauses};
use super::column::Column;
use super::key::{Name, TEXTS, write_key};
use super::matcher::write_annotation;
use super::micros::{NONE, micros};
use super::numbers::Numbers;
use super::profile::Profile;
use super::traces::Row;
use super::works::Source;
use crate::entry::{self, Entry, Request, Side, Work};
use crate::filter::expression::Text;
use crate::query::Times;

/// Rows have numbers of 16 bits.
const ROWS: usize = u16::MAX as usize;

/// A trace with more rows or values than this, or with times that have no room, is told by its id only, and held against its
/// documents.
const MOST_OF_ONE: usize = ROWS / 16;

/// A block that still grows, and the numbers of what it knows.
#[derive(Clone, Debug, Default)]
pub(super) struct Open {
    pub(super) block: Block,
    services: Numbers,
    profiles: Numbers,
    keys: Numbers,
    /// Those of each column.
    values: Vec<Numbers>,
    causes: KnownCauses,
    /// The most values of a column.
    most_values: usize,
    /// What is looked for, kept for its room: the key of a column, and a value.
    key: Vec<u8>,
    value: Vec<u8>,
}

impl Open {
    /// Whether there is still room for this one, in a block of so many traces.
    pub(super) fn has_room_for(&self, ordinal: u64, entry: &Entry, traces: usize) -> bool {
        if self.block.traces.count() == 0 {
            return true;
        }
        let distance = ordinal.checked_sub(self.block.traces.first_ordinal);
        let columns = self.block.columns.len();
        let causes = self.block.causes.messages.len();
        let known = self.most_values.max(causes).max(self.block.forms.count());
        let values = known.max(columns) + MOST_OF_ONE;
        self.block.traces.count() < traces
            && distance.is_some_and(|distance| distance <= u64::from(u32::MAX))
            && self.block.works.count() + entry.works.len().min(MOST_OF_ONE) <= ROWS
            && values <= ROWS
    }

    pub(super) fn push(&mut self, ordinal: u64, entry: &Entry) {
        let trace = self.block.traces.count() as u16;
        let rows = self.block.works.count();
        let traces = Arc::make_mut(&mut self.block.traces);
        if trace == 0 {
            // Traces are settled about in the order of their numbers: some below may still come.
            traces.first_ordinal = ordinal.saturating_sub(u64::from(u32::MAX / 2));
        }
        traces.ids.push(entry.id);
        traces
            .ordinals
            .push((ordinal - traces.first_ordinal) as u32);
        traces.starts.push(entry.start());
        traces.ends.push(entry.end());
        let is_outside = |end: f64| end < entry.start() || entry.end() < end;
        let has_room = has_room(entry);
        traces.is_partial.push(entry.is_partial);
        traces.is_odd.push(entry.segment_ends().any(is_outside));
        traces.is_opaque.push(!has_room);
        traces.is_there.push(true);
        match has_room {
            true => {
                let duration = micros(entry.duration).unwrap_or(NONE);
                traces.durations.push(duration);
                let head = Arc::make_mut(&mut self.block.head);
                head.durations.take_in(duration);
                let root = Row::new((rows + entry.root + 1) as u16);
                traces.roots.push(root.filter(|_| entry.root().is_some()));
                self.push_rows(trace, entry);
            }
            false => {
                traces.durations.push(NONE);
                traces.roots.push(None);
            }
        }
        let rows = self.block.works.count() as u16;
        let traces = Arc::make_mut(&mut self.block.traces);
        traces.first_rows.push(rows);
        let links = entry.works.iter().flat_map(|work| &work.links);
        let open = links.filter(|link| link.source.is_none());
        let waits = open.map(|link| (link.trace_id, entry.id));
        self.block.waits.extend(waits);
    }

    fn push_rows(&mut self, trace: u16, entry: &Entry) {
        for work in &entry.works {
            let head = Arc::make_mut(&mut self.block.head);
            let works = Arc::make_mut(&mut self.block.works);
            let row = works.count() as u16;
            let profile = Profile::of(work, |service| {
                self.services.of(service, &mut head.services)
            });
            let profile = self.profiles.of(&profile, &mut head.profiles);
            works.profile_of.push(profile);
            let time = |request: &Request| micros(request.duration()).unwrap_or(NONE);
            let profile = usize::from(profile);
            if profile == head.times.len() {
                head.times.push(Default::default());
            }
            let (own, called) = &mut head.times[profile];
            own.take_in(time(&work.request));
            called.take_in(time(work.call()));
            let offset = |request: &Request| offset(entry, request).unwrap_or_default();
            works.times.push(time(&work.request));
            works.offsets.push(offset(&work.request));
            if let Some(call) = &work.call {
                works.call_rows.push(row);
                works.call_times.push(time(call));
                works.call_offsets.push(offset(call));
            }
            for (service, age) in work.sources() {
                let service = self.services.of(service, &mut head.services);
                works.sources.push(Source { row, service, age });
            }
            self.push_values(row, Side::Service, &work.request);
            if let Some(call) = &work.call {
                self.push_values(row, Side::Call, call);
            }
        }
        for (failure, cause) in cause::all(&entry.causes) {
            let causes = Arc::make_mut(&mut self.block.causes);
            let forms = Arc::make_mut(&mut self.block.forms);
            causes.push(trace, (failure, cause), forms, &mut self.causes);
        }
    }

    fn push_values(&mut self, row: u16, side: Side, request: &Request) {
        for (text, value) in texts(request) {
            if let Some(value) = value {
                self.push_value(row, side, Name::Text(text), value.as_bytes());
            }
        }
        let mut bytes = std::mem::take(&mut self.value);
        for (key, value) in &request.annotations {
            bytes.clear();
            write_annotation(value, &mut bytes);
            self.push_value(row, side, Name::Annotation(key), &bytes);
        }
        self.value = bytes;
    }

    fn push_value(&mut self, row: u16, side: Side, name: Name<'_>, value: &[u8]) {
        let block = &mut self.block;
        self.key.clear();
        write_key(side, name, &mut self.key);
        let head = Arc::make_mut(&mut block.head);
        let place = usize::from(self.keys.of(&self.key[..], &mut head.keys));
        let columns = Arc::make_mut(&mut block.columns);
        if place == columns.len() {
            columns.push(Column::default());
            self.values.push(Numbers::default());
        }
        let column = &mut columns[place];
        let number = self.values[place].of(value, &mut column.values);
        column.push(row, number);
        self.most_values = self.most_values.max(column.values.len());
    }
}

/// How long after the start of its trace a request began, in microseconds. `None` where that is more than half an hour, or before.
fn offset(entry: &Entry, request: &Request) -> Option<i32> {
    let after = entry::micros(request.start).saturating_sub(entry::micros(entry.start()));
    i32::try_from(after).ok()
}

/// Whether all of a trace has room in the columns.
fn has_room(entry: &Entry) -> bool {
    let requests = || {
        let works = entry.works.iter();
        works.flat_map(|work| [&work.request, work.call()])
    };
    let annotations: usize = requests().map(|request| request.annotations.len()).sum();
    let mut durations = requests().map(Request::duration).chain([entry.duration]);
    let sources = entry.works.iter().flat_map(Work::sources);
    entry.works.len() <= MOST_OF_ONE
        && annotations <= MOST_OF_ONE
        && sources.count() <= MOST_OF_ONE
        && durations.all(|duration| micros(duration).is_some())
        && requests().all(|request| offset(entry, request).is_some())
        && cause::fit(&entry.causes, MOST_OF_ONE)
}

fn texts(request: &Request) -> impl Iterator<Item = (Text, &Option<String>)> {
    let values = [
        &request.url,
        &request.method,
        &request.user_agent,
        &request.client_ip,
        &request.user,
        &request.availability_zone,
        &request.instance_id,
        &request.resource_arn,
    ];
    TEXTS.into_iter().zip(values)
}
