//! How datagrams come in, in the best way of the system.

#[cfg(not(target_os = "linux"))]
mod any;
#[cfg(target_os = "linux")]
mod linux;

#[cfg(not(target_os = "linux"))]
pub(super) use any::Intake;
#[cfg(target_os = "linux")]
pub(super) use linux::Intake;
