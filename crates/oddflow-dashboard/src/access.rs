//! Who is let in, and what a change must bring along.
//!
//! Where a token is demanded, a session is opened with it and known by a cookie that no script can read; who sends the token with each
//! request needs no session. A change must come from our own page: its origin is looked at, and it must bring a word that another
//! page can't know.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use oddflow_store::{Secret, StoreError};

use crate::api::problem::Problem;
use crate::readers::{Readers, locked};
use crate::{secret, time};

/// Header of the word that a change must bring along.
const CSRF: HeaderName = HeaderName::from_static("x-csrf-token");
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
/// How long a session lasts, in seconds.
const SESSION: f64 = 7.0 * 86_400.0;
/// Wrong tokens from one address that are looked at within a minute.
const WRONG: usize = 5;
const MINUTE: Duration = Duration::from_secs(60);
/// Addresses that are remembered for their wrong tokens; beyond that all others are one.
const ADDRESSES: usize = 1024;
/// Sessions that are kept in memory, where the database can't be written to.
const SESSIONS: usize = 256;

/// Who is let in.
pub(crate) struct Access {
    /// Whether a token is demanded.
    is_demanded: bool,
    /// Name of the cookie. Cookies are one host's, whatever the port: two servers of one host must not overwrite each other's.
    cookie: String,
    /// Whether the cookie is sent over TLS alone.
    is_secure: bool,
    /// What changes of those bring along who have no session.
    csrf: String,
    wrong: Mutex<BTreeMap<Option<IpAddr>, Vec<Instant>>>,
    /// Sessions by their hash: name of the token, and end.
    sessions: Mutex<BTreeMap<Secret, (String, f64)>>,
}

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Who {
    /// The name of the token, or `local`.
    pub(crate) name: String,
    /// What changes must bring along; `None` for who sends a token with each request.
    pub(crate) csrf: Option<String>,
}

impl Access {
    pub(crate) fn new(is_demanded: bool, is_secure: bool, port: u16) -> Result<Self, String> {
        Ok(Self {
            is_demanded,
            is_secure,
            cookie: format!("oddflow_{port}"),
            csrf: secret::new()?,
            wrong: Mutex::default(),
            sessions: Mutex::default(),
        })
    }

    pub(crate) fn is_demanded(&self) -> bool {
        self.is_demanded
    }

    /// What changes of those bring along who have no session.
    pub(crate) fn csrf(&self) -> &str {
        &self.csrf
    }

    /// Who asks; `None` where a token is demanded and there is none.
    ///
    /// # Errors
    /// Where a token is wrong, too many were, or the database can't be read.
    pub(crate) async fn who(
        &self,
        readers: &Arc<Readers>,
        headers: &HeaderMap,
        from: Option<IpAddr>,
    ) -> Result<Option<Who>, Problem> {
        if !self.is_demanded {
            return Ok(Some(Who { name: "local".into(), csrf: Some(self.csrf.clone()) }));
        }
        if let Some(token) = bearer(headers) {
            let name = self.token(readers, token, from).await?;
            return Ok(Some(Who { name, csrf: None }));
        }
        let Some(held) = self.held(headers) else { return Ok(None) };
        let hash = secret::hash(held);
        let now = time::now();
        let remembered = locked(&self.sessions).get(&hash).filter(|(_, end)| *end > now).cloned();
        let name = match remembered {
            Some((name, _)) => Some(name),
            None => readers.read(move |store| Ok(store.session(&hash, now)?)).await?,
        };
        Ok(name.map(|name| Who { name, csrf: Some(csrf_of(held)) }))
    }

    /// The name of a token.
    ///
    /// # Errors
    /// Where it is wrong, too many were, or the database can't be read.
    pub(crate) async fn token(
        &self,
        readers: &Arc<Readers>,
        token: &str,
        from: Option<IpAddr>,
    ) -> Result<String, Problem> {
        self.is_patient(from)?;
        let hash = secret::hash(token.trim());
        let name = readers.read(move |store| Ok(store.token_name(&hash)?)).await?;
        name.ok_or_else(|| {
            self.was_wrong(from);
            Problem::unsigned()
        })
    }

