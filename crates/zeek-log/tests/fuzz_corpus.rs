//! The inputs that fuzzing found worth keeping, checked against the same laws by a plain test.

use std::fs;
use std::path::Path;

#[path = "../../../fuzz/laws.rs"]
mod laws;

fn replay(target: &str, law: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(target);
    let mut inputs: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    inputs.sort();
    assert!(!inputs.is_empty(), "no inputs in {}", folder.display());
    for input in inputs {
        let data = fs::read(&input).unwrap();
        let outcome = std::panic::catch_unwind(|| law(&data));
        assert!(outcome.is_ok(), "{} breaks a law", input.display());
    }
}

#[test]
fn tsv() {
    replay("tsv", laws::tsv);
}

#[test]
fn json() {
    replay("json", laws::json);
}

#[test]
fn header() {
    replay("header", laws::header);
}
