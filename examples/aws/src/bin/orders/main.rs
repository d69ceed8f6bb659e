//! A web service that takes orders, and a worker that writes receipts, with a queue between them: one trace.

mod front;
mod worker;

use std::net::Ipv4Addr;

use on_aws::{Error, Show};
use tokio::net::TcpListener;
use xray_sdk_aws::{XrayInterceptor, client};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let config = on_aws::config().await;
    // SQS keeps the tracing header with each message, and tells it to who asks; a server in its place may have to find it there.
    let in_messages = XrayInterceptor::new()
        .ask_for_trace(true)
        .trace_attribute(config.endpoint_url().is_some());
    let tables = client!(aws_sdk_dynamodb, &config);
    let queues = client!(aws_sdk_sqs, &config, in_messages);
    let objects = client!(aws_sdk_s3, &config);
    let (table, queue, bucket) = (
        on_aws::table(&tables).await?,
        on_aws::queue(&queues).await?,
        on_aws::bucket(&objects).await?,
    );

    let mut show = Show::start()?;
    let shop = front::Shop {
        tables,
        table,
        queues: queues.clone(),
        queue: queue.clone(),
    };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let url = format!("http://{}/orders/tea", listener.local_addr()?);
    let front = front::service(&show.recorder("front")?, shop);
    let serving = tokio::spawn(async move { axum::serve(listener, front).await });
    let recorder = show.recorder("worker")?;
    let worker = worker::Worker {
        queues,
        queue,
        objects,
        bucket,
    };

    let client = reqwest::Client::builder().no_proxy().build()?;
    client.post(url).send().await?.error_for_status()?;
    worker.work_off(&recorder).await?;

    serving.abort();
    show.finish();
    Ok(())
}
