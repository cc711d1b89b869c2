//! Every field of every request, read from the .proto files, at a real relay: within its bound it is never BAD_FIELD,
//! outside of it always, and each answer has a reason that PROTOCOL.md names for the call. A new field or call is tried
//! without a change here.
use lacre_ground::random::SystemRng;
use lacre_ground::time::{Clock as _, SystemClock};
use lacre_proto::bounds::DECODERS;
use lacre_relay::folder::DataFolder;
use lacre_relay::serve::{Options, Relay, RunningRelay};
use lacre_store::accounts::AddStamps;
use lacre_store::rules::Rules;
use lacre_store::run_one;
use lacre_tests::fields::{Case, cases, fair, full, pool, unbounded, with_other_enums};
use lacre_tests::raw;
use prost::Message as _;
use prost_reflect::{DynamicMessage, MessageDescriptor, MethodDescriptor, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use tonic::transport::Channel;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

const STAMP: [u8; 32] = [b'1'; 32];
/// The begin of a large blob spends the other one.
const CHUNKS_STAMP: [u8; 32] = [b'2'; 32];

/// PROTOCOL.md, section 6: the status of each reason, and the reasons of each call.
struct Table {
    status: BTreeMap<String, String>,
    calls: BTreeMap<String, String>,
}

impl Table {
    fn read() -> Self {
        let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../PROTOCOL.md")).unwrap();
        let section = text.split("\n## 6. ").nth(1).unwrap().split("\n## ").next().unwrap();
        let (mut status, mut calls) = (BTreeMap::new(), BTreeMap::new());
        // behind it stands whose a thing is
        let section = section.split("| call | it is about").next().unwrap();
        for line in section.lines().filter(|l| l.starts_with("| ")) {
            let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
            match cells.as_slice() {
                [reason, code, ..] if !reason.is_empty() && reason.bytes().all(|b| b.is_ascii_uppercase() || b == b'_') => {
                    status.insert((*reason).to_owned(), (*code).to_owned());
                }
                [call, _, reasons, ..] if call.contains('.') => {
                    calls.insert((*call).to_owned(), (*reasons).to_owned());
                }
                _ => {}
            }
        }
        assert!(status.len() > 20 && calls.len() > 15, "the tables of section 6 were not found");
        Self { status, calls }
    }
}

/// A relay that knows two stamps.
fn relay(folder: &Path) -> RunningRelay {
    let data = folder.join("data");
    let start = || {
        let mut options = Options::new(&data);
        options.run_key = Some(folder.join("run.key"));
        options.rules.seal_pause_ms = 0;
        Relay::start(options).unwrap()
    };
    start().stop();
    {
        let folder = DataFolder::lock(&data).unwrap();
        let mut store = folder.store(None, &mut SystemRng).unwrap();
        let add = AddStamps([STAMP, CHUNKS_STAMP].map(|stamp| lacre_ground::ids::Stamp::new(stamp).hash()).to_vec());
        run_one(&mut store, SystemClock.now(), &Rules::default(), add).unwrap();
    }
    start()
}

/// The name of a reason, and the field if it names one; `Err` for a status that no refusal of a relay has.
fn reason(table: &Table, call: &str, status: &Status) -> Result<(String, Option<String>), String> {
    let details = status.get_error_details();
    let info = details.error_info().ok_or(format!("no reason: {status:?}"))?;
    if info.domain != lacre_proto::ERROR_DOMAIN {
        return Err(format!("domain {}", info.domain));
    }
    let code = table.status.get(&info.reason).ok_or(format!("{} is not in PROTOCOL.md", info.reason))?;
    let found = format!("{:?}", status.code()).to_ascii_uppercase();
    if found != code.replace('_', "") {
        return Err(format!("{} with status {found}", info.reason));
    }
    let everywhere = ["BAD_FIELD", "STORE_DOWN"].contains(&info.reason.as_str());
    if !everywhere && !table.calls.get(call).is_some_and(|row| row.contains(&info.reason)) {
        return Err(format!("PROTOCOL.md does not name {} for {call}", info.reason));
    }
    assert!(![Code::Internal, Code::Unknown].contains(&status.code()));
    Ok((info.reason.clone(), info.metadata.get("field").cloned()))
}

/// What stands around the message that is tried: a stream must begin well, and is answered when something is asked.
fn messages(method: &MethodDescriptor, tried: &DynamicMessage) -> Vec<Vec<u8>> {
    let mut out = Vec::new();
    if method.full_name() == "lacre.relay.v1.Blobs.Put" && tried.has_field_by_name("chunk") {
        let mut first = fair(&method.input());
        let header = first.get_field_by_name_mut("header").and_then(Value::as_message_mut).unwrap();
        // begun with other sizes, it has its name already
        header.set_field_by_name("blob", Value::Bytes(vec![2; 32].into()));
        header.set_field_by_name("size", Value::U64(300_000));
        header.set_field_by_name("stamp", Value::Bytes(CHUNKS_STAMP.to_vec().into()));
        out.push(first.encode_to_vec());
    }
    out.push(tried.encode_to_vec());
    if method.is_client_streaming() && method.is_server_streaming() {
        out.push(full(&method.input()).encode_to_vec());
    }
    out
}

async fn answer(
    table: &Table,
    channel: &Channel,
    method: &MethodDescriptor,
    tried: &DynamicMessage,
) -> Result<Option<(String, Option<String>)>, String> {
    let path = format!("/{}/{}", method.parent_service().full_name(), method.name());
    let call = format!("{}.{}", method.parent_service().name(), method.name());
    match raw::call(channel, &path, messages(method, tried)).await {
        Ok(_) => Ok(None),
        Err(status) => reason(table, &call, &status).map(Some),
    }
}

/// One line for a case that went wrong; none when all is well.
async fn tried(
    table: &Table,
    channel: &Channel,
    method: &MethodDescriptor,
    case: &Case,
    seen: &mut BTreeSet<String>,
) -> Option<String> {
    let mut got = answer(table, channel, method, &case.message).await;
    let bad = |got: &Result<Option<(String, Option<String>)>, String>| matches!(got, Ok(Some((r, _))) if r == "BAD_FIELD");
    if case.outside.is_none() {
        for other in with_other_enums(&case.message) {
            if bad(&got) {
                got = answer(table, channel, method, &other).await;
            }
        }
    }
    if let Ok(Some((reason, _))) = &got {
        seen.insert(reason.clone());
    }
    let wrong = match (&case.outside, &got) {
        (_, Err(why)) => Some(why.clone()),
        (None, _) if bad(&got) => Some(format!("within its bound, and refused: {got:?}")),
        (None, _) => None,
        (Some(field), Ok(Some((reason, Some(named))))) if reason == "BAD_FIELD" && named == field => None,
        (Some(field), other) => Some(format!("outside the bound of {field}: {other:?}")),
    };
    wrong.map(|why| format!("{}: {}: {why}", method.full_name(), case.what))
}

// Seen red when Channels.Append did not check its bounds.
#[test]
fn every_field_of_every_request_is_refused_outside_its_bound_and_only_there() {
    let table = Table::read();
    let folder = tempfile::tempdir().unwrap();
    let relay = relay(folder.path());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let methods: Vec<MethodDescriptor> = pool().services().flat_map(|s| s.methods().collect::<Vec<_>>()).collect();

    let mut wrong = Vec::new();
    let mut seen = BTreeSet::new();
    let mut count = 0;
    runtime.block_on(async {
        let network = raw::connect(relay.authority()).await.unwrap();
        let counter = raw::counter(&folder.path().join("data")).await.unwrap();
        for method in &methods {
            let local = method.parent_service().parent_file().name().ends_with("/admin.proto");
            let channel = if local { &counter } else { &network };
            let whole = Case { what: "fair".into(), message: fair(&method.input()), outside: None };
            for case in [whole].into_iter().chain(cases(&method.input())) {
                count += 1;
                wrong.extend(tried(&table, channel, method, &case, &mut seen).await);
            }
        }
    });
    relay.stop();

    println!("{count} requests to {} calls, reasons seen: {seen:?}", methods.len());
    assert_eq!(wrong, Vec::<String>::new());
    assert!(count > 300 && seen.len() > 8, "{count} requests, {seen:?}: too few to mean anything");
    for method in &methods {
        let call = format!("{}.{}", method.parent_service().name(), method.name());
        assert!(table.calls.contains_key(&call), "PROTOCOL.md, section 6, has no row for {call}");
    }
}

fn contents() -> Vec<MessageDescriptor> {
    pool().all_messages().filter(|m| m.package_name() == "lacre.content.v1").collect()
}

// Seen red without the bound of PutRequest.chunk.
#[test]
fn every_field_of_a_request_or_a_content_has_a_bound() {
    let requests: Vec<MessageDescriptor> =
        pool().services().flat_map(|s| s.methods().map(|m| m.input()).collect::<Vec<_>>()).collect();

    let missing: BTreeSet<String> = requests.iter().chain(&contents()).flat_map(unbounded).collect();

    assert_eq!(missing, BTreeSet::new());
    // the search itself finds what has none: answers need none
    let answer = pool().get_message_by_name("lacre.relay.v1.FetchResponse").unwrap();
    assert!(unbounded(&answer).contains(&"lacre.relay.v1.Entry.ciphertext".to_owned()));
}

#[test]
fn every_field_of_a_content_is_refused_outside_its_bound_and_only_there() {
    let mut count = 0;
    let mut wrong = Vec::new();
    for message in contents() {
        let (_, check) = DECODERS.iter().find(|(name, _)| *name == message.full_name()).expect("a message with a check");
        for case in cases(&message) {
            count += 1;
            let verdict = check(&case.message.encode_to_vec()).expect("a message");
            let named = verdict.err().map(|e| e.field.to_owned());
            if named != case.outside {
                wrong.push(format!("{}: named {named:?}, not {:?}", case.what, case.outside));
            }
        }
    }

    assert_eq!(wrong, Vec::<String>::new());
    assert!(count > 200, "{count} contents are too few to mean anything");
}
