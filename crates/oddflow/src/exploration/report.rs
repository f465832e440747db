//! The page: one file that needs nothing else, light and dark, on a screen, a phone and paper.
//!
//! Every value that comes from a log is text: maud escapes it. Figures are SVG that `oddflow-figures` has made, which escapes
//! names too.

use maud::{DOCTYPE, Markup, PreEscaped, html};
use oddflow_explore::Statistics;
use oddflow_figures::Figure;

use super::clock::Clock;
use super::figures::{Drawn, Place};
use super::{scores, sections};
use crate::text::thousands;

/// Its parts: the anchor, and the name.
pub(super) const PARTS: [(&str, &str); 9] = [
    ("overview", "Overview"),
    ("findings", "What stands out"),
    ("scores", "Scores"),
    ("correlations", "Correlations"),
    ("columns", "Distributions"),
    ("time", "Traffic in time"),
    ("top", "Top"),
    ("hosts", "Hosts"),
    ("precision", "How exact"),
];

/// The page of statistics and their figures.
pub(super) fn page(statistics: &Statistics, drawn: &[Drawn]) -> String {
    let overview = &statistics.overview;
    let title = match &statistics.host {
        Some(host) => format!("{} in its network's logs", host.address),
        None => "A network in its logs".into(),
    };
    let clock = Clock::of(statistics);
    let is_empty = overview.rows == 0;
    // Without a model there are no scores, and without rows little else.
    let has_part = |anchor: &str| match anchor {
        "scores" => statistics.scores.is_some(),
        "overview" | "precision" => true,
        _ => !is_empty,
    };
    let when = clock.span(overview.first.zip(overview.last));
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="generator" content=(concat!("oddflow ", env!("CARGO_PKG_VERSION")));
                // Nothing is fetched, and nothing that a log smuggled in would be run.
                meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:";
                title { (title) }
                style { (PreEscaped(style())) }
            }
            body {
                header {
                    h1 { (title) }
                    p.quiet { (thousands(overview.rows)) " connections, " (when) ". Times, days and hours are those of " (clock.name) "." }
                }
                nav aria-label="Parts of the report" {
                    ul {
                        @for (anchor, name) in PARTS.into_iter().filter(|(anchor, _)| has_part(anchor)) {
                            li { a href={ "#" (anchor) } { (name) } }
                        }
                    }
                }
                main {
                    (part(0, &sections::overview(statistics, &clock)))
                    @if !is_empty { (part(1, &sections::findings(statistics, &clock, &|name| drawn.iter().any(|drawn| drawn.name == name)))) }
                    @if let Some(scores) = &statistics.scores {
                        (part(2, &scores::section(scores, &figures(drawn, Place::Scores))))
                    }
                    @if !is_empty {
                    (part(3, &html! {
                        @for sentence in &statistics.correlations.sentences { p { (sentence) } }
                        (figures(drawn, Place::Correlations))
                    }))
                    (part(4, &html! { (sections::columns(statistics)) (figures(drawn, Place::Columns)) }))
                    (part(5, &html! {
                        p.quiet { "Days and hours are those of " (clock.name) ". A connection counts when it began." }
                        (figures(drawn, Place::Time))
                    }))
                    (part(6, &figures(drawn, Place::Top)))
                    (part(7, &sections::hosts(statistics, &clock, &|place| figures(drawn, Place::Host(place)))))
                    }
                    (part(8, &sections::precision(statistics)))
                }
                footer {
                    p { "Made by oddflow " (env!("CARGO_PKG_VERSION")) ". Every figure lies beside this page as SVG and PNG, with its numbers as CSV." }
                }
            }
        }
    }
    .into_string()
}

/// The style sheet, with the colours that figures have on a dark page.
fn style() -> String {
    let dark = Figure::DARK;
    format!(
        "{}@media screen and (prefers-color-scheme: dark) {{ :root {{ {dark} }} }}\n",
        include_str!("report.css")
    )
}

fn part(place: usize, content: &Markup) -> Markup {
    let (anchor, name) = PARTS[place];
    html! { section id=(anchor) { h2 { (name) } (content) } }
}

/// The figures of one part.
fn figures(drawn: &[Drawn], place: Place) -> Markup {
    html! {
        div.figures {
            @for drawn in drawn.iter().filter(|drawn| drawn.place == place) {
                // A figure for a phone is as wide as half a page: two of them stand beside each other at full size.
                figure.wide[drawn.is_wide()] id={ "figure-" (drawn.name) } {
                    @if drawn.is_wide() { div.page { (PreEscaped(drawn.page.svg_for_page())) } }
                    div.phone { (PreEscaped(drawn.phone.svg_for_page())) }
                    figcaption {
                        @for ending in ["svg", "png", "csv"] {
                            a href={ "figures/" (drawn.name) "." (ending) } { (ending.to_uppercase()) } " "
                        }
                    }
                }
            }
        }
    }
}
