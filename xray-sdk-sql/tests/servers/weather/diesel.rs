use diesel::sql_query;
use diesel_async::pooled_connection::AsyncDieselConnectionManager;
use diesel_async::{
    AsyncConnection as _, AsyncPgConnection, RunQueryDsl as _, SimpleAsyncConnection as _,
};
use xray_sdk::testing::Capture;
use xray_sdk_sql::Database;

use super::{PATIENCE, give_up, run, stopped};
use crate::place;
use crate::proxy::Proxy;

type Manager = AsyncDieselConnectionManager<AsyncPgConnection>;

#[tokio::test]
async fn a_request_through_diesel_async_meets_all_that_can_go_wrong() {
    xray_sdk_sql::diesel::install();
    let capture = Capture::new("shop");
    let proxy = Proxy::start(&place::postgres()).await;
    let url = proxy.url(&place::postgres());
    let shop = Database::from_url(&url);
    let pool = bb8::Pool::builder()
        .max_size(1)
        .connection_timeout(PATIENCE);
    let pool = pool.build(Manager::new(&url)).await.expect("a pool");
    let request = async {
        let mut client = shop.acquire(pool.get()).await.expect("a connection");
        let schema = "CREATE TEMP TABLE items (id int PRIMARY KEY, name text)";
        client.batch_execute(schema).await.expect("a table");
        let insert = "INSERT INTO items VALUES (1, 'S3cret')";
        sql_query(insert)
            .execute(&mut *client)
            .await
            .expect("written");
        sql_query("SELECT name FROM items")
            .execute(&mut *client)
            .await
            .expect("read");
        let error = sql_query(insert)
            .execute(&mut *client)
            .await
            .expect_err("it is there");
        xray_sdk::current().record_error(&error);
        let error = sql_query("SELEC 'S3cret'")
            .execute(&mut *client)
            .await
            .expect_err("no such verb");
        xray_sdk::current().record_error(&error);
        shop.acquire(pool.get())
            .await
            .map(drop)
            .expect_err("there is but one");
        let sleep = "SELECT pg_sleep(0.1)";
        give_up(sql_query(sleep).execute(&mut *client))
            .await
            .map(drop)
            .expect_err("too late");
        stopped(
            &proxy,
            sql_query("SELECT pg_sleep(60)").execute(&mut *client),
        )
        .await;
    };
    assert_eq!(
        run(&capture, request, &["SET"]).await,
        [
            "shop | fault",
            "  shop@127.0.0.1 | ACQUIRE",
            // By the pool, to see whether the connection is alive.
            "  shop@127.0.0.1 | SELECT",
            "  shop@127.0.0.1 | CREATE TABLE items",
            "  shop@127.0.0.1 | INSERT items",
            "  shop@127.0.0.1 | SELECT items",
            "  shop@127.0.0.1 | INSERT items | 23505 | fault",
            "  shop@127.0.0.1 | SELEC | fault",
            "  shop@127.0.0.1 | ACQUIRE | throttle | fault",
            "  shop@127.0.0.1 | SELECT | aborted",
            "  shop@127.0.0.1 | SELECT | fault",
        ]
    );
}

#[tokio::test]
async fn a_query_that_is_given_up_does_not_take_the_end_of_another() {
    xray_sdk_sql::diesel::install();
    let (first, second) = (Capture::new("first"), Capture::new("second"));
    let mut client = AsyncPgConnection::establish(&place::postgres())
        .await
        .expect("a connection");
    let sleep = "SELECT pg_sleep(0.1)";
    let request = async {
        // Given up, and tried again.
        give_up(sql_query(sleep).execute(&mut client))
            .await
            .map(drop)
            .expect_err("too late");
        sql_query(sleep).execute(&mut client).await.expect("done");
        sql_query("SELECT 1")
            .execute(&mut client)
            .await
            .expect("done");
        give_up(sql_query(sleep).execute(&mut client))
            .await
            .map(drop)
            .expect_err("too late");
    };
    first.recorder().segment("first").run(request).await;
    // Another request, which is not recorded, has the connection next.
    sql_query(sleep).execute(&mut client).await.expect("done");
    let request = async {
        sql_query(sleep).execute(&mut client).await.expect("done");
        let both = (sql_query(sleep), sql_query(sleep));
        let shared = &client;
        let (one, other) =
            tokio::join!(both.0.execute(&mut &*shared), both.1.execute(&mut &*shared));
        one.and(other).expect("both");
    };
    second.recorder().segment("second").run(request).await;
    let ends = |capture: &Capture| -> Vec<bool> {
        let calls = crate::seen::calls(capture);
        calls
            .iter()
            .map(|call| call["metadata"]["sql"]["aborted"] == true)
            .collect()
    };
    assert_eq!(ends(&first), [true, false, false, true]);
    assert_eq!(ends(&second), [false, false, false]);
}
