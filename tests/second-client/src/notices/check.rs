//! What the device checks before it shows anything: section 5a of audit/FORMAT.md, with the codes of section 6.

use super::address::Casilla;
use super::header::Header;
use super::texts::{Certificate, Lookup, Notice, note_hash, signed};
use super::{Notices, Wrong};
use crate::account::Own;
use crate::wire::{Key, h, note_text};
use data_encoding::HEXLOWER;

/// How far clocks may be apart.
const SKEW_MS: u64 = 60_000;
const HOUR_MS: u64 = 3_600_000;

/// Rules that count from dispatch: name, SHA-256 of the text.
const RULES: [(&str, &str); 2] = [
    ("CL-46-2026", "ba82382bf5bc5068a552d02929269832463b1a05164b6ca9569cb07981639279"),
    ("CL-D4-27", "3b6e03742bffb262080f8361bfbac8f302f34b08c46b293198de10b74628d8f5"),
];
/// Rules that count from something else.
const OTHER_RULES: [&str; 2] = ["CL-letter", "CL-counter"];
const CALENDAR: (&str, &str) = ("CL-2026.1", "64305ac72ad7288a414b96ccf6d0374daa07f3971bb4160b83c86c261165e434");

fn ensure(good: bool, code: &'static str) -> Result<(), Wrong> {
    if good { Ok(()) } else { Err(Wrong::new(code)) }
}

/// a is not after b, as far as clocks agree
fn before(a: u64, b: u64) -> bool {
    a <= b + SKEW_MS
}

/// Every state of the own account: its number and hash.
fn own_states(own: &Own) -> Vec<(u64, Key)> {
    let states = own.account.entry.states.iter().zip(0..);
    states.filter_map(|(note, n)| Some((n, h("lacre state hash v1", &[note_text(note).ok()?.as_bytes()])))).collect()
}

pub fn check(own: &Own, notices: &Notices, casilla: &Casilla, header: &Header, accepted: u64) -> Result<(), Wrong> {
    let form = |_| Wrong::new("note");
    let certificate_text = signed(&header.certificate, "lacre-registrar", &notices.registrars)?;
    let certificate = Certificate::read(certificate_text).map_err(form)?;
    let lookup_text = signed(&header.lookup, "lacre-registrar", &notices.registrars)?;
    let lookup = Lookup::read(lookup_text).map_err(form)?;
    let certificate_hash = note_hash(certificate_text);
    ensure(lookup.agency == certificate.code && lookup.certificate == certificate_hash, "other-agency")?;
    ensure(certificate.period.holds(lookup.asked), "certificate-period")?;

    signed(&header.notice, "lacre-agency", &[certificate.key])?;
    let (n, _) = Notice::unverified(&header.notice)?;
    ensure(h("lacre run commitment v1", &[&header.salt, n.run.as_bytes()]) == lookup.person, "commitment")?;

    let named = lookup.named.ok_or(Wrong::new("exempt"))?;
    ensure(named.account == own.account.id, "other-account")?;
    ensure(own_states(own).contains(&named.state), "other-state")?;
    let designation = note_hash(note_text(&header.designation).map_err(form)?);
    ensure(designation == named.designation && notices.designations.contains(&designation), "other-designation")?;
    let grant = casilla.grants.get(&named.grant).ok_or(Wrong::new("other-grant"))?;

    let links = [
        n.agency == certificate.code,
        n.certificate == certificate_hash,
        n.lookup == note_hash(lookup_text),
        n.place == certificate.place,
        n.account == named.account,
        n.state == named.state,
        n.grant == named.grant,
        n.back.is_some() == header.back.is_some(),
    ];
    ensure(links.iter().all(|good| *good), "notice-link")?;
    ensure(certificate.period.holds(n.made), "certificate-period")?;

    let asked = lookup.asked;
    ensure(before(asked, n.made) && before(n.made, accepted) && before(asked, accepted), "receipt-early")?;
    ensure(accepted <= asked + HOUR_MS, "lookup-stale")?;
    ensure(grant.holds(accepted), "grant-period")?;
    ensure(certificate.period.holds(accepted), "certificate-period")?;

    // a rule or a calendar that is not known here says nothing; one that is known is of these bytes, and counts from dispatch
    let is = |known: Option<&str>, hash: &Key| known.is_none_or(|known| known == HEXLOWER.encode(hash));
    let rule = RULES.iter().find(|r| r.0 == n.rule.0).map(|r| r.1);
    let calendar = Some(CALENDAR.1).filter(|_| n.calendar.0 == CALENDAR.0);
    let counts = !OTHER_RULES.contains(&n.rule.0.as_str());
    ensure(counts && is(rule, &n.rule.1) && is(calendar, &n.calendar.1), "rule")
}
