use super::*;
use crate::template::{Markup, TemplateName, TemplateText};
use flate2::{Compression, write::ZlibEncoder};
use lacre_evidence::clock::Term;
use lacre_evidence::notice::Stage;
use lacre_ground::time::Millis;
use std::io::Write as _;

fn warnings(act: Act, markup: Markup, body: &str, files: &[NewFile]) -> Vec<Warning> {
    let text = TemplateText {
        act,
        procedure: "becas".to_owned(),
        subject: "Beca".to_owned(),
        description: "Se resuelve su solicitud".to_owned(),
        body: body.to_owned(),
        markup,
        file: "beca.md".to_owned(),
        answers: true,
    };
    lint(&Template::make(TemplateName::parse("becas").unwrap(), 1, text, Millis::new(0)).unwrap(), files)
}

fn informs(body: &str) -> Vec<Warning> {
    warnings(Act::PersonalCommunication, Markup::Markdown, body, &[])
}

#[test]
fn a_sentence_is_long_by_its_words_and_named_by_the_line_in_which_it_begins() {
    let sentence = |words: usize| format!("La {} fin.", "palabra ".repeat(words - 2).trim());
    for markup in [Markup::Markdown, Markup::Plain] {
        let found = |body: &str| warnings(Act::Communique, markup, body, &[]);
        let long = format!("Uno.\n\n{} {}\n", sentence(LONG_SENTENCE), sentence(LONG_SENTENCE));
        assert_eq!(found(&long), [], "two sentences of the most words");
        let begin = "La palabra palabra palabra palabra palabra".to_owned();
        let warning = Warning::LongSentence { line: 3, words: LONG_SENTENCE + 1, most: LONG_SENTENCE, begin };
        assert_eq!(found(&format!("Uno.\n\n{}\n", sentence(LONG_SENTENCE + 1))), [warning]);
    }
    // a full stop of an abbreviation ends nothing, a heading ends, a placeholder is one word, code is not read
    let half = "palabra ".repeat(LONG_SENTENCE / 2);
    assert_eq!(informs(&format!("{half} art. 45 {half}")).len(), 1);
    assert_eq!(informs(&format!("# {half}\n{half}\n\n- {half}\n- {half}\n")), []);
    assert_eq!(informs(&format!("{half} ((uno dos tres cuatro cinco seis siete ocho nueve diez once))")), []);
    assert_eq!(informs(&format!("```\n{half}{half}{half}\n```\nfin")), []);
}

#[test]
fn a_table_is_warned_of_by_its_line_because_a_letter_shows_its_bars() {
    let table = "Uno.\n\n| Mes | Monto |\n|---|---|\n| ((mes)) | 10 |\n";
    let found = |markup, body: &str| {
        let all = warnings(Act::PersonalCommunication, markup, body, &[]);
        all.into_iter().filter(|w| matches!(w, Warning::Table { .. })).collect::<Vec<_>>()
    };
    assert_eq!(found(Markup::Markdown, table), [Warning::Table { line: 3 }]);
    assert_eq!(found(Markup::Plain, table), [], "there it is a text like any other");
    assert_eq!(found(Markup::Markdown, "Uno | dos\n\n- Mes: 10\n"), []);
}

#[test]
fn an_abbreviation_is_written_out_somewhere_or_named() {
    let unknown = |body: &str| {
        let word = |w| if let Warning::Abbreviation { word } = w { Some(word) } else { None };
        informs(body).into_iter().filter_map(word).collect::<Vec<_>>()
    };
    assert_eq!(unknown("Según la DGOP y el SEA."), ["DGOP", "SEA"]);
    assert_eq!(unknown("La Dirección General de Obras Públicas (DGOP) resuelve. La DGOP avisa."), Vec::<String>::new());
    assert_eq!(unknown("El SEA (servicio de evaluación) avisa."), Vec::<String>::new());
    assert_eq!(unknown("Su RUN en el tomo XIV, año II, ((ABC))."), Vec::<String>::new());
    assert_eq!(unknown("# RESOLUCIÓN EXENTA\n\nSe avisa."), Vec::<String>::new());
}

#[test]
fn a_notification_that_starts_a_term_says_how_to_appeal() {
    let starts = Act::Notification { stage: Stage::End, term: Term::business_days(5) };
    let none = Act::Notification { stage: Stage::End, term: None };
    let silent = "Se rechaza su solicitud de beca.";
    let found = |act, body: &str| warnings(act, Markup::Markdown, body, &[]);
    assert_eq!(found(starts, silent), [Warning::NoAppeal]);
    assert_eq!(found(none, silent), []);
    for says in [
        "Puede recurrir.",
        "Puede presentar un recurso de reposición.",
        "Puede RECLAMAR.",
        "You may appeal.",
        "You can contest it.",
    ] {
        assert_eq!(found(starts, &format!("{silent} {says}")), [], "{says}");
    }
}

