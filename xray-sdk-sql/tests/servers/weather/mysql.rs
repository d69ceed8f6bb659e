use mysql_async::prelude::Queryable as _;
use mysql_async::{Opts, OptsBuilder, Pool, PoolConstraints, PoolOpts};
use xray_sdk::testing::Capture;
use xray_sdk_sql::Database;
use xray_sdk_sql::mysql::Traced as _;

use super::{give_up, run, stopped};
use crate::place;
use crate::proxy::Proxy;

#[tokio::test]
async fn a_request_through_mysql_async_meets_all_that_can_go_wrong() {
    let capture = Capture::new("shop");
    let proxy = Proxy::start(&place::mysql()).await;
    let url = proxy.url(&place::mysql());
    let shop = Database::from_url(&url);
    let only_one = PoolOpts::new().with_constraints(PoolConstraints::new(1, 1).expect("one"));
    let settings = OptsBuilder::from_opts(Opts::from_url(&url).expect("a url"));
    // The driver would go to the server's socket, around the proxy.
    let pool = Pool::new(settings.pool_opts(only_one).prefer_socket(false));
    let request = async {
        let mut client = shop
            .acquire(pool.get_conn())
            .await
            .expect("a connection")
            .traced();
        let schema = "CREATE TEMPORARY TABLE items (id int PRIMARY KEY, name text)";
        client.query_drop(schema).await.expect("a table");
        let insert = "INSERT INTO items VALUES (?, 'S3cret')";
        client.exec_drop(insert, (1,)).await.expect("written");
        client
            .query::<String, _>("SELECT name FROM items")
            .await
            .expect("read");
        client
            .exec_drop(insert, (1,))
            .await
            .expect_err("it is there");
        client
            .query_drop("SELEC 'S3cret'")
            .await
            .expect_err("no such verb");
        shop.acquire(give_up(pool.get_conn()))
            .await
            .map(drop)
            .expect_err("there is but one");
        give_up(client.query_drop("SELECT SLEEP(0.1)"))
            .await
            .expect_err("too late");
        stopped(&proxy, client.query_drop("SELECT SLEEP(60)")).await;
    };
    assert_eq!(
        run(&capture, request, &[]).await,
        [
            "shop",
            "  shop@127.0.0.1 | ACQUIRE",
            "  shop@127.0.0.1 | CREATE TABLE items",
            "  shop@127.0.0.1 | INSERT items",
            "  shop@127.0.0.1 | SELECT items",
            "  shop@127.0.0.1 | INSERT items | 23000 | fault",
            "  shop@127.0.0.1 | SELEC | 42000 | fault",
            "  shop@127.0.0.1 | ACQUIRE | throttle | fault",
            "  shop@127.0.0.1 | SELECT | aborted",
            "  shop@127.0.0.1 | SELECT | fault",
        ]
    );
}

#[tokio::test]
async fn what_the_server_says_in_another_language_is_not_recorded() {
    let capture = Capture::new("shop");
    let mut client = mysql_async::Conn::from_url(place::mysql())
        .await
        .expect("a connection");
    client
        .query_drop("SET lc_messages = 'de_DE'")
        .await
        .expect("set");
    client
        .query_drop("CREATE TEMPORARY TABLE users (email varchar(50) UNIQUE)")
        .await
        .expect("a table");
    client
        .query_drop("INSERT INTO users VALUES ('S3cret')")
        .await
        .expect("written");
    let mut client = client.traced();
    let request = async {
        for statement in [
            "INSERT INTO users VALUES ('S3cret')",
            "SELECT CAST('S3cret' AS nothing)",
            "SELECT \"S3cret\".a",
        ] {
            let error = client.query_drop(statement).await.expect_err("wrong");
            xray_sdk::current().record_error(&error);
        }
        let raised = "SIGNAL SQLSTATE '23000' SET MYSQL_ERRNO = 1146, MESSAGE_TEXT = 'S3cret'";
        let error = client.query_drop(raised).await.expect_err("as it is told");
        xray_sdk::current()
            .record_error(&error)
            .record_message("other", &format!("{error:?}"));
    };
    let lines = run(&capture, request, &[]).await;
    let calls = crate::seen::calls(&capture);
    // As far as the server has its translations.
    let message = crate::seen::message(&calls[0]);
    let both = [
        "a constraint was violated",
        "Duplicate entry '?' for key 'email'",
    ];
    assert!(both.contains(&message), "{message}");
    assert_eq!(crate::seen::message(&calls[3]), "a constraint was violated");
    assert_eq!(lines.len(), 5, "{lines:?}");
}
