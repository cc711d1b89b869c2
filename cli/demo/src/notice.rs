//! The official notices of the story: a public body writes to three of them, and what follows is proved.

use super::people::EXAMPLES;
use super::story::{ANA, BRUNO, CARLA, Story};
use lacre_agency::{Archive, Beside, Body, BodyTrouble, NewFile, NewNotice, Otherwise, Outcome, evidence_name};
use lacre_core::Environment;
use lacre_core::view::{NoticeAnswer, OfficialNotice};
use lacre_evidence::clock::Term;
use lacre_evidence::{Act, Bundle, FilePart, Stage, Trust, Verdict, verify};
use lacre_ground::ids::NoticeId;
use lacre_ground::run::Run;
use lacre_profile::{Profile, Secret};
use lacre_transport::{GrpcNetwork, Options, Timeouts};
use lacre_words::failure::{Exit, Failure};
use lacre_words::shown::shown;
use lacre_words::words::key;
use std::io;
use std::path::PathBuf;
use zeroize::Zeroizing;

/// Where the body keeps its evidence; the relay may be killed at the moment when something is kept.
pub(super) struct Evidence {
    dir: PathBuf,
    dies_with_it: Option<super::relay::Running>,
}

impl Archive for Evidence {
    fn keep(&mut self, name: &str, content: &[u8]) -> io::Result<()> {
        std::fs::create_dir_all(&self.dir)?;
        std::fs::write(self.dir.join(name), content)?;
        if let Some(relay) = self.dies_with_it.take() {
            super::relay::kill(&relay);
        }
        Ok(())
    }
    fn read(&self, name: &str) -> io::Result<Vec<u8>> {
        std::fs::read(self.dir.join(name))
    }
}

/// The body with its line to the relay.
pub(super) struct Office {
    pub(super) body: Body,
    pub(super) network: GrpcNetwork,
    pub(super) evidence: Evidence,
    dir: PathBuf,
    secret: Zeroizing<[u8; 32]>,
}

impl Evidence {
    /// This relay is killed when the next evidence is kept.
    pub(super) fn dies_with(&mut self, relay: super::relay::Running) {
        self.dies_with_it = Some(relay);
    }
}

