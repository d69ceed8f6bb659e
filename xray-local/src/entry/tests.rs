use super::*;

const FRONT: &str = r#"{"trace_id":"1-581cf771-a006649127e371903a2de979","name":"front","id":"1000000000000001","start_time":10,"end_time":14,
    "fault":true,"user":"alice","origin":"AWS::ECS::Container","resource_arn":"arn:a","http":{"request":{"url":"http://a/b"},"response":{"status":502}},
    "aws":{"account_id":"123","ec2":{"instance_id":"i-0b","availability_zone":"eu-west-1c"}},
    "annotations":{"age":30,"share":0.5,"vip":true,"tenant":"acme"},
    "links":[{"trace_id":"1-581cf771-b006649127e371903a2de979","id":"2000000000000002"}],
    "subsegments":[{"name":"bank","id":"1000000000000004","start_time":11,"end_time":13,"fault":true,"namespace":"remote",
        "cause":{"exceptions":[{"id":"1000000000000009","type":"Refused","message":"no money"}]}}]}"#;

const SENDER: &str = r#"{"trace_id":"1-581cf771-b006649127e371903a2de979","name":"shop","id":"2000000000000001","start_time":1,"end_time":4,
    "subsegments":[{"name":"SQS","namespace":"aws","id":"2000000000000002","start_time":2,"end_time":3,"aws":{"queue_url":"orders"}},
        {"name":"own","id":"2000000000000003","start_time":3,"end_time":4}]}"#;

fn trace(text: &str) -> Trace {
    let document = Document::parse(text.as_bytes()).expect("a document");
    Trace::assemble([document]).remove(0)
}

fn entry() -> Entry {
    let trace = trace(FRONT);
    Entry::of(&trace, 3, Span::of(&trace))
}

fn id(text: &str) -> SegmentId {
    SegmentId::parse(text).expect("an id")
}

#[test]
fn an_entry_read_from_its_bytes_is_the_same() {
    let mut entry = entry();
    assert_eq!(Entry::from_bytes(&entry.to_bytes()).as_ref(), Some(&entry));
    let sender = trace(SENDER);
    assert!(!entry.resolve(|link| Source::of(&sender, link.id)));
    assert_eq!(Entry::from_bytes(&entry.to_bytes()), Some(entry));
}

#[test]
fn bytes_that_are_cut_or_of_another_form_are_no_entry() {
    let bytes = entry().to_bytes();
    for length in 0..bytes.len() {
        assert_eq!(Entry::from_bytes(&bytes[..length]), None, "{length}");
    }
    let mut longer = bytes.clone();
    longer.push(0);
    assert_eq!(Entry::from_bytes(&longer), None);
    let mut other = bytes;
    other[0] = 0;
    assert_eq!(Entry::from_bytes(&other), None);
}

#[test]
fn broken_bytes_do_no_harm() {
    let bytes = entry().to_bytes();
    for at in 0..bytes.len() {
        let mut broken = bytes.clone();
        broken[at] = !broken[at];
        let _ = Entry::from_bytes(&broken);
    }
}

#[test]
fn a_link_leads_to_the_queue_that_was_sent_to_or_to_the_service_itself() {
    let sender = trace(SENDER);
    let source = |text: &str| Source::of(&sender, id(text));
    let queue = source("2000000000000002").expect("the queue");
    assert_eq!((queue.service.name.as_str(), queue.time), ("orders", 3.0));
    let own = source("2000000000000003").expect("the service");
    assert_eq!((own.service.name.as_str(), own.time), ("shop", 4.0));
    assert_eq!(source("2000000000000009"), None);
}
