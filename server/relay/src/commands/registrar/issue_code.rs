//! `lacre-relay registrar issue-code`: an invitation for one person, or for a public body.

use super::super::status::short;
use super::super::{Failed, Place, running, say, sentence, tell, there};
use super::agency::{Described, agency_of};
use lacre_ground::address::{Authority, Invitation};
use lacre_ground::ids::{Code, Identity};
use lacre_ground::random::SystemRng;
use lacre_ground::run::{Run, RunError};
use lacre_ground::time::{Clock as _, Millis, SystemClock};
use lacre_proto::relay::v1::IssueCodeRequest;
use lacre_proto::relay::v1::registrar_client::RegistrarClient;
use lacre_relay::config::{NodeConfig, host_port};
use lacre_relay::folder::{DataFolder, KeyPlaces, StartError};
use lacre_relay::service::registrar::connect;
use lacre_store::NoticeReads as _;
use lacre_store::accounts::{IssueCode, IssueRefused};
use lacre_store::counter::{By, Reference};
use lacre_store::offices::{IssueOffice, Office};
use lacre_store::rules::Rules;
use lacre_store::run_one;
use lacre_words::failure::Exit;
use lacre_words::typed::{NoLine, line};
use lacre_words::words::{Words, key};
use qrcode::QrCode;
use qrcode::render::unicode::Dense1x2;
use std::io;
use tokio::net::UnixStream;
use tonic_types::StatusExt as _;

/// Arguments of `issue-code`.
#[derive(Debug, clap::Args)]
pub(crate) struct IssueCodeArgs {
    /// For a person who lost an account: the code puts a new one in its place, under the same name
    #[arg(long)]
    recover: bool,
    /// An office account for an official of this public body, apart from the person's own; it ends with: registrar office end
    #[arg(long, value_name = "CODE", conflicts_with = "agency")]
    office: Option<String>,
    /// The body has named her to the registrar: she says, with another one, who else does what there
    #[arg(long, requires = "office")]
    administrator: bool,
    #[command(flatten)]
    body: Described,
    #[command(flatten)]
    place: Place,
    /// host:port that the invitation names
    #[arg(long, value_name = "HOST:PORT")]
    public_address: Option<String>,
    /// Prints {"run", "invitation", "expires_at", "reference"}; of a public body {"agency", "invitation", "expires_at"}
    #[arg(long)]
    json: bool,
}

impl From<RunError> for Failed {
    fn from(e: RunError) -> Self {
        match e {
            RunError::Shape => Self::usage("run-shape", &[]),
            RunError::CheckDigit => Self::usage("run-digit", &[]),
        }
    }
}

impl From<IssueRefused> for Failed {
    fn from(e: IssueRefused) -> Self {
        match e {
            IssueRefused::HasAccount => Self::no("has-account"),
            IssueRefused::NoAccount => Self::no("nothing-to-recover"),
            // the operator is no clerk, and has no limit
            IssueRefused::NoClerk | IssueRefused::Duty | IssueRefused::Limit(_) => Self::new("no-start", &[("cause", &e)]),
        }
    }
}

impl IssueCodeArgs {
    fn request(&self, run: &Run) -> Result<IssueCodeRequest, Failed> {
        let office = self.office.as_deref().map(agency_of).transpose()?;
        let office = office.map_or_else(String::new, |code| code.as_str().to_owned());
        Ok(IssueCodeRequest { run: run.canonical(), recover: self.recover, office, administrator: self.administrator })
    }
}

/// An invitation and until when it works.
struct Issued {
    invitation: Invitation,
    expires_at: Millis,
    /// what it is called at the counter
    reference: String,
}

/// Hands out an invitation, or says why there is none.
pub(crate) fn run(args: &IssueCodeArgs, words: &Words) -> Result<Exit, Failed> {
    if let Some(code) = args.body.invited() {
        return args.body.issue(code, &args.place.node()?.data, args.json, words);
    }
    let run = ask_run(words)?;
    print(&run, &issue_code(args, &run)?, args, words)?;
    Ok(Exit::Done)
}

/// The person's RUN, from standard input: what stands among the arguments, everybody on the machine can read.
pub(super) fn ask_run(words: &Words) -> Result<Run, Failed> {
    let typed = line(&words.say("ask-run")).map_err(|e| match e {
        NoLine::Nothing => Failed::usage("no-run", &[]),
        NoLine::Many => Failed::usage("many-runs", &[]),
        NoLine::Io(e) => Failed::new("no-stdin", &[("cause", &e)]),
    })?;
    Ok(Run::parse(&typed)?)
}

fn issue_code(args: &IssueCodeArgs, run: &Run) -> Result<Issued, Failed> {
    let config = args.place.node()?;
    let data = &config.data;
    there(data)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|e| Failed::new("no-thread", &[("cause", &e)]))?;
    let issued = match runtime.block_on(connect(data)) {
        Ok(counter) => runtime.block_on(ask(counter, args.request(run)?))?,
        // no socket, or one that its relay left behind
        Err(e) if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused) => alone(&config, run, args)?,
        Err(e) if e.kind() == io::ErrorKind::PermissionDenied => {
            return Err(Failed::new("not-permitted", &[("path", &data.display())]));
        }
        Err(e) => return Err(Failed::new("no-start", &[("cause", &e)])),
    };
    named(issued, args.public_address.as_deref())
}

