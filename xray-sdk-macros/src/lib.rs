//! The attribute `#[xray_sdk::subsegment]`. Use it through the crate `xray-sdk`, which exports it and documents it by example.

#![forbid(unsafe_code)]

mod arguments;
mod expansion;
mod function;
mod return_type;

use proc_macro::TokenStream;

/// Runs the function inside a subsegment.
///
/// The subsegment is a child of what is current when the function runs. It opens when the body starts (for an `async fn`: at the
/// first poll), is current while the body runs, and closes when the body is done, on a panic and when the future is dropped. It is
/// named after the function.
///
/// ```
/// # #[derive(Debug)] struct Order;
/// # async fn query(id: u64) -> Result<Order, std::io::Error> { Ok(Order) }
/// #[xray_sdk::subsegment]
/// async fn load_order(id: u64) -> Result<Order, std::io::Error> {
///     xray_sdk::current().annotate("order_id", id);
///     query(id).await
/// }
/// ```
///
/// # Arguments
///
/// - `name = "load order"`: the name of the subsegment.
/// - `remote`: the call leaves the process; X-Ray draws what is called as a service of its own.
///
/// ```
/// #[xray_sdk::subsegment(name = "payments.example.com", remote)]
/// fn charge(cents: u32) -> Result<(), std::io::Error> {
///     Ok(())
/// }
/// ```
///
/// # What is recorded of an `Err`
///
/// When the function returns a `Result` that is an `Err`, the subsegment is marked as a fault and the error is recorded, by the
/// first of these that its type allows: the whole source chain of a [`std::error::Error`]; the same for what derefs to one
/// (`Box<dyn Error>`, `anyhow::Error`); the text of what can be displayed (`String`); the name of the type. The value itself is
/// handed on untouched, and no other return value is looked at. The rules live in `xray_sdk::outcome`.
///
/// # Where it stands
///
/// On functions and methods that have a body, `async` or not, with any generics and lifetimes. The signature stays as it is written,
/// and the future of an `async fn` is `Send` whenever it was. A function that returns `impl Future` or `Pin<Box<dyn Future>>` is
/// taken for the asynchronous function that it stands for (so the attribute also works under `#[async_trait]`): the subsegment
/// spans the future. A `const fn` cannot have a subsegment.
///
/// # Cost
///
/// None beyond that of the subsegment: one branch per return, and nothing more for an `Ok`. Without a segment, or when the request
/// is not sampled, nothing is recorded.
#[proc_macro_attribute]
pub fn subsegment(arguments: TokenStream, item: TokenStream) -> TokenStream {
    expansion::expand(arguments.into(), &item.into()).into()
}
