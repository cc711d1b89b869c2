//! What every store promises of official notices.

use super::Backend;
use super::accounts::{World, account, at, blob, device, enrolment, run, speaker};
use super::channels::{entry_id, hash};
use crate::accounts::{PutState, RemoveAccount, SweepAccounts};
use crate::blobs::{FileName, KeepBlob};
use crate::bodies::{
    AgencyRefused, BodyKey, CountRoute, EnrollAgency, EnrollAgencyRefused, IssueAgencyCode, IssueAgencyRefused, LimitAgency,
    NoAgency, RenewAgency, RevokeAgency,
};
use crate::channels::{
    Append, AppendRefused, Asked, ChangeRefused, ChangeTokens, HeldRefused, Limited, Open, PageLimits, Retire, Right,
    StoredEntry, TOLD_BACK_MS, TellTime, Trim,
};
use crate::closing::{CloseRefused, Closing, Stale};
use crate::notices::*;
use crate::rules::Limit;
use lacre_ground::agency::AgencyCode;
use lacre_ground::head::Ids;
use lacre_ground::ids::{BlobId, ChannelId, EvidenceId, Generation, Seq, TokenHash};
use lacre_ground::time::Millis;

/// A casilla, or a return channel.
#[derive(Clone, Copy)]
pub struct Kept {
    pub id: ChannelId,
    pub read: TokenHash,
}

pub fn casilla(n: u64) -> Kept {
    let read = hash("casilla", n);
    Kept { id: ChannelId::of_casilla(&read), read }
}
pub fn back(n: u64) -> Kept {
    let read = hash("back", n);
    Kept { id: ChannelId::of_return(&read), read }
}
pub fn token(n: u64) -> TokenHash {
    hash("right", n)
}
pub fn code(n: u64) -> AgencyCode {
    AgencyCode::parse(&format!("BODY-{n}")).unwrap()
}
pub fn key(n: u64) -> BodyKey {
    BodyKey(*hash("body", n).as_bytes())
}
pub fn invite(n: u64, invitation: u64) -> IssueAgencyCode {
    let (name, place) = (format!("body {n}"), "America/Santiago none".to_owned());
    IssueAgencyCode { code: code(n), name, place, invitation: hash("invitation", invitation) }
}
pub fn enroll(invitation: u64, n: u64) -> EnrollAgency {
    let until = Millis::new(1_900_000_000_000);
    EnrollAgency { invitation: hash("invitation", invitation), key: key(n), certificate: format!("certificate {n}\n"), until }
}
/// A notice n of the body for a casilla, by the right t.
pub fn notice(body: u64, to: Kept, t: u64, n: u64) -> Deliver {
    Deliver {
        body: key(body),
        channel: to.id,
        token: token(t),
        entry_id: entry_id(n),
        ciphertext: format!("notice {n}").into_bytes().into(),
        digest: *hash("digest", n).as_bytes(),
        blobs: Vec::new(),
        id: EvidenceId::new([7; 16]),
        issuer: "lacre://localhost:1/x".into(),
        generation: Generation::new([1; 16]),
        first: None,
        look: false,
    }
}
/// Grants 1, 2 … of once and the last resort 9, sealed, that hold from now for a time.
pub fn grants(n: u64, w: &World<impl Backend>, once: &[u64], last: bool) -> PutGrants {
    let one = |id: u64, last_resort| KeptGrant {
        tag: *hash("grant", n * 100 + id).as_bytes(),
        last_resort,
        from: w.now,
        until: w.now.plus(10 * HOUR),
        sealed: format!("grant {id} of {n}").into_bytes(),
    };
    let all = once.iter().map(|id| one(*id, false)).chain(last.then(|| one(9, true))).collect();
    let tag = *hash("kept casilla", n).as_bytes();
    let casillas = vec![KeptCasilla { tag, until: w.now.plus(10 * HOUR), sealed: format!("casilla of {n}").into_bytes() }];
    PutGrants { by: speaker(n, 1), grants: all, casillas, replace_all: false }
}

