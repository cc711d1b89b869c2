//! The registrar's counter: issues one-time codes. Served on a socket in the data folder (mode 0600), with the operator's
//! questions, never on the network; clerks come over the network to [`super::counter`], with a key of their own. Only at these
//! two does the relay ever see a RUN, and only as long as it takes to hash it.

use super::Context;
use super::operator::OperatorService;
use crate::border::{IntoStatus as _, Reason, bad_value, checked, crossed, refused, store_down};
use crate::limits;
use crate::run_key::RunKey;
use lacre_ground::address::{Authority, Invitation};
use lacre_ground::agency::AgencyCode;
use lacre_ground::ids::Code;
use lacre_ground::run::{Run, RunError};
use lacre_ground::time::Millis;
use lacre_proto::relay::v1 as wire;
use lacre_proto::relay::v1::operator_server::OperatorServer;
use lacre_proto::relay::v1::registrar_server::{Registrar, RegistrarServer};
use lacre_store::accounts::{IssueCode, RunHash};
use lacre_store::counter::{
    Act, AddClerk, By, Clerk, ClerkKey, ClerkName, Duties, LiveCode, NoCode, Reference, RevokeClerk, RevokeCode,
};
use std::fs::{DirBuilder, File, Permissions};
use std::io;
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use tokio::net::{UnixListener, UnixStream};
use tokio_stream::wrappers::UnixListenerStream;
use tonic::{Request, Response, Status};

/// The socket's file in the data folder.
pub const SOCKET_FILE: &str = "registrar.sock";
/// Where the socket is made; a start that was killed leaves it behind, and the next one removes it.
const MAKING_FOLDER: &str = "registrar.making";
/// Longest path that fits into a socket's address on every system we know.
const LONGEST_PATH: usize = 100;

/// Where codes are issued: by the operator at the socket, and by clerks over the network ([`super::counter`]).
pub struct Desk {
    pub(super) context: Arc<Context>,
    key: RunKey,
    authority: Arc<RwLock<Authority>>,
}

/// A code, as it is handed out.
pub(super) struct Given {
    pub(super) invitation: String,
    pub(super) expires_at: Millis,
    pub(super) reference: Reference,
}

/// Acts in one answer.
pub(super) const ACTS_IN_A_PAGE: u32 = 256;
/// Codes in one answer.
const CODES_IN_A_LIST: u32 = 1_024;

impl Desk {
    /// Invitations will name `authority`.
    #[must_use]
    pub fn new(context: Arc<Context>, key: RunKey, authority: Arc<RwLock<Authority>>) -> Self {
        Self { context, key, authority }
    }
    pub(super) fn generation(&self) -> Vec<u8> {
        self.context.reads.generation().as_bytes().to_vec()
    }
    /// A RUN under the registrar's key.
    pub(super) fn hash(&self, run: &Run) -> RunHash {
        self.key.hash(run)
    }
    /// A RUN of an official of this body under the registrar's key.
    pub(super) fn hash_office(&self, agency: &AgencyCode, run: &Run) -> RunHash {
        self.key.hash_office(agency, run)
    }
    /// An invitation to this relay.
    pub(super) fn invitation(&self, code: Code) -> String {
        let authority = self.authority.read().unwrap_or_else(PoisonError::into_inner).clone();
        Invitation { authority, code }.expose()
    }
    /// The code is recorded, then it is given.
    pub(super) async fn issue(&self, by: By, run: &Run, recover: bool) -> Result<Given, Status> {
        let code = Code::new(self.context.random());
        let hash = code.hash();
        let issue = IssueCode { by, run: self.key.hash(run), code: hash, recover };
        let issued = crossed(self.context.writer.submit(issue).await)?;
        Ok(Given { invitation: self.invitation(code), expires_at: issued.expires_at, reference: Reference::of(&hash) })
    }
    /// Acts from this number on: all, or a clerk's.
    pub(super) async fn acts(&self, from: u64, by: Option<ClerkKey>) -> Result<Vec<wire::Act>, Status> {
        let acts = self.context.read(move |reads| reads.acts(from, ACTS_IN_A_PAGE, by.as_ref())).await.map_err(store_down)?;
        Ok(acts.into_iter().map(act).collect())
    }
}

fn act(act: Act) -> wire::Act {
    wire::Act {
        number: act.number,
        at_ms: act.at.get(),
        by: act.by.map_or_else(String::new, |name| name.as_str().to_owned()),
        deed: act.deed.as_str().to_owned(),
        about: act.about,
        chain: act.chain.to_vec(),
    }
}

/// `lacre.relay.v1.Registrar`.
pub struct RegistrarService(pub Arc<Desk>);

fn name_of(text: &str) -> Result<ClerkName, Status> {
    ClerkName::parse(text).ok_or_else(|| bad_value("name", "1 to 32 of a-z, 0-9, _ . -", "other characters"))
}

