use sea_orm::{
    ConnectOptions, ConnectionTrait as _, Database, DbBackend, Statement, TransactionTrait as _,
};
use xray_sdk::testing::Capture;
use xray_sdk_sql::sea_orm::Traced as _;

use super::{PATIENCE, give_up, run, stopped};
use crate::place;
use crate::proxy::Proxy;

#[tokio::test]
async fn a_request_through_sea_orm_meets_all_that_can_go_wrong() {
    let capture = Capture::new("shop");
    let proxy = Proxy::start(&place::postgres()).await;
    let url = proxy.url(&place::postgres());
    let mut options = ConnectOptions::new(&url);
    options.max_connections(1).acquire_timeout(PATIENCE);
    let database = Database::connect(options)
        .await
        .expect("a pool")
        .traced(&url);
    let request = async {
        let schema = "CREATE TEMP TABLE items (id int PRIMARY KEY, name text)";
        database.execute_unprepared(schema).await.expect("a table");
        let insert = "INSERT INTO items VALUES (1, 'S3cret')";
        database.execute_unprepared(insert).await.expect("written");
        let select = Statement::from_string(DbBackend::Postgres, "SELECT name FROM items");
        database.query_all_raw(select).await.expect("read");
        let error = database
            .execute_unprepared(insert)
            .await
            .expect_err("it is there");
        xray_sdk::current().record_error(&error);
        let error = database
            .execute_unprepared("SELEC 'S3cret'")
            .await
            .expect_err("no such verb");
        xray_sdk::current()
            .record_error(&error)
            .record_message("other", &format!("{error:?}"));
        let taken = database.begin().await.expect("the only connection");
        database
            .execute_unprepared("SELECT 1")
            .await
            .expect_err("none is left");
        taken.rollback().await.expect("undone");
        give_up(database.execute_unprepared("SELECT pg_sleep(0.1)"))
            .await
            .map(drop)
            .expect_err("too late");
        stopped(&proxy, database.execute_unprepared("SELECT pg_sleep(60)")).await;
    };
    let seen = run(&capture, request, &[]).await;
    assert_eq!(
        seen[..8],
        [
            "shop | fault",
            "  shop@127.0.0.1 | CREATE TABLE items",
            "  shop@127.0.0.1 | INSERT items",
            "  shop@127.0.0.1 | SELECT items",
            "  shop@127.0.0.1 | INSERT items | 23505 | fault",
            "  shop@127.0.0.1 | SELEC | 42601 | fault",
            "  shop@127.0.0.1 | SELECT | throttle | fault",
            "  shop@127.0.0.1 | SELECT | aborted",
        ]
    );
    assert!(seen.len() == 9 && seen[8].ends_with("| fault"), "{seen:?}");
}
