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

#[tokio::test]
async fn sqlxs_events_are_enough_to_see_queries() {
    use tracing_subscriber::layer::SubscriberExt as _;
    use tracing_subscriber::util::SubscriberInitExt as _;
    let shop = xray_sdk_sql::Database::from_url(&place::postgres());
    let layer = xray_sdk_sql::sqlx::events(shop);
    let _subscriber = tracing_subscriber::registry().with(layer).set_default();
    let capture = Capture::new("shop");
    let pool = PgPoolOptions::new()
        .connect(&place::postgres())
        .await
        .expect("a pool");
    let request = async {
        let inside = async {
            sqlx::query("SELECT 'S3cret', pg_sleep(0.05) WHERE $1 = 'S3cret'")
                .bind("S3cret")
                .fetch_one(&pool)
                .await
                .expect("read");
        };
        xray_sdk::InSubsegment::in_subsegment(inside, "load").await;
        let mut transaction = pool.begin().await.expect("begun");
        sqlx::query("DELETE FROM pg_class WHERE relname = 'S3cret'")
            .execute(&mut *transaction)
            .await
            .expect("nothing");
        transaction.rollback().await.expect("undone");
        sqlx::query("SELECT 1").execute(&pool).await.expect("read");
        sqlx::query("SELEC 'S3cret'")
            .execute(&pool)
            .await
            .expect_err("no such verb");
    };
    capture.recorder().segment("shop").run(request).await;
    sqlx::query("SELECT 1")
        .execute(&pool)
        .await
        .expect("read outside of any segment");
    assert_eq!(
        seen::tree(&capture),
        "\
shop
  load
    shop@127.0.0.1 | SELECT
  shop@127.0.0.1 | DELETE pg_class
  shop@127.0.0.1 | ROLLBACK
  shop@127.0.0.1 | SELECT
  shop@127.0.0.1 | SELEC
"
    );
    let calls = seen::calls(&capture);
    assert_eq!(
        seen::statement(&calls[1]),
        "SELECT ?, pg_sleep(?) WHERE $1 = ?"
    );
    assert_eq!(calls[1]["metadata"]["sql"]["rows_returned"], 1);
    let seconds = |key: &str| calls[1][key].as_f64().expect("a time");
    assert!(seconds("end_time") - seconds("start_time") >= 0.05);
}
