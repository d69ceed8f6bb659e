use std::future::pending;
use std::panic::{AssertUnwindSafe, catch_unwind};

use futures_util::FutureExt as _;
use xray_sdk::sampling::Never;
use xray_sdk::testing::Capture;
use xray_sdk::{Sampled, Text, current, subsegment};
use xray_sdk_queue::{Inject, TRACE_HEADER, extract, send, send_timed};

use crate::broker::{Headers, Lost};
use crate::seen::{node, tree};

#[tokio::test]
async fn a_message_has_a_remote_subsegment_and_carries_its_id() {
    let capture = Capture::new("shop");
    let mut headers = Headers::new();
    let work = async {
        let publish = async { Ok::<_, Lost>(7) };
        assert_eq!(send("orders", &mut headers).run(publish).await, Ok(7));
    };
    capture.recorder().segment("shop").run(work).await;
    assert_eq!(tree(&capture), "shop\n  orders\n");
    let orders = node(&capture, "orders");
    assert_eq!(orders["namespace"], "remote");
    let header = extract(&headers);
    assert_eq!(header.sampled(), Sampled::Yes);
    assert_eq!(
        header.parent().map(|id| id.to_string()).as_deref(),
        orders["id"].as_str()
    );
}

#[tokio::test]
async fn what_is_done_to_publish_stands_below_the_message() {
    let capture = Capture::new("shop");
    let work = async {
        let publish = async {
            subsegment("connect").run(|_| ());
            Ok::<_, Lost>(())
        };
        send("orders", &mut Headers::new()).run(publish).await
    };
    capture
        .recorder()
        .segment("shop")
        .run(work)
        .await
        .expect("published");
    assert_eq!(tree(&capture), "shop\n  orders\n    connect\n");
}

#[test]
fn a_client_that_blocks_is_recorded_as_others_are() {
    let capture = Capture::new("shop");
    capture.recorder().segment("shop").run_sync(|_| {
        let publish = || {
            subsegment("connect").run(|_| ());
            Ok::<_, Lost>(7)
        };
        let sent = send("orders", &mut Headers::new()).run_sync(publish);
        assert_eq!(sent, Ok(7));
        let sent = send("orders", &mut Headers::new()).run_sync(|| Err::<(), _>(Lost));
        assert_eq!(sent, Err(Lost));
    });
    assert_eq!(
        tree(&capture),
        "shop\n  orders\n    connect\n  orders fault\n"
    );
    assert!(node(&capture, "orders")["metadata"].is_null());
}

#[tokio::test]
async fn an_error_is_recorded_and_handed_on() {
    let capture = Capture::new("shop");
    let work = async {
        let publish = async { Err::<(), _>(Lost) };
        assert_eq!(
            send("orders", &mut Headers::new()).run(publish).await,
            Err(Lost)
        );
    };
    capture.recorder().segment("shop").run(work).await;
    assert_eq!(tree(&capture), "shop\n  orders fault\n");
    let cause = &node(&capture, "orders")["cause"]["exceptions"][0];
    assert_eq!(cause["message"], "the connection is lost");
}

#[tokio::test]
async fn a_trace_that_is_not_sampled_records_nothing_and_says_so_to_the_consumer() {
    let capture = Capture::with_sampler("shop", Never);
    let mut headers = Headers::new();
    let work = async {
        let publish = async { Ok::<_, Lost>(()) };
        send("orders", &mut headers).run(publish).await
    };
    capture
        .recorder()
        .segment("shop")
        .run(work)
        .await
        .expect("published");
    assert_eq!(tree(&capture), "");
    assert_eq!(extract(&headers).sampled(), Sampled::No);
}

#[tokio::test]
async fn outside_of_a_trace_the_message_stays_as_it_is() {
    let mut headers = Headers::new();
    let publish = async { Ok::<_, Lost>(()) };
    send("orders", &mut headers)
        .run(publish)
        .await
        .expect("published");
    assert!(!headers.contains_key(TRACE_HEADER));
}

#[tokio::test]
async fn a_publish_that_is_given_up_closes_its_subsegment() {
    let capture = Capture::new("shop");
    let work = async {
        let publish = pending::<Result<(), Lost>>();
        let sending = send("orders", &mut Headers::new()).run(publish);
        assert!(sending.now_or_never().is_none());
    };
    capture.recorder().segment("shop").run(work).await;
    assert_eq!(tree(&capture), "shop\n  orders\n");
    let orders = node(&capture, "orders");
    assert!(orders["end_time"].is_number());
    assert_eq!(orders["metadata"]["xray"]["aborted"], true);
}

#[tokio::test]
async fn a_publish_that_was_never_tried_is_told_as_given_up() {
    let capture = Capture::new("shop");
    capture.recorder().segment("shop").run_sync(|_| {
        drop(send("orders", &mut Headers::new()));
    });
    assert_eq!(
        node(&capture, "orders")["metadata"]["xray"]["aborted"],
        true
    );
}

#[test]
fn a_panic_in_publishing_is_recorded_and_goes_on() {
    let capture = Capture::new("shop");
    let caught = catch_unwind(AssertUnwindSafe(|| {
        capture.recorder().segment("shop").run_sync(|_| {
            let publish = async {
                let panics = current().is_recording();
                assert!(!panics, "the client panicked");
                Ok::<_, Lost>(())
            };
            send("orders", &mut Headers::new())
                .run(publish)
                .now_or_never();
        });
    }));
    assert!(caught.is_err());
    assert_eq!(tree(&capture), "shop fault\n  orders fault\n");
    assert!(node(&capture, "orders")["metadata"].is_null());
}

/// Keeps the last header and allocates nothing itself.
#[derive(Default)]
struct Last(Option<String>);

impl Inject for Last {
    fn set(&mut self, _: &'static str, value: String) {
        self.0 = Some(value);
    }
}

#[test]
fn a_message_that_is_not_sampled_costs_the_allocation_of_its_header() {
    let capture = Capture::with_sampler("shop", Never);
    capture.recorder().segment("shop").run_sync(|_| {
        let publish = || {
            let mut header = Last::default();
            let publish = async { Ok::<_, Lost>(()) };
            let name = Text::copied("orders");
            let done = send_timed(name, &mut header).run(publish).now_or_never();
            assert_eq!(done, Some(Ok(())));
            header
        };
        publish();
        let allocated = allocation_counter::measure(|| drop(publish()));
        assert_eq!(allocated.count_total, 1);
    });
}
