use super::*;

const HEAD: &str = r#""trace_id":"1-581cf771-a006649127e371903a2de979""#;

fn trace(documents: &[String]) -> Trace {
    let documents = documents
        .iter()
        .map(|json| Document::parse(json.as_bytes()).expect("a document"));
    let [trace] = <[Trace; 1]>::try_from(Trace::assemble(documents)).expect("one trace");
    trace
}

fn segment(name: &str, id: u8, more: &str) -> String {
    format!(
        r#"{{{HEAD},"name":"{name}","id":"{id:016x}","start_time":{id},"end_time":{}{more}}}"#,
        id + 10
    )
}

fn subsegment(name: &str, id: u8, more: &str) -> String {
    format!(
        r#"{{"name":"{name}","id":"{id:016x}","start_time":{id},"end_time":{}{more}}}"#,
        id + 5
    )
}

/// Who called whom: one line for each segment.
fn calls(trace: &Trace) -> Vec<String> {
    let anatomy = Anatomy::of(trace);
    let name = |segment: &Segment<'_>| match segment.is_inferred {
        true => format!("({})", segment.service.name),
        false => segment.service.name.clone(),
    };
    let line = |segment: &Segment<'_>| match segment.caller {
        Caller::Client => format!("client -> {}", name(segment)),
        Caller::Unknown { .. } => format!("? -> {}", name(segment)),
        Caller::Segment { number, .. } => format!(
            "{} -{}-> {}",
            name(&anatomy.segments()[number]),
            anatomy.call(segment).name,
            name(segment)
        ),
    };
    anatomy.segments().iter().map(line).collect()
}

