use super::*;
use crate::graph::Sketch;
use crate::index::piece;
use crate::insight::Tallies;
use crate::query::TimeRangeType;
use random::Chance;
use world::World;

pub(crate) mod random;
mod world;

/// How many expressions are tried. The whole hundred thousand: XRAY_TEST_EXPRESSIONS=100000.
fn expressions() -> u64 {
    let asked = std::env::var("XRAY_TEST_EXPRESSIONS").ok();
    asked.map_or(1_000, |number| number.parse().expect("a number"))
}

#[test]
fn random_expressions_find_what_asking_every_trace_finds() {
    let mut chance = Chance::new(7);
    let mut world = World::random(&mut chance, 60);
    let (mut some, mut all) = (0, 0);
    for number in 0..expressions() {
        if number % 500 == 499 {
            world = World::random(&mut chance, 60);
        }
        let text = random::expression(&mut chance);
        let filter = Filter::parse(&text).unwrap_or_else(|error| panic!("{text}: {error}"));
        let meant = world.meant(&TimeRange::ALWAYS, Some(&filter));
        let found = world.found(&TimeRange::ALWAYS, Some(&filter), 1 + number as usize % 70);
        assert_eq!(found, meant, "{text}");
        let again =
            Filter::parse(&filter.to_string()).unwrap_or_else(|error| panic!("{filter}: {error}"));
        assert_eq!(
            world.meant(&TimeRange::ALWAYS, Some(&again)),
            meant,
            "{text} written as {filter}"
        );
        some += u64::from(!meant.is_empty());
        all += u64::from(meant.len() == world.traces.len());
    }
    println!(
        "{} expressions; {some} meant any trace, {all} every one",
        expressions()
    );
    assert!(
        some > expressions() / 3 && all < expressions() / 3,
        "the test must be able to fail"
    );
}

#[test]
fn any_time_range_of_any_kind_finds_what_asking_every_trace_finds() {
    use TimeRangeType::{Event, Service, TraceId};
    let mut chance = Chance::new(8);
    for _ in 0..20 {
        let world = World::random(&mut chance, 50);
        for kind in [TraceId, Event, Service] {
            for _ in 0..20 {
                let start = chance.below(240) as f64 / 4.0 - 2.0;
                let end = start + chance.below(80) as f64 / 4.0;
                let range = TimeRange { start, end, kind };
                for limit in [3, 1000] {
                    assert_eq!(
                        world.found(&range, None, limit),
                        world.meant(&range, None),
                        "{range:?}"
                    );
                }
            }
        }
    }
}

#[test]
fn what_is_taken_out_takes_its_block_along() {
    let mut chance = Chance::new(9);
    let mut world = World::new();
    let positions: Vec<_> = (0..100)
        .map(|number| world.put(&random::documents(&mut chance, number), None))
        .collect();
    assert_eq!((world.index.traces, world.index.closed.len()), (100, 6));
    for position in positions {
        world.take(position);
    }
    assert_eq!((world.index.traces, world.index.closed.len()), (0, 0));
    assert!(world.found(&TimeRange::ALWAYS, None, 10).is_empty());
    assert!(!world.index.remove(1));
    assert!(!world.index.remove(u64::MAX));
}

