use redis::aio::ConnectionLike;
use redis::{Cmd, ErrorKind, Pipeline, RedisError, RedisFuture, ServerErrorKind, Value};
use xray_sdk::testing::Capture;
use xray_sdk_queue::redis_streams::AddTraced as _;

use crate::seen::documents;

/// A server that does not know streams: it repeats what it was told.
struct Old;

impl ConnectionLike for Old {
    fn req_packed_command<'a>(&'a mut self, _: &'a Cmd) -> RedisFuture<'a, Value> {
        let detail =
            "unknown command 'XADD', with args beginning with: 'orders' '*' 'card' 'S3cret'";
        let error = RedisError::from((
            ErrorKind::Server(ServerErrorKind::ResponseError),
            "An error was signalled by the server",
            detail.to_owned(),
        ));
        Box::pin(async { Err(error) })
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        _: &'a Pipeline,
        _: usize,
        _: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        Box::pin(async { Ok(Vec::new()) })
    }

    fn get_db(&self) -> i64 {
        0
    }
}

#[tokio::test]
async fn what_a_server_repeats_of_an_entry_is_told_nowhere() {
    let capture = Capture::new("shop");
    let work = async {
        let sent = Old.xadd_traced("orders", "*", &[("card", "S3cret")]).await;
        let error = sent.expect_err("not known");
        assert!(error.to_string().contains("S3cret"), "it is as it was");
        // As a handler does that hands its errors on.
        xray_sdk::current()
            .record_error(&error)
            .record_message("debug", &format!("{error:?}"));
    };
    capture.recorder().segment("shop").run(work).await;
    assert_eq!(capture.tree(), "shop fault\n  orders fault\n");
    for document in documents(&capture) {
        let text = document.to_string();
        assert!(text.contains("unknown command"), "{text}");
        assert!(!text.contains("S3cret"), "{text}");
    }
}
