use futures_util::{SinkExt as _, StreamExt as _, TryStreamExt as _, pin_mut};
use tokio_postgres::NoTls;
use tokio_postgres::error::SqlState;
use xray_sdk::testing::Capture;
use xray_sdk_sql::Record;
use xray_sdk_sql::postgres::{self, Client, TracedCopyIn};

use crate::{place, seen};

async fn connect() -> Client {
    let (client, connection) = postgres::connect(&place::postgres(), NoTls)
        .await
        .expect("a connection");
    tokio::spawn(connection);
    let schema = "CREATE TEMP TABLE items (id int PRIMARY KEY, name text)";
    client.batch_execute(schema).await.expect("a table");
    client
}

#[tokio::test]
async fn what_a_request_reads_and_writes_is_one_trace() {
    let capture = Capture::new("shop");
    let mut client = connect().await;
    let work = async {
        let insert = "INSERT INTO items VALUES ($1, $2), (2, 'S3cret')";
        let changed = client
            .execute(insert, &[&1, &"S3cret"])
            .await
            .expect("written");
        assert_eq!(changed, 2);
        let statement = client
            .prepare("SELECT name FROM items WHERE id = $1")
            .await
            .expect("prepared");
        let row = client.query_one(&statement, &[&1]).await.expect("read");
        assert_eq!(row.get::<_, &str>(0), "S3cret");
        let none = client.query_opt(&statement, &[&9]).await.expect("read");
        assert!(none.is_none());
        let rows = client
            .query_raw("SELECT * FROM items", &[] as &[i32])
            .await
            .expect("a stream");
        assert_eq!(
            rows.try_collect::<Vec<_>>().await.expect("all of it").len(),
            2
        );

        let mut transaction = client.transaction().await.expect("begun");
        transaction
            .execute("DELETE FROM items WHERE id = 1", &[])
            .await
            .expect("gone");
        let inner = transaction.transaction().await.expect("a savepoint");
        inner.rollback().await.expect("undone");
        let inner = transaction.transaction().await.expect("a savepoint");
        inner.commit().await.expect("kept");
        transaction.commit().await.expect("done");
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
  shop@127.0.0.1 | SELECT items
  shop@127.0.0.1 | BEGIN
  shop@127.0.0.1 | DELETE items
  shop@127.0.0.1 | SAVEPOINT
  shop@127.0.0.1 | ROLLBACK TO SAVEPOINT
  shop@127.0.0.1 | SAVEPOINT
  shop@127.0.0.1 | RELEASE SAVEPOINT
  shop@127.0.0.1 | COMMIT
"
    );
    let calls = seen::calls(&capture);
    let sql = &calls[0]["sql"];
    assert_eq!(sql["sanitized_query"], "INSERT INTO items VALUES ($1, $2)");
    assert_eq!(sql["database_type"], "PostgreSQL");
    assert_eq!(sql["user"], "app");
    assert_eq!(sql["driver_version"], "tokio-postgres 0.7");
    assert_eq!(sql["preparation"], "statement");
    assert!(
        sql["database_version"]
            .as_str()
            .is_some_and(|version| !version.is_empty())
    );
    let url = sql["url"].as_str().expect("a url");
    assert!(
        url.starts_with("postgresql://127.0.0.1:") && url.ends_with("/shop"),
        "{url}"
    );
    assert_eq!(calls[0]["namespace"], "remote");
    assert_eq!(calls[0]["metadata"]["sql"]["rows_affected"], 2);
    assert_eq!(calls[4]["metadata"]["sql"]["rows_returned"], 2);
}

