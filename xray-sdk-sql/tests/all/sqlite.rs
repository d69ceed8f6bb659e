//! The drivers that need no server: SQLite in memory.

use diesel::connection::SimpleConnection as _;
use diesel::sql_types::{Integer, Text};
use diesel::{Connection as _, ExpressionMethods as _, RunQueryDsl as _, SqliteConnection};
use sea_orm::entity::prelude::*;
use sea_orm::{ActiveValue::Set, Database};
use sqlx::sqlite::SqlitePoolOptions;
use xray_local::ServiceGraph;
use xray_sdk::testing::Capture;
use xray_sdk_sql::sea_orm::Traced as _;
use xray_sdk_sql::sqlx::Traced as _;

use crate::seen;

#[tokio::test]
async fn what_a_request_does_with_sqlx_is_one_trace() {
    let capture = Capture::new("shop");
    let options = SqlitePoolOptions::new().max_connections(1);
    let pool = options
        .connect("sqlite::memory:")
        .await
        .expect("a pool")
        .traced();
    let work = async {
        sqlx::query("CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT UNIQUE)")
            .execute(&pool)
            .await
            .expect("a table");
        let insert = sqlx::query("INSERT INTO items VALUES (?, ?), (2, 'second S3cret')");
        insert
            .bind(1)
            .bind("S3cret")
            .execute(&pool)
            .await
            .expect("written");
        let rows = sqlx::query("SELECT * FROM items WHERE name = \"S3cret\"")
            .fetch_all(&pool)
            .await;
        assert_eq!(rows.expect("read").len(), 1);
        sqlx::query("INSERT INTO items VALUES (3, 'S3cret')")
            .execute(&pool)
            .await
            .expect_err("taken");
        sqlx::query("SELEC 'S3cret'")
            .execute(&pool)
            .await
            .expect_err("no such verb");
        let trigger =
            "CREATE TRIGGER no AFTER DELETE ON items BEGIN SELECT RAISE(ABORT, 'S3cret'); END";
        sqlx::query(trigger)
            .execute(&pool)
            .await
            .expect("a trigger");
        sqlx::query("DELETE FROM items")
            .execute(&pool)
            .await
            .expect_err("as it is told");
    };
    capture.recorder().segment("shop").run(work).await;
    assert_eq!(
        seen::tree(&capture),
        "\
shop
  memory@localhost | CREATE TABLE items
  memory@localhost | INSERT items
  memory@localhost | SELECT items
  memory@localhost | INSERT items | 2067 | fault
  memory@localhost | SELEC | 1 | fault
  memory@localhost | CREATE TRIGGER no
  memory@localhost | DELETE items | 1811 | fault
"
    );
    let graph = ServiceGraph::of(&capture.traces());
    let (caller, called) = graph
        .edges()
        .find(|(_, called)| called.id.name == "memory@localhost")
        .expect("a call");
    assert_eq!(caller.id.name, "shop");
    assert_eq!(called.id.kind, "Database::SQL");
    let statistics = called.summary_statistics.as_ref().expect("it served");
    assert_eq!(statistics.fault_statistics.total_count, 3);
    let calls = seen::calls(&capture);
    assert_eq!(
        seen::message(&calls[3]),
        "UNIQUE constraint failed: items.name"
    );
    assert_eq!(
        seen::statement(&calls[2]),
        "SELECT * FROM items WHERE name = ?"
    );
    assert_eq!(calls[1]["sql"]["database_type"], "SQLite");
    assert!(calls[1]["sql"].get("url").is_none());
}