const HOUR: u64 = 3_600_000;
const DAY: u64 = 24 * HOUR;

impl<B: Backend> World<B> {
    fn body(&mut self, n: u64) {
        self.ask(invite(n, n)).unwrap();
        self.ask(enroll(n, n)).unwrap();
    }
    fn open_kept(&mut self, c: Kept, rights: &[(u64, bool)]) {
        let stamp = Some(self.stamp());
        let rights: Vec<Right> = rights.iter().map(|(n, once)| Right { token: token(*n), stamped: false, once: *once }).collect();
        let open = if c.id == ChannelId::of_casilla(&c.read) {
            Open::casilla(c.id, &rights, c.read, stamp)
        } else {
            Open::back(c.id, &rights, c.read, stamp)
        };
        assert!(self.ask(open.unwrap()).unwrap().spent);
    }
    /// The person 1, designated, with grants 1 and 2 and a last resort, and her casilla with their rights.
    fn address(&mut self) -> Kept {
        self.person(1);
        self.body(1);
        let c = casilla(1);
        self.open_kept(c, &[(1, true), (2, true), (9, false)]);
        self.designate(Some("designation")).unwrap();
        let put = grants(1, self, &[1, 2], true);
        assert_eq!(self.ask(put), Ok(2));
        c
    }
    fn closing(&self) -> Closing {
        let SealedCasillas { version, casillas } = self.backend.reads().casillas(&account(1)).unwrap();
        Closing { version, casillas: casillas.iter().map(|_| casilla(1).id).collect() }
    }
    fn designate(&mut self, note: Option<&str>) -> Result<(), CloseRefused> {
        let closing = self.closing();
        self.ask(Designate { by: speaker(1, 1), note: note.map(str::to_owned), closing })
    }
    fn answer(&mut self) -> String {
        match self.ask(TakeAnswer { body: key(1), run: run(1) }).unwrap().found {
            Found::Account(address) => String::from_utf8(address.grant).unwrap(),
            other => format!("{other:?}"),
        }
    }
    fn entries(&self, c: Kept) -> Vec<StoredEntry> {
        let admitted = self.backend.reads().admit(self.now, &self.rules, &c.id, &c.read).unwrap().unwrap();
        let limits = PageLimits { entries: 100, bytes: u32::MAX };
        self.backend.reads().page(admitted.key, Seq::FIRST, limits).unwrap().entries
    }
    fn rights(&self, c: Kept) -> u32 {
        let admitted = self.backend.reads().admit(self.now, &self.rules, &c.id, &c.read).unwrap().unwrap();
        self.backend.reads().rights(admitted.key).unwrap()
    }
}

