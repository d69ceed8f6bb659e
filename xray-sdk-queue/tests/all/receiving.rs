use std::future::pending;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use futures_util::FutureExt as _;
use xray_sdk::sampling::{Decision, Never, Sampler, SamplingRequest};
use xray_sdk::testing::Capture;
use xray_sdk::{current, subsegment};
use xray_sdk_queue::{
    Arrival, Consume as _, Delivered, Message, Outcome, Receive as _, TRACE_HEADER, send,
};

use crate::broker::{Headers, Letter, Letters, Lost};
use crate::seen::{documents, node, queue, tree};

const W3C: &str = "00-4efaaf4d1e8720b39541901950019ee5-53995c3f42cd8ad8-01";

async fn receive(capture: &Capture, letter: Letter) {
    let work = |_| async { subsegment("pack").run(|_| ()) };
    letter.traced(capture.recorder(), "worker").run(work).await;
}

#[tokio::test]
async fn a_message_is_handled_in_the_trace_of_its_sender() {
    let capture = Capture::new("shop");
    let mut letter = Letter::default();
    let work = async {
        send("letters", &mut letter.headers)
            .run(async { Ok::<_, Lost>(()) })
            .await
    };
    capture
        .recorder()
        .segment("shop")
        .run(work)
        .await
        .expect("published");
    receive(&capture, letter).await;
    assert_eq!(tree(&capture), "shop\n  letters\n    worker\n      pack\n");
}

#[tokio::test]
async fn a_message_without_a_header_or_with_a_broken_one_begins_a_trace() {
    for letter in [
        Letter::default(),
        Letter::with(TRACE_HEADER, "Root=nonsense;;=;Parent"),
        Letter::with("traceparent", "00-zz"),
    ] {
        let capture = Capture::new("shop");
        receive(&capture, letter).await;
        assert_eq!(tree(&capture), "worker\n  pack\n");
        assert!(documents(&capture)[0]["parent_id"].is_null());
    }
}

#[tokio::test]
async fn a_message_of_a_sender_that_speaks_w3c_continues_its_trace() {
    let capture = Capture::new("shop");
    receive(&capture, Letter::with("traceparent", W3C)).await;
    let worker = node(&capture, "worker");
    assert_eq!(worker["trace_id"], "1-4efaaf4d-1e8720b39541901950019ee5");
    assert_eq!(worker["parent_id"], "53995c3f42cd8ad8");
}

#[tokio::test]
async fn the_sender_decides_whether_a_message_is_recorded() {
    let capture = Capture::with_sampler("shop", Never);
    receive(&capture, Letter::from_trace(1, 1, "1")).await;
    assert_eq!(tree(&capture), "worker\n  pack\n");
    let capture = Capture::new("shop");
    receive(&capture, Letter::from_trace(1, 1, "0")).await;
    assert_eq!(tree(&capture), "");
}

#[tokio::test]
async fn what_is_called_for_a_message_that_is_not_sampled_is_told_so() {
    let capture = Capture::new("shop");
    let work = |_| async { current().header().map(|header| header.to_string()) };
    let letter = Letter::from_trace(1, 1, "0");
    let header = letter.traced(capture.recorder(), "worker").run(work).await;
    let header = header.expect("a header");
    assert!(
        header.starts_with("Root=1-5759e988-000000000000000000000001;"),
        "{header}"
    );
    assert!(header.ends_with("Sampled=0"), "{header}");
}

#[tokio::test]
async fn a_sampling_rule_may_name_where_messages_come_from() {
    struct OnlyLetters;
    impl Sampler for OnlyLetters {
        fn decide(&self, request: &SamplingRequest<'_>) -> Decision {
            let place = ("messaging.destination.name", "letters");
            Decision::from(request.attributes.contains(&place) && request.service == "worker")
        }
    }
    let capture = Capture::with_sampler("shop", OnlyLetters);
    receive(&capture, Letter::default()).await;
    assert_eq!(tree(&capture), "worker\n  pack\n");
}

