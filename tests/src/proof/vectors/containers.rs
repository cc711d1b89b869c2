//! The file itself: its parts, their order and lengths, its end.

use super::vector::*;
use crate::proof::*;

pub(super) fn all(out: &mut Vec<Vector>) {
    let bytes = World::honest().bundle.to_bytes();
    let mut bad = |name, code, why, bytes: Vec<u8>| add(out, name, TrustFile::Honest, "INVALID", code, why, bytes);
    bad("empty", "container", "no byte at all", vec![]);
    bad("other-file", "container", "a file of another kind", b"%PDF-1.7\n".repeat(20));
    bad("cut-half", "checksum", "the second half is missing", bytes[..bytes.len() / 2].to_vec());
    bad("cut-last-byte", "checksum", "the last newline is missing", bytes[..bytes.len() - 1].to_vec());
    bad("more-bytes", "checksum", "a byte more at the end", [bytes.as_slice(), b"\n"].concat());
    let mut flipped = bytes.clone();
    flipped[5000] ^= 1;
    bad("one-bit", "checksum", "one bit changed in the middle", flipped);
    bad("more-parts", "container", "more parts than it says", replaced(&bytes, "parts 13", "parts 12"));
    bad("leading-zero", "container", "a number with a leading zero", replaced(&bytes, "parts 13", "parts 013"));
    bad("third-line", "container", "no empty third line", replaced(&bytes, "parts 13\n\n", "parts 13\n"));
    bad("unknown-part", "container", "a part that the format does not know", replaced(&bytes, "part keys ", "part kezs "));
    bad("number-missing", "container", "a numbered part without number", replaced(&bytes, "part state.0 ", "part state "));
    bad("number-too-much", "container", "a number where none belongs", replaced(&bytes, "part grant ", "part grant.0 "));
    bad("long-part", "container", "a part longer than the file", replaced(&bytes, "part keys 1", "part keys 91"));
    let lookup = World::honest().bundle.lookup.unwrap().len();
    let (right, short) = (format!("part lookup {lookup}\n"), format!("part lookup {}\n", lookup - 1));
    bad("short-part", "container", "a part longer than its length says", replaced(&bytes, &right, &short));
    bad("left-out-text", "container", "a text left out", {
        let keys = World::honest().bundle.keys.unwrap();
        let old = format!("part keys {}\n{keys}\n", keys.len());
        replaced(&bytes, &old, "part keys left-out\n")
    });
    let first = |line: &str| replaced(&bytes, "lacre evidence v2\n", line);
    bad("version-with-zero", "container", "a number with a leading zero", first("lacre evidence v02\n"));
    bad("version-zero", "container", "versions are numbered from 1", first("lacre evidence v0\n"));
    bad("version-too-large", "container", "2^32", first("lacre evidence v4294967296\n"));
    bad("version-and-space", "container", "something after the number", first("lacre evidence v3 \n"));
    bad("version-and-return", "container", "a carriage return", first("lacre evidence v3\r\n"));
    bad("version-alone", "container", "a first line without end", b"lacre evidence v3".to_vec());
    bad("first-line-alone", "checksum", "nothing after the first line", b"lacre evidence v2\n".to_vec());
    bad("too-many-announced", "container", "513 parts", replaced(&bytes, "parts 13", "parts 513"));
    bad(
        "part-number-with-zero",
        "container",
        "a part's number with a leading zero",
        replaced(&bytes, "part state.0 ", "part state.00 "),
    );
    bad(
        "length-with-zero",
        "container",
        "a part's length with a leading zero",
        replaced(&bytes, &right, &right.replace("lookup ", "lookup 0")),
    );
    bad("text-not-utf8", "container", "a text that is not UTF-8", {
        let at = bytes.windows(7).position(|w| w == b"subject").unwrap();
        let mut changed = bytes.clone();
        changed[at] = 0xff;
        with_new_end(changed)
    });
    bad("part-line-not-utf8", "container", "a part's name that is not UTF-8", {
        let at = bytes.windows(9).position(|w| w == b"part keys").unwrap();
        let mut changed = bytes.clone();
        changed[at + 5] = 0xff;
        with_new_end(changed)
    });
    let with = |change: fn(&mut Bundle)| {
        let mut bundle = World::honest().bundle;
        change(&mut bundle);
        bundle.to_bytes()
    };
    bad(
        "reserved-out-of-order",
        "container",
        "reserved parts in another order",
        with(|b| {
            b.reserved = vec![("ledger.0".to_owned(), vec![]), ("register".to_owned(), vec![])];
        }),
    );
    bad(
        "records-exchanged",
        "container",
        "two records in another order than their numbers",
        replaced(&replaced(&bytes, "part event.1 ", "part event.3 "), "part event.2 ", "part event.1 "),
    );
    bad(
        "gap-and-disorder",
        "container",
        "a number left out, and then parts out of order",
        with(|b| {
            b.reserved = vec![("ledger.1".to_owned(), vec![]), ("register".to_owned(), vec![])];
        }),
    );
    bad("gap-and-more", "container", "a number left out, and more parts than announced", {
        let bytes = with(|b| b.reserved = vec![("ledger.1".to_owned(), vec![])]);
        replaced(&bytes, "parts 14", "parts 13")
    });
    bad(
        "number-513",
        "container",
        "a number that no part can have",
        with(|b| b.reserved = vec![("ledger.513".to_owned(), vec![])]),
    );
    bad(
        "last-part-longer",
        "container",
        "the last part is a byte longer than what is there",
        replaced(&bytes, "part file.1 8", "part file.1 9"),
    );
    bad("reserved-left-out", "container", "only files may be left out", {
        let bytes = with(|b| b.reserved = vec![("register".to_owned(), vec![])]);
        replaced(&bytes, "part register 0\n\n", "part register left-out\n")
    });
    bad("twice", "container", "the same part twice", {
        let keys = World::honest().bundle.keys.unwrap();
        let part = format!("part keys {}\n{keys}\n", keys.len());
        replaced(&replaced(&bytes, &part, &part.repeat(2)), "parts 13", "parts 14")
    });
    bad("out-of-order", "container", "two parts in another order", {
        let b = World::honest().bundle;
        let part =
            |name: &str, t: &Option<String>| format!("part {name} {}\n{}\n", t.as_ref().unwrap().len(), t.as_ref().unwrap());
        let (one, two) = (part("certificate", &b.certificate), part("lookup", &b.lookup));
        replaced(&bytes, &format!("{one}{two}"), &format!("{two}{one}"))
    });
}
