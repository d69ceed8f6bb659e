use serde_json::{Value, json};
use xray_sdk::sampling::Decision;

use super::{Client, World, create_orders};
use crate::client::call;

/// How often the clients have a request, and may report, in seconds.
const STEP: f64 = 0.1;

fn update(world: &World, change: &Value) {
    let input = json!({"SamplingRuleUpdate": change});
    call(&world.server, "/UpdateSamplingRule", &input);
}

/// How long it takes until `is_so` of all decisions of all clients, in seconds.
fn time_until(world: &World, clients: &[Client], is_so: impl Fn(&Decision) -> bool) -> f64 {
    for step in 0..1_000 {
        let decisions: Vec<_> = clients
            .iter()
            .map(|client| client.request("/orders/7"))
            .collect();
        if decisions.iter().all(&is_so) {
            return f64::from(step) * STEP;
        }
        world.pass(STEP, clients);
    }
    panic!("it never was so");
}

fn is_by(rule: &'static str) -> impl Fn(&Decision) -> bool {
    move |decision| decision.rule() == Some(rule) && decision.fallback().is_none()
}

fn clients(world: &World) -> [Client; 2] {
    create_orders(&world.server, 0, 0.0);
    let clients = [world.client(1), world.client(2)];
    let first = time_until(world, &clients, is_by("orders"));
    assert!(first <= 5.0, "the rules came after {first} seconds");
    clients
}

#[test]
fn an_edited_rule_is_in_force_within_ten_seconds() {
    let world = World::new();
    let clients = clients(&world);
    for round in 0..20 {
        let (path, rule) = match round % 2 {
            0 => ("/other/*", "Default"),
            _ => ("/orders/*", "orders"),
        };
        update(&world, &json!({"RuleName": "orders", "URLPath": path}));
        let time = time_until(&world, &clients, is_by(rule));
        assert!(time <= 10.0, "{time} seconds in round {round}");
        // Each round begins at another time between two reports.
        for _ in 0..7 * round {
            time_until(&world, &clients, is_by(rule));
            world.pass(STEP, &clients);
        }
    }
}

#[test]
fn a_new_rule_and_one_that_is_gone_are_seen_within_ten_seconds() {
    let world = World::new();
    let clients = clients(&world);
    let rule = json!({
        "RuleName": "first", "Priority": 1, "FixedRate": 1, "ReservoirSize": 0, "URLPath": "/orders/7", "Version": 1,
        "ResourceARN": "*", "ServiceName": "*", "ServiceType": "*", "Host": "*", "HTTPMethod": "*",
    });
    let create = json!({"SamplingRule": rule});
    call(&world.server, "/CreateSamplingRule", &create);
    let time = time_until(&world, &clients, is_by("first"));
    assert!(time <= 10.0, "{time} seconds");
    call(
        &world.server,
        "/DeleteSamplingRule",
        &json!({"RuleName": "first"}),
    );
    let time = time_until(&world, &clients, is_by("orders"));
    assert!(time <= 10.0, "{time} seconds");
}

#[test]
fn the_last_of_many_edits_is_in_force_within_ten_seconds() {
    let world = World::new();
    let clients = clients(&world);
    for round in 0..20 {
        // Several a second, so that clients ask for rules between two edits of the same second.
        for edit in 0..110 + 7 * round {
            let path = format!("/edit/{round}/{edit}");
            update(&world, &json!({"RuleName": "orders", "URLPath": path}));
            clients
                .iter()
                .for_each(|client| drop(client.request("/orders/7")));
            world.pass(STEP, &clients);
        }
        update(
            &world,
            &json!({"RuleName": "orders", "URLPath": "/orders/*"}),
        );
        let time = time_until(&world, &clients, is_by("orders"));
        assert!(time <= 10.0, "{time} seconds in round {round}");
    }
}