#[tokio::test]
async fn what_fails_is_recorded_without_its_values() {
    let capture = Capture::new("shop");
    let client = connect().await;
    let raise = "DO $$ BEGIN RAISE EXCEPTION 'S3cret' USING ERRCODE = '23505'; END $$";
    let work = async {
        client
            .execute("INSERT INTO items VALUES (1, 'S3cret')", &[])
            .await
            .expect("written");
        let error = client
            .execute("INSERT INTO items VALUES ($1, 'S3cret')", &[&1])
            .await;
        let error = error.expect_err("it is there already");
        assert_eq!(error.code(), Some(&SqlState::UNIQUE_VIOLATION), "handed on");
        client
            .query("SELEC 'S3cret'", &[])
            .await
            .expect_err("no such verb");
        client
            .query("SELECT 'S3cret'::int", &[])
            .await
            .expect_err("no number");
        client
            .batch_execute(raise)
            .await
            .expect_err("as it is told");
        client
            .query("SELECT * FROM nowhere", &[])
            .await
            .expect_err("no such table");
        client
            .query_one("SELECT $1::int4", &[&"S3cret"])
            .await
            .expect_err("no integer");
        client
            .batch_execute("SET statement_timeout = '20ms'")
            .await
            .expect("set");
        client
            .query("SELECT pg_sleep(60)", &[])
            .await
            .expect_err("too late");
    };
    capture.recorder().segment("shop").run(work).await;
    assert_eq!(
        seen::tree(&capture),
        "\
shop
  shop@127.0.0.1 | INSERT items
  shop@127.0.0.1 | INSERT items | 23505 | fault
  shop@127.0.0.1 | SELEC | 42601 | fault
  shop@127.0.0.1 | SELECT | 22P02 | fault
  shop@127.0.0.1 | DO | 23505 | fault
  shop@127.0.0.1 | SELECT nowhere | 42P01 | fault
  shop@127.0.0.1 | SELECT | fault
  shop@127.0.0.1 | SET
  shop@127.0.0.1 | SELECT | 57014 | fault
"
    );
    let calls = seen::calls(&capture);
    let messages: Vec<_> = [1, 2, 3, 5, 6]
        .map(|number| seen::message(&calls[number]))
        .into();
    assert_eq!(
        messages,
        [
            "duplicate key value violates unique constraint \"items_pkey\"",
            "syntax error at or near \"SELEC\"",
            "invalid input syntax for type integer: \"?\"",
            "relation \"nowhere\" does not exist",
            "error serializing parameter 0",
        ]
    );
}

#[tokio::test]
async fn a_server_that_stops_in_the_middle_fails_the_call() {
    let capture = Capture::new("shop");
    let (client, other) = (connect().await, connect().await);
    let row = client
        .query_one("SELECT pg_backend_pid()", &[])
        .await
        .expect("a number");
    let process: i32 = row.get(0);
    let stop = async {
        let stop = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = $1 AND query LIKE '%sleep%'";
        while other
            .query(stop, &[&process])
            .await
            .expect("asked")
            .is_empty()
        {}
    };
    let work = async { client.query("SELECT pg_sleep(60)", &[]).await };
    let work = capture.recorder().segment("shop").run(work);
    let (outcome, ()) = tokio::join!(work, stop);
    outcome.expect_err("the server is gone");
    let tree = seen::tree(&capture);
    assert_eq!(tree, "shop\n  shop@127.0.0.1 | SELECT | 57P01 | fault\n");
}

#[tokio::test]
async fn a_call_that_is_given_up_says_so() {
    let capture = Capture::new("shop");
    let (client, other) = (connect().await, connect().await);
    let work = async {
        tokio::select! {
            biased;
            _ = client.query("SELECT pg_sleep(60)", &[]) => unreachable!("it takes a minute"),
            () = std::future::ready(()) => {}
        }
        let rows = "SELECT generate_series(1, 9)";
        let rows = other
            .query_raw(rows, &[] as &[i32])
            .await
            .expect("a stream");
        pin_mut!(rows);
        rows.next().await.expect("a row").expect("read");
    };
    capture.recorder().segment("shop").run(work).await;
    assert_eq!(
        seen::tree(&capture),
        "\
shop
  shop@127.0.0.1 | SELECT | aborted
  shop@127.0.0.1 | SELECT | aborted
"
    );
}

#[tokio::test]
async fn copies_last_until_they_are_finished() {
    let capture = Capture::new("shop");
    let client = connect().await;
    let more = "CREATE TEMP TABLE more (id int, name text)";
    client.batch_execute(more).await.expect("a table");
    let work = async {
        let copy: TracedCopyIn<bytes::Bytes> = client
            .copy_in("COPY items FROM STDIN")
            .await
            .expect("begun");
        pin_mut!(copy);
        copy.send(bytes::Bytes::from("1\tS3cret\n2\tS3cret\n"))
            .await
            .expect("sent");
        assert_eq!(copy.finish().await.expect("finished"), 2);
        let copy: TracedCopyIn<bytes::Bytes> =
            client.copy_in("COPY more FROM STDIN").await.expect("begun");
        let parts = ["1\tS3cret\n", "2\tS3cret\n"].map(|part| Ok(part.into()));
        let parts = futures_util::stream::iter(parts);
        parts.forward(copy).await.expect("closed");
        let copy = client
            .copy_out("COPY items TO STDOUT")
            .await
            .expect("begun");
        let parts: Vec<_> = copy.try_collect().await.expect("all of it");
        assert_eq!(parts.concat(), b"1\tS3cret\n2\tS3cret\n");
        client
            .copy_out("COPY nowhere TO STDOUT")
            .await
            .map(drop)
            .expect_err("no such table");
    };
    capture.recorder().segment("shop").run(work).await;
    assert_eq!(
        seen::tree(&capture),
        "\
shop
  shop@127.0.0.1 | COPY items
  shop@127.0.0.1 | COPY more
  shop@127.0.0.1 | COPY items
  shop@127.0.0.1 | COPY nowhere | 42P01 | fault
"
    );
    assert_eq!(
        seen::calls(&capture)[0]["metadata"]["sql"]["rows_affected"],
        2
    );
}

