//! Clients out of pools.

use std::time::Duration;

use tokio_postgres::{Config, NoTls};
use xray_sdk::testing::Capture;
use xray_sdk_sql::postgres::{self, Traced as _};

use crate::{place, seen};

fn config() -> Config {
    place::postgres().parse().expect("a configuration")
}

fn deadpool() -> deadpool_postgres::Pool {
    let manager = deadpool_postgres::Manager::new(config(), NoTls);
    deadpool_postgres::Pool::builder(manager)
        .max_size(1)
        .wait_timeout(Some(Duration::from_millis(20)))
        .runtime(deadpool_postgres::Runtime::Tokio1)
        .build()
        .expect("a pool")
}

#[tokio::test]
async fn a_client_of_deadpool_is_traced_and_an_exhausted_pool_is_seen() {
    let capture = Capture::new("shop");
    let (pool, shop) = (deadpool(), postgres::database(&config()));
    let work = async {
        pool.get()
            .await
            .expect("a client")
            .traced()
            .query_one("SELECT 1", &[])
            .await
            .expect("read");
        let mut client = shop.acquire(pool.get()).await.expect("a client");
        client
            .traced_as(&shop)
            .query_one("SELECT 1", &[])
            .await
            .expect("read");
        let transaction = client.traced_transaction(&shop).await.expect("begun");
        transaction.query_one("SELECT 1", &[]).await.expect("read");
        transaction.commit().await.expect("done");
        shop.acquire(pool.get())
            .await
            .map(drop)
            .expect_err("there is but one");
    };
    capture.recorder().segment("shop").run(work).await;
    assert_eq!(
        seen::tree(&capture),
        "\
shop
  postgresql | SELECT
  shop@127.0.0.1 | ACQUIRE
  shop@127.0.0.1 | SELECT
  shop@127.0.0.1 | BEGIN
  shop@127.0.0.1 | SELECT
  shop@127.0.0.1 | COMMIT
  shop@127.0.0.1 | ACQUIRE | throttle | fault
"
    );
}

#[tokio::test]
async fn a_client_of_bb8_is_traced() {
    let capture = Capture::new("shop");
    let manager = bb8_postgres::PostgresConnectionManager::new(config(), NoTls);
    let pool = bb8::Pool::builder()
        .max_size(1)
        .build(manager)
        .await
        .expect("a pool");
    let shop = postgres::database(&config());
    let work = async {
        let client = shop.acquire(pool.get()).await.expect("a client");
        client
            .traced_as(&shop)
            .query_one("SELECT 1", &[])
            .await
            .expect("read");
    };
    capture.recorder().segment("shop").run(work).await;
    assert_eq!(
        seen::tree(&capture),
        "shop\n  shop@127.0.0.1 | ACQUIRE\n  shop@127.0.0.1 | SELECT\n"
    );
}
