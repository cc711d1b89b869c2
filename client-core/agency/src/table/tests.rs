use super::*;
use crate::template::{FillFault, MAX_CASE, MAX_PROCEDURE, MAX_VALUE, Markup, Template, TemplateName, TemplateText};
use lacre_evidence::Act;
use lacre_ground::run::{Run, RunError};
use lacre_ground::time::Millis;
use std::io::{Cursor, Read, Seek, SeekFrom};

fn template(body: &str) -> Template {
    let text = TemplateText {
        act: Act::PersonalCommunication,
        procedure: "becas".to_owned(),
        subject: "Beca".to_owned(),
        description: "Pago de su beca".to_owned(),
        body: body.to_owned(),
        markup: Markup::Markdown,
        file: "beca.md".to_owned(),
        answers: true,
    };
    Template::make(TemplateName::parse("becas").unwrap(), 1, text, Millis::new(0)).unwrap()
}

fn open(bytes: impl AsRef<[u8]>) -> Result<Table<Cursor<Vec<u8>>>, Unreadable> {
    Table::open(Cursor::new(bytes.as_ref().to_vec()))
}

fn checked(body: &str, table: &str, wanted: &Wanted) -> Checked {
    open(table).unwrap().check(&template(body), wanted).unwrap()
}

fn errors(body: &str, table: &str, wanted: &Wanted) -> Vec<(u64, String, Fault)> {
    let errors = checked(body, table, wanted).errors;
    errors.into_iter().map(|e| (e.line, e.column.unwrap_or_default(), e.fault)).collect()
}

/// Example persons.
fn run(n: u32) -> String {
    (0..11)
        .map(|digit| format!("{}-{}", 41_000_000 + n, if digit == 10 { "K".to_owned() } else { digit.to_string() }))
        .find(|text| Run::parse(text).is_ok())
        .unwrap()
}

const LATIN: fn(&str) -> Vec<u8> = |text| encoding_rs::WINDOWS_1252.encode(text).0.into_owned();

#[test]
fn a_table_is_read_in_each_encoding_with_each_separator_and_each_end_of_lines() {
    let rows = format!("RUN|Expediente|Señor/a\n{}|E-1|Núñez “Ñ”, Íñigo\n\n{}|E-2|Ana; \"Añita\"\n", run(1), run(2));
    let template = template("Hola ((señor/a))");
    let utf16 = |text: &str| {
        let units = std::iter::once(0xfeff).chain(text.encode_utf16());
        units.flat_map(u16::to_le_bytes).collect::<Vec<u8>>()
    };
    for (separator, byte) in [(Separator::Comma, ","), (Separator::Semicolon, ";"), (Separator::Tab, "\t")] {
        for end in ["\n", "\r\n", "\r"] {
            let cell = |cell: &str| {
                if cell.contains([',', ';', '"']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell.to_owned() }
            };
            let line = |line: &str| line.split('|').map(cell).collect::<Vec<_>>().join(byte);
            let text = rows.lines().map(line).collect::<Vec<_>>().join(end) + end;
            for (encoding, bytes) in [
                (Encoding::Utf8, text.clone().into_bytes()),
                (Encoding::Utf8Bom, format!("\u{feff}{text}").into_bytes()),
                (Encoding::Utf16, utf16(&text)),
                (Encoding::Windows1252, LATIN(&text)),
            ] {
                let mut table = open(bytes).unwrap();
                assert_eq!((table.encoding(), table.separator()), (encoding, separator), "{text}");
                let checked = table.check(&template, &Wanted::default()).unwrap();
                assert_eq!((checked.rows, checked.errors.as_slice()), (2, [].as_slice()), "{encoding:?} {text}");
                let rows: Vec<Row> = table.rows(&template, &Wanted::default()).unwrap().map(|row| row.ok().unwrap()).collect();
                let seen =
                    |row: &Row| (row.line, row.run.canonical(), row.case.clone(), row.values.get("SEÑOR/A").unwrap().to_owned());
                let row = |line, n, case: &str, name: &str| (line, run(n), case.to_owned(), name.to_owned());
                assert_eq!(
                    rows.iter().map(seen).collect::<Vec<_>>(),
                    [row(2, 1, "E-1", "Núñez “Ñ”, Íñigo"), row(4, 2, "E-2", "Ana; \"Añita\"")],
                    "{encoding:?} {text}"
                );
            }
        }
    }
}

