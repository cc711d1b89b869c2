//! The registrar's counter: issues one-time codes. Served on a socket in the data folder (mode 0600), with the operator's
//! questions, never on the network. Only here does the relay ever see a RUN, and only as long as it takes to hash it.

use super::Context;
use super::operator::OperatorService;
use crate::border::{Reason, checked, crossed, refused};
use crate::limits;
use crate::run_key::RunKey;
use lacre_ground::address::{Authority, Invitation};
use lacre_ground::ids::Code;
use lacre_ground::run::{Run, RunError};
use lacre_proto::relay::v1 as wire;
use lacre_proto::relay::v1::operator_server::OperatorServer;
use lacre_proto::relay::v1::registrar_server::{Registrar, RegistrarServer};
use lacre_store::accounts::IssueCode;
use lacre_store::counter::By;
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

/// `lacre.relay.v1.Registrar`.
pub struct RegistrarService {
    context: Arc<Context>,
    key: RunKey,
    authority: Arc<RwLock<Authority>>,
}

impl RegistrarService {
    /// Invitations will name `authority`.
    #[must_use]
    pub fn new(context: Arc<Context>, key: RunKey, authority: Arc<RwLock<Authority>>) -> Self {
        Self { context, key, authority }
    }
}

#[tonic::async_trait]
impl Registrar for RegistrarService {
    async fn issue_code(&self, request: Request<wire::IssueCodeRequest>) -> Result<Response<wire::IssueCodeResponse>, Status> {
        let request = checked(request.into_inner())?;
        let run = Run::parse(&request.run).map_err(not_a_run)?;
        let code = Code::new(self.context.random());
        let issue = IssueCode { by: By::Operator, run: self.key.hash(&run), code: code.hash(), recover: request.recover };
        let issued = crossed(self.context.writer.submit(issue).await)?;
        let generation = self.context.reads.generation().as_bytes().to_vec();
        let invitation =
            Invitation { authority: self.authority.read().unwrap_or_else(PoisonError::into_inner).clone(), code }.expose();
        Ok(Response::new(wire::IssueCodeResponse { generation, invitation, expires_at_ms: issued.expires_at.get() }))
    }
}

/// Not written as a RUN, or another check digit: in both cases it is typed again.
fn not_a_run(e: RunError) -> Status {
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