#[tokio::test]
async fn a_segment_tells_where_its_message_came_from_and_how_often() {
    let capture = Capture::new("shop");
    let mut letter = Letter::with("Xray-Sent-Ms", "1700000000000");
    letter.redeliveries = 2;
    receive(&capture, letter).await;
    let worker = node(&capture, "worker");
    let received = &queue(&worker)["received"];
    assert_eq!(received["broker"], "memory");
    assert_eq!(received["from"], "letters");
    assert_eq!(
        (&received["redelivered"], &received["redeliveries"]),
        (&true.into(), &2.into())
    );
    assert!(received["delay_ms"].as_u64() > Some(1), "{received}");
}

#[tokio::test]
async fn outcomes_are_told_by_the_segment() {
    for (outcome, name, line) in [
        (Outcome::Ack, "ack", "worker\n  pack\n"),
        (Outcome::Nack, "nack", "worker fault\n  pack\n"),
        (Outcome::Reject, "reject", "worker error\n  pack\n"),
    ] {
        let capture = Capture::new("shop");
        let reception = Letter::default().traced(capture.recorder(), "worker");
        reception
            .run(|letter| async move { subsegment("pack").run(|_| letter.outcome(outcome)) })
            .await;
        assert_eq!(tree(&capture), line);
        assert_eq!(queue(&node(&capture, "worker"))["outcome"], name);
    }
}

#[test]
fn work_that_blocks_is_recorded_as_other_work_is() {
    let capture = Capture::new("shop");
    let letter = || Letter::default().traced(capture.recorder(), "worker");
    let done = letter().run_sync(|letter| {
        subsegment("pack").run(|_| letter.outcome(Outcome::Nack));
        7
    });
    assert_eq!(done, 7);
    let caught = catch_unwind(AssertUnwindSafe(|| {
        letter().run_sync::<()>(|letter| {
            letter.outcome(Outcome::Reject);
            resume_unwind(Box::new("torn"));
        });
    }));
    assert!(caught.is_err(), "the panic goes on");
    assert_eq!(tree(&capture), "worker fault\n  pack\nworker fault error\n");
    assert_eq!(queue(&node(&capture, "worker"))["outcome"], "nack");
}

#[tokio::test]
async fn work_that_is_given_up_closes_its_segment() {
    let capture = Capture::new("shop");
    let reception = Letter::default().traced(capture.recorder(), "worker");
    let work = reception.run(|letter| async move {
        letter.outcome(Outcome::Ack);
        pending::<()>().await;
    });
    assert!(work.now_or_never().is_none());
    let worker = node(&capture, "worker");
    assert!(worker["end_time"].is_number());
    assert_eq!(worker["metadata"]["xray"]["aborted"], true);
    assert_eq!(queue(&worker)["outcome"], "ack");
}

#[test]
fn a_consumer_that_panics_is_recorded_and_the_panic_goes_on() {
    let capture = Capture::new("shop");
    let mut work = Box::pin(Letter::default().traced(capture.recorder(), "worker").run(
        |letter| async move { assert!(letter.headers.len() == 7, "no letter has seven headers") },
    ));
    let caught = catch_unwind(AssertUnwindSafe(|| (&mut work).now_or_never()));
    assert!(caught.is_err());
    // Whoever caught it still holds the future.
    assert_eq!(tree(&capture), "worker fault\n");
    assert!(node(&capture, "worker")["metadata"]["xray"].is_null());
}

/// Work that is polled while its thread unwinds, as by whoever shuts down in a destructor.
struct PolledInPanic<'a, F: Future + Unpin>(F, &'a Capture);

impl<F: Future + Unpin> Drop for PolledInPanic<'_, F> {
    fn drop(&mut self) {
        assert!(std::thread::panicking() && (&mut self.0).now_or_never().is_none());
        assert_eq!(documents(self.1).len(), 0, "the work goes on");
    }
}

#[test]
fn work_that_is_polled_while_something_else_panics_goes_on() {
    let capture = Capture::new("shop");
    let work = Letter::default()
        .traced(capture.recorder(), "worker")
        .run(|_| pending::<()>());
    let polled = PolledInPanic(Box::pin(work), &capture);
    let caught = catch_unwind(AssertUnwindSafe(|| {
        let _polled = polled;
        resume_unwind(Box::new("something else"));
    }));
    let message = caught.expect_err("it panics");
    assert_eq!(message.downcast_ref(), Some(&"something else"));
}

