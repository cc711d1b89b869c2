//! Officials of an example body: two administrators, a drafter and two approvers, with office accounts and test keys.
//!
//! A [`Plan`] holds what a test may change; [`Plan::sign`] makes of it what their programs would, row and all.

use super::*;
use lacre_evidence::approved::{Approvals, Official, RowPlace};
use lacre_evidence::batch::{BatchText, Row, root_of};
use lacre_evidence::notice::TextRef;
use lacre_evidence::{Approval, Office, Post, Role, Roles};
use lacre_ground::ids::{ApprovalId, BatchId, Handle};
use lacre_ground::label::{self, Label};

/// The administrators.
pub const ADMINS: [u8; 2] = [11, 12];
/// Who drafts.
pub const DRAFTER: u8 = 13;
/// Who approve.
pub const APPROVERS: [u8; 2] = [14, 15];

/// Somebody with a post.
pub struct Clerk {
    /// her number: account and key
    pub n: u8,
    /// states of her account
    pub states: Vec<AccountState>,
    /// the registrar's note; account and state are filled in unless it names others
    pub office: Office,
    /// who signs it
    pub registrar: u8,
}

/// A list of roles before it is signed.
pub struct List {
    /// its text; what it names as previous is filled in unless it names something
    pub roles: Roles,
    /// whose devices sign it
    pub by: Vec<NoteSigner>,
}

/// An approval before it is signed.
pub struct Word {
    /// its text; batch and roles are filled in unless it names some
    pub approval: Approval,
    /// who signs it
    pub by: NoteSigner,
}

/// All of it.
pub struct Plan {
    /// with posts
    pub clerks: Vec<Clerk>,
    /// lists of roles
    pub lists: Vec<List>,
    /// the batch; drafter as it says, the root is filled in unless it names one
    pub batch: BatchText,
    /// who signs it
    pub words: Vec<Word>,
    /// the row's index
    pub index: u32,
    /// changes the row's path
    pub change_path: fn(&mut Vec<[u8; 32]>),
    /// what N names, if another hash
    pub named: Option<[u8; 32]>,
}

fn first_state(n: u8) -> AccountState {
    let person = Device {
        id: DeviceId::new([n; 16]),
        signature_key: device(n).public().key(),
        inbox: Address { authority: authority(1), channel: ChannelId::new([0x70 + n; 32]) },
        inbox_key: SealSecret::new([0x71 + n; 32]).public().unwrap(),
        public_token: None,
    };
    AccountState { number: 0, previous: None, made_at: Millis::new(DISPATCH.get() - 9000 * HOUR), devices: vec![person] }
}

/// The office account of this number.
pub fn account(n: u8) -> AccountId {
    AccountState::first(&first_state(n).sign(&device(n)).unwrap()).unwrap().0
}

impl Clerk {
    /// As the registrar knows her.
    pub fn new(n: u8, post: Post) -> Self {
        let office = Office {
            agency: AgencyCode::parse("AO001").unwrap(),
            account: AccountId::new([0; 32]),
            handle: Handle::parse(&format!("official{n}")).unwrap(),
            state: (0, [0; 32]),
            post,
            from: Millis::new(DISPATCH.get() - 200 * HOUR),
            until: DISPATCH.plus(200 * HOUR),
        };
        Self { n, states: vec![first_state(n)], office, registrar: 1 }
    }
    /// A second device joins, of this number.
    pub fn joined_by(&mut self, n: u8) {
        let last = self.states.last().unwrap();
        let other = Device { id: DeviceId::new([n; 16]), signature_key: device(n).public().key(), ..last.devices[0].clone() };
        let devices = [last.devices.clone(), vec![other]].concat();
        let next =
            AccountState { number: last.number + 1, previous: Some(last.hash()), made_at: last.made_at.plus(HOUR), devices };
        self.states.push(next);
    }
    fn sign(&self) -> Official {
        let states: Vec<String> = self.states.iter().map(|s| s.sign(&device(self.n)).unwrap()).collect();
        let mut office = self.office.clone();
        if *office.account.as_bytes() == [0; 32] {
            office.account = account(self.n);
        }
        if office.state.1 == [0; 32] {
            let last = self.states.last().unwrap();
            office.state = (last.number, last.hash());
        }
        Official { office: office.sign(&registrar(self.registrar)).unwrap(), states }
    }
}

impl List {
    /// Number n, with the usual officials, signed by both administrators.
    pub fn new(number: u64, made_at: Millis) -> Self {
        let mut officials: Vec<(AccountId, Role)> = ADMINS.iter().map(|n| (account(*n), Role::Administrator)).collect();
        officials.push((account(DRAFTER), Role::Drafter));
        officials.extend(APPROVERS.iter().map(|n| (account(*n), Role::Approver)));
        officials.sort();
        let agency = AgencyCode::parse("AO001").unwrap();
        let roles = Roles { agency, number, previous: None, made_at, officials };
        Self { roles, by: ADMINS.iter().map(|n| device(*n)).collect() }
    }
    /// Without this one.
    pub fn without(mut self, n: u8) -> Self {
        self.roles.officials.retain(|(who, _)| *who != account(n));
        self
    }
    /// With a role more.
    pub fn with(mut self, n: u8, role: Role) -> Self {
        self.roles.officials.push((account(n), role));
        self.roles.officials.sort();
        self
    }
}

