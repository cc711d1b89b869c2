//! `lacre agency fallback print ID…|--all --out DIR [--one-file]`: letters for window envelopes, and copies for the counter.

use super::super::own::{self, Evidence};
use super::address::Addresses;
use crate::commands::notice::body;
use crate::context::{Context, Outcome};
use crate::files;
use crate::progress::Progress;
use crate::proof::letter::{Letter, Piece, document, pieces};
use crate::proof::letters::Letters;
use crate::proof::long_day;
use lacre_agency::fallback::{self, Asked, Fallback, Route, ToPrint, Why};
use lacre_agency::{Body, Dispatch};
use lacre_evidence::{Act, ExemptReason};
use lacre_words::failure::{Exit, Failure};
use lacre_words::screen::size;
use lacre_words::shown::shown;
use lacre_words::words::{Words, key};
use serde_json::{Value, json as object};
use std::path::{Path, PathBuf};

#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[arg(value_name = "ID", required_unless_present = "all", conflicts_with = "all")]
    ids: Vec<String>,
    #[arg(long)]
    all: bool,
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    #[arg(long)]
    one_file: bool,
    #[arg(long, value_name = "TEXT", conflicts_with_all = ["all", "address"])]
    to_address: Option<String>,
    #[arg(long, value_name = "FILE")]
    address: Option<PathBuf>,
}

/// All letters in one file.
const TOGETHER: &str = "letters.pdf";

/// A letter, of which notice, and what must be printed beside it.
struct Made {
    row: Dispatch,
    letter: Letter,
    beside: Vec<String>,
    addressed: bool,
}

pub(crate) fn run(ctx: &Context, args: &Args) -> Outcome {
    let addresses = Addresses::of(ctx, args.to_address.as_deref(), args.address.as_deref())?;
    let (mut body, mut evidence) = (own::open(ctx)?, Evidence::of(ctx)?);
    let (mut made, mut left) = (Vec::new(), Vec::new());
    let all = wanted(ctx, args, &mut body)?;
    let progress = Progress::of(ctx, key("print-progress-read"), all.len());
    for (n, fallback) in all.into_iter().enumerate() {
        progress.at(n);
        let row = &fallback.row;
        match one(ctx, &mut body, &mut evidence, &addresses, &fallback)? {
            Ok(letter) => made.push(letter),
            Err(why) => left.push((row.clone(), why)),
        }
    }
    drop(progress);
    let written = write(ctx, args, &made)?;
    let mut text: Vec<String> = written.iter().map(|path| shown(&path.display().to_string())).collect();
    text.extend(left.iter().map(|(row, why)| {
        let id = row.id.to_string();
        ctx.words
            .say_with("print-left", &[("id", id.get(..8).unwrap_or(&id).to_owned().into()), ("why", ctx.words.say(why).into())])
    }));
    ctx.result(&text.join("\n"), &object!({ "letters": json(args, &made, &written), "left": not_printed(&left) }));
    notes(ctx, &made);
    Ok(if left.is_empty() { Exit::Done } else { Exit::No })
}

fn json(args: &Args, made: &[Made], written: &[PathBuf]) -> Vec<Value> {
    let path = |n: usize| if args.one_file { written.first() } else { written.get(n) };
    let one = |(n, made): (usize, &Made)| {
        object!({
            "notice": made.row.id.to_string(), "pdf": path(n).map(|path| path.display().to_string()),
            "addressed": made.addressed, "beside": made.beside,
        })
    };
    made.iter().enumerate().map(one).collect()
}

