//! See `../checks/documents.rs`.
#![no_main]

#[path = "../checks/documents.rs"]
mod checks;

libfuzzer_sys::fuzz_target!(|input: &[u8]| checks::check(input));
