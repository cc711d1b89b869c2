use super::*;
use crate::clock::Term;
use crate::notice::Stage;

fn batch() -> BatchText {
    let text = |id: &str| TextRef { id: id.to_owned(), sha256: [5; 32] };
    BatchText {
        id: BatchId::new([1; 16]),
        agency: AgencyCode::parse("SMA").unwrap(),
        made_at: Millis::new(1_783_346_400_000),
        drafter: Some(AccountId::new([2; 32])),
        rule: text("CL-46-2026"),
        calendar: text("CL-2026.1"),
        not_before: Millis::new(1_783_346_400_000),
        not_after: Millis::new(1_783_350_000_000),
        rows: 3,
        root: [6; 32],
    }
}

fn row() -> Row<'static> {
    let file = RowFile { sha256: [1; 32], len: 9, media: "text/plain", name: "resolucion.txt" };
    Row {
        id: NoticeId::new([7; 16]),
        run: Run::parse("40123456-K").unwrap(),
        standing: Standing::Original,
        answers: true,
        act: Act::Notification { stage: Stage::End, term: Term::business_days(5) },
        case: "SMA-2026-17",
        procedure: "sancionatorio",
        subject: "Resolución",
        description: "Se le notifica",
        uris: vec!["https://sma.example/17", "https://sma.example/18"],
        files: vec![file, RowFile { name: "anexo.txt", ..file }],
    }
}

#[test]
fn a_batch_reads_back_and_every_line_of_it_changes_its_digest() {
    let whole = batch();
    assert_eq!(BatchText::parse(&whole.text()), Ok(whole.clone()));
    let unsigned = BatchText { drafter: None, ..whole.clone() };
    assert_eq!(BatchText::parse(&unsigned.text()), Ok(unsigned));
    let changes: [fn(&mut BatchText); 10] = [
        |b| b.id = BatchId::new([9; 16]),
        |b| b.agency = AgencyCode::parse("SII").unwrap(),
        |b| b.made_at = b.made_at.plus(1),
        |b| b.drafter = None,
        |b| b.rule.sha256 = [9; 32],
        |b| b.calendar.sha256 = [9; 32],
        |b| b.not_before = b.not_before.plus(1),
        |b| b.not_after = b.not_after.plus(1),
        |b| b.rows = 4,
        |b| b.root = [9; 32],
    ];
    for (i, change) in changes.iter().enumerate() {
        let mut other = whole.clone();
        change(&mut other);
        assert_ne!(other.digest(), whole.digest(), "{i}");
    }
}

#[test]
fn a_batch_has_one_to_a_million_rows_and_no_line_more() {
    let with = |rows: u32| BatchText::parse(&BatchText { rows, ..batch() }.text());
    assert!(with(1).is_ok() && with(MAX_ROWS).is_ok());
    assert!(with(0).is_err() && with(MAX_ROWS + 1).is_err());
    assert!(BatchText::parse(&format!("{}more\n", batch().text())).is_err());
}

#[test]
fn it_covers_both_ends_of_its_time_and_nothing_beyond() {
    let batch = batch();
    assert!(batch.covers(batch.not_before) && batch.covers(batch.not_after));
    assert!(!batch.covers(batch.not_after.plus(1)));
    assert!(!batch.covers(Millis::new(batch.not_before.get() - 1)));
}

#[test]
fn whatever_changes_in_a_row_changes_its_leaf() {
    let changes: [fn(&mut Row<'static>); 19] = [
        |r| r.id = NoticeId::new([8; 16]),
        |r| r.run = Run::parse("41000001-6").unwrap(),
        |r| r.standing = Standing::Trial,
        |r| r.standing = Standing::Copy([1; 32]),
        |r| r.standing = Standing::Corrects([1; 32]),
        |r| r.answers = false,
        |r| r.act = Act::Notification { stage: Stage::Start, term: Term::business_days(5) },
        |r| r.act = Act::Notification { stage: Stage::End, term: None },
        |r| r.case = "SMA-2026-18",
        |r| r.procedure = "otro",
        |r| r.subject = "Otra",
        |r| r.description = "Se le notifica.",
        |r| r.uris = vec!["https://sma.example/17"],
        |r| r.uris.reverse(),
        |r| r.files.reverse(),
        |r| r.files[0].sha256 = [2; 32],
        |r| r.files[0].len = 10,
        |r| r.files[1].media = "application/pdf",
        |r| r.files[1].name = "otro.txt",
    ];
    for (i, change) in changes.iter().enumerate() {
        let mut other = row();
        change(&mut other);
        assert_ne!(other.leaf(0), row().leaf(0), "{i}");
    }
    assert_ne!(row().leaf(1), row().leaf(0));
}

#[test]
fn what_looks_alike_on_one_line_is_another_row() {
    let mut moved = row();
    (moved.subject, moved.description) = ("Resolución\ndescription Se le", "notifica");
    assert_ne!(moved.leaf(0), row().leaf(0));
    let mut bytes = row();
    bytes.uris.push("");
    let mut fewer = row();
    fewer.uris.clear();
    assert_ne!(bytes.leaf(0), fewer.leaf(0));
}
