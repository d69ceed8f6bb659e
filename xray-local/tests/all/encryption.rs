//! A store that is encrypted: what lies on the disk, and with which key it opens.

use std::fs;
use std::path::Path;
use std::time::Instant;

use rusqlite::Connection;
use serde_json::json;
use xray_local::{EncryptionKey, Error, Server};

use crate::client::{DEADLINE, assert_refused, call, options, post};
use crate::folder::Folder;
use crate::shop::small;

fn key(byte: u8) -> EncryptionKey {
    EncryptionKey::parse("alias/traces", &[byte; 32]).expect("a key")
}

fn start(folder: &Path, key: Option<EncryptionKey>) -> Result<Server, Error> {
    let mut options = options().data(folder);
    if let Some(key) = key {
        options = options.encryption_key(key);
    }
    Server::start(options)
}

fn put(server: &Server, secret: &str) {
    let mut document = small(1);
    document["user"] = secret.into();
    document["annotations"] = json!({"note": secret});
    let input = json!({"TraceSegmentDocuments": [document.to_string()]});
    call(server, "/TraceSegments", &input);
}

/// What the texts of documents begin with when they are packed, and not sealed.
const PACKED: [u8; 4] = 0xfd2f_b528_u32.to_le_bytes();

/// Waits until something is kept of what documents say beside them.
fn until_settled(folder: &Path) {
    let database = Connection::open(folder.join("traces.db")).expect("opens");
    let began = Instant::now();
    loop {
        let count = database.query_row("SELECT count(*) FROM entries", [], |row| row.get(0));
        if count == Ok(1) {
            return;
        }
        assert!(began.elapsed() < DEADLINE, "{count:?}");
        std::thread::yield_now();
    }
}

/// Whether something stands in any file of a folder.
fn stands_in(folder: &Path, what: &[u8]) -> bool {
    let files = fs::read_dir(folder).expect("a folder");
    let mut texts = files.map(|file| fs::read(file.expect("a file").path()).expect("is read"));
    texts.any(|bytes| bytes.windows(what.len()).any(|part| part == what))
}

#[test]
fn nothing_of_what_documents_say_lies_on_the_disk() {
    let folder = Folder::new();
    let secret = "the card of alice";
    let server = start(folder.path(), Some(key(1))).expect("a new store");
    put(&server, secret);
    let all = json!({"StartTime": 0, "EndTime": 10});
    assert_eq!(
        call(&server, "/TraceSummaries", &all)["TraceSummaries"][0]["Users"][0]["UserName"],
        secret
    );
    until_settled(folder.path());
    assert!(!stands_in(folder.path(), secret.as_bytes()));
    assert!(!stands_in(folder.path(), &PACKED));
    server.stop();
    assert!(!stands_in(folder.path(), secret.as_bytes()));
    assert!(!stands_in(folder.path(), &PACKED));

    let again = start(folder.path(), Some(key(1))).expect("its store");
    let summaries = call(&again, "/TraceSummaries", &all);
    assert_eq!(
        summaries["TraceSummaries"][0]["Users"][0]["UserName"],
        secret
    );

    let open = Folder::new();
    let server = start(open.path(), None).expect("a new store");
    put(&server, secret);
    until_settled(open.path());
    server.stop();
    for what in [secret.as_bytes(), &PACKED] {
        assert!(stands_in(open.path(), what), "what is looked for is found");
    }
}

#[test]
fn the_encryption_is_told_with_the_name_of_its_key_and_stays() {
    let folder = Folder::new();
    let server = start(folder.path(), Some(key(1))).expect("a new store");
    let ours =
        json!({"EncryptionConfig": {"KeyId": "alias/traces", "Status": "ACTIVE", "Type": "KMS"}});
    assert_eq!(call(&server, "/EncryptionConfig", &json!({})), ours);
    let same = json!({"Type": "KMS", "KeyId": "alias/traces"});
    assert_eq!(call(&server, "/PutEncryptionConfig", &same), ours);
    for other in [
        json!({"Type": "NONE"}),
        json!({"Type": "KMS", "KeyId": "alias/other"}),
    ] {
        let answer = post(&server, "/PutEncryptionConfig", &other);
        let name = "InvalidRequestException";
        assert_refused(
            &answer,
            400,
            name,
            "encrypted with the key \"alias/traces\"",
        );
    }
}

