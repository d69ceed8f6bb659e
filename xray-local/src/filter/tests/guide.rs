//! Each example of the developer guide's page "Using filter expressions", and each word of the language, with a trace that is meant
//! and one that is not.

use serde_json::{Value, json};

use super::{Filter, trace};
use crate::filter::expression::{Field, Flag, Number, Text};
use crate::filter::keyword;

/// `all` with what is said of `more` in place; null takes a field away.
fn with(mut all: Value, more: &Value) -> Value {
    for (key, value) in more.as_object().expect("an object") {
        match value {
            Value::Null => drop(all.as_object_mut().expect("an object").remove(key)),
            _ => all[key] = value.clone(),
        }
    }
    all
}

/// A segment `front`, from 10 to 12 s unless something else is said.
fn front(more: &Value) -> Value {
    let all = json!({"trace_id": "1-581cf771-a006649127e371903a2de979", "id": "1000000000000001", "name": "front", "start_time": 10, "end_time": 12});
    with(all, more)
}

/// That segment with one subsegment as long, failing or not.
fn calling(call: &Value, is_failing: bool) -> Value {
    let call = with(
        json!({"id": "1000000000000002", "start_time": 10, "end_time": 12}),
        call,
    );
    front(&json!({"fault": is_failing, "subsegments": [call]}))
}

fn is_meant(expression: &str, document: &Value) -> bool {
    let filter = Filter::parse(expression).unwrap_or_else(|error| panic!("{expression}: {error}"));
    filter.matches(&trace(&[&document.to_string()]))
}

fn check(expression: &str, meant: &Value, other: &Value) {
    assert!(
        is_meant(expression, meant),
        "{expression} should mean {meant}"
    );
    assert!(
        !is_meant(expression, other),
        "{expression} should not mean {other}"
    );
}

