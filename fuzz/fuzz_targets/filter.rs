#![no_main]

#[path = "../filter_law.rs"]
mod filter_law;

libfuzzer_sys::fuzz_target!(|data: &[u8]| filter_law::holds(data));
