//! One notice, from the question to the registrar to the relay's record.
//!
//! | when the program ends | what there is | what `resume` does |
//! |---|---|---|
//! | before the notice is kept | perhaps an answer of the registrar | nothing: nothing was sent |
//! | after | the evidence so far, and a row | delivers the same bytes again: the relay has them or takes them, and gives one record |
//! | the same, an hour after the answer | the same | only looks: what the relay does not have is not sent, because the answer is too old |
//! | after the record is kept | all | nothing |

use crate::archive::{Archive, evidence_name, kept};
use crate::ask::{Asked, Given, Right};
use crate::deliver::{Kept, Otherwise, Outcome, TOO_LATE};
use crate::dispatch::{Beside, Dispatch, Stage};
use crate::done::Kept as OnPaper;
use crate::own::Own;
use crate::returns::ReturnChannel;
use crate::written::{NewNotice, well_written};
use crate::{Body, BodyTrouble};
use lacre_evidence::build::{self, Addressee, Draft, File, Unreachable};
use lacre_evidence::clock::{Calendar, RuleId};
use lacre_evidence::envelope::Seed;
use lacre_evidence::skew::SKEW_MS;
use lacre_evidence::{Answer, ApprovedRow, Bundle, ExemptReason, Standing, verify};
use lacre_ground::ids::{ChannelId, NoticeId, Token};
use lacre_ground::random;
use lacre_ground::time::Millis;
use lacre_transport::GrpcNetwork;

/// Under which id and law a notice is written, and what it is beside others.
#[derive(Clone, Copy)]
pub(crate) struct As<'a> {
    pub(crate) id: NoticeId,
    pub(crate) standing: Standing,
    /// none: that of the day
    pub(crate) rule: Option<RuleId>,
    pub(crate) calendar: &'static Calendar,
    /// the row of an approved batch that it is
    pub(crate) approved: Option<ApprovedRow<'a>>,
}

impl Body {
    /// Sends one notice. Whatever ends it: [`Body::resume`].
    pub fn send(
        &mut self,
        net: &mut GrpcNetwork,
        archive: &mut dyn Archive,
        new: &NewNotice,
    ) -> Result<(NoticeId, Outcome), BodyTrouble> {
        well_written(new)?;
        let own = self.own()?;
        // where others must see it first, nobody sends alone
        if new.beside != Beside::Trial && self.officials()?.is_some() {
            return Err(BodyTrouble::FourEyes);
        }
        let standing = self.standing(archive, &own, new.beside)?;
        let relay = self.look_at_relay(net, &own)?;
        // before the registrar is asked: its answer would be spent
        self.same_clock(relay)?;
        self.renew_when_due(net)?;
        let own = self.own()?;
        let back = Some(self.return_right(net, &own)?);
        let given = self.ask(net, &own, &new.run)?;
        self.same_clock(given.asked.lookup.asked_at)?;
        let asked_at = given.asked.lookup.asked_at;
        let as_ = As {
            id: NoticeId::new(random::bytes(self.rng.as_mut())),
            standing,
            rule: None,
            calendar: Calendar::chile(),
            approved: None,
        };
        let (mut row, bundle) = self.written(&own, new, as_, given, back)?;
        archive.keep(&evidence_name(row.id), &bundle.to_bytes())?;
        self.keep_new(&mut row)?;
        let id = row.id;
        if row.stage == Stage::Otherwise {
            return Ok((id, Outcome::Otherwise(otherwise(&row))));
        }
        let outcome = self.deliver(net, archive, &own, Kept { row, bundle, only_look: false }, asked_at)?;
        Ok((id, outcome))
    }

    /// What is written to a person, and what proves it so far: a notice, or that she is to be notified otherwise.
    pub(crate) fn written(
        &mut self,
        own: &Own,
        new: &NewNotice,
        as_: As<'_>,
        given: Given,
        back: Option<(ReturnChannel, Token)>,
    ) -> Result<(Dispatch, Bundle), BodyTrouble> {
        let mut row = Dispatch {
            id: as_.id,
            number: 0,
            run: new.run.canonical(),
            case: new.case.clone(),
            subject: new.subject.clone(),
            says: new.digest(),
            stage: Stage::Otherwise,
            asked_at: given.asked.lookup.asked_at,
            reason: String::new(),
            token: None,
            seed: None,
            returns: None,
            answers: Vec::new(),
            aside: Vec::new(),
            back: None,
            filed: Vec::new(),
            unproven: false,
            again: false,
            account: None,
            beside: new.beside,
            transaction: None,
            waiting: Vec::new(),
            put_aside: Vec::new(),
            accepted_at: None,
            batch: None,
            kept: None,
        };
        let Given { asked: given, right } = given;
        let Some(right) = right else { return self.kept_otherwise(own, new, as_, row, &given, back) };
        // a way back is made for everybody: records of counter and letter go there, and answers only where the body takes them
        let back = back.filter(|_| new.answers);
        row.back = back.as_ref().map(|(_, token)| token.clone());
        let seed = Seed::random(self.rng.as_mut());
        let bundle = self.compose(own, new, as_, &given, &right, back.as_ref(), &seed)?;
        row.stage = Stage::Prepared;
        row.account = Some(right.grant.account);
        row.token = Some(right.token);
        row.seed = Some(*seed.expose());
        row.returns = back.as_ref().map(|(channel, _)| channel.number);
        Ok((row, bundle))
    }

