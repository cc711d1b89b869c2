//! Head notes: a file of them alone, and beside a bundle.

use super::vector::{TrustFile, Vector, add, replaced, unreachable, with_new_end};
use crate::proof::*;
use lacre_evidence::heads::{HeadPart, Heads, REMEMBERED_MS};
use lacre_ground::head::{HeadNote, Ids};
use lacre_ground::ids::EntryId;

/// Two entries that are not the example's.
const OTHERS: [EntryId; 2] = [EntryId::new([2; 16]), EntryId::new([3; 16])];
const DAY: u64 = 24 * HOUR;

/// The entry of the example's receipt.
fn entry() -> EntryId {
    envelope::entry_id(&Seed::new([0x91; 32]))
}

/// What the example's relay says of the example's casilla.
fn note(ids: &[EntryId], after_ms: u64) -> HeadNote {
    HeadNote {
        relay: authority(1),
        channel: casilla(1),
        generation: Generation::new([7; 16]),
        ids: Ids::of(ids.iter().copied()),
        time: DISPATCH.plus(after_ms),
    }
}

fn part(note: &HeadNote, relay_key: u8, ids: Option<&[EntryId]>) -> HeadPart {
    HeadPart { note: note.sign(&relay(relay_key)).unwrap(), ids: ids.map(<[EntryId]>::to_vec) }
}

/// Signed by the relay, with its list.
fn listed(ids: &[EntryId], after_ms: u64) -> HeadPart {
    part(&note(ids, after_ms), 1, Some(ids))
}

fn file(parts: Vec<HeadPart>) -> Vec<u8> {
    Heads(parts).to_bytes()
}

fn two() -> Vec<u8> {
    file(vec![listed(&[], HOUR), listed(&OTHERS, DAY)])
}

/// Files of head notes alone.
pub(super) fn alone(out: &mut Vec<Vector>) {
    use TrustFile::{Honest, None as Nobody};
    let both = Heads(vec![listed(&[], HOUR), listed(&OTHERS, DAY), part(&note(&OTHERS, 2 * DAY), 1, None)]).to_bytes();
    add(
        out,
        "heads-valid",
        Honest,
        "VALID",
        "",
        "three words of a relay: nothing, two entries, the same two, whose list stands once",
        both,
    );
    add(out, "heads-untrusted", Nobody, "INCOMPLETE", "trust", "nobody has said whom to trust", two());
    let later = replaced(&two(), "lacre heads v1", "lacre heads v2");
    add(out, "heads-version", Honest, "INCOMPLETE", "version", "a later version", later);
    let mut bit = two();
    bit[200] ^= 1;
    add(out, "heads-one-bit", Honest, "INVALID", "checksum", "one bit of it changed", bit);
    add(out, "heads-none", Honest, "INCOMPLETE", "missing", "no head note", file(vec![]));
    let fewer = replaced(&two(), "parts 4", "parts 5");
    add(out, "heads-fewer", Honest, "INCOMPLETE", "missing", "fewer parts than it says", fewer);
    let more = replaced(&two(), "parts 4", "parts 3");
    add(out, "heads-more", Honest, "INVALID", "container", "more parts than it says", more);
    let left_out = replaced(&two(), "part ids.0 0\n\n", "part ids.0 left-out\n");
    add(out, "heads-left-out", Honest, "INVALID", "container", "a list that was left out", left_out);
    let of_another = replaced(&two(), "part ids.0 0", "part ids.1 0");
    add(out, "heads-list-of-another", Honest, "INVALID", "container", "a list before its note", of_another);
    let twice = replaced(&replaced(&two(), "part ids.0 0\n\n", "part ids.0 0\n\npart ids.0 0\n\n"), "parts 4", "parts 5");
    add(out, "heads-list-twice", Honest, "INVALID", "container", "a list twice", twice);
    let first = replaced(&two(), "part head.0", "part head.1");
    add(out, "heads-not-from-0", Honest, "INVALID", "container", "the first note is not number 0", first);
    let mut bytes = two();
    let at = bytes.windows(11).position(|w| w == b"part ids.1 ").unwrap() + 14;
    bytes[at] = 0xff;
    add(out, "heads-no-utf-8", Honest, "INVALID", "container", "a list that is no text", with_new_end(bytes));

    let stranger = file(vec![part(&note(&[], DAY), 2, None)]);
    add(out, "heads-by-stranger", Honest, "INVALID", "signature", "another relay signed in its name", stranger);
    let other = HeadNote { relay: authority(2), ..note(&[], DAY) };
    add(out, "heads-other-relay", Honest, "INVALID", "keys", "a relay that nobody trusts", file(vec![part(&other, 2, None)]));
    let weak = Authority::new("relay.example", 7443, Identity::new([0; 32])).unwrap();
    let weak = file(vec![part(&HeadNote { relay: weak, ..note(&[], DAY) }, 1, None)]);
    add(out, "heads-weak-relay", Honest, "INVALID", "note", "the relay's identity is a point of small order", weak);
    let raw = note(&[], DAY).sign(&relay(1)).unwrap();
    let longer = resign(&raw, &relay(1), |text| format!("{text}more 1\n"));
    add(out, "heads-line-more", Honest, "INVALID", "note", "a line too many", file(vec![HeadPart { note: longer, ids: None }]));
    let zeros = resign(&note(&OTHERS, DAY).sign(&relay(1)).unwrap(), &relay(1), |text| text.replace("count 2", "count 02"));
    add(
        out,
        "heads-count-02",
        Honest,
        "INVALID",
        "note",
        "a number of another form",
        file(vec![HeadPart { note: zeros, ids: None }]),
    );

    let (a, b) = (OTHERS[0].to_string(), OTHERS[1].to_string());
    let unsorted = replaced(&two(), &format!("{a}\n{b}\n"), &format!("{b}\n{a}\n"));
    add(out, "heads-list-unsorted", Honest, "INVALID", "note", "a list in another order", unsorted);
    let doubled = replaced(&two(), &format!("{a}\n{b}\n"), &format!("{a}\n{a}\n"));
    add(out, "heads-list-doubled", Honest, "INVALID", "note", "an id twice", doubled);
    let cut = replaced(&two(), &format!("part ids.1 66\n{a}\n{b}\n"), &format!("part ids.1 65\n{a}\n{b}"));
    add(out, "heads-list-cut", Honest, "INVALID", "note", "the last id has no end of line", cut);
    let changed = replaced(&two(), &b, &EntryId::new([4; 16]).to_string());
    add(out, "heads-list-changed", Honest, "INVALID", "ids", "the person exchanged an id", changed);
    let short = replaced(&two(), &format!("part ids.1 66\n{a}\n{b}\n"), &format!("part ids.1 33\n{a}\n"));
    add(out, "heads-list-short", Honest, "INVALID", "ids", "the person left an id out", short);
    let mut lies = note(&OTHERS, DAY);
    lies.ids.count = 3;
    let lies = file(vec![part(&lies, 1, Some(&OTHERS))]);
    add(out, "heads-count-lies", Honest, "INVALID", "ids", "the relay counts three and hashes two", lies);
    let mut empty = note(&OTHERS, DAY);
    empty.ids.count = 0;
    let empty = file(vec![part(&empty, 1, None)]);
    add(out, "heads-empty-lies", Honest, "INVALID", "ids", "the relay counts none and hashes two", empty);
}

