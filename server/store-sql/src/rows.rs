//! What stands in a row.

use lacre_ground::ids::{ChannelClass, Seq};
use lacre_ground::time::Millis;
use lacre_store::StoreDown;

/// Something in a column that no row of ours has.
pub fn strange(what: &str) -> StoreDown {
    StoreDown::damaged(format_args!("a strange {what} in a row"))
}

/// A row of an engine. A cell of another kind, or none at this place, is damage; none of these is where nothing is.
pub trait Row {
    /// A number.
    fn integer(&self, at: usize) -> Result<Option<i64>, StoreDown>;
    /// A flag.
    fn boolean(&self, at: usize) -> Result<Option<bool>, StoreDown>;
    /// A text.
    fn string(&self, at: usize) -> Result<Option<&str>, StoreDown>;
    /// A byte string.
    fn blob(&self, at: usize) -> Result<Option<&[u8]>, StoreDown>;
}

/// Its cells, as the types that they stand for.
pub trait Cells: Row {
    /// A row's key, or a number that has a sign.
    fn key(&self, at: usize) -> Result<i64, StoreDown> {
        self.integer(at)?.ok_or_else(|| strange("number"))
    }
    /// A number.
    fn number(&self, at: usize) -> Result<u64, StoreDown> {
        self.small(at)
    }
    /// A number, or nothing.
    fn maybe_number(&self, at: usize) -> Result<Option<u64>, StoreDown> {
        self.integer(at)?.map(|n| u64::try_from(n).map_err(|_| strange("number"))).transpose()
    }
    /// A number of a smaller type.
    fn small<T: TryFrom<i64>>(&self, at: usize) -> Result<T, StoreDown> {
        T::try_from(self.key(at)?).map_err(|_| strange("number"))
    }
    /// An instant.
    fn time(&self, at: usize) -> Result<Millis, StoreDown> {
        self.number(at).map(Millis::new)
    }
    /// A place.
    fn seq(&self, at: usize) -> Result<Seq, StoreDown> {
        Seq::new(self.number(at)?).ok_or_else(|| strange("seq"))
    }
    /// A channel's class.
    fn class(&self, at: usize) -> Result<ChannelClass, StoreDown> {
        let code: u8 = self.small(at)?;
        let all = [ChannelClass::Log, ChannelClass::Inbox, ChannelClass::Casilla, ChannelClass::Return];
        all.into_iter().find(|class| class.code() == code).ok_or_else(|| strange("class"))
    }
    /// A flag.
    fn flag(&self, at: usize) -> Result<bool, StoreDown> {
        self.boolean(at)?.ok_or_else(|| strange("flag"))
    }
    /// A text.
    fn text(&self, at: usize) -> Result<String, StoreDown> {
        self.maybe_text(at)?.ok_or_else(|| strange("text"))
    }
    /// A text, or nothing.
    fn maybe_text(&self, at: usize) -> Result<Option<String>, StoreDown> {
        Ok(self.string(at)?.map(str::to_owned))
    }
    /// A byte string.
    fn bytes(&self, at: usize) -> Result<Vec<u8>, StoreDown> {
        Ok(self.blob(at)?.ok_or_else(|| strange("byte string"))?.to_vec())
    }
    /// A byte string of one length, and what it is an id of.
    fn id<T: for<'a> TryFrom<&'a [u8]>>(&self, at: usize) -> Result<T, StoreDown> {
        self.maybe_id(at)?.ok_or_else(|| strange("id"))
    }
    /// The same, or nothing.
    fn maybe_id<T: for<'a> TryFrom<&'a [u8]>>(&self, at: usize) -> Result<Option<T>, StoreDown> {
        self.blob(at)?.map(|id| T::try_from(id).map_err(|_| strange("id"))).transpose()
    }
}

impl<R: Row + ?Sized> Cells for R {}
