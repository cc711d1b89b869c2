//! What official notices are judged by. Of a delivery the first row that fits is the answer:
//!
//! | | | answer |
//! |---|---|---|
//! | 1 | the body is none, or was revoked | no body |
//! | 2 | the id was delivered by this token, or is there and the token has a right: the same notice | the first answer |
//! | 3 | … another notice | CONFLICT; NO_ENTRY for who only looks |
//! | | who only looks | NO_ENTRY |
//! | 4 | no such casilla, or no right with this token | NOT_PERMITTED |
//! | 5 | the body's day | LIMIT `delivers_per_agency_day` |
//! | 6 | the last-resort right: this body's day in this casilla; everybody's | LIMIT `last_resort_per_agency_day`, `last_resort_per_day` |
//! | 7 | so many entries, so many bytes are kept | LIMIT `max_kept_entries`, `max_kept_bytes`, `max_seq` |
//! | 8 | a file's blob is not there, is another, or is not whole | NO_BLOB |
//! | 9 | else | stored; a once right is spent |

use super::{Head, NOBODY, permitted};
use crate::bodies::{AgencyRefused, Body, Enrolled, NoAgency};
use crate::channels::{Limited, Right};
use crate::notices::{Deliver, DeliverRefused, KeptGrant, PutGrantsRefused};
use crate::quotas::day;
use crate::rules::{Limit, Rules};
use lacre_ground::ids::{ChannelClass, Seq, TokenHash};
use lacre_ground::time::Millis;

/// Whether a channel that keeps its entries has room for one of so many bytes.
pub fn kept(head: &Head, bytes: u64, rules: &Rules) -> Result<(), Limited> {
    if head.kept() >= rules.max_kept_entries {
        return Err(Limited::beyond(Limit::MaxKeptEntries, rules.max_kept_entries));
    }
    if head.kept_bytes().saturating_add(bytes) > rules.max_kept_bytes {
        return Err(Limited::beyond(Limit::MaxKeptBytes, rules.max_kept_bytes));
    }
    Ok(())
}

/// Whether a body may have so much more of something of which it had so much on this day.
pub fn of_day(had: u32, more: u32, most: u32, limit: Limit, now: Millis) -> Result<(), Limited> {
    if had.saturating_add(more) <= most {
        return Ok(());
    }
    Err(Limited { limit, value: most.into(), retry_after_ms: Some(day(now).1) })
}

/// A body that may ask.
pub fn asks(body: Option<Body>) -> Result<(Body, Enrolled), NoAgency> {
    let body = body.filter(|body| !body.revoked).ok_or(NoAgency)?;
    let enrolled = body.enrolled.clone().ok_or(NoAgency)?;
    Ok((body, enrolled))
}

/// Whether a body may be answered once more on this day.
pub fn answers(had: u32, body: &Body, limit: Limit, now: Millis) -> Result<(), AgencyRefused> {
    of_day(had, 1, body.per_day, limit, now).map_err(AgencyRefused::Limit)
}

/// Whether a grant may be handed out: it holds already, and as long as the answer is good for.
#[must_use]
pub fn holds(from: Millis, until: Millis, now: Millis, rules: &Rules) -> bool {
    from <= now && until >= now.plus(rules.grant_rest_ms)
}

/// Whether a grant is kept at all.
#[must_use]
pub fn is_kept(grant: &KeptGrant, now: Millis, rules: &Rules) -> bool {
    grant.until >= now.plus(rules.grant_rest_ms)
}

/// Once grants of an account, when they were put.
pub fn grants(once: u32, rules: &Rules) -> Result<(), PutGrantsRefused> {
    let most = rules.grants_per_account;
    if once <= most { Ok(()) } else { Err(PutGrantsRefused::Limit(Limited::beyond(Limit::GrantsPerAccount, most.into()))) }
}

/// An entry that was delivered under the id of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct First {
    /// hash of the token that it came by
    pub token: TokenHash,
    /// its digest
    pub digest: [u8; 32],
}

/// What was seen before a delivery is judged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// the entry under this id
    pub first: Option<First>,
    /// notices of the body on this day
    pub of_body: u32,
    /// entries of the body by the last-resort rights of this casilla on this day
    pub of_body_here: u32,
    /// the same of everybody
    pub here: u32,
    /// all its blobs are there, whole, with these digests
    pub blobs: bool,
}

/// What a delivery comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivering {
    /// It was delivered before.
    Again,
    /// It gets this place.
    Store {
        /// behind the head
        seq: Seq,
        /// by this right
        right: Right,
    },
}

