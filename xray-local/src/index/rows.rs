//! The works of some traces of a block, for those who count them.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::iter;
use std::sync::Arc;

use super::bits::Bits;
use super::block::Head;
use super::micros::NONE;
use super::profile::Profile;
use super::view::View;
use super::works::Works;
use crate::entry::{Bytes, Entry, Moment, Side, fields, micros};
use crate::filter::expression::Failure;
use crate::graph::{Flow, Sketch, Tally};
use crate::query::{RootCause, TimeRange};

/// Someone who counts traces: most by their rows, and the few that are too large for these one by one.
pub(crate) trait Gather {
    fn rows(&mut self, rows: &Rows<'_>);
    fn entry(&mut self, entry: &Entry);
}

/// Some traces of a block.
pub(crate) struct Rows<'a> {
    view: &'a View<'a>,
    /// `None` are all that are there.
    traces: Option<Bits>,
}

/// One service's work.
pub(crate) struct Row {
    number: usize,
    /// The number of its profile: rows of one have the same service, caller and outcomes.
    pub(crate) profile: usize,
    pub(crate) request: Moment,
    pub(crate) call: Moment,
}

/// The tallies of some rows, of the requests that begin in a time range.
#[derive(Clone, Debug, Default)]
pub(super) struct Tallies {
    by_profile: Vec<Counted>,
    /// By the numbers of the service that something came from, and of the one that took it up.
    links: BTreeMap<(u16, u16), Tally>,
}

/// The tallies of the rows of one profile.
#[derive(Clone, Debug, Default)]
struct Counted {
    /// Whether there are rows, in the time range or not.
    is_there: bool,
    /// As the service saw them, and as its caller did.
    own: Tally,
    call: Tally,
}

impl<'a> Rows<'a> {
    pub(super) fn new(view: &'a View<'a>, traces: Bits) -> Self {
        Self {
            view,
            traces: Some(traces),
        }
    }

    /// All traces that are there.
    pub(super) fn whole(view: &'a View<'a>) -> Self {
        Self { view, traces: None }
    }

    /// Those of the traces for which this holds.
    pub(crate) fn of(&self, traces: impl IntoIterator<Item = usize>) -> Rows<'a> {
        let mut some = Bits::none(self.view.trace_count());
        traces.into_iter().for_each(|trace| some.set(trace));
        Rows::new(self.view, some)
    }

    /// What the rows of each profile have in common.
    pub(crate) fn flows(&self) -> impl Iterator<Item = Flow<'a>> {
        let head = &*self.view.head;
        head.profiles.iter().map(|profile| flow(head, profile))
    }

    /// All rows, trace by trace.
    pub(crate) fn all(&self) -> impl Iterator<Item = Row> {
        let mut calls = Calls::from(self.view.works(), 0);
        let traces: Vec<_> = self.traces().numbers().collect();
        traces
            .into_iter()
            .flat_map(move |trace| self.numbered(trace, &mut calls))
    }

    /// The rows of one trace.
    pub(crate) fn of_trace(&self, trace: usize) -> impl Iterator<Item = Row> {
        let first = self.view.traces().rows_of(trace).start;
        let rows = self.numbered(trace, &mut Calls::from(self.view.works(), first));
        rows.into_iter()
    }

    /// The traces that failed, by their numbers here, each with the root causes of its faults.
    pub(crate) fn faults(&self) -> impl Iterator<Item = (usize, Vec<&'a RootCause>)> {
        let traces = self.traces().into_owned();
        let all = self.view.causes().of(Failure::Fault, self.view.forms());
        let mut all = all.filter(move |(trace, _)| traces.has(*trace)).peekable();
        iter::from_fn(move || {
            let (trace, first) = all.next()?;
            let more = iter::from_fn(|| all.next_if(|(other, _)| *other == trace));
            let causes = iter::once(first).chain(more.map(|(_, cause)| cause));
            Some((trace, causes.collect()))
        })
    }

    /// None where the block cannot be read.
    fn traces(&self) -> Cow<'_, Bits> {
        let all = self.traces.as_ref().map(Cow::Borrowed);
        let all = all.unwrap_or_else(|| Cow::Owned(self.view.there()));
        match self.view.is_whole() {
            true => all,
            false => Cow::Owned(Bits::none(self.view.trace_count())),
        }
    }

    fn numbered(&self, trace: usize, calls: &mut Calls<'_>) -> Vec<Row> {
        let (head, works) = (&self.view.head, self.view.works());
        let traces = self.view.traces();
        let start = micros(traces.starts[trace]);
        let rows = traces.rows_of(trace).map(|row| {
            let profile = usize::from(works.profile_of[row]);
            let moment = |side, offset: i32, time: u32| Moment {
                start: start + i64::from(offset),
                duration: (time != NONE).then_some(u64::from(time)),
                outcome: head.profiles[profile].outcome(side),
            };
            let (offset, time) = (works.offsets[row], works.times[row]);
            let (call_offset, call_time) = calls.find(row).unwrap_or((offset, time));
            Row {
                number: row,
                profile,
                request: moment(Side::Service, offset, time),
                call: moment(Side::Call, call_offset, call_time),
            }
        });
        rows.collect()
    }

    /// What is counted of those that begin in a time range. That of all traces is known, where the block grows no more.
    fn tallies(&self, range: &TimeRange) -> Arc<Tallies> {
        let whole = match self.traces {
            None => self.view.tallies(),
            Some(_) => None,
        };
        let whole = whole.filter(|whole| whole.lie_in(range));
        whole.unwrap_or_else(|| Arc::new(self.count(range)))
    }

    pub(super) fn count(&self, range: &TimeRange) -> Tallies {
        let (head, works) = (&self.view.head, self.view.works());
        let mut tallies = Tallies::default();
        let profiles = head.profiles.len();
        tallies.by_profile.resize_with(profiles, Default::default);
        for row in self.all() {
            let counted = &mut tallies.by_profile[row.profile];
            counted.is_there = true;
            if row.call.begins_in(range) {
                counted.call.count(row.call);
            }
            if !row.request.begins_in(range) {
                continue;
            }
            counted.own.count(row.request);
            for (source, age) in works.sources_of(row.number) {
                let service = head.profiles[row.profile].service;
                let link = tallies.links.entry((source, service)).or_default();
                link.count_aged(row.request, age);
            }
        }
        tallies
    }
}