#[tokio::test]
async fn a_program_chooses_how_much_of_a_statement_is_recorded() {
    let capture = Capture::new("shop");
    let client = connect().await.record(Record::Raw);
    let work = async {
        client.query("SELECT 'blue'", &[]).await.expect("read");
        client
            .query("SELECT 'blue'::int", &[])
            .await
            .expect_err("no number");
        let client = client.record(Record::Nothing);
        client.query("SELECT 'blue'", &[]).await.expect("read");
    };
    capture.recorder().segment("shop").run(work).await;
    let calls = seen::calls(&capture);
    assert_eq!(seen::statement(&calls[0]), "SELECT 'blue'");
    assert!(seen::message(&calls[1]).contains("\"blue\""));
    assert!(calls[2]["sql"].get("sanitized_query").is_none());
    assert!(calls[2].get("annotations").is_none());
}

#[tokio::test]
async fn connecting_inside_a_request_is_part_of_it() {
    let capture = Capture::new("shop");
    let url = place::postgres();
    let (login, place) = url.rsplit_once('@').expect("a password");
    let (scheme, _) = login.rsplit_once(':').expect("a password");
    let wrong = format!("{scheme}:hunter2@{place}");
    let work = async {
        postgres::connect(&url, NoTls)
            .await
            .map(drop)
            .expect("a connection");
        postgres::connect(&wrong, NoTls)
            .await
            .map(drop)
            .expect_err("a wrong password");
    };
    capture.recorder().segment("shop").run(work).await;
    assert_eq!(
        seen::tree(&capture),
        "shop\n  shop@127.0.0.1 | CONNECT\n  shop@127.0.0.1 | CONNECT | 28P01 | fault\n"
    );
}

#[tokio::test]
async fn where_nothing_is_recorded_calls_work_as_ever() {
    let client = connect().await;
    let row = client
        .query_one("SELECT 1", &[])
        .await
        .expect("read outside of any segment");
    assert_eq!(row.get::<_, i32>(0), 1);
    let capture = Capture::with_sampler("shop", xray_sdk::sampling::Never);
    let work = async { client.query_one("SELECT 1", &[]).await.expect("read") };
    capture.recorder().segment("shop").run(work).await;
    assert!(capture.documents().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_that_share_a_connection_do_not_mix_also_where_some_are_given_up() {
    const REQUESTS: i32 = 100;
    let capture = Capture::new("shop");
    let client = std::sync::Arc::new(connect().await);
    let requests = (0..REQUESTS).map(|number| {
        let client = client.clone();
        let name = format!("request {number}");
        tokio::spawn(capture.recorder().segment(name).run(async move {
            let bound: [&(dyn tokio_postgres::types::ToSql + Sync); 1] = [&number];
            let call = client.query_one("SELECT $1::int", &bound);
            if number % 3 == 0 {
                // It is sent, and nobody waits for the answer.
                let mut call = std::pin::pin!(call);
                assert!(futures_util::poll!(call.as_mut()).is_pending());
                return;
            }
            let answered = call.await.expect("an answer");
            assert_eq!(answered.get::<_, i32>(0), number);
        }))
    });
    for request in requests.collect::<Vec<_>>() {
        request.await.expect("no panic");
    }
    let traces = seen::traces(&capture);
    assert_eq!(traces.len(), REQUESTS as usize);
    for trace in traces {
        let (request, calls) = trace.split_once('\n').expect("a segment");
        let number: i32 = request["request ".len()..].parse().expect("its number");
        let expected = match number % 3 {
            0 => "  shop@127.0.0.1 | SELECT | aborted\n",
            _ => "  shop@127.0.0.1 | SELECT\n",
        };
        assert_eq!(calls, expected, "{request}");
    }
}