/// Judges a delivery. `head` is the channel's, whatever it is.
pub fn deliver(
    head: Option<&Head>,
    body: &Body,
    seen: &Seen,
    rules: &Rules,
    now: Millis,
    deliver: &Deliver,
) -> Result<Delivering, DeliverRefused> {
    let casilla = head.filter(|head| head.class == ChannelClass::Casilla);
    let right = permitted(casilla.map_or(&NOBODY, |head| &head.rights), &deliver.token);
    let right = casilla.and(right);
    if let Some(first) = seen.first
        && (right.is_some() || first.token.ct_matches(&deliver.token))
    {
        return match (first.digest == deliver.digest, deliver.look) {
            (true, _) => Ok(Delivering::Again),
            (false, true) => Err(DeliverRefused::NoEntry),
            (false, false) => Err(DeliverRefused::Conflict),
        };
    }
    if deliver.look {
        return Err(DeliverRefused::NoEntry);
    }
    let Some((head, right)) = casilla.zip(right) else { return Err(DeliverRefused::NotPermitted) };
    let limited = DeliverRefused::Limit;
    of_day(seen.of_body, 1, body.per_day, Limit::DeliversPerAgencyDay, now).map_err(limited)?;
    if !right.once {
        of_day(seen.of_body_here, 1, rules.last_resort_per_agency_day, Limit::LastResortPerAgencyDay, now).map_err(limited)?;
        of_day(seen.here, 1, rules.last_resort_per_day, Limit::LastResortPerDay, now).map_err(limited)?;
    }
    kept(head, u64::try_from(deliver.ciphertext.len()).unwrap_or(u64::MAX), rules).map_err(limited)?;
    let seq = Seq::new(head.last + 1).ok_or(limited(Limited::beyond(Limit::MaxSeq, Seq::MAX)))?;
    if seen.blobs { Ok(Delivering::Store { seq, right }) } else { Err(DeliverRefused::NoBlob) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bodies::BodyKey;
    use crate::channels::ChannelKey;
    use lacre_ground::agency::AgencyCode;
    use lacre_ground::ids::{ChannelId, EntryId, EvidenceId, Generation};

    const TOKEN: TokenHash = TokenHash::new([5; 32]);
    const NOW: Millis = Millis::new(1_800_000_000_000);

    fn world(once: bool) -> (Head, Body, Rules, Deliver) {
        let head = Head {
            key: ChannelKey::of_row(1),
            class: ChannelClass::Casilla,
            read: TokenHash::new([8; 32]),
            rights: vec![Right { token: TOKEN, stamped: false, once }],
            last: 4,
            gone_through: 1,
            bytes: 400,
            gone_bytes: 100,
            seal_seq: 0,
            seal_count: 0,
            seal_at: Millis::new(0),
        };
        let (name, place) = (String::new(), String::new());
        let body = Body { code: AgencyCode::parse("MUNI-1").unwrap(), name, place, enrolled: None, revoked: false, per_day: 3 };
        let rules = Rules {
            max_kept_entries: 4,
            max_kept_bytes: 310,
            last_resort_per_day: 5,
            last_resort_per_agency_day: 2,
            ..Rules::default()
        };
        let deliver = Deliver {
            body: BodyKey([1; 32]),
            channel: ChannelId::new([2; 32]),
            token: TOKEN,
            entry_id: EntryId::new([3; 16]),
            ciphertext: vec![7; 10].into(),
            digest: [4; 32],
            blobs: Vec::new(),
            id: EvidenceId::new([5; 16]),
            issuer: String::new(),
            generation: Generation::new([6; 16]),
            first: None,
            look: false,
        };
        (head, body, rules, deliver)
    }

    fn name(refused: Result<Delivering, DeliverRefused>) -> String {
        match refused {
            Err(DeliverRefused::Limit(l)) => l.limit.to_string(),
            Err(other) => format!("{other:?}"),
            Ok(done) => format!("{done:?}").split(' ').next().unwrap().to_owned(),
        }
    }

    #[test]
    fn the_first_row_that_fits_is_the_answer() {
        let (head, body, rules, d) = world(false);
        let first = |token, digest| Some(First { token: TokenHash::new([token; 32]), digest: [digest; 32] });
        let good = Seen { blobs: true, of_body: 2, of_body_here: 1, here: 4, first: None };
        let full = Head { last: 5, ..head.clone() };
        let heavy = Head { bytes: 401, ..head.clone() };
        let log = Head { class: ChannelClass::Return, ..head.clone() };
        let closed = Head { rights: Vec::new(), ..head.clone() };
        let over = Seen { of_body: 3, of_body_here: 2, here: 5, blobs: false, first: None };
        for (head, seen, expected) in [
            (Some(&head), good, "Store"),
            (None, good, "NotPermitted"),
            (Some(&log), good, "NotPermitted"),
            (Some(&closed), good, "NotPermitted"),
            (Some(&closed), Seen { first: first(5, 4), ..over }, "Again"),
            (Some(&closed), Seen { first: first(5, 9), ..over }, "Conflict"),
            (Some(&closed), Seen { first: first(6, 4), ..over }, "NotPermitted"),
            (Some(&head), Seen { first: first(6, 4), ..over }, "Again"),
            (Some(&head), Seen { first: first(6, 9), ..over }, "Conflict"),
            (Some(&head), over, "delivers_per_agency_day"),
            (Some(&head), Seen { of_body: 2, ..over }, "last_resort_per_agency_day"),
            (Some(&head), Seen { here: 5, ..good }, "last_resort_per_day"),
            (Some(&full), Seen { blobs: false, ..good }, "max_kept_entries"),
            (Some(&heavy), Seen { blobs: false, ..good }, "max_kept_bytes"),
            (Some(&head), Seen { blobs: false, ..good }, "NoBlob"),
        ] {
            assert_eq!(name(deliver(head, &body, &seen, &rules, NOW, &d)), expected, "{seen:?}");
        }
        let looks = Deliver { look: true, ..d.clone() };
        for (first, expected) in [(first(5, 4), "Again"), (first(5, 9), "NoEntry"), (None, "NoEntry")] {
            assert_eq!(name(deliver(Some(&head), &body, &Seen { first, ..over }, &rules, NOW, &looks)), expected);
        }
        let (once, ..) = world(true);
        let busy = Seen { of_body_here: 9, here: 99, ..good };
        assert_eq!(name(deliver(Some(&once), &body, &busy, &rules, NOW, &d)), "Store", "a once right has no day");
    }

    #[test]
    fn a_grant_is_handed_out_while_it_holds_for_as_long_as_the_answer_is_good() {
        let rules = Rules { grant_rest_ms: 10, ..Rules::default() };
        let at = |from, until| holds(Millis::new(from), Millis::new(until), Millis::new(100), &rules);
        assert_eq!([at(100, 110), at(101, 200), at(0, 109)], [true, false, false]);
    }
}
