//! What each column is for.

use super::fault::{Fault, RowError};
use crate::template::key;
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// What is asked of a table beside what the template asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// columns with names of files to attach
    pub attach: Vec<String>,
    /// every row needs a postal address that a letter can be sent to
    pub addresses: bool,
}

/// What a column is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Run,
    Case,
    Procedure,
    /// of an address: its place in it; 0 is the person's name
    Address(u8),
    /// names of files
    Attach,
    /// nothing but a placeholder's value
    Value,
    /// nothing: it has no name
    Nameless,
}

/// The last line of a street's address.
const STREETS: u8 = 7;
/// Names that mean something, without accents.
const NAMES: [(&str, Role); 18] = [
    ("run", Role::Run),
    ("rut", Role::Run),
    ("case", Role::Case),
    ("expediente", Role::Case),
    ("iuie", Role::Case),
    ("procedure", Role::Procedure),
    ("procedimiento", Role::Procedure),
    ("name", Role::Address(0)),
    ("nombre", Role::Address(0)),
    ("address", Role::Address(1)),
    ("direccion", Role::Address(1)),
    ("domicilio", Role::Address(1)),
    ("comuna", Role::Address(STREETS + 1)),
    ("city", Role::Address(STREETS + 2)),
    ("ciudad", Role::Address(STREETS + 2)),
    ("region", Role::Address(STREETS + 3)),
    ("postcode", Role::Address(STREETS + 4)),
    ("codigo_postal", Role::Address(STREETS + 4)),
];

/// What a name means here, if it means something.
fn meaning(key: &str) -> Option<Role> {
    let bare: String = key.nfd().filter(|c| !is_combining_mark(*c)).collect();
    if let Some((_, role)) = NAMES.iter().find(|(name, _)| *name == bare) {
        return Some(*role);
    }
    let number = ["address_", "direccion_"].iter().find_map(|stem| bare.strip_prefix(stem))?;
    number.parse().ok().filter(|n| (1..=STREETS).contains(n) && number.len() == 1).map(Role::Address)
}

/// A column.
#[derive(Clone, Debug)]
pub(super) struct Column {
    /// as it stands in the table
    pub(super) name: String,
    pub(super) key: String,
    pub(super) role: Role,
}

/// The columns of a table, for one template.
#[derive(Clone, Debug)]
pub(super) struct Columns {
    pub(super) all: Vec<Column>,
    /// each placeholder's name, and the column that gives its value
    pub(super) values: Vec<(String, Source)>,
    /// there are columns for a name, a street and a comuna
    pub(super) addresses: bool,
}

/// Where a placeholder's value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// this field
    Field(usize),
    /// the row's procedure, or else the template's
    Procedure,
    /// nowhere: said once, in the line of the names
    Nowhere,
}

/// Whether a line of names has a column for RUNs.
pub(super) fn has_runs<'n>(mut names: impl Iterator<Item = &'n str>) -> bool {
    names.any(|name| meaning(&key(name)) == Some(Role::Run))
}

impl Columns {
    /// What the columns are for, and all that is wrong with them. `line` is the line of the names.
    pub(super) fn of(names: &[String], line: u64, placeholders: &[String], wanted: &Wanted) -> (Self, Vec<RowError>) {
        let attach: Vec<String> = wanted.attach.iter().map(|name| key(name)).collect();
        let all: Vec<Column> = names.iter().map(|name| column(name, &attach)).collect();
        let fault = |column: &str, fault| RowError { line, column: Some(column.to_owned()), fault };
        let mut errors = Vec::new();
        for (at, column) in all.iter().enumerate() {
            let earlier = all.get(..at).unwrap_or_default();
            let twice = |before: &Column| match column.role {
                Role::Nameless => false,
                Role::Value | Role::Attach => before.key == column.key,
                role => before.role == role,
            };
            if earlier.iter().any(twice) {
                errors.push(fault(&column.name, Fault::SameColumn));
            }
            let used = placeholders.iter().any(|name| key(name) == column.key);
            if column.role == Role::Value && !used {
                errors.push(fault(&column.name, Fault::UnknownColumn { placeholders: placeholders.to_vec() }));
            }
        }
        let mut missing = |name: &str| errors.push(fault(name, Fault::MissingColumn));
        let has = |role: Role| all.iter().any(|column| column.role == role);
        for (role, name) in [(Role::Run, "run"), (Role::Case, "case")] {
            if !has(role) {
                // as the template calls it, if it does
                missing(placeholders.iter().find(|name| column(name, &attach).role == role).map_or(name, String::as_str));
            }
        }
        for name in wanted.attach.iter().filter(|name| !all.iter().any(|column| column.key == key(name))) {
            missing(name);
        }
        let street = (1..=STREETS).any(|n| has(Role::Address(n)));
        let address = [("name", has(Role::Address(0))), ("address 1", street), ("comuna", has(Role::Address(STREETS + 1)))];
        for (name, _) in address.iter().filter(|(_, there)| wanted.addresses && !there) {
            missing(name);
        }
        let mut values = Vec::with_capacity(placeholders.len());
        for name in placeholders {
            let source = source(&all, &key(name));
            if source == Source::Nowhere && !matches!(column(name, &attach).role, Role::Run | Role::Case) {
                missing(name);
            }
            values.push((name.clone(), source));
        }
        let addresses = address.iter().all(|(_, there)| *there);
        (Self { all, values, addresses }, errors)
    }

    /// The place of the column with this role.
    pub(super) fn place(&self, role: Role) -> Option<usize> {
        self.all.iter().position(|column| column.role == role)
    }
}

fn column(name: &str, attach: &[String]) -> Column {
    let key = key(name);
    let role = match meaning(&key) {
        _ if key.is_empty() => Role::Nameless,
        _ if attach.contains(&key) => Role::Attach,
        Some(role) => role,
        None => Role::Value,
    };
    Column { name: name.trim().to_owned(), key, role }
}

/// By its own name, or by another name of the same thing.
fn source(all: &[Column], key: &str) -> Source {
    let meant = meaning(key);
    let own = all.iter().position(|column| column.key == key);
    match own.or_else(|| all.iter().position(|column| meant == Some(column.role))) {
        _ if meant == Some(Role::Procedure) => Source::Procedure,
        Some(at) => Source::Field(at),
        None => Source::Nowhere,
    }
}
