use serde_json::{Value, json};
use xray_local::TimeRange;

use crate::client::{call, post, server};
use crate::shop::{START, TRACE, front, orders, small, store};

fn summaries(documents: &[Value]) -> Value {
    let summaries = store(documents).summaries(&TimeRange::ALWAYS);
    serde_json::to_value(summaries).expect("can be written")
}

/// Takes root causes out of a summary: of each whether the client felt it, and the names on the way.
fn ways(summary: &mut Value, field: &str) -> Vec<String> {
    let names = |list: &Value, joint: &str, name: &dyn Fn(&Value) -> String| {
        let all: Vec<_> = list.as_array().expect("a list").iter().map(name).collect();
        all.join(joint)
    };
    let entity = |entity: &Value| entity["Name"].as_str().expect("a name").to_owned();
    let service = |service: &Value| names(&service["EntityPath"], " > ", &entity);
    let cause = |cause: &Value| match cause["ClientImpacting"] == json!(true) {
        true => format!("felt: {}", names(&cause["Services"], ", ", &service)),
        false => format!("handled: {}", names(&cause["Services"], ", ", &service)),
    };
    let causes = summary
        .as_object_mut()
        .and_then(|fields| fields.remove(field));
    causes
        .expect("the field")
        .as_array()
        .expect("a list")
        .iter()
        .map(cause)
        .collect()
}

#[test]
fn a_summary_tells_of_the_root_and_of_all_services() {
    let service = |name: &str, kind: &str| json!({"Name": name, "Names": [name], "Type": kind});
    let front_id = json!({"Name": "front", "Names": ["front"], "AccountId": "123456789012", "Type": "AWS::ECS::Container"});
    let orders_id = service("orders", "AWS::EC2::Instance");
    let mut summary = summaries(&[orders(), front()])[0].take();
    assert_eq!(
        ways(&mut summary, "FaultRootCauses"),
        ["handled: front > load order > orders.internal, orders > shop@db, shop@db"]
    );
    assert_eq!(
        ways(&mut summary, "ErrorRootCauses"),
        [
            "handled: front > load order > orders.internal, orders > pay.example.com, pay.example.com"
        ]
    );
    assert_eq!(
        ways(&mut summary, "ResponseTimeRootCauses"),
        ["felt: front > load order > orders.internal, orders"]
    );
    assert_eq!(
        summary,
        json!({
            "Id": TRACE,
            "StartTime": START,
            "Duration": 0.2,
            "ResponseTime": 0.2,
            "HasFault": false,
            "HasError": false,
            "HasThrottle": true,
            "IsPartial": false,
            "Http": {
                "HttpURL": "http://shop.example.com/checkout",
                "HttpStatus": 200,
                "HttpMethod": "GET",
                "UserAgent": "curl/8",
                "ClientIp": "192.0.2.7",
            },
            "Annotations": {
                "basket": [{"AnnotationValue": {"NumberValue": 3.0}, "ServiceIds": [front_id]}],
                "express": [{"AnnotationValue": {"BooleanValue": true}, "ServiceIds": [front_id]}],
                "order": [{"AnnotationValue": {"StringValue": "o-17"}, "ServiceIds": [front_id, orders_id]}],
            },
            "Users": [{"UserName": "alice", "ServiceIds": [front_id, orders_id]}],
            "ServiceIds": [
                service("SNS", "AWS::SNS"),
                front_id,
                service("front", "client"),
                orders_id,
                service("orders-table", "AWS::DynamoDB::Table"),
                service("pay.example.com", "remote"),
                service("shop@db", "Database::SQL"),
            ],
            "ResourceARNs": [],
            "InstanceIds": [{"Id": "i-0b5a4678fc325bg98"}],
            "AvailabilityZones": [{"Name": "eu-west-1a"}],
            "EntryPoint": front_id,
            "Revision": 2,
            "MatchedEventTime": START,
        })
    );
}

#[test]
fn a_summary_without_http_users_or_annotations_has_empty_ones() {
    let summary = &summaries(&[small(7)])[0];
    assert_eq!(summary["Http"], json!({}));
    assert_eq!(summary["Annotations"], json!({}));
    assert_eq!(summary["Users"], json!([]));
    assert_eq!(
        summary["EntryPoint"]["Type"], "",
        "a text, also when nothing is known"
    );
}

