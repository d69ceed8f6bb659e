use std::time::Duration;

use futures_util::TryStreamExt as _;
use sqlx::mysql::MySqlPoolOptions;
use sqlx::postgres::PgPoolOptions;
use sqlx::{AssertSqlSafe, Executor as _, MySql, Postgres, Row as _};
use xray_sdk::testing::Capture;
use xray_sdk_sql::sqlx::{Traced as _, TracedPool};

use crate::{place, seen};

async fn postgres() -> TracedPool<Postgres> {
    let options = PgPoolOptions::new()
        .max_connections(1)
        .acquire_timeout(Duration::from_secs(20));
    let pool = options.connect(&place::postgres()).await.expect("a pool");
    pool.execute("CREATE TEMP TABLE items (id int PRIMARY KEY, name text)")
        .await
        .expect("a table");
    pool.traced()
}

async fn mysql() -> TracedPool<MySql> {
    let options = MySqlPoolOptions::new().max_connections(1);
    let pool = options.connect(&place::mysql()).await.expect("a pool");
    pool.execute("CREATE TEMPORARY TABLE items (id int PRIMARY KEY, name varchar(50))")
        .await
        .expect("a table");
    pool.traced()
}

#[tokio::test]
async fn what_a_request_does_with_postgres_is_one_trace() {
    let capture = Capture::new("shop");
    let pool = postgres().await;
    let work = async {
        let insert = sqlx::query("INSERT INTO items VALUES ($1, $2), (2, 'S3cret')");
        let done = insert
            .bind(1)
            .bind("S3cret")
            .execute(&pool)
            .await
            .expect("written");
        assert_eq!(done.rows_affected(), 2);
        let row = sqlx::query("SELECT name FROM items WHERE id = $1")
            .bind(1)
            .fetch_one(&pool)
            .await;
        assert_eq!(row.expect("read").get::<&str, _>(0), "S3cret");
        let rows = sqlx::query("SELECT * FROM items")
            .fetch(&pool)
            .try_collect::<Vec<_>>()
            .await;
        assert_eq!(rows.expect("read").len(), 2);
        let mut transaction = pool.begin().await.expect("begun");
        sqlx::query("DELETE FROM items WHERE id = 1")
            .execute(&mut transaction)
            .await
            .expect("gone");
        transaction.commit().await.expect("done");
        let mut connection = pool.acquire().await.expect("a connection");
        connection
            .prepare(sqlx::SqlStr::from_static("SELECT 1"))
            .await
            .expect("prepared");
    };
    capture.recorder().segment("shop").run(work).await;
    assert_eq!(
        seen::tree(&capture),
        "\
shop
  shop@127.0.0.1 | INSERT items
  shop@127.0.0.1 | SELECT items
  shop@127.0.0.1 | SELECT items
  shop@127.0.0.1 | BEGIN
  shop@127.0.0.1 | DELETE items
  shop@127.0.0.1 | COMMIT
  shop@127.0.0.1 | ACQUIRE
  shop@127.0.0.1 | SELECT
"
    );
    let calls = seen::calls(&capture);
    assert_eq!(
        seen::statement(&calls[0]),
        "INSERT INTO items VALUES ($1, $2)"
    );
    assert_eq!(calls[0]["sql"]["preparation"], "statement");
    assert_eq!(calls[0]["metadata"]["sql"]["rows_affected"], 2);
    assert_eq!(calls[2]["metadata"]["sql"]["rows_returned"], 2);
}

