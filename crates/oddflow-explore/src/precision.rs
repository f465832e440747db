//! How far each kind of number can be trusted, and what was forgotten because a limit was reached.

use crate::address::Addresses;
use crate::bins::RELATIVE_ERROR;
use crate::conversation::{Conversations, SKETCH_ERROR};
use crate::detail::Details;
use crate::exploration::Exploration;
use crate::statistics::Precision;
use crate::timeline::Timeline;
use crate::vocabulary::Vocabulary;
use crate::words;

/// A line for each kind of number.
pub(crate) fn of(gathered: &Exploration) -> Vec<Precision> {
    let sketch = words::percent(SKETCH_ERROR);
    let conversations = &gathered.conversations;
    let vocabularies = [&gathered.protocols, &gathered.services, &gathered.states];
    let line = |subject, exact, method: String| Precision { subject, exact, method };
    vec![
        line("counts of rows and bytes", true, "Whole numbers; a sum of bytes stops at 18.4 EB.".into()),
        line(
            "means, deviations, correlations",
            true,
            "One pass in double precision, by blocks that are centred on their own mean (Chan, Golub, LeVeque).".into(),
        ),
        line(
            "quantiles and histograms",
            false,
            format!(
                "Bins of 256 an octave: a quantile's value, and the place of a histogram's inner edge, is off by at most {}; \
                 smallest and largest value and whole numbers below 512 are exact.",
                words::percent(RELATIVE_ERROR)
            ),
        ),
        line(
            "rows in time",
            gathered.timeline.outside == 0,
            format!(
                "Quarters of an hour, at most {}; rows outside: {}. A silence is seen where it crosses a full quarter.",
                words::count(Timeline::LIMIT as u64),
                words::count(gathered.timeline.outside)
            ),
        ),
        line(
            "protocols, services, states",
            vocabularies.iter().all(|words| words.is_exact()),
            format!(
                "A table of the first {} words each; those beyond by HyperLogLog (standard error {sketch}) and a frequent-items \
                 sketch of 4,096 counters, whose error stands beside the ranking. The rarest services are those of the table.",
                words::count(Vocabulary::LIMIT as u64)
            ),
        ),
        line("ports", true, "A counter for each port.".into()),
        line(
            "addresses",
            gathered.addresses.is_exact(),
            format!(
                "A table of the first {} addresses, {} local ones and {} that are busy ({} rows); those beyond by HyperLogLog \
                 (standard error {sketch}) and a frequent-items sketch of 16,384 counters, whose error stands beside the ranking.",
                words::count(Addresses::LIMIT as u64),
                words::count(Addresses::LOCAL_LIMIT as u64),
                words::count(Addresses::BUSY_LIMIT as u64),
                words::count(Addresses::BUSY)
            ),
        ),
        line(
            "peers, fan-out, rhythms",
            conversations.forgotten == 0,
            format!(
                "A table of at most {} conversations, of which the smallest are forgotten; connections of forgotten ones: {}. \
                 Every host has a counter of its own forgotten ones; for the {} that lost most their peers are still counted, by \
                 HyperLogLog (standard error {sketch}).",
                words::count(Conversations::LIMIT as u64),
                words::count(conversations.forgotten),
                words::count(Conversations::SKETCHED as u64)
            ),
        ),
        line(
            "hosts in time, their services and source ports",
            gathered.details.forgotten == 0,
            format!(
                "At most {} hosts with {} days and services, of which the least busy are forgotten; forgotten so far: {}.",
                words::count(Details::LIMIT as u64),
                words::count(Details::ENTRIES as u64),
                words::count(gathered.details.forgotten)
            ),
        ),
        line(
            "notable source ports of hosts",
            gathered.host_ports.maximum_error() == 0,
            format!(
                "Exact for the host that was asked for; for others a frequent-items sketch of 65,536 counters: a count may be \
                 too low by at most {}.",
                words::counted(gathered.host_ports.maximum_error(), "row", "rows")
            ),
        ),
    ]
}
