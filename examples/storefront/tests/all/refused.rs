//! What it says when a server cannot be had: one line with the cure, and nothing of the password.

use std::process::Command;

/// What the program says before it gives up.
pub(crate) fn refusal(arguments: &[&str]) -> String {
    let mut shop = Command::new(env!("CARGO_BIN_EXE_storefront"));
    let output = shop
        .arg("--once")
        .args(arguments)
        .output()
        .expect("it starts");
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty(), "nothing was done");
    let said = String::from_utf8(output.stderr).expect("text");
    assert_eq!(said.lines().count(), 1, "{said}");
    said
}

#[test]
fn a_url_that_is_not_understood_is_told_with_what_was_expected() {
    for (flag, forms) in [
        (
            "--database",
            [
                "postgres://USER:PASSWORD@HOST/DATABASE",
                "mysql://USER:PASSWORD@HOST/DATABASE",
            ],
        ),
        (
            "--queue",
            ["amqp://USER:PASSWORD@HOST/VHOST", "nats://HOST"],
        ),
    ] {
        for url in [
            "hunter2",
            "",
            "hunter2@db/shop",
            "app:hunter2@db/shop",
            "oracle://app:hunter2@db/shop",
            "postgres:///hunter2",
            "postgres://app:hunter2#hunter2@db/shop",
            "postgres://app:22/hunter2@db/shop",
            "postgres://app:22?hunter2@db/shop",
            "amqp://app:22#hunter2",
            "nats://22/hunter2@nats",
        ] {
            let said = refusal(&[flag, url]);
            let start = format!("storefront: {flag} is not understood (");
            assert!(said.starts_with(&start), "{url}: {said}");
            assert!(
                forms.iter().all(|form| said.contains(form)),
                "{url}: {said}"
            );
            assert!(
                !said.contains("hunter2") && !said.contains("22"),
                "{url}: {said}"
            );
        }
    }
}

#[test]
fn a_server_that_is_away_is_told_with_the_cure() {
    for (flag, url, server) in [
        (
            "--database",
            "postgres://app:hunter2@127.0.0.1:1/shop",
            "postgres://127.0.0.1:1",
        ),
        (
            "--database",
            "mysql://app:hunter2@127.0.0.1:1/shop",
            "mysql://127.0.0.1:1",
        ),
        (
            "--queue",
            "amqp://app:hunter2@127.0.0.1:1",
            "amqp://127.0.0.1:1",
        ),
        (
            "--queue",
            "nats://app:hunter2@127.0.0.1:1",
            "nats://127.0.0.1:1",
        ),
    ] {
        let said = refusal(&[flag, url]);
        let expected =
            format!("storefront: {flag}: {server} cannot be reached (Connection refused");
        assert!(said.starts_with(&expected), "{said}");
        assert!(said.contains("is the server running"), "{said}");
        assert!(!said.contains("hunter2"), "{said}");
    }
}
