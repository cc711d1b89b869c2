//! The bounds of what a relay answers. Requests have theirs in the .proto files; these are the client's side.

use lacre_core::network::{Entry, NetError};
use lacre_ground::ids::Seq;
use lacre_ground::time::Millis;
use lacre_proto::limits::RESETS_IN_A_PAGE;
use lacre_proto::relay::v1 as wire;

/// Longest signed note (a receipt, a binding, a state).
const MAX_NOTE: usize = 65_536;
/// Longest note of a reset.
const MAX_RESET: usize = 4_096;
/// Longest designation that a relay gives back.
const MAX_DESIGNATION: usize = 4_096;
/// Longest note that an account is an office.
const MAX_OFFICE: usize = 4_096;
/// Longest reason of an exemption, bytes.
const MAX_REASON: usize = 32;
/// Months of which it says how often somebody asked.
const MONTHS: usize = 24;
/// Most states of an account, devices of an account, or items of a list.
const MAX_ITEMS: usize = 4096;

/// An answer whose sizes can be checked.
pub(super) trait Answer {
    /// [`NetError::Protocol`] for the first field outside its bound.
    fn bounded(&self) -> Result<(), NetError>;
}

fn broken(field: &str) -> NetError {
    NetError::Protocol(format!("the answer's {field} is outside its bound"))
}

fn must(good: bool, field: &str) -> Result<(), NetError> {
    if good { Ok(()) } else { Err(broken(field)) }
}

fn exact(bytes: &[u8], len: usize, field: &str) -> Result<(), NetError> {
    must(bytes.len() == len, field)
}

fn generation(bytes: &[u8]) -> Result<(), NetError> {
    exact(bytes, 16, "generation")
}

fn note(text: &str, field: &str) -> Result<(), NetError> {
    must((1..=MAX_NOTE).contains(&text.len()), field)
}

macro_rules! answers {
    ($($name:ident |$a:ident| $check:expr;)*) => {$(
        impl Answer for wire::$name {
            fn bounded(&self) -> Result<(), NetError> {
                let $a = self;
                generation(&$a.generation)?;
                $check
            }
        }
    )*};
}

