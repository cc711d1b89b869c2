//! The verbs of a store in SQL, written once for both engines: statements, the reading of rows, the steps between them.
//!
//! A verb is a function of an engine's open transaction ([`Writes`]), a read one of a connection ([`Db`]). An engine stamps a
//! trait of the store out for itself with the macro of the room ([`counter!`]).
//!
//! | | here | with its engine |
//! |---|---|---|
//! | statements | those that both understand: `?1` stands for the first value | of one dialect; prepared, and by whom |
//! | transactions | none begins or ends here | begin, commit, locks and their order |
//! | errors | a row that is none of ours is damage | what the engine says, and what is to be done about it |
//!
//! What both understand: `ON CONFLICT`, `RETURNING`, `FILTER`, `true` and `false`, `IS NOT DISTINCT FROM`, `substr`.

pub mod accounts;
pub mod again;
pub mod blobs;
pub mod channels;
pub mod counter;
pub mod inboxes;
pub mod looked;
pub mod notices;
pub mod offices;
pub mod rights;
pub mod rows;
pub mod values;
pub mod who;

use lacre_store::StoreDown;
use rows::Row;
use std::ops::ControlFlow;
use values::Value;

/// What a statement comes to.
pub type Sql<T, D> = Result<T, <D as Db>::Down>;

/// Reads a row, and says whether it wants the next one.
pub type Read<'a> = dyn FnMut(&dyn Row) -> Result<ControlFlow<()>, StoreDown> + 'a;

/// A connection. Each statement is prepared once for its text.
pub trait Db {
    /// [`StoreDown`], with what the engine itself wants to know of an error.
    type Down: From<StoreDown>;
    /// The stamp of a hash (`?1`) that can be spent: which table, and which of its rows.
    const STAMP: &'static str;
    /// Behind a SELECT of the writer: what it found stays so until the end of the transaction.
    const AS_IT_IS: &'static str;
    /// An order of entries in which their accept times never go back.
    const TIMES: &'static str;
    /// A flag that is not set, as an index over such rows has it.
    const NO: &'static str;
    /// Row by row, until `read` has enough.
    fn each(&self, sql: &str, values: &[Value<'_>], read: &mut Read<'_>) -> Result<(), Self::Down>;
    /// All statements of `read` see the same committed state.
    fn snapshot<T>(&self, read: impl FnOnce() -> Result<T, Self::Down>) -> Result<T, Self::Down>;
    /// How many rows it changed.
    fn run(&self, sql: &str, values: &[Value<'_>]) -> Result<u64, Self::Down>;
    /// Statements over whole tables, without values; waited for longer than others.
    fn whole(&self, sql: &str) -> Result<(), Self::Down>;
    /// All rows.
    fn all<T>(
        &self,
        sql: &str,
        values: &[Value<'_>],
        read: impl Fn(&dyn Row) -> Result<T, StoreDown>,
    ) -> Result<Vec<T>, Self::Down> {
        let mut all = Vec::new();
        self.each(sql, values, &mut |row| {
            all.push(read(row)?);
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(all)
    }
    /// The first row, or none.
    fn one<T>(
        &self,
        sql: &str,
        values: &[Value<'_>],
        read: impl Fn(&dyn Row) -> Result<T, StoreDown>,
    ) -> Result<Option<T>, Self::Down> {
        let mut first = None;
        self.each(sql, values, &mut |row| {
            first = Some(read(row)?);
            Ok(ControlFlow::Break(()))
        })?;
        Ok(first)
    }
    /// The one row that must be there.
    fn only<T>(&self, sql: &str, values: &[Value<'_>], read: impl Fn(&dyn Row) -> Result<T, StoreDown>) -> Result<T, Self::Down> {
        Ok(self.one(sql, values, read)?.ok_or_else(|| StoreDown::damaged("a row that must be there is not"))?)
    }
    /// Whether there is a row.
    fn exists(&self, sql: &str, values: &[Value<'_>]) -> Result<bool, Self::Down> {
        Ok(self.one(sql, values, |_| Ok(()))?.is_some())
    }
}

/// An engine's open transaction.
pub trait Writes {
    /// The connection that it is open on.
    type Db: Db;
    /// That connection.
    fn db(&self) -> &Self::Db;
    /// What a verb comes to, in the words of its trait. The engine keeps of an error what it wants to know when it ends the
    /// transaction.
    fn tell<T>(&mut self, done: Sql<T, Self::Db>) -> Result<T, StoreDown>;
}

/// An engine's readers' side.
pub trait Reading {
    /// Its connections.
    type Db: Db;
    /// Runs a read on a connection of its own; again on another, where the first one broke.
    fn read<T>(&self, read: impl Fn(&Self::Db) -> Sql<T, Self::Db>) -> Result<T, StoreDown>;
}

/// What is judged on its outcome: a refusal takes back what this part of the transaction wrote.
fn part<D: Db, T, E>(db: &D, work: impl FnOnce(&D) -> Sql<Result<T, E>, D>) -> Sql<Result<T, E>, D> {
    db.run("SAVEPOINT part", &[])?;
    let outcome = work(db)?;
    if outcome.is_err() {
        db.run("ROLLBACK TO part", &[])?;
    }
    db.run("RELEASE part", &[])?;
    Ok(outcome)
}

/// Each verb of a trait of the store is the function of its name in a room. For the rooms' own macros.
#[doc(hidden)]
#[macro_export]
macro_rules! stamp {
    (verbs of $trait:ident for $store:ty = $room:ident { $(fn $verb:ident($($arg:ident: $of:ty),*) -> $answer:ty;)* }) => {
        impl $trait for $store {
            $(fn $verb(&mut self, $($arg: $of),*) -> Result<$answer, ::lacre_store::StoreDown> {
                let done = $room::$verb(self, $($arg),*);
                $crate::Writes::tell(self, done)
            })*
        }
    };
    (reads of $trait:ident for $reads:ty = $room:ident { $(fn $verb:ident($($arg:ident: $of:ty),*) -> $answer:ty;)* }) => {
        impl $trait for $reads {
            $(fn $verb(&self, $($arg: $of),*) -> Result<$answer, ::lacre_store::StoreDown> {
                $crate::Reading::read(self, |db| $room::$verb(db, $($arg),*))
            })*
        }
    };
}
