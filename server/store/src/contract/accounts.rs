//! What every store promises of accounts and their states; and the world of people that the promises of codes, inboxes,
//! directory and blobs are tried in.

use super::Backend;
use super::channels::{entry, hash, inbox_channel};
use crate::accounts::*;
use crate::blobs::{BeginBlob, BlobBegun, BlobHeader, BlobKept, FileName, KeepBlob, KeepBlobRefused};
use crate::channels::{ChangeRefused, ChangeTokens, Open, Right};
use crate::closing::Closing;
use crate::counter::By;
use crate::directory::{AskRefused, Claim, ClaimAnswer, Lookup, LookupAnswer, Who};
use crate::rules::{Limit, Rules};
use crate::speaker::{NoDevice, Speaker};
use crate::{Verb, run_one};
use lacre_ground::ids::{AccountId, BlobId, DeviceId, Handle, TokenHash};
use lacre_ground::time::Millis;

pub fn run(n: u64) -> RunHash {
    RunHash::new(*hash("run", n).as_bytes())
}
pub fn account(n: u64) -> AccountId {
    AccountId::new(*hash("account", n).as_bytes())
}
pub fn device(n: u8) -> DeviceId {
    DeviceId::new([n; 16])
}
/// The device d of a state of the account n, with its inbox.
pub fn at(n: u64, d: DeviceId) -> StateDevice {
    StateDevice { id: d, inbox: inbox_channel(n * 100 + u64::from(d.as_bytes()[0])).id }
}
/// A session of this device of the account n.
pub fn speaker(n: u64, d: u8) -> Speaker {
    Speaker { account: account(n), device: device(d) }
}
pub fn handle(n: u64) -> Handle {
    Handle::parse(&format!("person{n}")).unwrap()
}
pub fn enrolment(code: u64, n: u64) -> Enroll {
    Enroll {
        code: hash("code", code),
        handle: handle(n),
        account: account(n),
        state: format!("state 0 of {n}\n"),
        devices: vec![at(n, device(1))],
        binding: format!("binding of {n}\n"),
    }
}
pub fn package(suite: u16, n: u64, expires_at: Millis) -> KeyPackage {
    KeyPackage { suite, bytes: format!("key package {n}").into_bytes(), expires_at }
}
pub fn blob(n: u64, size: u64) -> BlobHeader {
    let name = BlobId::new(*hash("blob", n).as_bytes());
    BlobHeader { blob: name, read: hash("blob token", n), size, sha256: *hash("content", n).as_bytes() }
}

pub struct World<B> {
    pub(super) backend: B,
    pub(super) now: Millis,
    pub(super) rules: Rules,
    stamps: u64,
    appended: u64,
}

