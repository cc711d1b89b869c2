//! Many notices: a table of twenty people, drafted by one official and approved by another; the relay and the body's program end
//! half-way, and every row is there once.

use super::notice::Office;
use super::people::{Alarm, Person};
use super::story::{ANA, BRUNO, Story};
use lacre_agency::officials::{ApprovalFile, Card, RolesFile};
use lacre_agency::package::{RowFiles, look};
use lacre_agency::table::{Encoding, Row, Table, Wanted};
use lacre_agency::template::{Markup, Template, TemplateName, TemplateText};
use lacre_agency::{
    Archive as _, Batch, Beside, BodyTrouble, NewBatch, NewFile, NewRow, Route, RowStage, Stopped, evidence_name,
};
use lacre_evidence::clock::{LegalDates, Term};
use lacre_evidence::{Act, Outcome, Role, Stage, Trust, Verdict, verify};
use lacre_ground::agency::AgencyCode;
use lacre_ground::ids::Handle;
use lacre_words::failure::Failure;
use lacre_words::shown::shown;
use lacre_words::words::key;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufReader};

/// Officials: public name of the office, RUN. Nobody has these RUNs.
const OFFICIALS: [(&str, &str); 3] =
    [("aurora.oficina", "40.000.006-9"), ("blanca.oficina", "40.000.007-7"), ("delia.oficina", "40.000.008-5")];
/// For whom notices take no effect here, and why.
const EXEMPT: [(&str, &str); 2] = [("40.000.101-4", "law"), ("40.000.102-2", "legal-person")];
/// Ana, Bruno and Carla; the two above; fifteen who have no account.
const TABLE: [(&str, &str); 20] = [
    ("40.000.001-8", "Ana Ejemplo"),
    ("40.000.002-6", "Bruno Ejemplo"),
    ("40.000.003-4", "Carla Ejemplo"),
    ("40.000.101-4", "Íñigo Núñez Ejemplo"),
    ("40.000.102-2", "Áridos Ejemplo Limitada"),
    ("40.000.103-0", "Persona Ejemplo 6"),
    ("40.000.104-9", "Persona Ejemplo 7"),
    ("40.000.105-7", "Persona Ejemplo 8"),
    ("40.000.106-5", "Persona Ejemplo 9"),
    ("40.000.107-3", "Persona Ejemplo 10"),
    ("40.000.108-1", "Persona Ejemplo 11"),
    ("40.000.109-K", "Persona Ejemplo 12"),
    ("40.000.110-3", "Persona Ejemplo 13"),
    ("40.000.111-1", "Persona Ejemplo 14"),
    ("40.000.112-K", "Persona Ejemplo 15"),
    ("40.000.113-8", "Persona Ejemplo 16"),
    ("40.000.114-6", "Persona Ejemplo 17"),
    ("40.000.115-4", "Persona Ejemplo 18"),
    ("40.000.116-2", "Persona Ejemplo 19"),
    ("40.000.117-0", "Persona Ejemplo 20"),
];

/// The office accounts, and the list of roles that two of them signed.
struct Officials {
    approver: Person,
    drafter: Person,
    roles: RolesFile,
}

