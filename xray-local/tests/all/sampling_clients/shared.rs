use xray_sdk::sampling::{Decision, Reason};

use super::{Client, Counts, World, assert_rate, create_orders};

const RESERVOIR: u64 = 10;
const RATE: f64 = 0.1;
/// Each client's requests in a second.
const REQUESTS: usize = 200;
/// Rules came within 5 seconds, both have reported 10 seconds later, and two reports later the reservoir is split.
const SETTLED: u32 = 40;

/// What one client did in one second.
#[derive(Default)]
struct Second {
    locally: u64,
    borrowed: u64,
    reservoir: u64,
    cast: u64,
    passed: u64,
}

fn second(client: &Client, counts: &mut Counts) -> Second {
    let mut second = Second::default();
    let decide = |_| client.request("/orders/7");
    for decision in (0..REQUESTS).map(decide) {
        if decision.fallback().is_some() {
            second.locally += 1;
            continue;
        }
        assert_eq!(decision.rule(), Some("orders"));
        counts.count(&decision);
        second.count(&decision);
    }
    second
}

impl Second {
    fn count(&mut self, decision: &Decision) {
        match decision.reason() {
            Reason::Borrowed => self.borrowed += 1,
            Reason::Reservoir => self.reservoir += 1,
            Reason::Rate(rate) => {
                assert_eq!(rate, RATE);
                self.cast += 1;
                self.passed += u64::from(decision.is_sampled());
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn two_clients_take_the_reservoir_together_and_the_rate_of_a_hundred_thousand_others() {
    let world = World::new();
    create_orders(&world.server, RESERVOIR as u32, RATE);
    let clients = [world.client(1), world.client(2)];
    let mut counts = Counts::default();
    let (mut cast, mut passed, mut seconds) = (0, 0, 0);
    let mut has_quota = [false; 2];
    while cast < 100_000 {
        let both = clients.each_ref().map(|client| second(client, &mut counts));
        for (second, has_quota) in both.iter().zip(&mut has_quota) {
            let by_rules = second.locally == 0;
            *has_quota |= second.reservoir > 0;
            let may_borrow = by_rules && !*has_quota;
            assert_eq!(second.borrowed, u64::from(may_borrow), "in {seconds}");
            cast += second.cast;
            passed += second.passed;
        }
        let reservoir: u64 = both.iter().map(|second| second.reservoir).sum();
        assert!(reservoir <= RESERVOIR, "{reservoir} in second {seconds}");
        if seconds > SETTLED {
            let parts = both.map(|second| second.reservoir);
            assert_eq!(parts, [RESERVOIR / 2; 2], "in second {seconds}");
        }
        for _ in 0..4 {
            world.pass(0.25, &clients);
        }
        seconds += 1;
    }
    assert_rate(RATE, cast, passed);
    assert!(counts.borrowed > 0, "there was a time without quotas");

    // All of it is told, once.
    assert!(clients.iter().any(|client| client.held() > 0));
    world.pass(10.0, &clients);
    assert_eq!(clients.each_ref().map(Client::held), [0, 0]);
    assert_eq!(world.told("orders"), counts);
}

#[test]
fn what_is_recorded_is_what_was_decided_with_the_rules_name() {
    let world = World::new();
    create_orders(&world.server, 2, 0.5);
    let clients = [world.client(1)];
    world.pass(5.0, &clients);
    let [client] = &clients;
    let sampled = (0..200).filter(|_| client.request("/orders/7").is_sampled());
    let sampled = sampled.count();
    let documents = client.capture.documents();
    assert_eq!(documents.len(), sampled);
    for document in documents {
        let rule = document.aws.and_then(|aws| aws.xray?.sampling_rule_name);
        assert_eq!(rule.as_deref(), Some("orders"));
    }
}
