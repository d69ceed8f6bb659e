use super::surroundings::Surroundings;

/// The id of the container that the program runs in, as far as its control groups tell it.
///
/// They do where the container sees those of its host: always in version 1, seldom in version 2. The mount of `/etc/hostname` holds
/// an id too, but in Kubernetes that of another container, the pod's sandbox: a wrong id would be worse than none.
pub(super) fn id(surroundings: &Surroundings) -> Option<String> {
    let groups = surroundings.content_of("/proc/self/cgroup");
    let mounts = surroundings.content_of("/proc/self/mountinfo");
    let groups = groups.iter().flat_map(|groups| groups.lines());
    let mounts = mounts
        .iter()
        .flat_map(|mounts| mounts.lines())
        .filter(|line| line.contains(" - cgroup"));
    groups.chain(mounts).find_map(id_in)
}

/// The last run of exactly 64 hexadecimal digits: what stands before it may be the id of a task or pod.
fn id_in(line: &str) -> Option<String> {
    line.rsplit(|character: char| !character.is_ascii_hexdigit())
        .find(|run| run.len() == 64)
        .map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "e857a4bf05a69080a759574949d7a0e69572e27647800fa7faff6a05a8332aa1";
    const OTHER: &str = "0d8ef0ac8ea6bb8b4b53dda0f0c6ef5d9a3bd1e0ce1a1a6fcf9d6e7ac9a1d8e2";

    fn found(groups: &str, mounts: &str) -> Option<String> {
        let surroundings = Surroundings::new()
            .file("/proc/self/cgroup", groups)
            .file("/proc/self/mountinfo", mounts);
        id(&surroundings)
    }

    #[test]
    fn control_groups_of_all_kinds_tell_the_id() {
        for groups in [
            format!("13:pids:/\n12:memory:/ecs/158d1c8083dd49d6b527399fd6414f5c/{ID}\n"),
            format!("11:cpu:/kubepods/burstable/podf9b1b5c2-1d8c-4c4e-a5b0-5f8c0e2ab1c3/{ID}"),
            format!("0::/kubepods.slice/kubepods-pod7.slice/cri-containerd-{ID}.scope"),
            format!("1:name=systemd:/docker/{OTHER}/docker/{ID}"),
        ] {
            assert_eq!(found(&groups, "").as_deref(), Some(ID), "{groups}");
        }
    }

    #[test]
    fn the_mounts_of_control_groups_tell_it_where_the_groups_are_hidden() {
        let mounts = format!(
            "612 602 259:1 /var/lib/containerd/io.containerd.grpc.v1.cri/sandboxes/{OTHER}/hostname /etc/hostname rw - ext4 /dev/nvme0n1p1 rw\n\
             456 375 0:143 /kubepods-besteffort.slice:cri-containerd:{ID} /sys/fs/cgroup/systemd ro - cgroup cgroup rw,xattr\n"
        );
        assert_eq!(found("0::/\n", &mounts).as_deref(), Some(ID));
    }

    #[test]
    fn no_id_is_better_than_a_wrong_one() {
        let sandbox = format!(
            "612 602 259:1 /sandboxes/{OTHER}/hostname /etc/hostname rw - ext4 /dev/nvme0n1p1 rw\n"
        );
        assert_eq!(found("0::/\n", &sandbox), None);
        assert_eq!(found(&format!("0::/{ID}a\n"), ""), None);
        assert_eq!(id(&Surroundings::new()), None);
    }
}
