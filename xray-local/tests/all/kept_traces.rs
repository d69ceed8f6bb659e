use std::fs;
use std::path::Path;

use rusqlite::Connection;
use serde_json::{Value, json};
use xray_local::{Error, Limits, Options, Server, TimeRange};

use crate::client::{call, options};
use crate::folder::Folder;
use crate::shop::{TRACE, front, noise, orders, small};

pub(crate) fn kept(folder: &Folder) -> Options {
    options().data(folder.path()).limits(Limits::on_disk())
}

fn start(folder: &Folder) -> Server {
    Server::start(kept(folder)).expect("a free port and a folder")
}

fn refused(folder: &Folder) -> Error {
    match Server::start(kept(folder)) {
        Ok(_) => panic!("the folder should be refused"),
        Err(error) => error,
    }
}

pub(crate) fn put(server: &Server, documents: &[Value]) {
    let texts: Vec<_> = documents.iter().map(Value::to_string).collect();
    let answer = call(
        server,
        "/TraceSegments",
        &json!({"TraceSegmentDocuments": texts}),
    );
    assert_eq!(answer, json!({"UnprocessedTraceSegments": []}));
}

#[test]
fn traces_are_there_again_and_go_on() {
    let folder = Folder::new();
    let server = start(&folder);
    put(&server, &[front(), small(1), small(2)]);
    server.stop();

    let server = start(&folder);
    let store = server.store();
    assert_eq!(store.counts().traces, 3);
    put(&server, &[orders()]);
    let trace = store
        .trace(TRACE.parse().expect("an id"))
        .expect("is there");
    assert_eq!(trace.tree().lines().nth(3), Some("      orders 200"));
    assert_eq!(store.summaries(&TimeRange::ALWAYS)[0].revision, 2);
    assert_eq!(store.counts().traces, 3, "and it is one trace");
}

#[test]
fn documents_of_an_earlier_run_are_replaced() {
    let folder = Folder::new();
    let server = start(&folder);
    let named = |name: &str| {
        let mut document = small(1);
        document["name"] = name.into();
        document
    };
    let mut open = named("open");
    open["in_progress"] = true.into();
    open["end_time"] = json!(null);
    put(&server, &[named("first")]);
    server.stop();
    let server = start(&folder);
    put(&server, &[named("second"), open]);
    let names: Vec<_> = server.store().traces()[0]
        .segments()
        .iter()
        .map(|segment| segment.name.clone())
        .collect();
    assert_eq!(names, ["second"]);
}

#[test]
fn a_folder_is_for_one_server_at_a_time() {
    let folder = Folder::new();
    let server = start(&folder);
    let error = refused(&folder);
    assert!(error.is_data_in_use() && error.is_data_folder() && !error.is_data_denied());
    let holder = format!("process {} has it open", std::process::id());
    assert!(error.to_string().ends_with(&holder), "{error}");
    server.stop();
    start(&folder);
}

#[test]
fn after_a_start_the_front_page_tells_what_is_there_and_what_has_come_since() {
    let folder = Folder::new();
    let options = || crate::client::options().data(folder.path());
    let first = xray_local::Server::start(options()).expect("starts");
    let input = serde_json::json!({"TraceSegmentDocuments": [crate::shop::small(1).to_string()]});
    crate::client::call(&first, "/TraceSegments", &input);
    drop(first);
    let second = xray_local::Server::start(options()).expect("starts");
    let front = crate::client::request(second.address(), "GET", "/", &[], "").body;
    assert!(
        front.contains("1 trace is stored. Since it started 0 documents have come"),
        "{front}"
    );
}

#[test]
fn what_is_no_store_is_left_as_it_is() {
    let folder = Folder::new();
    let file = folder.path().join("traces.db");
    fs::write(
        &file,
        "a letter to a friend, which is longer than any header could ever be, for sure it is, yes",
    )
    .expect("is written");
    assert_foreign(&folder, &file);

    fs::remove_file(&file).expect("is there");
    let other = Connection::open(&file).expect("opens");
    other
        .execute_batch("CREATE TABLE recipes (name TEXT)")
        .expect("is understood");
    drop(other);
    assert_foreign(&folder, &file);
}

fn assert_foreign(folder: &Folder, file: &Path) {
    let before = fs::read(file).expect("is there");
    let error = refused(folder);
    assert!(error.is_data_folder() && !error.is_data_in_use());
    assert!(
        error
            .to_string()
            .ends_with("traces.db is no store of xray-local"),
        "{error}"
    );
    assert_eq!(fs::read(file).expect("is there"), before);
}

