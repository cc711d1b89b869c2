//! A public body's program in this process: what `lacre agency` runs, with a profile, a clock and an archive of its own.

use crate::world::{TestClock, World, network_at};
use lacre_agency::{Archive, Beside, Body, BodyTrouble, Collected, Dispatch, NewFile, NewNotice, Outcome};
use lacre_evidence::clock::Term;
use lacre_evidence::{Act, Bundle, Stage, Trust, Verdict, verify};
use lacre_ground::ids::NoticeId;
use lacre_ground::random::SystemRng;
use lacre_ground::run::Run;
use lacre_profile::{NoObserver, Options, Profile, Secret};
use lacre_transport::GrpcNetwork;
use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

/// Evidence in memory.
#[derive(Default)]
pub struct Papers(pub BTreeMap<String, Vec<u8>>);

impl Archive for Papers {
    fn keep(&mut self, name: &str, content: &[u8]) -> io::Result<()> {
        self.0.insert(name.to_owned(), content.to_vec());
        Ok(())
    }
    fn read(&self, name: &str) -> io::Result<Vec<u8>> {
        self.0.get(name).cloned().ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

/// A body that is enrolled.
pub struct Office {
    /// its program
    pub body: Body,
    /// its connections
    pub net: GrpcNetwork,
    /// its clock
    pub clock: Arc<TestClock>,
    /// its evidence
    pub papers: Papers,
}

/// What it writes to this person: a decision with a term of five business days.
#[must_use]
pub fn decision(run: Run, subject: &str) -> NewNotice {
    let text = format!("# {subject}\n\nSe **rechaza** su solicitud (ejemplo).\n");
    NewNotice {
        run,
        beside: Beside::Nothing,
        act: Act::Notification { stage: Stage::End, term: Term::business_days(5) },
        case: "E-0001/2026".to_owned(),
        procedure: "Permiso de ejemplo".to_owned(),
        subject: subject.to_owned(),
        description: "Pone término al procedimiento (ejemplo).".to_owned(),
        uris: Vec::new(),
        files: vec![NewFile { name: "resolución.md".to_owned(), media: "text/markdown".to_owned(), bytes: text.into_bytes() }],
        answers: true,
    }
}

impl Office {
    /// Enrolled with a code of the operator.
    #[must_use]
    pub fn enrolled(world: &World, code: &str) -> Self {
        Self::with(world, code, Options { durable: false, ..Options::default() })
    }

    /// The same with a profile that waits for the disk, as outside of tests.
    #[must_use]
    pub fn enrolled_durably(world: &World, code: &str) -> Self {
        Self::with(world, code, Options::default())
    }

    fn with(world: &World, code: &str, options: Options) -> Self {
        let dir = world.data().with_file_name(format!("office-{code}"));
        let profile = Profile::create_with(&dir, Secret::KeyFile(&[7; 32]), &mut SystemRng, Arc::new(NoObserver), options);
        let clock = TestClock::of_the_machine();
        let mut body = Body::new(profile.expect("a profile"), clock.clone(), Box::new(SystemRng));
        let net = network_at(clock.clone());
        body.enroll(&net, &world.invite_body(code)).expect("enrolment of a body");
        Self { body, net, clock, papers: Papers::default() }
    }

    /// Sends.
    pub fn send(&mut self, new: &NewNotice) -> Result<(NoticeId, Outcome), BodyTrouble> {
        self.body.send(&mut self.net, &mut self.papers, new)
    }

    /// Takes what was answered.
    pub fn collect(&mut self) -> Collected {
        self.body.collect(&mut self.net, &mut self.papers).expect("collecting")
    }

    /// All that it knows of its notices.
    pub fn rows(&mut self) -> Vec<Dispatch> {
        self.body.dispatches().unwrap()
    }

    /// The verdict of who trusts this relay and its registrar.
    pub fn verdict(&mut self, id: NoticeId) -> Verdict {
        let trust = Trust::parse(&self.body.trust_file().unwrap()).unwrap();
        verify(&self.papers.read(&lacre_agency::evidence_name(id)).unwrap(), Some(&trust))
    }

    /// The relay's record in the evidence.
    #[must_use]
    pub fn record(&self, id: NoticeId) -> Option<String> {
        let bytes = self.papers.read(&lacre_agency::evidence_name(id)).unwrap();
        Bundle::parse(&bytes).unwrap().events.first().cloned()
    }
}