fn not_printed(left: &[(Dispatch, &'static str)]) -> Vec<Value> {
    left.iter()
        .map(|(row, why)| object!({ "notice": row.id.to_string(), "why": why.trim_start_matches("print-left-") }))
        .collect()
}

fn notes(ctx: &Context, made: &[Made]) {
    let beside: usize = made.iter().map(|made| made.beside.len()).sum();
    if beside > 0 {
        ctx.note(&ctx.words.say_with("print-beside", &[("count", beside.into())]));
    }
    let without = made.iter().filter(|made| !made.addressed).count();
    if without > 0 {
        ctx.note(&ctx.words.say_with("print-without-address", &[("count", without.into())]));
    }
    if !made.is_empty() {
        ctx.note(&ctx.words.say("print-record"));
    }
}

/// Those that are meant; of all, the ones that still have to go.
fn wanted(ctx: &Context, args: &Args, body: &mut Body) -> Result<Vec<Fallback>, Failure> {
    let rows = body.dispatches().map_err(|e| own::trouble(ctx, e))?;
    let mut all = fallback::all(&rows);
    if args.all {
        let goes = |f: &Fallback| f.open && f.state != fallback::State::Posted;
        all.retain(goes);
        return Ok(all);
    }
    let mut found = Vec::new();
    for typed in &args.ids {
        let id = own::find(ctx, body, typed)?;
        let at = all.iter().position(|f| f.row.id == id);
        let at = at.ok_or_else(|| ctx.failure("error-fallback-reached", Exit::No, &[("id", shown(typed).into())]))?;
        found.push(all.swap_remove(at));
    }
    Ok(found)
}

/// A letter; or why there is none, as a key.
fn one(
    ctx: &Context,
    body: &mut Body,
    evidence: &mut Evidence,
    addresses: &Addresses,
    fallback: &Fallback,
) -> Result<Result<Made, &'static str>, Failure> {
    let row = &fallback.row;
    if fallback.why.routes() == [Route::Nobody] {
        return Ok(Err(key("print-left-dead")));
    }
    if row.kept.is_none() {
        if row.stage != lacre_agency::Stage::Refused {
            return Ok(Err(key("print-left-not-kept")));
        }
        // a refusal is no word of the registrar: it is asked once more
        let _turn = evidence.turn(ctx)?;
        let asked = body.ask_again(&mut own::network(ctx)?, evidence, row.id).map_err(|e| own::trouble(ctx, e))?;
        if asked == Asked::Reachable {
            return Ok(Err(key("print-left-reachable")));
        }
    }
    let kept = body.to_print(evidence, row.id).map_err(|e| own::trouble(ctx, e))?;
    // what the registrar answered when it was asked once more
    if kept.why.routes() == [Route::Nobody] {
        return Ok(Err(key("print-left-dead")));
    }
    let of_batch = of_batch(ctx, body, row)?;
    let address = addresses.of_row(row).or(of_batch.as_deref());
    let (letter, beside) = letter(&ctx.words, &kept, address);
    Ok(Ok(Made { row: row.clone(), letter, beside, addressed: address.is_some() }))
}

/// The address that the batch's table has for it.
fn of_batch(ctx: &Context, body: &mut Body, row: &Dispatch) -> Result<Option<Vec<String>>, Failure> {
    let Some((batch, index)) = row.batch else { return Ok(None) };
    let rows = body.batch_rows(batch, index).map_err(|e| own::trouble(ctx, e))?;
    let found = rows.into_iter().find(|row| row.index == index).map(|row| row.address).unwrap_or_default();
    Ok((!found.is_empty()).then(|| found.iter().map(|line| shown(line)).collect()))
}

/// One file for each, or one for all, in a folder that only its owner reads.
fn write(ctx: &Context, args: &Args, made: &[Made]) -> Result<Vec<PathBuf>, Failure> {
    if made.is_empty() {
        return Ok(Vec::new());
    }
    own::folder_for_evidence(&args.out).map_err(|why| files::unusable(ctx, &args.out, &why))?;
    own::note_open_folder(ctx, &args.out);
    let fonts = Letters::new();
    let pdf = |path: &Path, title: &str, letters: &[&Letter]| {
        document(&ctx.words, &fonts, title, letters).map_err(|e| files::unusable(ctx, path, &std::io::Error::other(e)))
    };
    let mut all: Vec<(PathBuf, Vec<u8>)> = Vec::new();
    if args.one_file {
        let path = args.out.join(TOGETHER);
        let letters: Vec<&Letter> = made.iter().map(|made| &made.letter).collect();
        let title = ctx.words.say_with("print-title", &[("count", letters.len().into())]);
        all.push((path.clone(), pdf(&path, &title, &letters)?));
    } else {
        let progress = Progress::of(ctx, key("print-progress-made"), made.len());
        for (n, made) in made.iter().enumerate() {
            progress.at(n);
            let path = args.out.join(format!("{}.pdf", made.row.id));
            all.push((path.clone(), pdf(&path, &made.letter.subject, &[&made.letter])?));
        }
    }
    // all or nothing: what is taken is said before anything is written, and what a full disk broke off is not half there
    all.iter().try_for_each(|(path, _)| files::vacant(ctx, path))?;
    for (n, (path, bytes)) in all.iter().enumerate() {
        files::put(ctx, path, bytes).inspect_err(|_| {
            for (path, _) in all.iter().take(n) {
                let _as_far_as_it_goes = std::fs::remove_file(path);
            }
        })?;
    }
    Ok(all.into_iter().map(|(path, _)| path).collect())
}

/// The letter, and the names of files that must be printed beside it.
fn letter(words: &Words, kept: &ToPrint, address: Option<&[String]>) -> (Letter, Vec<String>) {
    let (n, code) = (&kept.notice, kept.notice.id.to_string());
    let day = n.place.zone.date(n.made_at).map(|day| long_day(words, day)).unwrap_or_default();
    let (mut pieces, mut beside) = (vec![Piece::Text(words.say(why(kept.why)))], Vec::new());
    pieces.extend(described(&n.subject, &n.description));
    for (number, (file, bytes)) in n.files.iter().zip(&kept.files).enumerate() {
        let text =
            bytes.as_deref().filter(|_| number == 0 && body::is_text(&file.media)).and_then(|b| core::str::from_utf8(b).ok());
        match text {
            Some(text) => pieces.extend(self::pieces(&body::lines(text, &file.media), file.media.starts_with("text/plain"))),
            None => beside.push(file.name.clone()),
        }
    }
    if !n.uris.is_empty() {
        pieces.push(Piece::Heading(words.say("letter-uris")));
        pieces.extend(n.uris.iter().map(|uri| Piece::Line(shown(uri))));
    }
    if !beside.is_empty() {
        pieces.push(Piece::Heading(words.say("letter-beside")));
        let lines = n.files.iter().filter(|file| beside.contains(&file.name));
        pieces.extend(lines.map(|file| Piece::Line(format!("{} ({})", shown(&file.name), size(words, file.len)))));
    }
    pieces.push(Piece::Heading(words.say("letter-effect")));
    pieces.extend(effect(words, n.act, address.is_some()));
    let grouped = code.as_bytes().chunks(8).map(|part| String::from_utf8_lossy(part).into_owned()).collect::<Vec<_>>().join(" ");
    let way = if address.is_some() { key("letter-way-letter") } else { key("letter-way-counter") };
    let letter = Letter {
        sender: shown(&kept.certificate.name),
        way: words.say(way),
        address: address
            .map_or_else(|| vec![words.say_with("letter-run", &[("run", n.run.canonical().into())])], <[String]>::to_vec),
        facts: facts(words, [&n.case, &n.procedure], day, grouped),
        subject: shown(&n.subject),
        pieces,
        qr: words.say_with("letter-qr", &[("code", code.as_str().into())]),
        code,
    };
    (letter, beside)
}

/// What the sheet says of itself beside the address; a notice may be of no procedure.
fn facts(words: &Words, [case, procedure]: [&str; 2], day: String, code: String) -> Vec<(String, String)> {
    let of = (!procedure.trim().is_empty()).then(|| (words.say("letter-procedure"), shown(procedure)));
    let case = (words.say("letter-case"), shown(case));
    let rest = [(words.say("letter-day"), day), (words.say("letter-code"), code)];
    core::iter::once(case).chain(of).chain(rest).collect()
}

/// What it is about, in the body's words; once, if the subject says the same.
fn described(subject: &str, description: &str) -> Option<Piece> {
    let says = description.trim();
    (!says.is_empty() && says != subject.trim()).then(|| Piece::Text(shown(says)))
}

/// Why it comes on paper, to the person.
const fn why(why: Why) -> &'static str {
    match why {
        Why::Exempt(ExemptReason::Law) => key("letter-why-exempt"),
        Why::Exempt(ExemptReason::LegalPerson | ExemptReason::Minor | ExemptReason::Dead) => key("letter-why-other"),
        Why::NoAccount | Why::ClosedSince | Why::TooLate => key("letter-why-no-account"),
    }
}

