//! gRPC without generated code: a codec of plain text, a service with two methods, and a client.

use std::vec;

use ::tonic::body::Body;
use ::tonic::client::Grpc as Client;
use ::tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use ::tonic::codegen::tokio_stream::{self, Iter};
use ::tonic::server::Grpc;
use ::tonic::service::Routes;
use ::tonic::transport::server::TcpIncoming;
use ::tonic::transport::{Endpoint, Server};
use ::tonic::{Code, Request, Response, Status};
use bytes::{Buf as _, BufMut as _};
use http::uri::PathAndQuery;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tower::{Layer as _, service_fn};
use xray_sdk::document::Document;
use xray_sdk::testing::Capture;
use xray_sdk_tower::{ClientLayer, ServerLayer};

use crate::expose::{content_length, flags, is_aborted, request};

#[derive(Default, Clone, Copy)]
struct PlainText;

impl Codec for PlainText {
    type Encode = String;
    type Decode = String;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        *self
    }

    fn decoder(&mut self) -> Self {
        *self
    }
}

impl Encoder for PlainText {
    type Item = String;
    type Error = Status;

    fn encode(&mut self, item: String, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put_slice(item.as_bytes());
        Ok(())
    }
}

impl Decoder for PlainText {
    type Item = String;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<String>, Status> {
        let bytes = buffer.copy_to_bytes(buffer.remaining());
        String::from_utf8(bytes.into())
            .map(Some)
            .map_err(|error| Status::invalid_argument(error.to_string()))
    }
}

/// Answers with the status whose number is asked for.
async fn fetch(request: Request<String>) -> Result<Response<String>, Status> {
    match code(&request) {
        Code::Ok => Ok(Response::new("seven".to_owned())),
        code => Err(Status::new(code, "as it was asked to")),
    }
}

type Messages = Iter<vec::IntoIter<Result<String, Status>>>;

/// Gives two messages before the status whose number is asked for.
async fn watch(request: Request<String>) -> Result<Response<Messages>, Status> {
    let mut messages = vec![Ok("one".to_owned()), Ok("two".to_owned())];
    if code(&request) != Code::Ok {
        messages.push(Err(Status::new(code(&request), "as it was asked to")));
    }
    Ok(Response::new(tokio_stream::iter(messages)))
}

fn code(request: &Request<String>) -> Code {
    Code::from_bytes(request.get_ref().as_bytes())
}

async fn answer(request: ::axum::extract::Request) -> http::Response<Body> {
    let mut grpc = Grpc::new(PlainText);
    if request.uri().path().ends_with("Fetch") {
        grpc.unary(service_fn(fetch), request).await
    } else {
        grpc.server_streaming(service_fn(watch), request).await
    }
}

/// A gRPC server and a client of it, both traced, each with a recorder of its own.
struct Stock {
    served: Capture,
    asked: Capture,
    address: String,
    server: JoinHandle<()>,
}

impl Stock {
    async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("a bound listener").to_string();
        let served = Capture::new("stock");
        let server = Server::builder()
            .layer(ServerLayer::new(served.recorder()))
            .add_routes(Routes::from(::axum::Router::new().fallback(answer)))
            .serve_with_incoming(TcpIncoming::from(listener));
        Self {
            served,
            asked: Capture::new("checkout"),
            address,
            server: tokio::spawn(async { server.await.expect("a server") }),
        }
    }

    /// Calls a method through `layer`, and reads all its messages.
    async fn call(&self, layer: ClientLayer, method: &'static str, code: Code) -> Code {
        let endpoint = Endpoint::from_shared(format!("http://{}", self.address));
        let channel = endpoint.expect("an address").connect_lazy();
        let mut client = Client::new(layer.layer(channel));
        let call = async {
            client.ready().await.expect("a connection");
            let request = Request::new((code as i32).to_string());
            let path = PathAndQuery::from_static(method);
            let answer = client.server_streaming(request, path, PlainText).await;
            let mut messages = match answer {
                Ok(answer) => answer.into_inner(),
                Err(status) => return status.code(),
            };
            loop {
                match messages.message().await {
                    Ok(Some(_)) => {}
                    Ok(None) => return Code::Ok,
                    Err(status) => return status.code(),
                }
            }
        };
        self.asked.recorder().segment("checkout").run(call).await
    }

    /// The last call, as the server and as the client saw it.
    fn seen(&self) -> [Document; 2] {
        let segment = self.served.documents().pop().expect("a segment");
        let mut asked = self.asked.documents().pop().expect("a segment");
        [segment, asked.subsegments.remove(0)]
    }
}

