//! What gRPC users expect of any server: health, by flag reflection, and examples for grpcurl that work as they stand.

use crate::by_hand::{Block, Generic, Page, run};
use crate::client::{Folder, append, connect, connect_pinned, fetch, open_log};
use lacre_relay::serve::{Options, Relay};
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
    relay: &lacre_relay::serve::RunningRelay,
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

/// Seen red with another limit in the page's answer, a field of an answer left out of it, a wrong stamp, a quote left
/// out of a command, and `CN=another` in the anchor.
#[tokio::test(flavor = "multi_thread")]
async fn every_grpcurl_example_of_the_protocol_page_gets_the_answer_that_stands_below_it() {
    if std::process::Command::new("openssl").arg("version").output().is_err() {
        println!("SKIPPED: openssl is not on this machine; the examples were not followed");
        return;
    }
    let page = Page::read();
    let folder = Folder::new();
    drop(folder.start());
    let stamps = folder.stamps(1);
    let relay = Relay::start(Options { reflection: true, ..Options::new(&folder.data()) }).unwrap();
    let here = tempfile::tempdir().unwrap();
    let authority = relay.authority();
    let address = authority.to_string();
    let identity = address.rsplit_once('/').unwrap().1;
    let place = format!("{}:{}", authority.host(), authority.port());
    let stamp = data_encoding::BASE64.encode(stamps[0].expose());
    let known = [("RELAY", place.as_str()), ("IDENTITY", identity), ("STAMP", stamp.as_str())];

    run(here.path(), &known, &page.pin);
    let generic = Generic::connect(authority, &here.path().join("anchor.pem")).await;

    let mut methods = Vec::new();
    for Block { command, refused, answer } in &page.calls {
        let typed = run(here.path(), &known, &format!("{}\n{command}", page.pin));
        assert_eq!(typed.flags, ["-cacert", "anchor.pem", "-servername", "relay.lacre.invalid", "-d", "@", place.as_str()]);
        let told = generic.call(&typed.method, &typed.input).await;
        assert_eq!(told.is_err(), *refused, "{command}\n{told:?}");
        let told = told.unwrap_or_else(|refusal| refusal);
        assert!(crate::by_hand::agree(answer, &told), "{command}\nthe page: {answer}\nthe relay: {told}");
        methods.push(typed.method);
    }
    for call in ["GetInfo", "Open", "Append", "Fetch", "Status"] {
        assert!(methods.contains(&format!("lacre.relay.v1.Channels/{call}")), "{methods:?}");
    }
    assert!(methods.contains(&"grpc.health.v1.Health/Check".to_owned()), "{methods:?}");
}
