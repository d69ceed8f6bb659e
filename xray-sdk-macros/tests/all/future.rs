//! Functions that return a future instead of being `async`.

use std::error::Error;
use std::pin::Pin;

use xray_sdk::subsegment;

use crate::{pause, traced, traced_future};

#[subsegment]
fn reserve(item: &str) -> impl Future<Output = Result<usize, Box<dyn Error>>> {
    async move {
        pause().await;
        let count: usize = item.parse()?;
        Ok(count)
    }
}

#[test]
fn the_subsegment_spans_the_returned_future() {
    let (count, tree) = traced_future(async { reserve("x").await });
    assert!(count.is_err());
    assert_eq!(tree, "test\n  reserve fault\n");
}

#[test]
fn a_returned_future_that_is_never_polled_leaves_nothing() {
    let (_, tree) = traced(|| drop(reserve("1")));
    assert_eq!(tree, "test\n");
}

trait Store {
    fn load<'a>(
        &'a self,
        id: u32,
    ) -> Pin<Box<dyn Future<Output = Result<u32, String>> + Send + 'a>>;
}

struct Memory(u32);

impl Store for Memory {
    #[subsegment]
    fn load<'a>(
        &'a self,
        id: u32,
    ) -> Pin<Box<dyn Future<Output = Result<u32, String>> + Send + 'a>> {
        Box::pin(async move {
            pause().await;
            if id == self.0 {
                Ok(id)
            } else {
                Err(format!("no order {id}"))
            }
        })
    }
}

#[test]
fn a_boxed_future_is_boxed_again() {
    let (loaded, tree) = traced_future(async {
        let store: &dyn Store = &Memory(1);
        (store.load(1).await, store.load(2).await)
    });
    assert_eq!(loaded, (Ok(1), Err("no order 2".to_owned())));
    assert_eq!(tree, "test\n  load\n  load fault\n");
}
