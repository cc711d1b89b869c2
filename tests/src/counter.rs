//! The operator at the counter's socket: one call, or codes for many.
#![expect(clippy::unwrap_used, reason = "a test's world stops when it cannot be built")]

use lacre_ground::address::Invitation;
use lacre_ground::run::Run;
use lacre_proto::relay::v1::IssueCodeRequest;
use lacre_proto::relay::v1::registrar_client::RegistrarClient;
use std::path::Path;

/// Who calls at the counter's socket.
pub type Counter = RegistrarClient<tonic::transport::Channel>;

/// One call of the operator of the relay that runs on this folder.
pub fn at_the_socket<T>(data: &Path, call: impl AsyncFnOnce(Counter) -> Result<tonic::Response<T>, tonic::Status>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let answer = runtime.block_on(async {
        let socket = lacre_relay::service::registrar::connect(data).await.unwrap();
        let mut once = Some(hyper_util::rt::TokioIo::new(socket));
        let connector = tower::service_fn(move |_: tonic::transport::Uri| {
            let socket = once.take().ok_or_else(|| std::io::Error::other("used"));
            async move { socket }
        });
        let endpoint = tonic::transport::Endpoint::from_static("http://registrar.invalid");
        let channel = endpoint.connect_with_connector(connector).await.unwrap();
        call(RegistrarClient::new(channel)).await.unwrap()
    });
    answer.into_inner()
}

/// Invitations for many from the relay that runs on this folder, in their order, asked for at once.
#[must_use]
pub fn invitations(data: &Path, runs: &[Run]) -> Vec<Invitation> {
    let answers = at_the_socket(data, async |counter| {
        let ask = |run: &Run| {
            let (mut counter, request) = (counter.clone(), IssueCodeRequest { run: run.canonical(), ..Default::default() });
            async move { counter.issue_code(request).await.map(tonic::Response::into_inner) }
        };
        futures_util::future::try_join_all(runs.iter().map(ask)).await.map(tonic::Response::new)
    });
    answers.iter().map(|answer| Invitation::parse(&answer.invitation).unwrap()).collect()
}