#[test]
fn a_table_of_two_encodings_is_refused_with_a_line_of_each() {
    let mut mixed = format!("run;case;x\n{};1;á\n", run(1)).into_bytes();
    mixed.extend(LATIN(&format!("{};2;a\n{};3;ñ\n", run(2), run(3))));
    assert!(matches!(open(&mixed).err(), Some(Unreadable::Mixed { utf8: 2, other: 4 })));
    // a mark in front says UTF-8
    let mut marked = vec![0xef, 0xbb, 0xbf];
    marked.extend(LATIN(&format!("run;case;x\n{};1;ñ\n", run(1))));
    assert!(matches!(open(&marked).err(), Some(Unreadable::Mixed { utf8: 1, other: 2 })));
    // two bytes of Windows-1252 that look like one letter of UTF-8 by chance
    let table = open(LATIN(&format!("run;case;x\n{};1;“PERÚ” año\n", run(1)))).unwrap();
    assert_eq!(table.encoding(), Encoding::Windows1252);
}

#[test]
fn what_is_no_table_is_refused_for_what_it_is() {
    assert!(matches!(open(b"PK\x03\x04...").err(), Some(Unreadable::Workbook)));
    assert!(matches!(open([0xd0, 0xcf, 0x11, 0xe0, 0xa1]).err(), Some(Unreadable::Workbook)));
    assert!(matches!(open(b"run;case\na\0b").err(), Some(Unreadable::NotText { line: 2 })));
    for empty in ["", "\n \r\n", "\u{feff}", ";;\n"] {
        assert!(matches!(open(empty).err(), Some(Unreadable::Empty)), "{empty:?}");
    }
    let open_quote = format!("run;case;x\n\n{};1;\"a\n{};2;b\n", run(1), run(2));
    let error = open(open_quote).unwrap().check(&template("((x))"), &Wanted::default()).unwrap_err();
    assert!(matches!(error, Unreadable::OpenQuote { line: 3 }), "{error:?}");
}

#[test]
fn lines_are_those_that_a_spreadsheet_shows() {
    let table = format!("sep=;\nrun;case;x\n\n{};1;\"a\r\nb\r\nc\"\n;;\n{};2;\n{};;y\n", run(1), run(2), run(3));
    assert_eq!(
        errors("((x))", &table, &Wanted::default()),
        [(6, "x".to_owned(), Fault::Empty), (7, "case".to_owned(), Fault::Empty)]
    );
}

#[test]
fn all_that_is_wrong_in_all_rows_is_said_at_once_by_line_and_column() {
    let mut table = "RUT;Expediente;Monto;Nombre\n".to_owned();
    let bad = run(9).replace('-', "-9-");
    let digit = {
        let run = run(4);
        let (n, d) = run.split_once('-').unwrap();
        format!("{n}-{}", if d == "0" { "1" } else { "0" })
    };
    table.push_str(&format!("{};1;10;Ana\n", run(1)));
    table.push_str(&format!("{bad};;;\u{1}\n"));
    table.push_str(&format!("{digit};2;10;Ana\n"));
    table.push_str(&format!("{};3;10;Ana;más\n", run(5)));
    table.push_str(&format!("{};4;10\n", run(6)));
    table.push_str(&format!("{};5;10;Ana\n", run(1)));
    table.push_str(&format!("{};6;{};Ana\n", run(7), "1".repeat(MAX_VALUE + 1)));
    table.push_str(&format!("{};{};10;Ana\n", run(8), "1".repeat(MAX_CASE + 1)));
    table.push_str(&format!("{};\"7\n8\";10;Ana\n", run(10)));
    let column = |line: u64, name: &str, fault: Fault| (line, name.to_owned(), fault);
    let checked = checked("((monto)) ((nombre))", &table, &Wanted::default());
    assert_eq!(checked.rows, 9);
    let found: Vec<_> = checked.errors.into_iter().map(|e| (e.line, e.column.unwrap_or_default(), e.fault)).collect();
    assert_eq!(
        found,
        [
            column(3, "Nombre", Fault::Control),
            column(3, "RUT", Fault::Run(RunError::Shape)),
            column(3, "Expediente", Fault::Empty),
            column(3, "Monto", Fault::Empty),
            column(4, "RUT", Fault::Run(RunError::CheckDigit)),
            column(5, "", Fault::Fields { found: 5, wanted: 4 }),
            column(6, "", Fault::Fields { found: 3, wanted: 4 }),
            column(7, "RUT", Fault::SamePerson { first: 2 }),
            column(8, "Monto", Fault::Long { bytes: MAX_VALUE + 1, most: MAX_VALUE }),
            column(9, "Expediente", Fault::Long { bytes: MAX_CASE + 1, most: MAX_CASE }),
            column(10, "Expediente", Fault::Lines),
        ]
    );
}