#[test]
fn a_body_that_only_points_at_its_attachment_is_named() {
    for body in ["Vea el documento adjunto.", "Se remite resolución en anexo.", "See attachment."] {
        assert_eq!(informs(body), [Warning::OnlyAttachment], "{body}");
    }
    assert_eq!(informs("Se rechaza su solicitud."), []);
    let short = |words: usize| format!("adjunto. {}", "Palabra. ".repeat(words - 1));
    assert_eq!(informs(&short(SHORT_BODY)), [Warning::OnlyAttachment]);
    assert_eq!(informs(&short(SHORT_BODY + 1)), []);
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut out = ZlibEncoder::new(Vec::new(), Compression::default());
    out.write_all(bytes).unwrap();
    out.finish().unwrap()
}

fn stream(dictionary: &str, data: &[u8]) -> Vec<u8> {
    let mut out = format!("1 0 obj\n<< {dictionary} /Length {} >>\nstream\n", data.len()).into_bytes();
    out.extend_from_slice(data);
    out.extend_from_slice(b"\nendstream\nendobj\n");
    out
}

fn pdf(parts: &[Vec<u8>]) -> Vec<u8> {
    [b"%PDF-1.7\n".to_vec(), parts.concat(), b"%%EOF\n".to_vec()].concat()
}

#[test]
fn a_pdf_has_text_if_it_has_a_font_also_inside_of_a_packed_stream() {
    let page = b"2 0 obj\n<< /Type /Page /Resources << /Font << /F1 3 0 R >> >> >>\nendobj\n".to_vec();
    let scan = stream("/Type /XObject /Subtype /Image /Filter /DCTDecode", b"\xff\xd8 stream /Font of a picture");
    let objects = |text: &[u8]| stream("/Type /ObjStm /Filter /FlateDecode", &packed(text));
    let drawing = stream("/Filter /FlateDecode", &packed(b"q 595 0 0 842 0 0 cm /Im0 Do Q"));
    let closed = stream("/Filter /LZWDecode", b"....");
    assert_eq!(pdf_text(&pdf(&[page, scan.clone()])), PdfText::Has);
    assert_eq!(pdf_text(&pdf(&[objects(b"<< /Resources << /Font << /F1 3 0 R >> >> >>"), scan.clone()])), PdfText::Has);
    assert_eq!(pdf_text(&pdf(&[objects(b"<< /Type /Page >>"), drawing.clone(), scan.clone()])), PdfText::None);
    assert_eq!(pdf_text(&pdf(&[objects(b"<< /Type /Page >>"), closed, scan.clone()])), PdfText::Unknown);
    assert_eq!(pdf_text(&pdf(&[b"trailer << /Encrypt 4 0 R >>\n".to_vec(), scan])), PdfText::Unknown);
    assert_eq!(pdf_text(&pdf(&[drawing])), PdfText::Unknown);
    assert_eq!(pdf_text(b""), PdfText::Unknown);
}

#[test]
fn no_more_of_a_pdf_is_opened_than_the_limit() {
    let picture = || stream("/Subtype /Image /Filter /DCTDecode", b"\xff\xd8");
    let zeros = |len: u64| stream("/Filter /FlateDecode", &packed(&vec![b' '; usize::try_from(len).unwrap()]));
    assert_eq!(pdf_text(&pdf(&[zeros(MAX_LOOKED_AT - 1), picture()])), PdfText::None);
    assert_eq!(pdf_text(&pdf(&[zeros(MAX_LOOKED_AT), picture()])), PdfText::Unknown);
}

#[test]
fn scans_among_the_attachments_are_named_and_other_files_are_not_looked_into() {
    let file = |name: &str, media: &str, bytes: Vec<u8>| NewFile { name: name.to_owned(), media: media.to_owned(), bytes };
    let scan = pdf(&[stream("/Subtype /Image /Filter /DCTDecode", b"\xff\xd8")]);
    let files = [
        file("acta.pdf", "application/pdf", scan.clone()),
        file("roto.pdf", "application/pdf", b"%PDF-".to_vec()),
        file("acta.png", "image/png", scan),
    ];
    let named = |name: &str| name.to_owned();
    assert_eq!(
        warnings(Act::Communique, Markup::Markdown, "Se avisa.", &files),
        [Warning::NoText { name: named("acta.pdf") }, Warning::Unknown { name: named("roto.pdf") }]
    );
}