#[test]
fn a_store_of_another_version_is_left_as_it_is_and_what_to_do_is_told() {
    for version in [1, 7] {
        let folder = Folder::new();
        start(&folder).stop();
        let file = folder.path().join("traces.db");
        let other = Connection::open(&file).expect("opens");
        other
            .pragma_update(None, "user_version", version)
            .expect("is written");
        drop(other);
        let before = fs::read(&file).expect("is there");
        let error = refused(&folder).to_string();
        let told = format!(
            "its format is {version}, this version of xray-local knows 3: start the one that wrote it"
        );
        assert!(error.contains(&told), "{error}");
        assert!(error.contains("xray-local export"), "{error}");
        assert_eq!(fs::read(&file).expect("is there"), before);
    }
}

#[test]
fn a_store_of_the_format_before_is_taken_over() {
    let folder = Folder::new();
    let server = start(&folder);
    put(&server, &[small(1)]);
    server.stop();
    let file = folder.path().join("traces.db");
    let other = Connection::open(&file).expect("opens");
    other
        .execute_batch("DROP TABLE removed; PRAGMA user_version = 2")
        .expect("is written");
    drop(other);
    for _ in 0..2 {
        let server = start(&folder);
        assert_eq!(server.store().traces().len(), 1);
        server.stop();
    }
}

#[test]
fn a_store_that_is_cut_off_is_told_to_be_damaged() {
    let folder = Folder::new();
    let server = start(&folder);
    for number in 0..100 {
        server.store().insert(&small(number).to_string());
    }
    server.stop();
    let file = folder.path().join("traces.db");
    let bytes = fs::read(&file).expect("is there");
    fs::write(&file, &bytes[..bytes.len() / 2]).expect("is written");
    let error = refused(&folder);
    assert!(error.is_data_folder());
    assert!(
        error.to_string().contains("traces.db is damaged: "),
        "{error}"
    );
}

#[test]
fn a_store_of_which_only_the_log_is_left_is_no_new_one() {
    let folder = Folder::new();
    let server = start(&folder);
    server.store().insert(&small(1).to_string());
    let log = fs::read(folder.path().join("traces.db-wal")).expect("is there");
    server.stop();
    let file = folder.path().join("traces.db");
    let whole = fs::read(&file).expect("is there");
    fs::write(folder.path().join("traces.db-wal"), &log).expect("is written");
    fs::write(&file, "").expect("is written");
    let told = refused(&folder).to_string();
    assert!(told.contains("its log is not"), "{told}");
    fs::write(&file, whole).expect("is written");
    drop(start(&folder));
}

#[test]
fn what_cannot_be_read_is_told() {
    for damage in [link_lost, text_changed] {
        let folder = Folder::new();
        let server = start(&folder);
        let mut large = small(7);
        large["metadata"] = json!({"default": {"text": noise(7, 60_000)}});
        put(&server, &[large]);
        server.stop();
        let file = folder.path().join("traces.db");
        let mut bytes = fs::read(&file).expect("is there");
        damage(&mut bytes);
        fs::write(&file, bytes).expect("is written");

        let server = start(&folder);
        // Whoever reads it first finds out: the one who settles, or this.
        assert!(server.store().traces().is_empty());
        let trouble = server.store().trouble().expect("is told");
        assert!(trouble.starts_with("the store is damaged: "), "{trouble}");
        assert_eq!(
            server.store().insert(&small(8).to_string()),
            [],
            "what can be written is"
        );
    }
}

/// The document takes pages of its own: one of them loses its link to the next.
fn link_lost(file: &mut [u8]) {
    let page = overflow_page(file);
    file[page..][..4].copy_from_slice(&[0xff; 4]);
}

/// A few bits of the text are others than were written.
fn text_changed(file: &mut [u8]) {
    let page = overflow_page(file);
    file[page + 4_000] ^= 0x55;
}

/// Where a page begins that is full of text, and has a link to the next one.
fn overflow_page(file: &[u8]) -> usize {
    let pages = file.len() / 8_192;
    let is_linked = |page: &[u8]| page[..2] == [0, 0] && page[2..4] != [0, 0];
    let is_full = |page: &[u8]| page[4..].iter().filter(|byte| **byte == 0).count() < 100;
    let mut starts = (0..pages).map(|page| page * 8_192);
    let found = starts.find(|start| {
        let page = &file[*start..][..8_192];
        is_linked(page) && is_full(page)
    });
    found.expect("a page of text")
}
