//! Every row of the test with its score and its label, as a table.

use oddflow_evaluate::Truth;

use super::judged::{Judged, TestRows};
use crate::failure::Failure;
use crate::output::Output;

/// What a row is called.
pub(crate) struct Name {
    pub(crate) uid: Box<str>,
    /// Start, in seconds since the Unix epoch.
    pub(crate) ts: f64,
}

/// Writes the table: text with tabs, a line a row in the order of the logs, the first naming the columns.
pub(crate) fn write_scores(
    mut output: Output,
    names: &[Name],
    judged: &Judged,
    test: &TestRows,
) -> Result<(), Failure> {
    output.line("uid\tts\tscore\tlabel\tcampaign")?;
    for ((name, score), truth) in names.iter().zip(&judged.scores).zip(&test.truths) {
        let (label, campaign) = match truth {
            Truth::Benign => ("benign", "-"),
            Truth::Malicious(campaign) => ("malicious", &*test.campaigns[*campaign as usize]),
            Truth::LeftOut => ("unknown", "-"),
        };
        let Name { uid, ts } = name;
        output.line(format_args!("{uid}\t{ts:.6}\t{score}\t{label}\t{campaign}"))?;
    }
    output.finish()
}
