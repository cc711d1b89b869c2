//! What a body keeps for counter or letter, made as anybody with its keys could make it.

use crate::proof::*;
use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use lacre_evidence::build::{Unreachable, keep};
use lacre_evidence::otherwise::{By, Step};
use lacre_evidence::{ExemptReason, TakenReply, returned};
use lacre_ground::ids::{EntryId, Seq};
use lacre_ground::label::{self, Label};
use lacre_ground::receipt::Receipt;
use sha2::{Digest as _, Sha256};

pub(super) const MINUTES: u64 = 60_000;

/// What a body keeps, and everything of it that somebody could make otherwise.
pub(super) struct Kept {
    pub(super) setup: Setup,
    pub(super) notice: fn(&mut Notice),
    pub(super) told: Vec<Told>,
    /// what officials approve
    pub(super) approved: Option<officials::Plan>,
    /// changes the parts at the end
    pub(super) edit: fn(&mut Bundle),
}

/// A record, and the relay's receipt for it.
pub(super) struct Told {
    pub(super) record: Record,
    pub(super) signer: NoteSigner,
    /// leave the record's envelope as it is
    pub(super) own_envelope: bool,
    /// what stands in the entry in the record's place
    pub(super) other: Option<&'static str>,
    pub(super) kind: &'static [u8],
    pub(super) states: Vec<u8>,
    pub(super) plain: fn(Vec<u8>) -> Vec<u8>,
    pub(super) entry: fn(Vec<u8>) -> Vec<u8>,
    pub(super) place: u32,
    pub(super) receipt: Receipt,
    pub(super) relay: NoteSigner,
    pub(super) part: fn(TakenReply) -> Vec<u8>,
}

pub(super) fn code() -> AgencyCode {
    AgencyCode::parse("AO001").unwrap()
}

/// So many minutes after N was made.
pub(super) fn at(setup: &Setup, minutes: u64) -> Millis {
    setup.made_at.plus(minutes * MINUTES)
}

impl Kept {
    pub(super) fn of(answer: Answer) -> Self {
        let mut setup = Setup::example(Cast::HONEST);
        setup.lookup.answer = answer;
        Self { setup, notice: |_| (), told: vec![], approved: None, edit: |_| () }
    }
    pub(super) fn exempt() -> Self {
        Self::of(Answer::Exempt(ExemptReason::Law))
    }

    /// Says that this was done so many minutes after N was made; the relay has it a minute later.
    pub(super) fn then(mut self, step: &Step, minutes: u64) -> Self {
        let (n, time) = (self.told.len(), at(&self.setup, minutes));
        let by = By { agency: &code(), officer: "Funcionaria de Ejemplo", scan: None };
        let small = u8::try_from(n).unwrap();
        self.told.push(Told {
            record: step.record(EvidenceId::new([0xf0 + small; 16]), time, &by, [0; 32]),
            signer: agency(1),
            own_envelope: false,
            other: None,
            kind: b"note",
            states: label::message(Label::NoticeReturn, &[]),
            plain: |plain| plain,
            entry: |entry| entry,
            place: u32::from(small),
            receipt: Receipt {
                generation: Generation::new([7; 16]),
                channel: ChannelId::new([0x61; 32]),
                seq: Seq::new(1 + u64::from(small)).unwrap(),
                entry_id: EntryId::new([0; 16]),
                seal: false,
                sha256: [0; 32],
                accepted_at: time.plus(MINUTES),
            },
            relay: relay(1),
            part: |taken| taken.to_bytes(),
        });
        self
    }
    pub(super) fn setup(mut self, change: impl FnOnce(&mut Setup)) -> Self {
        change(&mut self.setup);
        self
    }
    /// Changes the last record.
    pub(super) fn last(mut self, change: impl FnOnce(&mut Told)) -> Self {
        change(self.told.last_mut().unwrap());
        self
    }
    pub(super) fn notice(mut self, change: fn(&mut Notice)) -> Self {
        self.notice = change;
        self
    }
    pub(super) fn edit(mut self, edit: fn(&mut Bundle)) -> Self {
        self.edit = edit;
        self
    }

