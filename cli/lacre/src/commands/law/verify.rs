//! `lacre verify`: is this evidence good, and what does it prove? No profile, no network.

use super::heads;
use crate::context::{Context, Outcome};
use crate::files;
use crate::proof::exported::{Checked, Lack};
use crate::proof::story::Check;
use crate::proof::{block, etsi, exported, pdf, reason, story};
use data_encoding::HEXLOWER;
use lacre_core::ProofLack;
use lacre_evidence::bundle::MAX_BUNDLE;
use lacre_evidence::heads::is_heads;
use lacre_evidence::notice::{MAX_FILE, MAX_FILES};
use lacre_evidence::{Beside, Proven, PutBackError, Trust, Verdict, verify_beside};
use lacre_words::failure::{Exit, Failure};
use lacre_words::shown::shown;
use lacre_words::usage::Forms;
use lacre_words::words::{Words, key};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};
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
    #[arg(long = "file", value_name = "N=PATH", value_parser = numbered)]
    put_back: Vec<(usize, PathBuf)>,
    #[arg(long, value_name = "FILE", requires = "trust")]
    head: Option<PathBuf>,
    #[arg(long)]
    explain: bool,
    #[arg(long, value_name = "FILE")]
    etsi: Option<PathBuf>,
    #[arg(long, value_name = "FILE")]
    pdf: Option<PathBuf>,
}

fn numbered(text: &str) -> Result<(usize, PathBuf), Forms> {
    let (number, path) = text.split_once('=').unwrap_or_default();
    let number = number.parse().ok().filter(|n| *n < MAX_FILES && !path.is_empty());
    number.map(|n| (n, path.into())).ok_or(Forms("0=oficio.pdf, 1=anexo.pdf"))
}

/// Does it.
pub(crate) fn run(ctx: &Context, args: &Args) -> Outcome {
    outputs(ctx, args)?;
    let bytes = files::bytes(ctx, &args.file, MAX_BUNDLE)?;
    let (trust, sha256) = trust(ctx, args)?.unzip();
    if let Some(checked) = exported::check(&bytes, trust.as_ref()) {
        return conversation(ctx, args, checked.map_err(|why| files::unusable(ctx, &args.file, &std::io::Error::other(why)))?);
    }
    if is_heads(&bytes) {
        if args.etsi.is_some() || args.pdf.is_some() || args.head.is_some() || !args.put_back.is_empty() {
            return Err(ctx.failure("error-proof-heads", Exit::Usage, &[]));
        }
        return heads::alone(ctx, &bytes, trust.as_ref(), sha256.map(|sha256| HEXLOWER.encode(&sha256)).as_deref());
    }
    let head = args.head.as_ref().map(|path| heads::Given::read(ctx, path, trust.as_ref())).transpose()?;
    let back = put_back(ctx, args)?;
    let mut check = Check { at: ctx.clock.now(), trust: sha256, put_back: back.iter().map(|(n, _)| *n).collect() };
    check.put_back.sort_unstable();
    let beside = Beside { trust: trust.as_ref(), files: back, heads: head.as_ref().and_then(heads::Given::proven) };
    let verdict = verify_beside(&bytes, beside).map_err(|e| not_put_back(ctx, args, e))?;
    let mut said = text(&ctx.words, &verdict, args.explain, &check);
    let mut object = machine(&ctx.words, &verdict, args.explain, &check);
    if let Some(head) = &head {
        let (line, value) = head.told(&ctx.words, &verdict);
        said = format!("{said}\n{line}");
        object.insert("head".to_owned(), value);
    }
    ctx.result(&said, &Value::Object(object));
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
            let pdf = pdf::report(&ctx.words, proven, &check);
            let pdf = pdf.map_err(|e| files::unusable(ctx, path, &std::io::Error::other(e)))?;
            files::put(ctx, path, &pdf)?;
        }
    }
    Ok(exit)
}

/// Whom to trust, and the SHA-256 of the file that says so.
fn trust(ctx: &Context, args: &Args) -> Result<Option<(Trust, [u8; 32])>, Failure> {
    let Some(path) = &args.trust else { return Ok(None) };
    let bytes = files::bytes(ctx, path, MOST_TRUST)?;
    let refused = |why: &str| {
        let args = [("file", shown(&path.to_string_lossy()).into()), ("why", shown(why).into())];
        ctx.failure("error-proof-trust", Exit::Usage, &args)
    };
    let text = core::str::from_utf8(&bytes).map_err(|e| refused(&e.to_string()))?;
    let trust = Trust::parse(text).map_err(|e| refused(&e.to_string()))?;
    Ok(Some((trust, Sha256::digest(&bytes).into())))
}

/// The files that are put back, each number once.
fn put_back(ctx: &Context, args: &Args) -> Result<Vec<(usize, Vec<u8>)>, Failure> {
    let mut back: Vec<(usize, Vec<u8>)> = Vec::new();
    for (number, path) in &args.put_back {
        if back.iter().any(|(there, _)| there == number) {
            return Err(not_put_back(ctx, args, PutBackError::AlreadyThere(*number)));
        }
        back.push((*number, files::bytes(ctx, path, usize::try_from(MAX_FILE).unwrap_or(usize::MAX))?));
    }
    Ok(back)
}

