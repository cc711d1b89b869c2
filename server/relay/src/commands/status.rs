//! `lacre-relay status`: how the running relay is, on one screen.

use super::{Failed, Place, running, say, sentence};
use lacre_ground::time::Millis;
use lacre_proto::relay::v1::ReportResponse;
use lacre_words::failure::Exit;
use lacre_words::words::{Words, key};
use std::io::IsTerminal as _;

/// How the running relay is, on one screen
#[derive(clap::Args)]
pub(crate) struct Status {
    #[command(flatten)]
    place: Place,
    /// Prints one JSON object
    #[arg(long)]
    json: bool,
}

impl Status {
    /// Yes when the relay is well.
    pub(crate) fn run(self, words: &Words) -> Result<Exit, Failed> {
        let config = self.place.node()?;
        let report = running::report(&config.data)?;
        if self.json {
            say(&json(&report))?;
        } else {
            // in a pipe the address is one word: somebody else cuts it, or copies it
            let whole = !std::io::stdout().is_terminal();
            for line in screen(&report, words, whole) {
                say(&line)?;
            }
        }
        Ok(if report.troubles.is_empty() { Exit::Done } else { Exit::No })
    }
}

fn json(r: &ReportResponse) -> String {
    let at = |ms: u64| (ms > 0).then(|| Millis::new(ms).to_string());
    let counted = |n: u64| r.counted.then_some(n);
    serde_json::json!({
        "healthy": r.troubles.is_empty(),
        "troubles": r.troubles,
        "notes": r.notes,
        "version": r.version,
        "address": r.address,
        "generation": data_encoding::HEXLOWER.encode(&r.generation),
        "started_at": at(r.started_ms),
        "now": at(r.now_ms),
        "clock": at(r.clock_ms),
        "channels": counted(r.channels),
        "entries": counted(r.entries),
        "accounts": counted(r.accounts),
        "blobs": counted(r.blobs),
        "blob_bytes": counted(r.blob_bytes),
        "max_blob_bytes": r.max_blob_bytes,
        "store_bytes": r.store_bytes,
        "disk_bytes": r.disk_bytes,
        "disk_free_bytes": r.disk_free_bytes,
        "keep_free_bytes": r.keep_free_bytes,
        "queue": r.queue,
        "max_queue": r.max_queue,
        "attached_channels": r.attached,
        "last_backup_at": at(r.last_backup_ms),
        "leaf_from": at(r.leaf_from_ms),
        "leaf_until": at(r.leaf_until_ms),
        "newest_entry_at": at(r.accepted_ms),
        "removal_held_until": at(r.removal_held_until_ms),
    })
    .to_string()
}

/// Lines of what is wrong, on a screen of 24.
const MOST_HEALTH: usize = 9;

