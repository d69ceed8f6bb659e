//! What it sends to a daemon elsewhere.

use std::collections::HashSet;
use std::net::UdpSocket;

use xray_daemon::Datagram;
use xray_sdk::document::{AnnotationValue, Document, Trace};

use crate::storefront;

/// The documents that the program sends to a daemon, one for each datagram, when it is given these arguments too.
pub(crate) fn documents_sent(arguments: &[&str]) -> Vec<Document> {
    let daemon = UdpSocket::bind("127.0.0.1:0").expect("a free port");
    let address = daemon.local_addr().expect("bound").to_string();
    storefront(&[&["--once", "--daemon", &address], arguments].concat());
    // The program is gone, so all that it sent is here.
    daemon.set_nonblocking(true).expect("a socket can");
    let mut buffer = vec![0; 65_535];
    let mut documents = Vec::new();
    while let Ok(length) = daemon.recv(&mut buffer) {
        let datagram = Datagram::parse(&buffer[..length]).expect("the daemon's header");
        documents.push(Document::parse(datagram.document()).expect("a document"));
    }
    documents
}

/// What a purchase looks like.
pub(crate) const BOUGHT: &str = "\
front 200
  stock 200
    stock 200
      shop@localhost
  price
  orders 200
    orders 200
      write down
        shop@localhost
      packing
        worker
          pack
            shop@localhost
";

#[test]
fn a_daemon_elsewhere_gets_documents_that_connect() {
    let documents = documents_sent(&[]);
    let traces = Trace::assemble(documents.iter().cloned());
    assert_eq!(traces.len(), 8);
    for trace in traces {
        let of_trace = || {
            documents
                .iter()
                .filter(|document| document.trace_id == Some(trace.id()))
        };
        let ids: HashSet<_> = of_trace()
            .flat_map(Document::walk)
            .map(|part| part.id)
            .collect();
        let starts: Vec<_> = of_trace()
            .filter(|document| document.parent_id.is_none())
            .collect();
        assert_eq!(starts.len(), 1, "one start in\n{}", trace.tree());
        assert_eq!(starts[0].name, "front");
        for parent in of_trace().filter_map(|document| document.parent_id) {
            assert!(
                ids.contains(&parent),
                "{parent} is missing in\n{}",
                trace.tree()
            );
        }
    }
}

#[test]
fn a_purchase_is_one_trace_across_http_database_and_queue() {
    let traces = Trace::assemble(documents_sent(&[]));
    assert_eq!(traces[0].tree(), BOUGHT);
}

#[test]
fn what_the_services_say_is_recorded() {
    let documents = documents_sent(&[]);
    let front = &documents
        .iter()
        .find(|document| document.name == "front")
        .expect("it is asked");
    assert_eq!(front.user.as_deref(), Some("ada"));
    assert_eq!(
        front.annotations["item"],
        AnnotationValue::Text("tea".to_owned())
    );
    let price = front
        .walk()
        .find(|part| part.name == "price")
        .expect("it is computed");
    assert_eq!(price.metadata["default"]["bill"]["total_cents"], 540);

    let refused = documents.iter().flat_map(Document::walk);
    let refused = refused
        .filter(|part| part.fault)
        .find_map(|part| part.sql.as_ref().zip(part.cause.as_ref()));
    let (sql, cause) = refused.expect("the database refuses an order");
    assert_eq!(
        sql.sanitized_query.as_deref(),
        Some("INSERT INTO orders (visitor, item, cents) VALUES (?, ?, ?)")
    );
    let messages: Vec<_> = cause
        .exceptions()
        .iter()
        .filter_map(|exception| exception.message.as_deref())
        .collect();
    assert!(
        messages.concat().contains("CHECK constraint failed"),
        "{messages:?}"
    );
}

#[test]
fn what_fails_is_told_apart() {
    let traces = Trace::assemble(documents_sent(&[]));
    let ends = traces.iter().map(|trace| {
        let tree = trace.tree();
        tree.lines().next().unwrap_or_default().to_owned()
    });
    assert_eq!(
        ends.collect::<Vec<_>>(),
        [
            "front 200",
            "front 200",
            "front 200",
            "front 404 error",
            "front 429 error throttle",
            "front 200",
            "front 500 fault",
            "front fault",
        ]
    );
}
