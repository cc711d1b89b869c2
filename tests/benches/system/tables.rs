//! (t) Recipients' tables: a table of 100,000 rows, looked at whole before anybody is asked.
//!
//! What is measured is `Table::open` and `Table::check`: encoding, separator, each row read, and a template of some 2 KiB filled with
//! it and read as CommonMark. A row must cost as much in a large table as in a small one, and the memory of the process must not grow
//! with the rows but for the RUNs that came (the kernel's own peak, set back before each round).

use crate::report::{ROUNDS, Target, figure, ratio, thread_cpu};
use lacre_agency::table::{Table, Wanted};
use lacre_agency::template::{Markup, Template, TemplateName, TemplateText};
use lacre_evidence::Act;
use lacre_ground::run::Run;
use lacre_ground::time::Millis;
use std::fmt::Write as _;
use std::io::Write as _;

const ROWS: u32 = 100_000;
const FEW: u32 = 1_000;

fn template() -> Template {
    let paragraph = "Se informa a ((nombre)) que se resolvió su solicitud por **((monto))**, que se paga en ((fecha)). ";
    let text = TemplateText {
        act: Act::PersonalCommunication,
        procedure: "becas".to_owned(),
        subject: "Beca de ((nombre))".to_owned(),
        description: "Monto: ((monto))".to_owned(),
        body: format!("# Resolución\n\n{}\n\n- Puede recurrir.\n", paragraph.repeat(20)),
        markup: Markup::Markdown,
        file: "beca.md".to_owned(),
        answers: true,
    };
    Template::make(TemplateName::parse("becas").unwrap(), 1, text, Millis::new(0)).unwrap()
}

/// A file of so many rows; its check digits are found by trying.
fn table(rows: u32) -> std::fs::File {
    let mut text = "RUN;Expediente;Nombre;Monto;Fecha\n".to_owned();
    for n in 0..rows {
        let number = 40_000_000 + n;
        let run = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "K"]
            .iter()
            .map(|digit| format!("{number}-{digit}"))
            .find(|run| Run::parse(run).is_ok())
            .unwrap();
        writeln!(text, "{run};E-{n};Persona de Ejemplo {n};$ {n}.000;{} de marzo", 1 + n % 28).unwrap();
    }
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file
}

/// Microseconds of CPU for a row.
fn checked(file: &std::fs::File, template: &Template, rows: u32) -> f64 {
    let start = thread_cpu();
    let found = Table::open(file).unwrap().check(template, &Wanted::default()).unwrap();
    assert!(found.is_good() && found.rows == u64::from(rows));
    (thread_cpu() - start).as_secs_f64() * 1e6 / f64::from(rows)
}

/// The greatest memory of this process while it worked, kB.
fn peak(work: impl FnOnce() -> f64) -> f64 {
    std::fs::write("/proc/self/clear_refs", "5").unwrap();
    let _ = work();
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

pub fn run() {
    let template = template();
    let (many, few) = (table(ROWS), table(FEW));
    ratio(
        "tables: CPU of a row in a table of 100,000 against one of 1,000",
        "µs",
        Target::AtMost(1.3),
        || checked(&many, &template, ROWS),
        || checked(&few, &template, FEW),
    );
    let rounds = (0..ROUNDS).map(|_| 1e6 / checked(&many, &template, ROWS)).collect();
    figure("tables: rows looked at in a second", "rows", Target::Printed, rounds);
    ratio(
        "tables: memory of the process, 100,000 rows against 1,000",
        "kB",
        Target::AtMost(1.3),
        || peak(|| checked(&many, &template, ROWS)),
        || peak(|| checked(&few, &template, FEW)),
    );
}
