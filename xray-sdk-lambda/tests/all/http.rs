//! A function that serves HTTP requests, with a layer for HTTP servers inside.

use lambda_http::{Request, Response};
use lambda_runtime::{Error, service_fn};
use serde_json::{Value, json};
use tower::ServiceBuilder;
use xray_sdk::{InSubsegment as _, current};
use xray_sdk_lambda::{LambdaLayer, traced};
use xray_sdk_tower::ServerLayer;

use crate::process::{self, Function};

#[test]
#[ignore = "is run by the test below, as a process of its own"]
fn served() {
    process::main(async {
        let recorder = xray_sdk_lambda::recorder()?;
        let app = ServiceBuilder::new()
            .layer(ServerLayer::new(&recorder))
            .service(service_fn(show));
        lambda_http::runtime(traced(app))
            .layer(LambdaLayer::new(&recorder))
            .run()
            .await
    });
}

async fn show(request: Request) -> Result<Response<String>, Error> {
    async {
        current().annotate("path", request.uri().path());
    }
    .in_subsegment("load")
    .await;
    let status = if request.uri().path() == "/broken" {
        503
    } else {
        200
    };
    let header = current().header().map(|header| header.to_string());
    let body = header.unwrap_or_default();
    Ok(Response::builder().status(status).body(body)?)
}

#[test]
#[ignore = "is run by the test below, as a process of its own"]
fn routed() {
    process::main(async {
        let recorder = xray_sdk_lambda::recorder()?;
        let show = axum::routing::get(async || {
            current().annotate("routed", true);
            "shown"
        });
        let app = axum::Router::new()
            .route("/pictures", show)
            .layer(ServerLayer::new(&recorder));
        lambda_runtime::Runtime::new(lambda_http::Adapter::from(traced(app)))
            .layer(LambdaLayer::new(&recorder))
            .run()
            .await
    });
}

#[test]
fn a_router_of_axum_is_a_function_as_others_are() {
    let mut function = Function::start("http::routed", &[]);
    for (path, status) in [("/pictures", 200), ("/none", 404)] {
        function.invoke(&request(path));
        let answer = function.answer().expect("a response");
        assert_eq!(answer["statusCode"], status);
        let documents = function.sent();
        assert_eq!(documents.len(), 1, "{documents:?}");
        let served = &documents[0]["subsegments"][0];
        assert_eq!(served["http"]["response"]["status"], status);
        assert_eq!(served["annotations"]["routed"] == true, status == 200);
    }
}

fn request(path: &str) -> Value {
    json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": "token=secret",
        "headers": {"host": "pictures.example.com", "x-forwarded-proto": "https"},
        "requestContext": {
            "accountId": "123456789012", "apiId": "a", "domainName": "pictures.example.com",
            "http": {"method": "GET", "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1"},
            "requestId": "r", "stage": "$default", "time": "", "timeEpoch": 0
        },
        "isBase64Encoded": false
    })
}

#[test]
fn a_layer_for_http_servers_makes_no_second_segment() {
    let mut function = Function::start("http::served", &[]);
    for (path, status) in [("/pictures", 200), ("/broken", 503)] {
        let number = function.invoke(&request(path));
        let answer = function.answer().expect("a response");
        assert_eq!(answer["statusCode"], status);
        let documents = function.sent();
        assert_eq!(documents.len(), 1, "{documents:?}");
        let document = &documents[0];
        assert_eq!(document["type"], "subsegment");
        assert_eq!(document["parent_id"], format!("{number:016x}"));
        let served = &document["subsegments"][0];
        assert_eq!(served["http"]["request"]["method"], "GET");
        let url = served["http"]["request"]["url"].as_str().expect("a URL");
        assert!(url.ends_with(path), "{url}");
        assert_eq!(served["http"]["response"]["status"], status);
        assert_eq!(served.get("fault").is_some(), status == 503);
        assert_eq!(served["subsegments"][0]["name"], "load");
        let sent = answer["body"].as_str().expect("a body");
        let parent = served["id"].as_str().expect("an id");
        assert!(
            sent.contains(&format!("Parent={parent};Sampled=1")),
            "{sent}"
        );
    }
}
