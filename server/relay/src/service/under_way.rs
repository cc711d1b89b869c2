//! Uploads under way: which of two with one stamp, or of one large blob, goes on, and whose turn it is to write.

use crate::border::limited;
use lacre_ground::ids::{BlobId, TokenHash};
use lacre_store::channels::Limited;
use lacre_store::rules::Limit;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::oneshot;
use tonic::Status;

/// What an upload is known by while it is under way: what pays for it, or, when what came of it stays, its blob.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum By {
    Stamp(TokenHash),
    Blob(BlobId),
}

/// The uploads under way: one at a time for each stamp or large blob. Of two the newer goes on, for the older is the same
/// client before its connection broke, or somebody who wants many places for one stamp.
#[derive(Default)]
pub(super) struct UnderWay {
    newest: Mutex<Newest>,
}

#[derive(Default)]
struct Newest {
    begun: u64,
    of: HashMap<By, (u64, oneshot::Sender<()>, Arc<Turn>)>,
}

/// Whoever holds it may write the file.
pub(super) type Turn = tokio::sync::Mutex<()>;

/// An upload's place among those under way.
pub(super) struct Place {
    all: Arc<UnderWay>,
    by: By,
    number: u64,
    replaced: oneshot::Receiver<()>,
    pub(super) turn: Arc<Turn>,
}

impl UnderWay {
    pub(super) fn begin(self: &Arc<Self>, by: By) -> Place {
        let (tell, replaced) = oneshot::channel();
        let mut newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        newest.begun += 1;
        let number = newest.begun;
        // the older one hears it by the end of its sender, and gives its turn away when it has stopped writing
        let turn = newest.of.get(&by).map(|(_, _, turn)| Arc::clone(turn)).unwrap_or_default();
        newest.of.insert(by, (number, tell, Arc::clone(&turn)));
        Place { all: Arc::clone(self), by, number, replaced, turn }
    }
}

impl Place {
    /// Does this unless a newer upload comes.
    pub(super) async fn unless_replaced<T>(&mut self, work: impl Future<Output = Result<T, Status>>) -> Result<T, Status> {
        tokio::select! {
            done = work => done,
            _ = &mut self.replaced => Err(limited(Limited { limit: Limit::UploadsPerStamp, value: 1, retry_after_ms: Some(1_000) })),
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut newest = self.all.newest.lock().unwrap_or_else(PoisonError::into_inner);
        if newest.of.get(&self.by).is_some_and(|(number, ..)| *number == self.number) {
            newest.of.remove(&self.by);
        }
    }
}
