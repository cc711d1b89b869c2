//! Asking the running relay over its socket in the data folder.

use super::{Failed, there};
use hyper_util::rt::TokioIo;
use lacre_proto::relay::v1::operator_client::OperatorClient;
use lacre_proto::relay::v1::registrar_client::RegistrarClient;
use lacre_proto::relay::v1::{ReportRequest, ReportResponse};
use lacre_relay::service::registrar::connect;
use std::io;
use std::path::Path;
use std::time::Duration;
use tokio::net::UnixStream;
use tonic::transport::Channel;
use tonic::{Response, Status};
use tonic_types::StatusExt as _;

/// How long a relay that runs is waited for when it is asked how it is: one that hangs is told of, and not waited for with it. What
/// is done at its counter is waited for: it may be done, and its answer has the code.
const PATIENCE: Duration = Duration::from_secs(15);

/// One question to the relay that runs on this folder; with patience, given up after it.
fn ask<T, F>(data: &Path, patience: Option<Duration>, question: impl FnOnce(Channel) -> F) -> Result<Result<T, Status>, Failed>
where
    F: Future<Output = Result<Response<T>, Status>>,
{
    there(data)?;
    let no = |cause: &dyn core::fmt::Display| Failed::new("no-answer-status", &[("path", &data.display()), ("cause", &cause)]);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|e| no(&e))?;
    runtime.block_on(async {
        let socket = connect(data).await.map_err(|e| match e.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => {
                Failed::new("not-running", &[("path", &data.display())])
            }
            io::ErrorKind::PermissionDenied => Failed::new("not-permitted", &[("path", &data.display())]),
            _ => no(&e),
        })?;
        let channel = channel(socket).await.map_err(|e| no(&e))?;
        let question = question(channel);
        let answer = match patience {
            Some(patience) => tokio::time::timeout(patience, question).await.map_err(|late| no(&late))?,
            None => question.await,
        };
        Ok(answer.map(Response::into_inner))
    })
}

/// A channel over this connection, and over no other.
pub(crate) async fn channel(socket: UnixStream) -> Result<Channel, tonic::transport::Error> {
    let mut socket = Some(TokioIo::new(socket));
    let connector = tower::service_fn(move |_: tonic::transport::Uri| {
        let once = socket.take().ok_or_else(|| io::Error::other("the connection was used"));
        async move { once }
    });
    let endpoint = tonic::transport::Endpoint::from_static("http://operator.invalid");
    endpoint.connect_with_connector(connector).await
}

/// What the relay on this folder says of itself.
pub(crate) fn report(data: &Path) -> Result<ReportResponse, Failed> {
    let asked = ask(data, Some(PATIENCE), |channel| async move { OperatorClient::new(channel).report(ReportRequest {}).await })?;
    asked.map_err(|status| Failed::new("no-answer-status", &[("path", &data.display()), ("cause", &status.message())]))
}

/// One question to the counter of the relay on this folder. `no` says what a refusal with this reason means to people.
pub(crate) fn counter<T, F>(
    data: &Path,
    no: impl FnOnce(&str) -> Option<Failed>,
    question: impl FnOnce(RegistrarClient<Channel>) -> F,
) -> Result<T, Failed>
where
    F: Future<Output = Result<Response<T>, Status>>,
{
    let answer = ask(data, None, |channel| question(RegistrarClient::new(channel).max_decoding_message_size(MOST_ANSWER)))?;
    answer.map_err(|status| {
        let reason = status.get_details_error_info().map(|info| info.reason);
        let said = reason.as_deref().and_then(no).or_else(|| full(&status));
        said.unwrap_or_else(|| Failed::new("no-answer-counter", &[("path", &data.display()), ("cause", &status.message())]))
    })
}

/// A relay whose disk is full says so, and the advice is another than to look whether it runs.
pub(crate) fn full(status: &Status) -> Option<Failed> {
    let why = status.get_details_error_info().and_then(|info| info.metadata.get("why").cloned());
    (why.as_deref() == Some("disk_full")).then(|| Failed::new("store-full", &[]))
}

/// Bytes of an answer: a thousand clerks.
const MOST_ANSWER: usize = 4 * 1024 * 1024;
