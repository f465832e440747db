//! The page: files that are part of the program, so that it works without any other host.

use std::sync::OnceLock;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};

use crate::encoding::{Compression, accepts_gzip, gzip};
use crate::secret::digest;

/// The files by name, in order.
static FILES: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/files.rs"));

/// What is shown under each path that is no file: the page looks at the path itself.
const INDEX: &str = "index.html";
/// Files below have a hash of their content in their name.
const HASHED: &str = "assets/";

/// A file as it is sent.
struct File {
    name: &'static str,
    kind: &'static str,
    bytes: &'static [u8],
    /// Its content in a few letters.
    tag: String,
    /// Made when somebody asks for it; `None` where it isn't worth it.
    gzip: OnceLock<Option<Vec<u8>>>,
}

/// All files.
pub(crate) struct Site(Vec<File>);

impl Site {
    pub(crate) fn new() -> Self {
        let file = |(name, bytes): &(&'static str, &'static [u8])| File {
            name,
            kind: kind(name),
            bytes,
            tag: format!("\"{}\"", &digest(&[bytes])[..16]),
            gzip: OnceLock::new(),
        };
        Self(FILES.iter().map(file).collect())
    }

    /// What stands under a path.
    pub(crate) fn answer(&self, uri: &Uri, asked: &HeaderMap) -> Response {
        let Some(file) = self.find(uri.path()) else {
            return (StatusCode::NOT_FOUND, "there is no such page\n").into_response();
        };
        let caching = match file.name.starts_with(HASHED) {
            true => "public, max-age=31536000, immutable",
            false => "no-cache",
        };
        let known = asked.get(header::IF_NONE_MATCH).and_then(|tag| tag.to_str().ok());
        let is_known = known.is_some_and(|known| known.split(',').any(|tag| tag.trim() == file.tag));
        let mut response = match is_known {
            true => StatusCode::NOT_MODIFIED.into_response(),
            false => file.body(asked),
        };
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
        headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        // Digits of a hash always are a header's value.
        headers.extend(HeaderValue::from_str(&file.tag).ok().map(|tag| (header::ETAG, tag)));
        response
    }

    /// The file of a path; the page itself for one that names no file.
    fn find(&self, path: &str) -> Option<&File> {
        let name = path.trim_start_matches('/');
        let of = |name: &str| self.0.iter().find(|file| file.name == name);
        of(name).or_else(|| if is_page(name) { of(INDEX) } else { None })
    }
}

/// Whether a path is one of the page's own. An address has dots, as the name of a file has.
fn is_page(name: &str) -> bool {
    let is_file =
        name.starts_with(HASHED) || !name.contains('/') && name.contains('.') || name.starts_with("api/");
    !is_file
}

impl File {
    fn body(&self, asked: &HeaderMap) -> Response {
        let kind = (header::CONTENT_TYPE, HeaderValue::from_static(self.kind));
        if accepts_gzip(asked)
            && let Some(packed) = self.gzip.get_or_init(|| {
                gzip(self.bytes, Compression::best()).filter(|packed| packed.len() < self.bytes.len())
            })
        {
            let encoding = (header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            return ([kind, encoding], Body::from(packed.clone())).into_response();
        }
        ([kind], Body::from(self.bytes)).into_response()
    }
}

/// The media type of a file by its name.
fn kind(name: &str) -> &'static str {
    match name.rsplit_once('.').map_or("", |(_, ending)| ending) {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "json" | "webmanifest" => "application/json",
        "woff2" => "font/woff2",
        _ => "text/plain; charset=utf-8",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deep_links_give_the_page_and_files_themselves() {
        for page in ["", "incidents", "incidents/17", "hosts/10.0.0.5", "hosts/2001:db8::1", "model/c0ffee"] {
            assert!(is_page(page), "{page}");
        }
        for file in ["favicon.ico", "assets/gone.js", "robots.txt", "api/v2/incidents"] {
            assert!(!is_page(file), "{file}");
        }
        let site = Site::new();
        assert_eq!(site.find("/incidents/17").map(|file| file.name), Some(INDEX));
        assert!(site.find("/assets/no.js").is_none());
    }

    #[test]
    fn what_is_known_is_not_sent_again() {
        let site = Site::new();
        let mut asked = HeaderMap::new();
        let first = site.answer(&Uri::from_static("/"), &asked);
        assert_eq!(first.status(), StatusCode::OK);
        asked.insert(header::IF_NONE_MATCH, first.headers()[header::ETAG].clone());
        assert_eq!(site.answer(&Uri::from_static("/"), &asked).status(), StatusCode::NOT_MODIFIED);
    }
}
