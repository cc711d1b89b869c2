//! What the operator does about public bodies and exempt persons, at the counter's socket.

use super::registrar::{Desk, not_a_run};
use crate::border::{IntoStatus as _, Reason, crossed, refused, store_down};
use lacre_evidence::certificate::Certificate;
use lacre_evidence::clock::{Comuna, Place, Zone};
use lacre_ground::agency::AgencyCode;
use lacre_ground::ids::Code;
use lacre_ground::run::Run;
use lacre_ground::signed::NoteText as _;
use lacre_ground::time::Millis;
use lacre_proto::relay::v1 as wire;
use lacre_store::StoreDown;
use lacre_store::bodies::{Body, BodyKey, IssueAgencyCode, LimitAgency, NoAgency, RenewAgency, RevokeAgency};
use lacre_store::notices::{Exempt, SetExempt};
use tonic::Status;

/// How long a certificate holds: two years.
const CERTIFICATE_MS: u64 = 2 * 365 * 86_400_000;
/// Bodies in one answer.
const BODIES_IN_A_LIST: u32 = 1_024;

/// A text of the right length that is none of those that it may be.
fn bad_choice(field: &'static str, bound: &str) -> Status {
    refused(Reason::BadValue, &[("field", field.to_owned()), ("bound", bound.to_owned())], None)
}

pub(super) fn code_of(text: &str) -> Result<AgencyCode, Status> {
    AgencyCode::parse(text).ok_or_else(|| bad_choice("code", "2 to 16 of A-Z, 0-9 and hyphen"))
}

/// Zone and comuna, as a certificate has them.
fn place_of(zone: &str, comuna: &str) -> Result<String, Status> {
    let zone = Zone::parse(zone).map_err(|e| bad_choice("zone", &e.to_string()))?;
    let comuna = match comuna {
        "" => "none".to_owned(),
        code => Comuna::parse(code).map_err(|e| bad_choice("comuna", &e.to_string()))?.to_string(),
    };
    Ok(format!("{zone} {comuna}"))
}

/// A body's certificate from now on, and until when. None when its row is not what it must be.
fn certificate(body: &Body, key: BodyKey, from: Millis) -> Option<Certificate> {
    let (zone, comuna) = body.place.split_once(' ')?;
    let comuna = if comuna == "none" { None } else { Some(Comuna::parse(comuna).ok()?) };
    Some(Certificate {
        code: body.code.clone(),
        name: body.name.clone(),
        key: key.0,
        place: Place { zone: Zone::parse(zone).ok()?, comuna },
        from,
        until: from.plus(CERTIFICATE_MS),
    })
}

impl Desk {
    /// A certificate that the registrar signs now, and until when it holds.
    pub(super) fn certify(&self, body: &Body, key: BodyKey) -> Result<(String, Millis), StoreDown> {
        let certificate = certificate(body, key, self.context.clock.now());
        let certificate = certificate.ok_or_else(|| StoreDown::damaged("a public body is stored in another form"))?;
        let note = certificate.sign(&self.context.registrar.signer).map_err(StoreDown::new)?;
        Ok((note, certificate.until))
    }

    /// An invitation, and until when it works.
    pub(super) async fn invite_body(&self, request: wire::IssueAgencyCodeRequest) -> Result<(String, Millis), Status> {
        let code = Code::new(self.context.random());
        let (name, place) = (request.name.trim().to_owned(), place_of(&request.zone, &request.comuna)?);
        if name != request.name || name.chars().any(char::is_control) {
            return Err(bad_choice("name", "a line of text, without spaces at its ends"));
        }
        let issue = IssueAgencyCode { code: code_of(&request.code)?, name, place, invitation: code.hash() };
        let issued = crossed(self.context.writer.submit(issue).await)?;
        Ok((self.invitation(code), issued.expires_at))
    }

    pub(super) async fn bodies(&self) -> Result<Vec<wire::Agency>, Status> {
        let bodies = self.context.read(|reads| reads.bodies(BODIES_IN_A_LIST)).await.map_err(store_down)?;
        let one = |body: Body| wire::Agency {
            code: body.code.as_str().to_owned(),
            name: body.name,
            key: body.enrolled.as_ref().map_or_else(Vec::new, |e| e.key.0.to_vec()),
            until_ms: body.enrolled.map_or(0, |e| e.until.get()),
            revoked: body.revoked,
            per_day: body.per_day,
        };
        Ok(bodies.into_iter().map(one).collect())
    }

    /// Until when the new certificate holds.
    pub(super) async fn renew_body(&self, code: &str) -> Result<Millis, Status> {
        let code = code_of(code)?;
        let named = code.clone();
        let body = self.context.read(move |reads| reads.body_named(&named)).await.map_err(store_down)?;
        let body = body.filter(|body| !body.revoked).ok_or_else(|| NoAgency.into_status())?;
        let key = body.enrolled.as_ref().ok_or_else(|| NoAgency.into_status())?.key;
        let (certificate, until) = self.certify(&body, key).map_err(store_down)?;
        crossed(self.context.writer.submit(RenewAgency { code, key, certificate, until }).await)?;
        Ok(until)
    }

    pub(super) async fn revoke_body(&self, code: &str) -> Result<(), Status> {
        let code = code_of(code)?;
        let named = code.clone();
        let body = self.context.read(move |reads| reads.body_named(&named)).await.map_err(store_down)?;
        crossed(self.context.writer.submit(RevokeAgency(code)).await)?;
        if let Some(enrolled) = body.and_then(|body| body.enrolled) {
            self.context.deletions.revokes(&enrolled.key);
        }
        Ok(())
    }

    pub(super) async fn limit_body(&self, code: &str, per_day: u32) -> Result<(), Status> {
        crossed(self.context.writer.submit(LimitAgency { code: code_of(code)?, per_day }).await)
    }

    /// Exempts a person, or ends it when there is no reason.
    pub(super) async fn set_exempt(&self, run: &str, reason: &str) -> Result<(), Status> {
        let run = self.hash(&Run::parse(run).map_err(not_a_run)?);
        let reason = match reason {
            "" => None,
            name => {
                let known = Exempt::parse(name);
                Some(known.ok_or_else(|| bad_choice("reason", "law, legal-person, minor or dead"))?)
            }
        };
        if reason.is_some() {
            // before it is done: a restored store that has it for nothing sends to counter or letter
            self.context.deletions.exempts(&run, reason);
        }
        for _ in 0..super::address::LOOKS {
            let account = self.context.read(move |reads| reads.account_of(&run)).await.map_err(store_down)?;
            let closing = match account {
                Some(account) => self.context.closing(account).await.map_err(store_down)?,
                None => Default::default(),
            };
            let set = SetExempt { run, reason, account, closing };
            // she enrolled, recovered or put grants since: look again
            if self.context.writer.submit(set).await.map_err(store_down)?.is_ok() {
                self.context.deletions.exempts(&run, reason);
                return Ok(());
            }
        }
        Err(store_down(StoreDown::new("an account changed again and again while something was to close")))
    }

    /// Why electronic notices take no effect for a person; empty when they do.
    pub(super) async fn exempt_of(&self, run: &str) -> Result<String, Status> {
        let run = self.hash(&Run::parse(run).map_err(not_a_run)?);
        let reason = self.context.read(move |reads| reads.exempt(&run)).await.map_err(store_down)?;
        Ok(reason.map_or_else(String::new, |reason| reason.as_str().to_owned()))
    }
}
