use sqlx::mysql::MySqlPoolOptions;
use sqlx::postgres::PgPoolOptions;
use sqlx::sqlite::SqlitePoolOptions;
use xray_sdk::testing::Capture;
use xray_sdk_sql::sqlx::Traced as _;

use super::{PATIENCE, give_up, run, stopped};
use crate::place;
use crate::proxy::Proxy;

const POSTGRES: &str = "CREATE TEMP TABLE items (id int PRIMARY KEY, name text)";
const MYSQL: &str = "CREATE TEMPORARY TABLE items (id int PRIMARY KEY, name text)";

/// The request, for a pool of any of the databases: types of sqlx differ, words do not.
macro_rules! request {
    ($pool:expr, $schema:expr) => {
        async {
            let pool = &$pool;
            sqlx::query($schema).execute(pool).await.expect("a table");
            let insert = "INSERT INTO items VALUES (1, 'S3cret')";
            sqlx::query(insert).execute(pool).await.expect("written");
            sqlx::query("SELECT name FROM items")
                .fetch_all(pool)
                .await
                .expect("read");
            let error = sqlx::query(insert)
                .execute(pool)
                .await
                .expect_err("it is there");
            xray_sdk::current().record_error(&error);
            let error = sqlx::query("SELEC 'S3cret'")
                .execute(pool)
                .await
                .expect_err("no such verb");
            xray_sdk::current()
                .record_error(&error)
                .record_message("other", &format!("{error:?}"));
            let taken = pool.acquire().await.expect("the only one");
            sqlx::query("SELECT 1")
                .execute(pool)
                .await
                .expect_err("none is left");
            pool.acquire().await.map(drop).expect_err("none is left");
            pool.begin().await.map(drop).expect_err("none is left");
            drop(taken);
        }
    };
}

fn expected(unique: &str, syntax: &str) -> Vec<String> {
    let head = [
        "shop | fault",
        "  shop@127.0.0.1 | CREATE TABLE items",
        "  shop@127.0.0.1 | INSERT items",
        "  shop@127.0.0.1 | SELECT items",
    ];
    let tail = [
        format!("  shop@127.0.0.1 | INSERT items | {unique} | fault"),
        format!("  shop@127.0.0.1 | SELEC | {syntax} | fault"),
        "  shop@127.0.0.1 | ACQUIRE".to_owned(),
        "  shop@127.0.0.1 | SELECT | throttle | fault".to_owned(),
        "  shop@127.0.0.1 | ACQUIRE | throttle | fault".to_owned(),
        "  shop@127.0.0.1 | BEGIN | throttle | fault".to_owned(),
    ];
    head.into_iter().map(str::to_owned).chain(tail).collect()
}

#[tokio::test]
async fn a_request_through_sqlx_to_postgres_meets_all_that_can_go_wrong() {
    let capture = Capture::new("shop");
    let proxy = Proxy::start(&place::postgres()).await;
    let options = PgPoolOptions::new()
        .max_connections(1)
        .acquire_timeout(PATIENCE);
    let pool = options
        .connect(&proxy.url(&place::postgres()))
        .await
        .expect("a pool")
        .traced();
    let request = async {
        request!(pool, POSTGRES).await;
        let raised = "DO $$ BEGIN RAISE EXCEPTION 'S3cret' USING ERRCODE = '23505', DETAIL = 'hunter2', CONSTRAINT = 'S3cret'; END $$";
        for statement in [
            "SELECT 'S3cret'::int",
            "SELECT 'S3cret'::regclass",
            "SELECT 'S3cret'::nosuch",
            raised,
        ] {
            let error = sqlx::raw_sql(statement)
                .execute(&pool)
                .await
                .expect_err("wrong");
            xray_sdk::current()
                .record_error(&error)
                .record_message("other", &format!("{error:?}"));
        }
        let sleep = "SELECT pg_sleep(0.1)";
        give_up(sqlx::query(sleep).execute(&pool))
            .await
            .map(drop)
            .expect_err("too late");
        stopped(&proxy, sqlx::query("SELECT pg_sleep(60)").execute(&pool)).await;
    };
    let mut lines = expected("23505", "42601");
    lines.extend(
        [
            "SELECT | 22P02 | fault",
            "SELECT | 42P01 | fault",
            "SELECT | 42704 | fault",
            "DO | 23505 | fault",
            "SELECT | aborted",
        ]
        .map(|line| format!("  shop@127.0.0.1 | {line}")),
    );
    let seen = run(&capture, request, &[]).await;
    assert_eq!(seen[..lines.len()], lines);
    assert!(
        seen.len() == lines.len() + 1 && seen[lines.len()].ends_with("fault"),
        "{seen:?}"
    );
}

#[tokio::test]
async fn a_request_through_sqlx_to_mysql_meets_all_that_can_go_wrong() {
    let capture = Capture::new("shop");
    let proxy = Proxy::start(&place::mysql()).await;
    let options = MySqlPoolOptions::new()
        .max_connections(1)
        .acquire_timeout(PATIENCE);
    let pool = options
        .connect(&proxy.url(&place::mysql()))
        .await
        .expect("a pool")
        .traced();
    let request = async {
        request!(pool, MYSQL).await;
        give_up(sqlx::query("SELECT SLEEP(0.1)").execute(&pool))
            .await
            .map(drop)
            .expect_err("too late");
        stopped(&proxy, sqlx::query("SELECT SLEEP(60)").execute(&pool)).await;
    };
    let mut lines = expected("23000", "42000");
    lines.push("  shop@127.0.0.1 | SELECT | aborted".to_owned());
    let seen = run(&capture, request, &[]).await;
    assert_eq!(seen[..lines.len()], lines);
    assert!(
        seen.len() == lines.len() + 1 && seen[lines.len()].ends_with("fault"),
        "{seen:?}"
    );
}

/// SQLite has no server that could stop.
#[tokio::test]
async fn a_request_through_sqlx_to_sqlite_meets_all_that_can_go_wrong() {
    let capture = Capture::new("shop");
    let options = SqlitePoolOptions::new()
        .max_connections(1)
        .acquire_timeout(PATIENCE / 4);
    let pool = options
        .connect("sqlite::memory:")
        .await
        .expect("a pool")
        .traced();
    let request = async {
        request!(pool, POSTGRES).await;
        let endless = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000) SELECT count(*) FROM n, n m LIMIT 1";
        let call = give_up(sqlx::query(endless).execute(&pool));
        call.await.map(drop).expect_err("too late");
    };
    let mut lines = expected("1555", "1");
    lines.push("  shop@127.0.0.1 | SELECT n | aborted".to_owned());
    let lines: Vec<_> = lines
        .iter()
        .map(|line| line.replace("shop@127.0.0.1", "memory@localhost"))
        .collect();
    assert_eq!(run(&capture, request, &[]).await, lines);
}