impl Story<'_> {
    /// A table of twenty; how many of them were sent.
    pub(super) fn batch(&mut self, mut office: Office) -> Result<u64, Failure> {
        let mut officials = self.officials()?;
        for (run, reason) in EXEMPT {
            self.relay.exempt(run, reason).map_err(|e| self.machine(&e))?;
        }
        office.body.use_officials(officials.roles.clone(), None).map_err(|e| self.body(&e))?;
        let template = self.template(&mut office)?;
        let batch = self.drafted(&mut office, &template, &officials)?;
        let early = office.body.send_block(&mut office.network, &mut office.evidence, batch.id);
        self.shown(matches!(early, Err(BodyTrouble::NotApproved { .. })), key("demo-claim-waits-for-two"))?;
        self.approved(&mut office, &batch, &mut officials)?;
        let mut office = self.dispatched(office, &batch)?;
        self.every_row_once(&mut office, &batch)
    }

    fn officials(&mut self) -> Result<Officials, Failure> {
        let mut all = Vec::new();
        for (n, (name, run)) in OFFICIALS.into_iter().enumerate() {
            let code = self.relay.office_code(super::notice::CODE, run, n < 2).map_err(|e| self.machine(&e))?;
            let handle = Handle::parse(name).map_err(|e| self.machine(&io::Error::other(e.to_string())))?;
            let dir = self.folder.join(name);
            all.push(Person::enrolled(&dir, &handle, &code, Alarm::new()).map_err(|e| self.not_enrolled(e, &dir))?);
        }
        let Ok([mut first, mut approver, drafter]) = <[Person; 3]>::try_from(all) else { return Err(self.none("officials")) };
        let agency = AgencyCode::parse(super::notice::CODE).ok_or_else(|| self.none("code"))?;
        let of = |e| super::story::trouble(self.ctx, e);
        let cards = [first.client.ask_office(&mut first.network), approver.client.ask_office(&mut approver.network)];
        let [first_card, second_card] = cards.map(|card| card.map(Card::from));
        let keys = first.client.registrar_keys().map_err(of)?;
        let mut roles = RolesFile::default();
        let roles_of = [
            (first.account, Role::Administrator),
            (approver.account, Role::Administrator),
            (approver.account, Role::Approver),
            (drafter.account, Role::Drafter),
        ];
        let (mut next, made_at) = (None, first.client.office_time().map_err(of)?);
        for role in roles_of {
            let list =
                roles.next(&agency, &keys, made_at, role, true).map_err(|e| self.machine(&io::Error::other(e.to_string())))?;
            roles.begin(&list);
            next = Some(list);
        }
        let next = next.ok_or_else(|| self.none("list"))?;
        let once = first.client.sign_roles(&next, None).map_err(of)?;
        let twice = approver.client.sign_roles(&next, Some(&once)).map_err(of)?;
        let early = roles.signed(once, first_card.map_err(of)?, &agency, &keys);
        let in_force = roles.signed(twice, second_card.map_err(of)?, &agency, &keys);
        self.shown(in_force && !early, key("demo-claim-roles"))?;
        Ok(Officials { approver, drafter, roles })
    }

    fn template(&self, office: &mut Office) -> Result<Template, Failure> {
        let say = |sentence| self.ctx.words.say(sentence);
        let text = TemplateText {
            act: Act::Notification { stage: Stage::End, term: Term::business_days(5) },
            procedure: say("demo-notice-procedure"),
            subject: say("demo-batch-subject"),
            description: say("demo-notice-description"),
            body: say("demo-batch-text"),
            markup: Markup::Markdown,
            file: "acto.md".to_owned(),
            answers: true,
        };
        let name = TemplateName::parse("permiso").ok_or_else(|| self.none("name"))?;
        let added = office.body.add_template(&name, text);
        added.map(|added| added.template).map_err(|e| self.machine(&io::Error::other(e.to_string())))
    }

    /// The table as a spreadsheet writes it: Windows-1252, with semicolons.
    fn table(&self) -> Result<Table<File>, Failure> {
        let row = |(n, (run, name)): (usize, (&str, &str))| {
            format!("{run};E-{:04}/2026;{name};Calle Ejemplo {n};Peñalolén\r\n", n + 10)
        };
        let rows: String = TABLE.into_iter().enumerate().map(row).collect();
        let text = format!("RUN;Expediente;Nombre;Dirección;Comuna\r\n{rows}");
        let bytes: Vec<u8> = text.chars().map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?')).collect();
        let path = self.folder.join("destinatarios.csv");
        let opened = std::fs::write(&path, bytes).and_then(|()| File::open(&path)).map_err(|e| self.machine(&e))?;
        Table::open(opened).map_err(|e| self.machine(&io::Error::other(e.to_string())))
    }

    fn drafted(&mut self, office: &mut Office, template: &Template, officials: &Officials) -> Result<Batch, Failure> {
        let (mut table, wanted) = (self.table()?, Wanted::default());
        let unreadable = |e: lacre_agency::table::Unreadable| self.machine(&io::Error::other(e.to_string()));
        let checked = table.check(template, &wanted).map_err(unreadable)?;
        let good = checked.errors.is_empty() && checked.rows == 20 && checked.encoding == Encoding::Windows1252;
        self.shown(good, key("demo-claim-table"))?;
        let rows: Result<Vec<Row>, _> = table.rows(template, &wanted).map_err(unreadable)?.collect();
        let rows = rows.map_err(|_| self.none("rows"))?;
        let runs: Vec<_> = rows.iter().map(|row| row.run).collect();
        let routes = office.body.routes(&mut office.network, &runs).map_err(|e| self.body(&e))?;
        let count = |is: &dyn Fn(&Route) -> bool| routes.iter().filter(|route| is(route)).count();
        let electronic = count(&|route| *route == Route::Electronic);
        let exempt = count(&|route| matches!(route, Route::Exempt(_)));
        self.claim((electronic, exempt) == (2, 2), key("demo-claim-routes"))?;
        let none = rows.len().saturating_sub(electronic + exempt);
        self.good(
            key("demo-claim-routes"),
            &[("electronic", electronic.into()), ("exempt", exempt.into()), ("none", none.into())],
        );
        let pdf = self.files.iter().find(|file| file.name == "informe.pdf").or(self.files.first());
        let file = pdf.map(|f| NewFile { name: f.name.clone(), media: "application/pdf".to_owned(), bytes: f.content.clone() });
        let new = NewBatch {
            template: template.clone(),
            drafter: Some(officials.drafter.account),
            files: file.into_iter().collect(),
            rule: None,
            not_before: None,
            not_after: None,
            trial: false,
        };
        let rows = rows.into_iter().map(|row| {
            let values: BTreeMap<String, String> = row.values.iter().map(|(k, v)| (k.to_owned(), v.to_owned())).collect();
            let address = row.address.map(|a| core::iter::once(a.name).chain(a.lines).collect()).unwrap_or_default();
            let (line, run, case, procedure) = (row.line, row.run, row.case, row.procedure);
            Ok(NewRow { line, run, case, procedure, values, address, files: Vec::new(), beside: Beside::Nothing })
        });
        office.body.draft(&mut office.evidence, new, rows).map_err(|e| self.body(&e))
    }

    /// Both look at the same file, each program computes what it signs from its rows.
    fn approved(&mut self, office: &mut Office, batch: &Batch, officials: &mut Officials) -> Result<(), Failure> {
        let path = self.folder.join("lote.jsonl");
        let file = File::create(&path).map_err(|e| self.machine(&e))?;
        office.body.package(&office.evidence, batch, RowFiles::With, file).map_err(|e| self.body(&e))?;
        let list = officials.roles.hash().ok_or_else(|| self.none("list"))?;
        let mut approvals = Vec::new();
        for (who, role) in [(&mut officials.drafter, Role::Drafter), (&mut officials.approver, Role::Approver)] {
            let (mut rows, file) = (0, File::open(&path).map_err(|e| self.machine(&e))?);
            let seen = look(BufReader::new(file), |_| rows += 1, |_, _| Ok(()));
            let seen = seen.map_err(|e| self.machine(&io::Error::other(e.to_string())))?;
            self.claim(rows == 20 && seen.missing.is_empty(), key("demo-claim-seen"))?;
            let of = |e| super::story::trouble(self.ctx, e);
            let official = who.client.ask_office(&mut who.network).map_err(of)?;
            let approval = who.client.approve(&seen.text, list, role).map_err(of)?;
            approvals.push(ApprovalFile { approval, official: Card::from(official) });
        }
        self.good(key("demo-claim-seen"), &[]);
        let approving = office.body.take_approvals(batch.id, approvals).map_err(|e| self.body(&e))?;
        self.shown(approving.is_enough(), key("demo-claim-approved"))
    }

    /// The relay is killed when the first evidence is kept, and the body's program begins anew.
    fn dispatched(&mut self, mut office: Office, batch: &Batch) -> Result<Office, Failure> {
        office.evidence.dies_with(self.relay.running());
        let broken = office.body.send_block(&mut office.network, &mut office.evidence, batch.id).is_err();
        self.relay.start().map_err(|e| self.machine(&e))?;
        let mut office = self.opened_again(office)?;
        let done = loop {
            let block = office.body.send_block(&mut office.network, &mut office.evidence, batch.id).map_err(|e| self.body(&e))?;
            if let Some(stopped) = block.stopped {
                break stopped == Stopped::Done;
            }
        };
        self.shown(broken && done, key("demo-claim-batch-resumed"))?;
        Ok(office)
    }

    fn every_row_once(&mut self, office: &mut Office, batch: &Batch) -> Result<u64, Failure> {
        for who in [ANA, BRUNO] {
            let all = self.of(who, |p| {
                p.sync()?;
                p.client.notices()
            })?;
            self.claim(all.len() == 2 && all.iter().all(|notice| notice.content.is_ok()), key("demo-claim-once"))?;
        }
        let counts = office.body.counts(batch.id).map_err(|e| self.body(&e))?;
        self.claim((counts.sent, counts.otherwise) == (2, 18), key("demo-claim-once"))?;
        self.good(key("demo-claim-once"), &[]);
        let act = office.body.act_of(batch).map_err(|e| self.body(&e))?;
        let mut rows = Vec::new();
        office
            .body
            .each_batch_row(batch.id, |row, notice| {
                rows.push((row.run.clone(), row.stage.clone(), notice.cloned()));
                Ok::<_, BodyTrouble>(())
            })
            .map_err(|e| self.body(&e))?;
        let mut proved = None;
        for (run, stage, notice) in rows.iter().take(6) {
            let Some(notice) = notice.as_ref().filter(|_| *stage == RowStage::Notice) else { continue };
            let dates = office.body.dates(act, notice).map_err(|e| self.body(&e))?;
            let safe = dates.as_ref().map(LegalDates::safe_for_agency);
            let args = [
                ("run", run.as_str().into()),
                ("deemed", safe.map_or("none".to_owned(), |reading| reading.deemed.to_string()).into()),
                ("last", safe.and_then(|reading| reading.last_day).map_or("none".to_owned(), |d| d.to_string()).into()),
                ("reason", shown(&notice.reason).into()),
            ];
            self.say("demo-effect", &args);
            proved = proved.or(dates.as_ref().map(|_| notice.id));
        }
        let id = proved.ok_or_else(|| self.none("evidence"))?;
        let bytes = office.evidence.read(&evidence_name(id)).map_err(|e| self.machine(&e))?;
        let trust = office.body.trust_file().map_err(|e| self.body(&e))?;
        let trust = Trust::parse(&trust).map_err(|e| self.machine(&io::Error::other(e.to_string())))?;
        let by = match verify(&bytes, Some(&trust)) {
            Verdict::Valid(proven) => match &proven.outcome {
                Outcome::Sent(sent) => sent.approved.as_ref().map(|by| by.approvers().count()),
                _ => None,
            },
            Verdict::Invalid(_) | Verdict::Incomplete(_) => None,
        };
        self.shown(by == Some(1), key("demo-claim-four-eyes"))?;
        Ok(counts.sent)
    }

    fn none(&self, what: &str) -> Failure {
        self.machine(&io::Error::other(format!("no {what}")))
    }
}
