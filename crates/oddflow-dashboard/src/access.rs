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
use tokio::sync::watch;

use crate::api::problem::Problem;
use crate::readers::{Readers, locked};
use crate::{secret, time};

/// Header of the word that a change must bring along.
const CSRF: HeaderName = HeaderName::from_static("x-csrf-token");
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
/// How the name of a cookie begins that is sent over TLS alone.
const HOST: &str = "__Host-";
/// How long a session lasts, in seconds.
const SESSION: f64 = 7.0 * 86_400.0;
/// Wrong tokens from one address within a minute that are told to be wrong. A right one always lets in: it has 256 bits, so that nobody
/// comes upon one by trying.
const WRONG: usize = 5;
/// Entries of the audit log that wrong tokens of all addresses make within a minute, of each address one.
const NOTED: usize = 10;
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
    wrong: Mutex<Wrong>,
    /// Sessions by their hash.
    sessions: Mutex<BTreeMap<Secret, Session>>,
    /// How many sessions were ended.
    ended: watch::Sender<u64>,
    /// When somebody last met what strangers aren't told.
    met: Mutex<Option<Instant>>,
}

/// Wrong tokens of the last minute.
#[derive(Default)]
struct Wrong {
    /// By address; `None` for all that are too many to be remembered.
    by: BTreeMap<Option<IpAddr>, Tries>,
    /// When some were entered into the audit log.
    noted: Vec<Instant>,
}

/// Wrong tokens of an address.
#[derive(Default)]
struct Tries {
    times: Vec<Instant>,
    noted: Option<Instant>,
}

/// A session that is kept in memory.
#[derive(Clone)]
struct Session {
    /// The token that opened it: it ends with it.
    token: Secret,
    name: String,
    end: f64,
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
            ended: watch::Sender::new(0),
            met: Mutex::default(),
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
        let remembered = locked(&self.sessions).get(&hash).filter(|session| session.end > now).cloned();
        let name = match remembered {
            // Another token may have taken the place of the one that opened it.
            Some(session) => {
                let name = readers.read(move |store| Ok(store.token_name(&session.token)?)).await?;
                name.filter(|name| *name == session.name)
            }
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
        let hash = secret::hash(token.trim());
        let name = readers.read(move |store| Ok(store.token_name(&hash)?)).await?;
        name.ok_or_else(|| self.was_wrong(from))
    }

    /// Opens a session with a token of a name; returns what the cookie says.
    ///
    /// # Errors
    /// Where there is no randomness, or the write fails for another reason than that nothing may be written.
    pub(crate) async fn open(
        &self,
        readers: &Arc<Readers>,
        (name, token): (&str, &str),
        headers: &HeaderMap,
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
            sessions.retain(|_, session| session.end > now);
            if sessions.len() >= SESSIONS {
                sessions.pop_first();
            }
            let token = secret::hash(token.trim());
            sessions.insert(hash, Session { token, name: name.to_owned(), end });
        }
        let who = Who { name: name.to_owned(), csrf: Some(csrf_of(&held)) };
        Ok((self.set_cookie(&held, SESSION as u64, headers), who))
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
            self.ended.send_modify(|ended| *ended += 1);
        }
        Ok(self.set_cookie("", 0, headers))
    }

    /// Whether what strangers aren't told is to be said to whoever runs the program: once a minute.
    pub(crate) fn is_said(&self) -> bool {
        let (mut met, now) = (locked(&self.met), time::instant());
        let is_said = met.is_none_or(|met| now.duration_since(met) >= MINUTE);
        if is_said {
            *met = Some(now);
        }
        is_said
    }

    /// Changes whenever a session is ended.
    pub(crate) fn endings(&self) -> watch::Receiver<u64> {
        self.ended.subscribe()
    }

    /// What our cookie holds.
    fn held<'h>(&self, headers: &'h HeaderMap) -> Option<&'h str> {
        let of = |is_ours: &dyn Fn(&str) -> bool| {
            let all = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
            let mut pairs =
                all.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
            pairs.find(|(name, value)| is_ours(name) && !value.is_empty()).map(|(_, value)| value)
        };
        let secure = of(&|name| name.strip_prefix(HOST) == Some(&self.cookie));
        // Without TLS of our own there may be a proxy that speaks it, or none.
        if self.is_secure { secure } else { secure.or_else(|| of(&|name| name == self.cookie)) }
    }

    fn set_cookie(&self, value: &str, seconds: u64, headers: &HeaderMap) -> HeaderValue {
        // A proxy may speak TLS for us: the page says so.
        let origin = headers.get(header::ORIGIN).and_then(|origin| origin.to_str().ok());
        let is_secure = self.is_secure || origin.is_some_and(|origin| origin.starts_with("https://"));
        let secure = if is_secure { "; Secure" } else { "" };
        // Of a name that begins so a browser takes a cookie from this very host alone, and over TLS.
        let name = if is_secure { format!("{HOST}{}", self.cookie) } else { self.cookie.clone() };
        let text = format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}");
        // Digits, letters and marks: it always is a header's value.
        HeaderValue::from_str(&text).unwrap_or_else(|_| HeaderValue::from_static(""))
    }

    /// Counts a wrong token; returns what is said to it.
    fn was_wrong(&self, from: Option<IpAddr>) -> Problem {
        let mut wrong = locked(&self.wrong);
        let now = time::instant();
        let tries = wrong.of(from, now);
        if tries.times.len() >= WRONG {
            return Problem::too_often();
        }
        tries.times.push(now);
        Problem::unsigned()
    }

    /// Whether a wrong token goes into the audit log: of each address one a minute, and of all together some. What strangers can bring
    /// about mustn't fill it.
    pub(crate) fn is_noted(&self, from: Option<IpAddr>) -> bool {
        let mut wrong = locked(&self.wrong);
        let now = time::instant();
        let tries = wrong.of(from, now);
        if tries.noted.is_some() {
            return false;
        }
        tries.noted = Some(now);
        let is_noted = wrong.noted.len() < NOTED;
        if is_noted {
            wrong.noted.push(now);
        }
        is_noted
    }
}