answers! {
    OpenResponse |a| must(a.head <= Seq::MAX, "head");
    AppendResponse |a| {
        must(Seq::new(a.seq).is_some(), "seq")?;
        must(a.accepted_at_ms <= Millis::MAX.get(), "accepted_at_ms")?;
        must(a.receipt.len() <= MAX_NOTE, "receipt")
    };
    FetchResponse |a| {
        must(a.head <= Seq::MAX, "head")?;
        must(a.gone_through <= a.head, "gone_through")
    };
    StatusResponse |a| note(&a.receipt, "receipt");
    TrimResponse |_a| Ok(());
    ChangeTokensResponse |_a| Ok(());
    HeadResponse |a| note(&a.note, "note");
    GetInfoResponse |a| {
        exact(&a.identity, 32, "identity")?;
        must(a.protocols.len() <= 16 && a.protocols.iter().all(|p| p.len() <= 64), "protocols")?;
        must(a.oldest_client.len() <= 64, "oldest_client")?;
        must(a.now_ms <= Millis::MAX.get(), "now_ms")?;
        must(a.registrar.len() <= MAX_NOTE, "registrar")?;
        must(a.limits.is_some(), "limits")
    };
    EnrollResponse |a| note(&a.binding, "binding");
    ChallengeResponse |a| exact(&a.challenge, 32, "challenge");
    ClerkChallengeResponse |a| exact(&a.challenge, 32, "challenge");
    ClerkIssueResponse |a| {
        must(a.invitation.len() <= 512, "invitation")?;
        must(a.expires_at_ms <= Millis::MAX.get(), "expires_at_ms")?;
        must(a.reference.len() == 16 && a.reference.bytes().all(|b| b.is_ascii_hexdigit()), "reference")
    };
    ClerkActsResponse |a| {
        must(a.acts.len() <= MAX_ITEMS, "acts")?;
        let fits = |act: &wire::Act| act.at_ms <= Millis::MAX.get() && act.deed.len() <= 64 && act.about.len() <= 128;
        must(a.acts.iter().all(fits), "acts")
    };
    AgencyChallengeResponse |a| exact(&a.challenge, 32, "challenge");
    AgencyEnrollResponse |a| {
        note(&a.certificate, "certificate")?;
        note(&a.registrar, "registrar")
    };
    AgencyStampsResponse |a| must(a.stamps.iter().all(|s| s.len() == 32), "stamps");
    RoutesResponse |a| must(a.reason.len() <= 64 && a.refused.len() <= 64, "reason");
    NoticeLookupResponse |a| {
        must(a.refused.len() <= 64, "refused")?;
        if !a.refused.is_empty() {
            return Ok(());
        }
        note(&a.lookup, "lookup")?;
        exact(&a.salt, 32, "salt")?;
        let Some(right) = &a.right else { return Ok(()) };
        must((1..=MAX_ITEMS).contains(&right.states.len()), "states")?;
        right.states.iter().try_for_each(|s| note(s, "states"))?;
        note(&right.designation, "designation")?;
        note(&right.grant, "grant")?;
        exact(&right.token, 32, "token")
    };
    DeliverResponse |a| {
        must(a.refused.len() <= 64 && a.limit.len() <= 64, "refused")?;
        if a.refused.is_empty() { note(&a.record, "record") } else { Ok(()) }
    };
    LoginResponse |a| {
        exact(&a.session, 32, "session")?;
        must(a.state_number <= Seq::MAX, "state_number")
    };
    RecoverResponse |a| {
        note(&a.binding, "binding")?;
        note(&a.reset, "reset")
    };
    SetPausedResponse |_a| Ok(());
    DeleteAccountResponse |_a| Ok(());
    DesignateResponse |_a| Ok(());
    PutGrantsResponse |_a| Ok(());
    PauseNoticesResponse |_a| Ok(());
    NoticeAddressResponse |a| {
        must(a.designation.len() <= MAX_DESIGNATION, "designation")?;
        must(a.office.len() <= MAX_OFFICE, "office")?;
        must(a.last_resort_until_ms <= Millis::MAX.get(), "last_resort_until_ms")?;
        must(a.answers.len() <= MONTHS, "answers")?;
        must(a.exempt.len() <= MAX_REASON && a.exempt.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'), "exempt")?;
        must(a.answers.iter().all(|m| (1..=12).contains(&(m.month % 100)) && m.month <= 999_912), "month")
    };
    PutStateResponse |_a| Ok(());
    PutKeyPackagesResponse |a| must(a.remaining.len() <= MAX_ITEMS, "remaining");
    TakeStampsResponse |a| must(a.stamps.iter().all(|s| s.len() == 32), "stamps");
    LookupResponse |a| {
        let entry = a.entry.as_ref().ok_or_else(|| broken("entry"))?;
        must((1..=MAX_ITEMS).contains(&entry.states.len()), "states")?;
        entry.states.iter().try_for_each(|s| note(s, "states"))?;
        note(&entry.binding, "binding")
    };
    ClaimResponse |a| {
        must((1..=MAX_ITEMS).contains(&a.devices.len()), "devices")?;
        a.devices.iter().try_for_each(|d| {
            exact(&d.device, 16, "device")?;
            must((1..=16_384).contains(&d.key_package.len()), "key_package")
        })
    };
    ResetsResponse |a| {
        must(a.notes.len() <= RESETS_IN_A_PAGE as usize, "number of notes")?;
        must(a.head <= Seq::MAX, "head")?;
        a.notes.iter().try_for_each(|n| must((1..=MAX_RESET).contains(&n.len()), "notes"))
    };
    KeptResponse |_a| Ok(());
    PutResponse |a| must(a.expires_at_ms <= Millis::MAX.get(), "expires_at_ms");
}

/// A page must begin where it was asked to (or behind what is gone), be dense, and end at or before the head.
pub(super) fn dense_page(page: &wire::FetchResponse, from: u64, most: u32) -> Result<(), NetError> {
    must(u64::try_from(page.entries.len()).unwrap_or(u64::MAX) <= u64::from(most), "number of entries")?;
    let mut next = from.max(page.gone_through.saturating_add(1));
    for entry in &page.entries {
        let entry = Entry::try_from(entry.clone())?;
        if entry.seq.get() != next {
            return Err(NetError::Protocol(format!("entry {} came where {next} belongs", entry.seq)));
        }
        next += 1;
    }
    if page.entries.is_empty() && next <= page.head {
        return Err(NetError::Protocol(format!("an empty page, although the head is {}", page.head)));
    }
    must(page.entries.is_empty() || next - 1 <= page.head, "head")
}

/// A page of resets goes no further than their last one, and is not empty before it.
pub(super) fn whole_page(page: &wire::ResetsResponse, from: u64) -> Result<(), NetError> {
    let through = from.saturating_sub(1).saturating_add(u64::try_from(page.notes.len()).unwrap_or(u64::MAX));
    must(page.notes.is_empty() || through <= page.head, "head")?;
    must(!page.notes.is_empty() || from > page.head, "number of notes")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(seqs: &[u64], head: u64, gone_through: u64) -> wire::FetchResponse {
        let entry =
            |&seq: &u64| wire::Entry { seq, entry_id: vec![0; 16], seal: false, accepted_at_ms: 0, ciphertext: vec![1].into() };
        wire::FetchResponse {
            generation: vec![0; 16],
            entries: seqs.iter().map(entry).collect(),
            head,
            gone_through,
            append_rights: 0,
        }
    }

    #[test]
    fn a_page_with_a_gap_a_repeat_or_a_hidden_rest_is_the_relays_fault() {
        for (seqs, head, gone, from) in
            [(&[3, 4][..], 9, 0, 3), (&[6, 7], 9, 5, 3), (&[], 2, 0, 3), (&[], 0, 0, 1), (&[], 5, 5, 3), (&[3], 3, 0, 3)]
        {
            dense_page(&page(seqs, head, gone), from, 8).unwrap();
        }
        for (seqs, head, gone, from) in [
            (&[4][..], 9, 0, 3),
            (&[3, 5], 9, 0, 3),
            (&[3, 3], 9, 0, 3),
            (&[2, 3], 9, 0, 3),
            (&[5], 9, 5, 3),
            (&[], 3, 0, 3),
            (&[3, 4], 3, 0, 3),
            (&[1, 2, 3, 4, 5, 6, 7, 8, 9], 9, 0, 1),
        ] {
            assert!(dense_page(&page(seqs, head, gone), from, 8).is_err(), "{seqs:?} of {head}, gone {gone}, from {from}");
        }
    }

    #[test]
    fn a_page_of_resets_that_hides_some_or_has_too_many_is_the_relays_fault() {
        let page = |notes: usize, head| wire::ResetsResponse { generation: vec![0; 16], notes: vec!["n".into(); notes], head };
        let most = RESETS_IN_A_PAGE as usize;
        for (notes, head, from) in [(2, 9, 3), (2, 4, 3), (0, 2, 3), (0, 0, 3), (0, 0, 1), (most, 256, 1)] {
            let page = page(notes, head);
            page.bounded().and_then(|()| whole_page(&page, from)).unwrap();
        }
        for (notes, head, from) in [(0, 3, 3), (0, 9, 3), (2, 3, 3), (1, 0, 1), (most + 1, 999, 1), (1, u64::MAX, 1)] {
            let page = page(notes, head);
            assert!(page.bounded().and_then(|()| whole_page(&page, from)).is_err(), "{notes} of {head} from {from}");
        }
        let long = |bytes| wire::ResetsResponse { notes: vec!["n".repeat(bytes)], ..page(0, 1) };
        assert!(long(MAX_RESET).bounded().is_ok() && long(MAX_RESET + 1).bounded().is_err() && long(0).bounded().is_err());
    }

    #[test]
    fn an_answer_with_a_short_generation_or_session_is_the_relays_fault() {
        let good = wire::LoginResponse { generation: vec![0; 16], session: vec![0; 32], expires_at_ms: 1, state_number: 0 };
        assert!(good.bounded().is_ok());
        assert!(wire::LoginResponse { generation: vec![0; 15], ..good.clone() }.bounded().is_err());
        assert!(wire::LoginResponse { session: vec![], ..good }.bounded().is_err());
    }

    #[test]
    fn an_address_for_notices_with_a_month_that_is_none_or_too_many_is_the_relays_fault() {
        let months = |all: &[u32]| wire::NoticeAddressResponse {
            generation: vec![0; 16],
            answers: all.iter().map(|&month| wire::AnswersInMonth { month, count: 3 }).collect(),
            ..Default::default()
        };
        for good in [&[][..], &[202_601, 202_512], &[202_607; MONTHS]] {
            months(good).bounded().unwrap();
        }
        for bad in [&[202_600][..], &[202_613], &[1_000_001], &[202_607; MONTHS + 1]] {
            assert!(months(bad).bounded().is_err(), "{bad:?}");
        }
        for (reason, good) in [("law", true), ("a-newer-one", true), ("Law", false), (&"l".repeat(MAX_REASON + 1), false)] {
            let answer = wire::NoticeAddressResponse { exempt: reason.to_owned(), ..months(&[]) };
            assert_eq!(answer.bounded().is_ok(), good, "{reason}");
        }
        let long = wire::NoticeAddressResponse { designation: "n".repeat(MAX_DESIGNATION + 1), ..months(&[]) };
        assert!(long.bounded().is_err());
    }
}