promises! { $ notices_contract in notices:
    fn a_code_makes_one_body_which_can_be_revoked_and_begin_again<B>() {
        let mut w = World::<B>::new();
        w.ask(invite(1, 1)).unwrap();
        w.ask(invite(1, 2)).unwrap();
        let replaced = w.ask(enroll(1, 1));
        let first = w.ask(enroll(2, 1));
        let again = w.ask(EnrollAgency { certificate: "signed later\n".into(), ..enroll(2, 1) });
        let other = w.ask(enroll(2, 3));
        let second = w.ask(invite(1, 3));
        w.ask(invite(2, 4)).unwrap();
        let same_key = w.ask(enroll(4, 1));
        w.backend.reopen();

        assert_eq!((replaced, &first, again), (Err(EnrollAgencyRefused::Code), &Ok("certificate 1\n".into()), first.clone()));
        assert_eq!((other, same_key), (Err(EnrollAgencyRefused::Code), Err(EnrollAgencyRefused::Key)));
        assert_eq!(second, Err(IssueAgencyRefused::Exists));
        let until = w.now.plus(9);
        let renew = RenewAgency { code: code(1), key: key(1), certificate: "renewed\n".into(), until };
        assert_eq!(w.ask(RenewAgency { key: key(3), ..renew.clone() }), Err(NoAgency));
        assert_eq!(w.ask(renew.clone()), Ok(()));
        assert_eq!(w.ask(enroll(2, 1)), Ok("renewed\n".into()));
        assert_eq!(w.ask(LimitAgency { code: code(1), per_day: 3 }), Ok(()));
        let body = w.backend.reads().body(&key(1)).unwrap().unwrap();
        assert_eq!((body.per_day, body.revoked, body.enrolled.unwrap().until), (3, false, until));

        assert_eq!(w.ask(RevokeAgency(code(1))), Ok(()));
        assert_eq!((w.ask(RevokeAgency(code(1))), w.ask(renew)), (Err(NoAgency), Err(NoAgency)));
        assert_eq!(w.ask(enroll(2, 1)), Err(EnrollAgencyRefused::Code));
        assert_eq!(w.ask(CountRoute(key(1))), Err(AgencyRefused::NoAgency(NoAgency)));
        w.ask(invite(1, 5)).unwrap();
        assert_eq!(w.ask(CountRoute(key(1))), Err(AgencyRefused::NoAgency(NoAgency)), "a code alone makes none");
        assert_eq!(w.ask(enroll(5, 8)), Ok("certificate 8\n".into()));
        assert_eq!(w.ask(CountRoute(key(8))), Ok(()));
        assert_eq!(w.ask(RevokeAgency(code(2))), Ok(()), "a code that was not used is taken back");
        assert_eq!(w.backend.reads().bodies(9).unwrap().len(), 1);
        w.rules.max_agencies = 1;
        let full = Limited::beyond(Limit::MaxAgencies, 1);
        assert_eq!(w.ask(invite(6, 6)), Err(IssueAgencyRefused::Limit(full)));
    }

    fn each_grant_is_handed_out_once_and_the_last_resort_when_no_other_is_left<B>() {
        let mut w = World::<B>::new();
        w.address();

        let answers: Vec<String> = (0..4).map(|_| w.answer()).collect();
        w.backend.reopen();
        let put = grants(1, &w, &[1, 2], true);
        let again = w.ask(put);
        let put = grants(1, &w, &[3], false);
        let more = w.ask(put);

        assert_eq!(answers, ["grant 1 of 1", "grant 2 of 1", "grant 9 of 1", "grant 9 of 1"]);
        assert_eq!((again, more), (Ok(0), Ok(1)), "what was handed out is not put again");
        assert_eq!(w.answer(), "grant 3 of 1");
        let address = w.backend.reads().notice_address(w.now, &w.rules, &account(1)).unwrap();
        assert_eq!((address.answers, address.remaining), (vec![(202_701, 5)], 0));
        w.later(9 * HOUR + 1);
        assert_eq!((w.answer(), w.backend.reads().route(w.now, &w.rules, &run(1)).unwrap()), ("NoAccount".into(), Route::NoAccount));
        w.rules.grants_per_account = 1;
        let put = grants(1, &w, &[4, 5], false);
        assert_eq!(w.ask(put), Err(PutGrantsRefused::Limit(Limited::beyond(Limit::GrantsPerAccount, 1))));
        assert_eq!(w.answer(), "NoAccount", "whole or not at all");
    }

    fn closing_takes_grants_and_rights_at_once_and_looks_again_when_grants_were_put_since<B>() {
        for how in 0..5 {
            let mut w = World::<B>::new();
            let c = w.address();
            let early = w.closing();
            let put = grants(1, &w, &[3], false);
            w.ask(put).unwrap();
            assert_eq!(w.answer(), "grant 1 of 1");
            let mut close = |closing: Closing| match how {
                0 => w.ask(PauseNotices { by: speaker(1, 1), paused: true, closing }).map_err(|e| e == CloseRefused::Stale(Stale)),
                1 => w.ask(Designate { by: speaker(1, 1), note: None, closing }).map_err(|e| e == CloseRefused::Stale(Stale)),
                2 => {
                    let set = SetExempt { run: run(1), reason: Some(Exempt::Minor), account: Some(account(1)), closing };
                    w.ask(set).map_err(|Stale| true)
                }
                3 => {
                    let devices = vec![at(1, device(2))];
                    let put = PutState { by: speaker(1, 1), number: 1, state: "one".into(), devices, closing: Some(closing) };
                    w.ask(put).map_err(|e| matches!(e, crate::accounts::PutStateRefused::Stale(_)))
                }
                _ => w.ask(RemoveAccount { by: speaker(1, 1), closing }).map_err(|e| e == CloseRefused::Stale(Stale)),
            };
            assert_eq!(close(early), Err(true), "{how}");
            let now = w.closing();
            let closing = Closing { version: now.version, casillas: vec![c.id] };
            let closed = match how {
                0 => w.ask(PauseNotices { by: speaker(1, 1), paused: true, closing }).is_ok(),
                1 => w.ask(Designate { by: speaker(1, 1), note: None, closing }).is_ok(),
                2 => w.ask(SetExempt { run: run(1), reason: Some(Exempt::Minor), account: Some(account(1)), closing }).is_ok(),
                3 => {
                    let devices = vec![at(1, device(2))];
                    w.ask(PutState { by: speaker(1, 1), number: 1, state: "one".into(), devices, closing: Some(closing) }).is_ok()
                }
                _ => w.ask(RemoveAccount { by: speaker(1, 1), closing }).is_ok(),
            };

            assert!(closed, "{how}");
            assert_eq!(w.rights(c), 0, "{how}");
            for t in [1, 2, 9] {
                assert_eq!(w.ask(notice(1, c, t, t)), Err(DeliverRefused::NotPermitted), "{how}");
            }
            assert_eq!(w.answer(), if how == 2 { "Exempt(Minor)" } else { "NoAccount" }, "{how}");
        }
    }

    fn a_casilla_is_the_accounts_that_named_it_first_for_as_long_as_a_right_of_it_may_live<B>() {
        let mut w = World::<B>::new();
        w.address();
        w.person(2);
        let designate = |by| Designate { by, note: Some("designation".into()), closing: Closing::default() };
        w.ask(designate(speaker(2, 1))).unwrap();
        let hers = grants(1, &w, &[7], false).casillas;
        let his = PutGrants { casillas: hers, ..grants(2, &w, &[1], false) };

        assert_eq!(w.ask(his.clone()), Err(PutGrantsRefused::Anothers));
        let closing = w.closing();
        w.ask(RemoveAccount { by: speaker(1, 1), closing }).unwrap();
        w.backend.reopen();
        assert_eq!(w.ask(his), Err(PutGrantsRefused::Anothers), "also when it is gone");
        w.later(10 * HOUR);
        let now = w.now;
        w.ask(SweepAccounts { over_at: now, limit: 100 });
        let hers = grants(1, &w, &[7], false).casillas;
        let late = PutGrants { casillas: hers, ..grants(2, &w, &[2], false) };
        assert_eq!(w.ask(late), Ok(1));
    }

    fn a_notice_is_stored_once_and_the_same_gets_the_same_lines_for_as_long_as_the_casilla_is<B>() {
        let mut w = World::<B>::new();
        let c = w.address();
        let header = blob(1, 9);
        let files = vec![(header.blob, header.sha256)];
        let with_file = Deliver { blobs: files, ..notice(1, c, 1, 1) };
        assert_eq!(w.ask(with_file.clone()), Err(DeliverRefused::NoBlob));
        let stamp = Some(w.stamp());
        w.ask(KeepBlob { header, file: FileName::new([1; 16]), stamp }).unwrap();
        let other = Deliver { blobs: vec![(header.blob, [9; 32])], ..with_file.clone() };
        assert_eq!(w.ask(other), Err(DeliverRefused::NoBlob));
        assert_eq!(w.ask(Deliver { look: true, ..with_file.clone() }), Err(DeliverRefused::NoEntry));

        let first = w.ask(with_file.clone()).unwrap();
        w.later(5_000);
        w.backend.reopen();
        let again = w.ask(Deliver { id: EvidenceId::new([8; 16]), issuer: "other".into(), ..with_file.clone() }).unwrap();
        let looked = w.ask(Deliver { look: true, ..with_file.clone() }).unwrap();

        assert_eq!((&first.lines, first.again, again.again, looked.lines), (&again.lines, false, true, first.lines.clone()));
        assert_eq!(w.ask(Deliver { digest: [0; 32], ..with_file.clone() }), Err(DeliverRefused::Conflict));
        assert_eq!(w.ask(Deliver { entry_id: entry_id(2), ..with_file.clone() }), Err(DeliverRefused::NotPermitted), "spent");
        assert_eq!(w.ask(Deliver { token: token(5), ..with_file.clone() }), Err(DeliverRefused::NotPermitted));
        assert_eq!(w.ask(Deliver { body: key(7), ..with_file.clone() }), Err(DeliverRefused::NoAgency(NoAgency)));
        let kept: BlobId = header.blob;
        let ends = w.backend.reads().blob(&kept).unwrap().unwrap().expires_at;
        assert_eq!(ends, first.lines.time.plus(w.rules.kept_retention_ms));
        w.ask(Trim { channel: c.id, token: c.read, through: Seq::FIRST }).unwrap();
        w.later(w.rules.entry_retention_ms);
        w.backend.reopen();
        assert_eq!(w.ask(with_file).unwrap().lines, first.lines, "also when it is gone");
        assert_eq!(w.entries(c), []);
    }

    fn an_answer_is_never_earlier_than_what_was_accepted_before_it<B>() {
        let mut w = World::<B>::new();
        let c = w.address();
        let first = w.ask(notice(1, c, 1, 1)).unwrap().lines.time;
        // the clock was put back
        w.now = Millis::new(w.now.get() - 2 * HOUR);
        w.backend.reopen();
        let answered = w.ask(TakeAnswer { body: key(1), run: run(1) }).unwrap().at;
        let second = w.ask(notice(1, c, 9, 2)).unwrap().lines.time;

        assert_eq!((answered, second), (first, first), "else the notice would come hours after its answer");
    }

    fn who_reads_a_notice_that_came_again_after_a_restore_is_told_the_time_of_its_first_record<B>() {
        let mut w = World::<B>::new();
        let c = w.address();
        let before = Millis::new(w.now.get() - 5 * HOUR);
        let first = RecordLines { id: EvidenceId::new([9; 16]), issuer: "x".into(), time: before, generation: Generation::new([2; 16]) };
        w.ask(notice(1, c, 1, 1)).unwrap();
        w.later(1_000);
        w.ask(Deliver { first: Some(first.clone()), ..notice(1, c, 9, 2) }).unwrap();
        w.backend.reopen();

        let read = w.entries(c);
        assert_eq!(read.iter().map(|e| e.accepted_at).collect::<Vec<_>>(), [Millis::new(w.now.get() - 1_000), before]);
        let asked = Asked { channel: c.id, token: c.read, seq: read[1].seq, named: Some(read[1].entry_id) };
        assert_eq!(w.backend.reads().entry(&asked).unwrap().unwrap().accepted_at, before);
        w.later(w.rules.kept_retention_ms - 1);
        let now = w.now;
        assert_eq!(w.ask(Retire { over_at: now, budget: 10 }).entries, 1, "it is kept as long as what came with it");
        assert_eq!(w.entries(c).len(), 1);
    }

    fn kept_entries_outlive_others_by_a_year_and_neither_mixes_with_the_other<B>() {
        let mut w = World::<B>::new();
        let c = w.address();
        w.open_kept(back(1), &[(1, false)]);
        w.open_inbox(1, 1);
        assert!(w.is_open(1, 1));
        w.ask(notice(1, c, 1, 1)).unwrap();
        w.ask(notice(1, c, 9, 2)).unwrap();
        let answer = Append {
            channel: back(1).id,
            token: token(1),
            entry_id: entry_id(3),
            read_to: 0,
            ciphertext: "answer".into(),
            seal: false,
            stamp: None,
        };
        let first = w.ask(answer.clone()).unwrap();

        w.later(w.rules.entry_retention_ms);
        let now = w.now;
        let soon = w.ask(Retire { over_at: now, budget: 10 });
        let counts = w.backend.reads().counts().unwrap();
        w.backend.reopen();
        let again = w.ask(answer).unwrap();
        w.later(w.rules.kept_retention_ms);
        let now = w.now;
        let later = w.ask(Retire { over_at: now, budget: 10 });

        assert_eq!((soon.entries, counts.entries, later.entries), (1, 3, 3));
        assert_eq!((again.seq, again.accepted_at, again.again), (first.seq, first.accepted_at, true));
        assert_eq!((w.entries(c), w.entries(back(1))), (vec![], vec![]));
    }

    fn limits_of_a_casilla_and_of_a_return_channel_are_their_own<B>() {
        let mut w = World::<B>::new();
        (w.rules.max_kept_entries, w.rules.max_kept_tokens, w.rules.return_appends_per_token) = (3, 4, 2);
        (w.rules.last_resort_per_day, w.rules.last_resort_per_agency_day) = (2, 2);
        let c = w.address();
        w.body(2);
        let limit = |limit, value, retry_after_ms| Err(DeliverRefused::Limit(Limited { limit, value, retry_after_ms }));
        let rest = DAY - w.now.get() % DAY;

        w.ask(notice(1, c, 9, 1)).unwrap();
        w.ask(notice(1, c, 9, 2)).unwrap();
        assert_eq!(w.ask(notice(1, c, 9, 3)), limit(Limit::LastResortPerAgencyDay, 2, Some(rest)));
        assert_eq!(w.ask(notice(2, c, 9, 3)), limit(Limit::LastResortPerDay, 2, Some(rest)));
        w.backend.reopen();
        assert_eq!(w.ask(notice(1, c, 9, 3)), limit(Limit::LastResortPerDay, 2, Some(rest)), "everybody's day is durable");
        w.ask(notice(1, c, 1, 4)).unwrap();
        assert_eq!(w.ask(notice(1, c, 2, 5)), limit(Limit::MaxKeptEntries, 3, None));
        let add: Vec<Right> = (20..24).map(|n| Right { token: token(n), stamped: false, once: true }).collect();
        let change = ChangeTokens { channel: c.id, token: c.read, add, remove: vec![] };
        assert_eq!(w.ask(change), Err(ChangeRefused::Limit(Limited::beyond(Limit::MaxKeptTokens, 4))));

        let b = back(1);
        w.open_kept(b, &[(1, false), (2, false)]);
        let append = |t, n| Append {
            channel: b.id,
            token: token(t),
            entry_id: entry_id(n),
            read_to: 0,
            ciphertext: format!("answer {n}").into_bytes().into(),
            seal: false,
            stamp: None,
        };
        w.ask(append(1, 1)).unwrap();
        w.ask(append(1, 2)).unwrap();
        let used = Limited::beyond(Limit::ReturnAppendsPerToken, 2);
        assert_eq!(w.ask(append(1, 3)), Err(AppendRefused::Limit(used)));
        w.backend.reopen();
        assert_eq!(w.ask(append(1, 3)), Err(AppendRefused::Limit(used)));
        assert!(w.ask(append(1, 2)).unwrap().again);
        w.ask(append(2, 3)).unwrap();
        assert_eq!(w.ask(append(2, 4)), Err(AppendRefused::Limit(Limited::beyond(Limit::MaxKeptEntries, 3))));
        let stolen = Append { channel: c.id, ..append(9, 9) };
        assert_eq!(w.ask(stolen), Err(AppendRefused::NotPermitted), "nobody appends to a casilla");
    }

    fn a_casilla_tells_its_reader_every_entry_that_it_ever_took_and_nobody_else_anything<B>() {
        let mut w = World::<B>::new();
        let (c, b) = (w.address(), back(1));
        w.open_kept(b, &[(1, false)]);
        w.open_inbox(1, 1);
        let held = |w: &World<B>, c: Kept, read| w.backend.reads().held(&w.rules, &c.id, &read).unwrap();
        assert_eq!(held(&w, c, c.read), Ok(Ids::of([])));
        w.ask(notice(1, c, 9, 7)).unwrap();
        w.ask(notice(1, c, 1, 3)).unwrap();
        w.ask(notice(1, c, 9, 7)).unwrap();

        assert_eq!(held(&w, c, c.read), Ok(Ids::of([entry_id(3), entry_id(7)])));
        w.ask(Trim { channel: c.id, token: c.read, through: Seq::FIRST }).unwrap();
        w.later(w.rules.kept_retention_ms);
        let now = w.now;
        w.ask(Retire { over_at: now, budget: 10 });
        w.backend.reopen();
        assert_eq!((w.entries(c), held(&w, c, c.read)), (vec![], Ok(Ids::of([entry_id(7), entry_id(3)]))), "also what is gone");

        for (channel, read) in [(c, token(9)), (c, b.read), (casilla(2), casilla(2).read), (b, b.read)] {
            assert_eq!(held(&w, channel, read), Err(HeldRefused::NotPermitted));
        }
        w.rules.max_kept_entries = 1;
        assert_eq!(held(&w, c, c.read), Err(HeldRefused::Limit(Limited::beyond(Limit::MaxKeptEntries, 1))));
    }

    fn no_entry_is_accepted_before_an_instant_that_was_told_whatever_the_clock_does<B>() {
        let mut w = World::<B>::new();
        let c = w.address();
        w.later(HOUR);
        let told = w.ask(TellTime);
        assert_eq!(told, w.now);
        w.now = lacre_ground::time::Millis::new(told.get() - HOUR);
        assert_eq!(w.ask(TellTime), told);
        let lines = w.ask(notice(1, c, 9, 1)).unwrap().lines;
        assert_eq!((lines.time, w.entries(c)[0].accepted_at), (told, told));

        w.now = told.plus(HOUR);
        let told = w.ask(TellTime);
        w.now = lacre_ground::time::Millis::new(told.get() - HOUR);
        w.backend.reopen();
        let lines = w.ask(notice(1, c, 9, 2)).unwrap().lines;
        assert!(lines.time.plus(TOLD_BACK_MS) >= told, "after the end of the process a little: {}", lines.time);
    }

    fn who_enrolls_finds_the_exemption_that_came_before<B>() {
        let mut w = World::<B>::new();
        w.body(1);
        w.ask(SetExempt { run: run(1), reason: Some(Exempt::Dead), account: None, closing: Closing::default() }).unwrap();
        w.issue(1, 1).unwrap();
        w.enroll(enrolment(1, 1)).unwrap();
        let set = SetExempt { run: run(1), reason: Some(Exempt::Law), account: None, closing: Closing::default() };

        assert_eq!(w.ask(set.clone()), Err(Stale), "she has an account now");
        assert_eq!(w.answer(), "Exempt(Dead)");
        assert_eq!(w.ask(SetExempt { reason: None, ..set }), Ok(()));
        assert_eq!(w.answer(), "NoAccount");
        assert_eq!(w.backend.reads().exempt(&run(1)).unwrap(), None);
    }
}
