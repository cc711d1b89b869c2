//! Four eyes: a batch as one file (`lacre agency package`), looked at (`review`), signed (`approve`), and its approvals taken
//! (`approvals`). Package and approvals pass at the body's machine; review and approve at each official's.

pub(crate) mod approvals;
pub(crate) mod approve;
mod handed;
pub(crate) mod package;
pub(crate) mod review;

use crate::commands::agency::batch::show::act_text;
use crate::context::Context;
use crate::files;
use handed::Package;
use lacre_agency::package::{Looked, PackageFault, Seen, look};
use lacre_words::failure::{Exit, Failure};
use lacre_words::shown::shown;
use serde_json::{Value, json as object};
use std::io::{self, BufReader};
use std::path::Path;

/// Reads a package to its end; why nobody can approve by it, in words.
fn looked(
    ctx: &Context,
    package: &Package,
    row: impl FnMut(&Seen<'_>),
    file: impl FnMut(&[u8; 32], Vec<u8>) -> io::Result<()>,
) -> Result<Looked, Failure> {
    look(BufReader::new(&package.file), row, file).map_err(|fault| refused(ctx, &package.name, &fault))
}

fn refused(ctx: &Context, path: &Path, fault: &PackageFault) -> Failure {
    let name = || ("name", shown(&path.display().to_string()).into());
    let no = |why: String| ctx.failure("error-package", Exit::No, &[name(), ("why", why.into())]);
    let number = |n: u64| n.to_string().into();
    match fault {
        PackageFault::Unreadable(why) => files::unusable(ctx, path, why),
        PackageFault::Long | PackageFault::Template => no(ctx.words.say("package-form")),
        PackageFault::Form { line } => no(ctx.words.say_with("package-line", &[("line", number(*line))])),
        PackageFault::Law => no(ctx.words.say("package-law")),
        PackageFault::Root => no(ctx.words.say("package-root")),
        PackageFault::File => no(ctx.words.say("package-file-other")),
        PackageFault::Twice { first, second } => {
            no(ctx.words.say_with("package-twice", &[("first", number(*first)), ("second", number(*second))]))
        }
        PackageFault::Row { row, why } => {
            no(ctx.words.say_with("package-row", &[("row", number(*row)), ("why", shown(&why.to_string()).into())]))
        }
    }
}

/// What a batch is, for people.
fn told(ctx: &Context, looked: &Looked) -> String {
    let batch = &looked.text;
    let template = looked.template.as_ref().map_or_else(|| "none".to_owned(), |t| shown(t.name().as_str()));
    let act = looked.act.map(|act| act_text(ctx, act)).unwrap_or_default();
    let text = ctx.words.say_with(
        "package-is",
        &[
            ("body", batch.agency.to_string().into()),
            ("rows", batch.rows.into()),
            ("template", template.into()),
            ("version", looked.template.as_ref().map_or(0, lacre_agency::template::Template::version).into()),
            ("drafter", batch.drafter.map_or_else(|| "none".to_owned(), |account| account.to_string()).into()),
            ("zone", ctx.zone(batch.not_before).into()),
            ("from", ctx.local(batch.not_before).into()),
            ("until", ctx.local(batch.not_after).into()),
            ("rule", shown(&batch.rule.id).into()),
            ("beside", looked.beside.into()),
            ("missing", looked.missing.len().into()),
            ("digest", digest(looked).into()),
        ],
    );
    format!("{act}\n{text}")
}

fn digest(looked: &Looked) -> String {
    data_encoding::HEXLOWER.encode(&looked.text.digest())
}

/// The same for programs.
fn value(looked: &Looked) -> Value {
    let batch = &looked.text;
    let template = looked.template.as_ref().map(|t| object!({ "name": t.name().as_str(), "version": t.version() }));
    object!({
        "batch": batch.id.to_string(), "agency": batch.agency.as_str(), "rows": batch.rows, "digest": digest(looked),
        "drafter": batch.drafter.map(|account| account.to_string()), "template": template, "rule": batch.rule.id,
        "not_before": batch.not_before.to_string(), "not_after": batch.not_after.to_string(), "beside": looked.beside,
        "missing": looked.missing.len(),
    })
}
