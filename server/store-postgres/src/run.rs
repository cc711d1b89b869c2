//! The asks of a batch, one behind the other: appends that come together are looked up and written together.

use crate::Down;
use crate::batch::{Tx, Work};
use lacre_ground::time::Millis;
use lacre_store::channels::{Append, AppendAll};
use lacre_store::engine::{Engine, perform};
use lacre_store::rules::Rules;
use lacre_store::{Answer, Ask, StoreDown, Watch};

impl Work {
    /// All asks, up to the commit.
    pub(crate) fn perform(
        &mut self,
        now: Millis,
        rules: &Rules,
        asks: &[Ask],
        watch: &mut dyn Watch,
    ) -> Result<Vec<Answer>, Down> {
        self.lock(asks)?;
        let mut answers = Vec::with_capacity(asks.len());
        let mut rest = asks;
        while !rest.is_empty() {
            // appends that come one behind the other are looked up and written together
            let count = rest.iter().take_while(|ask| matches!(ask, Ask::Append(_) | Ask::AppendAll(_))).count();
            let (these, others) = rest.split_at(count.max(1));
            if count > 0 {
                let appends: Vec<&Append> = these.iter().flat_map(appends_of).collect();
                self.look(now, rules, &appends)?;
            }
            for ask in these {
                if let Some(nothing) = self.left_to_another(ask)? {
                    answers.push(nothing);
                    watch.done(ask.name());
                    continue;
                }
                let answer = perform(self, now, rules, ask);
                answers.push(answer.map_err(|down| self.batch.failed.take().unwrap_or_else(|| down.into()))?);
                watch.done(ask.name());
            }
            if count > 0 {
                self.flush()?;
            }
            rest = others;
        }
        self.write_number()?;
        Ok(answers)
    }
}

fn appends_of(ask: &Ask) -> &[Append] {
    match ask {
        Ask::Append(append) => std::slice::from_ref(append),
        Ask::AppendAll(AppendAll(all)) => all,
        _ => &[],
    }
}

/// Verbs are done one after the other, as in every engine; how a transaction begins and ends is [`crate::PgStore`]'s.
impl Engine for Work {
    fn begin(&mut self) -> Result<(), StoreDown> {
        Ok(self.lock(&[])?)
    }
    fn commit(&mut self) -> Result<(), StoreDown> {
        self.write_number()?;
        match Work::commit(self) {
            Tx::Committed => Ok(()),
            Tx::RolledBack(down) | Tx::Unknown(down, ..) => Err(down.down),
            Tx::Unreplicated(down) => Err(down),
        }
    }
    fn rollback(&mut self) {
        Work::rollback(self);
    }
}
