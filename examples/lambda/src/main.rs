//! A Lambda function that makes thumbnails, or would: `cargo run -p thumbnails` runs it on this machine, without an account.

mod local;
#[path = "../../../xray-sdk-lambda/tests/runtime_api.rs"]
mod runtime_api;

use lambda_runtime::{Error, LambdaEvent, Runtime, service_fn};
use serde::{Deserialize, Serialize};
use xray_sdk::{current, subsegment};
use xray_sdk_lambda::{LambdaLayer, traced};

/// All that a function needs in its `main`.
#[tokio::main]
async fn function() -> Result<(), Error> {
    let recorder = xray_sdk_lambda::recorder()?;
    Runtime::new(traced(service_fn(thumbnail)))
        .layer(LambdaLayer::new(&recorder))
        .run()
        .await
}

/// Where there is no Lambda this program is one.
fn main() -> Result<(), Error> {
    match std::env::var_os("AWS_LAMBDA_RUNTIME_API") {
        Some(_) => function(),
        None => local::run(),
    }
}

#[derive(Deserialize)]
struct Wanted {
    picture: String,
    width: u32,
}

#[derive(Serialize)]
struct Thumbnail {
    pixels: u32,
}

async fn thumbnail(event: LambdaEvent<Wanted>) -> Result<Thumbnail, Error> {
    let Wanted { picture, width } = event.payload;
    current().annotate("picture", &*picture);
    let picture = load(&picture).await?;
    let pixels = subsegment("scale").run(|scale| {
        scale.metadata("width", &width);
        picture.iter().map(|row| row / width).sum()
    });
    Ok(Thumbnail { pixels })
}

#[xray_sdk::subsegment]
async fn load(picture: &str) -> Result<Vec<u32>, Error> {
    match picture {
        "cat" => Ok((0..100_000).collect()),
        "worm" => panic!("this can cannot be opened"),
        other => Err(format!("there is no picture of a {other}").into()),
    }
}
