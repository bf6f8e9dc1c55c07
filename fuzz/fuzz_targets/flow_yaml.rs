//! See `../checks/flow_yaml.rs`.
#![no_main]

#[path = "../checks/flow_yaml.rs"]
mod checks;

libfuzzer_sys::fuzz_target!(|input: &[u8]| checks::check(input));