    /// What is kept of somebody whom the registrar calls unreachable: N without a grant, and its files (FORMAT.md, 4c).
    fn kept_otherwise(
        &mut self,
        own: &Own,
        new: &NewNotice,
        as_: As<'_>,
        mut row: Dispatch,
        given: &Asked,
        back: Option<(ReturnChannel, Token)>,
    ) -> Result<(Dispatch, Bundle), BodyTrouble> {
        row.reason = reason_of(&given.lookup.answer);
        let (seed, now) = (Seed::random(self.rng.as_mut()), self.clock.now());
        row.seed = Some(*seed.expose());
        row.returns = back.as_ref().map(|(channel, _)| channel.number);
        row.kept = Some(OnPaper::default());
        let files = new.sendable();
        let uris: Vec<&str> = new.uris.iter().map(String::as_str).collect();
        let way = back.as_ref().map(|(channel, token)| (channel.channel(), token));
        let draft = draft_of(own, new, as_, &files, &uris, way, now);
        let to = Unreachable { lookup: &given.lookup, run: new.run, salt: given.salt };
        let bundle = build::keep(&draft, &to, &own.certificate, &own.signer, &own.trust()?.keys, now, &seed)?;
        row.back = back.map(|(_, token)| token);
        Ok((row, bundle))
    }

    /// Goes on with a notice that was kept and perhaps not sent.
    pub fn resume(&mut self, net: &mut GrpcNetwork, archive: &mut dyn Archive, id: NoticeId) -> Result<Outcome, BodyTrouble> {
        let own = self.own()?;
        let row = self.dispatch(id)?;
        match row.stage {
            Stage::Prepared => {
                let (bundle, now) = (kept(archive, id)?, self.look_at_relay(net, &own)?);
                let (of_batch, why_not) = (row.batch, self.may_not_go(&row, &bundle)?);
                let only_look = why_not.is_some();
                let outcome = self.deliver(net, archive, &own, Kept { row, bundle, only_look }, now);
                if let (Err(BodyTrouble::TooLate), Some((batch, index))) = (&outcome, of_batch) {
                    self.wait_again(batch, &[index])?;
                }
                match (outcome, why_not) {
                    // the relay has nothing of it, and is given nothing
                    (Err(BodyTrouble::TooLate), Some(why)) => Err(why),
                    (outcome, _) => outcome,
                }
            }
            Stage::Sent => Ok(Outcome::Sent(Box::new(verify(&kept(archive, id)?.to_bytes(), Some(&own.trust()?))))),
            // said again as it was said then
            Stage::Otherwise => Ok(Outcome::Otherwise(otherwise(&row))),
            Stage::Refused if row.reason == TOO_LATE => Err(BodyTrouble::TooLate),
            Stage::Refused => Ok(Outcome::Otherwise(Otherwise::ClosedSince)),
        }
    }

    /// A notice that bears another time than the relay's proves nothing.
    pub(crate) fn same_clock(&self, theirs: Millis) -> Result<(), BodyTrouble> {
        let (now, by_ms) = (self.clock.now(), self.clock.now().get().abs_diff(theirs.get()));
        if by_ms > SKEW_MS { Err(BodyTrouble::Clock { ahead: now > theirs, by_ms }) } else { Ok(()) }
    }

    #[expect(clippy::too_many_arguments, reason = "all that a notice is made of, each from somewhere else")]
    fn compose(
        &mut self,
        own: &Own,
        new: &NewNotice,
        as_: As<'_>,
        given: &Asked,
        right: &Right,
        back: Option<&(ReturnChannel, Token)>,
        seed: &Seed,
    ) -> Result<Bundle, BodyTrouble> {
        let (files, now) = (new.sendable(), self.clock.now());
        let uris: Vec<&str> = new.uris.iter().map(String::as_str).collect();
        let back = back.map(|(channel, token)| (channel.channel(), token));
        let draft = draft_of(own, new, as_, &files, &uris, back, now);
        let to = Addressee {
            lookup: &given.lookup,
            run: new.run,
            salt: given.salt,
            states: &right.states,
            grant: &right.grant,
            designation: &right.designation,
        };
        let sent = build::compose(&draft, &to, &own.certificate, &own.signer, &own.trust()?.keys, now, seed)?;
        Ok(sent.so_far)
    }
}

/// Why nothing goes electronically, as a row has it.
pub(crate) fn reason_of(answer: &Answer) -> String {
    match answer {
        Answer::Exempt(reason) => reason.name().to_owned(),
        Answer::NoAccount | Answer::Account { .. } => "no account".to_owned(),
    }
}

/// Why a person is notified otherwise, as the registrar said it.
fn otherwise(row: &Dispatch) -> Otherwise {
    match ExemptReason::ALL.into_iter().find(|reason| reason.name() == row.reason) {
        Some(reason) => Otherwise::Exempt(reason),
        None => Otherwise::NoAccount,
    }
}

/// What N is made of.
fn draft_of<'a>(
    own: &Own,
    new: &'a NewNotice,
    as_: As<'a>,
    files: &'a [File<'a>],
    uris: &'a [&'a str],
    back: Option<(ChannelId, &'a Token)>,
    now: Millis,
) -> Draft<'a> {
    let of_today = own.certificate.place.zone.date(now).map_or(RuleId::ClD4, RuleId::of_day);
    Draft {
        id: as_.id,
        standing: as_.standing,
        act: new.act,
        case: &new.case,
        procedure: &new.procedure,
        subject: &new.subject,
        description: &new.description,
        uris,
        files,
        rule: as_.rule.unwrap_or(of_today).rule(),
        calendar: as_.calendar,
        answers_to: back,
        approved: as_.approved,
    }
}
