//! The inputs that fuzzing found worth keeping, checked against the same law by a plain test.

use std::fs;
use std::path::Path;

#[path = "../../../../fuzz/filter_law.rs"]
mod filter_law;

#[test]
fn holds_for_the_corpus() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/filter");
    let mut inputs: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    inputs.sort();
    assert!(!inputs.is_empty(), "no inputs in {}", folder.display());
    for input in inputs {
        let data = fs::read(&input).unwrap();
        let outcome = std::panic::catch_unwind(|| filter_law::holds(&data));
        assert!(outcome.is_ok(), "{} breaks the law", input.display());
    }
}
