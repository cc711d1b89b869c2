//! The body of this machine: an encrypted profile apart from anybody's account, and beside it the folder of its evidence.

use crate::context::Context;
use crate::secret;
use crate::spoken::spoken_seconds;
use crate::whose::{Whose, not_anothers};
use lacre_agency::{Archive, Body, BodyTrouble, Collected, Dispatch};
use lacre_core::network::{Limit, NetError, Reason, Refusal};
use lacre_core::{Environment, Trouble};
use lacre_evidence::Fault;
use lacre_evidence::otherwise::StepError;
use lacre_ground::ids::NoticeId;
use lacre_transport::GrpcNetwork;
use lacre_words::cause::{cause, cause_in};
use lacre_words::failure::{Exit, Failure};
use lacre_words::output;
use lacre_words::screen::size;
use lacre_words::shown::shown;
use std::cell::Cell;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

/// The folder: the flag's, else `lacre-agency` where programs keep what belongs to this user. Never that of `LACRE_PROFILE`, which
/// is a person's.
pub(super) fn folder(ctx: &Context) -> Result<PathBuf, Failure> {
    match &ctx.global.profile {
        Some(dir) => Ok(dir.clone()),
        None => Ok(ctx.data_home()?.join("lacre-agency")),
    }
}

/// The evidence, in a folder that only its owner reads. What the program keeps there it may replace; links are not followed.
pub(super) struct Evidence {
    dir: PathBuf,
    /// for what an earlier program left
    looked: Cell<bool>,
}

/// Whether a name is one that evidence has: a notice's id and what of it, or a file that many may have. What else somebody put there is
/// theirs.
fn is_evidence(name: &str) -> bool {
    let (first, _) = name.split_once('.').unwrap_or((name, ""));
    first == "file" || name.ends_with(".lacre") || (first.len() == 32 && first.bytes().all(|b| b.is_ascii_hexdigit()))
}

impl Evidence {
    pub(super) fn of(ctx: &Context) -> Result<Self, Failure> {
        let mut dir = folder(ctx)?.into_os_string();
        dir.push(".evidence");
        Ok(Self { dir: dir.into(), looked: Cell::new(false) })
    }
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    /// What lies there.
    pub(super) fn names(&self) -> io::Result<Vec<String>> {
        let all = std::fs::read_dir(&self.dir)?;
        all.map(|entry| entry.map(|entry| entry.file_name().to_string_lossy().into_owned())).collect()
    }

    /// This program's turn, until it is dropped: evidence is read, added to and written, by one program at a time.
    pub(super) fn turn(&self, ctx: &Context) -> Result<File, Failure> {
        let taken = || {
            folder_for_evidence(&self.dir)?;
            note_open_folder(ctx, &self.dir);
            let folder = File::open(&self.dir)?;
            folder.lock()?;
            // nobody else writes here now: what is not whole is of a program that was ended in the middle
            if !self.looked.replace(true) {
                output::remove_parts(&self.dir, is_evidence)?;
            }
            Ok(folder)
        };
        taken().map_err(|e: io::Error| trouble(ctx, BodyTrouble::Archive(e)))
    }
}

impl Archive for Evidence {
    fn keep(&mut self, name: &str, content: &[u8]) -> io::Result<()> {
        folder_for_evidence(&self.dir)?;
        output::replace(&self.path(name), content)
    }
    fn keep_all(&mut self, files: &[(String, Vec<u8>)]) -> io::Result<()> {
        if files.is_empty() {
            return Ok(());
        }
        folder_for_evidence(&self.dir)?;
        output::replace_all(&self.dir, files)
    }
    fn holds(&self, name: &str) -> bool {
        self.path(name).is_file()
    }
    fn read(&self, name: &str) -> io::Result<Vec<u8>> {
        std::fs::read(self.path(name))
    }
}

