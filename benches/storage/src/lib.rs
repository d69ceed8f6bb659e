//! What keeping documents costs: engines compared (`engines`), and `xray-local` with a million traces (`million`).

mod load;
mod process;

pub use load::{Document, Load, trace_id};
pub use process::{cpu_seconds, disk_bytes, peak_bytes, resident_bytes, thread_cpu_seconds};
