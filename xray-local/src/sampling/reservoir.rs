//! How the reservoir of a rule is split over the clients that use it.

use super::report::ClientId;

/// For how long a client may use its quota, in seconds: about as long as AWS's last.
pub(crate) const QUOTA_LIFETIME: f64 = 300.0;

/// A client that has not reported for so long, in seconds, takes no part in the split: three reports that did not come.
const SEEN_LATELY: f64 = 30.0;

/// How long a client has what does not divide evenly, in seconds, before it is another's turn.
const TURN: f64 = 60.0;

/// How many clients of one rule are known at a time. Those beyond get no quota, and go on borrowing.
const CLIENTS: usize = 10_000;

/// The quotas of one rule. At no time do those of the clients seen lately add up to more than the reservoir, and once all have
/// reported who share in it they add up to all of it. What one client is to have more another gives up first, by a report of its
/// own: after a change it takes two further reports of each at most, and a reservoir that was made smaller is overdrawn until then.
#[derive(Debug, Default)]
pub(crate) struct Reservoir {
    /// The clients, those first who are next to get what does not divide evenly. Newcomers come first.
    line: Vec<Client>,
    turn: i64,
}

#[derive(Clone, Copy, Debug)]
struct Client {
    id: ClientId,
    seen: f64,
    /// The last quota that it was given; `None` when there has been none yet.
    quota: Option<u32>,
}

impl Client {
    /// A clock that is put back a little makes no difference; one that is put back far starts anew.
    fn was_seen_within(&self, seconds: f64, now: f64) -> bool {
        (now - self.seen).abs() < seconds
    }

    fn shares(&self, now: f64) -> bool {
        self.was_seen_within(SEEN_LATELY, now)
    }
}

impl Reservoir {
    /// Takes note of a client that reports. `size` is that of the reservoir.
    pub(crate) fn see(&mut self, id: ClientId, size: u32, now: f64) {
        self.line
            .retain(|client| client.was_seen_within(QUOTA_LIFETIME, now));
        self.take_turns(size, now);
        let known = self.line.iter().position(|client| client.id == id);
        match known {
            Some(place) if self.line[place].shares(now) => self.line[place].seen = now,
            Some(place) => {
                let client = self.line.remove(place);
                self.line.insert(
                    0,
                    Client {
                        seen: now,
                        ..client
                    },
                );
            }
            None if self.line.len() < CLIENTS => {
                let client = Client {
                    id,
                    seen: now,
                    quota: None,
                };
                self.line.insert(0, client);
            }
            None => {}
        }
    }

    /// The quota of a client that was just seen: an equal part of the reservoir, as far as others have given it up. `None` while
    /// a newcomer waits for that.
    pub(crate) fn quota(&mut self, id: ClientId, size: u32, now: f64) -> Option<u32> {
        let mut sharing = 0_u32;
        let mut place = None;
        let mut held = 0_u64;
        for client in self.line.iter().filter(|client| client.shares(now)) {
            match client.id == id {
                true => place = Some(sharing),
                false => held += u64::from(client.quota.unwrap_or(0)),
            }
            sharing += 1;
        }
        let has_more = place? < size % sharing;
        let share = size / sharing + u32::from(has_more);
        let free = u64::from(size).saturating_sub(held);
        let quota = share.min(u32::try_from(free).unwrap_or(u32::MAX));
        let client = self.line.iter_mut().find(|client| client.id == id)?;
        if quota == 0 && share > 0 && client.quota.is_none() {
            return None;
        }
        client.quota = Some(quota);
        client.quota
    }

    /// How many clients share it, and what they may use together.
    pub(crate) fn shared(&self, now: f64) -> (usize, u64) {
        let sharing = self.line.iter().filter(|client| client.shares(now));
        let quota = sharing.clone().filter_map(|client| client.quota);
        (sharing.count(), quota.map(u64::from).sum())
    }

    /// Sends those who had what does not divide evenly to the end of the line, once a turn.
    fn take_turns(&mut self, size: u32, now: f64) {
        let turn = (now / TURN).floor() as i64;
        if turn == self.turn {
            return;
        }
        self.turn = turn;
        let sharing = self.line.iter().filter(|client| client.shares(now)).count();
        let mut left = size as usize % sharing.max(1);
        let (had_more, others): (Vec<_>, Vec<_>) = self.line.drain(..).partition(|client| {
            let had_more = left > 0 && client.shares(now);
            left -= usize::from(had_more);
            had_more
        });
        self.line.extend(others.into_iter().chain(had_more));
    }
}

#[cfg(test)]
mod tests;
