//! What gRPC users expect of any server: health, and by flag reflection.
#![expect(clippy::unwrap_used, reason = "a test's helpers stop by panicking")]

#[path = "relay/client.rs"]
mod client;

use client::{Folder, append, connect, connect_pinned, fetch, open_log};
use lacre_server::serve::{Options, Relay};
use prost::Message as _;
use tonic::Code;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_reflection::pb::v1::{
    ServerReflectionRequest, server_reflection_request::MessageRequest, server_reflection_response::MessageResponse,
};

/// The answers to these questions.
async fn reflect(
    relay: &lacre_server::serve::RunningRelay,
    ask: Vec<MessageRequest>,
) -> Result<Vec<MessageResponse>, tonic::Status> {
    let channel = connect_pinned(relay.authority(), *relay.authority().identity().as_bytes()).await.unwrap();
    let ask = ask.into_iter().map(|m| ServerReflectionRequest { host: String::new(), message_request: Some(m) });
    let questions: Vec<_> = ask.collect();
    let answer = ServerReflectionClient::new(channel).server_reflection_info(tokio_stream::iter(questions)).await?;
    let (mut stream, mut all) = (answer.into_inner(), Vec::new());
    while let Some(answer) = stream.message().await? {
        all.push(answer.message_response.unwrap());
    }
    Ok(all)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_monitor_hears_that_the_relay_serves() {
    let folder = Folder::new();
    drop(folder.start());
    let stamps = folder.stamps(1);
    let relay = folder.start();
    let mut client = connect(relay.authority()).await;
    let log = open_log(&mut client, 1, &stamps[0]).await;
    client.append(append(&log, 1, 0)).await.unwrap();
    client.fetch(fetch(&log)).await.unwrap();
    let channel = connect_pinned(relay.authority(), *relay.authority().identity().as_bytes()).await.unwrap();
    let mut health = HealthClient::new(channel);
    let ask = |service: &str| HealthCheckRequest { service: service.to_owned() };

    let whole = health.check(ask("")).await.unwrap().into_inner();
    let channels = health.check(ask("lacre.relay.v1.Channels")).await.unwrap().into_inner();
    let unknown = health.check(ask("nobody.knows.This")).await.unwrap_err();

    let appends = health.check(ask("lacre.relay.v1.Channels.Append")).await.unwrap().into_inner();
    assert_eq!(appends.status(), ServingStatus::Serving);
    assert_eq!((whole.status(), channels.status()), (ServingStatus::Serving, ServingStatus::Serving));
    assert_eq!(unknown.code(), Code::NotFound);
}

#[tokio::test(flavor = "multi_thread")]
async fn with_the_flag_a_generic_client_learns_every_call_and_without_it_none() {
    let (with, without) = (Folder::new(), Folder::new());
    let open = Relay::start(Options { reflection: true, ..Options::new(&with.data()) }).unwrap();
    let shut = without.start();
    let list = || MessageRequest::ListServices(String::new());
    let file = MessageRequest::FileContainingSymbol("lacre.relay.v1.Channels".to_owned());

    let answers = reflect(&open, vec![list(), file]).await.unwrap();
    let refused = reflect(&shut, vec![list()]).await.unwrap_err();

    let [MessageResponse::ListServicesResponse(services), MessageResponse::FileDescriptorResponse(files)] = &answers[..] else {
        panic!("{answers:?}");
    };
    let names: Vec<&str> = services.service.iter().map(|s| s.name.as_str()).collect();
    for service in ["Channels", "Accounts", "Directory", "Blobs"] {
        assert!(names.contains(&format!("lacre.relay.v1.{service}").as_str()), "{names:?}");
    }
    let files = files.file_descriptor_proto.iter().map(|f| prost_types::FileDescriptorProto::decode(&f[..]).unwrap());
    let calls: Vec<String> = files.flat_map(|f| f.service).flat_map(|s| s.method).map(|m| m.name().to_owned()).collect();
    assert!(calls.contains(&"Append".to_owned()) && calls.contains(&"Attach".to_owned()), "{calls:?}");
    assert_eq!(refused.code(), Code::Unimplemented);
}
