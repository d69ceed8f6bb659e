//! The worker: for each message a receipt goes into the bucket, in the trace of who sent the message.

use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_sqs::types::Message;
use on_aws::Error;
use xray_sdk::Recorder;
use xray_sdk_aws::message;

pub(crate) struct Worker {
    pub(crate) queues: aws_sdk_sqs::Client,
    pub(crate) queue: String,
    pub(crate) objects: aws_sdk_s3::Client,
    pub(crate) bucket: String,
}

impl Worker {
    /// Handles what is in the queue, and stops when it is empty.
    pub(crate) async fn work_off(&self, recorder: &Recorder) -> Result<(), Error> {
        loop {
            let received = self
                .queues
                .receive_message()
                .queue_url(&self.queue)
                .max_number_of_messages(10)
                .send()
                .await?;
            if received.messages().is_empty() {
                return Ok(());
            }
            for message in received.messages() {
                recorder
                    .segment("worker")
                    .continuing(message::sender(message.attributes()))
                    .run(self.handle(message))
                    .await?;
            }
        }
    }

    async fn handle(&self, message: &Message) -> Result<(), Error> {
        let item = message.body().unwrap_or_default();
        self.objects
            .put_object()
            .bucket(&self.bucket)
            .key(format!("receipts/{item}.txt"))
            .body(ByteStream::from(format!("one {item}").into_bytes()))
            .send()
            .await?;
        self.queues
            .delete_message()
            .queue_url(&self.queue)
            .set_receipt_handle(message.receipt_handle().map(str::to_owned))
            .send()
            .await?;
        Ok(())
    }
}
