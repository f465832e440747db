//! What incidents show of each campaign.

use super::{CampaignFigures, Incident, JudgedRow, ranking::orderly};
use crate::labels::Truth;

/// The incidents in the order in which they are looked at, without those that show nothing but rows that are left out.
pub(super) fn ranked<'a>(rows: &[JudgedRow], incidents: &'a [Incident]) -> Vec<&'a Incident> {
    let counts = |incident: &&Incident| incident.top.iter().any(|&row| rows[row].truth != Truth::LeftOut);
    let mut ranked: Vec<&Incident> = incidents.iter().filter(counts).collect();
    ranked.sort_by(|a, b| orderly(b.score).total_cmp(&orderly(a.score)));
    ranked
}

/// The figures of every campaign that has a row, in the order of their first rows.
pub(super) fn judge(
    rows: &[JudgedRow],
    ranked: &[&Incident],
    names: &[String],
    within: u64,
) -> Vec<CampaignFigures> {
    let mut campaigns: Vec<Campaign<'_>> = names.iter().map(|name| Campaign::new(name)).collect();
    for row in rows {
        if let Some(campaign) = row.truth.campaign() {
            campaigns[campaign as usize].add(row);
        }
    }
    for (incident, rank) in ranked.iter().zip(1..) {
        for &row in &incident.top {
            if let Some(campaign) = rows[row].truth.campaign() {
                campaigns[campaign as usize].shown(rank, incident.raised);
            }
        }
    }
    campaigns.retain(|campaign| campaign.rows > 0);
    campaigns.sort_by(|a, b| a.first.total_cmp(&b.first));
    campaigns.iter().map(|campaign| campaign.figures(within)).collect()
}

struct Campaign<'a> {
    name: &'a str,
    rows: u64,
    /// The earliest end of a row.
    first: f64,
    /// The place of the best incident that shows it.
    rank: Option<u64>,
    /// When the first incident was raised that shows it.
    raised: Option<f64>,
}

impl<'a> Campaign<'a> {
    fn new(name: &'a str) -> Self {
        Self { name, rows: 0, first: f64::INFINITY, rank: None, raised: None }
    }

    fn add(&mut self, row: &JudgedRow) {
        self.rows += 1;
        self.first = self.first.min(row.end);
    }

    fn shown(&mut self, rank: u64, raised: Option<f64>) {
        self.rank = self.rank.or(Some(rank));
        self.raised = match (self.raised, raised) {
            (Some(earlier), Some(now)) => Some(earlier.min(now)),
            (earlier, now) => earlier.or(now),
        };
    }

    fn figures(&self, within: u64) -> CampaignFigures {
        CampaignFigures {
            name: self.name.into(),
            rows: self.rows,
            found: self.rank.is_some_and(|rank| rank <= within),
            rank: self.rank,
            time_to_detection: self.raised.map(|raised| (raised - self.first).max(0.0)),
        }
    }
}