#[tokio::test]
async fn what_is_not_known_of_redeliveries_is_not_told() {
    struct Plain;
    impl Message for Plain {
        fn arrival(&self) -> Arrival<'_> {
            Arrival::at("letters")
        }
    }
    let capture = Capture::new("shop");
    Plain
        .traced(capture.recorder(), "worker")
        .run(|_| async {})
        .await;
    let worker = node(&capture, "worker");
    let received = queue(&worker)["received"].as_object().expect("told");
    assert_eq!(received.keys().collect::<Vec<_>>(), ["from"]);
}

#[tokio::test]
async fn work_may_be_spawned_and_keeps_its_segment() {
    let capture = Capture::new("shop");
    let work = |_| async {
        tokio::task::yield_now().await;
        subsegment("pack").run(|_| ());
    };
    let work = Letter::from_trace(1, 1, "1")
        .traced(capture.recorder(), "worker")
        .run(work);
    tokio::spawn(work).await.expect("no panic");
    assert_eq!(tree(&capture), "worker\n  pack\n");
}

#[tokio::test]
async fn each_message_of_a_stream_has_its_segment() {
    let capture = Capture::new("shop");
    let letters = Letters(
        [1, 2]
            .map(|trace| Ok(Letter::from_trace(trace, 1, "1")))
            .into(),
    );
    let done = letters
        .traced(capture.recorder(), "worker")
        .for_each(|letter| async move { letter.outcome(Outcome::Ack) })
        .await;
    assert_eq!(done, Ok(()));
    assert_eq!(tree(&capture), "worker\nworker\n");
    let documents = documents(&capture);
    assert_ne!(documents[0]["trace_id"], documents[1]["trace_id"]);
}

#[tokio::test]
async fn an_error_of_the_stream_ends_it_and_belongs_to_no_message() {
    let capture = Capture::new("shop");
    let letters = Letters([Ok(Letter::default()), Err(Lost), Ok(Letter::default())].into());
    let done = letters
        .traced(capture.recorder(), "worker")
        .for_each(|_| async {})
        .await;
    assert_eq!(done, Err(Lost));
    assert_eq!(tree(&capture), "worker\n");
}

#[test]
fn a_stream_that_is_given_up_closes_the_segment_of_the_message_at_work() {
    let capture = Capture::new("shop");
    let letters = Letters([Ok(Letter::default())].into());
    let consumer = letters.traced(capture.recorder(), "worker");
    let done = consumer.for_each(|_| pending()).now_or_never();
    assert!(done.is_none());
    let worker = node(&capture, "worker");
    assert!(worker["end_time"].is_number());
    assert_eq!(worker["metadata"]["xray"]["aborted"], true);
}

#[tokio::test]
async fn messages_of_a_stream_may_be_handled_at_the_same_time() {
    let capture = Capture::new("shop");
    let letters = Letters(
        [1, 2]
            .map(|trace| Ok(Letter::from_trace(trace, 1, "1")))
            .into(),
    );
    let mut letters = letters.traced(capture.recorder(), "worker".to_owned());
    let mut tasks = Vec::new();
    while let Some(letter) = letters.next().await {
        let work = letter
            .expect("a letter")
            .run(|_| async { subsegment("pack").run(|_| ()) });
        tasks.push(tokio::spawn(work));
    }
    for task in tasks {
        task.await.expect("no panic");
    }
    assert_eq!(tree(&capture), "worker\n  pack\nworker\n  pack\n");
}

#[tokio::test]
async fn headers_of_a_message_are_still_the_programs() {
    let capture = Capture::new("shop");
    let letter = Letter::with("mine", "kept");
    let work = |letter: Delivered<Letter>| async move { letter.into_inner().headers };
    let headers = letter.traced(capture.recorder(), "worker").run(work).await;
    assert_eq!(
        headers,
        Headers::from([("mine".to_owned(), "kept".to_owned())])
    );
}

async fn give_back(letter: Delivered<&Letter>) {
    letter.outcome(Outcome::Nack);
}

#[test]
fn a_message_that_is_not_sampled_costs_no_allocation() {
    let capture = Capture::new("shop");
    let letter = &Letter::from_trace(1, 1, "0");
    let receive = || {
        let reception = letter.traced(capture.recorder(), "worker");
        reception.run(give_back).now_or_never()
    };
    receive().expect("and once, so that all that is made once is there");
    let allocated = allocation_counter::measure(|| receive().expect("done at once"));
    assert_eq!(allocated.count_total, 0);
}