impl<B: Backend> World<B> {
    pub(super) fn new() -> Self {
        Self { backend: B::new(), now: Millis::new(1_800_000_000_000), rules: Rules::default(), stamps: 0, appended: 0 }
    }
    /// One verb in one transaction.
    pub(super) fn ask<V: Verb>(&mut self, verb: V) -> V::Answer {
        run_one(self.backend.store(), self.now, &self.rules, verb).unwrap()
    }
    pub(super) fn issue(&mut self, person: u64, code: u64) -> Result<CodeIssued, IssueRefused> {
        self.ask(IssueCode { by: By::Operator, run: run(person), code: hash("code", code), recover: false })
    }
    pub(super) fn issue_recovery(&mut self, person: u64, code: u64) -> Result<CodeIssued, IssueRefused> {
        self.ask(IssueCode { by: By::Operator, run: run(person), code: hash("code", code), recover: true })
    }
    /// The person n's account `before` is lost; `after` stands in its place.
    pub(super) fn recover(&mut self, code: u64, name: u64, before: u64, after: u64) -> Result<Recovered, RecoverRefused> {
        self.recover_to(code, name, before, after, vec![at(after, device(2))])
    }
    pub(super) fn recover_to(
        &mut self,
        code: u64,
        name: u64,
        before: u64,
        after: u64,
        devices: Vec<StateDevice>,
    ) -> Result<Recovered, RecoverRefused> {
        let recover = Recover {
            code: hash("code", code),
            before: account(before),
            handle: handle(name),
            account: account(after),
            state: format!("state 0 of {after}\n"),
            devices,
            binding: format!("binding of {after}\n"),
            reset: format!("reset to {after}\n"),
            closing: Closing::default(),
        };
        self.ask(recover)
    }
    pub(super) fn enroll(&mut self, e: Enroll) -> Result<Enrolled, EnrollRefused> {
        self.ask(e)
    }
    /// The person n with the account n and one device.
    pub(super) fn person(&mut self, n: u64) {
        self.issue(n, n).unwrap();
        self.enroll(enrolment(n, n)).unwrap();
    }
    pub(super) fn put_state(&mut self, n: u64, number: u64, text: &str, devices: &[DeviceId]) -> Result<(), PutStateRefused> {
        self.put_state_by(speaker(n, 1), number, text, devices)
    }
    pub(super) fn put_state_by(
        &mut self,
        by: Speaker,
        number: u64,
        text: &str,
        devices: &[DeviceId],
    ) -> Result<(), PutStateRefused> {
        let n = (0..100).find(|n| account(*n) == by.account).unwrap();
        let devices: Vec<StateDevice> = devices.iter().map(|d| at(n, *d)).collect();
        self.put_devices(by, number, text, &devices)
    }
    pub(super) fn put_devices(
        &mut self,
        by: Speaker,
        number: u64,
        text: &str,
        devices: &[StateDevice],
    ) -> Result<(), PutStateRefused> {
        self.ask(PutState { by, number, state: text.to_owned(), devices: devices.to_vec(), closing: None })
    }
    pub(super) fn put_packages(&mut self, put: PutKeyPackages) -> Result<Remaining, PutKeyPackagesRefused> {
        self.ask(put)
    }
    pub(super) fn packages(
        &mut self,
        device: DeviceId,
        one_time: &[u64],
        last_resort: Option<u64>,
    ) -> Result<Remaining, PutKeyPackagesRefused> {
        let ends = self.now.plus(1_000);
        self.put_packages(PutKeyPackages {
            by: Speaker { account: account(1), device },
            one_time: one_time.iter().map(|n| package(77, *n, ends)).collect(),
            last_resort: last_resort.iter().map(|n| package(77, *n, ends)).collect(),
            replace_all: false,
        })
    }
    pub(super) fn stamp(&mut self) -> TokenHash {
        self.stamps += 1;
        let stamp = hash("stamp", self.stamps);
        self.ask(AddStamps(vec![stamp]));
        stamp
    }
    pub(super) fn claim(&mut self, n: u64, suite: u16) -> Result<ClaimAnswer, AskRefused> {
        let stamp = self.stamp();
        self.ask(Claim { account: account(n), suite, stamp })
    }
    /// What a claim of suite 77 on the account 1 hands out: device, package, last resort.
    pub(super) fn claimed(&mut self) -> Vec<(DeviceId, String, bool)> {
        match self.claim(1, 77).unwrap() {
            ClaimAnswer::Packages(all) => {
                all.into_iter().map(|c| (c.device, String::from_utf8(c.key_package).unwrap(), c.last_resort)).collect()
            }
            ClaimAnswer::NoAccount | ClaimAnswer::NoKeyPackage | ClaimAnswer::Paused => Vec::new(),
        }
    }
    pub(super) fn lookup(&mut self, who: Who, stamp: TokenHash) -> Result<LookupAnswer, AskRefused> {
        self.ask(Lookup { who, stamp })
    }
    pub(super) fn unspent(&self, stamp: &TokenHash) -> bool {
        self.backend.reads().stamp_known(stamp).unwrap()
    }
    pub(super) fn begin(&mut self, header: BlobHeader, file: u8, stamp: Option<TokenHash>) -> Result<BlobBegun, KeepBlobRefused> {
        self.ask(BeginBlob(KeepBlob { header, file: FileName::new([file; 16]), stamp }))
    }
    pub(super) fn keep(&mut self, header: BlobHeader, file: u8, stamp: Option<TokenHash>) -> Result<BlobKept, KeepBlobRefused> {
        self.ask(KeepBlob { header, file: FileName::new([file; 16]), stamp })
    }
    /// Opens the inbox of this device of the account n, with one right.
    pub(super) fn open_inbox(&mut self, n: u64, d: u8) {
        let (stamp, c) = (self.stamp(), inbox_channel(n * 100 + u64::from(d)));
        let open = Open::inbox(c.id, &[Right { token: c.append, stamped: false, once: false }], c.read, Some(stamp)).unwrap();
        assert!(self.ask(open).unwrap().spent);
    }
    /// Whether somebody may write to it, as the writer and as the readers know it.
    pub(super) fn is_open(&mut self, n: u64, d: u8) -> bool {
        let (now, rules, c) = (self.now, self.rules.clone(), inbox_channel(n * 100 + u64::from(d)));
        self.appended += 1;
        let append = entry(c, self.appended, 0);
        let taken = self.ask(append).is_ok();
        let admitted = self.backend.reads().admit(now, &rules, &c.id, &c.read).unwrap().unwrap();
        assert_eq!(self.backend.reads().rights(admitted.key).unwrap() > 0, taken);
        taken
    }
    /// Its reader gives the right back.
    pub(super) fn reopen_inbox(&mut self, n: u64, d: u8) -> Result<(), ChangeRefused> {
        let c = inbox_channel(n * 100 + u64::from(d));
        let add = vec![Right { token: c.append, stamped: false, once: false }];
        let change = ChangeTokens { channel: c.id, token: c.read, add, remove: vec![] };
        self.ask(change)
    }
    pub(super) fn later(&mut self, ms: u64) {
        self.now = self.now.plus(ms);
    }
}