#[test]
fn only_the_root_decides_on_fault_and_error() {
    let summary = &summaries(&[front(), orders()])[0];
    assert_eq!(
        (&summary["HasFault"], &summary["HasError"]),
        (&json!(false), &json!(false)),
        "the failed calls of the order service were dealt with"
    );
    let mut failed = front();
    failed["error"] = json!(true);
    assert_eq!(summaries(&[failed, orders()])[0]["HasError"], json!(true));
    let mut failed = front();
    failed["http"]["response"]["status"] = json!(500);
    assert_eq!(summaries(&[failed])[0]["HasFault"], json!(true));
}

#[test]
fn a_trace_in_progress_is_partial_and_has_no_response_time() {
    let mut open = front();
    open["in_progress"] = json!(true);
    open.as_object_mut().expect("an object").remove("end_time");
    let summary = &summaries(std::slice::from_ref(&open))[0];
    assert_eq!(summary["IsPartial"], json!(true));
    assert!(summary.get("ResponseTime").is_none());

    let summary = &summaries(&[front(), open])[0];
    assert_eq!(
        summary["IsPartial"],
        json!(false),
        "the complete one counts, also when it came first"
    );
    assert_eq!(summary["ResponseTime"], json!(0.2));
}

#[test]
fn subsegments_without_their_segment_have_a_summary_too() {
    let orphan = json!({
        "name": "lost", "id": "1000000000000009", "trace_id": TRACE, "type": "subsegment", "parent_id": "1000000000000008",
        "start_time": START, "end_time": START + 1.0,
    });
    let summary = &summaries(&[orphan])[0];
    assert_eq!(summary["Id"], TRACE);
    assert_eq!(summary["Duration"], json!(1.0));
    assert!(summary.get("EntryPoint").is_none());
    assert_eq!(summary["ServiceIds"], json!([]));
}

#[test]
fn a_page_ends_with_a_token_and_the_last_page_with_none() {
    let server = server();
    for number in 1..=450 {
        assert!(server.store().insert(&small(number).to_string()).is_empty());
    }
    let mut input = json!({"StartTime": 0, "EndTime": 1000.5});
    let mut starts = Vec::new();
    let mut pages = 0;
    loop {
        let page = call(&server, "/TraceSummaries", &input);
        let traces = page["TraceSummaries"].as_array().expect("a list");
        assert_eq!(page["TracesProcessedCount"], traces.len());
        assert_eq!(page["ApproximateTime"], traces[0]["StartTime"]);
        starts.extend(
            traces
                .iter()
                .map(|trace| trace["StartTime"].as_f64().expect("a number")),
        );
        pages += 1;
        // What comes meanwhile does not shift the pages that follow.
        assert!(
            server
                .store()
                .insert(&small(500 + pages).to_string())
                .is_empty()
        );
        match page.get("NextToken") {
            Some(token) => input["NextToken"] = token.clone(),
            None => break,
        }
    }
    assert_eq!(pages, 3);
    let newest_first: Vec<_> = (1..=450).rev().map(f64::from).collect();
    assert_eq!(starts, newest_first);
}

#[test]
fn each_type_of_time_range_looks_at_its_own_time() {
    let server = server();
    server.store().insert(&small(100).to_string()); // ends at 100.5
    let count = |kind: &str, start: f64, end: f64| {
        let input = json!({"StartTime": start, "EndTime": end, "TimeRangeType": kind});
        let answer = call(&server, "/TraceSummaries", &input);
        answer["TraceSummaries"].as_array().expect("a list").len()
    };
    assert_eq!(count("TraceId", 100.0, 100.4), 1);
    assert_eq!(count("Service", 100.0, 100.4), 0);
    assert_eq!(count("Event", 100.2, 100.4), 1);
    assert_eq!(count("TraceId", 100.2, 100.6), 0);
    assert_eq!(count("Service", 100.2, 100.6), 1);
}

#[test]
fn an_empty_time_has_an_empty_page() {
    let server = server();
    assert_eq!(
        call(
            &server,
            "/TraceSummaries",
            &json!({"StartTime": 1.7e9, "EndTime": 1.8e9})
        ),
        json!({"TraceSummaries": [], "ApproximateTime": 1.7e9, "TracesProcessedCount": 0})
    );
}