#[test]
fn columns_that_nothing_takes_and_columns_that_are_missing_are_named() {
    let placeholders = vec!["monto".to_owned(), "fecha".to_owned()];
    let table = format!("run;RUT;monot;x;monto;Monto;\n{};{};1;2;3;4;\n", run(1), run(1));
    let unknown = || Fault::UnknownColumn { placeholders: placeholders.clone() };
    let column = |name: &str, fault: Fault| (1, name.to_owned(), fault);
    assert_eq!(
        errors("((monto)) ((fecha))", &table, &Wanted { attach: vec!["PDF".to_owned()], addresses: false }),
        [
            column("RUT", Fault::SameColumn),
            column("monot", unknown()),
            column("x", unknown()),
            column("Monto", Fault::SameColumn),
            column("case", Fault::MissingColumn),
            column("PDF", Fault::MissingColumn),
            column("fecha", Fault::MissingColumn),
        ]
    );
    let nameless = format!("run;case;\n{};1;\n{};2;y\n", run(1), run(2));
    assert_eq!(errors("a", &nameless, &Wanted::default()), [(3, String::new(), Fault::NamelessColumn)]);
}

#[test]
fn columns_of_the_house_are_values_too_by_each_of_their_names() {
    let body = "((rut)) ((iuie)) ((name)) ((procedimiento)) ((comuna))";
    let table = format!("run;expediente;nombre;procedure;Comuna\n{};E-1;Ana;;Ñuñoa\n{};E-2;Eva;otro;Lota\n", run(1), run(2));
    let template = template(body);
    let mut table = open(table).unwrap();
    assert!(table.check(&template, &Wanted::default()).unwrap().is_good());
    let filled: Vec<_> = table
        .rows(&template, &Wanted::default())
        .unwrap()
        .map(|row| {
            let row = row.ok().unwrap();
            (row.procedure, String::from_utf8(template.fill(&row.values).unwrap().body).unwrap())
        })
        .collect();
    assert_eq!(
        filled,
        [(None, format!("{} E-1 Ana becas Ñuñoa", run(1))), (Some("otro".to_owned()), format!("{} E-2 Eva otro Lota", run(2)))]
    );
}

#[test]
fn an_address_is_a_name_a_street_and_a_comuna_and_is_demanded_where_a_letter_goes() {
    let head = "run;case;Código Postal;Comuna;Dirección 2;Dirección 1;Nombre;Región\n";
    let table = format!("{head}{};1;7500000;Ñuñoa;depto. 5;Los Aromos 12;Ana Díaz;\n{};2;;Lota;;;Eva;\n", run(1), run(2));
    let wanted = Wanted { attach: Vec::new(), addresses: true };
    let template = template("a");
    let mut table = open(table).unwrap();
    let rows: Vec<Row> = table.rows(&template, &Wanted::default()).unwrap().map(|row| row.ok().unwrap()).collect();
    let address = rows[0].address.clone().unwrap();
    assert_eq!(address.name, "Ana Díaz");
    assert_eq!(address.lines, ["Los Aromos 12", "depto. 5", "Ñuñoa", "7500000"]);
    assert!(rows[1].address.is_none());
    let found = table.check(&template, &wanted).unwrap().errors;
    assert_eq!(found, [RowError { line: 3, column: None, fault: Fault::NoAddress }]);
    let without = format!("run;case;nombre\n{};1;Ana\n", run(1));
    let missing = |name: &str| (1, name.to_owned(), Fault::MissingColumn);
    assert_eq!(errors("a", &without, &wanted), [missing("address 1"), missing("comuna")]);
}

