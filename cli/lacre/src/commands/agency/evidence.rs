//! `lacre agency evidence --run|--case C|--code X --to DIR`: what proves the notices of a person or a case, as files that need no profile.

use super::list::Meant;
use super::own::{self, Evidence};
use super::replies::{parts, transaction};
use crate::context::{Context, Outcome};
use crate::files;
use lacre_agency::{BodyTrouble, Stage, evidence_name};
use lacre_words::failure::{Exit, Failure};
use lacre_words::shown::shown;
use serde_json::{Value, json as object};
use std::path::{Path, PathBuf};

#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[command(flatten)]
    meant: Meant,
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
}

/// The trust file, beside what it verifies.
const TRUST: &str = "trust.txt";

pub(crate) fn run(ctx: &Context, args: &Args) -> Outcome {
    let run = args.meant.asked(ctx)?;
    let (mut body, evidence) = (own::open(ctx)?, Evidence::of(ctx)?);
    let mut rows = body.dispatches().map_err(|e| own::trouble(ctx, e))?;
    rows.retain(|row| args.meant.is(run.as_deref(), row));
    if rows.is_empty() {
        let meant = args.meant.case.as_deref().or(args.meant.code.as_deref()).or(run.as_deref()).unwrap_or_default();
        return Err(ctx.failure("error-body-no-case", Exit::No, &[("meant", shown(meant).into())]));
    }
    let came = body.came(0, usize::MAX).map_err(|e| own::trouble(ctx, e))?;
    // all is read before anything is written: what is missing leaves no half of a case
    let (mut all, mut json) = (Vec::new(), Vec::new());
    for row in &rows {
        let name = evidence_name(row.id);
        let gone = || own::trouble(ctx, BodyTrouble::NoEvidence(name.clone()));
        let bundle = body.evidence(&evidence, row.id).map_err(|_| gone())?;
        // what the relay gave may not verify, and that was said; what lay here may have been changed since
        let open = row.unproven || row.stage != Stage::Sent;
        if !open && !body.proves(row.id, &bundle).map_err(|e| own::trouble(ctx, e))? {
            return Err(gone());
        }
        let path = args.to.join(&name);
        let mut replies = Vec::new();
        all.push((path.clone(), bundle));
        for came in came.iter().filter(|came| came.notice == Some(row.id) && came.what.as_deref() == Some("reply")) {
            for (ending, bytes) in parts(&mut body, &evidence, came.number).map_err(|e| own::trouble(ctx, e))? {
                let path = args.to.join(format!("{}.reply-{}.{ending}", row.id, came.number));
                replies.push(path.display().to_string());
                all.push((path, bytes));
            }
        }
        json.push(object!({
            "notice": row.id.to_string(), "case": row.case, "transaction": transaction(Some(row)),
            "evidence": path.display().to_string(), "replies": replies,
        }));
    }
    let trust = args.to.join(TRUST);
    let text = body.trust_file().map_err(|e| own::trouble(ctx, e))?;
    all.push((trust.clone(), text.into_bytes()));
    write(ctx, &args.to, &all)?;
    told(ctx, &all, &trust, json);
    Ok(Exit::Done)
}

/// In a new folder that only its owner reads, or one that is there, and over nothing in it.
fn write(ctx: &Context, to: &Path, all: &[(PathBuf, Vec<u8>)]) -> Result<(), Failure> {
    own::folder_for_evidence(to).map_err(|why| files::unusable(ctx, to, &why))?;
    own::note_open_folder(ctx, to);
    for (path, _) in all {
        files::vacant(ctx, path)?;
    }
    all.iter().try_for_each(|(path, bytes)| files::put(ctx, path, bytes))
}

fn told(ctx: &Context, all: &[(PathBuf, Vec<u8>)], trust: &Path, json: Vec<Value>) {
    let paths: Vec<String> = all.iter().map(|(path, _)| shown(&path.display().to_string())).collect();
    ctx.result(&paths.join("\n"), &object!({ "notices": json, "trust": trust.display().to_string() }));
    ctx.note(&ctx.words.say_with("body-evidence", &[("trust", shown(&trust.display().to_string()).into())]));
}
