//! A version of a template: it is never changed, so that what was approved stays what it was.

use super::fill::{FillFault, Filled, Filler, Values};
use super::pieces::key;
use super::text::{Markup, TemplateFault, TemplateName, TemplateText};
use lacre_ground::time::Millis;
use pulldown_cmark::Parser;

/// Values that a placeholder of Markdown must be able to take wherever it stands.
const PROBES: [&str; 12] = ["x", "7", "(x)", "x.", "- x", "# x", "*x*", "x y", "lt", "===", "`x", "[x]"];

/// A template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    name: TemplateName,
    version: u32,
    text: TemplateText,
    made_at: Millis,
}

impl Template {
    /// With its form looked at, all of it, and whether each placeholder can take any value where it stands.
    pub fn make(name: TemplateName, version: u32, text: TemplateText, made_at: Millis) -> Result<Self, Vec<TemplateFault>> {
        let filler = Filler::of(&text)?;
        if text.markup == Markup::Markdown && !filler.placeholders().is_empty() {
            if Parser::new(&text.body).reference_definitions().iter().next().is_some() {
                return Err(vec![TemplateFault::References]);
            }
            let faults = tried(&filler);
            if !faults.is_empty() {
                return Err(faults);
            }
        }
        Ok(Self { name, version, text, made_at })
    }

    /// One that was kept: it was looked at when it was made.
    pub(crate) const fn kept(name: TemplateName, version: u32, text: TemplateText, made_at: Millis) -> Self {
        Self { name, version, text, made_at }
    }

    /// Its name.
    #[must_use]
    pub const fn name(&self) -> &TemplateName {
        &self.name
    }
    /// Its number, from 1.
    #[must_use]
    pub const fn version(&self) -> u32 {
        self.version
    }
    /// What it says.
    #[must_use]
    pub const fn text(&self) -> &TemplateText {
        &self.text
    }
    /// When it was added.
    #[must_use]
    pub const fn made_at(&self) -> Millis {
        self.made_at
    }
    /// The hash of what it says: equal texts have equal hashes, whatever their name and version.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        self.text.digest()
    }
    /// Its placeholders, as they are first written, each once.
    #[must_use]
    pub fn placeholders(&self) -> Vec<String> {
        self.text.placeholders().unwrap_or_default()
    }
    /// Read once, to be filled many times.
    pub fn filler(&self) -> Result<Filler<'_>, Vec<TemplateFault>> {
        Filler::of(&self.text)
    }
    /// Fills it once. [`Template::filler`] is for many rows.
    pub fn fill(&self, values: &Values) -> Result<Filled, Vec<FillFault>> {
        let filler = self.filler().map_err(|_| vec![FillFault::Structure])?;
        filler.fill(values)
    }
}

/// A value that means nothing to Markdown wherever it stands: no tag, no entity, no number.
const QUIET: &str = "ñ";

/// Placeholders that cannot take every probe. Only values that change how the text is read count: how long a filled part may be
/// is asked of each row.
fn tried(filler: &Filler<'_>) -> Vec<TemplateFault> {
    let names = filler.placeholders();
    let fails = |chosen: Option<&str>, probe: &str| {
        let pick = |name: &String| if chosen.is_none_or(|chosen| chosen == key(name)) { probe } else { QUIET };
        let values: Values = names.iter().map(|name| (name.clone(), pick(name))).collect();
        filler.fill(&values).is_err_and(|faults| faults.contains(&FillFault::Structure))
    };
    if !PROBES.iter().any(|probe| fails(None, probe)) {
        return Vec::new();
    }
    let guilty = |name: &&String| PROBES.iter().any(|probe| fails(Some(&key(name)), probe));
    let mut found: Vec<String> = names.iter().filter(guilty).cloned().collect();
    if found.is_empty() {
        // only together: two that touch each other
        found.extend(names.first().cloned());
    }
    found.into_iter().map(|placeholder| TemplateFault::Place { placeholder }).collect()
}
