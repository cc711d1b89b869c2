//! Stamps that wait to be taken. They are made before anybody asks, many in one transaction, and handed out by chance: nothing
//! is written when an account takes some, and what is written of a stamp, also in the log of the store, is in the company of
//! those that others take.

use super::Context;
use lacre_ground::ids::{Generation, Stamp};
use lacre_ground::time::Millis;
use lacre_store::StoreDown;
use lacre_store::accounts::AddStamps;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Stamps made in one transaction.
const AT_ONCE: usize = 256;
/// So many stay behind when some are taken: among them nobody tells which were.
const LEAST: usize = 1_024;
/// When more are made, then up to this.
const MOST: usize = 2_048;

/// The stock. One that is dropped leaves its stamps in the store until they end.
#[derive(Default)]
pub struct Stamps {
    stock: Mutex<Stock>,
    making: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Stock {
    /// of all of them: until when they work, and what store knows them
    of: Option<(Millis, Generation)>,
    stamps: Vec<Stamp>,
}

impl Stamps {
    /// The stock of this moment: what ends before the stamps that are made now is dropped, and what a store that went back has forgotten.
    fn stock(&self, context: &Context) -> MutexGuard<'_, Stock> {
        let mut stock = self.stock.lock().unwrap_or_else(PoisonError::into_inner);
        let of = (context.rules.stamps_end(context.clock.now()), context.reads.generation());
        if stock.of.replace(of) != Some(of) {
            stock.stamps.clear();
        }
        stock
    }

    /// So many, if enough stay behind; and how many these are.
    fn draw(&self, context: &Context, count: usize) -> (Option<Vec<Stamp>>, usize) {
        let mut stock = self.stock(context);
        if stock.stamps.len() < LEAST + count {
            return (None, stock.stamps.len());
        }
        let one = |stamps: &mut Vec<Stamp>| {
            let chance = usize::try_from(u64::from_le_bytes(context.random())).unwrap_or_default();
            stamps.swap_remove(chance % stamps.len())
        };
        (Some((0..count).map(|_| one(&mut stock.stamps)).collect()), stock.stamps.len())
    }

    /// Makes some until there are [`MOST`]; durably, before anybody gets one.
    async fn make(&self, context: &Context) -> Result<(), StoreDown> {
        let _alone = self.making.lock().await;
        while self.stock(context).stamps.len() < MOST {
            let made: Vec<Stamp> = (0..AT_ONCE).map(|_| Stamp::new(context.random())).collect();
            context.writer.submit(AddStamps(made.iter().map(Stamp::hash).collect())).await?;
            self.stock(context).stamps.extend(made);
        }
        Ok(())
    }

    /// So many for somebody, at most [`AT_ONCE`].
    pub(super) async fn take(self: &Arc<Self>, context: &Arc<Context>, count: usize) -> Result<Vec<Stamp>, StoreDown> {
        loop {
            let (drawn, left) = self.draw(context, count);
            if let Some(stamps) = drawn {
                if left < LEAST + AT_ONCE {
                    let (stock, context) = (Arc::clone(self), Arc::clone(context));
                    // what fails is tried again by whoever finds too few
                    tokio::spawn(async move { stock.make(&context).await });
                }
                return Ok(stamps);
            }
            self.make(context).await?;
        }
    }
}
