//! Compiles the .proto files without protoc, and turns their bounds into code.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a build script stops by panicking")]

use prost_reflect::{DescriptorPool, DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, Value};
use std::fmt::Write as _;
use std::{env, fs, path::PathBuf};

const FILES: &[&str] = &[
    "lacre/bounds/bounds.proto",
    "lacre/relay/v1/channels.proto",
    "lacre/relay/v1/blobs.proto",
    "lacre/relay/v1/accounts.proto",
    "lacre/relay/v1/counter.proto",
    "lacre/relay/v1/notices.proto",
    "lacre/relay/v1/admin.proto",
    "lacre/content/v1/content.proto",
];
const PACKAGES: &[&str] = &["lacre.relay.v1", "lacre.content.v1"];

fn main() {
    println!("cargo:rerun-if-changed=proto");
    let out = PathBuf::from(env::var("OUT_DIR").unwrap());
    let mut compiler = protox::Compiler::new(["proto"]).unwrap();
    compiler.include_imports(true).include_source_info(true);
    compiler.open_files(FILES).unwrap();
    let pool = compiler.descriptor_pool();
    fs::write(out.join("descriptors.bin"), compiler.encode_file_descriptor_set()).unwrap();

    tonic_prost_build::configure()
        .build_client(env::var_os("CARGO_FEATURE_CLIENT").is_some())
        .build_server(env::var_os("CARGO_FEATURE_SERVER").is_some())
        .build_transport(false)
        .bytes(".lacre.relay.v1.AppendRequest.ciphertext")
        .bytes(".lacre.relay.v1.Entry.ciphertext")
        .bytes(".lacre.relay.v1.PutRequest.chunk")
        .bytes(".lacre.relay.v1.GetResponse.chunk")
        .compile_fds(compiler.file_descriptor_set())
        .unwrap();
    fs::write(out.join("bounds.rs"), bounds(&pool)).unwrap();
}

/// One `impl Bounded` for each message of our packages.
fn bounds(pool: &DescriptorPool) -> String {
    let mut code = String::new();
    let mut decoders = String::new();
    for message in pool.all_messages().filter(|m| PACKAGES.contains(&m.package_name())) {
        let mut body = String::new();
        for field in message.fields().filter(|f| f.containing_oneof().is_none()) {
            check_field(&mut body, pool, &field, &format!("self.{}", field.name()));
        }
        for oneof in message.oneofs() {
            let enumeration = format!("{}::{}", module(&message), pascal(oneof.name()));
            let required = oneof.fields().any(|f| bound(pool, &f).is_some_and(|b| b.required));
            writeln!(body, "match &self.{} {{", oneof.name()).unwrap();
            for field in oneof.fields() {
                let mut arm = String::new();
                check_value(&mut arm, pool, &field, "v");
                let v = if arm.is_empty() { "_" } else { "v" };
                writeln!(body, "Some({enumeration}::{}({v})) => {{ {arm} }}", pascal(field.name())).unwrap();
            }
            let none = if required { format!("return Err(BoundError::missing({:?}))", oneof.name()) } else { "{}".into() };
            writeln!(body, "None => {none},\n}}").unwrap();
        }
        let path = path(&message);
        writeln!(code, "impl Bounded for {path} {{ fn check(&self) -> Result<(), BoundError> {{ {body} Ok(()) }} }}").unwrap();
        writeln!(decoders, "({:?}, |b| Some(<{path} as prost::Message>::decode(b).ok()?.check())),", message.full_name())
            .unwrap();
    }
    writeln!(code, "pub(super) const DECODERS: &[super::Decoder] = &[{decoders}];").unwrap();
    code
}

fn path(message: &MessageDescriptor) -> String {
    format!("crate::{}::{}", message.package_name().replace('.', "::").replace("lacre::", ""), message.name())
}

fn module(message: &MessageDescriptor) -> String {
    let package = message.package_name().replace('.', "::").replace("lacre::", "");
    format!("crate::{package}::{}", snake(message.name()))
}