#[test]
fn each_example_of_the_guide_means_what_it_says() {
    let took = |seconds: f64| front(&json!({"end_time": 10.0 + seconds}));
    let url = |url: &str| front(&json!({"http": {"request": {"url": url}}}));
    let status = |status: u16| front(&json!({"http": {"response": {"status": status}}}));
    let user = |user: &str| front(&json!({"user": user}));
    let age = |age: u8| front(&json!({"annotations": {"age": age}}));
    let account = |account: &str| front(&json!({"aws": {"account_id": account}}));
    let remote = |fault: bool| {
        calling(
            &json!({"name": "api.example.com", "namespace": "remote", "fault": fault}),
            false,
        )
    };
    let function = |error: bool| {
        front(&json!({"name": "f", "origin": "AWS::Lambda::Function", "error": error}))
    };
    let backend = |error: bool| {
        let call = json!({"name": "backend.example.com", "namespace": "remote", "error": error});
        with(calling(&call, false), &json!({"name": "api.example.com"}))
    };
    let v2 = |name: &str| with(url("http://api.example.com/v2/a"), &json!({"name": name}));
    for (expression, meant, other) in [
        ("responsetime > 5", took(5.5), took(5.0)),
        ("duration >= 5 AND duration <= 8", took(5.0), took(8.5)),
        ("ok !partial duration <3", took(2.5), took(3.0)),
        ("http.status != 200", status(302), status(200)),
        (
            r#"http.url CONTAINS "/api/game/""#,
            url("http://a/api/game/7"),
            url("http://a/api/games"),
        ),
        (r#"user CONTAINS """#, user("alice"), took(1.0)),
        (
            r#"service("api.example.com") { fault }"#,
            remote(true),
            remote(false),
        ),
        ("service() { fault }", remote(true), remote(false)),
        (
            r#"edge("api.example.com", "backend.example.com") { error }"#,
            backend(true),
            backend(false),
        ),
        (
            r#"http.url BEGINSWITH "http://api.example.com/" AND http.url CONTAINS "/v2/" AND !service("api.example.com")"#,
            v2("front"),
            v2("api.example.com"),
        ),
        ("annotation.age > 29", age(30), age(29)),
        (
            r#"group.name = "Default" AND user = "alice""#,
            user("alice"),
            user("bob"),
        ),
        (
            r#"service(id(name: "f", type: "AWS::Lambda::Function")) { error }"#,
            function(true),
            function(false),
        ),
        (
            r#"service(id(account.id: "123"))"#,
            account("123"),
            account("124"),
        ),
    ] {
        check(expression, &meant, &other);
    }
    // Groups but for that of all traces are of whoever keeps them.
    assert!(!is_meant(
        r#"group.name = "high_response_time" AND user = "alice""#,
        &user("alice")
    ));
}

#[test]
fn each_example_of_root_causes_means_what_it_says() {
    let failing = |name: &str, namespace: &str| {
        calling(
            &json!({"name": name, "namespace": namespace, "fault": true}),
            true,
        )
    };
    let long = |seconds: f64| {
        calling(
            &json!({"name": "traces", "namespace": "remote", "end_time": 10.0 + seconds}),
            false,
        )
    };
    for (expression, meant, other) in [
        (
            r#"rootcause.fault.service { last and type = "AWS::DynamoDB" }"#,
            failing("DynamoDB", "aws"),
            failing("SNS", "aws"),
        ),
        (
            r#"rootcause.fault.entity { last and name = "deserialize" }"#,
            failing("deserialize", "local"),
            failing("b", "local"),
        ),
        (
            r#"rootcause.responsetime.entity { remote and coverage > 0.7 and name = "traces" }"#,
            long(1.5),
            long(1.2),
        ),
        (
            "rootcause.responsetime.entity { remote and coverage > 0.7 and name = traces }",
            long(1.5),
            long(1.2),
        ),
        (
            r#"rootcause.json = #[{ "Services": [ { "Name": "front", "EntityPath": [ {"Name":"front"}, {"Name":"b"} ] } ] }]"#,
            failing("b", "local"),
            failing("c", "local"),
        ),
    ] {
        check(expression, &meant, &other);
    }
}

#[test]
fn each_word_has_a_trace_that_is_meant_and_one_that_is_not() {
    let plain = || front(&json!({}));
    let open = || front(&json!({"end_time": null, "in_progress": true}));
    let long = || front(&json!({"end_time": 19}));
    let failing = || {
        let cause = json!({"exceptions": [{"id": "1000000000000009", "type": "Refused", "message": "no money"}]});
        calling(
            &json!({"name": "bank", "namespace": "remote", "fault": true, "cause": cause}),
            true,
        )
    };
    let throttled = || front(&json!({"error": true, "throttle": true}));
    let of_aws = || {
        let ec2 = json!({"instance_id": "i-0b", "availability_zone": "eu-west-1c"});
        front(&json!({"resource_arn": "arn:a", "aws": {"ec2": ec2}}))
    };
    let request = || {
        let request = json!({"url": "http://a/b", "method": "GET", "user_agent": "curl/8", "client_ip": "10.0.0.1"});
        front(&json!({"user": "alice", "http": {"request": request, "response": {"status": 404}}}))
    };
    let rows = [
        (Field::Flag(Flag::Ok), "ok", plain(), failing()),
        (Field::Flag(Flag::Error), "error", request(), plain()),
        (
            Field::Flag(Flag::Throttle),
            "throttle = true",
            throttled(),
            plain(),
        ),
        (
            Field::Flag(Flag::Fault),
            "fault != false",
            failing(),
            plain(),
        ),
        (Field::Flag(Flag::Partial), "partial", open(), plain()),
        (Field::Flag(Flag::Inferred), "inferred", failing(), plain()),
        (
            Field::Flag(Flag::Root),
            r#"service("bank") { !root }"#,
            failing(),
            plain(),
        ),
        (
            Field::Flag(Flag::First),
            r#"rootcause.fault.service { first and name = "front" }"#,
            failing(),
            plain(),
        ),
        (
            Field::Flag(Flag::Last),
            r#"rootcause.fault.service { last and name = "bank" }"#,
            failing(),
            plain(),
        ),
        (
            Field::Flag(Flag::Remote),
            "rootcause.fault.entity { remote }",
            failing(),
            plain(),
        ),
        (
            Field::Number(Number::ResponseTime),
            "responsetime = 2",
            plain(),
            long(),
        ),
        (
            Field::Number(Number::Duration),
            "duration < 2.5",
            plain(),
            long(),
        ),
        (
            Field::Number(Number::HttpStatus),
            "http.status >= 404",
            request(),
            plain(),
        ),
        (
            Field::Number(Number::Index),
            "rootcause.fault.entity { index = 1 }",
            failing(),
            plain(),
        ),
        (
            Field::Number(Number::Coverage),
            "rootcause.responsetime.entity { coverage <= 1 }",
            plain(),
            open(),
        ),
        (
            Field::Text(Text::HttpUrl),
            r#"http.url BEGINSWITH "http://a""#,
            request(),
            plain(),
        ),
        (
            Field::Text(Text::HttpMethod),
            "http.method = GET",
            request(),
            plain(),
        ),
        (
            Field::Text(Text::HttpUserAgent),
            r#"http.useragent ENDSWITH "/8""#,
            request(),
            plain(),
        ),
        (
            Field::Text(Text::HttpClientIp),
            r#"http.clientip != "10.0.0.2""#,
            request(),
            plain(),
        ),
        (
            Field::Text(Text::User),
            r#"user CONTAINS "lic""#,
            request(),
            plain(),
        ),
        (
            Field::Text(Text::AvailabilityZone),
            r#"availabilityzone = "eu-west-1c""#,
            of_aws(),
            plain(),
        ),
        (
            Field::Text(Text::InstanceId),
            r#"instance.id = "i-0b""#,
            of_aws(),
            plain(),
        ),
        (
            Field::Text(Text::ResourceArn),
            r#"resource.arn = "arn:a""#,
            of_aws(),
            plain(),
        ),
        (
            Field::Text(Text::Name),
            r#"rootcause.fault.exception { name = "Refused" }"#,
            failing(),
            plain(),
        ),
        (
            Field::Text(Text::Type),
            "rootcause.fault.service { type = remote }",
            failing(),
            plain(),
        ),
        (
            Field::Text(Text::Message),
            r#"rootcause.fault.exception { message CONTAINS "money" }"#,
            failing(),
            plain(),
        ),
    ];
    for (field, expression, meant, other) in &rows {
        let word = keyword::word(field).expect("a word");
        assert!(expression.contains(word), "{expression}");
        check(expression, meant, other);
        check(
            &expression.replace(&format!("{word} "), &format!("{} ", word.to_uppercase())),
            meant,
            other,
        );
    }
    for (word, field) in keyword::FIELDS {
        assert!(
            rows.iter().any(|(known, ..)| known == field),
            "{word} lacks its row"
        );
    }
}

#[test]
fn an_expression_that_is_cut_or_has_a_letter_too_many_is_read_or_refused_with_a_column() {
    let whole = r#"(service("a") { fault OR http.url CONTAINS "b\"c" } AND !edge("a", id(type: "remote"))) annotation[a.b] >= 1.5 rootcause.json = #{"a":[1]}"#;
    let mut refused = 0;
    for (at, _) in whole.char_indices() {
        let (begin, end) = whole.split_at(at);
        for broken in [
            begin.to_owned(),
            format!("{begin}\u{1}{end}"),
            format!("{begin}){end}"),
        ] {
            if let Err(error) = Filter::parse(&broken) {
                refused += 1;
                let last = broken.chars().count() + 1;
                assert!((1..=last).contains(&error.column()), "{broken}: {error}");
                assert!(!error.problem().is_empty());
            }
        }
    }
    assert!(refused > whole.len(), "{refused} of {}", 3 * whole.len());
}
