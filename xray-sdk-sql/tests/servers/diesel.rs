use diesel::sql_types::{Integer, Text};
use diesel_async::{
    AsyncConnection as _, AsyncPgConnection, RunQueryDsl as _, SimpleAsyncConnection as _,
};
use xray_sdk::testing::Capture;

use crate::{place, seen};

#[derive(diesel::QueryableByName)]
struct Item {
    #[diesel(sql_type = Text)]
    name: String,
}

#[tokio::test]
async fn what_a_request_does_through_diesel_async_is_one_trace() {
    xray_sdk_sql::diesel::install();
    let capture = Capture::new("shop");
    let work = async {
        let mut connection = AsyncPgConnection::establish(&place::postgres())
            .await
            .expect("a connection");
        let schema = "CREATE TEMP TABLE items (id int PRIMARY KEY, name text)";
        connection.batch_execute(schema).await.expect("a table");
        let insert = diesel::sql_query("INSERT INTO items VALUES ($1, $2), (2, 'S3cret')");
        let insert = insert
            .bind::<Integer, _>(1)
            .bind::<Text, _>("it's\nS3cret -- binds: S3cret");
        assert_eq!(insert.execute(&mut connection).await.expect("written"), 2);
        let select = diesel::sql_query("SELECT name FROM items WHERE id = 2");
        let items: Vec<Item> = select.load(&mut connection).await.expect("read");
        assert_eq!(items[0].name, "S3cret");
        let again =
            diesel::sql_query("INSERT INTO items VALUES ($1, 'S3cret')").bind::<Integer, _>(1);
        again
            .execute(&mut connection)
            .await
            .expect_err("it is there already");
        let wrong = diesel::sql_query("SELEC 'S3cret'");
        wrong
            .execute(&mut connection)
            .await
            .expect_err("no such verb");
        let raise = "DO $$ BEGIN RAISE EXCEPTION 'S3cret' USING ERRCODE = '23505'; END $$";
        connection
            .batch_execute(raise)
            .await
            .expect_err("as it is told");
    };
    capture.recorder().segment("shop").run(work).await;
    let tree = seen::tree(&capture);
    let kept: Vec<_> = tree
        .lines()
        .filter(|line| !line.contains("| SET"))
        .collect();
    assert_eq!(
        kept,
        [
            "shop",
            "  shop@127.0.0.1 | CONNECT",
            "  shop@127.0.0.1 | CREATE TABLE items",
            "  shop@127.0.0.1 | INSERT items",
            "  shop@127.0.0.1 | SELECT items",
            "  shop@127.0.0.1 | INSERT items | 23505 | fault",
            "  shop@127.0.0.1 | SELEC | fault",
            "  shop@127.0.0.1 | DO | 23505 | fault",
        ]
    );
}
