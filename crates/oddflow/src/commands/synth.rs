//! `oddflow synth`: make up traffic.

use std::cell::RefCell;

use oddflow_synth::{Layout, Settings, write_logs};
use zeek_log::write::Format;

use crate::arguments::{FormatChoice, SynthArguments};
use crate::failure::Failure;
use crate::output::{Output, note};
use crate::progress::Progress;
use crate::text::{counted, time};

pub(crate) fn run(arguments: &SynthArguments) -> Result<(), Failure> {
    let defaults = Settings::default();
    let settings = Settings {
        rows: arguments.rows,
        days: arguments.days,
        start: arguments.start.unwrap_or(defaults.start),
        hosts: arguments.hosts.unwrap_or(defaults.hosts),
        seed: arguments.seed,
        attacks: arguments.attacks,
    };
    let used = std::fs::read_dir(&arguments.out).is_ok_and(|mut entries| entries.next().is_some());
    if used {
        return Err(Failure::usage(
            format!("{} is not empty, and its logs would mix with the new ones", arguments.out.display()),
            "Name a new folder with --out.",
        ));
    }
    let layout = if arguments.single { Layout::Single } else { Layout::Hourly };
    let format = match arguments.format {
        FormatChoice::Tsv => Format::Tsv,
        FormatChoice::Json => Format::Json,
    };
    let written = write(&settings, &arguments.out, layout, format)?;
    note(format_args!(
        "{} of conn, {} of dns, {} of http, {} of ssl in {} below {}",
        counted(written.summary.rows, "row"),
        counted(written.summary.dns, "row"),
        counted(written.summary.http, "row"),
        counted(written.summary.ssl, "row"),
        counted(written.files, "file"),
        arguments.out.display(),
    ));
    let mut output = Output::stdout();
    for campaign in &written.summary.campaigns {
        output.line(format_args!(
            "{:<22} {:>11}  {} to {}",
            campaign.name,
            counted(campaign.rows, "row"),
            time(campaign.first.as_second() as f64),
            time(campaign.last.as_second() as f64),
        ))?;
    }
    output.finish()
}

/// Writes the logs, with progress.
pub(crate) fn write(
    settings: &Settings,
    out: &std::path::Path,
    layout: Layout,
    format: Format,
) -> Result<oddflow_synth::Written, Failure> {
    let progress = RefCell::new(Progress::counting("writing", settings.rows));
    let written = write_logs(settings, out, layout, format, &mut |rows| {
        progress.borrow().at(rows, format!("{} rows", crate::text::thousands(rows)));
    })?;
    Ok(written)
}