#[tonic::async_trait]
impl Registrar for RegistrarService {
    async fn issue_code(&self, request: Request<wire::IssueCodeRequest>) -> Result<Response<wire::IssueCodeResponse>, Status> {
        let request = checked(request.into_inner())?;
        let run = Run::parse(&request.run).map_err(not_a_run)?;
        let given = match request.office.as_str() {
            "" => self.0.issue(By::Operator, &run, request.recover).await?,
            body => self.0.issue_office(&run, request.recover, body, request.administrator).await?,
        };
        let Given { invitation, expires_at, reference } = given;
        let (generation, reference) = (self.0.generation(), reference.to_string());
        Ok(Response::new(wire::IssueCodeResponse { generation, invitation, expires_at_ms: expires_at.get(), reference }))
    }

    async fn list_codes(&self, request: Request<wire::ListCodesRequest>) -> Result<Response<wire::ListCodesResponse>, Status> {
        checked(request.into_inner())?;
        let now = self.0.context.clock.now();
        let live = self.0.context.read(move |reads| reads.live_codes(now, CODES_IN_A_LIST)).await.map_err(store_down)?;
        let code = |code: LiveCode| wire::LiveCode {
            reference: code.reference.to_string(),
            expires_at_ms: code.expires_at.get(),
            recover: code.recover,
        };
        let codes = live.into_iter().map(code).collect();
        Ok(Response::new(wire::ListCodesResponse { generation: self.0.generation(), codes }))
    }

    async fn revoke_code(&self, request: Request<wire::RevokeCodeRequest>) -> Result<Response<wire::RevokeCodeResponse>, Status> {
        let request = checked(request.into_inner())?;
        let reference = Reference::parse(&request.reference).ok_or_else(|| NoCode.into_status())?;
        crossed(self.0.context.writer.submit(RevokeCode(reference)).await)?;
        Ok(Response::new(wire::RevokeCodeResponse { generation: self.0.generation() }))
    }

    async fn add_clerk(&self, request: Request<wire::AddClerkRequest>) -> Result<Response<wire::AddClerkResponse>, Status> {
        let request = checked(request.into_inner())?;
        let duties = match request.duties() {
            wire::Duties::Issue => Duties { issue: true, reset: false },
            wire::Duties::Reset => Duties { issue: false, reset: true },
            wire::Duties::Both => Duties { issue: true, reset: true },
            wire::Duties::Unspecified => return Err(bad_value("duties", "1 to 3", "0")),
        };
        let key = request.key.as_slice().try_into().map_err(|_| bad_value("key", "32 bytes", "another length"))?;
        let add = AddClerk { name: name_of(&request.name)?, key: ClerkKey(key), duties };
        crossed(self.0.context.writer.submit(add).await)?;
        Ok(Response::new(wire::AddClerkResponse { generation: self.0.generation() }))
    }

    async fn revoke_clerk(
        &self,
        request: Request<wire::RevokeClerkRequest>,
    ) -> Result<Response<wire::RevokeClerkResponse>, Status> {
        let request = checked(request.into_inner())?;
        crossed(self.0.context.writer.submit(RevokeClerk(name_of(&request.name)?)).await)?;
        Ok(Response::new(wire::RevokeClerkResponse { generation: self.0.generation() }))
    }

    async fn list_clerks(&self, request: Request<wire::ListClerksRequest>) -> Result<Response<wire::ListClerksResponse>, Status> {
        checked(request.into_inner())?;
        let clerks = self.0.context.read(|reads| reads.clerks()).await.map_err(store_down)?;
        let clerk = |clerk: Clerk| {
            let duties = match (clerk.duties.issue, clerk.duties.reset) {
                (true, true) => wire::Duties::Both,
                (true, false) => wire::Duties::Issue,
                (false, true) => wire::Duties::Reset,
                (false, false) => wire::Duties::Unspecified,
            };
            wire::Clerk {
                name: clerk.name.as_str().to_owned(),
                key: clerk.key.0.to_vec(),
                duties: duties.into(),
                added_at_ms: clerk.added_at.get(),
                revoked_at_ms: clerk.revoked_at.map_or(0, Millis::get),
            }
        };
        let clerks = clerks.into_iter().map(clerk).collect();
        Ok(Response::new(wire::ListClerksResponse { generation: self.0.generation(), clerks }))
    }

    async fn list_acts(&self, request: Request<wire::ListActsRequest>) -> Result<Response<wire::ListActsResponse>, Status> {
        let request = checked(request.into_inner())?;
        let acts = self.0.acts(request.from, None).await?;
        Ok(Response::new(wire::ListActsResponse { generation: self.0.generation(), acts }))
    }

    async fn issue_agency_code(
        &self,
        request: Request<wire::IssueAgencyCodeRequest>,
    ) -> Result<Response<wire::IssueAgencyCodeResponse>, Status> {
        let (invitation, expires_at) = self.0.invite_body(checked(request.into_inner())?).await?;
        let (generation, expires_at_ms) = (self.0.generation(), expires_at.get());
        Ok(Response::new(wire::IssueAgencyCodeResponse { generation, invitation, expires_at_ms }))
    }