#[test]
fn a_page_of_the_newest_looks_into_few_blocks_and_none_has_what_is_nowhere() {
    let mut world = World::new();
    for number in 0..320 {
        let json = format!(
            r#"{{"trace_id":"1-{number:08x}-{number:024x}","name":"front","id":"0000000000000001","start_time":{number},"end_time":{number}.5,"user":"u{number}"}}"#
        );
        world.put(&[json], None);
    }
    let told = |text: &str, limit| {
        let filter = Filter::parse(text).expect("an expression");
        let mut told = Explanation::default();
        let search = Search {
            range: &TimeRange::ALWAYS,
            filter: Some(&filter),
            after: None,
            limit,
        };
        let found = world
            .index
            .blocks()
            .search(&search, &world.kept, Some(&mut told))
            .len();
        (found, told)
    };
    let (found, page) = told("ok", 10);
    assert_eq!(
        (found, page.blocks, page.blocks_searched, page.doubtful),
        (10, 20, 1, 0)
    );
    let (found, rare) = told(r#"user = "u3" AND service("front") { ok }"#, 10);
    assert_eq!((found, rare.candidates), (1, 1));
    let blocks: Vec<_> = rare
        .terms
        .iter()
        .map(|term| (term.blocks, term.traces))
        .collect();
    assert_eq!(
        blocks,
        [(20, 1), (1, 16)],
        "the second is asked where the first left something"
    );
    let (found, none) = told("fault", 10);
    assert!(rare.blocks_searched < 3, "{}", rare.blocks_searched);
    assert_eq!((found, none.candidates, none.terms[0].traces), (0, 0, 0));
    assert_eq!(none.blocks_searched, 0);
}

#[test]
fn a_trace_too_large_for_the_columns_is_left_to_its_documents() {
    let calls: Vec<_> = (2..5000).map(|id| format!(r#"{{"name":"c","namespace":"remote","id":"{id:016x}","start_time":1,"end_time":2}}"#)).collect();
    let json = format!(
        r#"{{"trace_id":"1-00000001-000000000000000000000001","name":"front","id":"0000000000000001","start_time":1,"end_time":2,"subsegments":[{}]}}"#,
        calls.join(",")
    );
    let mut world = World::new();
    world.put(&[json], None);
    for (text, found) in [
        (r#"service("c")"#, 1),
        (r#"service("d")"#, 0),
        ("!fault", 1),
        ("fault", 0),
    ] {
        let filter = Filter::parse(text).expect("an expression");
        let search = Search {
            range: &TimeRange::ALWAYS,
            filter: Some(&filter),
            after: None,
            limit: 10,
        };
        let [candidate] = world.index.blocks().search(&search, &world.kept, None)[..] else {
            panic!("one candidate")
        };
        assert!(!candidate.is_certain);
        assert_eq!(
            world.found(&TimeRange::ALWAYS, Some(&filter), 10).len(),
            found,
            "{text}"
        );
    }
}

#[test]
fn a_block_that_cannot_be_read_finds_nothing_and_is_made_anew() {
    let mut chance = Chance::new(10);
    for _ in 0..3 {
        let mut world = World::random(&mut chance, 50);
        world.keep();
        let mut pieces: Vec<_> = world.kept.pieces.keys().copied().collect();
        pieces.sort_unstable();
        for (block, piece) in pieces {
            let bytes = world.kept.pieces.remove(&(block, piece)).expect("is there");
            world.kept.at_hand.take();
            for _ in 0..3 {
                let text = random::expression(&mut chance);
                let filter = Filter::parse(&text).expect("an expression");
                let meant = world.meant(&TimeRange::ALWAYS, Some(&filter));
                let found = world.found(&TimeRange::ALWAYS, Some(&filter), 10);
                let is_broken = world.kept.broken.borrow().contains(&block);
                assert!(found == meant || is_broken, "{text}");
                assert!(
                    found.iter().all(|position| meant.contains(position)),
                    "{text}"
                );
            }
            let mut graph = Sketch::default();
            world
                .index
                .blocks()
                .gather(&TimeRange::ALWAYS, None, &world.kept, &mut graph);
            // Of root causes, too.
            let mut tallies = Tallies::default();
            let blocks = world.index.blocks();
            blocks.gather(&TimeRange::ALWAYS, None, &world.kept, &mut tallies);
            if chance.below(3) > 0 || piece > piece::TALLIES {
                world.kept.pieces.insert((block, piece), bytes);
            }
        }
        let broken = std::mem::take(&mut *world.kept.broken.borrow_mut());
        for block in broken {
            world.index.forget(block);
        }
        world.kept.at_hand.take();
        world.fill();
        world.keep();
        let all = world.found(&TimeRange::ALWAYS, None, 1_000);
        assert_eq!(all, world.meant(&TimeRange::ALWAYS, None));
        assert!(world.kept.broken.borrow().is_empty());
    }
}

#[test]
fn what_is_drawn_of_blocks_is_what_their_traces_say() {
    let mut chance = Chance::new(14);
    for _ in 0..10 {
        let world = World::random(&mut chance, 100);
        let (start, end) = (chance.below(30) as f64, 20.0 + chance.below(60) as f64);
        for range in [
            TimeRange::ALWAYS,
            TimeRange::began(start, end),
            TimeRange::began(start, end).requests(),
        ] {
            let mut drawn = Sketch::within(range);
            let blocks = world.index.blocks();
            let large = blocks.gather(&range, None, &world.kept, &mut drawn);
            assert!(large.iter().all(|large| large.is_certain));
            let large = large.iter().map(|large| &world.traces[&large.position]);
            large.for_each(|(_, entry)| drawn.add(entry));
            let mut expected = Sketch::within(range);
            for (_, entry) in world.traces.values() {
                if range.matched(entry).is_some() {
                    expected.add(entry);
                }
            }
            assert_eq!(drawn, expected, "{range:?}");
        }
    }
}