    pub(super) fn bundle(self) -> Bundle {
        let mut setup = self.setup;
        let certificate = Signed::sign(&setup.certificate, &registrar(1)).unwrap();
        setup.lookup.certificate = certificate.note_hash();
        let lookup = Signed::sign(&setup.lookup, &registrar(1)).unwrap();
        let mut files = vec![File { name: "resolución.txt", media: "text/plain", bytes: &setup.body }];
        files.extend(setup.attachments.iter().map(|(name, bytes)| File { name, media: "text/csv", bytes }));
        let token = Token::new([0x45; 32]);
        let draft = Draft {
            id: NoticeId::new([0x51; 16]),
            act: setup.act,
            standing: setup.standing,
            case: &setup.case,
            procedure: "Permiso de ejemplo",
            subject: "Se resuelve su solicitud (ejemplo)",
            description: "Acto que pone término al procedimiento. Puede interponer recurso de reposición.",
            uris: &[],
            files: &files,
            rule: setup.rule.rule(),
            calendar: Calendar::chile(),
            answers_to: setup.answers.then_some((ChannelId::new([0x61; 32]), &token)),
            approved: None,
        };
        let to = Unreachable { lookup: &lookup, run: run(1), salt: salt(Cast::HONEST) };
        let seed = Seed::new([0x91; 32]);
        let mut bundle = keep(&draft, &to, &certificate, &agency(1), &keys(Cast::HONEST), setup.made_at, &seed).unwrap();
        let mut notice = Notice::parse(&forge::text(bundle.notice.as_ref().unwrap())).unwrap();
        (self.notice)(&mut notice);
        if let Some(plan) = &self.approved {
            let (approvals, place, named) = plan.sign(&Row::of(&notice));
            notice.approvals = Some(named);
            bundle.approvals = approvals.parts(&place);
        }
        let notice = Signed::sign(&notice, &agency(1)).unwrap();
        bundle.notice = Some(notice.raw().to_owned());
        for told in self.told {
            let (event, reply) = told.parts(notice.note_hash());
            bundle.events.push(event);
            bundle.replies.push(reply);
        }
        (self.edit)(&mut bundle);
        bundle
    }
}

impl Told {
    /// The record, and the part with its receipt; digest, place and seal are made to fit.
    pub(super) fn parts(mut self, notice: [u8; 32]) -> (String, Vec<u8>) {
        if !self.own_envelope {
            self.record.envelope = notice;
        }
        let raw = self.record.sign(&self.signer).unwrap();
        let seed = [0x91; 32];
        let id = returned::entry_id(&Seed::new(seed), self.place);
        let mut parts: Vec<&[u8]> = vec![self.kind, self.other.unwrap_or(&raw).as_bytes(), &self.states];
        if self.kind == b"reply" {
            parts.push(b"text");
        }
        let mut plain = label::message(Label::NoticeReturn, &parts);
        plain.push(0x80);
        plain.resize(4096, 0);
        let plain = (self.plain)(plain);
        let key = label::derive::<32>(&seed, Label::NoticeReturn, &[b"key"]);
        let aad = label::message(Label::NoticeReturnAad, &[self.receipt.channel.as_bytes(), id.as_bytes()]);
        let sealed = XChaCha20Poly1305::new((&key).into()).encrypt(&XNonce::from([5; 24]), Payload { msg: &plain, aad: &aad });
        let entry = (self.entry)([[5; 24].as_slice(), &sealed.unwrap()].concat());
        let entry_id = if self.receipt.entry_id == EntryId::new([0; 16]) { id } else { self.receipt.entry_id };
        let sha256 = if self.receipt.sha256 == [0; 32] { Sha256::digest(&entry).into() } else { self.receipt.sha256 };
        let receipt = Receipt { entry_id, sha256, ..self.receipt }.sign(&self.relay).unwrap();
        (raw, (self.part)(TakenReply { receipt, entry }))
    }
}

pub(super) fn posted() -> Step {
    Step::Posted("RE 123 456".to_owned())
}
pub(super) fn received() -> Step {
    Step::Received("RE 123 456".to_owned())
}
pub(super) fn came_back() -> Step {
    Step::Returned("RE 123 456".to_owned())
}
pub(super) const DAY: u64 = 24 * 60;