#[test]
fn attachments_of_a_row_are_names_inside_their_folder_and_none_is_said() {
    let wanted = Wanted { attach: vec!["Anexo".to_owned()], addresses: false };
    let many = vec!["a"; MAX_ATTACHMENTS].join("|");
    let table = format!(
        "run;case;ANEXO\n{};1;a.pdf | sub/b.pdf\n{};2;-\n{};3;\n{};4;../c.pdf\n{};5;/etc/x\n{};6;{many}\n{};7;{many}|b\n",
        run(1),
        run(2),
        run(3),
        run(4),
        run(5),
        run(6),
        run(7)
    );
    let template = template("a");
    let mut table = open(table).unwrap();
    let anexo = |line, fault| RowError { line, column: Some("ANEXO".to_owned()), fault };
    assert_eq!(
        table.check(&template, &wanted).unwrap().errors,
        [
            anexo(4, Fault::Empty),
            anexo(5, Fault::AttachmentName),
            anexo(6, Fault::AttachmentName),
            anexo(8, Fault::Attachments { count: MAX_ATTACHMENTS + 1, most: MAX_ATTACHMENTS }),
        ]
    );
    let mut rows = table.rows(&template, &wanted).unwrap();
    assert_eq!(rows.next().unwrap().ok().unwrap().attachments, ["a.pdf", "sub/b.pdf"]);
    assert_eq!(rows.next().unwrap().ok().unwrap().attachments, Vec::<String>::new());
}

#[test]
fn what_a_row_makes_of_the_template_is_looked_at_before_anything_is_sent() {
    let body = "((x)) ".repeat(1 << 13);
    let table = format!("run;case;x\n{};1;a\n{};2;{}\n", run(1), run(2), "b".repeat(200));
    let found = errors(&body, &table, &Wanted::default());
    assert!(matches!(found.as_slice(), [(3, _, Fault::Fill(FillFault::PartLong { .. }))]), "{found:?}");
}

#[test]
fn each_limit_of_a_row_holds_on_both_sides() {
    let wanted = Wanted::default();
    let row = |case: usize, procedure: usize, value: usize, street: usize| {
        let long = |n: usize| "v".repeat(n);
        let (case, procedure, value, street) = (long(case), long(procedure), long(value), long(street));
        let table = format!("run;case;procedure;x;address\n{};{case};{procedure};{value};{street}\n", run(1));
        errors("((x))", &table, &wanted).into_iter().map(|(_, column, _)| column).collect::<Vec<_>>()
    };
    assert_eq!(row(MAX_CASE, MAX_PROCEDURE, MAX_VALUE, MAX_ADDRESS_LINE), Vec::<String>::new());
    let over = row(MAX_CASE + 1, MAX_PROCEDURE + 1, MAX_VALUE + 1, MAX_ADDRESS_LINE + 1);
    assert_eq!(over, ["case", "procedure", "address", "x"]);
}

#[test]
fn errors_beyond_the_limit_are_counted() {
    for (rows, kept, more) in [(MAX_ERRORS, MAX_ERRORS, 0), (MAX_ERRORS + 3, MAX_ERRORS, 3)] {
        let checked = checked("a", &format!("run;case\n{}", "x;1\n".repeat(rows)), &Wanted::default());
        assert_eq!((checked.errors.len(), checked.more), (kept, more));
        assert_eq!(checked.rows, u64::try_from(rows).unwrap());
    }
}

#[test]
fn one_row_more_than_a_table_may_have_is_an_error_and_ends_it() {
    let most = usize::try_from(MAX_ROWS).unwrap();
    let rows = |n: usize| format!("case;x\n{}", "1;a\n".repeat(n));
    let column = (1, "run".to_owned(), Fault::MissingColumn);
    assert_eq!(errors("((x))", &rows(most), &Wanted::default()), std::slice::from_ref(&column));
    let found = errors("((x))", &rows(most + 5), &Wanted::default());
    assert_eq!(found, [column, (MAX_ROWS + 2, String::new(), Fault::Rows { most: MAX_ROWS })]);
}

/// A file of so many bytes that lies nowhere: a line of names, then spaces and new lines.
struct Large {
    len: u64,
    at: u64,
    line: u64,
}

impl Read for Large {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let leave = usize::try_from(self.len - self.at).unwrap_or(usize::MAX).min(out.len());
        let head = b"run;case\n";
        let out = &mut out[..leave];
        out.fill(b' ');
        let (first, last) = (self.at, self.at + u64::try_from(leave).unwrap());
        for at in (first.div_ceil(self.line) * self.line..last).step_by(usize::try_from(self.line).unwrap()) {
            out[usize::try_from(at - first).unwrap()] = b'\n';
        }
        for (at, byte) in head.iter().enumerate().take(usize::try_from(last).unwrap()).skip(usize::try_from(first).unwrap()) {
            out[at - usize::try_from(first).unwrap()] = *byte;
        }
        self.at = last;
        Ok(leave)
    }
}

