use redis::{AsyncCommands as _, Client, RedisResult};
use xray_sdk::testing::Capture;
use xray_sdk_sql::redis::connect;

use crate::{place, seen};

fn client() -> Client {
    Client::open(place::redis()).expect("a url")
}

#[tokio::test]
async fn what_a_request_reads_and_writes_is_one_trace() {
    let capture = Capture::new("shop");
    let mut cache = connect(&client()).await.expect("a connection");
    let work = async {
        cache
            .set::<_, _, ()>("one:basket", "S3cret")
            .await
            .expect("written");
        let value: String = cache.get("one:basket").await.expect("read");
        assert_eq!(value, "S3cret");
        let mut pipeline = redis::pipe();
        pipeline
            .atomic()
            .hset("one:user", "password", "S3cret")
            .ignore()
            .get("one:basket");
        let (value,): (String,) = pipeline.query_async(&mut cache).await.expect("both");
        assert_eq!(value, "S3cret");
        cache
            .del::<_, ()>(&["one:basket", "one:user"])
            .await
            .expect("gone");
    };
    capture.recorder().segment("shop").run(work).await;
    assert_eq!(
        seen::tree(&capture),
        "\
shop
  redis@127.0.0.1 | SET
  redis@127.0.0.1 | GET
  redis@127.0.0.1 | PIPELINE
  redis@127.0.0.1 | DEL
"
    );
    let calls = seen::calls(&capture);
    let commands: Vec<_> = calls
        .iter()
        .map(|call| &call["metadata"]["redis"]["command"])
        .collect();
    assert_eq!(
        commands,
        [
            "SET one:basket ?",
            "GET one:basket",
            "HSET one:user ?; GET one:basket",
            "DEL one:basket one:user"
        ]
    );
    assert_eq!(calls[0]["namespace"], "remote");
    assert!(calls[0].get("sql").is_none());
}

#[tokio::test]
async fn what_fails_is_recorded_without_its_values() {
    let capture = Capture::new("shop");
    let mut cache = connect(&client()).await.expect("a connection");
    let work = async {
        cache
            .set::<_, _, ()>("two:text", "S3cret")
            .await
            .expect("written");
        cache
            .lpush::<_, _, ()>("two:text", "S3cret")
            .await
            .expect_err("no list");
        let script = "return redis.error_reply('MINE S3cret')";
        let mut evaluate = redis::cmd("EVAL");
        evaluate.arg(script).arg(1).arg("two:text").arg("S3cret");
        evaluate
            .query_async::<()>(&mut cache)
            .await
            .expect_err("as it is told");
        let mut unknown = redis::cmd("NOSUCH");
        unknown
            .arg("S3cret")
            .query_async::<()>(&mut cache)
            .await
            .expect_err("no such command");
    };
    capture.recorder().segment("shop").run(work).await;
    assert_eq!(
        seen::tree(&capture),
        "\
shop
  redis@127.0.0.1 | SET
  redis@127.0.0.1 | LPUSH | WRONGTYPE | fault
  redis@127.0.0.1 | EVAL | fault
  redis@127.0.0.1 | NOSUCH | ERR | fault
"
    );
}

#[tokio::test]
async fn a_server_that_stops_in_the_middle_fails_the_command_and_one_that_is_given_up_says_so() {
    let capture = Capture::new("shop");
    let client = client();
    let mut cache = connect(&client).await.expect("a connection");
    let mut other = client
        .get_multiplexed_async_connection()
        .await
        .expect("a connection");
    let id: i64 = redis::cmd("CLIENT")
        .arg("ID")
        .query_async(&mut cache)
        .await
        .expect("a number");
    let work = async {
        let mut wait = redis::cmd("BLPOP");
        wait.arg("three:queue").arg(0);
        let mut same = cache.clone();
        tokio::select! {
            biased;
            _ = wait.query_async::<()>(&mut same) => unreachable!("nothing comes"),
            () = std::future::ready(()) => {}
        }
        let outcome: RedisResult<()> = wait.query_async(&mut cache).await;
        outcome.expect_err("the server is gone");
    };
    let stop = async {
        let mut list = redis::cmd("CLIENT");
        list.arg("LIST").arg("ID").arg(id);
        while !list
            .query_async::<String>(&mut other)
            .await
            .expect("a list")
            .contains("cmd=blpop")
        {}
        let mut kill = redis::cmd("CLIENT");
        kill.arg("KILL")
            .arg("ID")
            .arg(id)
            .query_async::<()>(&mut other)
            .await
            .expect("killed");
    };
    tokio::join!(capture.recorder().segment("shop").run(work), stop);
    assert_eq!(
        seen::tree(&capture),
        "shop\n  redis@127.0.0.1 | BLPOP | aborted\n  redis@127.0.0.1 | BLPOP | fault\n"
    );
}
