//! Reads that bring bytes into memory, for an answer: in their turn, and counted before they begin ([`crate::memory`]).

use super::Context;
use crate::memory::{Hold, Holder, weight};
use lacre_store::channels::Page;
use lacre_store::{Reads, StoreDown};
use std::sync::Arc;
use tonic::Response;

pub(super) fn page_weight(page: &Page) -> usize {
    weight(page.entries.iter().map(|e| e.ciphertext.len()).sum(), page.entries.len())
}

/// What was read for an answer counts until the answer is encoded: then its own bytes do.
#[derive(Clone)]
pub(super) struct UntilEncoded(#[expect(dead_code, reason = "it counts until it is dropped")] Arc<Hold>);

/// An answer of what was read.
pub(super) fn answer<T>(message: T, hold: Option<Hold>) -> Response<T> {
    let mut response = Response::new(message);
    if let Some(hold) = hold {
        response.extensions_mut().insert(UntilEncoded(Arc::new(hold)));
    }
    response
}

/// Nobody hears it: the connection is closed.
fn gone() -> StoreDown {
    StoreDown::new("the connection is over")
}

/// Sets memory aside for an answer that the writer brings; none when the connection is not counted.
pub(super) async fn set_aside(holder: Option<&Holder>, worst: usize) -> Result<Option<Hold>, StoreDown> {
    match holder {
        None => Ok(None),
        Some(holder) => holder.set_aside(worst).await.map(Some).ok_or_else(gone),
    }
}

impl Context {
    /// A read of at most so many bytes, and what counts for what it was. It waits for its turn, and is not begun for a
    /// connection that is over.
    pub(super) async fn reading<T: Send + 'static>(
        &self,
        holder: Option<&Holder>,
        worst: usize,
        weigh: impl FnOnce(&T) -> usize + Send + 'static,
        read: impl FnOnce(&dyn Reads) -> Result<T, StoreDown> + Send + 'static,
    ) -> Result<(T, Option<Hold>), StoreDown> {
        let Some(holder) = holder else { return Ok((self.read(read).await?, None)) };
        let reserved = holder.reserve(worst).await.ok_or_else(gone)?;
        let read = self.read(move |reads| {
            if reserved.is_over() {
                return Ok(None);
            }
            let value = read(reads)?;
            let hold = reserved.read(weigh(&value));
            Ok(Some((value, Some(hold))))
        });
        read.await?.ok_or_else(gone)
    }
}