#[test]
fn a_store_opens_with_its_own_key_only() {
    let folder = Folder::new();
    put(
        &start(folder.path(), Some(key(1))).expect("a new store"),
        "alice",
    );
    let problem = |key| {
        let error = start(folder.path(), key).err().expect("is refused");
        assert!(error.is_data_folder() && error.is_encryption_key());
        error.to_string()
    };
    let missing = problem(None);
    assert!(missing.contains("no key was given"), "{missing}");
    let other = problem(Some(key(2)));
    assert!(other.contains("is another one"), "{other}");
    let envelope = folder.path().join("encryption.json");
    let kept = fs::read(&envelope).expect("is there");
    fs::remove_file(&envelope).expect("is gone");
    let gone = problem(None);
    assert!(gone.contains("put it back"), "{gone}");
    fs::write(&envelope, kept).expect("is back");
    drop(start(folder.path(), Some(key(1))).expect("opens"));

    let open = Folder::new();
    put(&start(open.path(), None).expect("a new store"), "alice");
    let error = start(open.path(), Some(key(1))).err().expect("is refused");
    assert!(error.to_string().contains("made without encryption"));
}

#[test]
fn what_operators_set_is_sealed_beside_the_store() {
    let folder = Folder::new();
    let with = |key: Option<EncryptionKey>| {
        let options = options().rules(folder.path().join("sampling-rules.json"));
        match key {
            Some(key) => Server::start(options.data(folder.path()).encryption_key(key)),
            None => Server::start(options),
        }
    };
    let server = with(Some(key(1))).expect("a new store");
    let group = json!({"GroupName": "vip", "FilterExpression": "user = \"alice\""});
    let arn = call(&server, "/CreateGroup", &group)["Group"]["GroupARN"].clone();
    let tag = json!({"ResourceARN": arn, "Tags": [{"Key": "of", "Value": "alice"}]});
    call(&server, "/TagResource", &tag);
    let rule = json!({"SamplingRule": {
        "RuleName": "alice", "ResourceARN": "*", "Priority": 1, "FixedRate": 1, "ReservoirSize": 1, "ServiceName": "*",
        "ServiceType": "*", "Host": "*", "HTTPMethod": "*", "URLPath": "*", "Version": 1,
    }});
    call(&server, "/CreateSamplingRule", &rule);
    server.stop();
    assert!(!stands_in(folder.path(), b"alice"));
    for file in ["groups.json", "tags.json", "sampling-rules.json"] {
        let text = fs::read_to_string(folder.path().join(file)).expect("is there");
        assert!(
            text.contains("alias/traces"),
            "{file} tells which key opens it: {text}"
        );
    }

    let again = with(Some(key(1))).expect("its store");
    let groups = call(&again, "/Groups", &json!({}))["Groups"].to_string();
    assert!(groups.contains("alice"), "{groups}");
    assert!(
        call(&again, "/GetSamplingRules", &json!({}))
            .to_string()
            .contains("alice")
    );
    again.stop();
    let refused = with(None).err().expect("nothing opens them");
    assert!(
        refused.is_kept_file() && refused.to_string().contains("alias/traces"),
        "{refused}"
    );

    // One that was put there in plain is read, and sealed when it changes.
    let plain = Folder::new();
    let server = Server::start(options().rules(plain.file())).expect("starts");
    call(&server, "/CreateGroup", &group);
    server.stop();
    let file = "groups.json";
    fs::copy(plain.path().join(file), folder.path().join(file)).expect("can be copied");
    assert!(stands_in(folder.path(), b"alice"));
    let server = with(Some(key(1))).expect("its store");
    let update = json!({"GroupName": "vip", "FilterExpression": "user = \"alice\" AND fault"});
    call(&server, "/UpdateGroup", &update);
    assert!(!stands_in(folder.path(), b"alice"));
}
