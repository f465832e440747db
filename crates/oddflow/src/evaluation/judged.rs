//! What one detector made of the test, and the figures that come of it.

use oddflow_evaluate::{Figures, Incident, JudgedRow, Limits, Ranking, Truth};

/// The rows of a test as every detector is judged by them, in the order of the logs.
pub(crate) struct TestRows {
    /// End of each connection, in seconds since the Unix epoch.
    pub(crate) ends: Vec<f64>,
    /// What is known of each.
    pub(crate) truths: Vec<Truth>,
    /// Names of the campaigns.
    pub(crate) campaigns: Vec<String>,
}

/// What one detector made of the test.
pub(crate) struct Judged {
    /// Its name in JSON.
    pub(crate) name: &'static str,
    /// A score for each row.
    pub(crate) scores: Vec<f64>,
    /// Its incidents, with places of rows.
    pub(crate) incidents: Vec<Incident>,
    /// The score that normal traffic before the test lets the budget pass above.
    pub(crate) threshold: Option<f64>,
}

impl Judged {
    /// The figures at a budget of incidents a day.
    pub(crate) fn figures(&self, test: &TestRows, budget: f64) -> Figures {
        let limits = Limits { budget, threshold: self.threshold };
        Figures::new(&self.rows(test), &self.incidents, &test.campaigns, limits)
    }

    /// The rows in the order of their scores.
    pub(crate) fn ranking(&self, test: &TestRows) -> Ranking {
        Ranking::new(&self.rows(test))
    }

    fn rows(&self, test: &TestRows) -> Vec<JudgedRow> {
        let rows = self.scores.iter().zip(&test.ends).zip(&test.truths);
        rows.map(|((&score, &end), &truth)| JudgedRow { end, score, truth }).collect()
    }
}
