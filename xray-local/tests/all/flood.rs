use xray_sdk::Recorder;
use xray_sdk::sampling::Always;

use crate::client::{DEADLINE, server};

/// What one thread records as fast as it can, before it waits for what it recorded.
const ROUND: usize = 10_000;
const ROUNDS: usize = 10;

#[test]
fn nothing_is_lost_of_what_a_recorder_records_as_fast_as_it_can() {
    let server = server();
    let recorder = Recorder::builder("checkout")
        .daemon_address(&server.address().to_string())
        .sampler(Always)
        .build()
        .expect("a recorder");
    for round in 1..=ROUNDS {
        for number in 0..ROUND {
            recorder.segment("checkout").run_sync(|segment| {
                segment.annotate("number", number);
                segment.metadata("text", &"x".repeat(number % 500));
            });
        }
        assert!(recorder.flush(DEADLINE), "{:?}", recorder.health());
        let all = (round * ROUND) as u64;
        let health = recorder.health();
        assert_eq!(
            (health.documents, health.lost_total()),
            (all, 0),
            "{health:?}"
        );
        let is_stored = server
            .store()
            .wait_until(|store| store.counts().stored == all, 6 * DEADLINE);
        assert!(
            is_stored,
            "{:?} {:?}",
            server.store().counts(),
            server.received()
        );
    }
    let counts = server.stop();
    assert_eq!((counts.received, counts.accepted), (100_000, 100_000));
}