/// A profile that is there, a body's or nobody's yet; or one that is made.
pub(super) fn open_or_create(ctx: &Context) -> Result<Body, Failure> {
    let dir = folder(ctx)?;
    let profile = if lacre_profile::exists(&dir) { secret::open_profile(ctx, &dir)? } else { secret::create_profile(ctx, &dir)? };
    let Environment { clock, rng, .. } = ctx.environment();
    let mut body = Body::new(profile, clock, rng);
    match body.enrolled() {
        Ok(enrolled) => ctx.tell_times_of(enrolled.certificate.place.zone),
        // two owners of one profile would have one passphrase, one backup and one loss
        Err(_) => not_anothers(ctx, &dir, body.key(), Whose::Body)?,
    }
    Ok(body)
}

/// The body of this machine.
pub(super) fn open(ctx: &Context) -> Result<Body, Failure> {
    let dir = folder(ctx)?;
    if !lacre_profile::exists(&dir) {
        return Err(ctx.failure("error-no-body", Exit::No, &[("dir", shown(&dir.display().to_string()).into())]));
    }
    open_or_create(ctx)
}

/// The way to the relay.
pub(super) fn network(ctx: &Context) -> Result<GrpcNetwork, Failure> {
    crate::online::network_by(ctx, ctx.global.proxy.as_deref())
}

/// Takes what was answered. Without a relay there is still what is known here: that is said, and none is given.
pub(super) fn collect(ctx: &Context, body: &mut Body, evidence: &mut Evidence) -> Result<Option<Collected>, Failure> {
    let mut network = network(ctx)?;
    collect_over(ctx, &mut network, body, evidence, false)
}

/// The same over a network that is there already; that it is away is said once.
pub(super) fn collect_over(
    ctx: &Context,
    network: &mut GrpcNetwork,
    body: &mut Body,
    evidence: &mut Evidence,
    known: bool,
) -> Result<Option<Collected>, Failure> {
    let _turn = evidence.turn(ctx)?;
    match body.collect(network, evidence) {
        Ok(collected) => Ok(Some(collected)),
        Err(BodyTrouble::Network(why)) => {
            let failure = trouble(ctx, BodyTrouble::Network(why));
            if !known {
                ctx.note(&ctx.words.say_with("body-not-asked", &[("why", failure.what.as_str().into())]));
            }
            Ok(None)
        }
        Err(other) => Err(trouble(ctx, other)),
    }
}

/// A folder that only its owner reads, if there is none.
pub(super) fn folder_for_evidence(dir: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir)
}

/// Evidence opens everything that was sent: a folder that others can read is said.
pub(super) fn note_open_folder(ctx: &Context, dir: &Path) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        if dir.metadata().is_ok_and(|about| about.permissions().mode() & 0o077 != 0) {
            ctx.note(&ctx.words.say_with("body-open-folder", &[("dir", shown(&dir.display().to_string()).into())]));
        }
    }
}

/// Which notice is meant: its id, or the beginning of it that no other has.
pub(super) fn find(ctx: &Context, body: &mut Body, typed: &str) -> Result<NoticeId, Failure> {
    let all: Vec<Dispatch> = body.dispatches().map_err(|e| trouble(ctx, e))?;
    let mut found = all.iter().filter(|row| typed.len() >= 4 && row.id.to_string().starts_with(typed));
    match (found.next(), found.next()) {
        (Some(row), None) => Ok(row.id),
        _ => Err(ctx.failure("error-no-notice", Exit::No, &[("id", shown(typed).into())])),
    }
}