fn check_field(body: &mut String, pool: &DescriptorPool, field: &FieldDescriptor, place: &str) {
    let name = field.name();
    let found = bound(pool, field);
    if field.is_list() {
        let b = found.unwrap_or_default();
        if b.min_items > 0 || b.max_items > 0 {
            writeln!(body, "items({name:?}, {place}.len(), {}, {})?;", b.min_items, b.max_items).unwrap();
        }
        if b.max_total_bytes > 0 {
            let sum = format!("{place}.iter().map(prost::Message::encoded_len).sum()");
            writeln!(body, "total({name:?}, {sum}, {})?;", b.max_total_bytes).unwrap();
        }
        let mut inner = String::new();
        check_value(&mut inner, pool, field, "v");
        if !inner.is_empty() {
            writeln!(body, "for v in &{place} {{ {inner} }}").unwrap();
        }
    } else if let Kind::Message(_) = field.kind() {
        let required = found.is_some_and(|b| b.required);
        let none = if required { format!("return Err(BoundError::missing({name:?}))") } else { "{}".into() };
        writeln!(body, "match &{place} {{ Some(v) => Bounded::check(v)?, None => {none} }}").unwrap();
    } else {
        check_value(body, pool, field, &format!("&{place}"));
    }
}

fn check_value(body: &mut String, pool: &DescriptorPool, field: &FieldDescriptor, v: &str) {
    let name = field.name();
    if let Kind::Message(_) = field.kind() {
        writeln!(body, "Bounded::check({v})?;").unwrap();
        return;
    }
    if let Kind::Enum(e) = field.kind() {
        // the zero of an enum says "unspecified": only answers may leave it
        let values: Vec<String> = e.values().map(|v| v.number()).filter(|n| *n != 0).map(|n| n.to_string()).collect();
        writeln!(body, "if ![{}].contains({v}) {{ return Err(BoundError::wrong({name:?})); }}", values.join(", ")).unwrap();
        return;
    }
    let Some(b) = bound(pool, field) else { return };
    match field.kind() {
        Kind::Bytes | Kind::String => {
            let (min, max) = if b.len > 0 { (b.len, b.len) } else { (b.min_len, b.max_len) };
            if max > 0 {
                writeln!(body, "length({name:?}, ({v}).len(), {min}, {max}, {})?;", b.or_empty).unwrap();
            }
        }
        Kind::Uint32 | Kind::Uint64 => writeln!(body, "number({name:?}, u64::from(*({v})), {}, {})?;", b.min, b.max).unwrap(),
        Kind::Bool => {}
        other => panic!("field {name}: no check for {other:?}"),
    }
}

#[derive(Default)]
struct Bound {
    len: u32,
    min_len: u32,
    max_len: u32,
    or_empty: bool,
    min: u64,
    max: u64,
    min_items: u32,
    max_items: u32,
    required: bool,
    max_total_bytes: u64,
}

fn bound(pool: &DescriptorPool, field: &FieldDescriptor) -> Option<Bound> {
    let extension = pool.get_extension_by_name("lacre.bounds.bound").unwrap();
    let options = field.options();
    if !options.has_extension(&extension) {
        return None;
    }
    let value = options.get_extension(&extension);
    let m: &DynamicMessage = value.as_message().unwrap();
    let n32 = |f: &str| m.get_field_by_name(f).and_then(|v| v.as_u32()).unwrap_or_default();
    let n64 = |f: &str| m.get_field_by_name(f).and_then(|v| v.as_u64()).unwrap_or_default();
    let flag = |f: &str| matches!(m.get_field_by_name(f).as_deref(), Some(Value::Bool(true)));
    Some(Bound {
        len: n32("len"),
        min_len: n32("min_len"),
        max_len: n32("max_len"),
        or_empty: flag("or_empty"),
        min: n64("min"),
        max: n64("max"),
        min_items: n32("min_items"),
        max_items: n32("max_items"),
        required: flag("required"),
        max_total_bytes: n64("max_total_bytes"),
    })
}

fn pascal(name: &str) -> String {
    name.split('_').map(|w| w[..1].to_uppercase() + &w[1..]).collect()
}

fn snake(name: &str) -> String {
    let mut out = String::new();
    for (i, c) in name.chars().enumerate() {
        if c.is_uppercase() && i > 0 {
            out.push('_');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}
