//! Functions keep their signature: lifetimes, generics, receivers, `impl Trait`, `Send`.

use std::cell::Cell;
use std::error::Error;
use std::num::ParseIntError;

use xray_sdk::subsegment;

use crate::{block_on, pause, traced, traced_future};

struct Basket {
    lines: Vec<u32>,
}

impl Basket {
    #[subsegment]
    fn total(&self) -> u32 {
        self.lines.iter().sum()
    }

    #[subsegment]
    fn first_mut(&mut self) -> Result<&mut u32, String> {
        self.lines
            .first_mut()
            .ok_or_else(|| "the basket is empty".to_owned())
    }

    #[subsegment]
    fn longest<'a>(&'a self, other: &'a Basket) -> &'a Basket {
        if self.lines.len() >= other.lines.len() {
            self
        } else {
            other
        }
    }

    #[subsegment]
    async fn check_out(mut self, tip: u32) -> Result<u32, ParseIntError> {
        self.lines.push(tip);
        pause().await;
        Ok(self.total())
    }

    #[subsegment]
    fn dear(&self, from: u32) -> impl Iterator<Item = u32> {
        self.lines.iter().copied().filter(move |line| *line >= from)
    }
}

#[test]
fn methods_keep_their_receivers_and_lifetimes() {
    let (total, tree) = traced_future(async {
        let mut basket = Basket { lines: vec![1, 2] };
        *basket.first_mut().expect("it has lines") = 10;
        assert_eq!(basket.dear(5).collect::<Vec<_>>(), [10]);
        assert_eq!(basket.longest(&Basket { lines: vec![] }).total(), 12);
        basket.check_out(3).await
    });
    assert_eq!(total, Ok(15));
    assert_eq!(
        tree,
        "test\n  first_mut\n  dear\n  longest\n  total\n  check_out\n    total\n"
    );
}

trait Shop {
    async fn open(&mut self) -> Result<(), String>;

    #[subsegment]
    fn name(&self) -> String {
        "shop".to_owned()
    }
}

impl Shop for Basket {
    #[subsegment]
    async fn open(&mut self) -> Result<(), String> {
        self.lines.clear();
        Ok(())
    }
}

#[test]
fn trait_methods_have_subsegments() {
    let (name, tree) = traced_future(async {
        let mut basket = Basket { lines: vec![1] };
        basket.open().await.map(|()| basket.name())
    });
    assert_eq!(name.as_deref(), Ok("shop"));
    assert_eq!(tree, "test\n  open\n  name\n");
}

#[subsegment]
fn numbers(text: &str) -> Result<impl Iterator<Item = u32> + use<>, Box<dyn Error>> {
    let last: u32 = text.parse()?;
    Ok(0..last)
}

#[test]
fn an_impl_trait_may_stand_inside_the_return_type() {
    let (sum, tree) = traced(|| numbers("4").map(Iterator::sum::<u32>));
    assert_eq!(sum.ok(), Some(6));
    assert_eq!(tree, "test\n  numbers\n");
}

#[subsegment]
async fn dynamic(
    text: String,
) -> Result<Box<dyn Fn() -> usize + Send>, Box<dyn Error + Send + Sync>> {
    pause().await;
    Ok(Box::new(move || text.len()))
}

#[test]
fn values_are_coerced_to_the_return_type() {
    let (length, _) = traced_future(dynamic("four".to_owned()));
    assert_eq!(length.expect("it never fails")(), 4);
}

#[subsegment]
async fn count(cell: Cell<u32>) -> u32 {
    cell.set(cell.get() + 1);
    pause().await;
    cell.get()
}

#[test]
fn the_future_is_send_when_it_was() {
    fn sendable<T: Send>(work: T) -> T {
        work
    }
    assert_eq!(block_on(sendable(count(Cell::new(1)))), 2);
    assert_eq!(
        block_on(sendable(Basket { lines: vec![] }.check_out(1))),
        Ok(1)
    );
}

// A body of one expression: what the attribute writes around it must not look like needless braces.
#[subsegment]
async fn steps_left(from: u32) -> u32 {
    if from == 0 {
        0
    } else {
        Box::pin(steps_left(from - 1)).await + 1
    }
}

#[test]
fn a_function_may_call_itself() {
    let (steps, tree) = traced_future(steps_left(2));
    assert_eq!(steps, 2);
    assert_eq!(
        tree,
        "test\n  steps_left\n    steps_left\n      steps_left\n"
    );
}

#[subsegment]
#[must_use]
fn describe<T, const N: usize>(
    (key, value): (&str, T),
    [first, ..]: &[u8; 3],
    rest: [u8; N],
) -> String
where
    T: ToString,
{
    let result = format!("{key}={}/{first}/{}", value.to_string(), rest.len());
    result
}

#[test]
fn generics_patterns_and_attributes_stay() {
    assert_eq!(describe(("id", 7), &[1, 2, 3], [0; 4]), "id=7/1/4");
}

#[subsegment]
fn stop(code: u8) -> ! {
    std::panic::resume_unwind(Box::new(code));
}

#[subsegment]
async fn stop_later(code: u8) -> ! {
    pause().await;
    std::panic::resume_unwind(Box::new(code));
}

#[test]
fn a_function_may_never_return() {
    let code = std::panic::catch_unwind(|| stop(3)).expect_err("it never returns");
    assert_eq!(code.downcast_ref(), Some(&3_u8));
    let code = std::panic::catch_unwind(|| block_on(stop_later(4))).expect_err("it never returns");
    assert_eq!(code.downcast_ref(), Some(&4_u8));
}

#[subsegment]
unsafe fn first_unchecked(bytes: &[u8]) -> u8 {
    bytes[0]
}

#[subsegment]
pub extern "C" fn twice(value: i32) -> i32 {
    if value == 0 {
        return 0;
    }
    value * 2
}

#[test]
fn qualifiers_stay() {
    let function: unsafe fn(&[u8]) -> u8 = first_unchecked;
    let other: extern "C" fn(i32) -> i32 = twice;
    assert_ne!(function as usize, other as usize);
    assert_eq!(other(2), 4);
}