#[tokio::test]
async fn what_fails_with_postgres_is_recorded_without_its_values() {
    let capture = Capture::new("shop");
    let pool = postgres().await;
    let raise = "DO $$ BEGIN RAISE EXCEPTION 'S3cret' USING ERRCODE = '23505'; END $$";
    let work = async {
        sqlx::query("INSERT INTO items VALUES (1, 'S3cret')")
            .execute(&pool)
            .await
            .expect("written");
        let again = sqlx::query("INSERT INTO items VALUES ($1, 'S3cret')").bind(1);
        again.execute(&pool).await.expect_err("it is there already");
        sqlx::query("SELEC 'S3cret'")
            .execute(&pool)
            .await
            .expect_err("no such verb");
        sqlx::query("SELECT 'S3cret'::int")
            .fetch_one(&pool)
            .await
            .expect_err("no number");
        sqlx::raw_sql(raise)
            .execute(&pool)
            .await
            .expect_err("as it is told");
        sqlx::raw_sql("SET statement_timeout = '20ms'")
            .execute(&pool)
            .await
            .expect("set");
        sqlx::query("SELECT pg_sleep(60)")
            .fetch_one(&pool)
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
  shop@127.0.0.1 | SET
  shop@127.0.0.1 | SELECT | 57014 | fault
"
    );
}

#[tokio::test]
async fn a_pool_that_is_exhausted_and_a_server_that_stops_fail_the_call() {
    let capture = Capture::new("shop");
    let pool = postgres().await;
    let options = PgPoolOptions::new()
        .max_connections(1)
        .acquire_timeout(Duration::from_secs(1));
    let small = options
        .connect(&place::postgres())
        .await
        .expect("a pool")
        .traced();
    let process: i32 = sqlx::query("SELECT pg_backend_pid()")
        .fetch_one(small.inner())
        .await
        .expect("read")
        .get(0);
    let work = async {
        let taken = small.inner().acquire().await.expect("the only one");
        sqlx::query("SELECT 1")
            .execute(&small)
            .await
            .expect_err("none is left");
        drop(taken);
        sqlx::query("SELECT pg_sleep(60)")
            .execute(&small)
            .await
            .expect_err("the server is gone");
    };
    let stop = async {
        let stop = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = $1 AND query LIKE '%sleep%'";
        while sqlx::query(stop)
            .bind(process)
            .fetch_all(pool.inner())
            .await
            .expect("asked")
            .is_empty()
        {}
    };
    tokio::join!(capture.recorder().segment("shop").run(work), stop);
    assert_eq!(
        seen::tree(&capture),
        "\
shop
  shop@127.0.0.1 | SELECT | throttle | fault
  shop@127.0.0.1 | SELECT | 57P01 | fault
"
    );
}

#[tokio::test]
async fn what_a_request_does_with_mysql_is_one_trace() {
    let capture = Capture::new("shop");
    let pool = mysql().await;
    let work = async {
        let insert = sqlx::query("INSERT INTO items VALUES (?, ?), (2, \"S3cret\")");
        insert
            .bind(1)
            .bind("S3cret")
            .execute(&pool)
            .await
            .expect("written");
        let many =
            "SELECT * FROM items WHERE name IN ('S3cret', \"S3cret\") AND id < ".to_owned() + "3";
        let rows = sqlx::query(AssertSqlSafe(many)).fetch_all(&pool).await;
        assert_eq!(rows.expect("read").len(), 2);
        let again = sqlx::query("INSERT INTO items VALUES (1, 'S3cret')");
        again.execute(&pool).await.expect_err("it is there already");
        let mut transaction = pool.begin().await.expect("begun");
        sqlx::query("DELETE FROM items")
            .execute(&mut transaction)
            .await
            .expect("gone");
        transaction.rollback().await.expect("undone");
        tokio::select! {
            biased;
            _ = sqlx::query("SELECT SLEEP(60)").execute(&pool) => unreachable!("it takes a minute"),
            () = std::future::ready(()) => {}
        }
    };
    capture.recorder().segment("shop").run(work).await;
    assert_eq!(
        seen::tree(&capture),
        "\
shop
  shop@127.0.0.1 | INSERT items
  shop@127.0.0.1 | SELECT items
  shop@127.0.0.1 | INSERT items | 23000 | fault
  shop@127.0.0.1 | BEGIN
  shop@127.0.0.1 | DELETE items
  shop@127.0.0.1 | ROLLBACK
  shop@127.0.0.1 | SELECT | aborted
"
    );
    let calls = seen::calls(&capture);
    assert_eq!(
        seen::message(&calls[2]),
        "Duplicate entry '?' for key 'PRIMARY'"
    );
    assert_eq!(calls[0]["sql"]["database_type"], "MySQL");
}
