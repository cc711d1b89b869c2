//! One notice, from the question to the registrar to the relay's record.
//!
//! | when the program ends | what there is | what `resume` does |
//! |---|---|---|
//! | before the notice is kept | perhaps an answer of the registrar | nothing: nothing was sent |
//! | after | the evidence so far, and a row | delivers the same bytes again: the relay has them or takes them, and gives one record |
//! | the same, an hour after the answer | the same | only looks: what the relay does not have is not sent, because the answer is too old |
//! | after the record is kept | all | nothing |

use crate::archive::{Archive, evidence_name, kept};
use crate::ask::Right;
use crate::deliver::{Otherwise, Outcome, TOO_LATE};
use crate::dispatch::{Dispatch, Stage};
use crate::own::Own;
use crate::returns::ReturnChannel;
use crate::written::{NewNotice, well_written};
use crate::{Body, BodyTrouble};
use lacre_evidence::build::{self, Addressee, Draft, File};
use lacre_evidence::clock::{Calendar, RuleId};
use lacre_evidence::envelope::Seed;
use lacre_evidence::verdict::SKEW_MS;
use lacre_evidence::{Answer, Bundle, ExemptReason, Lookup, Salt, Standing, verify};
use lacre_ground::ids::{NoticeId, Token};
use lacre_ground::random;
use lacre_ground::signed::Signed;
use lacre_ground::time::Millis;
use lacre_transport::GrpcNetwork;

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
        let standing = self.standing(archive, &own, new.beside)?;

        let relay = self.look_at_relay(net, &own)?;
        // before the registrar is asked: its answer would be spent
        self.same_clock(relay)?;
        self.renew_when_due(net)?;
        let own = self.own()?;
        let back = if new.answers { Some(self.return_right(net, &own)?) } else { None };
        let given = self.ask(net, &own, &new.run)?;
        self.same_clock(given.lookup.asked_at)?;
        let id = NoticeId::new(random::bytes(self.rng.as_mut()));
        let mut row = Dispatch {
            id,
            number: self.dispatches()?.last().map_or(1, |last| last.number.saturating_add(1)),
            run: new.run.canonical(),
            case: new.case.clone(),
            subject: new.subject.clone(),
            stage: Stage::Otherwise,
            asked_at: given.lookup.asked_at,
            reason: String::new(),
            token: None,
            seed: None,
            returns: None,
            answers: Vec::new(),
            aside: Vec::new(),
            back: back.as_ref().map(|(_, token)| token.clone()),
            filed: Vec::new(),
            unproven: false,
            again: false,
            account: None,
            beside: new.beside,
            transaction: None,
            waiting: Vec::new(),
            put_aside: Vec::new(),
        };
        let Some(right) = given.right else {
            let keys = own.trust()?.keys;
            let bundle = build::not_reachable(&own.certificate, &given.lookup, new.run, given.salt, &keys);
            archive.keep(&evidence_name(id), &bundle.to_bytes())?;
            let why = match &given.lookup.answer {
                Answer::Exempt(reason) => Otherwise::Exempt(*reason),
                Answer::NoAccount | Answer::Account { .. } => Otherwise::NoAccount,
            };
            row.reason = match &why {
                Otherwise::Exempt(reason) => reason.name().to_owned(),
                Otherwise::NoAccount | Otherwise::ClosedSince => "no account".to_owned(),
            };
            self.keep_dispatch(&row)?;
            return Ok((id, Outcome::Otherwise(why)));
        };
        let seed = Seed::random(self.rng.as_mut());
        let bundle = self.compose(&own, new, standing, id, &given.lookup, given.salt, &right, back.as_ref(), &seed)?;
        archive.keep(&evidence_name(id), &bundle.to_bytes())?;
        row.stage = Stage::Prepared;
        row.account = Some(right.grant.account);
        row.token = Some(right.token);
        row.seed = Some(*seed.expose());
        row.returns = back.as_ref().map(|(channel, _)| channel.number);
        self.keep_dispatch(&row)?;
        let asked_at = given.lookup.asked_at;
        let outcome = self.deliver(net, archive, &own, row, bundle, asked_at)?;
        Ok((id, outcome))
    }

    /// Goes on with a notice that was kept and perhaps not sent.
    pub fn resume(&mut self, net: &mut GrpcNetwork, archive: &mut dyn Archive, id: NoticeId) -> Result<Outcome, BodyTrouble> {
        let own = self.own()?;
        let row = self.dispatch(id)?;
        match row.stage {
            Stage::Prepared => {
                let (bundle, now) = (kept(archive, id)?, self.look_at_relay(net, &own)?);
                self.deliver(net, archive, &own, row, bundle, now)
            }
            Stage::Sent => Ok(Outcome::Sent(Box::new(verify(&kept(archive, id)?.to_bytes(), Some(&own.trust()?))))),
            // said again as it was said then
            Stage::Otherwise => {
                Ok(Outcome::Otherwise(match ExemptReason::ALL.into_iter().find(|reason| reason.name() == row.reason) {
                    Some(reason) => Otherwise::Exempt(reason),
                    None => Otherwise::NoAccount,
                }))
            }
            Stage::Refused if row.reason == TOO_LATE => Err(BodyTrouble::TooLate),
            Stage::Refused => Ok(Outcome::Otherwise(Otherwise::ClosedSince)),
        }
    }

    /// A notice that bears another time than the relay's proves nothing.
    fn same_clock(&self, theirs: Millis) -> Result<(), BodyTrouble> {
        let (now, by_ms) = (self.clock.now(), self.clock.now().get().abs_diff(theirs.get()));
        if by_ms > SKEW_MS { Err(BodyTrouble::Clock { ahead: now > theirs, by_ms }) } else { Ok(()) }
    }

    #[expect(clippy::too_many_arguments, reason = "all that a notice is made of, each from somewhere else")]
    fn compose(
        &mut self,
        own: &Own,
        new: &NewNotice,
        standing: Standing,
        id: NoticeId,
        lookup: &Signed<Lookup>,
        salt: Salt,
        right: &Right,
        back: Option<&(ReturnChannel, Token)>,
        seed: &Seed,
    ) -> Result<Bundle, BodyTrouble> {
        let files: Vec<File<'_>> = new.files.iter().map(|f| File { name: &f.name, media: &f.media, bytes: &f.bytes }).collect();
        let uris: Vec<&str> = new.uris.iter().map(String::as_str).collect();
        let now = self.clock.now();
        let today = own.certificate.place.zone.date(now);
        let rule = if today.is_some_and(|day| RuleId::Cl46.rule().in_force(day)) { RuleId::Cl46 } else { RuleId::ClD4 };
        let draft = Draft {
            id,
            standing,
            act: new.act,
            case: &new.case,
            procedure: &new.procedure,
            subject: &new.subject,
            description: &new.description,
            uris: &uris,
            files: &files,
            rule: rule.rule(),
            calendar: Calendar::chile(),
            answers_to: back.map(|(channel, token)| (channel.channel(), token)),
            approved: None,
        };
        let to =
            Addressee { lookup, run: new.run, salt, states: &right.states, grant: &right.grant, designation: &right.designation };
        let sent = build::compose(&draft, &to, &own.certificate, &own.signer, &own.trust()?.keys, now, seed)?;
        Ok(sent.so_far)
    }
}
