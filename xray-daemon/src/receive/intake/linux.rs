//! How datagrams come in on Linux: all that wait, up to some number, by one call that also tells how many were dropped.

use std::io::{self, IoSliceMut};
use std::net::UdpSocket;
use std::os::fd::AsRawFd;

use nix::cmsg_space;
use nix::sys::socket::{
    ControlMessageOwned, MsgFlags, MultiHeaders, recvmmsg, setsockopt, sockopt,
};

/// The memory that datagrams are read into.
pub(in crate::receive) struct Intake {
    /// Room for [`GROUP`] of the longest: only what is written to takes memory.
    datagrams: Vec<u8>,
    overrun: u64,
}

/// No UDP datagram is longer. So many whole pages, that each datagram touches its own.
const LONGEST: usize = 65_536;

/// The most datagrams of one call. More gain nothing that can be measured.
const GROUP: usize = 64;

impl Intake {
    /// Before anything can arrive: each datagram is marked when it is queued.
    pub(in crate::receive) fn prepare(socket: &UdpSocket) {
        // Where it is refused (a sandbox may not know the option) drops are not counted.
        let _ = setsockopt(socket, sockopt::RxqOvfl, &1);
    }

    pub(in crate::receive) fn new() -> Self {
        Self {
            datagrams: vec![0; GROUP * LONGEST],
            overrun: 0,
        }
    }

    /// Waits for a datagram, and hands it, and those that wait behind it, to `take`.
    pub(in crate::receive) fn receive(
        &mut self,
        socket: &UdpSocket,
        mut take: impl FnMut(&[u8]),
    ) -> io::Result<()> {
        let mut slices: Vec<_> = self
            .datagrams
            .chunks_exact_mut(LONGEST)
            .map(|chunk| [IoSliceMut::new(chunk)])
            .collect();
        // New for each call: the kernel shortens the room for control data, and nothing sets it back.
        let mut headers = MultiHeaders::<()>::preallocate(GROUP, Some(cmsg_space!(u32)));
        let received = recvmmsg(
            socket.as_raw_fd(),
            &mut headers,
            slices.iter_mut(),
            MsgFlags::MSG_WAITFORONE,
            None,
        )?;
        let mut drops = None;
        for message in received {
            for control in message.cmsgs().into_iter().flatten() {
                if let ControlMessageOwned::RxqOvfl(count) = control {
                    drops = Some(count);
                }
            }
            take(message.iovs().next().unwrap_or_default());
        }
        if let Some(drops) = drops {
            // The kernel's count wraps around.
            let more = drops.wrapping_sub(self.overrun as u32);
            self.overrun += u64::from(more);
        }
        Ok(())
    }

    /// How many datagrams the kernel dropped in all, as far as those that came since tell.
    pub(in crate::receive) fn overrun(&self) -> u64 {
        self.overrun
    }
}
