//! How far long work has come, on standard error, and only where that is a terminal.

use indicatif::{ProgressBar, ProgressStyle};

/// A bar for `length` steps of what `doing` says.
pub(crate) fn progress(length: u64, doing: &'static str) -> ProgressBar {
    let bar = ProgressBar::new(length).with_message(doing);
    match ProgressStyle::with_template("{msg} {bar:30} {pos}/{len} {eta}") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