    async fn end_office(&self, request: Request<wire::EndOfficeRequest>) -> Result<Response<wire::EndOfficeResponse>, Status> {
        let request = checked(request.into_inner())?;
        let ended = self.0.end_office(&request.run, &request.office).await?;
        Ok(Response::new(wire::EndOfficeResponse { generation: self.0.generation(), ended }))
    }

    async fn list_agencies(
        &self,
        request: Request<wire::ListAgenciesRequest>,
    ) -> Result<Response<wire::ListAgenciesResponse>, Status> {
        checked(request.into_inner())?;
        let agencies = self.0.bodies().await?;
        Ok(Response::new(wire::ListAgenciesResponse { generation: self.0.generation(), agencies }))
    }

    async fn renew_agency(
        &self,
        request: Request<wire::RenewAgencyRequest>,
    ) -> Result<Response<wire::RenewAgencyResponse>, Status> {
        let until = self.0.renew_body(&checked(request.into_inner())?.code).await?;
        Ok(Response::new(wire::RenewAgencyResponse { generation: self.0.generation(), until_ms: until.get() }))
    }

    async fn revoke_agency(
        &self,
        request: Request<wire::RevokeAgencyRequest>,
    ) -> Result<Response<wire::RevokeAgencyResponse>, Status> {
        self.0.revoke_body(&checked(request.into_inner())?.code).await?;
        Ok(Response::new(wire::RevokeAgencyResponse { generation: self.0.generation() }))
    }

    async fn limit_agency(
        &self,
        request: Request<wire::LimitAgencyRequest>,
    ) -> Result<Response<wire::LimitAgencyResponse>, Status> {
        let request = checked(request.into_inner())?;
        self.0.limit_body(&request.code, request.per_day).await?;
        Ok(Response::new(wire::LimitAgencyResponse { generation: self.0.generation() }))
    }

    async fn exempt(&self, request: Request<wire::ExemptRequest>) -> Result<Response<wire::ExemptResponse>, Status> {
        let request = checked(request.into_inner())?;
        self.0.set_exempt(&request.run, &request.reason).await?;
        Ok(Response::new(wire::ExemptResponse { generation: self.0.generation(), reason: request.reason }))
    }

    async fn show_exempt(&self, request: Request<wire::ShowExemptRequest>) -> Result<Response<wire::ExemptResponse>, Status> {
        let reason = self.0.exempt_of(&checked(request.into_inner())?.run).await?;
        Ok(Response::new(wire::ExemptResponse { generation: self.0.generation(), reason }))
    }
}

/// Not written as a RUN, or another check digit: in both cases it is typed again.
pub(super) fn not_a_run(e: RunError) -> Status {
    match e {
        RunError::Shape | RunError::CheckDigit => refused(Reason::BadRun, &[], None),
    }
}

/// A path to the socket that fits into its address: a long one is taken by way of the open folder.
struct Reached {
    path: PathBuf,
    _folder: Option<File>,
}

fn reach(data: &Path) -> io::Result<Reached> {
    let path = data.join(SOCKET_FILE);
    if path.as_os_str().len() <= LONGEST_PATH {
        return Ok(Reached { path, _folder: None });
    }
    let folder = File::open(data)?;
    let path = PathBuf::from(format!("/proc/self/fd/{}", folder.as_raw_fd())).join(SOCKET_FILE);
    Ok(Reached { path, _folder: Some(folder) })
}

/// The counter's door. Whoever holds the data folder's lock may call this: a socket that is there is a dead one.
pub fn listen(data: &Path) -> io::Result<UnixListener> {
    // made where nobody else can go, given its mode, and only then put into its place: at no moment can others knock
    let making = data.join(MAKING_FOLDER);
    match std::fs::remove_dir_all(&making) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
        _ => {}
    }
    DirBuilder::new().mode(0o700).create(&making)?;
    let listener = UnixListener::bind(reach(&making)?.path)?;
    let made = making.join(SOCKET_FILE);
    std::fs::set_permissions(&made, Permissions::from_mode(0o600))?;
    std::fs::rename(&made, data.join(SOCKET_FILE))?;
    std::fs::remove_dir(&making)?;
    Ok(listener)
}

/// Goes to the counter of a running relay.
pub async fn connect(data: &Path) -> io::Result<UnixStream> {
    // the folder stays open until the connection stands
    let reached = reach(data)?;
    UnixStream::connect(&reached.path).await
}

/// Serves until `stop`.
pub async fn serve(
    listener: UnixListener,
    service: RegistrarService,
    operator: OperatorService,
    stop: impl Future<Output = ()>,
) -> Result<(), tonic::transport::Error> {
    let registrar = RegistrarServer::new(service)
        .max_decoding_message_size(limits::MAX_ENTRY_REQUEST)
        .max_encoding_message_size(limits::MAX_ANSWER);
    let operator = OperatorServer::new(operator);
    limits::Transport::default()
        .server()
        .add_service(registrar)
        .add_service(operator)
        .serve_with_incoming_shutdown(UnixListenerStream::new(listener), stop)
        .await
}
