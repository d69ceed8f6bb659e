use proptest::prelude::*;

use super::*;

/// A whole number of turns.
const NOW: f64 = 1_700_000_040.0;

fn id(number: usize) -> ClientId {
    ClientId::try_from(format!("{number:024x}")).expect("24 digits")
}

/// A reservoir and what its clients were told last: their quotas, as long as they use them.
struct World {
    size: u32,
    now: f64,
    reservoir: Reservoir,
}

impl World {
    fn new(size: u32) -> Self {
        Self {
            size,
            now: NOW,
            reservoir: Reservoir::default(),
        }
    }

    fn report(&mut self, client: usize) -> Option<u32> {
        self.reservoir.see(id(client), self.size, self.now);
        self.reservoir.quota(id(client), self.size, self.now)
    }

    /// The quotas of those seen lately, added up.
    fn sum(&self) -> u32 {
        let sharing = self.reservoir.line.iter();
        sharing
            .filter(|client| client.shares(self.now))
            .map(|client| client.quota.unwrap_or(0))
            .sum()
    }
}

#[test]
fn one_client_has_all() {
    let mut world = World::new(7);
    assert_eq!(world.report(1), Some(7));
    world.now += 10.0;
    assert_eq!(world.report(1), Some(7));
}

#[test]
fn a_newcomer_waits_until_others_give_up_its_part() {
    let mut world = World::new(10);
    assert_eq!(world.report(1), Some(10));
    assert_eq!(world.report(2), None);
    assert_eq!(world.report(1), Some(5));
    assert_eq!(world.report(2), Some(5));
    assert_eq!(world.report(3), None);
    assert_eq!(world.report(1), Some(3));
    assert_eq!(world.report(3), Some(2), "what was given up so far");
    assert_eq!(world.report(2), Some(3));
    assert_eq!(world.report(3), Some(4));
    assert_eq!(world.sum(), 10);
}

#[test]
fn the_quotas_of_two_clients_add_up_to_the_reservoir_at_every_moment() {
    for size in [0, 1, 2, 3, 10, 2_147_483_647] {
        let mut world = World::new(size);
        for client in [1, 2, 1, 2] {
            world.report(client);
            assert!(world.sum() <= size);
            world.now += 5.0;
        }
        // In their own time, until it is the other's turn to have what does not divide evenly.
        let end = NOW + TURN;
        while world.now < end {
            for client in [1, 2] {
                world.report(client);
                assert_eq!(world.sum(), size, "at {}", world.now);
            }
            world.now += 3.5;
        }
    }
}

#[test]
fn what_does_not_divide_evenly_is_everybodys_in_turn() {
    let mut world = World::new(7);
    let mut had = [0_u32; 3];
    let rounds = 30 * 6;
    for _ in 0..rounds {
        for (client, had) in had.iter_mut().enumerate() {
            *had += world.report(client).unwrap_or(0);
            assert!(world.sum() <= 7);
        }
        world.now += 10.0;
    }
    // 2 and a third each; a client that waits for another to give up its part loses a round of it.
    for had in had {
        let mean = f64::from(had) / f64::from(rounds);
        assert!((2.2..=2.45).contains(&mean), "{mean}");
    }
}

#[test]
fn a_client_that_goes_away_gives_its_part_back() {
    let mut world = World::new(10);
    for client in [1, 2, 1, 2] {
        world.report(client);
    }
    world.now += SEEN_LATELY - 0.1;
    assert_eq!(world.report(1), Some(5));
    world.now += 0.1;
    assert_eq!(world.report(1), Some(10));
}

#[test]
fn a_client_that_comes_back_is_told_to_stop_using_its_old_quota() {
    let mut world = World::new(10);
    for client in [1, 2, 1, 2] {
        world.report(client);
    }
    for _ in 0..4 {
        world.now += 10.0;
        world.report(1);
    }
    assert_eq!(world.report(2), Some(0), "the other has all");
    assert_eq!(world.report(1), Some(5));
    assert_eq!(world.report(2), Some(5));
}

#[test]
fn a_restarted_program_borrows_until_its_predecessor_is_forgotten() {
    let mut world = World::new(1);
    assert_eq!(world.report(1), Some(1));
    world.now += 10.0;
    assert_eq!(world.report(2), None);
    world.now += 10.0;
    assert_eq!(world.report(2), None);
    world.now += 10.0;
    assert_eq!(world.report(2), Some(1));
}

#[test]
fn a_reservoir_that_was_made_smaller_is_shared_anew() {
    let mut world = World::new(10);
    for client in [1, 2, 1, 2] {
        world.report(client);
    }
    world.size = 4;
    assert_eq!(world.report(1), Some(0), "the other still uses five");
    assert_eq!(world.report(2), Some(2));
    assert_eq!(world.report(1), Some(2));
}

#[test]
fn too_many_clients_get_no_quota_and_cost_no_memory() {
    let mut world = World::new(1);
    for client in 0..CLIENTS {
        world.reservoir.line.push(Client {
            id: id(client),
            seen: world.now,
            quota: Some(0),
        });
    }
    assert_eq!(world.report(CLIENTS), None);
    assert_eq!(world.reservoir.line.len(), CLIENTS);
    world.now += QUOTA_LIFETIME;
    assert_eq!(world.report(CLIENTS), Some(1));
    assert_eq!(world.reservoir.line.len(), 1);
}

#[test]
fn a_clock_that_is_put_back_a_little_forgets_nobody() {
    let mut world = World::new(3);
    world.report(1);
    world.now -= 0.5;
    assert_eq!(world.report(2), None, "the other has all");
}

#[test]
fn a_clock_that_is_put_back_far_starts_anew() {
    let mut world = World::new(3);
    world.report(1);
    world.now -= 86_400.0;
    assert_eq!(world.report(2), Some(3));
}

proptest! {
    #[test]
    fn whoever_reports_whenever_the_quotas_never_add_up_to_more(
        size in 0..12_u32,
        reports in prop::collection::vec((0..6_usize, 0.0..40.0_f64), 1..80),
    ) {
        let mut world = World::new(size);
        for (client, pause) in reports {
            world.now += pause;
            world.report(client);
            prop_assert!(world.sum() <= size, "{} of {size}", world.sum());
        }
        // All are known, give up what is too much, and take what they lack.
        for client in (0..6).cycle().take(18) {
            world.report(client);
        }
        prop_assert_eq!(world.sum(), size);
    }
}