/// Why it was not done, for an official.
pub(super) fn trouble(ctx: &Context, error: BodyTrouble) -> Failure {
    let no = |key| ctx.failure(key, Exit::No, &[]);
    let text = error.to_string();
    let why = || [("why", cause_in(&ctx.words, &text).into())];
    match error {
        BodyTrouble::Network(NetError::Refused(refusal)) => match refusal.reason {
            Reason::LoginRefused => no("error-body-refused"),
            Reason::CodeRefused => no("error-body-code"),
            Reason::Limit => {
                let limit = refusal.metadata.get("limit").map(String::as_str).unwrap_or_default();
                ctx.failure("error-body-limit", Exit::No, &[("limit", super::why::limit(&ctx.words, limit).into())])
            }
            // it answered; persons' programs keep what waits, this one keeps what it says it keeps
            Reason::StoreDown => {
                let what = ctx.trouble(Trouble::from(NetError::Refused(refusal))).what;
                ctx.failure("error-body-store", Exit::CouldNotAsk, &[("why", what.trim_end_matches('.').into())])
            }
            _ => ctx.trouble(Trouble::from(NetError::Refused(refusal))),
        },
        // persons' programs keep what waits; this one keeps what it says it keeps, and sends nothing by itself
        BodyTrouble::Network(away) if away.is_away() => {
            let why = cause_in(&ctx.words, &text);
            ctx.failure("error-body-away", Exit::CouldNotAsk, &[("why", why.into())])
        }
        BodyTrouble::Network(other) => ctx.trouble(Trouble::from(other)),
        BodyTrouble::Store(why) => crate::trouble::store(&ctx.words, &why),
        BodyTrouble::Archive(why) => {
            ctx.failure("error-body-archive", Exit::CouldNotAsk, &[("why", cause(&ctx.words, &why).into())])
        }
        BodyTrouble::NotEnrolled => no("error-body-not-enrolled"),
        BodyTrouble::Elsewhere(relay) => ctx.failure("error-body-elsewhere", Exit::No, &[("relay", relay.into())]),
        BodyTrouble::Unproven(_) => ctx.failure("error-body-unproven", Exit::No, &why()),
        BodyTrouble::CertificateEnded { until } => ctx.failure(
            "error-body-certificate-ended",
            Exit::No,
            &[("until", ctx.local(until).into()), ("zone", ctx.zone(until).into())],
        ),
        BodyTrouble::Together { bytes, most } => {
            let args = [("size", size(&ctx.words, bytes).into()), ("most", size(&ctx.words, most).into())];
            ctx.failure("error-body-together", Exit::Usage, &args)
        }
        BodyTrouble::Compose(_) => ctx.failure("error-body-compose", Exit::Usage, &why()),
        BodyTrouble::LongTerm { days, most } => {
            ctx.failure("error-body-term", Exit::Usage, &[("days", days.into()), ("most", most.into())])
        }
        BodyTrouble::Line { name, most } => {
            ctx.failure("error-body-line", Exit::Usage, &[("option", name.into()), ("most", most.into())])
        }
        BodyTrouble::Clock { ahead, by_ms } => {
            let seconds = u32::try_from(by_ms / 1_000).unwrap_or(u32::MAX);
            let time = [("time", spoken_seconds(&ctx.words, seconds).into())];
            if ahead {
                ctx.failure("error-body-clock-ahead", Exit::CouldNotAsk, &time)
            } else {
                ctx.failure("error-body-clock-behind", Exit::CouldNotAsk, &time)
            }
        }
        BodyTrouble::Files => ctx.failure("error-body-files", Exit::Usage, &[]),
        BodyTrouble::Refused { reason, limit } => {
            let of_a_day = [Limit::RoutesPerAgencyDay, Limit::LookupsPerAgencyDay, Limit::DeliversPerAgencyDay];
            let why = match Reason::parse(&reason) {
                // the whole body's, so that no other row goes either
                Some(Reason::Limit) if of_a_day.iter().any(|known| known.as_str() == limit) => {
                    let limit = super::why::limit(&ctx.words, &limit);
                    return ctx.failure("error-body-limit", Exit::No, &[("limit", limit.into())]);
                }
                Some(Reason::Limit) => super::why::limit(&ctx.words, &limit),
                Some(reason) => {
                    let refusal = Refusal { reason, metadata: [].into(), retry_after: None };
                    ctx.trouble(Trouble::from(NetError::Refused(refusal))).what
                }
                None => cause_in(&ctx.words, &reason),
            };
            ctx.failure("error-body-row", Exit::No, &[("why", why.trim_end_matches('.').into())])
        }
        BodyTrouble::TooLate => no("error-body-too-late"),
        BodyTrouble::NotKept => no("error-fallback-not-kept"),
        BodyTrouble::Step(StepError::Again) => no("error-record-again"),
        BodyTrouble::Step(StepError::NotPosted) => no("error-record-not-posted"),
        BodyTrouble::Step(StepError::Early) => no("error-record-before-posting"),
        BodyTrouble::OtherDay { at } => ctx.failure("error-record-other-day", Exit::No, &[("at", ctx.local_in(at).into())]),
        BodyTrouble::StepEarly { made } => ctx.failure("error-record-early", Exit::No, &[("at", ctx.local_in(made).into())]),
        BodyTrouble::StepLater => no("error-record-later"),
        BodyTrouble::NotDelivered => no("error-body-not-delivered"),
        BodyTrouble::NoSuchBatch => ctx.failure("error-no-batch", Exit::No, &[("id", "".into())]),
        BodyTrouble::BatchEnded => no("error-batch-ended"),
        BodyTrouble::NoSuchRow { row, rows } => {
            let args = [("id", "".into()), ("row", row.to_string().into()), ("rows", rows.to_string().into())];
            ctx.failure("error-correct-no-row", Exit::Usage, &args)
        }
        BodyTrouble::NoRows => ctx.failure("error-batch-empty", Exit::Usage, &[]),
        BodyTrouble::TooManyRows { most } => ctx.failure("error-batch-long", Exit::Usage, &[("most", most.to_string().into())]),
        BodyTrouble::FourEyes => no("error-four-eyes"),
        BodyTrouble::NoOfficials => no("error-no-officials"),
        BodyTrouble::Drafter { drafters } => {
            let list = if drafters.is_empty() { "none".to_owned() } else { drafters.join(", ") };
            ctx.failure("error-drafter", Exit::Usage, &[("list", list.into())])
        }
        BodyTrouble::Approvals(fault) => refused(ctx, &fault),
        BodyTrouble::OtherRoles => no("error-other-roles"),
        BodyTrouble::NotApproved { has, needed, drafter_missing } => {
            let drafted = if drafter_missing { "no" } else { "yes" };
            let args = [("has", has.into()), ("needed", needed.into()), ("drafted", drafted.into())];
            ctx.failure("error-not-approved", Exit::No, &args)
        }
        BodyTrouble::ApprovedLater { at } => {
            ctx.failure("error-approved-later", Exit::CouldNotAsk, &[("at", ctx.local_in(at).into())])
        }
        BodyTrouble::PackageLong { most } => {
            ctx.failure("error-package-long", Exit::Usage, &[("most", size(&ctx.words, most).into())])
        }
        BodyTrouble::BatchTimes => ctx.failure("error-batch-times", Exit::Usage, &[]),
        BodyTrouble::AttachmentGone(name) => {
            ctx.failure("error-batch-attachment", Exit::CouldNotAsk, &[("name", shown(&name).into())])
        }
        BodyTrouble::Row { line, why } => {
            ctx.failure("error-batch-row", Exit::Usage, &[("line", line.to_string().into()), ("why", shown(&why).into())])
        }
        BodyTrouble::NoSuchReply => no("error-no-reply"),
        BodyTrouble::NoSuchTemplate => no("error-no-template"),
        BodyTrouble::NoSuchNotice => ctx.failure("error-no-notice", Exit::No, &[("id", "".into())]),
        BodyTrouble::NoEvidence(name) => {
            ctx.failure("error-body-no-evidence", Exit::CouldNotAsk, &[("name", shown(&name).into())])
        }
    }
}

/// Approvals, or a list of roles, are not what they must be.
pub(super) fn refused(ctx: &Context, fault: &Fault) -> Failure {
    let why = ctx.words.say(crate::proof::reason::fault(fault.code));
    let args = [("why", why.into()), ("part", shown(&fault.part).into()), ("detail", shown(&fault.detail).into())];
    ctx.failure("error-approvals", Exit::No, &args)
}
