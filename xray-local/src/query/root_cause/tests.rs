use xray_sdk::document::Trace;

use super::*;

/// A way in one line: `front: front > pay (remote) | pay`, `!` before one that the client does not feel.
fn told(causes: &[RootCause]) -> Vec<String> {
    let entity = |entity: &RootCauseEntity| {
        let remote = if entity.remote { "*" } else { "" };
        let coverage = entity.coverage.map(|coverage| format!(" {coverage}"));
        let exceptions = entity.exceptions.iter().flatten();
        let exceptions: String = exceptions
            .map(|exception| format!(" {}({})", exception.name, exception.message))
            .collect();
        format!(
            "{}{remote}{}{exceptions}",
            entity.name,
            coverage.unwrap_or_default()
        )
    };
    let service = |service: &RootCauseService| {
        let inferred = if service.inferred { "?" } else { "" };
        let path: Vec<_> = service.entity_path.iter().map(entity).collect();
        format!("{}{inferred}: {}", service.id.name, path.join(" > "))
    };
    let cause = |cause: &RootCause| {
        let hidden = if cause.client_impacting { "" } else { "!" };
        let services: Vec<_> = cause.services.iter().map(service).collect();
        format!("{hidden}{}", services.join(" | "))
    };
    causes.iter().map(cause).collect()
}

fn causes(documents: &[&str]) -> RootCauses {
    let documents = documents
        .iter()
        .map(|text| Document::parse(text.as_bytes()).expect("a document"));
    let traces = Trace::assemble(documents);
    RootCauses::of(&Anatomy::of(&traces[0]))
}

const FRONT: &str = r#"{"name":"front","id":"1000000000000001","trace_id":"1-581cf771-a006649127e371903a2de979","start_time":0,"end_time":4,"fault":true,
    "subsegments":[
        {"name":"load","id":"1000000000000002","start_time":0,"end_time":1,"subsegments":[
            {"name":"cache","id":"1000000000000003","start_time":0,"end_time":0.5,"fault":true}]},
        {"name":"pay","id":"1000000000000004","start_time":1,"end_time":4,"fault":true,"namespace":"remote",
            "cause":{"exceptions":[{"id":"1000000000000009","type":"Refused","message":"no money"}]}},
        {"name":"stock","id":"1000000000000005","start_time":1,"end_time":2,"error":true,"namespace":"remote","traced":true}]}"#;

const STOCK: &str = r#"{"name":"stock","id":"2000000000000001","parent_id":"1000000000000005","trace_id":"1-581cf771-a006649127e371903a2de979",
    "start_time":1,"end_time":2,"error":true,"subsegments":[{"name":"count","id":"2000000000000002","start_time":1,"end_time":2,"error":true}]}"#;

#[test]
fn behind_a_call_whose_segment_is_missing_faults_are_told() {
    let queue = r#"{"name":"SQS","id":"1000000000000002","parent_id":"1000000000000001","type":"subsegment","namespace":"aws",
        "trace_id":"1-581cf771-a006649127e371903a2de979","start_time":0,"end_time":1,"aws":{"queue_url":"orders"}}"#;
    let worker = r#"{"name":"worker","id":"2000000000000001","parent_id":"1000000000000002","fault":true,
        "trace_id":"1-581cf771-a006649127e371903a2de979","start_time":1,"end_time":2}"#;
    assert_eq!(
        told(&causes(&[queue, worker]).faults),
        ["!orders?: SQS | worker: worker"]
    );
}

#[test]
fn a_fault_is_told_by_the_way_to_the_deepest_work_that_failed() {
    assert_eq!(
        told(&causes(&[FRONT, STOCK]).faults),
        [
            "!front: front > load > cache",
            "front: front > pay* Refused(no money) | pay?: pay Refused(no money)",
        ]
    );
}

#[test]
fn a_fault_that_the_client_felt_has_a_cause_of_its_own_where_all_below_was_handled() {
    let shop = r#"{"name":"shop","id":"1000000000000001","trace_id":"1-581cf771-a006649127e371903a2de979","start_time":0,"end_time":4,"fault":true,
        "cause":{"exceptions":[{"id":"1000000000000009","type":"NullPointer","message":"m"}]},"subsegments":[
            {"name":"load","id":"1000000000000002","start_time":0,"end_time":1,"subsegments":[
                {"name":"cache","id":"1000000000000003","start_time":0,"end_time":0.5,"fault":true}]}]}"#;
    assert_eq!(
        told(&causes(&[shop]).faults),
        [
            "shop: shop NullPointer(m)",
            "!shop: shop NullPointer(m) > load > cache"
        ]
    );

    let shop = r#"{"name":"shop","id":"1000000000000001","trace_id":"1-581cf771-a006649127e371903a2de979","start_time":0,"end_time":4,"fault":true,
        "subsegments":[{"name":"stock","id":"1000000000000002","start_time":0,"end_time":1,"namespace":"remote"}]}"#;
    let stock = r#"{"name":"stock","id":"2000000000000001","parent_id":"1000000000000002","trace_id":"1-581cf771-a006649127e371903a2de979","start_time":0,"end_time":1,
        "subsegments":[{"name":"S3","id":"2000000000000002","start_time":0,"end_time":1,"namespace":"aws","fault":true}]}"#;
    assert_eq!(
        told(&causes(&[shop, stock]).faults),
        [
            "shop: shop",
            "!shop: shop > stock* | stock: stock > S3* | S3?: S3"
        ]
    );
}

