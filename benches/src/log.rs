use crate::clock::Clock;
use crate::id;
use crate::work::{
    CACHED, CALL_METHOD, CART, CHECKOUT, DATABASE, DATABASE_TYPE, INVENTORY, ITEMS, LOAD_ORDER,
    PAYMENTS, PRICE_CART, REPLICA, Request, STATUS, TIER, ZONE,
};

/// What happened in one request, in the order in which it happened: all that a document needs, and nothing done with it yet.
///
/// Static text is kept as a reference. Other text is copied, one behind the other; an event has its length.
pub(crate) struct Log {
    events: Vec<Event>,
    text: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Event {
    Trace(u64, u32),
    Open {
        id: u64,
        name: &'static str,
        at: u64,
    },
    Close {
        at: u64,
    },
    Served {
        method: u32,
        url: u32,
        client_ip: u32,
        user_agent: u32,
    },
    Called {
        method: &'static str,
        url: u32,
    },
    Queried {
        database: &'static str,
        query: u32,
    },
    Status(u16),
    Text(&'static str, u32),
    Integer(&'static str, i64),
    Boolean(&'static str, bool),
    Metadata(&'static str, u32),
}

impl Log {
    /// How many events the work is.
    pub(crate) const EVENTS: usize = 26;
    /// How many bytes of text it copies.
    pub(crate) const TEXT: usize = 337;

    /// An empty log with room for the work.
    pub(crate) fn new() -> Self {
        Self {
            events: Vec::with_capacity(2 * Self::EVENTS),
            text: Vec::with_capacity(2 * Self::TEXT),
        }
    }

    /// Whether it holds the work, once, as far as its size tells.
    pub(crate) fn is_whole(&self) -> bool {
        (self.events.len(), self.text.len()) == (Self::EVENTS, Self::TEXT)
    }

    /// Makes it empty.
    pub(crate) fn clear(&mut self) {
        self.events.clear();
        self.text.clear();
    }

    /// Records the work.
    #[inline]
    pub(crate) fn record(&mut self, clock: &impl Clock, request: &Request<'_>) {
        self.push(Event::Trace(id::random(), id::random() as u32));
        self.open(clock, CHECKOUT);
        let served = Event::Served {
            method: self.keep(request.method),
            url: self.keep(request.url),
            client_ip: self.keep(request.client_ip),
            user_agent: self.keep(request.user_agent),
        };
        self.push(served);
        self.load_order(clock, request);
        self.price_cart(clock, request);
        let cart = self.keep(request.cart);
        self.push(Event::Metadata(CART, cart));
        self.push(Event::Status(STATUS));
        self.close(clock);
    }

    #[inline]
    fn load_order(&mut self, clock: &impl Clock, request: &Request<'_>) {
        self.open(clock, LOAD_ORDER);
        self.call(clock, PAYMENTS, request.payments_url, TIER, request.tier);
        self.open(clock, DATABASE);
        let query = self.keep(request.query);
        self.push(Event::Queried {
            database: DATABASE_TYPE,
            query,
        });
        self.annotate(REPLICA, request.replica);
        self.close(clock);
        self.push(Event::Integer(ITEMS, request.items));
        self.close(clock);
    }

    #[inline]
    fn price_cart(&mut self, clock: &impl Clock, request: &Request<'_>) {
        self.open(clock, PRICE_CART);
        self.call(clock, INVENTORY, request.inventory_url, ZONE, request.zone);
        self.push(Event::Boolean(CACHED, request.cached));
        self.close(clock);
    }

    #[inline]
    fn call(
        &mut self,
        clock: &impl Clock,
        name: &'static str,
        url: &str,
        key: &'static str,
        value: &str,
    ) {
        self.open(clock, name);
        let url = self.keep(url);
        self.push(Event::Called {
            method: CALL_METHOD,
            url,
        });
        self.annotate(key, value);
        self.push(Event::Status(STATUS));
        self.close(clock);
    }

    #[inline]
    fn open(&mut self, clock: &impl Clock, name: &'static str) {
        let event = Event::Open {
            id: id::random(),
            name,
            at: clock.now(),
        };
        self.push(event);
    }

    #[inline]
    fn close(&mut self, clock: &impl Clock) {
        self.push(Event::Close { at: clock.now() });
    }

    #[inline]
    fn annotate(&mut self, key: &'static str, value: &str) {
        let value = self.keep(value);
        self.push(Event::Text(key, value));
    }

    #[inline]
    fn push(&mut self, event: Event) {
        self.events.push(event);
    }

    /// Copies text, and returns its length.
    #[inline]
    fn keep(&mut self, text: &str) -> u32 {
        self.text.extend_from_slice(text.as_bytes());
        text.len() as u32
    }
}
