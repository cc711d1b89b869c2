//! Office accounts: the registrar's word for one, and what an official signs with it. A private account signs none of it.

use super::address::{note_signer, own_states};
use super::arriving::registrars;
use super::tending::learn_registrar;
use crate::account;
use crate::network::Network;
use crate::shelf;
use crate::shelf::{Cx, Engine};
use crate::words;
use crate::words::{NoticeTrouble, StepError, Trouble};
use lacre_evidence::{Approval, BatchText, Office, Official, Role, Roles};
use lacre_ground::ids::ApprovalId;
use lacre_ground::note::{self, NoteKey, UnverifiedNote};
use lacre_ground::random;
use lacre_ground::signed::NoteText as _;
use lacre_proto::relay::v1 as wire;

/// What the registrar said last, which was verified when it came.
fn kept(cx: &mut Cx<'_, '_>) -> Result<Office, StepError> {
    let row = shelf::address(cx)?;
    let raw = row.office.as_ref().ok_or(NoticeTrouble::NotAnOffice)?;
    let note = UnverifiedNote::parse(raw).map_err(|e| StepError::Again(e.to_string()))?;
    Office::parse(note.unverified_text()).map_err(|e| StepError::Again(e.to_string()))
}

/// The office that this account is, as far as the registrar has said so here.
pub(crate) fn office(engine: &mut Engine) -> Result<Option<Office>, Trouble> {
    engine.run(|cx| match shelf::address(cx)?.office {
        None => Ok(None),
        Some(_) => kept(cx).map(Some),
    })
}

/// Asks the registrar now: its note holds for a month, and names the account's newest state. With the states it is all that others
/// need to know the official by.
pub(crate) fn ask_office(engine: &mut Engine, net: &mut dyn Network) -> Result<Official, Trouble> {
    let own = engine.own()?;
    let at = words::authority(&own.authority).map_err(StepError::into_trouble)?;
    learn_registrar(engine, net)?;
    let raw =
        account::with_session(engine, net, &at, |net, session| net.notice_address(&at, wire::NoticeAddressRequest { session }))?
            .office;
    engine
        .run(|cx| {
            let own = shelf::living(cx)?;
            let mut row = shelf::take_address(cx)?;
            if raw.is_empty() {
                row.office = None;
                shelf::put_address(cx, row)?;
                return Ok(Err(NoticeTrouble::NotAnOffice));
            }
            let wrong = |why: String| StepError::Skip(format!("the registrar's word for the office: {why}"));
            let keys = registrars(&row.registrars, &own.authority)?;
            let office = Office::verify(&raw, &keys).map_err(|e| wrong(e.to_string()))?;
            let newest = own_states(cx)?.last().map(|state| (state.number, state.hash()));
            if office.account != own.account || Some(office.state) != newest {
                return Err(wrong("of another account, or another state of it".to_owned()));
            }
            row.office = Some(raw.clone());
            shelf::put_address(cx, row)?;
            cx.reached("notices: office known")?;
            Ok(Ok(Official { office: raw.clone(), states: own.states.clone() }))
        })?
        .map_err(Trouble::from)
}

/// Signs a batch as its drafter or as an approver, by the list of roles of this note hash.
pub(crate) fn approve(engine: &mut Engine, batch: &BatchText, roles: [u8; 32], role: Role) -> Result<String, Trouble> {
    engine.run(|cx| {
        let (own, office) = (shelf::living(cx)?, kept(cx)?);
        if office.agency != batch.agency {
            return Err(NoticeTrouble::OtherBody.into());
        }
        match (role, batch.drafter == Some(own.account)) {
            (Role::Drafter, true) | (Role::Approver, false) => {}
            (Role::Drafter, false) => return Err(NoticeTrouble::OthersDraft.into()),
            (Role::Approver | Role::Administrator, _) => return Err(NoticeTrouble::OwnDraft.into()),
        }
        let approval = Approval {
            id: ApprovalId::new(random::bytes(cx.rng)),
            agency: office.agency,
            batch: batch.digest(),
            roles,
            role,
            account: own.account,
            device: own.device,
            made_at: shelf::not_ahead(&own, cx.now),
        };
        approval.sign(&note_signer(cx)?).map_err(|e| StepError::Again(e.to_string()))
    })
}

/// Signs a list of roles; `before` is the same list with the signatures that it has already.
pub(crate) fn sign_roles(engine: &mut Engine, roles: &Roles, before: Option<&str>) -> Result<String, Trouble> {
    engine.run(|cx| {
        if kept(cx)?.agency != roles.agency {
            return Err(NoticeTrouble::OtherBody.into());
        }
        let signer = note_signer(cx)?;
        let again = |e: note::NoteError| StepError::Again(e.to_string());
        match before {
            None => roles.sign(&signer).map_err(again),
            Some(raw) => note::sign_too(raw, &signer).map_err(again),
        }
    })
}

/// The registrar's keys that the relay has introduced.
pub(crate) fn registrar_keys(engine: &mut Engine) -> Result<Vec<NoteKey>, Trouble> {
    engine.run(|cx| registrars(&shelf::address(cx)?.registrars, &shelf::own(cx)?.authority))
}

/// The time that a list of roles is given, which must not look as if it came after an approval by it.
pub(crate) fn now(engine: &mut Engine) -> Result<lacre_ground::time::Millis, Trouble> {
    engine.run(|cx| Ok(shelf::not_ahead(&*shelf::living(cx)?, cx.now)))
}
