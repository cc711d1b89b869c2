//! Whether a batch was approved by enough officials of its body: FORMAT.md, 4b. The body's program asks before it sends, the
//! verifier afterwards, and both here.
//!
//! The chain: the registrar's key says who holds a post (office notes) → two of those whom it calls administrators signed list 0
//! of roles, two administrators of each list the next → the last list says who drafts and approves → their devices signed the
//! batch. The body's own key has no part in it.

use super::approval::{Approval, approvers_needed};
use super::approved::{Approvals, Approved, Official, SignedBy};
use super::batch::BatchText;
use super::office::{Office, Post};
use super::roles::{ADMINISTRATORS, Role, Roles};
use super::skew::not_after;
use super::verdict::{Fault, FaultCode, account_fault, note_code};
use lacre_ground::account::{AccountState, Device};
use lacre_ground::agency::AgencyCode;
use lacre_ground::ids::AccountId;
use lacre_ground::label::{self, Label};
use lacre_ground::note::{NoteError, NoteKey, UnverifiedNote};
use lacre_ground::signed::{NoteText as _, Signed};
use lacre_ground::time::Millis;
use lacre_ground::verified::Verified;

fn fault(code: FaultCode, part: &str, detail: &str) -> Fault {
    Fault { code, part: part.to_owned(), detail: detail.to_owned() }
}

fn ensure(ok: bool, code: FaultCode, part: &str, detail: &str) -> Result<(), Fault> {
    if ok { Ok(()) } else { Err(fault(code, part, detail)) }
}

fn noted(part: &str) -> impl Fn(NoteError) -> Fault {
    move |e| fault(note_code(&e), part, &e.to_string())
}

/// Somebody with a post, and the account that the registrar named.
struct Known {
    office: Signed<Office>,
    state: Verified<AccountState>,
}

impl Known {
    fn read(official: &Official, part: &str, agency: &AgencyCode, registrars: &[NoteKey]) -> Result<Self, Fault> {
        let office = Office::verify(&official.office, registrars).map_err(noted(part))?;
        ensure(office.agency == *agency, FaultCode::Approval, part, "an official of another body")?;
        let (first, rest) = official.states.split_first().ok_or_else(|| fault(FaultCode::Approval, part, "no states"))?;
        let (account, mut state) = AccountState::first(first).map_err(|e| account_fault(part, e))?;
        ensure(account == office.account, FaultCode::OtherAccount, part, "the registrar named another account")?;
        for raw in rest {
            state = state.follow(raw).map_err(|e| account_fault(part, e))?;
        }
        let named = (state.number, state.hash()) == office.state;
        ensure(named, FaultCode::OtherState, part, "the registrar named another state")?;
        Ok(Self { office, state })
    }
    /// Did she hold her post then? Clocks may differ before, and not at its end.
    fn at(&self, at: Millis) -> bool {
        not_after(self.office.from, at) && at <= self.office.until
    }
}

/// All of them; `first` is the number of the first one's part.
fn known(officials: &[Official], first: usize, agency: &AgencyCode, registrars: &[NoteKey]) -> Result<Vec<Known>, Fault> {
    let read = |(i, official)| Known::read(official, &format!("approval.{}", first + i), agency, registrars);
    officials.iter().enumerate().map(read).collect()
}

/// The chain that is checked: each list is signed by two administrators of the one before.
fn roles(lists: &[String], agency: &AgencyCode, known: &[Known]) -> Result<Signed<Roles>, Fault> {
    chain(lists, agency, known, ADMINISTRATORS)
}

/// The same, the last list by so many.
fn chain(lists: &[String], agency: &AgencyCode, known: &[Known], last_by: usize) -> Result<Signed<Roles>, Fault> {
    let mut last: Option<Signed<Roles>> = None;
    for (i, raw) in lists.iter().enumerate() {
        let part = &format!("approval.{}", i + 1);
        let text = UnverifiedNote::parse(raw).map_err(noted(part))?;
        let claimed = Roles::parse(text.unverified_text()).map_err(noted(part))?;
        let may = |official: &&Known| {
            // the second administrator asks the registrar when she signs, which is later
            claimed.made_at <= official.office.until
                && match &last {
                    None => official.office.post == Post::Administrator,
                    Some(before) => before.has(&official.office.account, Role::Administrator),
                }
        };
        let mut signers: Vec<(AccountId, NoteKey)> = Vec::new();
        for official in known.iter().filter(may) {
            let keys = official.state.devices.iter().filter_map(|d| d.note_key().ok());
            signers.extend(keys.map(|key| (official.office.account, key)));
        }
        let keys: Vec<NoteKey> = signers.iter().map(|(_, key)| key.clone()).collect();
        let next = Signed::<Roles>::verify(raw, &keys).map_err(noted(part))?;
        signers.retain(|(_, key)| next.note().signed_by().contains(key));
        // two persons with two keys: one device that stands in both accounts is one signature
        let two = signers.iter().any(|(a, k)| signers.iter().any(|(b, l)| a != b && k != l));
        let one_is_enough = last_by < ADMINISTRATORS && i + 1 == lists.len() && !signers.is_empty();
        ensure(two || one_is_enough, FaultCode::Signature, part, &format!("not signed by {ADMINISTRATORS} administrators"))?;
        let follows = match &last {
            None => next.number == 0 && next.previous.is_none(),
            Some(before) => Some(next.number) == before.number.checked_add(1) && next.previous == Some(before.note_hash()),
        };
        ensure(follows && next.agency == *agency, FaultCode::Approval, part, "does not follow the list before it")?;
        last = Some(next);
    }
    last.ok_or_else(|| fault(FaultCode::Approval, "approval.1", "no list of roles"))
}

