//! Errors that are recorded: each once, wherever it passes, and none of what an adapter withholds.

use xray_sdk::document::{Cause, Document};
use xray_sdk::subsegment;
use xray_sdk::testing::Capture;

#[test]
fn an_error_that_bubbles_up_is_recorded_once() {
    #[derive(Debug)]
    struct Wrapped(std::num::ParseIntError);
    impl std::fmt::Display for Wrapped {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("the order is broken")
        }
    }
    impl std::error::Error for Wrapped {
        fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
            Some(&self.0)
        }
    }
    let capture = Capture::new("checkout");
    capture.recorder().segment("checkout").run_sync(|segment| {
        let wrapped = subsegment("load order").run(|outer| {
            let error = subsegment("parse").run(|inner| {
                let error = "x".parse::<u8>().expect_err("no number");
                inner.record_error(&error);
                error
            });
            let wrapped = Wrapped(error);
            outer.record_error(&wrapped);
            wrapped
        });
        segment.record_error(&wrapped);
    });
    let document = &capture.documents()[0];
    let outer = &document.subsegments[0];
    let inner = &outer.subsegments[0];
    let exceptions = |document: &Document| match &document.cause {
        Some(Cause::Exceptions(cause)) => cause.exceptions.clone(),
        other => panic!("{other:?}"),
    };
    let root = &exceptions(inner)[0];
    assert_eq!(
        root.message.as_deref(),
        Some("invalid digit found in string")
    );
    assert_eq!(
        root.kind.as_deref(),
        Some("core::num::error::ParseIntError")
    );
    let wrapped = exceptions(outer);
    assert_eq!(wrapped.len(), 1, "the source is only referred to");
    assert_eq!(wrapped[0].message.as_deref(), Some("the order is broken"));
    assert_eq!(wrapped[0].cause, root.id);
    assert!(
        matches!(&document.cause, Some(Cause::Recorded(id)) if Some(*id) == wrapped[0].id),
        "{:?}",
        document.cause
    );
    assert!(document.walk().all(|document| document.fault));
}

#[test]
fn the_same_text_in_two_siblings_is_two_exceptions() {
    let capture = Capture::new("checkout");
    capture.recorder().segment("checkout").run_sync(|_| {
        for _ in 0..2 {
            subsegment("try").run(|subsegment| {
                subsegment.record_error(&std::io::Error::other("refused"));
            });
        }
    });
    let ids: std::collections::HashSet<_> = capture.documents()[0]
        .subsegments
        .iter()
        .map(|document| match &document.cause {
            Some(Cause::Exceptions(cause)) => cause.exceptions[0].id,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(ids.len(), 2);
}

#[test]
fn an_error_recorded_twice_here_and_once_below_is_still_referred_to() {
    let capture = Capture::new("checkout");
    capture.recorder().segment("checkout").run_sync(|segment| {
        let error = std::io::Error::other("refused at http://me:secret@db/x?token=secret");
        subsegment("load").run(|load| {
            load.record_error(&error);
        });
        segment.record_error(&error).record_error(&error);
    });
    let document = &capture.documents()[0];
    assert!(
        matches!(document.cause, Some(Cause::Recorded(_))),
        "{:?}",
        document.cause
    );
    let text = String::from_utf8_lossy(&capture.bytes()[0]).into_owned();
    assert!(
        text.contains("refused at http://db/x") && !text.contains("secret"),
        "{text}"
    );
}

#[test]
fn what_is_withheld_stands_in_no_exception_of_its_segment() {
    let capture = Capture::new("checkout");
    let text = "key 'ann@example.com' is taken";
    capture.recorder().segment("checkout").run_sync(|segment| {
        subsegment("insert").run(|insert| {
            insert.withhold(text, "a key is taken");
        });
        // So many that they are sent ahead.
        (0..150).for_each(|_| drop(subsegment("other").begin()));
        segment.record_error(&std::io::Error::other(format!("{text:?}: {text}")));
    });
    capture.recorder().segment("checkout").run_sync(|segment| {
        segment.record_message("other", text);
    });
    let messages: Vec<_> = capture
        .documents()
        .into_iter()
        .filter_map(|document| match document.cause {
            Some(Cause::Exceptions(cause)) => cause.exceptions[0].message.clone(),
            _ => None,
        })
        .collect();
    assert_eq!(messages, ["\"a key is taken\": a key is taken", text]);
}
