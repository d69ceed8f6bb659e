use serde_json::json;
use xray_sdk::sampling::{Decision, Fallback};

use super::{Client, Counts, World, create_orders};
use crate::client::call;

/// Requests of both clients, one a second each, and what was decided on them.
struct Traffic {
    world: World,
    clients: [Client; 2],
    /// By X-Ray's rules.
    decided: Counts,
}

impl Traffic {
    /// The decisions of `seconds`, in order.
    fn run(&mut self, seconds: u32) -> Vec<Decision> {
        let mut decisions = Vec::new();
        for _ in 0..seconds {
            for client in &self.clients {
                let decision = client.request("/orders/7");
                if decision.fallback().is_none() {
                    self.decided.count(&decision);
                }
                decisions.push(decision);
            }
            self.world.pass(0.5, &self.clients);
            self.world.pass(0.5, &self.clients);
        }
        decisions
    }

    fn held(&self) -> u64 {
        let held = self.clients.iter().map(Client::held);
        held.sum()
    }
}

#[test]
fn x_ray_that_is_gone_for_two_hours_costs_no_count_and_no_rule() {
    let world = World::new();
    create_orders(&world.server, 4, 0.25);
    let mut traffic = Traffic {
        clients: [world.client(1), world.client(2)],
        world,
        decided: Counts::default(),
    };
    let before = traffic.run(300);
    assert_eq!(before.last().map(Decision::fallback), Some(None));
    let mut told = traffic.world.told("orders");
    assert_eq!(told.requests + traffic.held(), traffic.decided.requests);

    traffic.world.door.shut();
    let away = traffic.run(2 * 3_600);
    let (first, last) = (away[0].fallback(), away[away.len() - 1].fallback());
    assert_eq!(first, None, "the rules hold for a while");
    assert_eq!(last, Some(Fallback::OldRules));
    let held_for = away.iter().filter(|decision| decision.fallback().is_none());
    let seconds = held_for.count() / 2;
    // They were asked for within the five minutes before.
    assert!((3_300..=3_601).contains(&seconds), "{seconds} seconds");
    assert_eq!(told.requests + traffic.held(), traffic.decided.requests);
    // It keeps what it was told for an hour.
    assert_eq!(traffic.world.told("orders"), Counts::default());

    // The rules that come back are those of that time.
    let change = json!({"RuleName": "orders", "FixedRate": 0.75});
    call(
        &traffic.world.server,
        "/UpdateSamplingRule",
        &json!({"SamplingRuleUpdate": change}),
    );
    traffic.world.door.open();
    let back = traffic.run(120);
    let last = back
        .iter()
        .rposition(|decision| decision.fallback().is_some());
    let seconds = last.map_or(0, |last| last / 2 + 1);
    assert!(
        seconds <= 60,
        "X-Ray's rules were back after {seconds} seconds"
    );
    told += traffic.world.told("orders");
    assert_eq!(told.requests + traffic.held(), traffic.decided.requests);

    // What is left is told with the next report, and not more.
    let world = &traffic.world;
    told = told_before(told, world.told("orders"));
    world.pass(10.0, &traffic.clients);
    told += world.told("orders");
    assert_eq!(told, traffic.decided);
    assert_eq!(traffic.held(), 0);
}

/// What was told before the time of which the server still tells.
fn told_before(told: Counts, kept: Counts) -> Counts {
    Counts {
        requests: told.requests - kept.requests,
        sampled: told.sampled - kept.sampled,
        borrowed: told.borrowed - kept.borrowed,
    }
}