#[test]
fn what_a_request_does_with_diesel_is_one_trace() {
    xray_sdk_sql::diesel::install();
    let capture = Capture::new("shop");
    capture.recorder().segment("shop").run_sync(|_| {
        let shop = xray_sdk_sql::Database::from_url("sqlite::memory:");
        shop.acquire_sync(|| Err::<(), _>(std::io::Error::other("password=S3cret")))
            .expect_err("no connection");
        let mut connection = SqliteConnection::establish(":memory:").expect("a connection");
        let schema = "CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT UNIQUE)";
        connection.batch_execute(schema).expect("a table");
        let insert = diesel::sql_query("INSERT INTO items VALUES (?, ?), (2, 'second S3cret')");
        let insert = insert
            .bind::<Integer, _>(1)
            .bind::<Text, _>("it's\nS3cret -- binds: S3cret");
        insert.execute(&mut connection).expect("written");
        let delete = |connection: &mut SqliteConnection| {
            diesel::sql_query("DELETE FROM items WHERE name = 'S3cret'").execute(connection)
        };
        connection.transaction(delete).expect("gone");
        let again = diesel::sql_query("INSERT INTO items VALUES (1, 'S3cret')");
        again
            .execute(&mut connection)
            .expect_err("it is there already");
        let wrong = diesel::sql_query("SELEC 'S3cret'");
        wrong.execute(&mut connection).expect_err("no such verb");
    });
    assert_eq!(
        seen::tree(&capture),
        "\
shop
  memory@localhost | ACQUIRE | fault
  memory@localhost | CONNECT
  memory@localhost | CREATE TABLE items
  memory@localhost | INSERT items
  memory@localhost | BEGIN
  memory@localhost | DELETE items
  memory@localhost | COMMIT
  memory@localhost | INSERT items | fault
  memory@localhost | SELEC | fault
"
    );
}

diesel::table! {
    items (id) {
        id -> Integer,
        name -> Text,
    }
}

#[test]
fn a_query_that_diesel_cannot_build_fails_as_it_does_untraced() {
    xray_sdk_sql::diesel::install();
    let capture = Capture::new("shop");
    capture.recorder().segment("shop").run_sync(|_| {
        let mut connection = SqliteConnection::establish(":memory:").expect("a connection");
        let change = None.map(|name: &str| items::name.eq(name));
        let error = diesel::update(items::table)
            .set(change)
            .execute(&mut connection)
            .expect_err("nothing is to be changed");
        assert!(matches!(error, diesel::result::Error::QueryBuilderError(_)));
    });
    assert_eq!(
        seen::tree(&capture),
        "\
shop
  memory@localhost | CONNECT
  memory@localhost | fault
"
    );
}

#[allow(unreachable_pub, reason = "the derive wants a public model")]
mod item {
    use super::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "items")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub id: i32,
        pub name: String,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

#[tokio::test]
async fn what_a_request_does_with_sea_orm_is_one_trace() {
    let capture = Capture::new("shop");
    let url = "sqlite::memory:";
    let mut options = sea_orm::ConnectOptions::new(url);
    options.max_connections(1);
    let database = Database::connect(options)
        .await
        .expect("a pool")
        .traced(url);
    let work = async {
        let schema = "CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT UNIQUE)";
        database.execute_unprepared(schema).await.expect("a table");
        let tea = item::ActiveModel {
            name: Set("S3cret".to_owned()),
            ..Default::default()
        };
        tea.clone().insert(&database).await.expect("written");
        tea.insert(&database).await.expect_err("taken");
        let found = item::Entity::find().filter(item::Column::Name.eq("S3cret"));
        assert_eq!(found.all(&database).await.expect("read").len(), 1);
    };
    capture.recorder().segment("shop").run(work).await;
    assert_eq!(
        seen::tree(&capture),
        "\
shop
  memory@localhost | CREATE TABLE items
  memory@localhost | INSERT items
  memory@localhost | SELECT items
  memory@localhost | INSERT items | 2067 | fault
  memory@localhost | SELECT items
"
    );
    let calls = seen::calls(&capture);
    let select = r#"SELECT "items"."id", "items"."name" FROM "items" WHERE "items"."name" = ?"#;
    assert_eq!(seen::statement(&calls[4]), select);
}
