//! The server, started as a user starts it.

use std::fs;
use std::io::Read;
use std::net::UdpSocket;
use std::process::{Command, Output};

use crate::client::{assert_refused, request};
use crate::folder::Folder;
use crate::program::{program, serve};
use crate::shop::small;

fn run(arguments: &[&str]) -> Output {
    program()
        .args(arguments)
        .output()
        .expect("the program starts")
}

fn talk(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("is text")
}

#[test]
fn help_starts_with_two_examples_and_ends_with_the_exit_codes() {
    let output = run(&["--help"]);
    let help = String::from_utf8(output.stdout).expect("is text");
    assert!(output.status.success());
    assert!(help.starts_with("Examples:\n  xray-local "), "{help}");
    assert_eq!(
        help.lines()
            .skip(1)
            .take_while(|line| !line.is_empty())
            .count(),
        2
    );
    assert!(help.contains("6    the port is in use"), "{help}");
}

#[test]
fn it_serves_until_it_is_interrupted() {
    let (mut child, greeting, address, mut talk) = serve(&mut program());
    assert!(
        greeting.contains(&format!("export AWS_ENDPOINT_URL_XRAY=http://{address}")),
        "{greeting}"
    );
    let datagram = format!("{{\"format\":\"json\",\"version\":1}}\n{}", small(1));
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a free port");
    socket.send_to(datagram.as_bytes(), address).expect("sent");
    socket
        .send_to(b"{\"format\":\"json\",\"version\":1}\n{}", address)
        .expect("sent");
    assert_eq!(request(address, "GET", "/", &[], "").status, 200);

    let id = child.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-INT", &id])
            .status()
            .expect("there is kill")
            .success()
    );
    assert_eq!(child.wait().expect("ends").code(), Some(0));
    let mut farewell = String::new();
    talk.read_to_string(&mut farewell).expect("is text");
    assert!(farewell.contains("2 datagrams received"), "{farewell}");
    assert!(
        farewell.contains("1 document stored, 1 refused"),
        "{farewell}"
    );
    assert!(farewell.contains("MissingId"), "{farewell}");
}

#[test]
fn a_port_in_use_is_told_with_what_to_do() {
    let (mut child, _, address, _talk) = serve(&mut program());
    let output = run(&["--bind", &address.to_string()]);
    child.kill().expect("runs");
    child.wait().expect("ends");
    assert_eq!(output.status.code(), Some(6));
    let talk = talk(&output);
    assert!(talk.contains(&format!("{address} is in use")), "{talk}");
    assert!(talk.contains("--bind 127.0.0.1:0"), "{talk}");
    assert!(
        output.stdout.is_empty(),
        "talk does not go to standard output"
    );
}

#[test]
fn an_address_that_others_can_reach_is_refused_with_what_to_do() {
    let output = run(&["--bind", "0.0.0.0:0"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        talk(&output).contains("--allow-remote"),
        "{}",
        talk(&output)
    );
}

#[test]
fn an_address_that_is_none_is_refused_with_an_example() {
    for wrong in ["2000", "nonsense", "127.0.0.1:99999", ""] {
        let output = run(&["--bind", wrong]);
        assert_eq!(output.status.code(), Some(2), "{wrong}");
        assert!(
            talk(&output).contains("as in 127.0.0.1:2"),
            "{}",
            talk(&output)
        );
    }
}

/// Changes the default rule in a server that is ended at once, and returns its greeting.
fn change_a_rule(program: &mut Command) -> String {
    let (mut child, greeting, address, _talk) = serve(program);
    let change = r#"{"SamplingRuleUpdate": {"RuleName": "Default", "FixedRate": 0.75}}"#;
    let answer = request(address, "POST", "/UpdateSamplingRule", &[], change);
    child.kill().expect("runs");
    child.wait().expect("ends");
    assert_eq!(answer.status, 200, "{}", answer.body);
    greeting
}

/// What the default rule is in a server that is ended at once.
fn default_rate(program: &mut Command) -> f64 {
    let (mut child, _, address, _talk) = serve(program);
    let answer = request(address, "POST", "/GetSamplingRules", &[], "");
    child.kill().expect("runs");
    child.wait().expect("ends");
    let rule = &answer.json()["SamplingRuleRecords"][0]["SamplingRule"];
    rule["FixedRate"].as_f64().expect("a number")
}

#[test]
fn sampling_rules_are_kept_in_the_state_folder_and_it_says_so() {
    let folder = Folder::new();
    let file = folder.path().join("xray-local/sampling-rules.json");
    let mut program = program();
    program.env("XDG_STATE_HOME", folder.path());
    let greeting = change_a_rule(&mut program);
    assert!(greeting.contains(&file.display().to_string()), "{greeting}");
    assert!(file.exists());
    assert_eq!(default_rate(&mut program), 0.75);
}

#[test]
fn sampling_rules_are_kept_in_the_file_that_is_named() {
    let folder = Folder::new();
    let mut program = program();
    program.arg("--rules").arg(folder.file());
    let greeting = change_a_rule(&mut program);
    assert!(
        greeting.contains(&folder.file().display().to_string()),
        "{greeting}"
    );
    assert_eq!(default_rate(&mut program), 0.75);
}

#[test]
fn nothing_is_kept_in_memory_or_without_a_home() {
    let folder = Folder::new();
    let mut in_memory = program();
    in_memory
        .arg("--memory")
        .env("XDG_STATE_HOME", folder.path());
    for mut program in [in_memory, program()] {
        let greeting = change_a_rule(&mut program);
        assert!(greeting.contains("in memory until it ends\n"), "{greeting}");
        assert_eq!(default_rate(&mut program), 0.05);
    }
    assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 0);
}

