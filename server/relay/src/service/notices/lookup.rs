//! An answer of the registrar about one person, with the right to write one notice.
//!
//! The same row of the same batch gets the same answer within the hour, from memory: a lost answer spends no second grant, and
//! nothing is written about who asked for whom.

use super::{Inside, no, remembered};
use crate::border::{Reason, checked, store_down};
use lacre_evidence::lookup::{Answer, ExemptReason, Lookup, Salt};
use lacre_ground::account::AccountState;
use lacre_ground::ids::LookupId;
use lacre_ground::label::{self, Label};
use lacre_ground::note::UnverifiedNote;
use lacre_ground::run::Run;
use lacre_ground::signed::NoteText as _;
use lacre_ground::time::Millis;
use lacre_proto::relay::v1 as wire;
use lacre_store::StoreDown;
use lacre_store::accounts::RunHash;
use lacre_store::bodies::{AgencyRefused, BodyKey};
use lacre_store::notices::{Address, Answered, Exempt, Found, TakeAnswer};
use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use tonic::Status;

/// Answers that are remembered, at most.
const MOST: usize = 65_536;
/// Bytes of all of them, at most.
const MOST_BYTES: usize = 64 * 1024 * 1024;

/// Who asked for whom, in which row of which batch.
type Asked = (BodyKey, [u8; 16], u32, RunHash);

/// Answers of the last hour.
#[derive(Default)]
pub(super) struct Memory(Mutex<Table>);

#[derive(Default)]
struct Table {
    answers: HashMap<Asked, wire::NoticeLookupResponse>,
    /// the oldest first
    order: VecDeque<(Millis, Asked, usize)>,
    bytes: usize,
}

impl Table {
    fn forget(&mut self, now: Millis) {
        let too_much = |table: &Self| table.order.len() > MOST || table.bytes > MOST_BYTES;
        while let Some((at, asked, bytes)) = self.order.front().copied()
            && (!remembered(at, now) || too_much(self))
        {
            self.order.pop_front();
            self.answers.remove(&asked);
            self.bytes -= bytes;
        }
    }
}

impl Memory {
    fn get(&self, now: Millis, asked: &Asked) -> Option<wire::NoticeLookupResponse> {
        let mut table = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        table.forget(now);
        table.answers.get(asked).cloned()
    }
    fn put(&self, now: Millis, asked: Asked, answer: &wire::NoticeLookupResponse) {
        let bytes = prost::Message::encoded_len(answer);
        let mut table = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if table.answers.insert(asked, answer.clone()).is_none() {
            table.order.push_back((now, asked, bytes));
            table.bytes += bytes;
        }
        table.forget(now);
    }
}

const fn reason(exempt: Exempt) -> ExemptReason {
    match exempt {
        Exempt::Law => ExemptReason::Law,
        Exempt::LegalPerson => ExemptReason::LegalPerson,
        Exempt::Minor => ExemptReason::Minor,
        Exempt::Dead => ExemptReason::Dead,
    }
}

/// The hash by which notes name a note that was verified when it came.
fn note_hash(raw: &str) -> Result<[u8; 32], StoreDown> {
    let note = UnverifiedNote::parse(raw).map_err(StoreDown::damaged)?;
    Ok(label::hash(Label::NoteHash, &[note.unverified_text().as_bytes()]))
}

impl Inside {
    /// Spends a grant, or says that there is no address.
    pub(super) async fn lookup(&self, key: BodyKey, row: wire::LookupRow) -> Result<wire::NoticeLookupResponse, Status> {
        let refused = |reason: Reason| wire::NoticeLookupResponse {
            generation: self.generation(),
            row: row.row,
            refused: reason.as_str().to_owned(),
            ..Default::default()
        };
        // a RUN that is none is the row's own trouble, however long it is
        let Ok(run) = Run::parse(&row.run) else { return Ok(refused(Reason::BadRun)) };
        checked(row.clone())?;
        let context = &self.desk.context;
        let (hash, now) = (self.desk.hash(&run), context.clock.now());
        let batch: [u8; 16] = row.batch.as_slice().try_into().map_err(|_| no())?;
        let asked = (key, batch, row.row, hash);
        if let Some(answer) = self.memory.get(now, &asked) {
            return Ok(answer);
        }
        let answered = match context.writer.submit(TakeAnswer { body: key, run: hash }).await.map_err(store_down)? {
            Ok(answered) => answered,
            Err(AgencyRefused::Limit(_)) => return Ok(refused(Reason::Limit)),
            Err(AgencyRefused::NoAgency(_)) => return Err(no()),
        };
        let answer = self.say(row.row, &run, answered).map_err(|down| {
            tracing::error!(cause = %down.cause, "an answer about a person could not be made");
            store_down(down)
        })?;
        self.memory.put(now, asked, &answer);
        Ok(answer)
    }

    /// The registrar's word for what was found.
    fn say(&self, row: u32, run: &Run, answered: Answered) -> Result<wire::NoticeLookupResponse, StoreDown> {
        let context = &self.desk.context;
        let Answered { body, found, at } = answered;
        let (answer, right) = match found {
            Found::NoAccount => (Answer::NoAccount, None),
            Found::Exempt(exempt) => (Answer::Exempt(reason(exempt)), None),
            Found::Account(address) => {
                let (answer, right) = self.account(address)?;
                (answer, Some(right))
            }
        };
        let certificate = body.enrolled.as_ref().map_or("", |e| e.certificate.as_str());
        let salt = Salt::new(context.random());
        let lookup = Lookup {
            id: LookupId::new(context.random()),
            agency: body.code.clone(),
            certificate: note_hash(certificate)?,
            person: salt.commit(run),
            answer,
            register: None,
            asked_at: at,
        };
        Ok(wire::NoticeLookupResponse {
            generation: self.generation(),
            row,
            lookup: lookup.sign(&context.registrar.signer).map_err(StoreDown::new)?,
            salt: salt.expose().to_vec(),
            right,
            refused: String::new(),
        })
    }

    fn account(&self, address: Address) -> Result<(Answer, wire::NoticeRight), StoreDown> {
        let Address { account, states, designation, grant, last_resort } = address;
        let opened = self.desk.context.kept.open_grant(&account, last_resort, &grant);
        let (grant, token) = opened.ok_or_else(|| StoreDown::damaged("a sealed grant does not open"))?;
        let newest = states.last().ok_or_else(|| StoreDown::damaged("an account without a state"))?;
        let state = AccountState::stored(newest).map_err(StoreDown::damaged)?;
        let answer = Answer::Account {
            account,
            state: state.number,
            state_hash: state.hash(),
            grant: note_hash(&grant)?,
            designation: note_hash(&designation)?,
        };
        Ok((answer, wire::NoticeRight { states, designation, grant, token: token.expose().to_vec() }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_remembered_for_an_hour_and_for_its_own_row() {
        let memory = Memory::default();
        let run = RunHash::new([1; 32]);
        let asked = (BodyKey([2; 32]), [3; 16], 4, run);
        let answer = wire::NoticeLookupResponse { row: 4, ..Default::default() };
        memory.put(Millis::new(1_000), asked, &answer);

        assert_eq!(memory.get(Millis::new(3_600_999), &asked), Some(answer));
        for other in [(BodyKey([9; 32]), [3; 16], 4, run), (asked.0, [9; 16], 4, run), (asked.0, asked.1, 5, run)] {
            assert_eq!(memory.get(Millis::new(1_000), &other), None);
        }
        assert_eq!(memory.get(Millis::new(3_601_000), &asked), None);
        assert_eq!(memory.0.lock().unwrap().bytes, 0);
    }
}