/// Asks the running relay.
async fn ask(counter: UnixStream, request: IssueCodeRequest) -> Result<Issued, Failed> {
    let answer = |why: &dyn std::fmt::Display| Failed::new("no-answer", &[("cause", &why)]);
    let channel = running::channel(counter).await.map_err(|e| answer(&e))?;
    let issued = match RegistrarClient::new(channel).issue_code(request).await {
        Ok(issued) => issued.into_inner(),
        Err(status) => {
            let reason = status.get_details_error_info().map(|info| info.reason);
            return Err(match reason.as_deref() {
                Some("HAS_ACCOUNT") => IssueRefused::HasAccount.into(),
                Some("NO_ACCOUNT") => IssueRefused::NoAccount.into(),
                Some("NO_AGENCY") => Failed::no("no-agency"),
                _ => running::full(&status).unwrap_or_else(|| answer(&status.message())),
            });
        }
    };
    let invitation = Invitation::parse(&issued.invitation).map_err(|e| answer(&e))?;
    Ok(Issued { invitation, expires_at: Millis::new(issued.expires_at_ms), reference: issued.reference })
}

/// Opens the store itself.
fn alone(config: &NodeConfig, run: &Run, args: &IssueCodeArgs) -> Result<Issued, Failed> {
    let mut rng = SystemRng;
    let folder = DataFolder::find(&config.data).map_err(|e| match e {
        StartError::Busy(_) => Failed::new("busy", &[]),
        e => e.into(),
    })?;
    let mut store = folder.store(None, &mut rng)?;
    let places = KeyPlaces { identity: config.identity_key.clone(), run: config.run_key.clone() };
    let reads = store.reads(1).map_err(StartError::from)?;
    let (identity, key) = folder.found_keys(&mut store, &reads, &places)?;
    let authority = authority(config, identity.public())?;
    let code = Code::random(&mut rng);
    let reference = Reference::of(&code.hash()).to_string();
    let issue = |run| IssueCode { by: By::Operator, run, code: code.hash(), recover: args.recover };
    let (now, rules) = (SystemClock.now(), Rules::default());
    let issued = match args.office.as_deref().map(agency_of).transpose()? {
        None => run_one(&mut store, now, &rules, issue(key.hash(run)))?,
        Some(agency) => {
            let body = reads.body_named(&agency).map_err(StartError::from)?;
            body.filter(|body| !body.revoked).ok_or_else(|| Failed::no("no-agency"))?;
            let issue = issue(key.hash_office(&agency, run));
            run_one(&mut store, now, &rules, IssueOffice { issue, office: Office { agency, administrator: args.administrator } })?
        }
    };
    Ok(Issued { invitation: Invitation { authority, code }, expires_at: issued?.expires_at, reference })
}

/// What people reach the relay by, as its configuration says.
fn authority(config: &NodeConfig, identity: Identity) -> Result<Authority, Failed> {
    let (host, port) = match config.public()? {
        Some(public) => public,
        None if config.listen.is_ipv6() => (format!("[{}]", config.listen.ip()), config.listen.port()),
        None => (config.listen.ip().to_string(), config.listen.port()),
    };
    Authority::new(&host, port, identity).map_err(|_| bad_address(&format!("{host}:{port}")))
}

/// The invitation under the address that the operator named, and never one that leads nowhere.
fn named(issued: Issued, public: Option<&str>) -> Result<Issued, Failed> {
    let Issued { invitation: Invitation { authority, code }, expires_at, reference } = issued;
    let authority = match public {
        None => authority,
        Some(text) => {
            let (host, port) = host_port(text).ok_or_else(|| bad_address(text))?;
            Authority::new(&host, port, authority.identity()).map_err(|_| bad_address(text))?
        }
    };
    let host = authority.host().trim_start_matches('[').trim_end_matches(']');
    if host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_unspecified()) {
        let address = format!("{}:{}", authority.host(), authority.port());
        return Err(Failed::usage("unreachable-address", &[("address", &address)]));
    }
    Ok(Issued { invitation: Invitation { authority, code }, expires_at, reference })
}

fn bad_address(text: &str) -> Failed {
    Failed::usage("bad-address", &[("address", &text)])
}

/// The invitation alone goes to stdout; what is for people's eyes goes to stderr.
fn print(run: &Run, issued: &Issued, args: &IssueCodeArgs, words: &Words) -> Result<(), Failed> {
    let line = issued.invitation.expose();
    if args.json {
        let expires = issued.expires_at.to_string();
        return say(&serde_json::json!({ "run": run.canonical(), "invitation": line, "expires_at": expires, "reference": issued.reference }).to_string());
    }
    if let Ok(code) = QrCode::new(&line) {
        // light modules are printed: most terminals are dark, and the quiet zone must be light
        tell(&code.render::<Dense1x2>().dark_color(Dense1x2::Light).light_color(Dense1x2::Dark).build());
    }
    tell(&sentence(words, "invitation-for", &[("run", &run.canonical())]));
    say(&line)?;
    let used = match (&args.office, args.recover) {
        (Some(_), _) => key("office-use"),
        (None, true) => key("recovery-use"),
        (None, false) => key("invitation-use"),
    };
    tell(&sentence(words, used, &[("expires", &short(issued.expires_at.get())), ("reference", &issued.reference)]));
    Ok(())
}
