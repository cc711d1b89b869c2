//! `lacre-relay registrar`: the counter where persons get their invitations.

use hyper_util::rt::TokioIo;
use lacre_ground::address::{Authority, Invitation};
use lacre_ground::ids::{Code, Identity};
use lacre_ground::random::SystemRng;
use lacre_ground::run::{Run, RunError};
use lacre_ground::time::{Clock as _, Millis, SystemClock};
use lacre_proto::relay::v1::IssueCodeRequest;
use lacre_proto::relay::v1::registrar_client::RegistrarClient;
use lacre_relay::config::{ConfigError, NodeConfig};
use lacre_relay::folder::{DataFolder, KeyPlaces, StartError};
use lacre_relay::service::registrar::connect;
use lacre_relay::words::{Lang, Words};
use lacre_store::accounts::{IssueCode, IssueRefused};
use lacre_store::rules::Rules;
use lacre_store::{AccountStore as _, Store as _, StoreDown};
use qrcode::QrCode;
use qrcode::render::unicode::Dense1x2;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use tokio::net::UnixStream;
use tonic_types::StatusExt as _;

/// The registrar's counter
#[derive(Debug, clap::Subcommand)]
pub(crate) enum RegistrarCommand {
    /// Prints an invitation for one person: a line to type, and the same as a QR code
    IssueCode(IssueCodeArgs),
}

/// Arguments of `issue-code`.
#[derive(Debug, clap::Args)]
pub(crate) struct IssueCodeArgs {
    /// The person's RUN with its check digit, as 12345678-5
    #[arg(long)]
    run: String,
    /// For a person who lost an account: the code puts a new one in its place, under the same name
    #[arg(long)]
    recover: bool,
    /// The relay's data folder [default: ./lacre-data]
    #[arg(long)]
    data: Option<PathBuf>,
    /// The relay's configuration file
    #[arg(long)]
    config: Option<PathBuf>,
    /// host:port that the invitation names
    #[arg(long)]
    public_address: Option<String>,
    /// The registrar's key, when no relay runs [default: lacre-run.key beside the data folder]
    #[arg(long)]
    run_key: Option<PathBuf>,
    /// Prints {"invitation", "expires_at"}
    #[arg(long)]
    json: bool,
    /// Language of the words
    #[arg(long, value_enum)]
    lang: Option<Lang>,
}

