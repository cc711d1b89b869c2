//! `lacre verify`: is this evidence good, and what does it prove? No profile, no network.

use crate::context::{Context, Outcome};
use crate::files;
use crate::proof::exported::Checked;
use crate::proof::{etsi, exported, pdf, reason, story};
use lacre_evidence::bundle::MAX_BUNDLE;
use lacre_evidence::{Trust, Verdict, verify};
use lacre_words::failure::{Exit, Failure};
use lacre_words::shown::shown;
use lacre_words::words::{Words, key};
use serde_json::{Map, Value, json};
use std::path::PathBuf;

/// Longest trust file, bytes: hundreds of keys.
const MOST_TRUST: usize = 64 * 1024;

/// What is asked.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[arg(long, value_name = "FILE")]
    trust: Option<PathBuf>,
    #[arg(long)]
    explain: bool,
    #[arg(long, value_name = "FILE")]
    etsi: Option<PathBuf>,
    #[arg(long, value_name = "FILE")]
    pdf: Option<PathBuf>,
}

/// Does it.
pub(crate) fn run(ctx: &Context, args: &Args) -> Outcome {
    outputs(ctx, args)?;
    let bytes = files::bytes(ctx, &args.file, MAX_BUNDLE)?;
    let trust = match &args.trust {
        None => None,
        Some(path) => {
            let bytes = files::bytes(ctx, path, MOST_TRUST)?;
            let refused = |why: &str| {
                let args = [("file", shown(&path.to_string_lossy()).into()), ("why", shown(why).into())];
                ctx.failure("error-proof-trust", Exit::Usage, &args)
            };
            let text = core::str::from_utf8(&bytes).map_err(|e| refused(&e.to_string()))?;
            Some(Trust::parse(text).map_err(|e| refused(&e.to_string()))?)
        }
    };
    if let Some(checked) = exported::check(&bytes, trust.as_ref()) {
        return conversation(ctx, args, checked.map_err(|why| files::unusable(ctx, &args.file, &std::io::Error::other(why)))?);
    }
    let verdict = verify(&bytes, trust.as_ref());
    ctx.result(&text(&ctx.words, &verdict, args.explain), &machine(&ctx.words, &verdict, args.explain));
    let exit = match &verdict {
        Verdict::Valid(_) => Exit::Done,
        Verdict::Invalid(_) => Exit::No,
        Verdict::Incomplete(_) => Exit::Incomplete,
    };
    if args.etsi.is_some() || args.pdf.is_some() {
        let Verdict::Valid(proven) = &verdict else {
            return Err(ctx.failure("error-proof-not-valid", exit, &[("verdict", verdict.word().into())]));
        };
        if let Some(path) = &args.etsi {
            files::put(ctx, path, etsi::text(proven).as_bytes())?;
        }
        if let Some(path) = &args.pdf {
            let pdf = pdf::certificate(&ctx.words, proven).map_err(|e| files::unusable(ctx, path, &std::io::Error::other(e)))?;
            files::put(ctx, path, &pdf)?;
        }
    }
    Ok(exit)
}

/// The verdict on a conversation that somebody exported.
fn conversation(ctx: &Context, args: &Args, checked: Checked) -> Outcome {
    if args.etsi.is_some() || args.pdf.is_some() {
        return Err(ctx.failure("error-proof-conversation", Exit::Usage, &[]));
    }
    let (verdict, exit) = match (checked.faults.is_empty(), checked.trusted) {
        (true, Some(true)) => ("VALID", Exit::Done),
        (true, None) => ("INCOMPLETE", Exit::Incomplete),
        (false, _) | (_, Some(false)) => ("INVALID", Exit::No),
    };
    let words = &ctx.words;
    let counts = [("signed", checked.signed.into()), ("receipts", checked.receipts.into())];
    let mut lines = vec![format!("{verdict}: {}", words.say_with("export-checked", &counts))];
    if checked.trusted == Some(false) {
        lines.push(words.say("fault-keys"));
    }
    let why = |fault: lacre_core::ProofFault| match fault {
        lacre_core::ProofFault::Missing => key("export-fault-missing"),
        lacre_core::ProofFault::Account => key("export-fault-account"),
        lacre_core::ProofFault::Signature => key("export-fault-signature"),
        lacre_core::ProofFault::Shown => key("export-fault-shown"),
        lacre_core::ProofFault::Receipt => key("export-fault-receipt"),
    };
    let faults = checked.faults.iter().map(|(id, fault)| (id.as_str(), words.say(why(*fault))));
    let unproven = checked.unproven.iter().map(|id| (id.as_str(), words.say("export-fault-missing")));
    lines.extend(faults.clone().chain(unproven).map(|(id, why)| format!("  {}  {why}", shown(id))));
    if checked.trusted.is_none() {
        lines.push(words.say("verdict-compare"));
        let args = [("office", "relay".into()), ("key", checked.key.as_str().into())];
        lines.push(format!("  {}", words.say_with("verdict-key", &args)));
    }
    let faults: Vec<Value> = faults.map(|(id, why)| json!({ "of": id, "why": why })).collect();
    let about = json!({
        "relay": checked.relay, "key": checked.key, "signed": checked.signed, "receipts": checked.receipts,
        "unproven": checked.unproven, "faults": faults,
    });
    ctx.result(&lines.join("\n"), &json!({ "verdict": verdict, "export": about }));
    Ok(exit)
}

