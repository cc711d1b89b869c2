//! What the device answers: section 5b of audit/FORMAT.md. (A return channel is on the own relay: N names a channel only.)

use super::Held;
use super::header::{expand, pad_answer};
use crate::Fail;
use crate::people::Me;
use crate::relay::v1 as pb;
use crate::wire::{self, msg, random, sha256};
use data_encoding::HEXLOWER;

const LABEL: &str = "lacre notice return v1";
const ENTRY: &str = "lacre notice return entry v1";
/// The most that an answer has.
const MOST: usize = 258_048;

impl Me {
    /// That the notice came to the device, or that it does not count: the first thing that is said of it.
    pub(super) fn hand_over(&mut self, held: &mut Held) -> Result<(), Fail> {
        match held.wrong {
            None => self.say_of(held, "ContentHandover", None),
            Some(wrong) => self.say_of(held, "ContentHandoverFailure", Some(wrong.said)),
        }
    }

    pub fn acknowledge(&mut self, id: &str) -> Result<(), Fail> {
        self.of(id, |me, held| me.say_of(held, "ConsignmentAcceptance", None))
    }

    pub fn reply(&mut self, id: &str, text: &str) -> Result<(), Fail> {
        self.of(id, |me, held| {
            let note = format!(
                "lacre reply v1\nid {}\nnotice {}\naccount {}\ndevice {}\nmade {:.3}\ntext {} {}\n",
                HEXLOWER.encode(&random::<16>()),
                HEXLOWER.encode(&held.hash),
                HEXLOWER.encode(&me.own.account.id),
                HEXLOWER.encode(&me.own.device),
                jiff::Timestamp::now(),
                HEXLOWER.encode(&sha256(text.as_bytes())),
                text.len(),
            );
            let note = wire::sign_note(&note, "lacre-device", &me.own.sign);
            me.send_back(held, msg(LABEL, &[b"reply", note.as_bytes(), &later_states(), text.as_bytes()]))?;
            held.said.push("reply".to_owned());
            Ok(())
        })
    }

    fn of(&mut self, id: &str, f: impl FnOnce(&mut Self, &mut Held) -> Result<(), Fail>) -> Result<(), Fail> {
        let at = self.notices.held.iter().position(|held| held.notice.id == id).ok_or("no such notice")?;
        let mut held = self.notices.held.remove(at);
        let done = if held.wrong.is_some() { Err("a notice that does not count".into()) } else { f(self, &mut held) };
        self.notices.held.insert(at, held);
        done
    }

    fn say_of(&mut self, held: &mut Held, event: &str, reason: Option<&str>) -> Result<(), Fail> {
        let reason = reason.map(|r| format!("reason {r}\n")).unwrap_or_default();
        let record = format!(
            "lacre event v2\nevent http://uri.etsi.org/19522/Event/{event}\nid {}\ntime {:.3}\nissuer device {} {}\nenvelope {}\nsender agency {}\nrecipient account {}\n{reason}",
            HEXLOWER.encode(&random::<16>()),
            jiff::Timestamp::now(),
            HEXLOWER.encode(&self.own.account.id),
            HEXLOWER.encode(&self.own.device),
            HEXLOWER.encode(&held.digest),
            held.notice.agency,
            HEXLOWER.encode(&self.own.account.id),
        );
        let record = wire::sign_note(&record, "lacre-device", &self.own.sign);
        self.send_back(held, msg(LABEL, &[b"note", record.as_bytes(), &later_states()]))?;
        held.said.push(event.to_owned());
        Ok(())
    }

    /// Into the first place of the return channel that is free.
    fn send_back(&mut self, held: &mut Held, plain: Vec<u8>) -> Result<(), Fail> {
        let (Some(channel), Some(token)) = (held.notice.back, held.header.back) else { return Ok(()) };
        let padded = pad_answer(plain);
        if padded.len() > MOST {
            return Err("an answer that is too long".into());
        }
        let (seed, key) = (&held.header.seed, expand(&held.header.seed, LABEL, &[b"key"]));
        loop {
            let id = expand::<16>(seed, LABEL, &[b"entry", &held.answered.to_be_bytes()]);
            let nonce = random::<24>();
            let sealed = wire::aead(&key, &nonce, &msg(ENTRY, &[&channel, &id]), &padded);
            let request = pb::AppendRequest {
                channel: channel.to_vec(),
                append_token: token.to_vec(),
                entry_id: id.to_vec(),
                ciphertext: [nonce.as_slice(), &sealed].concat(),
                ..Default::default()
            };
            match self.net.send_envelope(request) {
                Ok(_) => {
                    held.answered += 1;
                    return Ok(());
                }
                Err(e) if e.is("CONFLICT") => held.answered += 1,
                Err(e) => return Err(e),
            }
        }
    }
}

/// The states after the one that N names: here none, for the account has one device and one state.
fn later_states() -> Vec<u8> {
    msg(LABEL, &[])
}
