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
use crate::segment::inside::{Before, Inside};
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

    /// Carries what is current on this thread. It carried nothing before.
    #[inline(always)]
    pub(super) fn be_current(&mut self) {
        self.origin = Origin::Missing;
        self.is_open = false;
        self.in_main = false;
        let mut current = context::take();
        match current.as_deref_mut() {
            Some(lane) => {
                // What goes on elsewhere may be all that happens from here on.
                lane.hand_over_old();
                self.be_in(lane.lend(), lane.node);
            }
            None => match context::kind() {
                Kind::Unsampled => self.origin = Origin::Unsampled,
                Kind::Passive => self.capture_passive(),
                Kind::Missing | Kind::Recording => {}
            },
        }
        context::put(current);
    }

    #[inline(never)]
    fn capture_passive(&mut self) {
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

    /// Takes what is current now when nothing was before; tells when there still is nothing.
    #[inline(always)]
    pub(crate) fn resolve(&mut self, place: &'static Location<'static>) {
        if self.origin == Origin::Missing {
            self.resolve_now(place);
        }
    }

    #[cold]
    #[inline(never)]
    fn resolve_now(&mut self, place: &'static Location<'static>) {
        *self = Self::capture();
        if self.origin == Origin::Missing {
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
    #[inline(always)]
    pub(crate) fn enter(&mut self) -> Inside<'_> {
        let mut current = context::take();
        let before = match current.as_deref_mut() {
            Some(lane) if self.is_of(lane) => {
                self.in_main |= lane.is_main();
                Some(mem::replace(&mut lane.node, self.node))
            }
            _ => None,
        };
        context::put(current);
        let before = match before {
            Some(before) => Before::Node(before),
            None => self.enter_elsewhere(),
        };
        Inside::new(self, before)
    }

    /// Makes it current, and opens a subsegment in it, which becomes what is carried. Most futures are polled first where they were made.
    #[inline(always)]
    pub(crate) fn enter_new(&mut self, name: &Text<'_>, namespace: Namespace) -> Inside<'_> {
        let mut current = context::take();
        let before = match current.as_deref_mut() {
            Some(lane) if self.is_of(lane) => {
                let before = lane.node;
                self.open_in(lane, name, namespace);
                Some(before)
            }
            _ => None,
        };
        context::put(current);
        match before {
            Some(before) => Inside::new(self, Before::Node(before)),
            None => self.enter_new_elsewhere(name, namespace),
        }
    }

    #[inline(always)]
    fn open_in(&mut self, lane: &mut Lane, name: &Text<'_>, namespace: Namespace) {
        let id = lane.new_id();
        if subsegment::open(lane, id, self.node, name, namespace) {
            self.node = id;
            self.is_open = true;
            self.in_main = lane.is_main();
        }
    }

    #[inline(never)]
    fn enter_new_elsewhere(&mut self, name: &Text<'_>, namespace: Namespace) -> Inside<'_> {
        let inside = self.enter();
        context::with_lane(|lane| match lane {
            Some(lane) if inside.carried.is_of(lane) => {
                inside.carried.open_in(lane, name, namespace);
            }
            _ => {}
        });
        inside
    }

    #[inline(never)]
    fn enter_elsewhere(&mut self) -> Before {
        match (self.origin, &self.passive, &self.identity) {
            (Origin::Recording, _, Some(identity)) => {
                let lane = lane_for(identity, self.node, self.is_open);
                Before::Context(context::replace(lane))
            }
            (Origin::LeftOut, Some(passive), _) => {
                Before::Context(context::replace(Context::Passive(passive.for_others())))
            }
            (Origin::Unsampled, _, _) if context::kind() == Kind::Unsampled => Before::Nothing,
            (Origin::Unsampled, _, _) => {
                Before::Context(context::replace(Context::Passive(Passive::Unsampled)))
            }
            (Origin::Passive, Some(passive), _) => context::with(|current| match current {
                Context::Passive(other) if other.trace_id() == passive.trace_id() => {
                    Before::Nothing
                }
                _ => Before::Context(mem::replace(
                    current,
                    Context::Passive(passive.for_others()),
                )),
            }),
            _ => Before::Nothing,
        }
    }

    /// Closes what was opened where another segment is current, or none.
    #[cold]
    #[inline(never)]
    pub(super) fn close_elsewhere(&mut self) {
        if let Some(identity) = self.identity.take() {
            close_aside(&identity, self.node, self.in_main);
        }
    }
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