/// It says nothing of the evidence: a file that is another is no file of it.
fn not_put_back(ctx: &Context, args: &Args, error: PutBackError) -> Failure {
    let (key, number) = match error {
        PutBackError::NoSuchFile(n) => (key("error-proof-no-such-file"), n),
        PutBackError::AlreadyThere(n) => (key("error-proof-file-there"), n),
        // a notice that cannot be read is the verdict's to tell, not ours: no number of it is known
        PutBackError::OtherFile(n) => (key("error-proof-other-file"), n),
        PutBackError::NoNotice => (key("error-proof-no-such-file"), 0),
    };
    let path = args.put_back.iter().find(|(n, _)| *n == number).map(|(_, path)| path.display().to_string());
    let (n, path) = (number.to_string(), shown(&path.unwrap_or_default()));
    ctx.failure(key, Exit::Usage, &[("n", n.into()), ("file", path.into())])
}

/// The verdict on a conversation that somebody exported.
fn conversation(ctx: &Context, args: &Args, checked: Checked) -> Outcome {
    if args.etsi.is_some() || args.pdf.is_some() || args.head.is_some() || !args.put_back.is_empty() {
        return Err(ctx.failure("error-proof-conversation", Exit::Usage, &[]));
    }
    let (verdict, exit) = match (checked.faults.is_empty(), checked.trusted) {
        (true, Some(true)) if checked.unproven.is_empty() && checked.lacks.is_empty() => ("VALID", Exit::Done),
        (true, Some(true) | None) => ("INCOMPLETE", Exit::Incomplete),
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
        lacre_core::ProofFault::Time => key("export-fault-time"),
        lacre_core::ProofFault::Place => key("export-fault-place"),
    };
    let lack = |lack: Lack| match lack {
        Lack::Signed(ProofLack::First) => key("export-lack-first"),
        Lack::Signed(ProofLack::Time) => key("export-lack-time"),
        Lack::Signed(ProofLack::Group) => key("export-lack-group"),
        Lack::Words => key("export-lack-words"),
        Lack::Others => key("export-lack-others"),
        Lack::Name => key("export-lack-name"),
        Lack::Nothing => key("export-lack-nothing"),
    };
    let faults = checked.faults.iter().map(|(id, fault)| (id.as_str(), words.say(why(*fault))));
    let unproven = checked.unproven.iter().map(|id| (id.as_str(), words.say("export-fault-missing")));
    let lacks = checked.lacks.iter().map(|(id, what)| (id.as_str(), words.say(lack(*what))));
    lines.extend(faults.clone().chain(unproven).chain(lacks.clone()).map(|(id, why)| format!("  {}  {why}", shown(id))));
    lines.push(words.say("export-not-checked"));
    if checked.trusted.is_none() {
        lines.push(words.say("verdict-compare"));
        let args = [("office", "relay".into()), ("key", checked.key.as_str().into())];
        lines.push(format!("  {}", words.say_with("verdict-key", &args)));
    }
    let of = |(id, why): (&str, String)| json!({ "of": id, "why": why });
    let (faults, lacks): (Vec<Value>, Vec<Value>) = (faults.map(of).collect(), lacks.map(of).collect());
    let about = json!({
        "relay": checked.relay, "key": checked.key, "signed": checked.signed, "receipts": checked.receipts,
        "unproven": checked.unproven, "lacks": lacks, "faults": faults,
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

fn text(words: &Words, verdict: &Verdict, explain: bool, check: &Check) -> String {
    let mut out = Vec::new();
    match verdict {
        Verdict::Valid(proven) => {
            out.push(words.say("verdict-valid"));
            out.extend(told(words, proven, explain, check));
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
            if let Some(proven) = &lack.if_trusted {
                if explain {
                    out.push(words.say("verdict-if-trusted"));
                }
                out.extend(told(words, proven, explain, check));
            }
        }
    }
    out.join("\n")
}

/// The story; without it what nobody may miss, and who decided it.
fn told(words: &Words, proven: &Proven, explain: bool, check: &Check) -> Vec<String> {
    if explain {
        return vec![story::title(words, proven), block::text(&story::of(words, proven, check))];
    }
    let mut out = story::warnings(words, proven);
    out.extend(story::decided(words, proven));
    out
}

fn machine(words: &Words, verdict: &Verdict, explain: bool, check: &Check) -> Map<String, Value> {
    let mut out = Map::new();
    let mut put = |name: &str, value: Value| out.insert(name.to_owned(), value);
    put("verdict", json!(verdict.word()));
    put("code", json!(verdict.code()));
    put("checked_at", json!(check.at.to_string()));
    put("program", json!(env!("LACRE_VERSION")));
    put("trust_sha256", json!(check.trust.as_ref().map(|sha256| HEXLOWER.encode(sha256))));
    let proven = match verdict {
        Verdict::Valid(proven) => Some(proven),
        Verdict::Invalid(fault) => {
            put("part", json!(fault.part));
            put("why", json!(words.say(reason::fault(fault.code))));
            put("detail", json!(fault.detail));
            None
        }
        Verdict::Incomplete(lack) => {
            put("missing", json!(lack.what));
            put("why", json!(words.say(reason::lack(lack.code))));
            let keys = lack.fingerprints.iter().map(|(office, key)| json!({ "office": office, "key": key }));
            put("fingerprints", keys.collect());
            put("if_trusted", json!(lack.if_trusted.as_ref().map(|proven| etsi::proven(words, proven, check))));
            lack.if_trusted.as_ref()
        }
    };
    if let Verdict::Valid(proven) = verdict {
        put("proven", etsi::proven(words, proven, check));
    }
    if let (Some(proven), true) = (proven, explain) {
        put("explanation", json!(block::text(&story::of(words, proven, check))));
    }
    out
}
