//! What a terminal shows: the overview and the findings.

use oddflow_explore::{Scores, Statistics, duration};

use super::caveats;
use super::clock::{Clock, since};
use super::host_text;
use super::scores::misfit;
use super::sections::{distinct, percent};
use crate::failure::Failure;
use crate::output::Output;
use crate::text::{counted, endpoint, number, thousands, visible};

/// Writes a summary of a screen or two.
pub(crate) fn summary(statistics: &Statistics, output: &mut Output) -> Result<(), Failure> {
    let of = &statistics.overview;
    let clock = Clock::of(statistics);
    if let Some(why) = clock.nothing(statistics) {
        return output.line(why);
    }
    output.line(format_args!(
        "rows        {} of {}, {} ({})",
        thousands(of.rows),
        counted(of.health.files, "log"),
        clock.span(of.first.zip(of.last)),
        clock.name
    ))?;
    output.line(format_args!(
        "hosts       {}, {} of them local",
        distinct(&of.addresses),
        distinct(&of.local_addresses)
    ))?;
    output.line(format_args!("sensor      {}", of.local.sentence))?;
    if of.missed_rows > 0 {
        output.line(format_args!(
            "            bytes were missed in {} of the rows",
            percent(of.missed_share)
        ))?;
    }
    if of.gap_count > 0 {
        let longest = of.gaps.iter().map(|gap| gap.seconds).fold(0.0, f64::max);
        output.line(format_args!(
            "            {} longer than {}, the longest {}",
            counted(of.gap_count, "silence"),
            duration(of.gap_threshold),
            duration(longest)
        ))?;
    }
    if let Some(sentence) = caveats::repeats(statistics) {
        output.line(format_args!("            {sentence}"))?;
    }
    for sentence in &statistics.correlations.sentences {
        output.line(format_args!("columns     {sentence}"))?;
    }
    if let Some(scores) = &statistics.scores {
        summary_of(scores, &clock, output)?;
    }
    output.line("")?;
    for finding in &statistics.findings {
        output.line(visible(&finding.title))?;
        for evidence in finding.evidence.iter().take(3) {
            let mut words = evidence.subject.clone();
            let mut add = |word: String| {
                if !words.is_empty() {
                    words.push(' ');
                }
                words.push_str(&word);
            };
            if let Some(host) = evidence.host {
                add(host.to_string());
            }
            if let Some(peer) = evidence.peer {
                add(format!("to {peer}"));
            }
            if let Some(port) = &evidence.port {
                add(format!("on {port}"));
            }
            if let Some(since) = since(&clock, evidence) {
                add(since);
            }
            output.line(format_args!("  {:>14}  {}", visible(&evidence.text), visible(&words)))?;
        }
    }
    statistics.host.as_ref().map_or(Ok(()), |host| host_text::tell(host, &clock, output))
}

/// How the scores are spread, and the highest.
fn summary_of(scores: &Scores, clock: &Clock, output: &mut Output) -> Result<(), Failure> {
    let quantiles: Vec<String> = (scores.quantiles.iter())
        .map(|quantile| format!("{} {}", quantile.name, number(quantile.value)))
        .collect();
    output.line(format_args!("scores      {}", quantiles.join(", ")))?;
    if let Some(threshold) = scores.threshold {
        output.line(format_args!(
            "            {} ({}) at or above the threshold {}",
            counted(scores.above, "row"),
            percent(scores.above_share),
            number(threshold)
        ))?;
    }
    if let Some(words) = misfit(scores) {
        output.line(format_args!("            {words}"))?;
    }
    output.line("")?;
    output.line("The highest scores")?;
    for row in scores.highest.iter().take(5) {
        let what = row.title.as_ref().or(row.why.first()).map_or("", String::as_str);
        let (from, to) = (row.orig_h, endpoint(&row.resp_h.to_string(), Some(row.resp_p)));
        output.line(format_args!(
            "  {:>14}  {}  {from} -> {to}  {}",
            number(row.score),
            clock.time(row.ts),
            visible(what)
        ))?;
    }
    Ok(())
}
