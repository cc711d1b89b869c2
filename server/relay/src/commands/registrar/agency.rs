//! `lacre-relay registrar agency`: public bodies; and the invitation of one, by `issue-code --agency`.

use super::super::status::short;
use super::super::{Failed, Place, running, say, sentence, tell};
use super::rows;
use data_encoding::HEXLOWER;
use lacre_ground::agency::AgencyCode;
use lacre_ground::time::Millis;
use lacre_proto::relay::v1 as wire;
use lacre_words::failure::Exit;
use lacre_words::words::{Words, key};
use std::path::Path;

/// What describes a public body that is invited.
#[derive(Debug, clap::Args)]
pub(crate) struct Described {
    /// An invitation for a public body instead, with this code: 2 to 16 of A-Z, 0-9 and hyphen
    #[arg(long, value_name = "CODE", requires_all = ["name", "zone"], conflicts_with_all = ["recover", "public_address"])]
    agency: Option<String>,
    /// The body's name
    #[arg(long, value_name = "NAME", requires = "agency")]
    name: Option<String>,
    /// Its zone: America/Santiago, America/Coyhaique, America/Punta_Arenas or Pacific/Easter
    #[arg(long, value_name = "ZONE", requires = "agency")]
    zone: Option<String>,
    /// Official code of its comuna, five digits: decides regional holidays
    #[arg(long, value_name = "COMUNA", requires = "agency")]
    comuna: Option<String>,
}

pub(super) fn agency_of(text: &str) -> Result<AgencyCode, Failed> {
    AgencyCode::parse(text).ok_or_else(|| Failed::usage("bad-agency-code", &[("code", &text)]))
}

fn code_of(text: &str) -> Result<String, Failed> {
    Ok(agency_of(text)?.as_str().to_owned())
}

impl Described {
    /// The body that is invited; none when it is a person.
    pub(crate) fn invited(&self) -> Option<&str> {
        self.agency.as_deref()
    }

    /// Hands out its invitation.
    pub(crate) fn issue(&self, code: &str, data: &Path, json: bool, words: &Words) -> Result<Exit, Failed> {
        let (code, text) = (code_of(code)?, |value: &Option<String>| value.clone().unwrap_or_default());
        let (name, zone, comuna) = (text(&self.name), text(&self.zone), text(&self.comuna));
        let request = wire::IssueAgencyCodeRequest { code: code.clone(), name: name.clone(), zone, comuna };
        let issued = running::counter(
            data,
            |reason| match reason {
                "AGENCY_EXISTS" => Some(Failed::no("agency-exists")),
                "LIMIT" => Some(Failed::no("too-many-agencies")),
                "BAD_FIELD" | "BAD_VALUE" => Some(Failed::usage("bad-agency", &[])),
                _ => None,
            },
            |mut counter| async move { counter.issue_agency_code(request).await },
        )?;
        let expires = Millis::new(issued.expires_at_ms).to_string();
        if json {
            say(&serde_json::json!({ "agency": code, "invitation": issued.invitation, "expires_at": expires }).to_string())?;
            return Ok(Exit::Done);
        }
        say(&issued.invitation)?;
        tell(&sentence(words, "agency-invitation", &[("code", &code), ("name", &name), ("expires", &expires)]));
        Ok(Exit::Done)
    }
}

/// Public bodies
#[derive(Debug, clap::Subcommand)]
pub(crate) enum AgencyCommand {
    /// All public bodies, those included that were revoked
    List(List),
    /// Gives a body a new certificate for the same key and place, for two years from now on
    Renew(Named),
    /// From now on it can ask for nothing. What it sent stays provable
    Revoke(Named),
    /// How many answers of each kind a body may have in a day
    Limit(Limit),
}

impl AgencyCommand {
    pub(crate) fn run(&self, words: &Words) -> Result<Exit, Failed> {
        match self {
            Self::List(args) => args.run(words),
            Self::Renew(args) => args.renew(words),
            Self::Revoke(args) => args.revoke(words),
            Self::Limit(args) => args.run(words),
        }
    }
}

/// All public bodies
#[derive(Debug, clap::Args)]
pub(crate) struct List {
    #[command(flatten)]
    place: Place,
    /// Prints [{"code", "name", "key", "until", "revoked", "per_day"}]
    #[arg(long)]
    json: bool,
}

impl List {
    fn run(&self, words: &Words) -> Result<Exit, Failed> {
        let config = self.place.node()?;
        let list = running::counter(
            &config.data,
            |_| None,
            |mut counter| async move { counter.list_agencies(wire::ListAgenciesRequest {}).await },
        )?;
        let value = |body: &wire::Agency| {
            let until = (body.until_ms > 0).then(|| Millis::new(body.until_ms).to_string());
            let key = (!body.key.is_empty()).then(|| HEXLOWER.encode(&body.key));
            serde_json::json!({
                "code": body.code, "name": body.name, "key": key, "until": until, "revoked": body.revoked, "per_day": body.per_day,
            })
        };
        rows::told(&list.agencies, self.json, value, |body| {
            let state = match (body.revoked, body.until_ms) {
                (true, _) => words.say(key("agency-was-revoked")),
                (false, 0) => words.say(key("agency-not-enrolled")),
                (false, until) => sentence(words, "agency-until", &[("until", &short(until))]),
            };
            format!("{:<16}  {:>9}  {state}  {}", body.code, body.per_day, body.name)
        })
    }
}

/// A public body by its code
#[derive(Debug, clap::Args)]
pub(crate) struct Named {
    /// The body's code
    #[arg(value_name = "CODE")]
    code: String,
    #[command(flatten)]
    place: Place,
}

fn no_agency(reason: &str) -> Option<Failed> {
    (reason == "NO_AGENCY").then(|| Failed::no("no-agency"))
}

impl Named {
    fn renew(&self, words: &Words) -> Result<Exit, Failed> {
        let (config, code) = (self.place.node()?, code_of(&self.code)?);
        let request = wire::RenewAgencyRequest { code: code.clone() };
        let renewed =
            running::counter(&config.data, no_agency, |mut counter| async move { counter.renew_agency(request).await })?;
        let until = Millis::new(renewed.until_ms).to_string();
        tell(&sentence(words, "agency-renewed", &[("code", &code), ("until", &until)]));
        Ok(Exit::Done)
    }

    fn revoke(&self, words: &Words) -> Result<Exit, Failed> {
        let (config, code) = (self.place.node()?, code_of(&self.code)?);
        let request = wire::RevokeAgencyRequest { code: code.clone() };
        running::counter(&config.data, no_agency, |mut counter| async move { counter.revoke_agency(request).await })?;
        tell(&sentence(words, "agency-revoked", &[("code", &code)]));
        Ok(Exit::Done)
    }
}

/// How much a body may ask for
#[derive(Debug, clap::Args)]
pub(crate) struct Limit {
    /// The body's code
    #[arg(value_name = "CODE")]
    code: String,
    /// Routes, lookups and notices in a day, of each
    #[arg(value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    number: u32,
    #[command(flatten)]
    place: Place,
}

impl Limit {
    fn run(&self, words: &Words) -> Result<Exit, Failed> {
        let (config, code) = (self.place.node()?, code_of(&self.code)?);
        let request = wire::LimitAgencyRequest { code: code.clone(), per_day: self.number };
        running::counter(&config.data, no_agency, |mut counter| async move { counter.limit_agency(request).await })?;
        tell(&sentence(words, "agency-limited", &[("code", &code), ("n", &self.number.to_string())]));
        Ok(Exit::Done)
    }
}
