//! What calls hold of the relay's memory, connection by connection, and what happens when it is too much.
//!
//! Counted are, for the connection that they came on: each call, until its answer is on its way; the bytes of a request,
//! from the announcement of their length until it is answered (of a stream, until its next message is asked for); the bytes
//! of an answer, until TLS has taken them; each channel that is followed. A peer that writes slowly, does not read its
//! answers, or opens call after call holds much; one that behaves holds a few kilobytes for a moment.
//!
//! **What is read for an answer is counted before it is read** ([`Holder::reserve`]), with the most that it can be; what it
//! was is known afterwards. So many such readings go on at a time ([`READINGS`]), and of one connection so many
//! ([`READINGS_OF_ONE`]), of one network half of them; the rest waits without anything. Nothing is read for a connection that is over.
//!
//! When all together pass the bound, **the connection that holds the most is closed**. Its peer meets a broken connection
//! and sends the same bytes again, as after any other. So no number of peers makes the relay grow beyond the formula of
//! RUNNING.md, and whoever holds little is served all along. What a closed connection held counts until it is dropped:
//! nobody else's reading begins in its place before.

mod connection;
mod end;
mod holder;
mod shares;
#[cfg(test)]
mod tests;
mod weights;

pub use connection::Connection;
pub use end::Leave;
pub use holder::{Call, Hold, Holder, Reserved};
pub use shares::Memory;
pub(crate) use weights::weight;
pub use weights::{BASE, CALL, CONNECTION, FOLLOWED, LARGE, PAGE_WORST, READINGS, READINGS_OF_ONE, formula};
