//! What an evaluation came to, for people.

use oddflow_detector::behaviour::Forecast;
use oddflow_evaluate::{CampaignFigures, Figures, JoinReport};

use super::report::{OwnReport, Report};
use super::watch::Observed;
use crate::failure::Failure;
use crate::output::{Output, note};
use crate::text::{a_day, counted, number, thousands, time, visible};

/// The figures of all detectors, then the campaigns.
pub(crate) fn write_report(report: &Report, output: &mut Output) -> Result<(), Failure> {
    output.line(format_args!(
        "{} of {} days, {} of them malicious, in {}",
        counted(report.rows, "row"),
        number(report.days),
        thousands(report.labels.malicious),
        counted(report.figures.campaigns.len() as u64, "campaign"),
    ))?;
    output.line("")?;
    output.line(
        "detector            AUROC   AUPRC  TPR at 1%  at 0.1%  found at 10  at 50  false incidents a day",
    )?;
    let all = std::iter::once((report.recipe, &report.figures))
        .chain(report.baselines.iter().map(|(name, figures)| (*name, figures)));
    for (name, figures) in all {
        output.line(figures_line(name, figures))?;
    }
    if !report.figures.campaigns.is_empty() {
        output.line("")?;
        output.line(format_args!("campaign                        rows  found   rank  raised after"))?;
        for campaign in &report.figures.campaigns {
            output.line(campaign_line(campaign))?;
        }
    }
    output.line("")?;
    output.line(format_args!(
        "found: within {} incidents a day by {}, ranked over the whole test; raised: when detect would have told",
        number(report.budget),
        report.recipe
    ))?;
    if let Some(observed) = report.observed {
        write_observed(observed, report.forecast, report.days, report.budget, output)?;
    }
    Ok(())
}

/// What would have been caught of attacks in the owner's own traffic.
pub(crate) fn write_own(report: &OwnReport, output: &mut Output) -> Result<(), Failure> {
    output.line(format_args!(
        "learned from {}; each attack planted alone in the {} that follow, {} days",
        counted(report.baseline_rows, "row"),
        counted(report.rows, "row"),
        number(report.days),
    ))?;
    output.line("")?;
    output
        .line("attack                  rows  begins (UTC)         attacker         caught   rank  after")?;
    for (planted, figures) in report.planted.iter().zip(&report.figures.campaigns) {
        output.line(format_args!(
            "{:<20} {:>7}  {:<19}  {:<15}  {:<6} {:>6}  {}",
            planted.name,
            thousands(figures.rows),
            time(planted.first),
            planted.attacker.as_deref().unwrap_or("(forged)"),
            if figures.time_to_detection.is_some() { "yes" } else { "no" },
            figures.rank.map_or("-".into(), thousands),
            after(figures),
        ))?;
    }
    output.line("")?;
    let is_caught = |campaign: &&CampaignFigures| campaign.time_to_detection.is_some();
    let caught = report.figures.campaigns.iter().filter(is_caught).count();
    output.line(format_args!(
        "{caught} of {} attacks would have been raised within a budget of {}",
        report.planted.len(),
        a_day(report.budget)
    ))?;
    output.line(
        "rank: place among all incidents of that time; after: time from its first row until it was raised",
    )?;
    output.line("without any attack:")?;
    write_observed(report.observed, report.forecast, report.days, report.budget, output)
}

fn write_observed(
    observed: Observed,
    forecast: Option<Forecast>,
    days: f64,
    budget: f64,
    output: &mut Output,
) -> Result<(), Failure> {
    let rate = |count: u64| if days > 0.0 { number(count as f64 / days) } else { "-".into() };
    output.line(format_args!(
        "raised {} ({} a day), {} of them false ({} a day){}; {} over the budget",
        counted(observed.raised, "incident"),
        rate(observed.raised),
        thousands(observed.false_alarms),
        rate(observed.false_alarms),
        match forecast {
            Some(forecast) => format!(
                "; forecast {} a day, {} to {}, at a budget of {}",
                number(forecast.expected),
                number(forecast.low),
                number(forecast.high),
                number(budget)
            ),
            None => "; the calibration slice was too short to forecast".into(),
        },
        thousands(observed.over_budget),
    ))
}

fn figures_line(name: &str, figures: &Figures) -> String {
    let share = |figure: Option<f64>| figure.map_or("-".into(), |figure| format!("{figure:.3}"));
    format!(
        "{name:<18} {:>6}  {:>6}  {:>9}  {:>7}  {:>11}  {:>5}  {:>21}",
        share(figures.auroc),
        share(figures.auprc),
        share(figures.tpr_at_1pct),
        share(figures.tpr_at_0_1pct),
        share(figures.found_at_10),
        share(figures.found_at_50),
        figures.false_incidents_per_day.map_or("-".into(), |figure| format!("{figure:.1}")),
    )
}

fn campaign_line(campaign: &CampaignFigures) -> String {
    format!(
        "{:<28} {:>7}  {:<5} {:>6}  {}",
        visible(&campaign.name),
        thousands(campaign.rows),
        if campaign.found { "yes" } else { "no" },
        campaign.rank.map_or("-".into(), thousands),
        after(campaign),
    )
}

/// The time until an incident was raised.
fn after(campaign: &CampaignFigures) -> String {
    match campaign.time_to_detection {
        None => "never".into(),
        Some(seconds) if seconds < 120.0 => format!("{} s", number(seconds.round())),
        Some(seconds) if seconds < 7200.0 => format!("{} min", number((seconds / 60.0).round())),
        Some(seconds) => format!("{} h", number((seconds / 360.0).round() / 10.0)),
    }
}

/// Says what doesn't fit between rows and labels: it is seldom meant.
pub(crate) fn tell_labels(join: &JoinReport) {
    if join.malicious == 0 {
        note("no row of the test is labelled malicious: only false incidents can be counted");
    }
    let examples = || join.unmatched_uids.join(", ");
    let remarks = [
        (
            join.left_out,
            "in none of the figures: labelled neither benign nor malicious, or not at all",
            "row",
        ),
        (join.other_start, "with a uid of the labels, but another start: not taken for the same", "row"),
        (join.contradicted, "left out, as two lines of the labels contradict each other", "row"),
        (join.repeated_rows, "with the uid of a row before", "row"),
        (join.repeated_lines, "of the labels with the uid of a line before", "line"),
    ];
    for (count, what, noun) in remarks {
        if count > 0 {
            note(format_args!("labels: {} {what}", counted(count, noun)));
        }
    }
    if join.unmatched_lines > 0 {
        let lines = counted(join.unmatched_lines, "line");
        note(format_args!("labels: {lines} fit no row of the test, such as {}", examples()));
    }
}
