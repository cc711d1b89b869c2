//! The wire of Lacre: .proto files and what is generated from them.
//!
//! The .proto files are the contract for strangers; bounds are options of their fields, and [`bounds::Bounded::check`] is
//! generated from the same options. [`reasons`] and [`limits`] are closed lists that both sides share. Depends on nothing of
//! ours. The features `client` and `server` add gRPC stubs.

pub mod bounds;
pub mod limits;
pub mod reasons;

/// Generated from `lacre/relay/v1/*.proto`.
pub mod relay {
    /// Version 1.
    #[expect(missing_docs, reason = "the .proto files are the documentation")]
    #[allow(clippy::all, clippy::pedantic, clippy::restriction, unreachable_pub, reason = "generated")]
    pub mod v1 {
        include!(concat!(env!("OUT_DIR"), "/lacre.relay.v1.rs"));
    }
}

/// Generated from `lacre/content/v1/content.proto`.
pub mod content {
    /// Version 1.
    #[expect(missing_docs, reason = "the .proto files are the documentation")]
    #[allow(clippy::all, clippy::pedantic, clippy::restriction, unreachable_pub, reason = "generated")]
    pub mod v1 {
        include!(concat!(env!("OUT_DIR"), "/lacre.content.v1.rs"));
    }
}

/// Generated from `lacre/bounds/bounds.proto`.
pub(crate) mod options {
    #![allow(
        dead_code,
        missing_docs,
        unreachable_pub,
        clippy::all,
        clippy::restriction,
        reason = "generated; read by the build script"
    )]
    include!(concat!(env!("OUT_DIR"), "/lacre.bounds.rs"));
}

/// All files as an encoded `google.protobuf.FileDescriptorSet`: for reflection and for the bounds test.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));

/// `domain` of every `google.rpc.ErrorInfo` of the relay.
pub const ERROR_DOMAIN: &str = "relay.lacre";
