//! From settings to sinks: everything that can be wrong is said before anything runs.

use std::path::Path;
use std::time::Duration;

use rustls::pki_types::ServerName;
use ureq::http::{HeaderName, HeaderValue, Uri};
use ureq::tls::{Certificate, RootCerts, TlsConfig};

use super::secret::{Address, Environment};
use super::{LogFileSettings, Settings, SyslogSettings, Transport, WebhookSettings};
use crate::file::folder_of;
use crate::format::syslog::Header;
use crate::syslog::Carrier;
use crate::{LogFileSink, LogFormat, Policy, Route, Sink, SyslogSink, WebhookSink, tls, webhook};

/// The sinks that are on.
#[derive(Default)]
pub struct Built {
    /// Themselves.
    pub sinks: Vec<Box<dyn Sink>>,
    /// What each is meant for, in the same order.
    pub routes: Vec<Route>,
    /// What works and should not stay so, in sentences.
    pub warnings: Vec<String>,
}

impl std::fmt::Debug for Built {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Built")
            .field("routes", &self.routes)
            .field("warnings", &self.warnings)
            .finish_non_exhaustive()
    }
}

/// A setting that can't be, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{setting}: {problem}; {remedy}")]
pub struct SettingError {
    /// Its name with the tables that it stands in: `sinks.webhook.url`.
    pub setting: String,
    /// What is wrong with it.
    pub problem: String,
    /// What helps.
    pub remedy: String,
}

fn wrong(setting: impl Into<String>, problem: impl Into<String>, remedy: impl Into<String>) -> SettingError {
    SettingError { setting: setting.into(), problem: problem.into(), remedy: remedy.into() }
}

const TIMEOUTS: std::ops::RangeInclusive<u64> = 1..=300;

impl Settings {
    /// Makes the sinks that are on. Files of secrets and certificates are read; nothing is connected or written.
    ///
    /// # Errors
    /// The first setting that can't be.
    pub fn build(&self, environment: &Environment<'_>) -> Result<Built, SettingError> {
        let mut built = Built::default();
        let logs = [
            ("zeek_log", LogFormat::Zeek, &self.zeek_log),
            ("notice_log", LogFormat::Notice, &self.notice_log),
            ("json_lines", LogFormat::Ecs, &self.json_lines),
        ];
        let mut others: Vec<&LogFileSettings> = Vec::new();
        for (name, format, settings) in logs.into_iter().filter(|(_, _, settings)| settings.enabled) {
            let sink = log_file(name, format, settings)?;
            let setting = || format!("sinks.{name}.path");
            for other in &others {
                let path = settings.path.display();
                if settings.path == other.path {
                    return Err(wrong(
                        setting(),
                        format!("{path} is another sink's file"),
                        "name another file",
                    ));
                }
                let is_same_name = settings.path.file_name() == other.path.file_name();
                if is_same_name && archive(settings) == archive(other) {
                    let problem = format!("another sink's logs have the name of {path} in the same archive");
                    return Err(wrong(setting(), problem, "name another file, or another archive"));
                }
            }
            others.push(settings);
            built.add(sink, settings.minimum_severity, settings.changes);
        }
        if self.syslog.enabled {
            let sink = syslog(&self.syslog)?;
            built.add(sink, self.syslog.minimum_severity, self.syslog.changes);
        }
        if self.webhook.enabled {
            let sink = webhook_sink(&self.webhook, environment, &mut built.warnings)?;
            built.add(sink, self.webhook.minimum_severity, self.webhook.changes);
        }
        self.policy()?;
        Ok(built)
    }

    /// How deliveries are tried again.
    ///
    /// # Errors
    /// Where a number is out of range.
    pub fn policy(&self) -> Result<Policy, SettingError> {
        let delivery = &self.delivery;
        let week = 7 * 86_400;
        if !(1..=week).contains(&delivery.longest_retry_s) {
            let problem = format!("{} s", delivery.longest_retry_s);
            return Err(wrong("sinks.delivery.longest_retry_s", problem, "give 1 to 604800 s, a week"));
        }
        if !(1..=delivery.longest_retry_s).contains(&delivery.first_retry_s) {
            let problem = format!("{} s", delivery.first_retry_s);
            return Err(wrong("sinks.delivery.first_retry_s", problem, "give 1 s to longest_retry_s"));
        }
        if delivery.attempts == 0 {
            return Err(wrong("sinks.delivery.attempts", "0 attempts deliver nothing", "give 1 or more"));
        }
        Ok(Policy {
            first_retry: Duration::from_secs(delivery.first_retry_s),
            longest_retry: Duration::from_secs(delivery.longest_retry_s),
            attempts: delivery.attempts,
        })
    }
}

impl Built {
    fn add(&mut self, sink: impl Sink + 'static, minimum: crate::Severity, changes: bool) {
        self.routes.push(Route { sink: sink.name().to_owned(), minimum, changes });
        self.sinks.push(Box::new(sink));
    }
}

fn log_file(name: &str, format: LogFormat, settings: &LogFileSettings) -> Result<LogFileSink, SettingError> {
    let setting = |key: &str| format!("sinks.{name}.{key}");
    let path = &settings.path;
    if path.file_name().is_none() {
        return Err(wrong(
            setting("path"),
            "it names no file",
            "name one, for example /var/log/oddflow/oddflow.log",
        ));
    }
    let parent = folder_of(path);
    if !parent.is_dir() {
        let problem = format!("there is no folder {}", parent.display());
        return Err(wrong(setting("path"), problem, "make it, or name another file"));
    }
    if path.is_dir() {
        return Err(wrong(setting("path"), format!("{} is a folder", path.display()), "name a file in it"));
    }
    let archive = archive(settings);
    if archive.exists() && !archive.is_dir() {
        let problem = format!("{} is no folder", archive.display());
        return Err(wrong(setting("archive"), problem, "name a folder"));
    }
    Ok(LogFileSink::new(name, format, path.clone(), archive.to_owned(), settings.rotation))
}

