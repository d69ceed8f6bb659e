use std::mem;
use std::panic::Location;

use crate::context::{self, Context, Kind, Passive, missing};
use crate::header::Sampled;
use crate::id::SegmentId;
use crate::record::Text;
use crate::record::event::Namespace;
use crate::record::identity::Loan;
use crate::record::lane::Lane;
use crate::record::outlet::Outlet;
use crate::segment::entity::{Entity, close_aside, lane_to_end};
use crate::segment::inside::Inside;
use crate::segment::subsegment;

/// What was current in one place, to be made current in another: on another thread, in a spawned task, at a later poll.
///
/// Where the same segment is current already, its lane is used. Elsewhere a lane is taken for as long as the work runs,
/// and handed over before control goes back: what happened before the segment closed is then queued before its close.
pub(crate) struct Carried {
    // Words beside a tag, and not an enum with fields: it is moved with the future that it belongs to, and read word by word.
    origin: Origin,
    /// A subsegment was opened and not closed yet.
    pub(super) is_open: bool,
    /// Something of it may be in the segment's own lane.
    pub(super) in_main: bool,
    pub(super) node: SegmentId,
    /// Whose it is, where it is recorded.
    pub(super) identity: Option<Loan>,
    /// What is passed on where it is not.
    passive: Option<Passive>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Origin {
    Missing,
    /// [`Passive::Unsampled`], of which there is nothing to keep.
    Unsampled,
    Passive,
    /// Left out of a segment that is recorded.
    LeftOut,
    Recording,
}

impl Carried {
    #[inline(always)]
    pub(super) fn nothing() -> Self {
        Self {
            origin: Origin::Missing,
            is_open: false,
            in_main: false,
            node: SegmentId::from_u64(0),
            identity: None,
            passive: None,
        }
    }

    /// What is known to be not sampled.
    pub(super) fn unsampled() -> Self {
        Self {
            origin: Origin::Unsampled,
            ..Self::nothing()
        }
    }

    /// Whether something of it is to be dropped.
    #[inline(always)]
    pub(super) fn has_some(&self) -> bool {
        self.identity.is_some() || self.passive.is_some()
    }

    /// What is current on this thread.
    pub(crate) fn capture() -> Self {
        let mut carried = Self::nothing();
        carried.be_current();
        carried
    }

    /// Carries what is current on this thread. It carried nothing before, or what was closed.
    #[inline(always)]
    pub(super) fn be_current(&mut self) {
        let is_lane = context::at_once!(|lane| {
            // What goes on elsewhere may be all that happens from here on.
            let is_old = lane.is_old();
            self.be_in(lane.lend(), lane.node);
            is_old
        });
        match is_lane {
            Some(false) => {}
            Some(true) => hand_over_old(),
            None => match context::kind() {
                Kind::Unsampled => self.origin = Origin::Unsampled,
                Kind::Passive => self.capture_passive(),
                Kind::Missing | Kind::Recording => self.origin = Origin::Missing,
            },
        }
    }

    #[inline(never)]
    fn capture_passive(&mut self) {
        self.origin = Origin::Missing;
        context::with(|current| {
            if let Context::Passive(passive) = current {
                self.be_passive(passive);
            }
        });
    }

    #[inline(always)]
    fn be_in(&mut self, identity: Loan, node: SegmentId) {
        self.origin = Origin::Recording;
        self.node = node;
        // What is replaced is nothing, so nothing has to be dropped.
        mem::forget(self.identity.replace(identity));
    }

    fn be_passive(&mut self, passive: &Passive) {
        self.origin = match passive {
            Passive::Unsampled => Origin::Unsampled,
            _ => Origin::Passive,
        };
        self.passive = Some(passive.for_others());
    }

    /// What `entity` is, as the parent of work elsewhere.
    pub(crate) fn of(entity: &mut Entity) -> Self {
        let mut carried = Self::nothing();
        match (&mut entity.lane, &entity.identity, &entity.passive) {
            (Some(lane), _, _) => carried.be_in(lane.lend(), entity.node),
            (None, Some(identity), _) => carried.be_in(identity.clone(), entity.node),
            (None, None, Some(passive)) => carried.be_passive(passive),
            (None, None, None) => return Self::capture(),
        }
        carried
    }

    /// What is current on this thread; tells when nothing is.
    #[track_caller]
    pub(crate) fn capture_here() -> Self {
        let mut carried = Self::capture();
        carried.resolve(Location::caller());
        carried
    }

    /// Whether nothing was current where it was made.
    #[inline(always)]
    pub(super) fn is_missing(&self) -> bool {
        self.origin == Origin::Missing
    }

    /// Takes what is current now when nothing was before; tells when there still is nothing.
    #[inline(always)]
    pub(crate) fn resolve(&mut self, place: &'static Location<'static>) {
        if self.is_missing() {
            self.resolve_now(place);
        }
    }

