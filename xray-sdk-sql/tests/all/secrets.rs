//! Passwords, tokens and user information in what a program connects with: none of it stands in any document, also where the program records the
//! error itself, as it is and as `Debug` writes it.

use std::error::Error;

use diesel_async::AsyncConnection as _;
use sqlx::Connection as _;
use tokio_postgres::NoTls;
use xray_sdk::testing::Capture;
use xray_sdk_sql::{Database, postgres};

use crate::seen;

/// Nothing listens there.
const URLS: &[&str] = &[
    "SCHEME://app:S3cret@127.0.0.1:1/shop",
    "SCHEME://app:hunter2%40S3cret@127.0.0.1:1/shop?application_name=S3cret",
    "SCHEME://127.0.0.1:1/shop?user=app&password=S3cret",
    "SCHEME://app:S3/cret@127.0.0.1:1/shop",
    "SCHEME://app:S3cret@[::1/shop",
    "SCHEME://app:S3cret@127.0.0.1:S3cret/shop",
];

const SETTINGS: &[&str] = &[
    "host=127.0.0.1 port=1 user=app password=S3cret dbname=shop",
    "host=127.0.0.1 port=1 user=app password='it\\'s S3cret' dbname=shop",
    "host=127.0.0.1 port=1 password = S3cret connect_timeout=hunter2",
    "host=127.0.0.1 port=S3cret password=hunter2",
    "host=127.0.0.1 password='S3cret",
];

/// Records an error in all the ways that a program may.
fn record<T>(outcome: Result<T, impl Error>) {
    if let Err(error) = outcome {
        xray_sdk::current()
            .record_error(&error)
            .record_message("text", &error.to_string())
            .record_message("debug", &format!("{error:?}"));
    }
}

/// Runs `connect` with each of these, one segment for each. The documents are searched for secrets.
async fn try_all(texts: impl Iterator<Item = String>, connect: impl AsyncFn(String)) -> usize {
    let mut count = 0;
    for text in texts {
        let capture = Capture::new("shop");
        capture.recorder().segment("shop").run(connect(text)).await;
        seen::tree(&capture);
        count += 1;
    }
    count
}

fn urls(scheme: &str) -> impl Iterator<Item = String> {
    URLS.iter().map(move |url| url.replace("SCHEME", scheme))
}

#[tokio::test]
async fn tokio_postgres_tells_none() {
    let texts = urls("postgres").chain(SETTINGS.iter().map(|text| (*text).to_owned()));
    let count = try_all(texts, async |text| {
        let shop = Database::from_url(&text);
        record(postgres::connect(&text, NoTls).await.map(drop));
        record(
            shop.acquire(tokio_postgres::connect(&text, NoTls))
                .await
                .map(drop),
        );
    });
    assert_eq!(count.await, URLS.len() + SETTINGS.len());
}

#[tokio::test]
async fn sqlx_tells_none() {
    let texts = urls("postgres").chain(urls("mysql")).chain(urls("sqlite"));
    try_all(texts, async |text| {
        let shop = Database::from_url(&text);
        match text.split(':').next() {
            Some("mysql") => record(shop.acquire(sqlx::MySqlConnection::connect(&text)).await),
            Some("sqlite") => record(shop.acquire(sqlx::SqliteConnection::connect(&text)).await),
            _ => record(shop.acquire(sqlx::PgConnection::connect(&text)).await),
        }
    })
    .await;
}

#[tokio::test]
async fn diesel_tells_none() {
    xray_sdk_sql::diesel::install();
    let texts = urls("postgres").chain(SETTINGS.iter().map(|text| (*text).to_owned()));
    try_all(texts, async |text| {
        record(
            diesel_async::AsyncPgConnection::establish(&text)
                .await
                .map(drop),
        );
    })
    .await;
    try_all(urls("file"), async |text| {
        record(<diesel::SqliteConnection as diesel::Connection>::establish(&text).map(drop));
    })
    .await;
}

#[tokio::test]
async fn mysql_async_tells_none() {
    try_all(urls("mysql"), async |text| {
        let shop = Database::from_url(&text);
        record(
            shop.acquire(mysql_async::Conn::from_url(&text))
                .await
                .map(drop),
        );
    })
    .await;
}

#[tokio::test]
async fn redis_tells_none() {
    try_all(urls("redis"), async |text| {
        let client = match redis::Client::open(&*text) {
            Ok(client) => client,
            Err(error) => return record::<()>(Err(error)),
        };
        record(xray_sdk_sql::redis::connect(&client).await.map(drop));
        let wait = client.get_multiplexed_async_connection();
        record(xray_sdk_sql::redis::acquire(&client, wait).await.map(drop));
    })
    .await;
}

#[tokio::test]
async fn sea_orm_tells_none() {
    let texts = urls("postgres").chain(urls("mysql")).chain(urls("nosuch"));
    try_all(texts, async |text| {
        let shop = Database::from_url(&text);
        let mut options = sea_orm::ConnectOptions::new(&text);
        options.acquire_timeout(std::time::Duration::from_millis(50));
        record(shop.acquire(sea_orm::Database::connect(options)).await);
    })
    .await;
}

/// Without a traced call nothing is known of an error: then connection strings are what is looked for.
#[tokio::test]
async fn an_error_that_names_how_to_log_in_tells_none() {
    let texts = urls("postgres").chain(SETTINGS[..2].iter().map(|text| (*text).to_owned()));
    try_all(texts, async |text| {
        let error = std::io::Error::other(format!("could not connect to {text}"));
        xray_sdk::current().record_error(&error);
    })
    .await;
}
