//! What a reader must know before trusting a number, in sentences: for the page and for the terminal.

use oddflow_explore::Statistics;

use super::sections::percent;

/// Share of rows with a uid that another row has from which on it is said.
const NOTABLE_REPEATS: f64 = 0.01;

/// That a log was given twice.
pub(super) fn repeats(statistics: &Statistics) -> Option<String> {
    let of = &statistics.overview.repeats;
    (of.share >= NOTABLE_REPEATS).then(|| {
        format!(
            "{}{} of the connections stand here more than once, by their uid: is a log given together with a copy of it?",
            if of.exact { "" } else { "About " },
            percent(of.share)
        )
    })
}