impl Word {
    /// Hers.
    pub fn new(n: u8, role: Role, made_at: Millis) -> Self {
        let approval = Approval {
            id: ApprovalId::new([n; 16]),
            agency: AgencyCode::parse("AO001").unwrap(),
            batch: [0; 32],
            roles: [0; 32],
            role,
            account: account(n),
            device: DeviceId::new([n; 16]),
            made_at,
        };
        Self { approval, by: device(n) }
    }
}

impl Plan {
    /// An honest one: drafted by an official, approved by as many as so many rows need.
    pub fn honest(rows: u32) -> Self {
        let before = |hours: u64| Millis::new(DISPATCH.get() - hours * HOUR);
        let admins = ADMINS.iter().map(|n| Clerk::new(*n, Post::Administrator));
        let others = [DRAFTER, APPROVERS[0], APPROVERS[1]].into_iter().map(|n| Clerk::new(n, Post::Official));
        let text = |id: &str, sha256| TextRef { id: id.to_owned(), sha256 };
        let rule = RuleId::Cl46.rule();
        let mut words = vec![Word::new(DRAFTER, Role::Drafter, before(3)), Word::new(APPROVERS[0], Role::Approver, before(2))];
        if rows > 1000 {
            words.push(Word::new(APPROVERS[1], Role::Approver, before(1)));
        }
        Self {
            clerks: admins.chain(others).collect(),
            lists: vec![List::new(0, before(100))],
            batch: BatchText {
                id: BatchId::new([0xb1; 16]),
                agency: AgencyCode::parse("AO001").unwrap(),
                made_at: before(4),
                drafter: Some(account(DRAFTER)),
                rule: text(rule.id.name(), rule.sha256),
                calendar: text(Calendar::chile().id(), Calendar::chile().sha256()),
                not_before: before(1),
                not_after: DISPATCH.plus(HOUR),
                rows,
                root: [0; 32],
            },
            words,
            index: rows / 2,
            change_path: |_| (),
            named: None,
        }
    }

    /// Whose note stands at this place.
    pub fn clerk(&mut self, n: u8) -> &mut Clerk {
        self.clerks.iter_mut().find(|c| c.n == n).unwrap()
    }

    /// Everything that they sign for a batch of which this is a row; the other rows are nobody's.
    pub fn sign(&self, row: &Row<'_>) -> (Approvals, RowPlace, [u8; 32]) {
        let (mut batch, leaf) = (self.batch.clone(), row.leaf(self.index));
        let path: Vec<[u8; 32]> = (0..=20)
            .map(|len| vec![[0xaa; 32]; len])
            .find(|p| root_of(leaf, self.index, batch.rows, p).is_some())
            .unwrap_or_default();
        if batch.root == [0; 32] {
            batch.root = root_of(leaf, self.index, batch.rows, &path).unwrap_or(leaf);
        }
        let hash = |raw: &str| label::hash(Label::NoteHash, &[UnverifiedNote::parse(raw).unwrap().unverified_text().as_bytes()]);
        let mut lists: Vec<String> = Vec::new();
        for list in &self.lists {
            let mut roles = list.roles.clone();
            roles.previous = roles.previous.or_else(|| lists.last().map(|raw| hash(raw)));
            lists.push(sign(&roles.text(), &list.by.iter().collect::<Vec<_>>()).unwrap());
        }
        let in_force = lists.last().map(|raw| hash(raw)).unwrap_or_default();
        let approvals: Vec<String> = self
            .words
            .iter()
            .map(|word| {
                let or = |given: [u8; 32], own: [u8; 32]| if given == [0; 32] { own } else { given };
                let mut approval = word.approval.clone();
                (approval.batch, approval.roles) = (or(approval.batch, batch.digest()), or(approval.roles, in_force));
                sign(&approval.text(), &[&word.by]).unwrap()
            })
            .collect();
        let mut hashes = vec![batch.digest(), in_force];
        hashes.extend(approvals.iter().map(|raw| hash(raw)));
        let named = label::hash(Label::Approvals, &hashes.iter().map(<[u8; 32]>::as_slice).collect::<Vec<_>>());
        let mut place = RowPlace { index: self.index, path };
        (self.change_path)(&mut place.path);
        let officials = self.clerks.iter().map(Clerk::sign).collect();
        (Approvals { batch: batch.text(), roles: lists, officials, approvals }, place, self.named.unwrap_or(named))
    }
}