    #[cold]
    #[inline(never)]
    fn resolve_now(&mut self, place: &'static Location<'static>) {
        *self = Self::capture();
        if self.is_missing() {
            missing::report(place);
        }
    }

    /// Leaves out what is recorded from here on, and passes on that it is not sampled.
    #[cold]
    pub(crate) fn leave_out(&mut self) {
        if let Some(identity) = self.identity.take() {
            let header = identity.header(self.node).with_sampled(Sampled::No);
            self.origin = Origin::LeftOut;
            self.passive = Some(Passive::new(header));
        }
    }

    /// Whether `lane` is of the segment that is carried.
    #[inline(always)]
    pub(super) fn is_of(&self, lane: &Lane) -> bool {
        self.identity
            .as_ref()
            .is_some_and(|identity| lane.is_of(identity.address()))
    }

    /// Makes it current on this thread while the guard lives.
    pub(crate) fn enter(&mut self) -> Inside<'_> {
        let mut inside = Inside::outside(self);
        inside.enter();
        inside
    }

    /// Opens a subsegment in a lane of its segment.
    pub(super) fn open_in(&mut self, lane: &mut Lane, name: &Text<'_>, namespace: Namespace) {
        let id = lane.new_id();
        if subsegment::open(lane, id, self.node, name, namespace) {
            self.node = id;
            self.is_open = true;
            self.in_main = lane.is_main();
        }
    }

    /// As [`open_in`](Self::open_in), if there is room at hand: calls nothing.
    #[inline(always)]
    pub(super) fn open_at_once(
        &mut self,
        lane: &mut Lane,
        name: &Text<'_>,
        namespace: Namespace,
    ) -> bool {
        let id = lane.new_id();
        let is_open = lane.open_at_once(id, self.node, name, namespace);
        if is_open {
            self.node = id;
            self.is_open = true;
            self.in_main = lane.is_main();
        }
        is_open
    }

    /// Closes what was opened, if nothing of it is in another lane and there is room at hand: calls nothing.
    #[inline(always)]
    pub(super) fn close_at_once(&mut self, lane: &mut Lane) -> bool {
        let is_here = lane.is_main() || !self.in_main;
        let is_closed = is_here && lane.close_at_once(self.node);
        self.is_open = !is_closed;
        is_closed
    }

    /// Closes what was opened, in a lane of its segment.
    pub(super) fn close_in(&mut self, lane: &mut Lane) {
        self.is_open = false;
        if self.in_main && !lane.is_main() {
            lane.moved(self.node);
        }
        let now = lane.tick();
        lane.close(self.node, now);
        if let Some(identity) = self.identity.take() {
            lane.give_back(identity);
        }
    }

    /// Makes it current where something else is, which is returned. None where nothing had to be replaced.
    #[inline(never)]
    pub(super) fn replace_current(&mut self) -> Option<Context> {
        let own = match (self.origin, &self.passive, &self.identity) {
            (Origin::Recording, _, Some(identity)) => lane_for(identity, self.node, self.is_open),
            (Origin::LeftOut, Some(passive), _) => Context::Passive(passive.for_others()),
            (Origin::Unsampled, _, _) if context::kind() == Kind::Unsampled => return None,
            (Origin::Unsampled, _, _) => Context::Passive(Passive::Unsampled),
            (Origin::Passive, Some(passive), _) => {
                let trace = passive.trace_id();
                let is_current = context::with(|current| match current {
                    Context::Passive(other) => other.trace_id() == trace,
                    _ => false,
                });
                match is_current {
                    true => return None,
                    false => Context::Passive(passive.for_others()),
                }
            }
            _ => return None,
        };
        Some(context::replace(own))
    }

    /// Closes what was opened where another segment is current, or none.
    #[cold]
    #[inline(never)]
    pub(super) fn close_elsewhere(&mut self) {
        self.is_open = false;
        if let Some(identity) = self.identity.take() {
            close_aside(&identity, self.node, self.in_main);
        }
    }
}

/// Hands over what is held in the lane that is current, when that is old.
#[cold]
#[inline(never)]
fn hand_over_old() {
    context::with_lane(|lane| {
        if let Some(lane) = lane {
            lane.hand_over_old();
        }
    });
}

fn lane_for(identity: &Loan, node: SegmentId, is_open: bool) -> Context {
    let outlet = identity.outlet();
    let lane = match is_open {
        true => Some(lane_to_end(identity)),
        false => Outlet::lane(identity.share()).ok(),
    };
    match lane {
        Some(mut lane) => {
            lane.node = node;
            Context::Recording(lane)
        }
        None => {
            outlet.refuse();
            Context::Passive(Passive::new(identity.header(node)))
        }
    }
}