/// Where a log is put away: below its own folder, unless another is named.
fn archive(settings: &LogFileSettings) -> &Path {
    named(&settings.archive).unwrap_or_else(|| folder_of(&settings.path))
}

fn syslog(settings: &SyslogSettings) -> Result<SyslogSink, SettingError> {
    if settings.host.is_empty() {
        return Err(wrong("sinks.syslog.host", "it names no receiver", "give a name or an address"));
    }
    let timeout = timeout("sinks.syslog.timeout_s", settings.timeout_s)?;
    let (carrier, port) = match settings.transport {
        Transport::Udp => (Carrier::Udp, 514),
        Transport::Tcp => (Carrier::Tcp, 601),
        Transport::Tls => {
            let name = ServerName::try_from(settings.host.clone()).map_err(|_| {
                wrong("sinks.syslog.host", "it is neither a host's name nor an address", "give one of them")
            })?;
            let remedy = "name a PEM file of certificate authorities";
            let config = tls::authorities(named(&settings.ca_file)).and_then(tls::client);
            (
                Carrier::Tls(config.map_err(|problem| wrong("sinks.syslog.ca_file", problem, remedy))?, name),
                6514,
            )
        }
    };
    let header = Header {
        facility: settings.facility,
        hostname: settings.hostname.clone(),
        process: Some(std::process::id()),
        enterprise: settings.enterprise_number,
    };
    let port = if settings.port == 0 { port } else { settings.port };
    Ok(SyslogSink { host: settings.host.clone(), port, carrier, header, timeout })
}

pub(super) fn webhook_sink(
    settings: &WebhookSettings,
    environment: &Environment<'_>,
    warnings: &mut Vec<String>,
) -> Result<WebhookSink, SettingError> {
    let mut secret = |setting: &str, secret: &super::Secret| {
        let remedy = "set it, or name where it is";
        let (value, warning) = secret.read(environment).map_err(|problem| wrong(setting, problem, remedy))?;
        warnings.extend(warning.map(|warning| format!("{setting}: {warning}")));
        Ok::<_, SettingError>(value)
    };
    let url = match &settings.url {
        Address::Text(text) => text.clone(),
        Address::Secret(source) => secret("sinks.webhook.url", source)?,
    };
    let mut headers = Vec::new();
    if let Some(token) = &settings.token {
        headers
            .push(("Authorization".to_owned(), format!("Bearer {}", secret("sinks.webhook.token", token)?)));
    }
    for (name, source) in &settings.headers {
        headers.push((name.clone(), secret(&format!("sinks.webhook.headers.{name}"), source)?));
    }
    for (name, value) in &headers {
        if HeaderName::try_from(name.as_str()).is_err() || HeaderValue::try_from(value.as_str()).is_err() {
            let setting = format!("sinks.webhook.headers.{name}");
            return Err(wrong(setting, "no header can be made of it", "use visible ASCII characters"));
        }
    }
    // The address itself is never told: knowing it may be enough to use it.
    let remedy = "give one that begins with https:// or http:// and names a host";
    let no_address = || wrong("sinks.webhook.url", "it is no address of a web server", remedy);
    let uri: Uri = url.parse().map_err(|_| no_address())?;
    let (Some(scheme), Some(host)) = (uri.scheme_str(), uri.host()) else { return Err(no_address()) };
    if !["https", "http"].contains(&scheme) || host.is_empty() {
        return Err(no_address());
    }
    if uri.authority().is_some_and(|authority| authority.as_str().contains('@')) {
        let remedy = "name the password in sinks.webhook.headers";
        return Err(wrong("sinks.webhook.url", "it holds a user's name", remedy));
    }
    if scheme == "http" && !is_local(host) {
        warnings.push("sinks.webhook.url: notices travel unencrypted; use https".into());
    }
    let mut config = TlsConfig::builder().unversioned_rustls_crypto_provider(tls::provider());
    if scheme == "https" {
        let authorities = tls::authorities(named(&settings.ca_file));
        let remedy = "name a PEM file of certificate authorities";
        let authorities = authorities.map_err(|problem| wrong("sinks.webhook.ca_file", problem, remedy))?;
        let certificates = authorities.iter().map(|der| Certificate::from_der(der).to_owned());
        config = config.root_certs(RootCerts::from(certificates));
    }
    let proxy = match settings.proxy.as_str() {
        "" => None,
        proxy => Some(ureq::Proxy::new(proxy).map_err(|_| {
            wrong("sinks.webhook.proxy", "it is no address of a proxy", "give http://HOST:PORT, or nothing")
        })?),
    };
    let agent =
        webhook::agent(timeout("sinks.webhook.timeout_s", settings.timeout_s)?, config.build(), proxy);
    Ok(WebhookSink { agent, place: format!("{scheme}://{host}"), url, headers })
}

/// A path that isn't empty.
fn named(path: &Path) -> Option<&Path> {
    (!path.as_os_str().is_empty()).then_some(path)
}

fn timeout(setting: &str, seconds: u64) -> Result<Duration, SettingError> {
    if TIMEOUTS.contains(&seconds) {
        return Ok(Duration::from_secs(seconds));
    }
    Err(wrong(setting, format!("{seconds} s"), format!("give {} to {} s", TIMEOUTS.start(), TIMEOUTS.end())))
}

fn is_local(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || address.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}