promises! { $ accounts_contract in accounts:
    fn a_removed_account_is_gone_its_handle_is_nobodys_and_its_person_may_come_back<B>() {
        let mut w = World::<B>::new();
        w.person(1);
        w.packages(device(1), &[1], Some(2)).unwrap();

        assert_eq!(w.ask(RemoveAccount { by: speaker(1, 1), closing: Closing::default() }), Ok(()));
        w.backend.reopen();

        assert_eq!(w.ask(RemoveAccount { by: speaker(1, 1), closing: Closing::default() }), Err(NoDevice.into()));
        assert_eq!(w.backend.reads().newest_state(&account(1)).unwrap(), None);
        assert_eq!(w.claim(1, 77), Ok(ClaimAnswer::NoAccount));
        let stamp = w.stamp();
        assert_eq!(w.lookup(Who::Handle(handle(1)), stamp), Ok(LookupAnswer::NoAccount));
        w.issue(2, 2).unwrap();
        assert_eq!(w.enroll(Enroll { handle: handle(1), ..enrolment(2, 2) }), Err(EnrollRefused::HandleTaken));
        w.issue(1, 3).unwrap();
        assert!(w.enroll(enrolment(3, 3)).is_ok());
    }

    fn a_paused_account_is_neither_shown_nor_added_and_comes_back_as_it_was<B>() {
        let mut w = World::<B>::new();
        w.person(1);
        w.packages(device(1), &[1], None).unwrap();
        assert_eq!(w.ask(PauseAccount { by: speaker(2, 1), paused: true }), Err(NoDevice));

        for _ in 0..2 {
            assert_eq!(w.ask(PauseAccount { by: speaker(1, 1), paused: true }), Ok(()));
        }
        w.backend.reopen();

        let stamp = w.stamp();
        assert_eq!(w.lookup(Who::Handle(handle(1)), stamp), Ok(LookupAnswer::Paused));
        assert!(!w.unspent(&stamp), "paid for all the same");
        assert_eq!(w.claim(1, 77), Ok(ClaimAnswer::Paused));
        w.ask(PauseAccount { by: speaker(1, 1), paused: false }).unwrap();
        assert_eq!(w.claimed(), [(device(1), "key package 1".to_owned(), false)]);
    }

    fn states_follow_one_another_and_a_repeated_one_changes_nothing<B>() {
        let mut w = World::<B>::new();
        w.person(1);
        assert_eq!(w.put_state(1, 2, "two", &[device(1)]), Err(PutStateRefused::Chain));
        assert_eq!(w.put_state(1, 1, "one", &[device(1)]), Ok(()));
        assert_eq!(w.put_state(1, 1, "one", &[device(1)]), Ok(()));
        assert_eq!(w.put_state(1, 1, "another one", &[device(1)]), Err(PutStateRefused::Chain));
        assert_eq!(w.put_state(1, 2, "two", &[device(1)]), Ok(()));
        assert_eq!(w.put_state(1, 1, "one", &[device(1)]), Ok(()));
        assert_eq!(w.put_state(2, 1, "one", &[device(1)]), Err(PutStateRefused::NoDevice(NoDevice)));
        w.backend.reopen();
        let stamp = w.stamp();
        let LookupAnswer::Entry(entry) = w.lookup(Who::Account(account(1)), stamp).unwrap() else { panic!("an entry") };
        assert_eq!(entry.states, ["state 0 of 1\n", "one", "two"]);
        let newest = w.backend.reads().newest_state(&account(1)).unwrap().unwrap();
        assert_eq!((newest.number, newest.state.as_str()), (2, "two"));
        assert_eq!(w.backend.reads().state(&account(1), 1).unwrap().as_deref(), Some("one"));
        assert_eq!(w.backend.reads().state(&account(1), 3).unwrap(), None);
    }

    // Seen red with each verb that looks at the account alone.
    fn no_verb_of_a_session_is_done_for_a_device_that_is_not_in_the_newest_state<B>() {
        let mut w = World::<B>::new();
        w.person(1);
        w.person(2);
        w.put_state(1, 1, "two devices", &[device(1), device(2)]).unwrap();
        w.packages(device(2), &[1], None).unwrap();
        w.put_state(1, 2, "one device", &[device(1)]).unwrap();
        let strangers = [speaker(1, 2), speaker(1, 9), speaker(2, 2), speaker(3, 1)];

        for by in strangers {
            let again = w.put_state_by(by, 2, "one device", &[device(1)]);
            let next = w.put_state_by(by, 3, "mine alone", &[by.device]);
            let packages = w.put_packages(PutKeyPackages { by, one_time: vec![], last_resort: vec![], replace_all: true });
            let take = TakeStamps { by, count: 1 };
            let stamps = w.ask(take);
            let paused = w.ask(PauseAccount { by, paused: true });
            let removed = w.ask(RemoveAccount { by, closing: Closing::default() });

            assert_eq!((again, next), (Err(NoDevice.into()), Err(NoDevice.into())));
            assert_eq!((packages, stamps), (Err(NoDevice.into()), Err(NoDevice.into())));
            assert_eq!((paused, removed), (Err(NoDevice), Err(NoDevice.into())));
        }
        w.backend.reopen();
        assert_eq!(w.backend.reads().newest_state(&account(1)).unwrap().unwrap().state, "one device");
        assert!(!w.unspent(&hash("taken", 1)));
        let stamp = w.stamp();
        assert!(matches!(w.lookup(Who::Account(account(1)), stamp), Ok(LookupAnswer::Entry(_))), "neither paused nor gone");
        w.put_state(1, 3, "it came back", &[device(1), device(2)]).unwrap();
        assert_eq!(w.put_state_by(speaker(1, 2), 4, "by the other", &[device(2)]), Ok(()));
    }

    fn a_chain_grows_to_its_limit_and_not_beyond<B>() {
        let mut w = World::<B>::new();
        w.person(1);
        w.rules.max_chain_bytes = 20;
        let at = w.put_state(1, 1, "1234567", &[device(1)]);
        let above = w.put_state(1, 2, "1", &[device(1)]);
        assert_eq!(at, Ok(()), "13 and 7 bytes");
        assert!(matches!(above, Err(PutStateRefused::Limit(l)) if l.limit == Limit::MaxChainBytes && l.value == 20), "{above:?}");
        assert_eq!(w.backend.reads().newest_state(&account(1)).unwrap().unwrap().number, 1);
    }

    fn what_hung_on_a_device_goes_when_it_leaves_the_account<B>() {
        let mut w = World::<B>::new();
        w.person(1);
        w.put_state(1, 1, "two devices", &[device(1), device(2)]).unwrap();
        w.packages(device(1), &[1], None).unwrap();
        w.packages(device(2), &[2], Some(3)).unwrap();
        w.put_state(1, 2, "one device", &[device(1)]).unwrap();
        assert_eq!(w.packages(device(2), &[4], None), Err(PutKeyPackagesRefused::NoDevice(NoDevice)));
        w.put_state(1, 3, "it came back", &[device(1), device(2)]).unwrap();
        assert_eq!(w.claimed(), [(device(1), "key package 1".to_owned(), false)]);
    }

    fn another_run_key_is_noticed<B>() {
        let mut w = World::<B>::new();
        assert!(!w.backend.reads().has_run_key().unwrap());
        assert!(w.ask(KnowRunKey([1; 32])));
        assert!(w.backend.reads().has_run_key().unwrap());
        w.backend.reopen();
        assert!(w.ask(KnowRunKey([1; 32])));
        assert!(!w.ask(KnowRunKey([2; 32])));
    }
}
