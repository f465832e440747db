#![no_main]

#[path = "../laws.rs"]
#[allow(dead_code, reason = "each target checks one law of them")]
mod laws;

libfuzzer_sys::fuzz_target!(|data: &[u8]| laws::header(data));