impl Story<'_> {
    /// A body notifies three people; how many parts of the evidence were changed, and each was noticed.
    pub(super) fn notices(&mut self, office: &mut Office) -> Result<usize, Failure> {
        for who in [ANA, BRUNO, CARLA] {
            let statement = self.ctx.words.say("notice-statement");
            self.of(who, |p| p.client.designate(&statement))?;
            self.of(who, |p| p.sync().map(|_| ()))?;
        }
        self.say("demo-designated", &[]);

        let first = self.sent(office, ANA, false)?;
        let second = self.sent(office, BRUNO, true)?;
        self.good(key("demo-claim-resumed"), &[]);
        self.of(CARLA, |p| p.client.pause_notices(true))?;
        self.of(CARLA, |p| p.sync().map(|_| ()))?;
        let paused = self.try_send(office, CARLA)?;
        self.shown(matches!(paused, (_, Outcome::Otherwise(Otherwise::NoAccount))), key("demo-claim-paused"))?;

        let read = self.only_notice(ANA)?;
        let genuine = read.content.as_ref().is_ok_and(|g| g.certificate.code.as_str() == CODE && g.safe().is_some());
        self.shown(genuine, key("demo-claim-genuine"))?;
        self.of(ANA, |p| p.client.answer_notice(read.id, NoticeAnswer::Acknowledged))?;
        let appealed = self.only_notice(BRUNO)?;
        let appeal = self.ctx.words.say("demo-appeal");
        self.of(BRUNO, |p| p.client.reply_to_notice(appealed.id, &appeal, &[]))?;
        for who in [ANA, BRUNO] {
            self.of(who, |p| p.sync().map(|_| ()))?;
        }
        let in_time = self.only_notice(BRUNO)?.replies.first().is_some_and(|r| r.accepted_at.is_some());
        self.shown(in_time, key("demo-claim-appeal"))?;
        let Office { body, network, evidence, .. } = &mut *office;
        let collected = body.collect(network, evidence).map_err(|e| self.body(&e))?;
        let of = |id: NoticeId, what: &str| collected.filed.iter().any(|f| f.notice == id && f.what == what);
        let told = of(first, "ConsignmentAcceptance") && of(second, "reply") && collected.aside.is_empty();
        self.shown(told, key("demo-claim-told"))?;
        self.judged(office, first)
    }

    pub(super) fn office(&mut self) -> Result<Office, Failure> {
        let dir = self.folder.join("body");
        let Environment { clock, mut rng, observer } = Environment::system();
        let secret = Zeroizing::new(lacre_ground::random::bytes::<32>(rng.as_mut()));
        let profile = Profile::create(&dir, Secret::KeyFile(&secret), rng.as_mut(), observer)
            .map_err(|e| self.machine(&io::Error::other(e.to_string())))?;
        let lines = Environment::system().rng;
        let options = Options { proxy: None, timeouts: Timeouts::default(), clock: clock.clone(), rng: lines };
        let network = GrpcNetwork::new(options).map_err(|e| self.machine(&e))?;
        let mut body = Body::new(profile, clock, rng);
        let code = self.relay.body_code(CODE, &self.ctx.words.say("demo-body-name")).map_err(|e| self.machine(&e))?;
        body.enroll(&network, &code).map_err(|e| self.body(&e))?;
        let evidence = Evidence { dir: self.folder.join("evidence"), dies_with_it: None };
        Ok(Office { body, network, evidence, dir, secret })
    }

    /// The body's program ends, and begins anew with what its profile holds.
    pub(super) fn opened_again(&self, office: Office) -> Result<Office, Failure> {
        let Office { body, network, evidence, dir, secret } = office;
        drop(body);
        let Environment { clock, rng, observer } = Environment::system();
        let profile = Profile::open(&dir, Secret::KeyFile(&secret), observer);
        let profile = profile.map_err(|e| self.machine(&io::Error::other(e.to_string())))?;
        Ok(Office { body: Body::new(profile, clock, rng), network, evidence, dir, secret })
    }

    fn new_notice(&self, who: usize) -> Result<NewNotice, Failure> {
        let run = EXAMPLES.get(who).and_then(|(.., run)| Run::parse(run).ok());
        let run = run.ok_or_else(|| self.machine(&io::Error::other("no RUN")))?;
        let say = |sentence| self.ctx.words.say(sentence);
        let text = say("demo-notice-text");
        Ok(NewNotice {
            run,
            beside: Beside::Nothing,
            act: Act::Notification { stage: Stage::End, term: Term::business_days(5) },
            case: format!("E-{:04}/2026", who + 1),
            procedure: say("demo-notice-procedure"),
            subject: say("demo-notice-subject"),
            description: say("demo-notice-description"),
            uris: Vec::new(),
            files: vec![NewFile { name: "acto.md".to_owned(), media: "text/markdown".to_owned(), bytes: text.into_bytes() }],
            answers: true,
        })
    }

    fn try_send(&mut self, office: &mut Office, who: usize) -> Result<(NoticeId, Outcome), Failure> {
        let new = self.new_notice(who)?;
        let Office { body, network, evidence, .. } = office;
        body.send(network, evidence, &new).map_err(|e| self.body(&e))
    }

    /// Sends, if need be with a relay that is killed as soon as the notice is kept.
    fn sent(&mut self, office: &mut Office, who: usize, killed: bool) -> Result<NoticeId, Failure> {
        if !killed {
            let (id, outcome) = self.try_send(office, who)?;
            return self.proved(id, &outcome);
        }
        office.evidence.dies_with_it = Some(self.relay.running());
        let new = self.new_notice(who)?;
        let Office { body, network, evidence, .. } = office;
        let broken = body.send(network, evidence, &new).is_err();
        self.relay.start().map_err(|e| self.machine(&e))?;
        let id = body.dispatches().map_err(|e| self.body(&e))?.last().map(|row| row.id);
        let id = id.filter(|_| broken).ok_or_else(|| self.machine(&io::Error::other("nothing was kept")))?;
        let outcome = body.resume(network, evidence, id).map_err(|e| self.body(&e))?;
        self.proved(id, &outcome)
    }

    fn proved(&self, id: NoticeId, outcome: &Outcome) -> Result<NoticeId, Failure> {
        let valid = matches!(outcome, Outcome::Sent(verdict) if matches!(**verdict, Verdict::Valid(_)));
        self.shown(valid, key("demo-claim-sent"))?;
        Ok(id)
    }

    fn only_notice(&mut self, who: usize) -> Result<OfficialNotice, Failure> {
        let all = self.of(who, |p| {
            p.sync()?;
            p.client.notices()
        })?;
        let mut all = all.into_iter();
        match (all.next(), all.next()) {
            (Some(one), None) => Ok(one),
            _ => Err(self.machine(&io::Error::other("not exactly one notice"))),
        }
    }

    /// The evidence without profile and relay: it is valid, and no part of it can be another.
    fn judged(&self, office: &mut Office, id: NoticeId) -> Result<usize, Failure> {
        let bytes = office.evidence.read(&evidence_name(id)).map_err(|e| self.machine(&e))?;
        let trust = office.body.trust_file().map_err(|e| self.body(&e))?;
        let trust = Trust::parse(&trust).map_err(|e| self.machine(&io::Error::other(e.to_string())))?;
        self.shown(matches!(verify(&bytes, Some(&trust)), Verdict::Valid(_)), key("demo-claim-valid"))?;
        let whole = Bundle::parse(&bytes).map_err(|e| self.machine(&io::Error::other(e.to_string())))?;
        let changed = changed(&whole);
        let own = |(part, bundle): &(&str, Bundle)| match verify(&bundle.to_bytes(), Some(&trust)) {
            Verdict::Invalid(fault) => fault.part == *part,
            Verdict::Valid(_) | Verdict::Incomplete(_) => false,
        };
        self.shown(changed.iter().all(own) && changed.len() >= 9, key("demo-claim-changed"))?;
        Ok(changed.len())
    }

    /// Ends the demo if this does not hold; says it if it does.
    pub(super) fn shown(&self, holds: bool, key: &'static str) -> Result<(), Failure> {
        self.claim(holds, key)?;
        self.good(key, &[]);
        Ok(())
    }

    pub(super) fn body(&self, why: &BodyTrouble) -> Failure {
        self.ctx.failure("error-demo-body", Exit::No, &[("why", shown(&why.to_string()).into())])
    }
}

/// The code of the example body.
pub(super) const CODE: &str = "AO001";

/// The evidence, each time with another part that is not what it was; the end line is made again.
fn changed(whole: &Bundle) -> Vec<(&'static str, Bundle)> {
    let other = |text: &String| text.replacen('0', "1", 1);
    let mut all = Vec::new();
    let mut push = |part: &'static str, change: &dyn Fn(&mut Bundle)| {
        let mut bundle = whole.clone();
        change(&mut bundle);
        all.push((part, bundle));
    };
    push("certificate", &|b| b.certificate = b.certificate.as_ref().map(other));
    push("lookup", &|b| b.lookup = b.lookup.as_ref().map(other));
    push("opening", &|b| b.opening = b.opening.as_ref().map(other));
    push("designation", &|b| b.designation = b.designation.as_ref().map(other));
    push("grant", &|b| b.grant = b.grant.as_ref().map(other));
    push("notice", &|b| b.notice = b.notice.as_ref().map(other));
    push("state.0", &|b| b.states = b.states.iter().map(other).collect());
    push("event.0", &|b| b.events = b.events.iter().map(other).collect());
    push("file.0", &|b| b.files = vec![FilePart::Here(b"another text".to_vec())]);
    all
}
