//! What a recorder tells its user: each thing once, with its cure.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use crate::foreign::guarded;

/// How many notices of single names and places are told; later ones are still counted where they happen.
const EACH: usize = 256;

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
    /// How many of them were of single names and places.
    each: usize,
}

impl Notices {
    /// Tells `text` unless something was told under `kind` before. There are few kinds, so none is ever left untold.
    pub(crate) fn tell_once(&self, kind: &str, text: impl FnOnce() -> String) {
        self.tell(kind, usize::MAX, text);
    }

    /// Tells `text` of one name or one place in the program. A program may have any number of these: at some point
    /// no more are told, which is told too.
    pub(crate) fn tell_each(&self, which: &str, text: impl FnOnce() -> String) {
        self.tell(which, EACH, text);
    }

    fn tell(&self, key: &str, most: usize, text: impl FnOnce() -> String) {
        let text = {
            let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
            if told.keys.contains(key) || told.each >= most {
                return;
            }
            told.keys.insert(key.to_owned());
            let mut text = text();
            if most != usize::MAX {
                told.each += 1;
                if told.each == most {
                    text.push_str(
                        " (more names and places like this are counted from here on, and not told)",
                    );
                }
            }
            told.texts.push(text.clone());
            text
        };
        // A logger is code of others, and may panic.
        let _ = guarded(|| log::warn!(target: "xray_sdk", "{text}"));
    }

    #[cfg(test)]
    pub(crate) fn while_locked(&self, work: impl FnOnce()) {
        let _told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        work();
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
    fn names_without_end_do_not_hide_a_loss() {
        let notices = Notices::default();
        for number in 0..1_000 {
            notices.tell_each(&number.to_string(), || number.to_string());
        }
        notices.tell_once("lost", || "a loss".to_owned());
        let texts = notices.texts();
        assert_eq!(texts.len(), EACH + 1);
        assert!(texts[EACH - 1].contains("not told"), "{texts:?}");
        assert_eq!(texts[EACH], "a loss");
    }
}