/// Whether what is to be written has a place of its own: asked before anything is said.
fn outputs(ctx: &Context, args: &Args) -> Result<(), Failure> {
    let both = args.etsi.as_ref().filter(|etsi| Some(*etsi) == args.pdf.as_ref());
    if let Some(path) = both {
        return Err(ctx.failure("error-proof-one-place", Exit::Usage, &[("name", shown(&path.to_string_lossy()).into())]));
    }
    [&args.etsi, &args.pdf].into_iter().flatten().try_for_each(|path| files::vacant(ctx, path))
}

fn text(words: &Words, verdict: &Verdict, explain: bool) -> String {
    let mut out = Vec::new();
    match verdict {
        Verdict::Valid(proven) => {
            out.push(words.say("verdict-valid"));
            if explain {
                out.push(story::text(&story::of(words, proven)));
            }
        }
        Verdict::Invalid(fault) => {
            let why = words.say(reason::fault(fault.code));
            let args = [("why", why.into()), ("code", fault.code.code().into()), ("part", shown(&fault.part).into())];
            out.push(words.say_with("verdict-invalid", &args));
        }
        Verdict::Incomplete(lack) => {
            let why = words.say(reason::lack(lack.code));
            let what = shown(&lack.what.join(", "));
            let args = [("why", why.into()), ("code", lack.code.code().into()), ("what", what.into())];
            out.push(words.say_with("verdict-incomplete", &args));
            if !lack.fingerprints.is_empty() {
                out.push(words.say("verdict-compare"));
            }
            for (office, key) in &lack.fingerprints {
                let args = [("office", (*office).into()), ("key", key.as_str().into())];
                out.push(format!("  {}", words.say_with("verdict-key", &args)));
            }
            if let (Some(proven), true) = (&lack.if_trusted, explain) {
                out.push(words.say("verdict-if-trusted"));
                out.push(story::text(&story::of(words, proven)));
            }
        }
    }
    out.join("\n")
}

fn machine(words: &Words, verdict: &Verdict, explain: bool) -> Value {
    let mut out = Map::new();
    out.insert("verdict".to_owned(), json!(verdict.word()));
    out.insert("code".to_owned(), json!(verdict.code()));
    let proven = match verdict {
        Verdict::Valid(proven) => Some(proven),
        Verdict::Invalid(fault) => {
            out.insert("part".to_owned(), json!(fault.part));
            out.insert("why".to_owned(), json!(words.say(reason::fault(fault.code))));
            out.insert("detail".to_owned(), json!(fault.detail));
            None
        }
        Verdict::Incomplete(lack) => {
            out.insert("missing".to_owned(), json!(lack.what));
            out.insert("why".to_owned(), json!(words.say(reason::lack(lack.code))));
            let keys = lack.fingerprints.iter().map(|(office, key)| json!({ "office": office, "key": key }));
            out.insert("fingerprints".to_owned(), keys.collect());
            None
        }
    };
    if let Some(proven) = proven {
        out.insert("proven".to_owned(), etsi::proven(proven));
        if explain {
            out.insert("explanation".to_owned(), json!(story::text(&story::of(words, proven))));
        }
    }
    Value::Object(out)
}
