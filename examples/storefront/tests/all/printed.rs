//! What it prints.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

use crate::storefront;

fn text(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("the program writes text")
}

#[test]
fn once_prints_a_timeline_and_the_map() {
    let printed = text(&storefront(&["--once"]));
    for part in [
        "front",
        "stock",
        "orders",
        "worker",
        "shop@localhost",
        "INSERT INTO orders",
    ] {
        assert!(printed.contains(part), "no {part} in\n{printed}");
    }
    assert!(printed.contains("client -> front"), "no map in\n{printed}");
    assert!(printed.contains(" 0 lost"), "{printed}");
}

#[test]
fn once_as_json_is_one_object_that_tells_what_was_seen() {
    let printed = text(&storefront(&["--once", "--json"]));
    let seen: Value = serde_json::from_str(&printed).expect("one object");
    assert_eq!(seen["traces"], 8);
    assert_eq!(seen["segments"], 24);
    assert_eq!(seen["lost"], 0);
    for service in ["front", "orders", "stock", "worker", "shop@localhost"] {
        let services = seen["services"].as_array().expect("a list");
        assert!(
            services.contains(&Value::from(service)),
            "no {service} in {printed}"
        );
    }
    for edge in [
        ["front", "orders"],
        ["front", "stock"],
        ["orders", "worker"],
        ["orders", "shop@localhost"],
    ] {
        let edges = seen["edges"].as_array().expect("a list");
        assert!(
            edges.contains(&Value::from(edge.to_vec())),
            "no {edge:?} in {printed}"
        );
    }
}

#[test]
#[cfg(unix)]
fn interrupted_it_closes_the_shop_and_nothing_is_lost() {
    let mut shop = Command::new(env!("CARGO_BIN_EXE_storefront"));
    let shop = shop
        .arg("--json")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut shop = shop.spawn().expect("the program starts");
    let mut talk = BufReader::new(shop.stderr.take().expect("piped")).lines();
    let visit = talk.find(|line| line.as_ref().is_ok_and(|line| line.starts_with("200")));
    assert!(visit.is_some(), "traffic flows after the first round");
    let interrupt = Command::new("kill")
        .args(["-INT", &shop.id().to_string()])
        .status();
    assert!(interrupt.expect("there is a kill").success());
    let output = shop.wait_with_output().expect("the program ends");
    assert!(output.status.success());
    let seen: Value = serde_json::from_slice(&output.stdout).expect("one object");
    assert!(seen["traces"].as_u64() > Some(8), "{seen}");
    assert_eq!(seen["lost"], 0);
}
