//! What recording adds to one call of the AWS SDK: `cargo bench -p xray-sdk-aws`, or for a profiler `… -- NAME ROUNDS` with a part of a contender's name.
//!
//! `PutItem` with an HTTP client that answers at once. The contenders take turns within each round, so that what disturbs the machine disturbs all of
//! them; told are medians, over the rounds, of the CPU time of the thread that calls. Documents are written by the recorder's own thread, and thrown away there.

use std::hint::black_box;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region, SharedCredentialsProvider};
use aws_sdk_dynamodb::types::AttributeValue;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_types::SdkConfig;
use cpu_time::ThreadTime;
use xray_sdk::Recorder;
use xray_sdk::emitter::{Batch, Emitter, Report};
use xray_sdk_aws::{XrayInterceptor, client};

const ROUNDS: usize = 60;
/// Calls of each contender in a round: each in a segment of its own, as most requests make one or a few.
const CALLS: usize = 200;

/// Answers at once.
#[derive(Clone, Debug)]
struct AtOnce;

impl HttpClient for AtOnce {
    fn http_connector(
        &self,
        _: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for AtOnce {
    fn call(&self, _: HttpRequest) -> HttpConnectorFuture {
        let status = 200_u16.try_into().expect("a status");
        let mut response = HttpResponse::new(status, SdkBody::from("{}"));
        response.headers_mut().insert("x-amzn-requestid", "REQUEST");
        response.headers_mut().insert("content-length", "2");
        response
            .headers_mut()
            .insert("content-type", "application/x-amz-json-1.0");
        HttpConnectorFuture::ready(Ok(response))
    }
}

/// Takes documents and forgets them.
struct Nowhere;

impl Emitter for Nowhere {
    fn emit(&mut self, batch: &Batch) -> Report {
        Report::sent(batch.len())
    }
}

/// Where a call is made.
#[derive(Clone, Copy)]
enum Place {
    Outside,
    Segment { is_sampled: bool },
}

struct Contender {
    name: &'static str,
    client: Client,
    place: Place,
    nanoseconds: Vec<f64>,
    allocations: u64,
}

impl Contender {
    fn new(name: &'static str, client: Client, place: Place) -> Self {
        Self {
            name,
            client,
            place,
            nanoseconds: Vec::new(),
            allocations: 0,
        }
    }

    async fn call(&self, recorder: &Recorder) {
        let put = self.client.put_item().table_name("orders");
        let put = put.item("id", AttributeValue::S("7".to_owned())).send();
        let output = match self.place {
            Place::Outside => put.await,
            Place::Segment { is_sampled } => {
                recorder.segment("shop").sampled(is_sampled).run(put).await
            }
        };
        let _ = black_box(output.expect("an answer"));
    }

    fn round(&mut self, runtime: &tokio::runtime::Runtime, recorder: &Recorder) {
        let calls = async {
            for _ in 0..CALLS {
                self.call(recorder).await;
            }
        };
        let started = ThreadTime::now();
        let counted = allocation_counter::measure(|| runtime.block_on(calls));
        let taken = started.elapsed();
        self.nanoseconds
            .push(taken.as_nanos() as f64 / CALLS as f64);
        self.allocations = counted.count_total / CALLS as u64;
    }

    fn median(&mut self) -> f64 {
        self.nanoseconds.sort_by(f64::total_cmp);
        self.nanoseconds[self.nanoseconds.len() / 2]
    }
}

fn config() -> SdkConfig {
    let credentials = Credentials::new("AKIDEXAMPLE", "wJalrXUtnFEMI", None, None, "bench");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-west-1"))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .http_client(AtOnce)
        .build()
}

fn main() {
    let config = config();
    let traced = || client!(aws_sdk_dynamodb, &config);
    let attempts = client!(
        aws_sdk_dynamodb,
        &config,
        XrayInterceptor::new().attempts(true)
    );
    let sampled = Place::Segment { is_sampled: true };
    let unsampled = Place::Segment { is_sampled: false };
    let mut contenders = vec![
        Contender::new(
            "plain client, no segment",
            Client::new(&config),
            Place::Outside,
        ),
        Contender::new("plain client, unsampled", Client::new(&config), unsampled),
        Contender::new("traced, unsampled", traced(), unsampled),
        Contender::new("plain client, sampled", Client::new(&config), sampled),
        Contender::new("traced, sampled", traced(), sampled),
        Contender::new("traced with attempts, sampled", attempts, sampled),
    ];
    let recorder = Recorder::builder("shop")
        .emitter(Nowhere)
        .build()
        .expect("a recorder");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    // cargo adds an option of its own.
    let mut arguments = std::env::args()
        .skip(1)
        .filter(|argument| !argument.starts_with("--"));
    let name = arguments.next().unwrap_or_default();
    let rounds = arguments
        .next()
        .and_then(|rounds| rounds.parse().ok())
        .unwrap_or(ROUNDS);
    contenders.retain(|contender| contender.name.contains(&name));
    for _ in 0..rounds {
        for contender in &mut contenders {
            contender.round(&runtime, &recorder);
        }
        recorder.flush(Duration::from_secs(1));
    }
    println!("{:<32}{:>12}{:>14}", "one PutItem", "ns", "allocations");
    for contender in &mut contenders {
        let median = contender.median();
        println!(
            "{:<32}{median:>12.0}{:>14}",
            contender.name, contender.allocations
        );
    }
}