#[test]
fn a_call_without_a_segment_behind_it_is_inferred() {
    let call = subsegment("db", 2, r#","namespace":"remote""#);
    let front = segment("front", 1, &format!(r#","subsegments":[{call}]"#));
    assert_eq!(
        calls(&trace(&[front])),
        ["client -> front", "front -db-> (db)"]
    );
}

#[test]
fn a_queue_stands_between_its_sender_and_its_consumers() {
    let aws = r#","namespace":"aws","aws":{"queue_url":"orders"}"#;
    let call = subsegment("SQS", 2, aws);
    let front = segment("front", 1, &format!(r#","subsegments":[{call}]"#));
    let behind = r#","parent_id":"0000000000000002""#;
    let worker = segment("worker", 20, behind);
    let other = segment(
        "other",
        21,
        &format!(r#"{behind},"origin":"AWS::Lambda::Function""#),
    );
    assert_eq!(
        calls(&trace(&[front, worker, other])),
        [
            "client -> front",
            "(orders) -worker-> worker",
            "(orders) -other-> other",
            "front -SQS-> (orders)",
        ]
    );
}

#[test]
fn a_function_that_sends_its_own_segment_is_called_by_the_caller() {
    let call = subsegment(
        "Lambda",
        2,
        r#","namespace":"aws","aws":{"function_name":"resize"}"#,
    );
    let front = segment("front", 1, &format!(r#","subsegments":[{call}]"#));
    let sent = r#","parent_id":"0000000000000002","origin":"AWS::Lambda""#;
    assert_eq!(
        calls(&trace(&[front, segment("resize", 3, sent)])),
        ["client -> front", "front -Lambda-> resize"]
    );
}

#[test]
fn a_segment_takes_the_place_of_the_inferred_one() {
    let call = subsegment("orders.internal", 2, r#","namespace":"remote""#);
    let within = subsegment("load", 3, &format!(r#","subsegments":[{call}]"#));
    let front = segment("front", 1, &format!(r#","subsegments":[{within}]"#));
    let orders = segment("orders", 4, r#","parent_id":"0000000000000002""#);
    assert_eq!(
        calls(&trace(&[orders, front])),
        ["client -> front", "front -orders.internal-> orders"]
    );
}

#[test]
fn a_segment_may_name_a_segment_as_its_parent() {
    let front = segment("front", 1, "");
    let orders = segment("orders", 4, r#","parent_id":"0000000000000001""#);
    assert_eq!(
        calls(&trace(&[front, orders])),
        ["client -> front", "front -orders-> orders"]
    );
}

#[test]
fn a_traced_call_is_waited_for() {
    for traced in [
        r#","traced":true"#,
        r#","http":{"request":{"traced":true}}"#,
    ] {
        let call = subsegment("orders", 2, &format!(r#","namespace":"remote"{traced}"#));
        let front = segment("front", 1, &format!(r#","subsegments":[{call}]"#));
        let waiting = trace(std::slice::from_ref(&front));
        assert_eq!(calls(&waiting), ["client -> front"]);
        assert!(Anatomy::of(&waiting).is_partial());

        let orders = segment("orders", 4, r#","parent_id":"0000000000000002""#);
        let whole = trace(&[front, orders]);
        assert!(!Anatomy::of(&whole).is_partial());
    }
}

#[test]
fn a_trace_is_partial_while_anything_in_it_goes_on() {
    let open = format!(
        r#"{{{HEAD},"name":"front","id":"{:016x}","start_time":1,"in_progress":true}}"#,
        1
    );
    assert!(Anatomy::of(&trace(std::slice::from_ref(&open))).is_partial());
    let closed = segment("front", 1, "");
    assert!(!Anatomy::of(&trace(&[closed, open])).is_partial());
}

#[test]
fn a_trace_begins_at_the_first_segment_that_nobody_in_it_called() {
    let late = segment("late", 5, r#","parent_id":"00000000000000ff""#);
    let front = segment("front", 1, "");
    let trace = trace(&[late, front]);
    assert_eq!(calls(&trace), ["client -> front", "client -> late"]);
    let anatomy = Anatomy::of(&trace);
    assert_eq!(anatomy.root().expect("a root").service.name, "front");
}

#[test]
fn a_trace_begins_where_no_parent_is_named_also_when_an_orphan_began_before() {
    let orphan = segment("orphan", 1, r#","parent_id":"00000000000000ff""#);
    let front = segment("front", 5, "");
    let trace = trace(&[orphan, front]);
    assert_eq!(calls(&trace), ["client -> orphan", "client -> front"]);
    let anatomy = Anatomy::of(&trace);
    assert_eq!(anatomy.root().expect("a root").service.name, "front");
}

#[test]
fn below_a_subsegment_whose_segment_is_missing_the_caller_is_unknown() {
    let call = format!(
        r#"{{{HEAD},"type":"subsegment","parent_id":"00000000000000ff","name":"call","namespace":"remote","id":"{:016x}","start_time":1,"end_time":2}}"#,
        2
    );
    let orders = segment("orders", 4, r#","parent_id":"0000000000000002""#);
    let trace = trace(&[call, orders]);
    assert_eq!(calls(&trace), ["? -> orders"]);
    assert_eq!(
        Anatomy::of(&trace).root().expect("a root").service.name,
        "orders"
    );
}

#[test]
fn what_an_orphan_called_is_inferred_and_its_caller_is_unknown() {
    let orphan = |name: &str, id: u8, more: &str| {
        segment(
            name,
            id,
            &format!(r#","type":"subsegment","parent_id":"00000000000000ff"{more}"#),
        )
    };
    let call = orphan("db", 2, r#","namespace":"remote""#);
    let alone = trace(std::slice::from_ref(&call));
    assert_eq!(calls(&alone), ["? -> (db)"]);
    assert!(Anatomy::of(&alone).root().is_none(), "nobody began it");
    assert_eq!(
        calls(&trace(&[call, segment("front", 3, "")])),
        ["client -> front", "? -> (db)"]
    );

    let call = subsegment("db", 3, r#","namespace":"remote""#);
    let work = orphan("work", 2, &format!(r#","subsegments":[{call}]"#));
    assert_eq!(calls(&trace(&[work])), ["? -> (db)"]);

    let queue = r#","namespace":"aws","aws":{"queue_url":"orders"}"#;
    let worker = segment("worker", 20, r#","parent_id":"0000000000000002""#);
    assert_eq!(
        calls(&trace(&[orphan("SQS", 2, queue), worker])),
        ["(orders) -worker-> worker", "? -> (orders)"]
    );
}

#[test]
fn segments_that_call_in_a_circle_have_a_beginning() {
    let one = segment("one", 1, r#","parent_id":"0000000000000003""#);
    let two = segment("two", 2, r#","parent_id":"0000000000000001""#);
    let three = segment("three", 3, r#","parent_id":"0000000000000002""#);
    assert_eq!(
        calls(&trace(&[one, two, three])),
        ["client -> one", "one -two-> two", "two -three-> three"]
    );
    let own = segment("own", 1, r#","parent_id":"0000000000000001""#);
    assert_eq!(calls(&trace(&[own])), ["client -> own"]);
}

#[test]
fn the_documents_given_out_hold_what_was_inferred() {
    let call = subsegment("db", 2, r#","namespace":"remote""#);
    let front = segment("front", 1, &format!(r#","subsegments":[{call}]"#));
    let trace = trace(&[front]);
    let documents = Anatomy::of(&trace).documents();
    let told: Vec<_> = documents
        .iter()
        .map(|document| (document.name.as_str(), document.inferred))
        .collect();
    assert_eq!(told, [("front", false), ("db", true)]);
}
