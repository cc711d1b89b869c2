//! One decoder under libFuzzer; its name stands in the environment variable `LACRE_DECODER`.
#![no_main]

use lacre_tests::decoders::{ALL, Decoder};
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

static CHOSEN: LazyLock<Decoder> = LazyLock::new(|| {
    let name = std::env::var("LACRE_DECODER").unwrap_or_default();
    let names: Vec<&str> = ALL.iter().map(|d| d.name).collect();
    *ALL.iter().find(|d| d.name == name).unwrap_or_else(|| panic!("LACRE_DECODER is one of {names:?}"))
});

fuzz_target!(|bytes: &[u8]| {
    (CHOSEN.run)(bytes);
});
