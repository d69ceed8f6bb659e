use proptest::prelude::*;
use xray_sdk::document::{Document, Trace};

use super::*;
use crate::entry::Span;

/// A trace by the time in its id, its start, and what it does: `what` picks the service, how it ends and whether it calls.
fn entry(number: u32, by_id: u32, start: f64, what: u8) -> Entry {
    let trace_id = TraceId::from_u128(u128::from(by_id) << 96 | u128::from(number));
    let end = start + f64::from(what) / 64.0;
    let name = ["front", "orders", "stock"][usize::from(what % 3)];
    let fault = what.is_multiple_of(5);
    let call = match what % 2 {
        0 => format!(
            r#"{{"name":"bank","namespace":"remote","id":"{:016x}","start_time":{start},"end_time":{end}}}"#,
            number + 1_000_000
        ),
        _ => String::new(),
    };
    let json = format!(
        r#"{{"name":"{name}","id":"{number:016x}","trace_id":"{trace_id}","start_time":{start},"end_time":{end},"fault":{fault},"subsegments":[{call}]}}"#
    );
    let document = Document::parse(json.as_bytes()).expect("a document");
    let trace = Trace::assemble([document]).remove(0);
    Entry::of(&trace, 1, Span::of(&trace))
}

/// The graph as a store puts it together: what the rollup knows, and the rest one by one.
fn graph(rollup: &Rollup, all: &[Entry], range: &TimeRange) -> Sketch {
    let part = rollup.part(range);
    let mut sketch = part.sketch.clone();
    for entry in all {
        let is_stray = part.strays.contains(&entry.id) && part.lacks(entry, range);
        if (part.is_open(entry) && range.matched(entry).is_some()) || is_stray {
            sketch.add(entry);
        }
    }
    sketch
}

fn naive(all: &[Entry], range: &TimeRange) -> Sketch {
    let mut sketch = Sketch::default();
    let matching = all.iter().filter(|entry| range.matched(*entry).is_some());
    for entry in matching {
        sketch.add(entry);
    }
    sketch
}

proptest! {
    /// Adding, taking out and cutting anywhere gives what counting every trace gives.
    #[test]
    fn a_graph_of_any_range_is_that_of_its_traces(
        traces in prop::collection::vec((0_u32..20_000, 0_u32..3, 0.0..20_000.0_f64, any::<u8>()), 1..60),
        removed in prop::collection::vec(any::<prop::sample::Index>(), 0..40),
        cuts in prop::collection::vec((-100.0..21_000.0_f64, 0.0..20_000.0_f64), 1..6),
        few in 0_usize..4,
        // All within some minutes, or one in many.
        spread in prop::sample::select(vec![150.0, 20_000.0]),
    ) {
        let mut all: Vec<_> = (0..).zip(&traces).map(|(number, (by_id, is_stray, start, what))| {
            let start = start * spread / 20_000.0;
            let by_id = if *is_stray == 0 { *by_id } else { start as u32 };
            entry(number, by_id, (start * 100.0).round() / 100.0, *what)
        }).collect();
        let mut rollup = Rollup::with_seconds_from(few);
        for entry in &all {
            rollup.add(entry);
        }
        for index in &removed {
            if !all.is_empty() {
                let entry = all.swap_remove(index.index(all.len()));
                rollup.remove(&entry);
            }
        }
        for (start, length) in cuts {
            let (start, length) = (start * spread / 20_000.0, length * spread / 20_000.0);
            let range = TimeRange::began(start, start + length);
            prop_assert_eq!(graph(&rollup, &all, &range).finish(), naive(&all, &range).finish());
        }
        prop_assert_eq!(graph(&rollup, &all, &TimeRange::ALWAYS).finish(), naive(&all, &TimeRange::ALWAYS).finish());
    }
}

#[test]
fn what_is_taken_out_whole_leaves_nothing_behind() {
    let all: Vec<_> = (0..100)
        .map(|number| entry(number, number * 30, f64::from(number) * 30.5, number as u8))
        .collect();
    let mut rollup = Rollup::default();
    for entry in &all {
        rollup.add(entry);
    }
    for entry in &all {
        rollup.remove(entry);
    }
    assert!(rollup.minutes.is_empty() && rollup.hours.is_empty() && rollup.strays.is_empty());
}

#[test]
fn a_long_range_costs_by_its_hours_and_minutes_not_by_its_traces() {
    let mut rollup = Rollup::default();
    for number in 0..5_000 {
        rollup.add(&entry(number, number * 4, f64::from(number) * 4.0, 7));
    }
    let part = rollup.part(&TimeRange::began(30.0, 19_990.0));
    let ragged: Vec<_> = part.stretches().map(|stretch| stretch.start).collect();
    assert_eq!(
        ragged,
        [0.0, 19_980.0],
        "only the ends are counted one by one"
    );
}

#[test]
fn a_cut_through_a_minute_of_many_traces_costs_a_second_of_them() {
    let mut rollup = Rollup::default();
    for number in 0..6_000 {
        rollup.add(&entry(number, number / 100, f64::from(number) / 100.0, 7));
    }
    let part = rollup.part(&TimeRange::began(0.0, 40.5));
    let ragged: Vec<_> = part.stretches().map(|stretch| stretch.start).collect();
    assert_eq!(ragged, [40.0]);
    assert_eq!(part.early.len(), FEW);
}

#[test]
fn a_trace_that_matches_by_its_id_is_found_wherever_it_began() {
    let stray = entry(1, 500, 90_000.0, 7);
    let mut rollup = Rollup::default();
    rollup.add(&stray);
    let range = TimeRange::began(400.0, 600.0);
    let part = rollup.part(&range);
    assert_eq!(part.strays, [stray.id]);
    assert!(part.lacks(&stray, &range));
    assert!(
        rollup
            .part(&TimeRange::began(501.0, 600.0))
            .strays
            .is_empty()
    );
}
