//! Traces and graphs as text.

use serde_json::{Value, json};
use xray_local::{TimeRange, TimelineStyle, map, map_dot, map_svg, timeline};

use crate::shop::{START, TRACE, front, orders, store};

fn drawn(documents: &[Value], width: usize, colour: bool) -> String {
    let traces = store(documents).traces();
    timeline(&traces[0], TimelineStyle { width, colour })
}

fn mapped(documents: &[Value]) -> String {
    map(&store(documents).service_graph(&TimeRange::ALWAYS))
}

/// A service that calls others, by name, in a trace of its own.
fn caller(name: &str, number: u8, called: &[&str]) -> Value {
    let calls: Vec<_> = called
        .iter()
        .enumerate()
        .map(|(place, name)| {
            json!({"name": name, "id": format!("{number:02x}{place:014x}"), "namespace": "remote", "start_time": 1, "end_time": 2})
        })
        .collect();
    json!({
        "name": name, "id": format!("ff{number:014x}"), "trace_id": format!("1-00000001-{number:024x}"), "start_time": 1,
        "end_time": 2, "subsegments": calls,
    })
}

#[test]
fn a_timeline_shows_each_service_under_the_call_that_led_to_it() {
    assert_eq!(
        drawn(&[orders(), front()], 100, false),
        "\
trace 1-581cf771-a006649127e371903a2de979  200 ms  GET /checkout  200
front ............................ ██████████████████████████████    200 ms
  load order .....................  ████████████████████████████     180 ms
    orders.internal (remote) .....    ████████████████████████       160 ms
      orders .....................     ██████████████████████        140 ms
        DynamoDB (aws) ...........       ███                          20 ms  GetItem
        shop@db ..................          ████                      30 ms  fault  SELECT * FROM o…
        pay.example.com (remote) .                ████████            50 ms  throttle 429
        SNS (aws) ................                        █           10 ms  Publish
"
    );
}

#[test]
fn no_line_of_a_timeline_is_longer_than_it_may_be() {
    for width in [0, 40, 60, 80, 200] {
        let drawn = drawn(&[orders(), front()], width, false);
        for line in drawn.lines().skip(1) {
            assert!(line.chars().count() <= width.max(40), "{width}: {line}");
        }
    }
}

#[test]
fn bars_are_coloured_by_how_it_ended_only_when_asked() {
    let coloured = drawn(&[front(), orders()], 100, true);
    let colour_of = |name: &str| {
        let line = coloured
            .lines()
            .find(|line| line.trim_start().starts_with(name))
            .expect("a line");
        line.split('\x1b').nth(1).map(|text| text[..4].to_owned())
    };
    assert_eq!(colour_of("front").as_deref(), Some("[32m"));
    assert_eq!(colour_of("shop@db").as_deref(), Some("[31m"));
    assert_eq!(colour_of("pay").as_deref(), Some("[35m"));
    assert!(!drawn(&[front(), orders()], 100, false).contains('\x1b'));
}

#[test]
fn text_in_documents_does_not_reach_the_terminal_as_it_is() {
    let mut hostile = front();
    hostile["http"]["request"]["url"] = json!("http://a/\u{1b}[2J\u{7}");
    hostile["subsegments"][0]["sql"] = json!({"sanitized_query": "\u{1b}]0;owned\u{7}"});
    assert!(!drawn(&[hostile], 100, false).contains(['\x1b', '\x07']));
}

#[test]
fn work_in_progress_has_a_bar_to_the_end_and_no_time() {
    let mut open = orders();
    open["in_progress"] = json!(true);
    open.as_object_mut().expect("an object").remove("end_time");
    let drawn = drawn(&[front(), open], 100, false);
    let line = drawn
        .lines()
        .find(|line| line.contains(" orders ."))
        .expect("a line");
    assert!(line.contains("...  in progress"), "{line}");
}

#[test]
fn subsegments_without_a_segment_are_drawn_at_the_left() {
    let orphan = json!({
        "name": "lost", "id": "1000000000000009", "trace_id": TRACE, "type": "subsegment", "parent_id": "1000000000000008",
        "start_time": START + 0.1, "end_time": START + 0.2,
    });
    let drawn = drawn(&[orphan, front()], 80, false);
    assert!(
        drawn.lines().any(|line| line.starts_with("lost ")),
        "{drawn}"
    );
}

#[test]
fn a_map_follows_the_calls_from_the_client() {
    assert_eq!(
        mapped(&[front(), orders()]),
        "\
client -> front -> orders -> SNS
                          -> orders-table
                          -> pay.example.com
                          -> shop@db
"
    );
}

#[test]
fn a_service_shows_whom_it_calls_once() {
    let shared = caller("stock", 1, &["db"]);
    let mut front = caller("front", 2, &["orders", "stock-host"]);
    let mut orders = caller("orders", 3, &["stock-host"]);
    let mut stock = [shared.clone(), shared];
    let trace = "1-00000001-000000000000000000000009";
    front["trace_id"] = json!(trace);
    orders["trace_id"] = json!(trace);
    orders["parent_id"] = json!("0200000000000000");
    for (number, (document, parent)) in stock
        .iter_mut()
        .zip(["0200000000000001", "0300000000000000"])
        .enumerate()
    {
        document["trace_id"] = json!(trace);
        document["parent_id"] = json!(parent);
        document["id"] = json!(format!("fe{number:014x}"));
        document["subsegments"][0]["id"] = json!(format!("fd{number:014x}"));
    }
    let [one, two] = stock;
    assert_eq!(
        mapped(&[front, orders, one, two]),
        "\
client -> front -> orders -> stock -> db
                -> stock  -> ...
"
    );
}

#[test]
fn services_of_one_name_are_told_apart_by_their_type() {
    let mut service = caller("resize", 1, &["resize"]);
    service["origin"] = json!("AWS::Lambda::Function");
    assert_eq!(
        mapped(&[service]),
        "client -> resize (AWS::Lambda::Function) -> resize (remote)\n"
    );
}

#[test]
fn a_picture_of_many_services_can_be_read_and_names_them_all() {
    let names: Vec<_> = (0..80).map(|number| format!("host-{number}")).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    let graph = store(&[caller("front", 1, &names)]).service_graph(&TimeRange::ALWAYS);
    let picture = map_svg(&graph);
    assert_eq!(picture.matches("<rect").count(), 3, "{picture}");
    assert!(picture.contains(">80 services<"), "{picture}");
    assert!(picture.contains("80 ok"), "{picture}");
    assert!(picture.contains("host-0, host-1, "), "{picture}");
    let dot = map_dot(&graph);
    assert!(
        names.iter().all(|name| dot.contains(name)),
        "another program draws it"
    );
}

#[test]
fn an_empty_graph_is_an_empty_map() {
    assert_eq!(mapped(&[]), "");
}