impl Tallies {
    /// Whether they count nothing that is known to begin outside of a time range.
    fn lie_in(&self, range: &TimeRange) -> bool {
        self.all().all(|tally| tally.lies_in(range))
    }

    fn all(&self) -> impl Iterator<Item = &Tally> {
        let tallies = self.by_profile.iter();
        let tallies = tallies.flat_map(|Counted { own, call, .. }| [own, call]);
        tallies.chain(self.links.values())
    }

    /// About how much memory they take.
    pub(super) fn bytes(&self) -> usize {
        self.all().map(Tally::bytes).sum()
    }
}

fields!(Tallies { by_profile, links });
fields!(Counted {
    is_there,
    own,
    call
});

/// The rows of which the callers recorded something else, one behind the other.
struct Calls<'a> {
    works: &'a Works,
    next: usize,
}

impl<'a> Calls<'a> {
    fn from(works: &'a Works, row: usize) -> Self {
        let before = |call: &u16| usize::from(*call) < row;
        Self {
            works,
            next: works.call_rows.partition_point(before),
        }
    }

    /// What the caller of a row saw. Rows have to be asked for in their order.
    fn find(&mut self, row: usize) -> Option<(i32, u32)> {
        let rows = &self.works.call_rows;
        while rows
            .get(self.next)
            .is_some_and(|call| usize::from(*call) < row)
        {
            self.next += 1;
        }
        let is_here = rows
            .get(self.next)
            .is_some_and(|call| usize::from(*call) == row);
        is_here.then(|| {
            let works = self.works;
            (works.call_offsets[self.next], works.call_times[self.next])
        })
    }
}

fn flow<'a>(head: &'a Head, profile: &Profile) -> Flow<'a> {
    let service = |number: u16| &head.services[usize::from(number)];
    Flow {
        service: service(profile.service),
        caller: profile.caller.map(service),
        is_inferred: profile.is_inferred,
        is_linked: profile.is_linked,
        is_again: profile.is_again,
    }
}

impl Gather for Sketch {
    fn rows(&mut self, rows: &Rows<'_>) {
        let tallies = rows.tallies(&self.range());
        let flows = rows.flows().zip(&tallies.by_profile);
        for (flow, counted) in flows.filter(|(_, counted)| counted.is_there) {
            self.put(flow, &counted.own, &counted.call);
        }
        let service = |number: u16| &rows.view.head.services[usize::from(number)];
        for ((source, taker), tally) in &tallies.links {
            self.link(service(*source), service(*taker), tally);
        }
    }

    fn entry(&mut self, entry: &Entry) {
        self.add(entry);
    }
}