/// Head notes beside the honest bundle.
pub(super) fn beside(out: &mut Vec<Vector>) {
    use TrustFile::{Honest, More};
    let mut with = |name, trust, (verdict, code), why, heads: Vec<u8>| {
        add(out, name, trust, verdict, code, why, World::honest().bundle.to_bytes());
        if let Some(vector) = out.last_mut() {
            vector.heads = Some(heads);
        }
    };
    let (valid, withheld) = (("VALID", ""), ("INVALID", "withheld"));
    let all = [entry(), OTHERS[0]];
    with("head-holds", Honest, valid, "the relay says that the entry is there", file(vec![listed(&all, DAY)]));
    with("head-withheld", Honest, withheld, "the relay signed a receipt, and later that other entries only are there", two());
    with("head-withheld-empty", Honest, withheld, "and later that nothing is there", file(vec![part(&note(&[], DAY), 1, None)]));
    let contradicts = file(vec![listed(&OTHERS, HOUR), listed(&all, DAY)]);
    with("head-withheld-a-while", Honest, withheld, "it says so once, and otherwise later", contradicts);
    with("head-60-s", Honest, valid, "60 seconds later: clocks may differ so", file(vec![listed(&[], 60_000)]));
    with("head-61-s", Honest, withheld, "61 seconds later", file(vec![listed(&[], 61_000)]));
    with("head-two-years", Honest, withheld, "two years later", file(vec![listed(&[], REMEMBERED_MS)]));
    with("head-after-two-years", Honest, valid, "later than it must remember", file(vec![listed(&[], REMEMBERED_MS + 1)]));
    let mut before = note(&[], 0);
    before.time = Millis::new(DISPATCH.get() - DAY);
    with("head-before", Honest, valid, "a day before the receipt", file(vec![part(&before, 1, None)]));
    let elsewhere = HeadNote { channel: casilla(2), ..note(&[], DAY) };
    with("head-other-casilla", Honest, valid, "of another casilla", file(vec![part(&elsewhere, 1, None)]));
    let stranger = HeadNote { relay: authority(2), ..note(&[], DAY) };
    with("head-other-relay", More, valid, "another relay that is trusted, too", file(vec![part(&stranger, 2, None)]));
    let moved = Authority::new("moved.example", 443, authority(1).identity()).unwrap();
    let moved = HeadNote { relay: moved, ..note(&[], DAY) };
    with("head-relay-moved", Honest, withheld, "the same relay at another place", file(vec![part(&moved, 1, None)]));
    let restored = HeadNote { generation: Generation::new([8; 16]), ..note(&[], DAY) };
    with("head-other-store", Honest, valid, "of the store after a restore", file(vec![part(&restored, 1, None)]));
    let (first, second) = (part(&note(&OTHERS, HOUR), 1, None), listed(&OTHERS, 800 * DAY));
    with(
        "head-list-once",
        Honest,
        withheld,
        "the list stands beside a later note that counts the same",
        file(vec![first, second]),
    );
    with("head-no-list", Honest, valid, "without its list", file(vec![part(&note(&OTHERS, DAY), 1, None)]));
    let mut bad = listed(&OTHERS, DAY);
    bad.ids = Some(vec![OTHERS[0]]);
    with("head-list-changed", Honest, valid, "a list that the person changed proves nothing", file(vec![bad]));
    add(
        out,
        "head-no-account",
        Honest,
        "VALID",
        "",
        "beside an answer that there is no account",
        unreachable(Answer::NoAccount).to_bytes(),
    );
    if let Some(vector) = out.last_mut() {
        vector.heads = Some(two());
    }
}