#[test]
fn a_cause_that_names_an_exception_has_it_and_those_behind_it() {
    let front = r#"{"name":"front","id":"1000000000000001","trace_id":"1-581cf771-a006649127e371903a2de979","start_time":0,"end_time":4,"fault":true,
        "cause":"1000000000000008","subsegments":[{"name":"pay","id":"1000000000000002","start_time":0,"end_time":1,"fault":true,"cause":{"exceptions":[
            {"id":"1000000000000007","type":"Timeout","message":"a"},{"id":"1000000000000008","type":"Refused","message":"b"},
            {"id":"1000000000000009","type":"Closed","message":"c"}]}}]}"#;
    assert_eq!(
        told(&causes(&[front]).faults),
        ["front: front Refused(b) Closed(c) > pay Timeout(a) Refused(b) Closed(c)"]
    );
    let unknown = front.replacen("1000000000000008", "1000000000000005", 1);
    assert_eq!(
        told(&causes(&[&unknown]).faults),
        ["front: front > pay Timeout(a) Refused(b) Closed(c)"]
    );
}

#[test]
fn an_error_is_followed_into_the_service_that_was_called() {
    assert_eq!(
        told(&causes(&[FRONT, STOCK]).errors),
        ["!front: front > stock* | stock: stock > count"]
    );
}

#[test]
fn ways_that_are_alike_are_told_once() {
    let tries: Vec<_> = (0x10..0x40)
        .map(|id| {
            let name = if id < 0x3f { "pay" } else { "bill" };
            format!(r#"{{"name":"{name}","id":"10000000000000{id:x}","start_time":1,"end_time":2,"fault":true}}"#)
        })
        .collect();
    let front = FRONT.replace(
        r#""subsegments":["#,
        &format!(r#""subsegments":[{},"#, tries.join(",")),
    );
    let front = front.replacen(
        r#""start_time":0,"end_time":1,"subsegments":["#,
        r#""start_time":0,"end_time":1,"s":["#,
        1,
    );
    let faults = told(&causes(&[&front]).faults);
    assert_eq!(faults[..2], ["front: front > pay", "front: front > bill"]);
    assert_eq!(faults.len(), 3, "{faults:?}");
}

#[test]
fn time_is_followed_along_what_took_most_of_it() {
    assert_eq!(
        told(&causes(&[FRONT, STOCK]).response_times),
        ["front: front 1 > pay* 0.75 | pay?: pay 0.75"]
    );
}

#[test]
fn what_comes_after_the_answer_takes_no_share_of_its_time() {
    let front = |call: &str| {
        format!(
            r#"{{"name":"front","id":"1000000000000001","trace_id":"1-581cf771-a006649127e371903a2de979","start_time":0,"end_time":1,"subsegments":[
            {{"name":"pay","id":"1000000000000002",{call},"namespace":"remote"}}]}}"#
        )
    };
    let pay = |times: &str| {
        format!(
            r#"{{"name":"pay","id":"2000000000000001","parent_id":"1000000000000002","trace_id":"1-581cf771-a006649127e371903a2de979",{times}}}"#
        )
    };
    let shares = |documents: &[&str]| told(&causes(documents).response_times);
    let outlives = front(r#""start_time":0.25,"end_time":3"#);
    assert_eq!(
        shares(&[&outlives]),
        ["front: front 1 > pay* 0.75 | pay?: pay 0.75"]
    );
    let after = front(r#""start_time":2,"end_time":9"#);
    assert_eq!(shares(&[&after]), ["front: front 1"]);
    let call = front(r#""start_time":0.25,"end_time":1"#);
    for (times, expected) in [
        // A clock that is behind, a service that goes on after its answer, and one that took the message up later.
        (
            r#""start_time":-5,"end_time":-4.5"#,
            "front: front 1 > pay* 0.75 | pay: pay 0.5",
        ),
        (
            r#""start_time":0.5,"end_time":7"#,
            "front: front 1 > pay* 0.75 | pay: pay 0.75",
        ),
        (
            r#""start_time":60,"end_time":67"#,
            "front: front 1 > pay* 0.75",
        ),
    ] {
        assert_eq!(shares(&[&call, &pay(times)]), [expected]);
    }
}

#[test]
fn a_trace_that_goes_well_and_is_not_finished_has_no_root_causes() {
    let open = r#"{"name":"a","id":"1000000000000001","trace_id":"1-581cf771-a006649127e371903a2de979","start_time":0,"in_progress":true}"#;
    assert_eq!(causes(&[open]), RootCauses::default());
}

#[test]
fn a_chain_of_many_services_is_no_matter_of_the_stack() {
    let document = |number: u64| {
        let parent = match number {
            0 => String::new(),
            _ => format!(r#""parent_id":"{:016x}","#, number * 2),
        };
        format!(
            r#"{{"name":"s","id":"{:016x}",{parent}"trace_id":"1-581cf771-a006649127e371903a2de979","start_time":0,"end_time":1,"fault":true,
            "subsegments":[{{"name":"s","id":"{:016x}","start_time":0,"end_time":1,"fault":true,"namespace":"remote"}}]}}"#,
            number * 2 + 1,
            number * 2 + 2,
        )
    };
    let documents: Vec<_> = (0..20_000).map(document).collect();
    let documents: Vec<_> = documents.iter().map(String::as_str).collect();
    let causes = causes(&documents);
    assert_eq!(causes.faults.len(), 1);
    assert_eq!(
        causes.faults[0].services.len(),
        20_001,
        "the last call went to a service that sent nothing"
    );
}
