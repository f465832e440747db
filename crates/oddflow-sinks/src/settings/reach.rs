//! What the sinks that are on reach for: files, folders and ports, for whoever restricts a process to what it needs.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use ureq::http::Uri;

use super::secret::{Address, Environment, Secret};
use super::{Settings, Transport};
use crate::file::folder_of;
use crate::tls;

/// What the sinks that are on reach for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reach {
    /// Files that are read when sinks are made: secrets, and certificate authorities.
    pub files: Vec<PathBuf>,
    /// Folders of log files and of their archives.
    pub folders: Vec<PathBuf>,
    /// TCP ports of receivers.
    pub ports: Vec<u16>,
    /// Whether anything goes over the network at all, UDP included.
    pub has_network: bool,
    /// Whether a receiver has a name that must be looked up.
    pub has_names: bool,
}

impl Settings {
    /// What the sinks that are on reach for. What is wrong with settings, [`Settings::build`] says; here it reaches for nothing.
    #[must_use]
    pub fn reach(&self, environment: &Environment<'_>) -> Reach {
        let mut reach = Reach::default();
        for log in [&self.zeek_log, &self.notice_log, &self.json_lines].into_iter().filter(|log| log.enabled)
        {
            reach.folders.push(folder_of(&log.path).to_owned());
            reach.folders.extend(named(&log.archive).map(Path::to_owned));
        }
        if self.syslog.enabled {
            let (port, is_tls) = match self.syslog.transport {
                Transport::Udp => (None, false),
                Transport::Tcp => (Some(601), false),
                Transport::Tls => (Some(6514), true),
            };
            let port = port.map(|usual| if self.syslog.port == 0 { usual } else { self.syslog.port });
            reach.receiver(&self.syslog.host, port);
            if is_tls {
                reach.files.extend(tls::file_of_authorities(named(&self.syslog.ca_file)));
            }
        }
        if self.webhook.enabled {
            self.reach_of_webhook(environment, &mut reach);
        }
        reach
    }

    fn reach_of_webhook(&self, environment: &Environment<'_>, reach: &mut Reach) {
        let webhook = &self.webhook;
        let url = match &webhook.url {
            Address::Text(text) => Some(text.clone()),
            Address::Secret(secret) => secret.read(environment).ok().map(|(value, _)| value),
        };
        let secrets = webhook.token.iter().chain(webhook.headers.values());
        let secrets = secrets.chain(match &webhook.url {
            Address::Text(_) => None,
            Address::Secret(secret) => Some(secret),
        });
        reach.files.extend(secrets.filter_map(|secret| match secret {
            Secret::File(path) => Some(path.clone()),
            Secret::Env(_) => None,
        }));
        let Some(uri) = url.and_then(|url| url.parse::<Uri>().ok()) else { return };
        let is_tls = uri.scheme_str() == Some("https");
        if is_tls {
            reach.files.extend(tls::file_of_authorities(named(&webhook.ca_file)));
        }
        // Who has a proxy talks to nobody else.
        if let Some(proxy) = named(Path::new(&webhook.proxy)).and(ureq::Proxy::new(&webhook.proxy).ok()) {
            reach.receiver(proxy.host(), Some(proxy.port()));
        } else if let Some(host) = uri.host() {
            reach.receiver(host, Some(uri.port_u16().unwrap_or(if is_tls { 443 } else { 80 })));
        }
    }
}

impl Reach {
    fn receiver(&mut self, host: &str, port: Option<u16>) {
        self.has_network = true;
        self.has_names |= host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>().is_err();
        self.ports.extend(port);
    }
}

/// A path that isn't empty.
fn named(path: &Path) -> Option<&Path> {
    (!path.as_os_str().is_empty()).then_some(path)
}