/// Why there is no invitation; each has a sentence in the catalogues and an exit code.
#[derive(Debug, thiserror::Error)]
enum Failed {
    #[error(transparent)]
    Run(#[from] RunError),
    #[error(transparent)]
    Refused(#[from] IssueRefused),
    #[error("not an address")]
    Address(String),
    #[error("an address that nobody can reach")]
    Unreachable(String),
    #[error("in use by a relay that does not answer")]
    Busy,
    #[error("another registrar's key")]
    OtherKey(PathBuf),
    #[error("the relay refused: {0}")]
    Answer(String),
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Start(StartError),
    #[error(transparent)]
    Store(#[from] StoreDown),
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl From<StartError> for Failed {
    fn from(e: StartError) -> Self {
        match e {
            StartError::Busy(_) => Self::Busy,
            StartError::OtherRunKey(path) => Self::OtherKey(path),
            e => Self::Start(e),
        }
    }
}

impl Failed {
    fn say(&self, words: &Words) -> String {
        match self {
            Self::Run(RunError::Shape) => words.say("run-shape", &[]),
            Self::Run(RunError::CheckDigit) => words.say("run-digit", &[]),
            Self::Refused(IssueRefused::HasAccount) => words.say("has-account", &[]),
            Self::Refused(IssueRefused::NoAccount) => words.say("nothing-to-recover", &[]),
            Self::Address(text) => words.say("bad-address", &[("address", text)]),
            Self::Unreachable(text) => words.say("unreachable-address", &[("address", text)]),
            Self::Busy => words.say("busy", &[]),
            Self::OtherKey(path) => words.say("other-key", &[("path", &path.display().to_string())]),
            Self::Answer(cause) => words.say("no-answer", &[("cause", cause)]),
            Self::Config(_) | Self::Start(_) | Self::Store(_) | Self::Io(_) => {
                words.say("no-start", &[("cause", &self.to_string())])
            }
        }
    }
    /// 1 the answer is no, 2 usage, 3 could not.
    fn code(&self) -> ExitCode {
        ExitCode::from(match self {
            Self::Refused(_) => 1,
            Self::Run(_) | Self::Address(_) | Self::Unreachable(_) | Self::Config(_) => 2,
            Self::Busy | Self::OtherKey(_) | Self::Answer(_) | Self::Start(_) | Self::Store(_) | Self::Io(_) => 3,
        })
    }
}

/// An invitation and until when it works.
struct Issued {
    invitation: Invitation,
    expires_at: Millis,
}

/// Runs the command.
pub(crate) fn run(command: &RegistrarCommand) -> ExitCode {
    let RegistrarCommand::IssueCode(args) = command;
    let locale = ["LC_ALL", "LC_MESSAGES", "LANG"].iter().find_map(|name| std::env::var(name).ok().filter(|v| !v.is_empty()));
    let words = Words::new(args.lang.unwrap_or_else(|| Lang::from_locale(locale.as_deref())));
    match issue_code(args).and_then(|issued| Ok(print(&issued, args.json, &words)?)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failed) => {
            // nothing is left to be told when stderr is gone
            let _ = writeln!(io::stderr(), "{}", failed.say(&words));
            failed.code()
        }
    }
}

fn issue_code(args: &IssueCodeArgs) -> Result<Issued, Failed> {
    let run = Run::parse(&args.run)?;
    let config = match &args.config {
        Some(path) => NodeConfig::read(path)?,
        None => NodeConfig::default(),
    };
    let data = args.data.as_ref().unwrap_or(&config.data);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let issued = match runtime.block_on(connect(data)) {
        Ok(counter) => runtime.block_on(ask(counter, &run, args.recover))?,
        // no socket, or one that its relay left behind
        Err(e) if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused) => {
            alone(data, args.run_key.as_ref().or(config.run_key.as_ref()), &config, &run, args.recover)?
        }
        Err(e) => return Err(e.into()),
    };
    named(issued, args.public_address.as_deref())
}

/// Asks the running relay.
async fn ask(counter: UnixStream, run: &Run, recover: bool) -> Result<Issued, Failed> {
    let answer = |why: &dyn std::fmt::Display| Failed::Answer(why.to_string());
    let mut counter = Some(counter);
    let connector = tower::service_fn(move |_: tonic::transport::Uri| {
        let once = counter.take().map(TokioIo::new).ok_or_else(|| io::Error::other("the connection was used"));
        async move { once }
    });
    let endpoint = tonic::transport::Endpoint::from_static("http://registrar.invalid");
    let channel = endpoint.connect_with_connector(connector).await.map_err(|e| answer(&e))?;
    let request = IssueCodeRequest { run: run.canonical(), recover };
    let issued = match RegistrarClient::new(channel).issue_code(request).await {
        Ok(issued) => issued.into_inner(),
        Err(status) => {
            let reason = status.get_details_error_info().map(|info| info.reason);
            return Err(match reason.as_deref() {
                Some("HAS_ACCOUNT") => IssueRefused::HasAccount.into(),
                Some("NO_ACCOUNT") => IssueRefused::NoAccount.into(),
                _ => answer(&status.message()),
            });
        }
    };
    let invitation = Invitation::parse(&issued.invitation).map_err(|e| answer(&e))?;
    Ok(Issued { invitation, expires_at: Millis::new(issued.expires_at_ms) })
}

/// Opens the store itself.
fn alone(data: &Path, run_key: Option<&PathBuf>, config: &NodeConfig, run: &Run, recover: bool) -> Result<Issued, Failed> {
    let mut rng = SystemRng;
    let folder = DataFolder::lock(data)?;
    let mut store = folder.store(None, &mut rng)?;
    let places = KeyPlaces { identity: config.identity_key.clone(), run: run_key.cloned() };
    let (identity, key) = folder.keys(&mut store, &places, &mut rng)?;
    let authority = authority(config, identity.public())?;
    let code = Code::random(&mut rng);
    let issue = IssueCode { run: key.hash(run), code: code.hash(), recover };
    store.begin()?;
    let issued = store.issue_code(SystemClock.now(), &Rules::default(), &issue)?;
    store.commit()?;
    Ok(Issued { invitation: Invitation { authority, code }, expires_at: issued?.expires_at })
}

/// What people reach the relay by, as its configuration says.
fn authority(config: &NodeConfig, identity: Identity) -> Result<Authority, Failed> {
    let (host, port) = match config.public()? {
        Some(public) => public,
        None if config.listen.is_ipv6() => (format!("[{}]", config.listen.ip()), config.listen.port()),
        None => (config.listen.ip().to_string(), config.listen.port()),
    };
    Authority::new(&host, port, identity).map_err(|_| Failed::Address(format!("{host}:{port}")))
}

/// The invitation under the address that the operator named, and never one that leads nowhere.
fn named(issued: Issued, public: Option<&str>) -> Result<Issued, Failed> {
    let Issued { invitation: Invitation { authority, code }, expires_at } = issued;
    let authority = match public {
        None => authority,
        Some(text) => {
            let bad = || Failed::Address(text.to_owned());
            let (host, port) = text.rsplit_once(':').ok_or_else(bad)?;
            Authority::new(host, port.parse().map_err(|_| bad())?, authority.identity()).map_err(|_| bad())?
        }
    };
    let host = authority.host().trim_start_matches('[').trim_end_matches(']');
    if host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_unspecified()) {
        return Err(Failed::Unreachable(format!("{}:{}", authority.host(), authority.port())));
    }
    Ok(Issued { invitation: Invitation { authority, code }, expires_at })
}

/// The invitation alone goes to stdout; what is for people's eyes goes to stderr.
fn print(issued: &Issued, json: bool, words: &Words) -> io::Result<()> {
    let (line, expires) = (issued.invitation.expose(), issued.expires_at.to_string());
    if json {
        return writeln!(io::stdout(), "{}", serde_json::json!({ "invitation": line, "expires_at": expires }));
    }
    if let Ok(code) = QrCode::new(&line) {
        // light modules are printed: most terminals are dark, and the quiet zone must be light
        let picture = code.render::<Dense1x2>().dark_color(Dense1x2::Light).light_color(Dense1x2::Dark).build();
        writeln!(io::stderr(), "{picture}")?;
    }
    writeln!(io::stdout(), "{line}")?;
    writeln!(io::stderr(), "{}", words.say("invitation-use", &[("expires", &expires)]))
}
