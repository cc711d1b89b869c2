//! Compiles the .proto files, without protoc.

const FILES: [&str; 5] = [
    "lacre/relay/v1/channels.proto",
    "lacre/relay/v1/blobs.proto",
    "lacre/relay/v1/accounts.proto",
    "lacre/relay/v1/notices.proto",
    "lacre/content/v1/content.proto",
];

fn main() {
    println!("cargo:rerun-if-changed=../../proto/proto");
    let files = protox::compile(FILES, ["../../proto/proto"]).expect("the .proto files");
    tonic_prost_build::configure().build_server(false).build_transport(false).compile_fds(files).expect("code");
}
