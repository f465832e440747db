//! The part of the page about scores: a table of the highest rows, each with a link to why, and to its alert.

use maud::{Markup, html};
use oddflow_explore::{HighScore, Scores};

use super::super::sections::{fact, percent, table};
use crate::text::{counted, number, row_command, shell, thousands, time};

/// What is said of scores, before and after their figures.
pub(in super::super) fn section(of: &Scores, figures: &Markup) -> Markup {
    html! {
        dl.facts {
            (fact("Rows scored", &thousands(of.rows)))
            (fact("Model", &format!("{} ({})", of.model, of.recipe)))
            @if let Some(threshold) = of.threshold {
                (fact("Threshold", &number(threshold)))
                (fact("Rows that reach it", &format!("{} ({})", thousands(of.above), percent(of.above_share))))
            }
            @if let Some(max) = of.max { (fact("Highest score", &number(max))) }
        }
        p.quiet {
            @if of.recipe == "behaviour" {
                "Rows with high scores that belong together become one incident; the budget decides how many a day are raised."
            } @else {
                "A row above the threshold is an alert."
            }
        }
        @if let Some(words) = misfit(of) { p.warn { (words) } }
        (figures)
        @if !of.highest.is_empty() {
            h3 { "The highest " (counted(of.highest.len() as u64, "score")) }
            p.quiet {
                @if of.recipe == "behaviour" { "Of each host, family of features and direction the highest: rows that would be one incident stand here once." }
                @else { "Of each pair of hosts and port the highest." }
            }
            (table(&["#score", "began (UTC)", "from", "to", "service", "what", "alert"], of.highest.iter().enumerate().map(|(place, row)| vec![
                html! { span.number { a href={ "#score-" (place + 1) } { (number(row.score)) } } },
                html! { (time(row.ts)) },
                html! { span.address { (row.orig_h) } },
                html! { span.address { (row.resp_h) } " " (row.resp_p) "/" (row.proto) },
                html! { (row.service.as_deref().unwrap_or("-")) },
                html! { (row.title.as_deref().or(row.why.first().map(String::as_str)).unwrap_or_default()) },
                html! { a href={ "#score-" (place + 1) } { @match row.alert { Some(alert) => { (alert) }, None => { "why" } } } },
            ])))
            @if let Some(db) = &of.database {
                @let known = of.highest.iter().filter(|row| row.alert.is_some()).count() as u64;
                p.quiet { (thousands(known)) " of them are alerts of " code { (db) } "; of an incident the strongest rows are stored." }
            }
            @for (place, row) in of.highest.iter().enumerate() { (explained(place, row, of.database.as_deref())) }
        }
        @if of.other_services > 0 {
            p.quiet { (counted(of.other_services, "row")) " of other services are not told apart in the numbers." }
        }
    }
}

/// What is said where far more is odd than a model expects.
pub(in super::super) fn misfit(of: &Scores) -> Option<String> {
    (of.above_share > FAR_TOO_MUCH).then(|| {
        format!(
            "{} of the rows reach the threshold, far more than a model lets through: is this the network, and the time, of its baseline?",
            percent(of.above_share)
        )
    })
}

/// Share of rows above the threshold from which on the model doesn't fit. A baseline has some 2% of its own.
const FAR_TOO_MUCH: f64 = 0.2;

/// One row and why it is odd.
fn explained(place: usize, row: &HighScore, db: Option<&str>) -> Markup {
    html! {
        details open[place < 3] {
            summary { (place + 1) ". " (number(row.score)) " " span.address { (row.orig_h) } " to " span.address { (row.resp_h) } " " (row.resp_p) "/" (row.proto) }
            // Whoever follows a link to what lies in a closed one finds it open.
            div id={ "score-" (place + 1) } {
                @if let Some(title) = &row.title { p { (title) } }
                ul { @for reason in &row.why { li { (reason) } } }
                p.quiet { (time(row.ts)) " UTC, " (row.service.as_deref().unwrap_or("no service")) ", " (row.conn_state.as_deref().unwrap_or("no state")) ", " (row.file) " line " (thousands(row.line)) }
                @if let Some(command) = row_command(&row.file, &row.uid, row.line) { p { "The row: " code { (command) } } }
                @if let (Some(alert), Some(db)) = (row.alert, db) {
                    p { "The alert: " code { "oddflow alerts show " (alert) " --db " (shell(db)) } }
                    @if let Some(incident) = row.incident {
                        p { "Its incident: " code { "oddflow incidents show " (incident) " --db " (shell(db)) } }
                    }
                }
            }
        }
    }
}
