//! Answers made smaller, where who asks takes them so.

use std::io::Write;

use axum::http::{HeaderMap, header};
pub(crate) use flate2::Compression;
use flate2::write::GzEncoder;

/// Answers below this are sent as they are: they fit into one packet.
pub(crate) const WORTH: usize = 1400;

/// Whether who asks takes gzip.
pub(crate) fn accepts_gzip(asked: &HeaderMap) -> bool {
    let all = asked.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    all.flat_map(|value| value.split(',')).any(|offer| {
        let mut parts = offer.split(';').map(str::trim);
        let is_gzip = parts.next().is_some_and(|name| name.eq_ignore_ascii_case("gzip"));
        // `q=0` says that it isn't taken.
        let weight = parts.find_map(|part| part.strip_prefix("q=")).map(|q| q.parse::<f32>().unwrap_or(0.0));
        is_gzip && weight.is_none_or(|weight| weight > 0.0)
    })
}

/// Bytes as gzip; `None` where they aren't worth it.
pub(crate) fn gzip(bytes: &[u8], effort: Compression) -> Option<Vec<u8>> {
    if bytes.len() < WORTH {
        return None;
    }
    let mut encoder = GzEncoder::new(Vec::with_capacity(bytes.len() / 4), effort);
    encoder.write_all(bytes).ok()?;
    encoder.finish().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_sent_to_who_takes_it() {
        let check = |offer: &'static str, expected: bool| {
            let mut asked = HeaderMap::new();
            asked.insert(header::ACCEPT_ENCODING, offer.parse().expect("a value"));
            assert_eq!(accepts_gzip(&asked), expected, "{offer}");
        };
        check("gzip, deflate, br", true);
        check("br;q=1.0, GZIP;q=0.5", true);
        check("gzip;q=0", false);
        check("identity", false);
        check("xgzip", false);
        assert!(!accepts_gzip(&HeaderMap::new()));
        assert!(gzip(b"short", Compression::fast()).is_none());
        assert!(gzip(&[b'a'; 10_000], Compression::fast()).is_some_and(|packed| packed.len() < 200));
    }
}
