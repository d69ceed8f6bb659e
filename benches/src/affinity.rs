use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::unistd::Pid;

/// One of those that this process may use.
#[derive(Clone, Copy)]
pub(crate) enum Core {
    First,
    Last,
}

/// Keeps this thread, and those that it starts from now on, on one core, where there are several and the system lets it.
pub(crate) fn stay_on(core: Core) {
    let this = Pid::from_raw(0);
    let Ok(usable) = sched_getaffinity(this) else {
        return;
    };
    let mut cores = (0..CpuSet::count()).filter(|core| usable.is_set(*core).unwrap_or(false));
    let chosen = match core {
        Core::First => cores.next(),
        Core::Last => cores.next_back(),
    };
    let mut alone = CpuSet::new();
    if chosen.is_some_and(|core| alone.set(core).is_ok()) {
        let _ = sched_setaffinity(this, &alone);
    }
}
