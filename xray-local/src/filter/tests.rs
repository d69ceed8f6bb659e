use xray_sdk::document::{Document, Trace};

use super::*;

mod guide;

/// A shop that fails: front calls stock (which answers), the host bank.example.com (which fails) and the table orders.
const FRONT: &str = r#"{"name":"front","id":"1000000000000001","trace_id":"1-581cf771-a006649127e371903a2de979","start_time":10,"end_time":14,
    "fault":true,"user":"alice","origin":"AWS::ECS::Container","resource_arn":"arn:aws:ecs:eu-west-1:1:container/a",
    "aws":{"account_id":"123","ec2":{"instance_id":"i-0b","availability_zone":"eu-west-1c"}},
    "http":{"request":{"method":"GET","url":"http://shop.example.com/api/game/7","user_agent":"curl/8","client_ip":"10.0.0.1"},"response":{"status":502}},
    "annotations":{"age":30,"vip":true,"tenant":"acme","a.b":"dot"},
    "subsegments":[
        {"name":"bank.example.com","id":"1000000000000004","start_time":11,"end_time":14,"fault":true,"namespace":"remote",
            "http":{"response":{"status":500}},"cause":{"exceptions":[{"id":"1000000000000009","type":"Refused","message":"no money"}]}},
        {"name":"stock","id":"1000000000000005","start_time":10,"end_time":11,"namespace":"remote"},
        {"name":"DynamoDB","id":"1000000000000006","start_time":10,"end_time":10.5,"namespace":"aws","throttle":true,"error":true,
            "aws":{"table_name":"orders"}}]}"#;

const STOCK: &str = r#"{"name":"stock","id":"2000000000000001","parent_id":"1000000000000005","trace_id":"1-581cf771-a006649127e371903a2de979",
    "start_time":10,"end_time":15,"user":"bob","http":{"response":{"status":200}},"annotations":{"age":7}}"#;

const PLAIN: &str = r#"{"name":"plain","id":"3000000000000001","trace_id":"1-581cf771-b006649127e371903a2de979","start_time":10,"end_time":10.5,
    "http":{"response":{"status":200}}}"#;

const OPEN: &str = r#"{"name":"open","id":"4000000000000001","trace_id":"1-581cf771-c006649127e371903a2de979","start_time":10,"in_progress":true}"#;

fn trace(documents: &[&str]) -> Trace {
    let documents = documents
        .iter()
        .map(|text| Document::parse(text.as_bytes()).expect("a document"));
    Trace::assemble(documents).remove(0)
}

/// Which of the three traces an expression means.
fn meant(expression: &str) -> String {
    let filter = Filter::parse(expression).unwrap_or_else(|error| panic!("{expression}: {error}"));
    let traces = [
        ("shop", trace(&[FRONT, STOCK])),
        ("plain", trace(&[PLAIN])),
        ("open", trace(&[OPEN])),
    ];
    let meant = traces.iter().filter(|(_, trace)| filter.matches(trace));
    meant.map(|(name, _)| *name).collect::<Vec<_>>().join(" ")
}

fn check(cases: &[(&str, &str)]) {
    for (expression, expected) in cases {
        assert_eq!(meant(expression), *expected, "{expression}");
    }
}

#[test]
fn flags_speak_of_the_first_segment_or_of_any() {
    check(&[
        ("ok", "plain"),
        ("fault", "shop"),
        ("error", ""),
        ("throttle", "shop"),
        ("partial", "open"),
        ("!partial", "shop plain"),
        ("inferred", "shop"),
        ("root", "shop plain open"),
        ("fault = true", "shop"),
        ("fault = false", "plain open"),
        ("fault != true", "plain open"),
        ("FAULT", "shop"),
    ]);
}

