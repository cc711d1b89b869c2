//! The templates of a body: rows of its profile. A version is never changed or removed; what is added under a name that is there
//! is its next version.

use crate::template::{Template, TemplateFault, TemplateName, TemplateRow, TemplateText};
use crate::{Body, BodyTrouble};
use lacre_ground::time::Millis;
use lacre_profile::{Step, StoreError, Table};

/// The scope of the rows of versions.
const TEMPLATES: &[u8] = b"templates";

/// Why a template was not added.
#[derive(Debug, thiserror::Error)]
pub enum AddTrouble {
    /// It can be no template: all that is wrong.
    #[error("it can be no template")]
    Faults(Vec<TemplateFault>),
    /// The profile could not be read or written.
    #[error(transparent)]
    Body(#[from] BodyTrouble),
}

/// What came of adding.
#[derive(Debug)]
pub struct Added {
    /// the newest version of this name
    pub template: Template,
    /// it is a new version; false: the newest said the same already
    pub new: bool,
}

/// A version without its body, which may be long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateLine {
    /// its name
    pub name: TemplateName,
    /// its number
    pub version: u32,
    /// its subject, with placeholders
    pub subject: String,
    /// when it was added
    pub made_at: Millis,
    /// the hash of what it says
    pub digest: [u8; 32],
}

fn row_key(name: &str, version: u32) -> Vec<u8> {
    [b"template ".as_slice(), name.as_bytes(), b" ", version.to_string().as_bytes()].concat()
}

fn body_key(name: &str, version: u32) -> Vec<u8> {
    [b"template body ".as_slice(), name.as_bytes(), b" ", version.to_string().as_bytes()].concat()
}

fn line(row: TemplateRow) -> Option<TemplateLine> {
    let name = TemplateName::parse(&row.name)?;
    Some(TemplateLine { name, version: row.version, subject: row.subject, made_at: row.made_at, digest: row.digest })
}

fn rows(step: &Step<'_>) -> Result<Vec<TemplateRow>, StoreError> {
    let rows: Vec<(u64, TemplateRow)> = step.scan(Table::Meta, TEMPLATES, 0, usize::MAX)?;
    Ok(rows.into_iter().map(|(_, row)| row).collect())
}

fn whole(step: &Step<'_>, row: TemplateRow) -> Result<Option<Template>, StoreError> {
    let body: Option<String> = step.get(Table::Meta, &body_key(&row.name, row.version))?;
    Ok(body.and_then(|body| row.whole(body)))
}

fn newest(rows: Vec<TemplateRow>, name: &TemplateName) -> Option<TemplateRow> {
    rows.into_iter().filter(|row| row.name == name.as_str()).max_by_key(|row| row.version)
}

impl Body {
    /// Adds a template, or the next version of the one with this name. What says the same as the newest is no new version.
    pub fn add_template(&mut self, name: &TemplateName, text: TemplateText) -> Result<Added, AddTrouble> {
        let now = self.clock.now();
        // looked at whole before the profile is locked: it may take a while
        let made = Template::make(name.clone(), 1, text, now).map_err(AddTrouble::Faults)?;
        let added = self.profile.step(|step| {
            let rows = rows(step)?;
            let place = u64::try_from(rows.len()).unwrap_or(u64::MAX);
            let version = match newest(rows, name) {
                None => 1,
                Some(row) if row.digest == made.digest() => {
                    return Ok(whole(step, row)?.map(|template| Added { template, new: false }));
                }
                Some(row) => row.version.saturating_add(1),
            };
            let template = Template::kept(name.clone(), version, made.text().clone(), now);
            step.put(Table::Meta, &row_key(name.as_str(), version), TEMPLATES, place, &TemplateRow::of(&template))?;
            step.put(Table::Meta, &body_key(name.as_str(), version), b"template bodies", place, &template.text().body)?;
            Ok::<_, BodyTrouble>(Some(Added { template, new: true }))
        })?;
        added.ok_or(AddTrouble::Body(BodyTrouble::NoSuchTemplate))
    }

    /// All versions, in the order in which they were added.
    pub fn templates(&mut self) -> Result<Vec<TemplateLine>, BodyTrouble> {
        let rows = self.profile.step(|step| Ok::<_, BodyTrouble>(rows(step)?))?;
        Ok(rows.into_iter().filter_map(line).collect())
    }

    /// A version; without a number the newest.
    pub fn template(&mut self, name: &TemplateName, version: Option<u32>) -> Result<Template, BodyTrouble> {
        let found = self.profile.step(|step| {
            let row = match version {
                Some(version) => step.get::<TemplateRow>(Table::Meta, &row_key(name.as_str(), version))?,
                None => newest(rows(step)?, name),
            };
            Ok::<_, BodyTrouble>(match row {
                Some(row) => whole(step, row)?,
                None => None,
            })
        })?;
        found.ok_or(BodyTrouble::NoSuchTemplate)
    }
}
