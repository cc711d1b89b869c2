//! Head notes for `lacre verify`: a file of them alone, and what one says of evidence.

use crate::context::{Context, Outcome};
use crate::files;
use crate::proof::reason;
use lacre_evidence::heads::{self, Head, MAX_HEADS};
use lacre_evidence::{FaultCode, HeadSays, HeadsVerdict, Outcome as Came, ProvenHeads, Trust, Verdict};
use lacre_words::failure::{Exit, Failure};
use lacre_words::shown::shown;
use lacre_words::words::{Words, key};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::path::Path;

/// What `--head` brought.
pub(super) struct Given(HeadsVerdict);

impl Given {
    /// Reads and checks it.
    pub(super) fn read(ctx: &Context, path: &Path, trust: Option<&Trust>) -> Result<Self, Failure> {
        Ok(Self(heads::verify(&files::bytes(ctx, path, MAX_HEADS)?, trust)))
    }

    /// What the verdict is made with: only what a trusted relay said.
    pub(super) fn proven(&self) -> Option<&ProvenHeads> {
        match &self.0 {
            HeadsVerdict::Valid(proven) => Some(proven),
            HeadsVerdict::Invalid(_) | HeadsVerdict::Incomplete { .. } => None,
        }
    }

    /// What is to be said of it beside the verdict, and the same for machines.
    pub(super) fn told(&self, words: &Words, verdict: &Verdict) -> (String, Value) {
        let (word, code) = named(&self.0);
        let (why, says) = match &self.0 {
            HeadsVerdict::Invalid(fault) => {
                let why = words.say(reason::fault(fault.code));
                (words.say_with("head-proves-nothing", &[("why", why.into()), ("code", fault.code.code().into())]), None)
            }
            HeadsVerdict::Incomplete { code, .. } => {
                let why = words.say(reason::lack(*code));
                (words.say_with("head-proves-nothing", &[("why", why.into()), ("code", code.code().into())]), None)
            }
            HeadsVerdict::Valid(proven) => {
                let says = says(proven, verdict);
                (says.as_ref().map_or_else(|| words.say("head-says-nothing"), |says| sentence(words, says)), says)
            }
        };
        let time = says.and_then(|says| time_of(&says)).map(|time| time.to_string());
        let json = json!({ "verdict": word, "code": code, "says": says.map(|says| says.code()), "time": time, "why": why });
        (why, json)
    }
}

/// What it says of the receipt that the verdict is about.
fn says(proven: &ProvenHeads, verdict: &Verdict) -> Option<HeadSays> {
    match verdict {
        Verdict::Valid(evidence) => match &evidence.outcome {
            Came::Sent(sent) => proven.says(&sent.receipt),
            Came::Exempt | Came::NoAccount => None,
        },
        Verdict::Invalid(fault) if fault.code == FaultCode::Withheld => {
            let number: usize = fault.part.strip_prefix("head.")?.parse().ok()?;
            Some(HeadSays::Withheld { time: proven.heads.get(number)?.note.time, number })
        }
        Verdict::Invalid(_) | Verdict::Incomplete(_) => None,
    }
}

const fn time_of(says: &HeadSays) -> Option<lacre_ground::time::Millis> {
    match says {
        HeadSays::Withheld { time, .. } | HeadSays::Holds { time } => Some(*time),
        HeadSays::OtherCasilla | HeadSays::OtherStore | HeadSays::OtherTime | HeadSays::NoList => None,
    }
}

fn sentence(words: &Words, says: &HeadSays) -> String {
    let sentence = match says {
        HeadSays::Withheld { .. } => key("head-says-withheld"),
        HeadSays::Holds { .. } => key("head-says-holds"),
        HeadSays::OtherCasilla => key("head-says-other-casilla"),
        HeadSays::OtherStore => key("head-says-other-store"),
        HeadSays::OtherTime => key("head-says-other-time"),
        HeadSays::NoList => key("head-says-no-list"),
    };
    let time = time_of(says).map(|time| time.to_string()).unwrap_or_default();
    words.say_with(sentence, &[("time", time.into())])
}

const fn named(verdict: &HeadsVerdict) -> (&'static str, Option<&'static str>) {
    match verdict {
        HeadsVerdict::Valid(_) => ("VALID", None),
        HeadsVerdict::Invalid(fault) => ("INVALID", Some(fault.code.code())),
        HeadsVerdict::Incomplete { code, .. } => ("INCOMPLETE", Some(code.code())),
    }
}

