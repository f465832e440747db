//! `oddflow alerts show`: one alert, and why it is one, in words and numbers.

use oddflow_features::classic::describe;
use oddflow_store::{Alert, Contribution, Store};

use super::alerts::{endpoint, write_json};
use crate::arguments::AlertsShowArguments;
use crate::failure::Failure;
use crate::output::Output;
use crate::text::{number, time};

pub(super) fn show(arguments: &AlertsShowArguments) -> Result<(), Failure> {
    let store = Store::open_read_only(&arguments.db)?;
    let alert = store.alert(arguments.id)?.ok_or_else(|| {
        Failure::usage(
            format!("the database {} has no alert {}", arguments.db.display(), arguments.id),
            format!("List what it has with: oddflow alerts list --db {}", arguments.db.display()),
        )
    })?;
    let mut output = Output::stdout();
    if arguments.json {
        write_json(&mut output, &alert)?;
    } else {
        story(&alert, &mut output)?;
    }
    output.finish()
}

fn story(alert: &Alert, output: &mut Output) -> Result<(), Failure> {
    let text = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".into());
    let count = |value: Option<u64>, noun: &str| {
        value.map_or_else(|| format!("unset {noun}s"), |value| crate::text::counted(value, noun))
    };
    let local = |value: Option<bool>| match value {
        Some(true) => ", local",
        Some(false) => ", remote",
        None => "",
    };
    output.line(format_args!(
        "alert {}, score {} (threshold {})",
        alert.id,
        number(alert.score),
        number(alert.threshold)
    ))?;
    output.line("")?;
    output.line(format_args!("start       {} UTC", time(alert.ts)))?;
    output.line(format_args!(
        "originator  {}{}",
        endpoint(&alert.orig_h, alert.orig_p),
        local(alert.local_orig)
    ))?;
    output.line(format_args!(
        "responder   {}{}",
        endpoint(&alert.resp_h, alert.resp_p),
        local(alert.local_resp)
    ))?;
    output.line(format_args!(
        "protocol    {}, service {}, state {}, history {}",
        text(&alert.proto),
        text(&alert.service),
        text(&alert.conn_state),
        text(&alert.history)
    ))?;
    let duration = alert.duration.map_or_else(|| "unset".into(), |seconds| format!("{} s", number(seconds)));
    output.line(format_args!("duration    {duration}"))?;
    output.line(format_args!(
        "sent        {} in {}",
        count(alert.orig_bytes, "byte"),
        count(alert.orig_pkts, "packet")
    ))?;
    output.line(format_args!(
        "received    {} in {}",
        count(alert.resp_bytes, "byte"),
        count(alert.resp_pkts, "packet")
    ))?;
    output.line(format_args!("uid         {}", if alert.uid.is_empty() { "-" } else { &alert.uid }))?;
    output.line(format_args!("log         {}, line {}", alert.file, alert.line))?;
    output.line(format_args!("model       {}", alert.model))?;
    output.line("")?;
    output.line("why: what the network, trained on normal traffic, could least reconstruct")?;
    for Contribution { name, value, expected, share } in &alert.contributions {
        let share = share.map_or_else(String::new, |share| format!("{:>3.0}%", share * 100.0));
        let words = match (value, expected) {
            (Some(value), Some(expected)) => describe(name, *value, f64::from(*expected)),
            _ => format!("{name}: beyond numbers"),
        };
        output.line(format_args!("  {share} of the error  {words}"))?;
    }
    output.line("")?;
    output.line(format_args!("see the row: {}", command(alert)))
}

/// A line to paste that shows the row in its log.
fn command(alert: &Alert) -> String {
    let reader = match alert.file.rsplit('.').next() {
        Some("gz") => "zcat",
        Some("zst") => "zstdcat",
        _ => "cat",
    };
    let file = alert.file.replace('\'', "'\\''");
    if alert.uid.is_empty() {
        format!("{reader} '{file}' | sed -n {}p", alert.line)
    } else {
        format!("{reader} '{file}' | grep -F '{}'", alert.uid.replace('\'', "'\\''"))
    }
}