impl Seek for Large {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        self.at = match to {
            SeekFrom::Start(at) => at,
            SeekFrom::End(_) => self.len,
            SeekFrom::Current(_) => self.at,
        };
        Ok(self.at)
    }
}

#[test]
fn a_file_and_a_line_of_the_largest_size_are_taken_and_larger_ones_are_not() {
    let large = |len, line| Table::open(Large { len, at: 0, line });
    assert!(large(MAX_TABLE, 1000).is_ok());
    assert!(
        matches!(large(MAX_TABLE + 1, 1000).err(), Some(Unreadable::TooLarge { bytes, most: MAX_TABLE }) if bytes == MAX_TABLE + 1)
    );
    // the second line ends at twice this number
    assert!(large(4 * MAX_LINE, MAX_LINE).is_ok());
    assert!(matches!(large(4 * MAX_LINE, MAX_LINE + 1).err(), Some(Unreadable::LongLine { .. })));
    // a quote that is never closed makes no row of a hundred mebibytes
    let mut quoted = b"run;case\n\"".to_vec();
    quoted.extend(b"0123456\n".repeat(1 << 19));
    let error = open(quoted).unwrap().check(&template("a"), &Wanted::default()).unwrap_err();
    assert!(matches!(error, Unreadable::LongLine { line: 2, most: MAX_LINE }), "{error:?}");
}

fn plain(bytes: impl AsRef<[u8]>) -> Result<Plain, Unreadable> {
    Plain::read(Cursor::new(bytes.as_ref().to_vec()), &["notice", "address"])
}

/// Known columns decide: `a,b,c;address` has more commas than semicolons.
#[test]
fn a_table_of_other_columns_is_read_whole_with_the_lines_that_a_spreadsheet_shows() {
    let table = plain(LATIN("sep=;\nnotice; address \n\n1;\"Ñuñoa,\nChile\"\n2\n")).unwrap();
    let (notice, address) = (table.column(&["notice"]).unwrap(), table.column(&["address"]).unwrap());
    let rows: Vec<(u64, &str, &str)> =
        table.rows.iter().map(|(line, row)| (*line, row.cell(notice), row.cell(address))).collect();

    assert_eq!(rows, [(4, "1", "Ñuñoa,\nChile"), (5, "2", "")]);
    assert_eq!((table.column(&["run"]), plain("a,b,c;address\n").unwrap().column(&["address"])), (None, Some(1)));
}

#[test]
fn a_table_that_cannot_be_read_to_its_end_gives_no_row() {
    assert!(matches!(plain("notice,address\n1,a\n2,\"b\n"), Err(Unreadable::OpenQuote { line: 3 })));
    assert!(matches!(plain(""), Err(Unreadable::Empty)));
    let rows = |n: u64| format!("notice\n{}", "x\n".repeat(usize::try_from(n).unwrap()));
    assert_eq!(plain(rows(MAX_ROWS)).unwrap().rows.len() as u64, MAX_ROWS);
    assert!(matches!(plain(rows(MAX_ROWS + 1)), Err(Unreadable::Rows { most: MAX_ROWS })));
}

#[test]
fn what_a_spreadsheet_lost_is_an_error_by_line_and_column_whatever_the_column_is_for() {
    let table = format!(
        "run;case;x;nombre;address;comuna\n{};#N/A;a;Ana;Calle 1;Santiago\n4,1000001E+07;1;#¡REF!;#¿NOMBRE?;Calle 1;Santiago\n#¡VALOR!;2;a;Ana;#DIV/0!;########\n{};3;a;N/A;#Becas;Santiago\n",
        run(1),
        run(2)
    );
    let at = |line, column: &str, fault| (line, column.to_owned(), fault);
    assert_eq!(
        errors("((x))", &table, &Wanted::default()),
        [
            at(2, "case", Fault::Error),
            at(3, "x", Fault::Error),
            at(3, "nombre", Fault::Error),
            at(3, "run", Fault::Shortened),
            at(4, "run", Fault::Error),
            at(4, "address", Fault::Error),
            at(4, "comuna", Fault::Error),
        ]
    );
    let plain = Plain::read(Cursor::new("notice;what\nabcd;posted\n#REF!;posted\n"), &["notice"]);
    assert!(matches!(plain.err(), Some(Unreadable::Spoiled { line: 3, column }) if column == "notice"));
}