impl Wrong {
    /// Those of an address, without what is older than a minute.
    fn of(&mut self, from: Option<IpAddr>, now: Instant) -> &mut Tries {
        let is_new = |time: &Instant| now.duration_since(*time) < MINUTE;
        self.noted.retain(is_new);
        self.by.retain(|_, tries| {
            tries.times.retain(is_new);
            tries.noted = tries.noted.filter(is_new);
            !tries.times.is_empty() || tries.noted.is_some()
        });
        let from = from.map(network);
        // All new ones are one when there are too many.
        let from = from.filter(|from| self.by.contains_key(&Some(*from)) || self.by.len() < ADDRESSES);
        self.by.entry(from).or_default()
    }
}

/// The address by which somebody is counted: of version 6 the first 64 bits, as whoever has one address has all of these.
pub(crate) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6((u128::from(address) >> 64 << 64).into()),
        address => address,
    }
}

/// Whether a browser says that another page asks.
pub(crate) fn is_of_others(headers: &HeaderMap) -> bool {
    headers.get_all(FETCH_SITE).iter().any(|site| site != "same-origin" && site != "none")
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
    if is_of_others(headers) {
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
    fn wrong_tokens_are_counted_by_address_and_noted_now_and_then() {
        let access = Access::new(true, false, 8088).expect("random");
        let (one, other) = (Some(IpAddr::from([192, 0, 2, 1])), Some(IpAddr::from([192, 0, 2, 2])));
        for _ in 0..WRONG {
            assert_eq!(access.was_wrong(one).status, 401);
        }
        assert_eq!(access.was_wrong(one).status, 429);
        assert_eq!(access.was_wrong(other).status, 401, "somebody else");
        assert!(access.is_noted(one) && !access.is_noted(one) && access.is_noted(other));
        // Whoever has an address of version 6 has 2^64 of them.
        let of = |text: &str| Some(text.parse::<IpAddr>().expect("an address"));
        for i in 0..WRONG {
            assert_eq!(access.was_wrong(of(&format!("2001:db8::{i}"))).status, 401);
        }
        assert_eq!(access.was_wrong(of("2001:db8::ffff")).status, 429);
        assert_eq!(access.was_wrong(of("2001:db8:0:1::1")).status, 401);
        let noted = (0..100).filter(|i| access.is_noted(Some(IpAddr::from([198, 51, 100, *i])))).count();
        assert_eq!(noted, NOTED - 2, "of all together");
    }

    #[test]
    fn a_session_ends_with_its_token() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.db");
        let mut store = oddflow_store::Store::open(&path).expect("opens");
        let token = secret::hash("token");
        store.set_token("ann", &token, 0.0).expect("keeps");
        let readers = Readers::new(&path, 1);
        let access = Access::new(true, false, 8088).expect("random");
        // As where the database can't be written to.
        let session = Session { token, name: "ann".into(), end: f64::MAX };
        locked(&access.sessions).insert(secret::hash("held"), session);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let held = headers(&[("cookie", "oddflow_8088=held")]);
        let name = || {
            let who = runtime.block_on(access.who(&readers, &held, None)).expect("it can be read");
            who.map(|who| who.name)
        };
        assert_eq!(name().as_deref(), Some("ann"));
        store.set_token("ann", &secret::hash("another"), 1.0).expect("keeps");
        assert_eq!(name(), None);
    }

    #[test]
    fn memory_of_wrong_tokens_is_bounded() {
        let access = Access::new(true, false, 8088).expect("random");
        for i in 0..2 * ADDRESSES as u32 {
            access.was_wrong(Some(IpAddr::from(i.to_be_bytes())));
        }
        assert!(locked(&access.wrong).by.len() <= ADDRESSES + 1);
    }

    #[test]
    fn the_cookie_is_found_among_others_and_safe() {
        let access = Access::new(true, true, 8088).expect("random");
        let held = |cookies: &'static str| access.held(&headers(&[("cookie", cookies)])).map(str::to_owned);
        assert_eq!(held("a=b; __Host-oddflow_8088=secret; c=d").as_deref(), Some("secret"));
        assert_eq!(held("__Host-oddflow_8089=secret; __Host-oddflow_8088="), None);
        assert_eq!(held("oddflow_8088=secret"), None, "it may be from another host, or without TLS");
        let set = access.set_cookie("x", 9, &HeaderMap::new());
        assert_eq!(
            set.to_str().expect("text"),
            "__Host-oddflow_8088=x; Path=/; Max-Age=9; HttpOnly; SameSite=Strict; Secure"
        );
        let plain = Access::new(true, false, 8088).expect("random");
        let is_secure = |origin: &'static str| {
            let set = plain.set_cookie("x", 9, &headers(&[("origin", origin)]));
            let set = set.to_str().expect("text");
            (set.starts_with("__Host-"), set.ends_with("; Secure"))
        };
        assert_eq!(is_secure("https://oddflow.example"), (true, true));
        assert_eq!(is_secure("http://localhost:8088"), (false, false));
        let held = |cookies: &'static str| plain.held(&headers(&[("cookie", cookies)])).map(str::to_owned);
        assert_eq!(held("oddflow_8088=one; __Host-oddflow_8088=other").as_deref(), Some("other"));
        assert_eq!(held("oddflow_8088=one").as_deref(), Some("one"));
    }
}