#[test]
fn an_empty_filter_is_no_filter() {
    let input = json!({"StartTime": 0, "EndTime": 1, "FilterExpression": ""});
    assert_eq!(post(&server(), "/TraceSummaries", &input).status, 200);
}

#[test]
fn pages_of_a_filter_hold_what_it_means_and_lose_nothing() {
    let server = server();
    for number in 1..=900 {
        let mut document = small(number);
        document["annotations"] = json!({"odd": number % 2 == 1});
        assert!(server.store().insert(&document.to_string()).is_empty());
    }
    let mut input =
        json!({"StartTime": 0, "EndTime": 2000, "FilterExpression": "annotation.odd = true"});
    let mut starts = Vec::new();
    let mut processed = 0;
    loop {
        let page = call(&server, "/TraceSummaries", &input);
        let traces = page["TraceSummaries"].as_array().expect("a list");
        starts.extend(
            traces
                .iter()
                .map(|trace| trace["StartTime"].as_f64().expect("a number")),
        );
        processed += page["TracesProcessedCount"].as_u64().expect("a number");
        match page.get("NextToken") {
            Some(token) => input["NextToken"] = token.clone(),
            None => break,
        }
    }
    let odd: Vec<_> = (1..=900)
        .rev()
        .filter(|number| number % 2 == 1)
        .map(f64::from)
        .collect();
    assert_eq!(starts, odd);
    assert_eq!(processed, 900, "what does not match is counted, too");
}

#[test]
fn a_trace_lasts_until_its_last_activity_also_where_that_outlives_the_segments() {
    let front = json!({
        "name": "front", "id": "1000000000000001", "trace_id": TRACE, "start_time": 500, "end_time": 501,
        "subsegments": [{"name": "pay", "id": "1000000000000002", "namespace": "remote", "start_time": 500.5, "end_time": 510}],
    });
    let server = server();
    assert!(server.store().insert(&front.to_string()).is_empty());
    let found = |start: f64, end: f64, more: Value| {
        let mut input = json!({"StartTime": start, "EndTime": end});
        for (key, value) in more.as_object().expect("an object") {
            input[key] = value.clone();
        }
        call(&server, "/TraceSummaries", &input)["TraceSummaries"].take()
    };
    let all = found(500.0, 501.0, json!({}));
    assert_eq!(
        (&all[0]["Duration"], &all[0]["ResponseTime"]),
        (&json!(10.0), &json!(1.0))
    );
    for (filter, count) in [
        ("duration > 5", 1),
        ("duration > 10", 0),
        ("responsetime > 5", 0),
    ] {
        let meant = found(500.0, 501.0, json!({"FilterExpression": filter}));
        assert_eq!(meant.as_array().map(Vec::len), Some(count), "{filter}");
    }
    for (kind, start, end, count) in [
        ("Event", 505.0, 506.0, 1),
        ("Event", 511.0, 512.0, 0),
        ("Service", 510.0, 511.0, 1),
        ("Service", 505.0, 506.0, 0),
    ] {
        let meant = found(start, end, json!({"TimeRangeType": kind}));
        assert_eq!(
            meant.as_array().map(Vec::len),
            Some(count),
            "{kind} from {start}"
        );
    }
    let whole = call(&server, "/Traces", &json!({"TraceIds": [TRACE]}));
    assert_eq!(whole["Traces"][0]["Duration"], 10.0);
}

#[test]
fn what_does_not_match_counts_as_processed() {
    let server = server();
    for number in 1..=30 {
        let mut document = small(number);
        document["fault"] = json!(number % 10 == 0);
        assert!(server.store().insert(&document.to_string()).is_empty());
    }
    for (filter, start, end, found, processed) in [
        ("fault", 0, 100, 3, 30),
        ("annotation.x = 1", 0, 100, 0, 30),
        ("", 0, 100, 30, 30),
        ("fault", 5, 15, 1, 10),
    ] {
        let input = json!({"StartTime": start, "EndTime": end, "FilterExpression": filter});
        let page = call(&server, "/TraceSummaries", &input);
        assert_eq!(
            page["TraceSummaries"].as_array().map(Vec::len),
            Some(found),
            "{filter}"
        );
        assert_eq!(page["TracesProcessedCount"], processed, "{filter}");
    }
}
