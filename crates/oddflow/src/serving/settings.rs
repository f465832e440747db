//! The settings as they are shown: without what others may not know.

use std::collections::BTreeMap;

use oddflow_dashboard::{Database, Problem, Retention, Settings as Told, SinkState};
use oddflow_store::{OutboxCount, Store};
use serde_json::Value;

use super::{Serving, models};
use crate::config::Settings;

pub(super) fn told(serving: &Serving, store: &Store) -> Result<Told, Problem> {
    let settings = serving.settings.as_ref();
    let size = store.size()?;
    let (incidents, alerts) = store.kept()?;
    Ok(Told {
        config: settings.map(shown),
        budget: models::budget(serving, store)?,
        sinks: sinks(settings, store.outbox_counts()?),
        retention: settings.map(|settings| Retention {
            days: settings.retention.days,
            max_bytes: settings.retention.max_bytes,
            log_days: settings.retention.log_days,
        }),
        database: Database {
            file: store.file().into(),
            bytes: size.file,
            free: size.free,
            incidents,
            alerts,
            oldest: store.incident_extent()?.map(|extent| extent.0),
            newest: store.newest_row()?,
        },
    })
}

/// The settings as JSON. Secrets are only ever named there; an address that is written out may have one in it, so that only its host
/// is shown.
fn shown(settings: &Settings) -> Value {
    let mut value = serde_json::to_value(settings).unwrap_or_default();
    let webhook = &mut value["sinks"]["webhook"];
    for name in ["url", "proxy"] {
        if let Some(address) = webhook[name].as_str() {
            webhook[name] = without_secrets(address).into();
        }
    }
    value
}

/// An address without user, path and query.
fn without_secrets(address: &str) -> String {
    let Some((scheme, rest)) = address.split_once("://") else {
        return if address.is_empty() { String::new() } else { "…".into() };
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let more = if host.len() < rest.len() { "/…" } else { "" };
    format!("{scheme}://{host}{more}")
}

/// Sinks that are set, and those that notices still wait for.
fn sinks(settings: Option<&Settings>, counts: Vec<OutboxCount>) -> Vec<SinkState> {
    let mut all: BTreeMap<String, SinkState> = BTreeMap::new();
    if let Some(Settings { sinks, .. }) = settings {
        for (name, is_enabled) in [
            ("zeek_log", sinks.zeek_log.enabled),
            ("notice_log", sinks.notice_log.enabled),
            ("json_lines", sinks.json_lines.enabled),
            ("syslog", sinks.syslog.enabled),
            ("webhook", sinks.webhook.enabled),
        ] {
            if is_enabled {
                all.insert(name.into(), state(name, true));
            }
        }
    }
    for count in counts {
        let known = all.entry(count.sink.clone()).or_insert_with(|| state(&count.sink, false));
        (known.waiting, known.dead, known.last_error) = (count.waiting, count.dead, count.error);
    }
    all.into_values().collect()
}

fn state(name: &str, is_enabled: bool) -> SinkState {
    SinkState { name: name.into(), kind: name.into(), is_enabled, waiting: 0, dead: 0, last_error: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_shows_its_host_alone() {
        for (address, shown) in [
            ("https://hooks.example/services/T0/B0/secret?x=y", "https://hooks.example/…"),
            ("https://user:secret@hooks.example:8443", "https://hooks.example:8443/…"),
            ("http://proxy.example:3128", "http://proxy.example:3128"),
            ("", ""),
            ("secret", "…"),
        ] {
            assert_eq!(without_secrets(address), shown);
        }
    }

    #[test]
    fn no_secret_is_shown() {
        let mut settings = Settings::default();
        settings.sinks.webhook.url = oddflow_sinks::Address::Text("https://a.example/secret".into());
        let text = shown(&settings).to_string();
        assert!(text.contains("https://a.example/…") && !text.contains("secret"), "{text}");
    }
}