#[test]
fn a_rules_file_that_holds_none_is_told_with_what_to_do() {
    let folder = Folder::new();
    fs::write(folder.file(), "{").expect("can be written");
    let file = folder.file().display().to_string();
    let output = run(&["--bind", "127.0.0.1:0", "--rules", &file]);
    assert_eq!(output.status.code(), Some(1));
    let talk = talk(&output);
    assert!(
        talk.contains(&format!("cannot use the sampling rules in {file}: EOF")),
        "{talk}"
    );
    assert!(talk.contains("--rules FILE"), "{talk}");
    let left = fs::read_to_string(folder.file()).expect("is there");
    assert_eq!(left, "{");
}

#[test]
fn a_rules_file_and_none_make_no_sense() {
    let output = run(&["--memory", "--rules", "rules.json"]);
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn a_folder_and_a_key_that_do_not_go_together_are_told_with_what_to_do() {
    let folder = Folder::new();
    let key = |name: &str, letter: u8| {
        let file = folder.path().join(name);
        fs::write(&file, [letter; 32]).expect("written");
        file.display().to_string()
    };
    let (one, other) = (key("one", b'1'), key("other", b'2'));
    let sealed = folder.path().join("sealed").display().to_string();
    let open = folder.path().join("open").display().to_string();
    for arguments in [
        &["--encryption-key", &one, "--data", &sealed][..],
        &["--data", &open],
    ] {
        let (mut child, ..) = serve(program().args(arguments));
        child.kill().expect("runs");
        child.wait().expect("ends");
    }
    for (arguments, problem) in [
        (&["--data", &sealed][..], "and no key was given"),
        (
            &["--data", &sealed, "--encryption-key", &other],
            "the key that was given is another one",
        ),
        (
            &["--data", &open, "--encryption-key", &one],
            "it was made without encryption",
        ),
    ] {
        let output = run(&[&["--bind", "127.0.0.1:0"], arguments].concat());
        assert_eq!(output.status.code(), Some(1));
        let talk = talk(&output);
        assert!(
            talk.contains(problem) && talk.contains("the key that the folder was made with"),
            "{talk}"
        );
        assert!(!talk.contains("Move it away"), "{talk}");
    }
    let output = run(&["run", "--data", &sealed, "--", "true"]);
    assert!(
        talk(&output).contains("`run` has no keys"),
        "{}",
        talk(&output)
    );
}

#[cfg(target_os = "linux")]
#[test]
fn a_folder_that_cannot_be_written_is_told_with_what_to_do() {
    // Nobody may make a folder there, whoever runs this.
    let output = run(&["--bind", "127.0.0.1:0", "--data", "/sys/xray-local"]);
    assert_eq!(output.status.code(), Some(1));
    let talk = talk(&output);
    assert!(
        talk.contains("cannot keep traces in /sys/xray-local: "),
        "{talk}"
    );
    assert!(talk.contains("Let this user write there"), "{talk}");
}

#[test]
fn a_command_for_the_key_is_not_repeated() {
    for command in ["echo s3cret", "exit 7 # s3cret"] {
        let output = run(&[
            "--bind",
            "127.0.0.1:0",
            "--data",
            "/nowhere",
            "--encryption-key-command",
            command,
        ]);
        assert_eq!(output.status.code(), Some(1));
        assert!(
            talk(&output).contains("--encryption-key-command"),
            "{}",
            talk(&output)
        );
        assert!(!talk(&output).contains("s3cret"), "{}", talk(&output));
    }
}

#[test]
fn what_would_keep_nothing_is_refused() {
    for arguments in [
        ["--keep-bytes", "0"],
        ["--keep-age", "0s"],
        ["--trace-bytes", "0"],
    ] {
        let output = run(&arguments);
        assert_eq!(output.status.code(), Some(2));
        assert!(
            talk(&output).contains("above 0, as in"),
            "{}",
            talk(&output)
        );
    }
}

#[test]
fn less_room_than_a_store_on_disk_takes_is_refused_with_the_least() {
    let folder = Folder::new();
    let data = folder.path().to_str().expect("text");
    let output = run(&["--data", data, "--keep-bytes", "400KB"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        talk(&output).contains("--keep-bytes 400 kB: a store on disk takes 32 MB at least"),
        "{}",
        talk(&output)
    );
}

#[test]
fn what_is_typed_counts_before_the_environment() {
    let folder = Folder::new();
    let mut in_memory = program();
    in_memory
        .arg("--memory")
        .env("XRAY_LOCAL_DATA", folder.path())
        .env("XRAY_LOCAL_ENCRYPTION_KEY", "/no/such/file");
    let (mut child, greeting, ..) = serve(&mut in_memory);
    child.kill().expect("runs");
    child.wait().expect("ends");
    assert!(
        greeting.contains("traces in memory until it ends"),
        "{greeting}"
    );
    assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 0);
    let output = run(&["--memory", "--data", "here"]);
    assert_eq!(output.status.code(), Some(2), "both were typed");
}

#[test]
fn a_variable_that_is_empty_is_not_set() {
    let mut with_nothing = program();
    with_nothing.arg("--memory");
    for name in [
        "XRAY_LOCAL_DATA",
        "XRAY_LOCAL_KEYS",
        "XRAY_LOCAL_ENCRYPTION_KEY",
        "XRAY_LOCAL_ENCRYPTION_KEY_COMMAND",
    ] {
        with_nothing.env(name, "");
    }
    let (mut child, ..) = serve(&mut with_nothing);
    child.kill().expect("runs");
    child.wait().expect("ends");
    // Its default, whether that is free or not.
    let output = program()
        .args(["--keys", "/no/such/file"])
        .env("XRAY_LOCAL_BIND", "")
        .output();
    assert_eq!(output.expect("starts").status.code(), Some(1));
}

#[test]
fn with_keys_it_answers_what_they_signed() {
    let folder = Folder::new();
    let file = folder.path().join("keys.json");
    let key = r#"{"access_key_id": "K", "secret_access_key": "a secret of enough letters", "actions": ["xray:*"]}"#;
    fs::write(&file, format!(r#"{{"keys": [{key}]}}"#)).expect("written");
    let (mut child, greeting, address, _talk) =
        serve(program().arg("--memory").arg("--keys").arg(&file));
    assert!(greeting.contains("its key has signed"), "{greeting}");
    let unsigned = request(address, "POST", "/TraceSummaries", &[], "{}");
    assert_refused(
        &unsigned,
        403,
        "MissingAuthenticationTokenException",
        "signed requests only",
    );
    let sampling = request(address, "POST", "/GetSamplingRules", &[], "{}");
    assert_eq!(sampling.status, 200);
    assert_eq!(request(address, "GET", "/", &[], "").status, 200);
    child.kill().expect("it runs");
    child.wait().expect("it ends");
}

#[test]
fn keys_that_cannot_be_used_are_told_with_the_form() {
    let folder = Folder::new();
    let file = folder.path().join("keys.json");
    for text in [None, Some("{\"keys\": []}")] {
        if let Some(text) = text {
            fs::write(&file, text).expect("written");
        }
        let output = run(&["--memory", "--keys", file.to_str().expect("is text")]);
        assert_eq!(output.status.code(), Some(1));
        let talk = talk(&output);
        assert!(talk.contains("cannot use the keys in"), "{talk}");
        assert!(talk.contains("access_key_id"), "{talk}");
    }
}