/// What one approval must fit.
struct To<'a> {
    batch: &'a BatchText,
    digest: [u8; 32],
    roles: &'a Signed<Roles>,
    known: &'a [Known],
}

fn approval(raw: &str, part: &str, to: &To<'_>) -> Result<(Signed<Approval>, SignedBy), Fault> {
    let holds = |ok: bool, detail: &str| ensure(ok, FaultCode::Approval, part, detail);
    let text = UnverifiedNote::parse(raw).map_err(noted(part))?;
    let claimed = Approval::parse(text.unverified_text()).map_err(noted(part))?;
    let posts = to.known.iter().filter(|o| o.office.account == claimed.account && o.at(claimed.made_at));
    let posts: Vec<&Known> = posts.collect();
    let Some(post) = posts.first() else { return Err(fault(FaultCode::Approval, part, "by nobody who held a post then")) };
    let handle = post.office.handle.clone();
    let keys: Vec<NoteKey> =
        posts.iter().filter_map(|o| o.state.device(claimed.device)).filter_map(|d| Device::note_key(d).ok()).collect();
    let note = Signed::<Approval>::verify(raw, &keys).map_err(noted(part))?;
    holds(note.batch == to.digest && note.agency == to.batch.agency, "of another batch")?;
    holds(note.roles == to.roles.note_hash(), "by another list of roles")?;
    let drafted = to.batch.drafter == Some(note.account);
    holds(drafted == (note.role == Role::Drafter), "who drafted it approves it, or another one says that she drafted it")?;
    holds(to.roles.has(&note.account, note.role), "the list of roles does not say that she may")?;
    let ordered = not_after(to.batch.made_at, note.made_at) && not_after(to.roles.made_at, note.made_at);
    holds(ordered, "made before the batch or the list of roles")?;
    let by = SignedBy { account: note.account, handle, role: note.role, at: note.made_at };
    Ok((note, by))
}

/// A list that waits for its second signature: it goes on from these, and an administrator signed exactly it.
pub fn signed_by_one(
    lists: &[String],
    waiting: &str,
    officials: &[Official],
    agency: &AgencyCode,
    registrars: &[NoteKey],
) -> Result<Signed<Roles>, Fault> {
    let known = known(officials, 2 + lists.len(), agency, registrars)?;
    chain(&[lists, &[waiting.to_owned()]].concat(), agency, &known, 1)
}

/// The list of roles that is in force: the last of these, each signed by administrators of the one before.
pub fn roles_in_force(
    lists: &[String],
    officials: &[Official],
    agency: &AgencyCode,
    registrars: &[NoteKey],
) -> Result<Signed<Roles>, Fault> {
    let known = known(officials, 1 + lists.len(), agency, registrars)?;
    roles(lists, agency, &known)
}

/// Approvals of which each was checked: whether they are enough is another question.
struct Read {
    batch: BatchText,
    signed: Vec<SignedBy>,
    hash: [u8; 32],
}

fn read(given: &Approvals, agency: &AgencyCode, registrars: &[NoteKey]) -> Result<Read, Fault> {
    let batch = BatchText::parse(&given.batch).map_err(noted("approval.0"))?;
    ensure(batch.agency == *agency, FaultCode::Approval, "approval.0", "a batch of another body")?;
    let known = known(&given.officials, 1 + given.roles.len(), agency, registrars)?;
    let roles = roles(&given.roles, agency, &known)?;
    let to = To { digest: batch.digest(), batch: &batch, roles: &roles, known: &known };
    let (mut signed, mut hashes): (Vec<SignedBy>, Vec<[u8; 32]>) = (Vec::new(), vec![to.digest, roles.note_hash()]);
    for (i, raw) in given.approvals.iter().enumerate() {
        let part = format!("approval.{}", 1 + given.roles.len() + given.officials.len() + i);
        let (note, by) = approval(raw, &part, &to)?;
        let again = signed.iter().any(|other| other.account == by.account);
        ensure(!again, FaultCode::Approval, &part, "the same official again")?;
        hashes.push(note.note_hash());
        signed.push(by);
    }
    let named: Vec<&[u8]> = hashes.iter().map(<[u8; 32]>::as_slice).collect();
    Ok(Read { hash: label::hash(Label::Approvals, &named), batch, signed })
}

/// Who has signed so far: each signature is checked, and they may still be too few.
pub fn signed_so_far(given: &Approvals, agency: &AgencyCode, registrars: &[NoteKey]) -> Result<Vec<SignedBy>, Fault> {
    read(given, agency, registrars).map(|read| read.signed)
}

/// Checks the approvals of a batch of this body; `registrars` are the trusted ones.
pub fn check(given: &Approvals, agency: &AgencyCode, registrars: &[NoteKey]) -> Result<Approved, Fault> {
    let Read { batch, signed, hash } = read(given, agency, registrars)?;
    let drafted = batch.drafter.is_none() || signed.iter().any(|by| by.role == Role::Drafter);
    ensure(drafted, FaultCode::ApprovalFew, "approval.0", "who drafted it did not sign it")?;
    let approvers = signed.iter().filter(|by| by.role == Role::Approver).count();
    ensure(approvers >= approvers_needed(batch.rows), FaultCode::ApprovalFew, "approval.0", "too few approved it")?;
    Ok(Approved::new(given.clone(), batch, hash, signed))
}