    /// Opens a session; returns what the cookie says.
    ///
    /// # Errors
    /// Where there is no randomness, or the write fails for another reason than that nothing may be written.
    pub(crate) async fn open(
        &self,
        readers: &Arc<Readers>,
        name: &str,
    ) -> Result<(HeaderValue, Who), Problem> {
        let held = secret::new().map_err(|error| Problem::unavailable(error, "Try again."))?;
        let (hash, now) = (secret::hash(&held), time::now());
        let end = now + SESSION;
        let owner = name.to_owned();
        let kept = readers
            .write(move |store| match store.open_session(&hash, &owner, (now, end)) {
                Err(StoreError::ReadOnly { .. }) => Ok(false),
                kept => Ok(kept.map(|()| true)?),
            })
            .await;
        // A database that may only be read can be opened for reading alone.
        let is_kept = match kept {
            Err(problem) if problem.status == 403 => false,
            kept => kept?,
        };
        if !is_kept {
            let mut sessions = locked(&self.sessions);
            sessions.retain(|_, (_, end)| *end > now);
            if sessions.len() >= SESSIONS {
                sessions.pop_first();
            }
            sessions.insert(hash, (name.to_owned(), end));
        }
        let who = Who { name: name.to_owned(), csrf: Some(csrf_of(&held)) };
        Ok((self.set_cookie(&held, SESSION as u64), who))
    }

    /// Ends a session; returns what the cookie says.
    ///
    /// # Errors
    /// Where the write fails.
    pub(crate) async fn close(
        &self,
        readers: &Arc<Readers>,
        headers: &HeaderMap,
    ) -> Result<HeaderValue, Problem> {
        if let Some(held) = self.held(headers) {
            let hash = secret::hash(held);
            if locked(&self.sessions).remove(&hash).is_none() {
                readers.write(move |store| Ok(store.close_session(&hash)?)).await?;
            }
        }
        Ok(self.set_cookie("", 0))
    }

    /// What our cookie holds.
    fn held<'h>(&self, headers: &'h HeaderMap) -> Option<&'h str> {
        let all = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        let ours = |pair: &'h str| {
            let (name, value) = pair.trim().split_once('=')?;
            (name == self.cookie && !value.is_empty()).then_some(value)
        };
        all.flat_map(|value| value.split(';')).find_map(ours)
    }

    fn set_cookie(&self, value: &str, seconds: u64) -> HeaderValue {
        let secure = if self.is_secure { "; Secure" } else { "" };
        let name = &self.cookie;
        let text = format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}");
        // Digits, letters and marks: it always is a header's value.
        HeaderValue::from_str(&text).unwrap_or_else(|_| HeaderValue::from_static(""))
    }

    /// Whether another token of this address is looked at.
    fn is_patient(&self, from: Option<IpAddr>) -> Result<(), Problem> {
        let mut wrong = locked(&self.wrong);
        let now = time::instant();
        wrong.retain(|_, times| {
            times.retain(|time| now.duration_since(*time) < MINUTE);
            !times.is_empty()
        });
        let from = remembered(&wrong, from);
        match wrong.get(&from) {
            Some(times) if times.len() >= WRONG => Err(Problem::too_often()),
            _ => Ok(()),
        }
    }

    fn was_wrong(&self, from: Option<IpAddr>) {
        let mut wrong = locked(&self.wrong);
        let from = remembered(&wrong, from);
        let times = wrong.entry(from).or_default();
        if times.len() < WRONG {
            times.push(time::instant());
        }
    }
}

/// The address under which wrong tokens are counted: all new ones are one when there are too many.
fn remembered(wrong: &BTreeMap<Option<IpAddr>, Vec<Instant>>, from: Option<IpAddr>) -> Option<IpAddr> {
    from.filter(|from| wrong.contains_key(&Some(*from)) || wrong.len() < ADDRESSES)
}

/// The token that a request brings along.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

/// What changes of a session must bring along: only who has its cookie, or is told by us, knows it.
fn csrf_of(held: &str) -> String {
    secret::digest(&[b"csrf", held.as_bytes()])
}

