//! Secrets: 256 random bits, and the hashes by which they are known again.

use oddflow_store::Secret;
use sha2::{Digest, Sha256};

/// A new secret as 64 hexadecimal digits.
///
/// # Errors
/// Where the system has no randomness.
pub(crate) fn new() -> Result<String, String> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|error| error.to_string())?;
    Ok(hex(&bytes))
}

/// The hash by which a secret is known again. It has 256 random bits: nothing slower is needed.
pub(crate) fn hash(secret: &str) -> Secret {
    Sha256::digest(secret.as_bytes()).into()
}

/// A hash of several things as hexadecimal digits; where one ends is part of it.
pub(crate) fn digest(parts: &[&[u8]]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part);
    }
    hex(&hash.finalize())
}

/// Whether two texts are the same, in a time that says nothing of where they differ.
pub(crate) fn is_same(a: &str, b: &str) -> bool {
    hash(a) == hash(b)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_differ_and_are_known_again() {
        let (one, other) = (new().expect("random"), new().expect("random"));
        assert_eq!(one.len(), 64);
        assert!(one != other && is_same(&one, &one) && !is_same(&one, &other));
        assert_ne!(digest(&[b"a", b"bc"]), digest(&[b"ab", b"c"]));
    }
}