#[test]
fn numbers_compare_when_they_are_there() {
    check(&[
        ("responsetime > 3", "shop"),
        ("responseTime <= 4 AND responsetime >= 4", "shop"),
        ("responsetime < 1", "plain"),
        ("duration = 5", "shop"),
        ("duration != 5", "plain"),
        ("http.status != 200", "shop"),
        ("http.status = 200", "plain"),
        ("http.status = 2e2", "plain"),
        ("http.status", "shop plain"),
        ("!http.status", "open"),
        ("responsetime", "shop plain"),
        ("responsetime > -1.5", "shop plain"),
    ]);
}

#[test]
fn texts_compare_when_they_are_there() {
    check(&[
        (r#"http.url CONTAINS "/api/game/""#, "shop"),
        (
            r#"http.url BEGINSWITH "http://shop" and http.url endswith "/7""#,
            "shop",
        ),
        (r#"http.url = "http://shop.example.com/api/game/7""#, "shop"),
        (r#"http.url"#, "shop"),
        (r#"!http.url"#, "plain open"),
        (r#"http.method = GET"#, "shop"),
        (r#"http.useragent BEGINSWITH curl"#, "shop"),
        (r#"http.clientip = "10.0.0.1""#, "shop"),
        (r#"user CONTAINS """#, "shop"),
        (r#"user = "alice""#, "shop"),
        (r#"user = "bob""#, "shop"),
        (r#"user = "carol""#, ""),
        (r#"!user = "bob""#, "plain open"),
        (r#"availabilityzone = "eu-west-1c""#, "shop"),
        (r#"instance.id = "i-0b""#, "shop"),
        (r#"resource.arn ENDSWITH "/a""#, "shop"),
    ]);
}

#[test]
fn annotations_compare_by_the_type_that_is_asked_for() {
    check(&[
        ("annotation.age > 29", "shop"),
        ("annotation.age < 10", "shop"),
        ("annotation.age = 8", ""),
        ("annotation.age", "shop"),
        ("!annotation.age", "plain open"),
        (r#"annotation.age = "30""#, ""),
        ("annotation.vip = true", "shop"),
        ("annotation.vip != true", ""),
        (r#"annotation.tenant BEGINSWITH "ac""#, "shop"),
        ("annotation.tenant = acme", "shop"),
        ("annotation.Tenant", ""),
        ("annotation.a.b = dot", "shop"),
        (r#"annotation[a.b] = "dot""#, "shop"),
        (r#"annotation["a.b"] = "dot""#, "shop"),
        (r#"service("stock") { annotation.age = 7 }"#, "shop"),
        (r#"service("front") { annotation.age = 7 }"#, ""),
    ]);
}

#[test]
fn json_alone_is_that_of_root_causes() {
    let form = r#"#[{"Services":[{"Name":"a"}]}]"#;
    for (text, whole) in [
        (format!("json = {form}"), format!("rootcause.json = {form}")),
        (
            format!("fault JSON != {form}"),
            format!("fault rootcause.json != {form}"),
        ),
    ] {
        assert_eq!(Filter::parse(&text), Filter::parse(&whole), "{text}");
        assert!(Filter::parse(&text).is_ok(), "{text}");
    }
    let error = Filter::parse("json > 1").expect_err("no such comparison");
    assert_eq!(
        error.to_string(),
        "column 6: expected `=` or `!=`, found `>`"
    );
}

#[test]
fn a_key_in_quotes_may_hold_brackets_and_quotes() {
    for (text, told) in [
        (r#"annotation["a]b"] = 1"#, r#"annotation["a]b"] = 1"#),
        (r#"annotation[ "a\"b" ]"#, r#"annotation["a\"b"]"#),
        (r#"annotation[" a"]"#, r#"annotation[" a"]"#),
        (r#"annotation[ a.b ]"#, "annotation[a.b]"),
        (r#"annotation["a.b"]"#, "annotation[a.b]"),
    ] {
        let filter = Filter::parse(text).expect(text);
        assert_eq!(filter.to_string(), told);
        assert_eq!(Filter::parse(told), Ok(filter), "{told}");
    }
    for (text, column) in [
        (r#"annotation["a] = 1"#, 12),
        (r#"annotation["a"b] = 1"#, 15),
        (r#"annotation["a" = 1"#, 16),
        (r#"annotation["a""#, 11),
        (r#"annotation[a"#, 11),
    ] {
        let error = Filter::parse(text).expect_err(text);
        assert_eq!(error.column(), column, "{text}: {error}");
    }
}

#[test]
fn services_are_told_by_name_type_and_account() {
    check(&[
        (r#"service("stock")"#, "shop"),
        (r#"!service("stock")"#, "plain open"),
        (r#"service("stock") { fault }"#, ""),
        (
            r#"service("bank.example.com") { fault AND inferred }"#,
            "shop",
        ),
        ("service() { fault }", "shop"),
        ("service() { ok }", "shop plain"),
        ("service(){}", "shop plain open"),
        (
            r#"service(id(name: "orders", type: "AWS::DynamoDB::Table")) { throttle }"#,
            "shop",
        ),
        (
            r#"service(id(name: "orders", type: "AWS::SQS::Queue"))"#,
            "",
        ),
        (r#"service(id(account.id: "123"))"#, "shop"),
        (r#"service(id(type: "client"))"#, "shop plain open"),
        (r#"service("stock") { responsetime > 4 }"#, "shop"),
        (r#"service("stock") { user = "alice" }"#, ""),
        (r#"service("front") { root }"#, "shop"),
        (r#"service("stock") { root }"#, ""),
    ]);
}

#[test]
fn edges_are_told_by_what_the_caller_saw() {
    check(&[
        (r#"edge("front", "stock")"#, "shop"),
        (r#"edge("stock", "front") OR edge("front", "front")"#, ""),
        (r#"edge("front", "stock") { responsetime = 1 }"#, "shop"),
        (r#"edge("front", "stock") { error }"#, ""),
        (r#"edge("front", "bank.example.com") { fault }"#, "shop"),
        (
            r#"edge(id(name: "front"), id(type: "AWS::DynamoDB::Table")) { error throttle }"#,
            "shop",
        ),
        (
            r#"edge(id(name: "front", type: "client"), "front") { fault }"#,
            "shop",
        ),
    ]);
}

#[test]
fn root_causes_are_told_by_their_parts_or_by_their_form() {
    check(&[
        (
            r#"rootcause.fault.service { last and type = "remote" }"#,
            "shop",
        ),
        (
            r#"rootcause.fault.service { first and name = "front" }"#,
            "shop",
        ),
        (r#"rootcause.fault.service { name = "stock" }"#, ""),
        (
            r#"rootcause.fault.entity { last and name = "bank.example.com" }"#,
            "shop",
        ),
        (r#"rootcause.fault.entity { remote and index = 1 }"#, "shop"),
        (
            r#"rootcause.fault.exception { name = "Refused" and message CONTAINS "money" }"#,
            "shop",
        ),
        (
            r#"rootcause.error.service { name = "orders" inferred }"#,
            "shop",
        ),
        (
            r#"rootcause.responsetime.entity { remote and coverage > 0.7 and name = "bank.example.com" }"#,
            "shop",
        ),
        (
            r#"rootcause.responsetime.entity { coverage = 1 }"#,
            "shop plain",
        ),
        (
            r#"rootcause.json = #[{ "Services": [ { "Name": "plain", "EntityPath": [ {"Name":"plain"} ] } ] }]"#,
            "plain",
        ),
        (
            r#"rootcause.json != #[{ "Services": [ { "Name": "plain" } ] }]"#,
            "shop open",
        ),
        (
            r#"rootcause.json = #[{ "Services": [ { "Name": "front" } ] }]"#,
            "",
        ),
        (
            r#"rootcause.json = #{ "ClientImpacting": true } AND fault"#,
            "shop",
        ),
    ]);
}

#[test]
fn conditions_are_joined_as_the_guide_has_it() {
    check(&[
        ("ok !partial duration <3", "plain"),
        ("fault OR ok AND partial", "shop"),
        ("(fault OR ok) AND !partial", "shop plain"),
        ("!(fault OR ok)", "open"),
        ("!!fault", "shop"),
        ("responsetime>3 AND(fault)", "shop"),
        (r#"group.name = "Default" AND user = "alice""#, "shop"),
        (r#"group.name != "Default""#, ""),
        (r#"group.name = "other""#, ""),
    ]);
}

#[test]
fn an_error_tells_the_column_and_what_was_expected() {
    for (expression, told) in [
        (
            "",
            "column 1: expected a keyword such as `fault`, `http.url` or `annotation.key`, found the end",
        ),
        (
            "responsetime >",
            "column 15: expected a number, found the end",
        ),
        (
            "responsetime > fast",
            "column 16: expected a number, found `fast`",
        ),
        (
            "http.status = \"200\"",
            "column 15: expected a number, found \"200\"",
        ),
        (
            "http.url > 5",
            "column 10: `>` does not compare texts: expected `=`, `!=`, `CONTAINS`, `BEGINSWITH` or `ENDSWITH`",
        ),
        (r#"annotation[""]"#, "column 11: the key is missing"),
        (
            "annotation['n'] = 5",
            "column 11: the key stands in single quotes",
        ),
        ("fault = 1", "column 9: expected `true` or `false`, found 1"),
        (
            "fault AND",
            "column 10: expected a keyword such as `fault`, `http.url` or `annotation.key`, found the end",
        ),
        ("(fault", "column 7: expected `)`, found the end"),
        (
            "fault)",
            "column 6: expected a keyword, `AND`, `OR` or the end, found `)`",
        ),
        (
            "user = \"ä",
            "column 8: this text has no end: expected a second double quote",
        ),
        ("\u{e4} fault", "column 1: `\u{e4}` is no keyword here"),
        (
            "service(\"a\") { last }",
            "column 16: `last` speaks of root causes",
        ),
        ("last", "column 1: `last` speaks of root causes"),
        (
            "rootcause.fault.service { ok }",
            "column 27: `ok` says nothing of a root cause",
        ),
        (
            "rootcause.fault { ok }",
            "column 1: expected `rootcause.json`, or",
        ),
        (
            "rootcause.fault.service",
            "column 24: expected `{` and a condition, found the end",
        ),
        (
            "rootcause.json = #[",
            "column 18: what follows `#` is no JSON",
        ),
        ("edge(\"a\")", "column 9: expected `,`, found `)`"),
        (
            "service(id(nam: \"a\"))",
            "column 12: expected `name`, `type` or `account.id`, found `nam`",
        ),
        ("annotation. > 5", "column 1: `annotation.` lacks its key"),
        (
            "user = 'a'",
            "column 8: '\\'' means nothing here: texts stand in double quotes",
        ),
        ("duration < 5s", "column 12: \"5s\" is no number"),
        (
            "service() { service() }",
            "column 13: `service` is no keyword here",
        ),
    ] {
        let error = Filter::parse(expression).expect_err(expression).to_string();
        assert!(error.starts_with(told), "{expression}: {error}");
    }
}

#[test]
fn nesting_beyond_reason_is_refused_not_overflowed() {
    let deep = |levels: usize| format!("{}fault{}", "(".repeat(levels), ")".repeat(levels));
    assert!(Filter::parse(&deep(90)).is_ok());
    for text in [deep(100_000), "!".repeat(100_000)] {
        let error = Filter::parse(&text).expect_err("too deep");
        assert!(error.problem().contains("more than 100 levels"), "{error}");
    }
}

#[test]
fn there_may_be_so_many_conditions_and_no_more() {
    assert!(Filter::parse(&"ok ".repeat(500)).is_ok());
    let error = Filter::parse(&"ok ".repeat(30_000)).expect_err("too many");
    assert_eq!(
        error.to_string(),
        "column 1501: there are more than 500 conditions"
    );
}
