//! Where is listened, and for whom.

use std::io;
use std::net::{IpAddr, SocketAddr};

use thiserror::Error;

use crate::dashboard::DashboardError;
use crate::tls::Tls;

/// Where is listened, and for whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listen {
    address: SocketAddr,
    names: Vec<String>,
    tls: Option<Tls>,
}

/// Why nothing can be told.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ListenError {
    /// It isn't an address and a port.
    #[error("`{0}` is no address with a port")]
    Address(String),
    /// Others could reach it, and nobody said that they may.
    #[error("{0} can be reached from other machines")]
    Remote(SocketAddr),
    /// The address is taken, or isn't this machine's.
    #[error("{address} cannot be listened on: {source}")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// The system gives no more threads.
    #[error("no thread for HTTP: {0}")]
    Thread(io::Error),
    /// A certificate or its key can't be used.
    #[error("{file} cannot be used for TLS: {what}")]
    Tls {
        /// The file.
        file: String,
        /// What is wrong with it.
        what: String,
    },
    /// There is no dashboard.
    #[error(transparent)]
    Dashboard(#[from] DashboardError),
}

impl ListenError {
    /// What to do about it.
    #[must_use]
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::Tls { .. } => "Give a certificate with its chain and its key, both as PEM files.",
            Self::Dashboard(DashboardError::Store(error)) => error.remedy(),
            Self::Dashboard(DashboardError::System(_)) => "Look at the limits of this user, and try again.",
            Self::Address(_) => "Give one such as 127.0.0.1:9477 or [::1]:9477.",
            Self::Remote(_) => {
                "Listen on 127.0.0.1, or set allow_remote = true: there is no password, so let a firewall say who may ask."
            }
            Self::Bind { .. } => "Give another port, or end what listens there.",
            Self::Thread(_) => "Raise the limit of threads of this user.",
        }
    }
}

impl Listen {
    /// At `address`, such as `127.0.0.1:9477`. One that other machines can reach is refused unless `allow_remote` is set. Requests
    /// must name the loopback, the address itself or one of `names` in their `Host` header.
    ///
    /// # Errors
    /// [`ListenError::Address`] and [`ListenError::Remote`].
    pub fn new(address: &str, allow_remote: bool, names: Vec<String>) -> Result<Self, ListenError> {
        let parsed: SocketAddr = address.parse().map_err(|_| ListenError::Address(address.into()))?;
        if !parsed.ip().to_canonical().is_loopback() && !allow_remote {
            return Err(ListenError::Remote(parsed));
        }
        Ok(Self { address: parsed, names, tls: None })
    }

    /// The same over TLS.
    #[must_use]
    pub fn over(self, tls: Tls) -> Self {
        Self { tls: Some(tls), ..self }
    }

    /// The certificate, where there is one.
    pub(crate) fn tls(&self) -> Option<&Tls> {
        self.tls.as_ref()
    }

    /// Whether it is spoken over TLS.
    #[must_use]
    pub fn has_tls(&self) -> bool {
        self.tls.is_some()
    }

    /// Whether other machines can reach it.
    #[must_use]
    pub fn is_remote(&self) -> bool {
        !self.address.ip().to_canonical().is_loopback()
    }

    /// The address.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Whether a request for this host, with or without a port, is for us.
    ///
    /// A page in a browser can make its own name lead to 127.0.0.1 and then read what is told here (DNS rebinding); the `Host`
    /// header still has that name. An address can't be made to lead elsewhere, but only ours are taken.
    pub(crate) fn is_ours(&self, host: &str) -> bool {
        let name = without_port(host);
        let bare = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
        if let Ok(address) = bare.parse::<IpAddr>() {
            let (address, own) = (address.to_canonical(), self.address.ip().to_canonical());
            // Who listens on all addresses can't say which of them are ours.
            return address.is_loopback() || address == own || own.is_unspecified();
        }
        let name = name.strip_suffix('.').unwrap_or(name);
        name.eq_ignore_ascii_case("localhost") || self.names.iter().any(|own| own.eq_ignore_ascii_case(name))
    }
}

/// A host without its port: `[::1]:80` gives `[::1]`.
fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port))
            if port.bytes().all(|byte| byte.is_ascii_digit())
                && (!name.contains(':') || name.ends_with(']')) =>
        {
            name
        }
        _ => host,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn others_are_let_in_only_where_that_is_said() {
        assert!(Listen::new("127.0.0.1:0", false, Vec::new()).is_ok());
        assert!(Listen::new("[::1]:9477", false, Vec::new()).is_ok());
        assert!(Listen::new("[::ffff:127.0.0.1]:9477", false, Vec::new()).is_ok());
        for remote in ["0.0.0.0:9477", "[::]:9477", "192.0.2.1:9477"] {
            assert!(
                matches!(Listen::new(remote, false, Vec::new()), Err(ListenError::Remote(_))),
                "{remote}"
            );
            assert!(Listen::new(remote, true, Vec::new()).is_ok(), "{remote}");
        }
        for wrong in ["", "9477", "localhost:9477", "127.0.0.1"] {
            assert!(matches!(Listen::new(wrong, true, Vec::new()), Err(ListenError::Address(_))), "{wrong}");
        }
    }

    #[test]
    fn hosts_that_are_ours() {
        let local = Listen::new("127.0.0.1:9477", false, vec!["sensor.example".into()]).expect("an address");
        for ours in [
            "localhost",
            "LOCALHOST:9477",
            "localhost.",
            "127.0.0.1:9477",
            "127.8.0.1",
            "[::1]:80",
            "::1",
            "Sensor.Example:9477",
        ] {
            assert!(local.is_ours(ours), "{ours}");
        }
        for other in [
            "",
            ":",
            "evil.example",
            "localhost.evil.example",
            "evil.example:localhost",
            "192.0.2.1",
            "[2001:db8::1]:9477",
            "127.0.0.1.evil.example",
        ] {
            assert!(!local.is_ours(other), "{other}");
        }
        let one = Listen::new("192.0.2.1:9477", true, Vec::new()).expect("an address");
        assert!(one.is_ours("192.0.2.1:9477") && !one.is_ours("192.0.2.2:9477"));
        let all = Listen::new("0.0.0.0:9477", true, Vec::new()).expect("an address");
        assert!(all.is_ours("192.0.2.2:9477") && !all.is_ours("evil.example"));
    }
}
