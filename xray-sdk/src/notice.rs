//! What a recorder tells its user: each thing once, with its cure.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

/// How many different notices are kept; later ones are still counted where they happen, but not told.
const KEPT: usize = 256;

/// Notices told so far. Each goes to the `log` crate at level `warn`, and stays readable in the recorder's health.
#[derive(Default)]
pub(crate) struct Notices {
    // Guards what was told. Locked off the request path, and by a request only when it does something that is told.
    told: Mutex<Told>,
}

#[derive(Default)]
struct Told {
    keys: HashSet<String>,
    texts: Vec<String>,
}

impl Notices {
    /// Tells `text` unless something was told under `key` before.
    pub(crate) fn tell_once(&self, key: &str, text: impl FnOnce() -> String) {
        let text = {
            let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
            if told.keys.len() >= KEPT || told.keys.contains(key) {
                return;
            }
            told.keys.insert(key.to_owned());
            let text = text();
            told.texts.push(text.clone());
            text
        };
        log::warn!(target: "xray_sdk", "{text}");
    }

    pub(crate) fn texts(&self) -> Vec<String> {
        self.told
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .texts
            .clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_thing_is_told_once() {
        let notices = Notices::default();
        notices.tell_once("a", || "first".into());
        notices.tell_once("a", || "second".into());
        notices.tell_once("b", || "third".into());
        assert_eq!(notices.texts(), ["first", "third"]);
    }

    #[test]
    fn the_list_is_bounded() {
        let notices = Notices::default();
        for number in 0..1_000 {
            notices.tell_once(&number.to_string(), || number.to_string());
        }
        assert_eq!(notices.texts().len(), KEPT);
    }
}
