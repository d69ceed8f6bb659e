//! The processor's time-stamp counter. Unsafe code for an instruction that the standard library has no safe name for.
#![allow(
    unsafe_code,
    reason = "crates that read the counter safely calibrate it first, which takes longer than a cold start may"
)]

/// Whether the counter of all processors runs at one even rate, in sleep too.
///
/// Linux finds that out, watches it while the machine runs, and uses the counter for its own clock only then. Elsewhere nobody says so.
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
pub(super) fn is_reliable() -> bool {
    use std::sync::OnceLock;
    static RELIABLE: OnceLock<bool> = OnceLock::new();
    const SOURCE: &str = "/sys/devices/system/clocksource/clocksource0/current_clocksource";
    *RELIABLE.get_or_init(|| std::fs::read_to_string(SOURCE).is_ok_and(|name| name.trim() == "tsc"))
}

#[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
pub(super) fn is_reliable() -> bool {
    false
}

/// Reads the counter. Means nothing where it is not [reliable](is_reliable).
#[inline]
#[cfg(target_arch = "x86_64")]
pub(super) fn read() -> u64 {
    // SAFETY: every x86-64 processor has the instruction, and it touches no memory. An operating system may forbid it
    // (CR4.TSD; prctl PR_SET_TSC), which ends the process and never reads anything wrong; Linux's own clock is then read by the same
    // instruction in this process, so a program in which it is forbidden has no clock at all.
    unsafe { core::arch::x86_64::_rdtsc() }
}

#[inline]
#[cfg(not(target_arch = "x86_64"))]
pub(super) fn read() -> u64 {
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reliable_counter_never_goes_back() {
        if is_reliable() {
            let reads: Vec<_> = (0..1_000).map(|_| read()).collect();
            assert!(reads.is_sorted());
            assert!(reads[0] < reads[999]);
        }
    }
}
