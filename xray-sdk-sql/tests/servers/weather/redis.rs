use redis::aio::MultiplexedConnection;
use redis::{AsyncCommands as _, Client, RedisError};
use xray_sdk::testing::Capture;
use xray_sdk_sql::redis::{Traced as _, acquire};

use super::{PATIENCE, give_up, run, stopped};
use crate::place;
use crate::proxy::Proxy;

struct Manager(Client);

impl bb8::ManageConnection for Manager {
    type Connection = MultiplexedConnection;
    type Error = RedisError;

    async fn connect(&self) -> Result<MultiplexedConnection, RedisError> {
        self.0.get_multiplexed_async_connection().await
    }

    async fn is_valid(&self, _: &mut MultiplexedConnection) -> Result<(), RedisError> {
        Ok(())
    }

    fn has_broken(&self, _: &mut MultiplexedConnection) -> bool {
        false
    }
}

#[tokio::test]
async fn a_request_through_redis_meets_all_that_can_go_wrong() {
    let capture = Capture::new("shop");
    let proxy = Proxy::start(&place::redis()).await;
    let client = Client::open(proxy.url(&place::redis())).expect("a url");
    let pool = bb8::Pool::builder()
        .max_size(1)
        .connection_timeout(PATIENCE);
    let pool = pool.build(Manager(client.clone())).await.expect("a pool");
    let request = async {
        let connection = acquire(&client, pool.get()).await.expect("a connection");
        let mut cache = connection.clone().traced(&client);
        cache
            .set::<_, _, ()>("four:text", "S3cret")
            .await
            .expect("written");
        cache.get::<_, String>("four:text").await.expect("read");
        let error = cache
            .lpush::<_, _, ()>("four:text", "S3cret")
            .await
            .expect_err("no list");
        xray_sdk::current().record_error(&error);
        let mut unknown = redis::cmd("NOSUCH");
        let error = unknown
            .arg("S3cret")
            .query_async::<()>(&mut cache)
            .await
            .expect_err("no such command");
        xray_sdk::current().record_error(&error);
        let mut raised = redis::cmd("EVAL");
        raised
            .arg("return redis.error_reply('hunter2 S3cret')")
            .arg(0);
        let error = raised
            .query_async::<()>(&mut cache)
            .await
            .expect_err("as it is told");
        xray_sdk::current()
            .record_error(&error)
            .record_message("other", &format!("{error:?}"));
        let mut pipeline = redis::pipe();
        pipeline
            .add_command(raised.clone())
            .set("four:text", "S3cret")
            .add_command(unknown.clone());
        let error = pipeline
            .query_async::<()>(&mut cache)
            .await
            .expect_err("as it is told");
        xray_sdk::current().record_error(&error);
        acquire(&client, pool.get())
            .await
            .map(drop)
            .expect_err("there is but one");
        let mut wait = redis::cmd("BLPOP");
        wait.arg("four:queue").arg(0);
        give_up(wait.query_async::<()>(&mut cache))
            .await
            .map(drop)
            .expect_err("too late");
        stopped(&proxy, cache.get::<_, String>("four:text")).await;
    };
    assert_eq!(
        run(&capture, request, &[]).await,
        [
            "shop | fault",
            "  redis@127.0.0.1 | ACQUIRE",
            "  redis@127.0.0.1 | SET",
            "  redis@127.0.0.1 | GET",
            "  redis@127.0.0.1 | LPUSH | WRONGTYPE | fault",
            "  redis@127.0.0.1 | NOSUCH | ERR | fault",
            "  redis@127.0.0.1 | EVAL | fault",
            "  redis@127.0.0.1 | PIPELINE | fault",
            "  redis@127.0.0.1 | ACQUIRE | throttle | fault",
            "  redis@127.0.0.1 | BLPOP | aborted",
            "  redis@127.0.0.1 | GET | fault",
        ]
    );
}
