//! `oddflow incidents suppress`, `suppressions` and `unsuppress`: rules that hide what is known.

use oddflow_store::{IncidentQuery, NewSuppression, Severity, Store, Suppression};
use serde::Serialize;

use super::alerts::{cut, width};
use super::incidents::{columns, table_row};
use crate::arguments::{Expiry, SuppressArguments, SuppressionsArguments, UnsuppressArguments};
use crate::failure::Failure;
use crate::output::{Output, note};
use crate::suppression::{self, By, Found, Rule, expression, make};
use crate::text::{counted, number, shell, time, visible};

/// Version of the JSON that is printed.
const VERSION: u32 = 1;
/// Incidents that a preview shows.
const EXAMPLES: usize = 5;

/// Now, in seconds since 1970: rules are made, verdicts given and models activated by people, on their day.
#[expect(clippy::disallowed_methods, reason = "when somebody said something; no score depends on it")]
pub(crate) fn now() -> f64 {
    jiff::Timestamp::now().as_second() as f64
}

pub(super) fn suppress(arguments: &SuppressArguments) -> Result<(), Failure> {
    let filter = expression(&arguments.expression)
        .map_err(|error| Failure::usage(error.to_string(), error.remedy()))?;
    let now = now();
    let expires = match arguments.expires {
        Expiry::After(seconds) => Some(now + seconds),
        Expiry::At(time) => Some(time),
        Expiry::Never => None,
    };
    let text = filter.to_string();
    let rule = Rule::new(0, filter, expires);
    if arguments.preview {
        return preview(arguments, &rule);
    }
    let reason = arguments.reason.as_deref().unwrap_or_default().trim();
    if reason.is_empty() {
        return Err(Failure::usage(
            "a rule needs a reason",
            "Say why with --reason: whoever reads it next year will want to know.",
        ));
    }
    let mut store = open(&arguments.db)?;
    let mut batch = store.begin()?;
    let new =
        NewSuppression { expression: &text, reason, malicious: arguments.malicious, created: now, expires };
    let (id, found) = make(&mut batch, &rule, &new, by(now))?;
    batch.commit()?;
    note(format_args!("rule {id} hides {}: {text}", counted(found.hidden.len() as u64, "incident")));
    tell(&found);
    if expires.is_none() {
        note("it never expires");
    }
    Ok(())
}

/// Who types.
pub(crate) fn by(now: f64) -> By<'static> {
    By { who: "command line", now }
}

/// Says what a rule means besides.
fn tell(found: &Found) {
    if found.part > 0 {
        note(format_args!(
            "{} with other rows besides, which stay as they are",
            counted(found.part, "incident")
        ));
    }
    if found.others > 0 {
        note(format_args!("{} hidden by other rules already", counted(found.others, "incident")));
    }
    if !found.confirmed.is_empty() {
        let ids: Vec<String> = found.confirmed.iter().map(|incident| incident.id.to_string()).collect();
        note(format_args!(
            "warning: it also means {} that was confirmed and stays: {}",
            counted(found.confirmed.len() as u64, "incident"),
            ids.join(", ")
        ));
    }
}

/// Says what a rule would hide.
fn preview(arguments: &SuppressArguments, rule: &Rule) -> Result<(), Failure> {
    let store = Store::open_read_only(&arguments.db)?;
    let Some((from, found)) = suppression::preview(&store, rule, arguments.days)? else {
        note("no incidents");
        return Ok(());
    };
    let mut output = Output::stdout();
    output.line(format_args!(
        "It would hide {} of {} that were going on since {} UTC, {} days before the newest.",
        found.hidden.len(),
        counted(found.all, "incident"),
        time(from),
        number(arguments.days)
    ))?;
    if !found.hidden.is_empty() {
        let of = |severity: Severity| {
            let count = found.hidden.iter().filter(|incident| incident.severity == severity).count();
            (count > 0).then(|| format!("{count} {}", severity.name()))
        };
        let severities: Vec<String> = Severity::ALL.into_iter().rev().filter_map(of).collect();
        output.line(format_args!("Of these are {}. The strongest:", severities.join(", ")))?;
        output.line("")?;
        let width = width();
        output.line(cut(&columns(super::incidents::TITLES), width))?;
        for incident in found.hidden.iter().take(EXAMPLES) {
            output.line(cut(&table_row(incident), width))?;
        }
    }
    output.finish()?;
    tell(&found);
    Ok(())
}

/// A rule for programs.
#[derive(Serialize)]
struct Exported<'a> {
    version: u32,
    #[serde(flatten)]
    rule: &'a Suppression,
    /// Incidents that it hides now.
    hides: u64,
}

pub(super) fn list(arguments: &SuppressionsArguments) -> Result<(), Failure> {
    let store = Store::open_read_only(&arguments.db)?;
    let mut output = Output::stdout();
    let rules = store.suppressions()?;
    let now = now();
    if !arguments.json && !rules.is_empty() {
        output.line(row(["id", "hides", "expires (UTC)", "expression", "reason"]))?;
    }
    for rule in &rules {
        let by = IncidentQuery { suppressed_by: Some(rule.id), ..IncidentQuery::default() };
        let hides = store.count_incidents(&by)?;
        if arguments.json {
            output.with(|writer| {
                serde_json::to_writer(&mut *writer, &Exported { version: VERSION, rule, hides })?;
                writer.write_all(b"\n")
            })?;
            continue;
        }
        let expires = match rule.expires {
            None => "never".into(),
            Some(at) if at <= now => format!("{} (over)", time(at)),
            Some(at) => time(at),
        };
        let kind = if rule.malicious { "malicious: " } else { "" };
        let reason = format!("{kind}{}", visible(&rule.reason));
        let broken = if expression(&rule.expression).is_err() { "(can't be read) " } else { "" };
        let expression = format!("{broken}{}", visible(&rule.expression));
        output.line(row([&rule.id.to_string(), &hides.to_string(), &expires, &expression, &reason]))?;
    }
    output.finish()?;
    if rules.is_empty() {
        note("no rules");
    }
    Ok(())
}

fn row([id, hides, expires, expression, reason]: [&str; 5]) -> String {
    format!("{id:>4}  {hides:>6}  {expires:<26}  {expression}  ({reason})")
}

pub(super) fn remove(arguments: &UnsuppressArguments) -> Result<(), Failure> {
    let mut store = open(&arguments.db)?;
    let mut batch = store.begin()?;
    let Some(removed) = suppression::remove(&mut batch, arguments.id, by(now()))? else {
        return Err(Failure::usage(
            format!("the database {} has no rule {}", arguments.db.display(), arguments.id),
            format!(
                "List what it has with: oddflow incidents suppressions --db {}",
                shell(&arguments.db.display().to_string())
            ),
        ));
    };
    batch.commit()?;
    note(format_args!(
        "rule {} removed, {} back",
        arguments.id,
        counted(removed.hidden - removed.still, "incident")
    ));
    if removed.still > 0 {
        note(format_args!("{} more are hidden by other rules", counted(removed.still, "incident")));
    }
    Ok(())
}

/// A database that is there: what changes one must not make one.
pub(crate) fn open(db: &std::path::Path) -> Result<Store, Failure> {
    drop(Store::open_read_only(db).or_else(|error| match error {
        oddflow_store::StoreError::Older { .. } => Store::open(db),
        other => Err(other),
    })?);
    Ok(Store::open(db)?)
}
