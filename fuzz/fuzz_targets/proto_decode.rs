//! See `../checks/proto_decode.rs`.
#![no_main]

#[path = "../checks/proto_decode.rs"]
mod checks;

libfuzzer_sys::fuzz_target!(|input: &[u8]| checks::check(input));