/// The same for people: a name and a value on each line, at most 80 columns.
fn screen(r: &ReportResponse, words: &Words, whole: bool) -> Vec<String> {
    let at = |ms: u64| if ms == 0 { words.say("never") } else { short(ms) };
    let span = |ms: u64| duration(ms, words);
    let ago = |ms: u64| {
        if ms == 0 {
            return words.say("never");
        }
        let (at, span) = (short(ms), span(r.now_ms.saturating_sub(ms)));
        sentence(words, "status-ago", &[("at", &at), ("span", &span)])
    };
    let of = |part: u64, all: u64| sentence(words, "status-of", &[("part", &bytes(part)), ("all", &bytes(all))]);
    let mut health = vec![words.say("status-well")];
    if !r.troubles.is_empty() || !r.notes.is_empty() {
        let until = at(r.removal_held_until_ms);
        let accepted = at(r.accepted_ms);
        let values = [
            ("keep", bytes(r.keep_free_bytes)),
            ("until", until),
            ("accepted", accepted),
            ("leaf", at(r.leaf_until_ms)),
            ("clock", at(r.clock_ms)),
        ];
        let values: Vec<(&'static str, &str)> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let said =
            |kind: &str, name: &String| sentence(words, &format!("{kind}-{}", name.to_lowercase().replace('_', "-")), &values);
        if !r.troubles.is_empty() {
            health = r.troubles.iter().map(|name| said("trouble", name)).collect();
        }
        health.extend(r.notes.iter().map(|name| said("note", name)));
    }
    // all of them on one screen: of many each says what it is, and --json has the rest
    if health.iter().flat_map(|text| wrap(text, 62)).count() > MOST_HEALTH {
        health.iter_mut().for_each(|text| text.truncate(text.find(". ").unwrap_or(text.len())));
    }
    let counted = |text: &str| if r.counted { text.to_owned() } else { words.say("status-uncounted") };
    let generation = data_encoding::HEXLOWER.encode(&r.generation);
    let counts = [("channels", r.channels), ("entries", r.entries), ("accounts", r.accounts), ("blobs", r.blobs)]
        .map(|(name, n)| (name, grouped(n)));
    let counts: Vec<(&'static str, &str)> = counts.iter().map(|(name, n)| (*name, n.as_str())).collect();
    let (waiting, most) = (r.queue.to_string(), r.max_queue.to_string());
    let queue = [("queue", waiting.as_str()), ("most", &most), ("followed", &grouped(r.attached))];
    let queue = sentence(words, "status-waiting", &queue);
    let leaf = sentence(words, "status-leaf", &[("from", &short(r.leaf_from_ms)), ("until", &short(r.leaf_until_ms))]);
    let lines = [
        (key("status-version"), vec![r.version.clone()]),
        (key("status-address"), if whole { vec![r.address.clone()] } else { wrap(&r.address, 62) }),
        (key("status-generation"), vec![generation]),
        (key("status-up"), vec![ago(r.started_ms)]),
        (key("status-holds"), wrap(&counted(&sentence(words, "status-counts", &counts)), 62)),
        (key("status-newest"), vec![counted(&at(r.accepted_ms))]),
        (key("status-store"), vec![bytes(r.store_bytes)]),
        (key("status-blobs"), vec![counted(&of(r.blob_bytes, r.max_blob_bytes))]),
        (key("status-disk"), vec![of(r.disk_free_bytes, r.disk_bytes)]),
        (key("status-queue"), vec![queue]),
        (key("status-backup"), vec![ago(r.last_backup_ms)]),
        (key("status-certificate"), vec![leaf]),
        (key("status-health"), health.iter().flat_map(|text| wrap(text, 62)).collect()),
    ];
    let mut out = Vec::new();
    for (name, values) in lines {
        let mut name = words.say(name);
        for value in values {
            out.push(format!("{name:<16}  {value}"));
            name.clear();
        }
    }
    out
}

/// "2026-11-25 10:00 UTC"
pub(super) fn short(ms: u64) -> String {
    let text = Millis::new(ms).to_string();
    format!("{} {} UTC", text.get(..10).unwrap_or_default(), text.get(11..16).unwrap_or_default())
}

fn duration(ms: u64, words: &Words) -> String {
    let minutes = ms / 60_000;
    let (id, n) = match minutes {
        0..=119 => (key("span-minutes"), minutes),
        120..=2_879 => (key("span-hours"), minutes / 60),
        _ => (key("span-days"), minutes / 1_440),
    };
    sentence(words, id, &[("n", &n.to_string())])
}

pub(super) fn bytes(n: u64) -> String {
    let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
    let (mut tenths, mut unit) = (u128::from(n) * 10, 0);
    while tenths >= 10_240 && unit + 1 < units.len() {
        (tenths, unit) = (tenths / 1_024, unit + 1);
    }
    let name = units.get(unit).copied().unwrap_or_default();
    if unit == 0 { format!("{n} {name}") } else { format!("{}.{} {name}", tenths / 10, tenths % 10) }
}

/// 1234567 as "1 234 567": read alike in both languages.
fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let first = digits.len() % 3;
    let mut out = digits.get(..first).unwrap_or_default().to_owned();
    for group in digits.as_bytes().get(first..).unwrap_or_default().chunks(3) {
        if !out.is_empty() {
            out.push(' ');
        }
        out.extend(group.iter().map(|b| char::from(*b)));
    }
    out
}

/// Lines of at most so many characters, broken at spaces where there are some.
fn wrap(text: &str, columns: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let pieces: Vec<String> = word.chars().collect::<Vec<_>>().chunks(columns).map(|c| c.iter().collect()).collect();
        for piece in pieces {
            let Some(line) = lines.last_mut() else { break };
            if line.is_empty() {
                line.push_str(&piece);
            } else if line.chars().count() + 1 + piece.chars().count() <= columns {
                line.push(' ');
                line.push_str(&piece);
            } else {
                lines.push(piece);
            }
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use lacre_words::lang::Lang;

    #[test]
    fn the_screen_has_at_most_24_lines_of_80_columns_in_both_languages_and_names_each_trouble() {
        // either the clock is not followed, or removal is held
        let all = ["DISK_FULL", "STORE_FAILING", "STORE_DAMAGED", "CLOCK_AHEAD", "PLACES_SHORT", "LEAF_ENDING"];
        let full = ReportResponse {
            generation: vec![0xab; 16],
            counted: true,
            version: "0.1.0".into(),
            address: format!("lacre://{}.example.org:65535/{}", "relay".repeat(8), "A".repeat(43)),
            started_ms: 1_700_000_000_000,
            now_ms: 1_790_000_000_000,
            channels: u64::MAX / 1_000_000_000,
            entries: 1_234_567_890_123,
            accounts: 20_000_000,
            blobs: 1_000_000,
            blob_bytes: u64::MAX,
            max_blob_bytes: u64::MAX,
            store_bytes: u64::MAX,
            disk_bytes: u64::MAX,
            disk_free_bytes: u64::MAX,
            last_backup_ms: 1_780_000_000_000,
            troubles: all.map(str::to_owned).to_vec(),
            notes: vec!["ACCEPT_TIMES_WAIT".to_owned()],
            clock_ms: 1_800_000_000_000,
            ..ReportResponse::default()
        };
        for lang in [Lang::Es, Lang::En] {
            let words = crate::words(lang);
            let other = ReportResponse {
                troubles: vec!["CLOCK_BACK".into(), "STORE_WENT_BACK".into()],
                notes: vec!["REMOVAL_HELD".into()],
                counted: false,
                ..full.clone()
            };
            // for a program, or who copies it
            assert!(screen(&full, &words, true).iter().any(|line| line.ends_with(&full.address)));
            for report in [full.clone(), other, ReportResponse::default()] {
                let lines = screen(&report, &words, false);
                assert!(lines.len() <= 24, "{} lines", lines.len());
                for line in lines {
                    assert!(
                        line.chars().count() <= 80
                            && !line.contains("trouble-")
                            && !line.contains("note-")
                            && !line.contains("status-"),
                        "{line}"
                    );
                }
            }
        }
        assert_eq!((grouped(7), grouped(1_000), grouped(1_234_567)), ("7".into(), "1 000".into(), "1 234 567".into()));
        assert_eq!((bytes(1_023), bytes(1_536), bytes(1 << 40)), ("1023 B".into(), "1.5 KiB".into(), "1.0 TiB".into()));
    }
}
