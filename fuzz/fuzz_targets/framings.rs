//! See `../checks/framings.rs`.
#![no_main]

#[path = "../checks/framings.rs"]
mod checks;

libfuzzer_sys::fuzz_target!(|input: &[u8]| checks::check(input));
