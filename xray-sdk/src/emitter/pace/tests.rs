use super::*;

fn reading(queued: usize, capacity: usize) -> Option<Reading> {
    Some(Reading {
        socket: 1,
        queued,
        capacity,
        drops: 0,
    })
}

fn demand(bytes: usize, datagrams: usize) -> Demand {
    Demand {
        least: charge(bytes, false),
        all: datagrams * charge(bytes, false),
    }
}

/// When each datagram goes out, in milliseconds, when all are there at once and nothing is seen of the receiver.
fn departures(sizes: impl Iterator<Item = usize>) -> Vec<u128> {
    let start = Instant::now();
    let mut now = start;
    let mut pace = Pace::new();
    pace.begin(false);
    sizes
        .map(|bytes| {
            let demand = demand(bytes, 1);
            while let Step::Wait(pause) = pace.step(now, demand) {
                now += pause;
            }
            pace.spend(demand.least);
            now.duration_since(start).as_millis()
        })
        .collect()
}

#[test]
fn without_sight_a_burst_goes_out_at_once_and_the_next_one_waits() {
    let departures = departures([1_000; 70].into_iter());
    assert_eq!(departures.iter().filter(|at| **at == 0).count(), 32);
    assert_eq!(departures.iter().filter(|at| **at == 2).count(), 32);
    assert_eq!(departures.iter().filter(|at| **at == 4).count(), 6);
}

#[test]
fn without_sight_large_documents_go_out_one_by_one() {
    assert_eq!(
        departures([65_000, 65_000, 500, 65_000].into_iter()),
        [0, 2, 4, 6]
    );
}

#[test]
fn documents_that_come_slowly_do_not_wait() {
    let mut now = Instant::now();
    let mut pace = Pace::new();
    let demand = demand(1_000, 1);
    for _ in 0..1_000 {
        pace.begin(false);
        assert!(matches!(pace.step(now, demand), Step::Send(_)));
        pace.spend(demand.least);
        now += Duration::from_micros(100);
    }
}

#[test]
fn a_receiver_that_reads_is_sent_half_of_what_is_free() {
    let now = Instant::now();
    let mut pace = Pace::new();
    pace.begin(true);
    let demand = demand(1_000, 64);
    for queued in [0, 80_000] {
        assert_eq!(pace.step(now, demand), Step::Look);
        assert_eq!(pace.looked(now, reading(queued, 212_992), demand), None);
        let room = (212_992 - queued) / 2;
        assert_eq!(pace.step(now, demand), Step::Send(room));
        pace.spend(room);
    }
}

#[test]
fn a_large_buffer_is_not_looked_at_for_each_call() {
    let now = Instant::now();
    let mut pace = Pace::new();
    pace.begin(true);
    let demand = demand(1_000, 64);
    pace.looked(now, reading(0, 8 << 20), demand);
    for _ in 0..16 {
        assert!(matches!(pace.step(now, demand), Step::Send(_)));
        pace.spend(demand.all);
    }
}

#[test]
fn a_receiver_that_is_slow_is_waited_for() {
    let mut now = Instant::now();
    let mut pace = Pace::new();
    pace.begin(true);
    let demand = demand(1_000, 64);
    let mut pauses = Vec::new();
    for queued in [
        212_992, 200_000, 180_000, 150_000, 140_000, 130_000, 120_000,
    ] {
        assert_eq!(pace.step(now, demand), Step::Look);
        let pause = pace
            .looked(now, reading(queued, 212_992), demand)
            .expect("too little room");
        pauses.push(pause.as_micros());
        now += pause;
    }
    assert_eq!(pauses, [200, 400, 800, 1_000, 1_000, 1_000, 1_000]);
    assert_eq!(pace.looked(now, reading(100_000, 212_992), demand), None);
    assert!(matches!(pace.step(now, demand), Step::Send(_)));
}

#[test]
fn a_receiver_that_does_not_read_holds_nothing_up_for_long() {
    let start = Instant::now();
    let mut now = start;
    let mut pace = Pace::new();
    pace.begin(true);
    let demand = demand(1_000, 64);
    let mut sent = 0;
    while sent < 2 {
        match pace.step(now, demand) {
            Step::Send(room) => {
                pace.spend(room);
                sent += 1;
            }
            Step::Look => {
                let pause = pace.looked(now, reading(212_992, 212_992), demand);
                now += pause.unwrap_or_default();
            }
            Step::Wait(pause) => now += pause,
        }
    }
    let took = now.duration_since(start);
    assert!(
        (PATIENCE..PATIENCE + 3 * INTERVAL).contains(&took),
        "{took:?}"
    );
    // It may read again when the next batch comes.
    pace.begin(true);
    assert_eq!(pace.step(now, demand), Step::Look);
}

#[test]
fn a_receiver_that_never_reads_is_waited_for_once() {
    let mut now = Instant::now();
    let mut pace = Pace::new();
    let demand = demand(1_000, 64);
    let mut waited = |pace: &mut Pace, queued| {
        pace.begin(true);
        let mut waited = Duration::ZERO;
        while let Some(pause) = pace.looked(now, reading(queued, 212_992), demand) {
            waited += pause;
            now += pause;
        }
        waited
    };
    assert!(waited(&mut pace, 200_000) >= PATIENCE);
    for queued in [200_000, 212_992, 212_992] {
        assert_eq!(waited(&mut pace, queued), Duration::ZERO);
    }
    // It has read something: it may read more.
    assert!(waited(&mut pace, 150_000) >= PATIENCE);
    assert_eq!(waited(&mut pace, 150_000), Duration::ZERO);
    // It has read all, and stops again.
    assert_eq!(waited(&mut pace, 0), Duration::ZERO);
    assert!(waited(&mut pace, 200_000) >= PATIENCE);
}

#[test]
fn a_receiver_that_reads_little_is_not_waited_for_for_ever() {
    let start = Instant::now();
    let mut now = start;
    let mut pace = Pace::new();
    pace.begin(true);
    let demand = demand(1_000, 64);
    let mut queued = 212_992;
    while let Some(pause) = pace.looked(now, reading(queued, 212_992), demand) {
        now += pause;
        queued -= 1;
    }
    let took = now.duration_since(start);
    assert!(
        (LONGEST_LACK..LONGEST_LACK + LONGEST).contains(&took),
        "{took:?}"
    );
}

#[test]
fn an_empty_queue_takes_any_datagram() {
    let now = Instant::now();
    let mut pace = Pace::new();
    pace.begin(true);
    let demand = demand(65_000, 1);
    assert_eq!(pace.looked(now, reading(0, 4_096), demand), None);
    assert!(matches!(pace.step(now, demand), Step::Send(_)));
}

#[test]
fn a_receiver_that_goes_out_of_sight_is_sent_bursts() {
    let mut now = Instant::now();
    let mut pace = Pace::new();
    pace.begin(true);
    let demand = demand(1_000, 32);
    assert_eq!(pace.looked(now, None, demand), None);
    for _ in 0..3 {
        if let Step::Wait(pause) = pace.step(now, demand) {
            now += pause;
        }
        assert_eq!(pace.step(now, demand), Step::Send(BURST));
        pace.spend(BURST);
    }
}