/// From when it counts, and until when one may appeal.
fn effect(words: &Words, act: Act, by_letter: bool) -> Vec<Piece> {
    let Act::Notification { term, .. } = act else { return vec![Piece::Text(words.say("letter-informs"))] };
    let made = if by_letter { key("letter-effect-letter") } else { key("letter-effect-counter") };
    let mut out = vec![Piece::Text(words.say(made))];
    out.extend(term.map(|term| Piece::Text(words.say_with("letter-term", &[("days", u32::from(term.days()).into())]))));
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use lacre_words::lang::Lang;

    #[test]
    fn a_letter_has_procedure_and_description_of_what_was_signed_and_says_nothing_twice() {
        let words = Words::new(Lang::Es, crate::catalogues(Lang::Es));
        let of = |procedure| facts(&words, ["E-1", procedure], "6 de julio".to_owned(), "c0de".to_owned());
        let values: Vec<String> = of("Multas de tránsito").into_iter().map(|(_, value)| value).collect();
        assert_eq!(values, ["E-1", "Multas de tránsito", "6 de julio", "c0de"]);
        assert_eq!(of(" ").len(), 3);
        assert_eq!(described("Se resuelve", "Multa por exceso"), Some(Piece::Text("Multa por exceso".to_owned())));
        assert_eq!((described("Se resuelve", "Se resuelve "), described("Se resuelve", "")), (None, None));
    }
}
