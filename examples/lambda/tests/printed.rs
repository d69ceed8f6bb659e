//! What the example prints, run as its README says.

use std::process::Command;

#[test]
fn each_invocation_is_shown_below_the_segment_that_lambda_writes() {
    let run = Command::new(env!("CARGO_BIN_EXE_thumbnails"))
        .env_remove("AWS_LAMBDA_RUNTIME_API")
        .output()
        .expect("it runs");
    let text = String::from_utf8(run.stdout).expect("text");
    assert!(run.status.success(), "{text}");
    let names: Vec<_> = text
        .lines()
        .filter(|line| !line.starts_with("trace ") && !line.is_empty())
        .map(|line| {
            let name = line.split(['.', ':']).next().unwrap_or_default();
            let fault = if line.ends_with("fault") {
                " fault"
            } else {
                ""
            };
            format!("{}{fault}", name.trim_end())
        })
        .collect();
    let thumbnail = ["cat", "thumbnails", "  thumbnails", "    load", "    scale"];
    let failed = ["thumbnails", "  thumbnails fault", "    load fault"];
    let expected = [
        &thumbnail[..],
        &["dog"],
        &failed,
        &["worm"],
        &failed,
        &thumbnail,
    ];
    assert_eq!(names, expected.concat(), "{text}");
}
