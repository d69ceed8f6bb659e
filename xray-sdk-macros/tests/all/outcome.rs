//! What is recorded of an error, and that it is handed on as it was.

use std::error::Error;
use std::fmt;
use std::num::ParseIntError;

use xray_sdk::subsegment;

use crate::{traced, traced_future};

#[subsegment]
fn parse(text: &str) -> Result<u32, ParseIntError> {
    let number: u32 = text.parse()?;
    Ok(number)
}

#[test]
fn an_error_is_a_fault_and_is_handed_on() {
    let (outcome, tree) = traced(|| parse("many"));
    assert_eq!(outcome, "many".parse::<u32>());
    assert_eq!(tree, "test\n  parse fault\n");
}

#[test]
fn a_success_is_no_fault() {
    let (outcome, tree) = traced(|| parse("12"));
    assert_eq!(outcome, Ok(12));
    assert_eq!(tree, "test\n  parse\n");
}

#[subsegment]
async fn read(text: &str) -> Result<u32, Box<dyn Error + Send + Sync>> {
    if text.is_empty() {
        return Err("nothing to read".into());
    }
    Ok(parse(text)?)
}

#[test]
fn a_boxed_error_is_a_fault() {
    let (outcome, tree) = traced_future(read(""));
    assert_eq!(
        outcome.expect_err("there is no text").to_string(),
        "nothing to read"
    );
    assert_eq!(tree, "test\n  read fault\n");
}

#[test]
fn an_error_that_bubbles_up_is_a_fault_all_the_way() {
    let (_, tree) = traced_future(read("many"));
    assert_eq!(tree, "test\n  read fault\n    parse fault\n");
}

#[subsegment]
fn refuse() -> Result<(), String> {
    Err("sold out".to_owned())
}

#[test]
fn a_text_as_the_error_is_a_fault() {
    let (outcome, tree) = traced(refuse);
    assert_eq!(outcome, Err("sold out".to_owned()));
    assert_eq!(tree, "test\n  refuse fault\n");
}

/// Neither an error nor printable.
struct Opaque;

#[subsegment]
fn hide() -> Result<(), Opaque> {
    Err(Opaque)
}

#[test]
fn an_error_of_any_type_is_a_fault() {
    let (outcome, tree) = traced(hide);
    assert!(outcome.is_err());
    assert_eq!(tree, "test\n  hide fault\n");
}

#[subsegment]
async fn convert<T, E>(text: &str, parse: impl Fn(&str) -> Result<T, E> + Send) -> Result<T, E>
where
    T: Send,
    E: fmt::Display,
{
    parse(text)
}

#[test]
fn a_generic_error_is_recorded_by_its_bounds() {
    let (outcome, tree) = traced_future(convert("many", str::parse::<u32>));
    assert!(outcome.is_err());
    assert_eq!(tree, "test\n  convert fault\n");
}

#[subsegment]
fn find(name: &str) -> Option<u32> {
    let length = name.strip_prefix("order ")?;
    length.parse().ok()
}

#[test]
fn none_is_no_fault() {
    let (outcome, tree) = traced(|| find("invoice 1"));
    assert_eq!(outcome, None);
    assert_eq!(tree, "test\n  find\n");
}