/// Of one casilla in one store: the first note and the newest, how many there are, and since when the number is the same.
struct Held<'a> {
    first: &'a Head,
    newest: &'a Head,
    same: &'a Head,
    notes: usize,
}

fn boxes(proven: &ProvenHeads) -> Vec<Held<'_>> {
    let mut by: BTreeMap<_, Vec<&Head>> = BTreeMap::new();
    for head in &proven.heads {
        by.entry((head.note.relay.identity(), head.note.channel, head.note.generation)).or_default().push(head);
    }
    by.into_values().filter_map(Held::of).collect()
}

impl<'a> Held<'a> {
    fn of(mut heads: Vec<&'a Head>) -> Option<Self> {
        heads.sort_by_key(|head| head.note.time);
        let (first, newest) = (*heads.first()?, *heads.last()?);
        let same = heads.iter().rev().take_while(|head| head.note.ids == newest.note.ids).last().copied()?;
        Some(Self { first, newest, same, notes: heads.len() })
    }
}

/// The verdict on a file of head notes alone: the person's proof of what was in her box, and that nothing was.
pub(super) fn alone(ctx: &Context, bytes: &[u8], trust: Option<&Trust>, trust_sha256: Option<&str>) -> Outcome {
    let words = &ctx.words;
    let verdict = heads::verify(bytes, trust);
    let (word, code) = named(&verdict);
    let mut out = Map::new();
    let mut put = |name: &str, value: Value| out.insert(name.to_owned(), value);
    put("verdict", json!(word));
    put("code", json!(code));
    put("checked_at", json!(ctx.clock.now().to_string()));
    put("program", json!(env!("LACRE_VERSION")));
    put("trust_sha256", json!(trust_sha256));
    let (mut lines, proven, exit) = match &verdict {
        HeadsVerdict::Valid(proven) => (vec![words.say("heads-valid")], Some(proven), Exit::Done),
        HeadsVerdict::Invalid(fault) => {
            let why = words.say(reason::fault(fault.code));
            put("part", json!(fault.part));
            put("why", json!(why));
            put("detail", json!(fault.detail));
            let args = [("why", why.into()), ("code", fault.code.code().into()), ("part", shown(&fault.part).into())];
            (vec![words.say_with("verdict-invalid", &args)], None, Exit::No)
        }
        HeadsVerdict::Incomplete { code, what, if_trusted } => {
            let why = words.say(reason::lack(*code));
            let keys = if_trusted.as_ref().map(ProvenHeads::fingerprints).unwrap_or_default();
            put("missing", json!(what));
            put("why", json!(why));
            put("fingerprints", keys.iter().map(|(office, key)| json!({ "office": office, "key": key })).collect());
            let args = [("why", why.into()), ("code", code.code().into()), ("what", shown(&what.join(", ")).into())];
            let mut lines = vec![words.say_with("verdict-incomplete", &args)];
            if !keys.is_empty() {
                lines.push(words.say("verdict-compare"));
            }
            for (office, key) in &keys {
                let args = [("office", (*office).into()), ("key", key.as_str().into())];
                lines.push(format!("  {}", words.say_with("verdict-key", &args)));
            }
            (lines, if_trusted.as_ref(), Exit::Incomplete)
        }
    };
    let boxes = proven.map(boxes).unwrap_or_default();
    for found in &boxes {
        let note = &found.newest.note;
        let args = [
            ("channel", note.channel.to_string().into()),
            ("relay", shown(&note.relay.to_string()).into()),
            ("time", note.time.to_string().into()),
            ("count", note.ids.count.into()),
            ("same", found.same.note.time.to_string().into()),
            ("first", found.first.note.time.to_string().into()),
            ("notes", found.notes.into()),
        ];
        lines.push(format!("  {}", words.say_with("heads-box", &args)));
    }
    let object = |found: &Held<'_>| {
        let note = &found.newest.note;
        json!({
            "relay": note.relay.to_string(), "channel": note.channel.to_string(), "generation": note.generation.to_string(),
            "count": note.ids.count, "first": found.first.note.time.to_string(), "same_since": found.same.note.time.to_string(),
            "newest": note.time.to_string(), "notes": found.notes,
            "entries": found.newest.ids.as_ref().map(|ids| ids.iter().map(ToString::to_string).collect::<Vec<_>>()),
        })
    };
    put("heads", boxes.iter().map(object).collect());
    ctx.result(&lines.join("\n"), &Value::Object(out));
    Ok(exit)
}
