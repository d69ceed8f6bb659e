use sea_orm::{ConnectionTrait as _, Database, DbBackend, Statement, TransactionTrait as _};
use xray_sdk::testing::Capture;
use xray_sdk_sql::sea_orm::Traced as _;

use crate::{place, seen};

#[tokio::test]
async fn what_a_request_does_with_postgres_is_one_trace() {
    let capture = Capture::new("shop");
    let url = place::postgres();
    let mut options = sea_orm::ConnectOptions::new(&url);
    options.max_connections(1);
    let database = Database::connect(options)
        .await
        .expect("a pool")
        .traced(&url);
    let schema = "CREATE TEMP TABLE items (id int PRIMARY KEY, name text)";
    database.execute_unprepared(schema).await.expect("a table");
    let work = async {
        let values = [1.into(), "S3cret".into()];
        let insert = "INSERT INTO items VALUES ($1, $2), (2, 'S3cret')";
        let insert = Statement::from_sql_and_values(DbBackend::Postgres, insert, values);
        assert_eq!(
            database
                .execute_raw(insert)
                .await
                .expect("written")
                .rows_affected(),
            2
        );
        let select = Statement::from_string(
            DbBackend::Postgres,
            "SELECT name FROM items WHERE name = 'S3cret'",
        );
        assert_eq!(database.query_all_raw(select).await.expect("read").len(), 2);
        let again = "INSERT INTO items VALUES (1, 'S3cret')";
        database
            .execute_unprepared(again)
            .await
            .expect_err("it is there already");
        database
            .execute_unprepared("SELEC 'S3cret'")
            .await
            .expect_err("no such verb");
        let transaction = database
            .begin()
            .await
            .expect("begun")
            .traced_as(database.database());
        transaction
            .execute_unprepared("DELETE FROM items")
            .await
            .expect("gone");
        transaction.into_inner().commit().await.expect("done");
    };
    capture.recorder().segment("shop").run(work).await;
    assert_eq!(
        seen::tree(&capture),
        "\
shop
  shop@127.0.0.1 | INSERT items
  shop@127.0.0.1 | SELECT items
  shop@127.0.0.1 | INSERT items | 23505 | fault
  shop@127.0.0.1 | SELEC | 42601 | fault
  shop@127.0.0.1 | DELETE items
"
    );
}