/// Whether a change comes from our own page, or from no page at all.
///
/// # Errors
/// Where another page made it, or what it must bring along is missing.
pub(crate) fn is_ours(headers: &HeaderMap, csrf: Option<&str>) -> Result<(), Problem> {
    let text = |name: &HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    let remedy = "Make changes on the dashboard's own page.";
    if let Some(origin) = text(&header::ORIGIN) {
        let host = text(&header::HOST).unwrap_or_default();
        let named = origin.split_once("://").map_or("", |(_, authority)| authority);
        if !named.eq_ignore_ascii_case(host) {
            return Err(Problem::forbidden("The change comes from another page.", remedy));
        }
    }
    if text(&FETCH_SITE).is_some_and(|site| site != "same-origin" && site != "none") {
        return Err(Problem::forbidden("The change comes from another page.", remedy));
    }
    let Some(csrf) = csrf else { return Ok(()) };
    if text(&CSRF).is_some_and(|brought| secret::is_same(brought, csrf)) {
        return Ok(());
    }
    let remedy = "Ask GET /api/v1/session for csrf and send it as X-CSRF-Token; it changes when the server starts anew.";
    Err(Problem::forbidden("The change lacks its X-CSRF-Token, or has an old one.", remedy))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect()
    }

    #[test]
    fn a_change_must_come_from_our_page() {
        let word = Some("word");
        let ours = [("host", "localhost:8088"), ("x-csrf-token", "word")];
        assert!(is_ours(&headers(&ours), word).is_ok());
        let with = |name, value| headers(&[ours[0], ours[1], (name, value)]);
        assert!(is_ours(&with("origin", "http://localhost:8088"), word).is_ok());
        assert!(is_ours(&with("origin", "https://LOCALHOST:8088"), word).is_ok());
        for origin in
            ["http://evil.example", "http://localhost:8089", "null", "http://localhost:8088.evil.example"]
        {
            let other = with("origin", origin);
            assert!(is_ours(&other, word).is_err(), "{origin}");
            assert!(is_ours(&other, None).is_err(), "{origin}: a token doesn't make it ours");
        }
        assert!(is_ours(&with("sec-fetch-site", "cross-site"), word).is_err());
        assert!(is_ours(&with("sec-fetch-site", "same-site"), word).is_err());
        assert!(is_ours(&with("sec-fetch-site", "same-origin"), word).is_ok());
        assert!(is_ours(&headers(&ours[..1]), word).is_err());
        assert!(is_ours(&headers(&ours), Some("other")).is_err());
        assert!(is_ours(&headers(&ours[..1]), None).is_ok());
    }

    #[test]
    fn too_many_wrong_tokens_close_the_door_for_a_while() {
        let access = Access::new(true, false, 8088).expect("random");
        let (one, other) = (Some(IpAddr::from([192, 0, 2, 1])), Some(IpAddr::from([192, 0, 2, 2])));
        for _ in 0..WRONG {
            access.is_patient(one).expect("not yet");
            access.was_wrong(one);
        }
        assert_eq!(access.is_patient(one).expect_err("too many").status, 429);
        access.is_patient(other).expect("somebody else");
    }

    #[test]
    fn memory_of_wrong_tokens_is_bounded() {
        let access = Access::new(true, false, 8088).expect("random");
        for i in 0..2 * ADDRESSES as u32 {
            access.was_wrong(Some(IpAddr::from(i.to_be_bytes())));
        }
        assert!(locked(&access.wrong).len() <= ADDRESSES + 1);
    }

    #[test]
    fn the_cookie_is_found_among_others_and_safe() {
        let access = Access::new(true, true, 8088).expect("random");
        let held = |cookies: &'static str| access.held(&headers(&[("cookie", cookies)])).map(str::to_owned);
        assert_eq!(held("a=b; oddflow_8088=secret; c=d").as_deref(), Some("secret"));
        assert_eq!(held("oddflow_8089=secret; oddflow_8088="), None);
        let set = access.set_cookie("x", 9);
        assert_eq!(
            set.to_str().expect("text"),
            "oddflow_8088=x; Path=/; Max-Age=9; HttpOnly; SameSite=Strict; Secure"
        );
    }
}
