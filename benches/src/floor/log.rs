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
    pub(super) events: Vec<Event>,
    pub(super) text: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Event {
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
    pub(crate) const TEXT: usize = 314;

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
    pub(super) fn open(&mut self, clock: &impl Clock, name: &'static str) {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Standard;

    fn recorded() -> Log {
        let mut log = Log::new();
        log.record(&Standard::new(), &Request::example());
        log
    }

    #[test]
    fn every_event_of_the_work_is_there_in_its_order() {
        let open = |name| Event::Open { id: 0, name, at: 0 };
        let close = Event::Close { at: 0 };
        let called = |url| Event::Called { method: "GET", url };
        let events: Vec<_> = recorded().events.iter().map(without_chance).collect();
        assert_eq!(
            events,
            [
                Event::Trace(0, 0),
                open("checkout-api"),
                Event::Served {
                    method: 4,
                    url: 40,
                    client_ip: 12,
                    user_agent: 50,
                },
                open("load_order"),
                open("payments.example.com"),
                called(40),
                Event::Text("tier", 4),
                Event::Status(200),
                close,
                open("orders@db1.example.com"),
                Event::Queried {
                    database: "PostgreSQL",
                    query: 80,
                },
                Event::Text("replica", 9),
                close,
                Event::Integer("items", 42),
                close,
                open("price_cart"),
                open("inventory.example.com"),
                called(40),
                Event::Text("zone", 10),
                Event::Status(200),
                close,
                Event::Boolean("cached", true),
                close,
                Event::Metadata("cart", 25),
                Event::Status(200),
                close,
            ]
        );
    }

    #[test]
    fn texts_that_live_no_longer_than_the_request_are_copied() {
        let log = recorded();
        assert!(log.is_whole());
        let text = String::from_utf8(log.text).expect("it was text");
        assert!(text.starts_with("POSThttps://api.example.com/"), "{text}");
        assert!(
            text.ends_with("eu-west-1acart-7f3a9c2e-checkout-v2"),
            "{text}"
        );
    }

    #[test]
    fn times_never_go_back_and_ids_differ() {
        let log = recorded();
        let times = log.events.iter().filter_map(|event| match event {
            Event::Open { at, .. } | Event::Close { at } => Some(*at),
            _ => None,
        });
        assert!(times.clone().is_sorted());
        assert_eq!(times.count(), 12);
        let mut ids: Vec<_> = log
            .events
            .iter()
            .filter_map(|event| match event {
                Event::Open { id, .. } => Some(*id),
                _ => None,
            })
            .collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), 6);
    }

    fn without_chance(event: &Event) -> Event {
        match *event {
            Event::Trace(..) => Event::Trace(0, 0),
            Event::Open { name, .. } => Event::Open { id: 0, name, at: 0 },
            Event::Close { .. } => Event::Close { at: 0 },
            other => other,
        }
    }
}
