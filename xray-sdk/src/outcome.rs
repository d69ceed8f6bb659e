//! What the attribute `#[xray_sdk::subsegment]` records of what a function returned.
//!
//! An `Err` marks the subsegment as a fault and is recorded as an exception, by the first of these rules that its type allows:
//!
//! 1. a [`std::error::Error`]: the error with its whole source chain,
//! 2. what derefs to one (`Box<dyn Error + Send + Sync>`, `anyhow::Error`): the same, of that error,
//! 3. what can be displayed (`String`, `&str`): the name of the type and the text,
//! 4. anything else: the name of the type. `Debug` is not asked: it tells every field, a password too.
//!
//! An `Ok`, and any value that is no `Result`, records nothing.
//!
//! The compiler picks the rule, by the number of references that a method call may take away: [`RecordOutcome`] is implemented for
//! `&&&&Outcome` with the first rule's bounds, for `&&&Outcome` with the second's, and so on down to `Outcome` without any. So the
//! call must start with five references, at a place where the type of the value is known:
//!
//! ```
//! use xray_sdk::outcome::{Outcome, RecordOutcome as _};
//!
//! let capture = xray_sdk::testing::Capture::new("checkout");
//! capture.recorder().segment("checkout").run_sync(|segment| {
//!     let price: Result<u32, std::num::ParseIntError> = "12 euro".parse();
//!     (&&&&&Outcome(&price)).record(segment);
//! });
//! assert_eq!(capture.tree(), "checkout fault\n");
//! ```

use std::any::type_name;
use std::error::Error;
use std::fmt::Display;
use std::ops::Deref;

use crate::segment::{Entity, message_of};

/// A returned value that is about to be recorded.
#[derive(Debug)]
pub struct Outcome<'a, T>(pub &'a T);

/// Recording of an [`Outcome`], in the way that its type allows.
pub trait RecordOutcome {
    /// Records the value on `entity`. Costs a branch when there is no error.
    fn record(&self, entity: &mut Entity);
}

impl<T, E: Error> RecordOutcome for &&&&Outcome<'_, Result<T, E>> {
    fn record(&self, entity: &mut Entity) {
        if let Err(error) = self.0 {
            entity.record_error(error);
        }
    }
}

impl<T, E: Deref<Target: Error>> RecordOutcome for &&&Outcome<'_, Result<T, E>> {
    fn record(&self, entity: &mut Entity) {
        if let Err(error) = self.0 {
            entity.record_error(&**error);
        }
    }
}

impl<T, E: Display> RecordOutcome for &&Outcome<'_, Result<T, E>> {
    fn record(&self, entity: &mut Entity) {
        match self.0 {
            Err(error) if entity.is_recording() => {
                entity.record_message(type_name::<E>(), &message_of(error));
            }
            _ => {}
        }
    }
}

impl<T, E> RecordOutcome for &Outcome<'_, Result<T, E>> {
    fn record(&self, entity: &mut Entity) {
        if self.0.is_err() {
            entity.record_message(type_name::<E>(), "");
        }
    }
}

impl<T> RecordOutcome for Outcome<'_, T> {
    fn record(&self, _: &mut Entity) {}
}

/// Runs `work`.
///
/// The compiler takes a closure that is called where it is written for one that may be called again, which cannot hand out what it
/// captured by mutable reference. Passed through here it is called once, and may.
pub fn once<R>(work: impl FnOnce() -> R) -> R {
    work()
}

#[cfg(test)]
#[allow(
    clippy::needless_borrow,
    reason = "five references, as the attribute writes them for any type"
)]
mod tests {
    use std::error::Error;
    use std::fmt;

    use super::{Outcome, RecordOutcome as _};
    use crate::document::{Cause, Document};
    use crate::testing::Capture;

    #[derive(Debug)]
    struct Refused(std::num::ParseIntError);

    impl fmt::Display for Refused {
        fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("the price was refused")
        }
    }

    impl Error for Refused {
        fn source(&self) -> Option<&(dyn Error + 'static)> {
            Some(&self.0)
        }
    }

    fn refused() -> Refused {
        Refused("x".parse::<u8>().expect_err("x is no number"))
    }

    /// The messages of the exceptions that `record` leaves on a segment, outermost first; `None` when it is no fault.
    fn messages(record: impl FnOnce(&mut crate::Entity)) -> Option<Vec<String>> {
        let capture = Capture::new("checkout");
        capture.recorder().segment("checkout").run_sync(record);
        let document: Document = capture.documents().remove(0);
        document.fault.then(|| match document.cause {
            Some(Cause::Exceptions(cause)) => cause
                .exceptions
                .into_iter()
                .filter_map(|exception| exception.message)
                .collect(),
            _ => Vec::new(),
        })
    }

    const CHAIN: [&str; 2] = ["the price was refused", "invalid digit found in string"];

    #[test]
    fn an_error_is_recorded_with_its_sources() {
        let outcome: Result<(), Refused> = Err(refused());
        let messages = messages(|entity| (&&&&&Outcome(&outcome)).record(entity));
        assert_eq!(messages.as_deref(), Some(&CHAIN.map(String::from)[..]));
    }

    #[test]
    fn a_boxed_error_is_recorded_with_its_sources() {
        let local: Result<(), Box<dyn Error>> = Err(refused().into());
        let shared: Result<(), Box<dyn Error + Send + Sync>> = Err(refused().into());
        let local = messages(|entity| (&&&&&Outcome(&local)).record(entity));
        let shared = messages(|entity| (&&&&&Outcome(&shared)).record(entity));
        assert_eq!(local.as_deref(), Some(&CHAIN.map(String::from)[..]));
        assert_eq!(shared, local);
    }

    #[test]
    fn a_text_is_recorded_as_the_message() {
        let outcome: Result<(), String> = Err("sold out".to_owned());
        let messages = messages(|entity| (&&&&&Outcome(&outcome)).record(entity));
        assert_eq!(messages.as_deref(), Some(&["sold out".to_owned()][..]));
    }

    #[test]
    fn an_error_that_cannot_be_displayed_is_a_fault_that_keeps_its_fields_to_itself() {
        #[derive(Debug)]
        struct Login {
            #[allow(dead_code, reason = "a secret that Debug would tell")]
            password: &'static str,
        }
        let outcome: Result<(), Login> = Err(Login {
            password: "hunter2",
        });
        let messages = messages(|entity| (&&&&&Outcome(&outcome)).record(entity));
        let messages = messages.expect("it is a fault");
        assert!(
            messages.iter().all(|message| !message.contains("hunter2")),
            "{messages:?}"
        );
    }

    #[test]
    fn what_is_no_error_records_nothing() {
        let ok: Result<u8, Refused> = Ok(1);
        assert_eq!(messages(|entity| (&&&&&Outcome(&ok)).record(entity)), None);
        assert_eq!(
            messages(|entity| (&&&&&Outcome(&None::<u8>)).record(entity)),
            None
        );
    }

    #[test]
    fn a_closure_called_once_may_hand_out_what_it_captured_mutably() {
        let mut basket = vec![1, 2];
        let first = super::once(|| &mut basket[0]);
        *first = 3;
        assert_eq!(basket, [3, 2]);
    }
}
