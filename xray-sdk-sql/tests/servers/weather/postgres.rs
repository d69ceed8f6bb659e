use tokio_postgres::NoTls;
use xray_sdk::testing::Capture;
use xray_sdk_sql::postgres::{self, Traced as _};

use super::{PATIENCE, give_up, run, stopped};
use crate::place;
use crate::proxy::Proxy;

#[tokio::test]
async fn a_request_through_tokio_postgres_meets_all_that_can_go_wrong() {
    let capture = Capture::new("shop");
    let proxy = Proxy::start(&place::postgres()).await;
    let config: tokio_postgres::Config = proxy.url(&place::postgres()).parse().expect("a url");
    let shop = postgres::database(&config);
    let pool = deadpool_postgres::Pool::builder(deadpool_postgres::Manager::new(config, NoTls))
        .max_size(1)
        .wait_timeout(Some(PATIENCE / 100))
        .runtime(deadpool_postgres::Runtime::Tokio1)
        .build()
        .expect("a pool");
    let request = async {
        let client = shop.acquire(pool.get()).await.expect("a client");
        let schema = "CREATE TEMP TABLE items (id int PRIMARY KEY, name text)";
        let client = client.traced_as(&shop);
        client.batch_execute(schema).await.expect("a table");
        let insert = "INSERT INTO items VALUES ($1, 'S3cret')";
        client.execute(insert, &[&1]).await.expect("written");
        client
            .query("SELECT name FROM items", &[])
            .await
            .expect("read");
        client
            .execute(insert, &[&1])
            .await
            .expect_err("it is there");
        client
            .query("SELEC 'S3cret'", &[])
            .await
            .expect_err("no such verb");
        shop.acquire(pool.get())
            .await
            .map(drop)
            .expect_err("there is but one");
        give_up(client.query("SELECT pg_sleep(0.1)", &[]))
            .await
            .expect_err("too late");
        stopped(&proxy, client.query("SELECT pg_sleep(60)", &[])).await;
    };
    assert_eq!(
        run(&capture, request, &[]).await,
        [
            "shop",
            "  shop@127.0.0.1 | ACQUIRE",
            "  shop@127.0.0.1 | CREATE TABLE items",
            "  shop@127.0.0.1 | INSERT items",
            "  shop@127.0.0.1 | SELECT items",
            "  shop@127.0.0.1 | INSERT items | 23505 | fault",
            "  shop@127.0.0.1 | SELEC | 42601 | fault",
            "  shop@127.0.0.1 | ACQUIRE | throttle | fault",
            "  shop@127.0.0.1 | SELECT | aborted",
            "  shop@127.0.0.1 | SELECT | fault",
        ]
    );
}

#[tokio::test]
async fn a_server_that_is_gone_before_fails_the_wait_for_a_client() {
    let capture = Capture::new("shop");
    let mut config: tokio_postgres::Config = place::postgres().parse().expect("a url");
    config.password("hunter2");
    let shop = postgres::database(&config);
    let manager = bb8_postgres::PostgresConnectionManager::new(config.clone(), NoTls);
    let bb8 = bb8::Pool::builder()
        .connection_timeout(PATIENCE / 10)
        .build_unchecked(manager);
    let deadpool = deadpool_postgres::Pool::builder(deadpool_postgres::Manager::new(config, NoTls))
        .build()
        .expect("a pool");
    let request = async {
        let error = shop
            .acquire(deadpool.get())
            .await
            .map(drop)
            .expect_err("a wrong password");
        xray_sdk::current().record_error(&error);
        shop.acquire(bb8.get())
            .await
            .map(drop)
            .expect_err("a wrong password");
    };
    assert_eq!(
        run(&capture, request, &[]).await,
        [
            "shop | fault",
            "  shop@127.0.0.1 | ACQUIRE | 28P01 | fault",
            "  shop@127.0.0.1 | ACQUIRE | throttle | fault",
        ]
    );
}