impl Drop for Stock {
    fn drop(&mut self) {
        self.server.abort();
    }
}

const FETCH: &str = "/stock.v1.Stock/Fetch";
const WATCH: &str = "/stock.v1.Stock/Watch";

const NOTHING: (bool, bool, bool) = (false, false, false);
const ERROR: (bool, bool, bool) = (true, false, false);
const FAULT: (bool, bool, bool) = (false, true, false);
const THROTTLE: (bool, bool, bool) = (true, false, true);

#[tokio::test]
async fn each_code_sets_its_flags_wherever_it_stands() {
    let stock = Stock::open().await;
    for (code, name, expected) in [
        (Code::Ok, "", NOTHING),
        (Code::Cancelled, "CANCELLED", ERROR),
        (Code::Unknown, "UNKNOWN", FAULT),
        (Code::InvalidArgument, "INVALID_ARGUMENT", ERROR),
        (Code::DeadlineExceeded, "DEADLINE_EXCEEDED", FAULT),
        (Code::NotFound, "NOT_FOUND", ERROR),
        (Code::AlreadyExists, "ALREADY_EXISTS", ERROR),
        (Code::PermissionDenied, "PERMISSION_DENIED", ERROR),
        (Code::ResourceExhausted, "RESOURCE_EXHAUSTED", THROTTLE),
        (Code::FailedPrecondition, "FAILED_PRECONDITION", ERROR),
        (Code::Aborted, "ABORTED", ERROR),
        (Code::OutOfRange, "OUT_OF_RANGE", ERROR),
        (Code::Unimplemented, "UNIMPLEMENTED", FAULT),
        (Code::Internal, "INTERNAL", FAULT),
        (Code::Unavailable, "UNAVAILABLE", FAULT),
        (Code::DataLoss, "DATA_LOSS", FAULT),
        (Code::Unauthenticated, "UNAUTHENTICATED", ERROR),
    ] {
        // A call that fails at once has its status in the headers, one that fails later in the trailers.
        for method in [FETCH, WATCH] {
            assert_eq!(stock.call(ClientLayer::new(), method, code).await, code);
            for document in stock.seen() {
                assert_eq!(flags(&document), expected, "{code:?} of {method}");
                assert_eq!(document.status(), Some(200), "{code:?} of {method}");
                let status = document.metadata.get("grpc").map(|grpc| &grpc["status"]);
                let status = status.and_then(|status| status.as_str());
                assert_eq!(status.unwrap_or_default(), name);
                assert!(!is_aborted(&document));
            }
        }
    }
}

#[tokio::test]
async fn a_call_is_recorded_as_the_request_it_is() {
    let stock = Stock::open().await;
    let layer = ClientLayer::new().authority(&stock.address);
    stock.call(layer, WATCH, Code::Ok).await;
    for document in stock.seen() {
        let url = format!("http://{}{WATCH}", stock.address);
        assert_eq!(request(&document).url.as_deref(), Some(&url[..]));
        assert_eq!(request(&document).method.as_deref(), Some("POST"));
        // Two messages of three letters, each after a byte and a length.
        assert_eq!(content_length(&document), Some(16));
    }
    assert_eq!(stock.seen()[1].name, "127.0.0.1");
}

#[tokio::test]
async fn without_an_authority_a_call_goes_by_its_service() {
    let stock = Stock::open().await;
    stock.call(ClientLayer::new(), FETCH, Code::Ok).await;
    assert_eq!(stock.asked.tree(), "checkout\n  stock.v1.Stock 200\n");
}
