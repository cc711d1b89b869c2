//! The examples of PROTOCOL.md, section 23, and a client that follows them with nothing but what the relay tells about
//! itself: no code generated from our files.

use crate::client::{connect_with, tls_with};
use lacre_ground::address::Authority;
use prost::bytes::Buf as _;
use prost_reflect::{DescriptorPool, DynamicMessage, MessageDescriptor};
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use serde::de::DeserializeSeed as _;
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;
use tonic::Status;
use tonic::client::Grpc;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::codegen::http::uri::PathAndQuery;
use tonic::transport::{Channel, Endpoint};
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;
use tonic_reflection::pb::v1::{ServerReflectionRequest, ServerReflectionResponse};
use tonic_types::StatusExt as _;

/// One command and the answer below it.
pub(crate) struct Block {
    pub(crate) command: String,
    pub(crate) refused: bool,
    pub(crate) answer: Value,
}

/// The section.
pub(crate) struct Page {
    pub(crate) pin: String,
    pub(crate) calls: Vec<Block>,
}

impl Page {
    pub(crate) fn read() -> Self {
        let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../PROTOCOL.md")).unwrap();
        let (_, section) = text.split_once("\n## 23. ").unwrap();
        let (section, _) = section.split_once("\n## ").unwrap();
        let blocks = section.split("```").skip(1).step_by(2).map(|block| block.split_once('\n').unwrap());
        let (mut pin, mut calls, mut command) = (None, Vec::new(), None);
        for (kind, text) in blocks {
            match kind {
                "sh pin" => pin = Some(text.to_owned()),
                "sh call" => assert!(command.replace(text.to_owned()).is_none(), "no answer above {text}"),
                "json" | "json refused" => {
                    let answer = serde_json::from_str(text).unwrap_or_else(|e| panic!("{text}: {e}"));
                    let command = command.take().unwrap_or_else(|| panic!("no command above {text}"));
                    calls.push(Block { command, refused: kind != "json", answer });
                }
                other => panic!("a block that nobody runs: {other}"),
            }
        }
        assert!(command.is_none(), "no answer below {command:?}");
        Self { pin: pin.unwrap(), calls }
    }
}

/// What the shell made of a command.
pub(crate) struct Typed {
    pub(crate) flags: Vec<String>,
    pub(crate) method: String,
    pub(crate) input: String,
}

/// Runs lines of the page in a real shell, in which `grpcurl` writes down what it was given.
pub(crate) fn run(here: &Path, known: &[(&str, &str)], lines: &str) -> Typed {
    let script = format!("grpcurl() {{ printf '%s\\n' \"$@\" > given; cat > input; }}\n{lines}");
    let mut shell = Command::new("bash");
    shell.args(["-euo", "pipefail", "-c", &script]).current_dir(here).envs(known.iter().copied());
    let done = shell.output().unwrap();
    assert!(done.status.success(), "{lines}\n{}", String::from_utf8_lossy(&done.stderr));
    let file = |name: &str| std::fs::read_to_string(here.join(name)).unwrap_or_default();
    let mut flags: Vec<String> = file("given").lines().map(str::to_owned).collect();
    Typed { method: flags.pop().unwrap_or_default(), flags, input: file("input") }
}

/// Whether an answer is what the page says; `…` there is any text that is not empty.
pub(crate) fn agree(page: &Value, told: &Value) -> bool {
    match (page, told) {
        (Value::String(any), Value::String(told)) if any == "…" => !told.is_empty(),
        (Value::Array(page), Value::Array(told)) => {
            page.len() == told.len() && page.iter().zip(told).all(|(page, told)| agree(page, told))
        }
        (Value::Object(page), Value::Object(told)) => {
            page.len() == told.len() && page.iter().all(|(key, page)| told.get(key).is_some_and(|told| agree(page, told)))
        }
        (page, told) => page == told,
    }
}

/// A client that knows the calls from the relay alone.
pub(crate) struct Generic {
    channel: Channel,
    calls: DescriptorPool,
}

