use mysql_async::prelude::Queryable as _;
use mysql_async::{Conn, Opts, Params, TxOpts};
use xray_sdk::testing::Capture;
use xray_sdk_sql::mysql::{Traced as _, TracedConnection};

use crate::{place, seen};

async fn connect() -> TracedConnection<Conn> {
    let settings = Opts::from_url(&place::mysql()).expect("a url");
    let mut connection = Conn::new(settings).await.expect("a connection");
    let schema = "CREATE TEMPORARY TABLE items (id int PRIMARY KEY, name text)";
    connection.query_drop(schema).await.expect("a table");
    connection.traced()
}

#[tokio::test]
async fn what_a_request_reads_and_writes_is_one_trace() {
    let capture = Capture::new("shop");
    let mut client = connect().await;
    let work = async {
        let insert = "INSERT INTO items VALUES (?, ?), (2, \"S3cret\")";
        client
            .exec_drop(insert, (1, "S3cret"))
            .await
            .expect("written");
        let statement = client
            .prep("SELECT name FROM items WHERE id = ?")
            .await
            .expect("prepared");
        let name: Option<String> = client.exec_first(&statement, (1,)).await.expect("read");
        assert_eq!(name.as_deref(), Some("S3cret"));
        let names: Vec<String> = client
            .query("SELECT name FROM items WHERE id IN (1, 2)")
            .await
            .expect("read");
        assert_eq!(names.len(), 2);
        let batch = [(3, "S3cret"), (4, "S3cret")];
        client
            .exec_batch("INSERT INTO items VALUES (?, ?)", batch)
            .await
            .expect("written");
        let mut transaction = client
            .start_transaction(TxOpts::default())
            .await
            .expect("begun");
        transaction
            .query_drop("DELETE FROM items WHERE name = 'S3cret'")
            .await
            .expect("gone");
        transaction.commit().await.expect("done");
        client.ping().await.expect("there");
    };
    capture.recorder().segment("shop").run(work).await;
    assert_eq!(
        seen::tree(&capture),
        "\
shop
  shop@127.0.0.1 | INSERT items
  shop@127.0.0.1 | SELECT items
  shop@127.0.0.1 | SELECT items
  shop@127.0.0.1 | SELECT items
  shop@127.0.0.1 | INSERT items
  shop@127.0.0.1 | BEGIN
  shop@127.0.0.1 | DELETE items
  shop@127.0.0.1 | COMMIT
  shop@127.0.0.1 | PING
"
    );
    let calls = seen::calls(&capture);
    assert_eq!(
        seen::statement(&calls[0]),
        "INSERT INTO items VALUES (?, ?)"
    );
    assert_eq!(
        seen::statement(&calls[3]),
        "SELECT name FROM items WHERE id IN (?)"
    );
    let sql = &calls[0]["sql"];
    assert_eq!(sql["database_type"], "MySQL");
    assert_eq!(sql["user"], "app");
    assert!(sql["database_version"].is_string());
    assert_eq!(calls[3]["metadata"]["sql"]["rows_returned"], 2);
}

#[tokio::test]
async fn what_fails_is_recorded_without_its_values() {
    let capture = Capture::new("shop");
    let mut client = connect().await;
    let endless = "SET STATEMENT max_statement_time = 0.02 FOR SELECT COUNT(*) FROM information_schema.columns a, \
        information_schema.columns b, information_schema.columns c, information_schema.columns d";
    let work = async {
        client
            .query_drop("CREATE TEMPORARY TABLE users (email varchar(50) UNIQUE)")
            .await
            .expect("a table");
        client
            .query_drop("INSERT INTO users VALUES ('S3cret')")
            .await
            .expect("written");
        client
            .exec_drop("INSERT INTO users VALUES (?)", ("S3cret",))
            .await
            .expect_err("taken");
        client
            .query_drop("SELEC 'S3cret'")
            .await
            .expect_err("no such verb");
        client
            .query_drop("SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'S3cret'")
            .await
            .expect_err("as it is told");
        client
            .query_drop("SELECT * FROM nowhere")
            .await
            .expect_err("no such table");
        client.query_drop(endless).await.expect_err("too late");
        client
            .exec_drop("SELECT ?, ?", Params::from(("S3cret",)))
            .await
            .expect_err("one too few");
    };
    capture.recorder().segment("shop").run(work).await;
    assert_eq!(
        seen::tree(&capture),
        "\
shop
  shop@127.0.0.1 | CREATE TABLE users
  shop@127.0.0.1 | INSERT users
  shop@127.0.0.1 | INSERT users | 23000 | fault
  shop@127.0.0.1 | SELEC | 42000 | fault
  shop@127.0.0.1 | SIGNAL | 45000 | fault
  shop@127.0.0.1 | SELECT nowhere | 42S02 | fault
  shop@127.0.0.1 | SET | 70100 | fault
  shop@127.0.0.1 | SELECT | fault
"
    );
    let calls = seen::calls(&capture);
    assert_eq!(
        seen::message(&calls[2]),
        "Duplicate entry '?' for key 'email'"
    );
    assert_eq!(
        seen::message(&calls[5]),
        "Table 'shop.nowhere' doesn't exist"
    );
}

#[tokio::test]
async fn a_server_that_stops_in_the_middle_fails_the_call() {
    let capture = Capture::new("shop");
    let (mut client, mut other) = (connect().await, connect().await);
    let id = client.id();
    let stop = async {
        let asked = format!(
            "SELECT id FROM information_schema.processlist WHERE id = {id} AND info LIKE '%SLEEP(6%'"
        );
        while other
            .query_first::<u64, _>(&*asked)
            .await
            .expect("asked")
            .is_none()
        {}
        other
            .query_drop(format!("KILL {id}"))
            .await
            .expect("killed");
    };
    let work = async { client.query_drop("SELECT SLEEP(60)").await };
    let work = capture.recorder().segment("shop").run(work);
    let (outcome, ()) = tokio::join!(work, stop);
    outcome.expect_err("the server is gone");
    let tree = seen::tree(&capture);
    assert!(
        tree.ends_with("| fault\n") && tree.lines().count() == 2,
        "{tree}"
    );
}

#[tokio::test]
async fn a_call_that_is_given_up_says_so() {
    let capture = Capture::new("shop");
    let mut client = connect().await;
    let work = async {
        tokio::select! {
            biased;
            _ = client.query_drop("SELECT SLEEP(60)") => unreachable!("it takes a minute"),
            () = std::future::ready(()) => {}
        }
    };
    capture.recorder().segment("shop").run(work).await;
    assert_eq!(
        seen::tree(&capture),
        "shop\n  shop@127.0.0.1 | SELECT | aborted\n"
    );
}
