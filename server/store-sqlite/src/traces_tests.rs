//! What was deleted leaves no trace in the file, however pages were split, merged and moved meanwhile.

use crate::{SqliteOptions, SqliteStore, Synchronous};
use lacre_ground::ids::{AccountId, ChannelId, DeviceId, Handle, Seq, TokenHash};
use lacre_ground::random::{self, SystemRng};
use lacre_ground::time::Millis;
use lacre_store::accounts::*;
use lacre_store::channels::Trim;
use lacre_store::closing::Closing;
use lacre_store::contract::channels::{entry, hash, inbox_channel};
use lacre_store::rules::Rules;
use lacre_store::speaker::Speaker;
use lacre_store::{Ask, Store as _, run_one};
use sha2::{Digest as _, Sha256};
use std::collections::HashMap;
use std::path::Path;

const NOW: Millis = Millis::new(1_800_000_000_000);
const ACCOUNTS: u64 = 240;

/// Chance that can be had again.
struct Chance {
    seed: [u8; 8],
    asked: u64,
}

impl Chance {
    fn next(&mut self) -> [u8; 32] {
        self.asked += 1;
        Sha256::new().chain_update(self.seed).chain_update(self.asked.to_le_bytes()).finalize().into()
    }
    fn number(&mut self) -> u64 {
        u64::from_le_bytes(self.next()[..8].try_into().unwrap())
    }
    /// Bytes that are nowhere else, of some length.
    fn content(&mut self, most: u64) -> Vec<u8> {
        let length = usize::try_from(64 + self.number() % most).unwrap();
        let mut bytes = Vec::with_capacity(length + 32);
        while bytes.len() < length {
            bytes.extend(self.next());
        }
        bytes.truncate(length);
        bytes
    }
    fn text(&mut self, most: u64) -> String {
        self.content(most).iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

fn speaker(n: u64) -> Speaker {
    Speaker { account: AccountId::new(*hash("account", n).as_bytes()), device: DeviceId::new([u8::try_from(n).unwrap(); 16]) }
}

/// How often pieces of these stand in a file.
fn traces(path: &Path, of: &[Vec<u8>]) -> usize {
    let file = std::fs::read(path).unwrap();
    let mut pieces: HashMap<&[u8], Vec<&[u8]>> = HashMap::new();
    for piece in of.iter().flat_map(|bytes| bytes.chunks_exact(24)) {
        pieces.entry(&piece[..8]).or_default().push(piece);
    }
    let at =
        |start: usize| pieces.get(&file[start..start + 8]).is_some_and(|all| all.iter().any(|p| file[start..].starts_with(p)));
    (0..file.len() - 24).filter(|start| at(*start)).count()
}

/// Seen red without `secure_delete`.
#[test]
fn of_deleted_accounts_trimmed_entries_and_spent_stamps_no_piece_is_left_in_file_or_log() {
    let mut chance = Chance { seed: random::bytes(&mut SystemRng), asked: 0 };
    #[expect(clippy::print_stdout, reason = "failures print their seed")]
    {
        println!("seed {:?}", chance.seed);
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("relay.sqlite");
    let options = SqliteOptions::new(&path).synchronous(Synchronous::Off);
    let mut store = SqliteStore::open(options, &mut SystemRng).unwrap();
    let rules = Rules::default();
    let mut contents: Vec<Vec<Vec<u8>>> = Vec::new();
    let inbox = inbox_channel(1);
    let stamp = hash("stamp", 0);
    run_one(&mut store, NOW, &rules, AddStamps(vec![stamp])).unwrap();
    let right = lacre_store::channels::Right { token: inbox.append, stamped: false, once: false };
    let open = lacre_store::channels::Open::inbox(inbox.id, &[right], inbox.read, Some(stamp)).unwrap();
    run_one(&mut store, NOW, &rules, open).unwrap().unwrap();
    let mut trimmed = Vec::new();
    for n in 1..=ACCOUNTS {
        let (code, run) = (hash("code", n), RunHash::new(*hash("run", n).as_bytes()));
        let (state, next, binding) = (chance.text(4_000), chance.text(20_000), chance.text(300));
        let device = StateDevice { id: speaker(n).device, inbox: ChannelId::new(*hash("inbox", n).as_bytes()) };
        let packages: Vec<Vec<u8>> = (0..6).map(|_| chance.content(2_000)).collect();
        let package = |bytes: &Vec<u8>| KeyPackage { suite: 77, bytes: bytes.clone(), expires_at: NOW.plus(1_000_000) };
        let message = chance.content(3_000);
        let append = lacre_store::channels::Append { ciphertext: message.clone().into(), ..entry(inbox, n, 0) };
        let asks = [
            Ask::IssueCode(IssueCode { by: lacre_store::counter::By::Operator, run, code, recover: false }),
            Ask::Enroll(Enroll {
                code,
                handle: Handle::parse(&format!("person{n}")).unwrap(),
                account: speaker(n).account,
                state: state.clone(),
                devices: vec![device],
                binding: binding.clone(),
            }),
            Ask::PutState(PutState { by: speaker(n), number: 1, state: next.clone(), devices: vec![device], closing: None }),
            Ask::PutKeyPackages(PutKeyPackages {
                by: speaker(n),
                one_time: packages.iter().map(package).collect(),
                last_resort: Vec::new(),
                replace_all: false,
            }),
            Ask::AddStamps(AddStamps((0..4).map(|m| hash("stamp", n * 10 + m)).collect())),
            Ask::Append(append),
        ];
        store.run(NOW, &rules, &asks).committed().unwrap();
        trimmed.push(message);
        let mut own = packages;
        own.extend([
            state.into_bytes(),
            next.into_bytes(),
            binding.into_bytes(),
            run.as_bytes().to_vec(),
            code.as_bytes().to_vec(),
        ]);
        own.push(speaker(n).account.as_bytes().to_vec());
        own.extend((0..4).map(|m| hash("stamp", n * 10 + m).as_bytes().to_vec()));
        contents.push(own);
        // some go at once, with pages half full, and others later
        if chance.number().is_multiple_of(3) {
            leave(&mut store, &rules, n);
            contents[usize::try_from(n).unwrap() - 1].insert(0, b"gone".to_vec());
        }
    }
    assert!(store.settle().unwrap());
    let there = contents.iter().find(|own| own[0] != b"gone").unwrap();
    assert!(traces(&path, there) > 20, "the scan is blind");
    for n in 1..=ACCOUNTS {
        let own = &mut contents[usize::try_from(n).unwrap() - 1];
        if own[0] != b"gone" && chance.number().is_multiple_of(2) {
            leave(&mut store, &rules, n);
            own.insert(0, b"gone".to_vec());
        }
    }
    let trim = Trim { channel: inbox.id, token: inbox.read, through: Seq::new(ACCOUNTS - 5).unwrap() };
    run_one(&mut store, NOW, &rules, trim).unwrap().unwrap();
    trimmed.truncate(usize::try_from(ACCOUNTS).unwrap() - 5);
    // all pages are looked at in turn
    for _ in 0..8 {
        assert!(store.settle().unwrap());
    }

    let mut gone: Vec<Vec<u8>> = contents.into_iter().filter(|own| own[0] == b"gone").flatten().collect();
    assert!(gone.len() > 500);
    gone.extend(trimmed);
    let log = path.with_extension("sqlite-wal");
    assert_eq!(log.metadata().unwrap().len(), 0, "the log is empty");
    assert_eq!(traces(&path, &gone), 0);
}

/// An account goes, and its stamps are spent.
fn leave(store: &mut SqliteStore, rules: &Rules, n: u64) {
    run_one(store, NOW, rules, RemoveAccount { by: speaker(n), closing: Closing::default() }).unwrap().unwrap();
    for m in 0..4 {
        let stamp: TokenHash = hash("stamp", n * 10 + m);
        assert!(run_one(store, NOW, rules, SpendStamp(stamp)).unwrap());
    }
}
