//! Asking the running relay over its socket in the data folder.

use super::Failed;
use hyper_util::rt::TokioIo;
use lacre_proto::relay::v1::operator_client::OperatorClient;
use lacre_proto::relay::v1::{ReportRequest, ReportResponse};
use lacre_relay::service::registrar::connect;
use std::io;
use std::path::Path;

/// What the relay on this folder says of itself.
pub(crate) fn report(data: &Path) -> Result<ReportResponse, Failed> {
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
        let mut socket = Some(TokioIo::new(socket));
        let connector = tower::service_fn(move |_: tonic::transport::Uri| {
            let once = socket.take().ok_or_else(|| io::Error::other("the connection was used"));
            async move { once }
        });
        let endpoint = tonic::transport::Endpoint::from_static("http://operator.invalid");
        let channel = endpoint.connect_with_connector(connector).await.map_err(|e| no(&e))?;
        let answer = OperatorClient::new(channel).report(ReportRequest {}).await;
        answer.map(tonic::Response::into_inner).map_err(|status| no(&status.message()))
    })
}