impl Generic {
    /// Trusts this certificate and no other, as a usual TLS library does, and asks for every file that the services need.
    pub(crate) async fn connect(at: &Authority, anchor: &Path) -> Self {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(anchor).unwrap()).unwrap();
        let channel = connect_with(at, tls_with(roots), Endpoint::from_static("http://relay.lacre.invalid")).await.unwrap();
        let mut calls = DescriptorPool::new();
        let mut missing = vec![MessageRequest::ListServices(String::new())];
        let mut files = std::collections::BTreeMap::new();
        while let Some(ask) = missing.pop() {
            match reflected(&channel, ask).await {
                MessageResponse::ListServicesResponse(services) => {
                    missing.extend(services.service.into_iter().map(|s| MessageRequest::FileContainingSymbol(s.name)));
                }
                MessageResponse::FileDescriptorResponse(found) => {
                    for file in found.file_descriptor_proto {
                        let file: prost_types::FileDescriptorProto = prost::Message::decode(&file[..]).unwrap();
                        let unknown = file.dependency.iter().filter(|d| !files.contains_key(*d));
                        missing.extend(unknown.map(|d| MessageRequest::FileByFilename(d.clone())));
                        files.insert(file.name().to_owned(), file);
                    }
                }
                other => panic!("{other:?}"),
            }
        }
        calls.add_file_descriptor_protos(files.into_values()).unwrap();
        Self { channel, calls }
    }

    /// Sends JSON to `service/method`; the answer as JSON, or the refusal with its code and reason.
    pub(crate) async fn call(&self, method: &str, input: &str) -> Result<Value, Value> {
        let (service, name) = method.split_once('/').unwrap();
        let service = self.calls.get_service_by_name(service).unwrap_or_else(|| panic!("no service {service}"));
        let call = service.methods().find(|m| m.name() == name).unwrap_or_else(|| panic!("no call {method}"));
        let mut text = serde_json::Deserializer::from_str(input);
        let message = call.input().deserialize(&mut text).unwrap_or_else(|e| panic!("{method}: {e} in {input}"));
        text.end().unwrap();
        let mut grpc = Grpc::new(self.channel.clone());
        grpc.ready().await.unwrap();
        let path = PathAndQuery::try_from(format!("/{method}")).unwrap();
        match grpc.unary(tonic::Request::new(message), path, Dynamic(call.output())).await {
            Ok(answer) => Ok(serde_json::to_value(answer.into_inner()).unwrap()),
            Err(status) => {
                let reason = status.get_details_error_info().map(|info| info.reason);
                Err(json!({"code": format!("{:?}", status.code()), "reason": reason}))
            }
        }
    }
}

async fn reflected(channel: &Channel, ask: MessageRequest) -> MessageResponse {
    let ask = ServerReflectionRequest { host: String::new(), message_request: Some(ask) };
    let mut client = ServerReflectionClient::new(channel.clone());
    let mut answers = client.server_reflection_info(tokio_stream::iter([ask])).await.unwrap().into_inner();
    let ServerReflectionResponse { message_response, .. } = answers.message().await.unwrap().unwrap();
    message_response.unwrap()
}

/// Messages whose shape is known when the program runs; what is decoded is of this type.
struct Dynamic(MessageDescriptor);

impl Codec for Dynamic {
    type Encode = DynamicMessage;
    type Decode = DynamicMessage;
    type Encoder = Self;
    type Decoder = Self;
    fn encoder(&mut self) -> Self {
        Self(self.0.clone())
    }
    fn decoder(&mut self) -> Self {
        Self(self.0.clone())
    }
}

impl Encoder for Dynamic {
    type Item = DynamicMessage;
    type Error = Status;
    fn encode(&mut self, item: DynamicMessage, to: &mut EncodeBuf<'_>) -> Result<(), Status> {
        prost::Message::encode(&item, to).map_err(|e| Status::internal(e.to_string()))
    }
}

impl Decoder for Dynamic {
    type Item = DynamicMessage;
    type Error = Status;
    fn decode(&mut self, from: &mut DecodeBuf<'_>) -> Result<Option<DynamicMessage>, Status> {
        let bytes = from.copy_to_bytes(from.remaining());
        DynamicMessage::decode(self.0.clone(), bytes).map(Some).map_err(|e| Status::internal(e.to_string()))
    }
}
