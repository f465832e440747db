//! Finds the label of each row of a log.
//!
//! A row and a line belong together when they have the same uid and, where the line has a `ts`, the row starts within a
//! second of it. A uid alone isn't enough: a sensor that reads captures one after the other gives different connections
//! the same uid, and the log that the labels are of then shares uids with the log before it. Of several lines that fit,
//! the one nearest in time counts; where they contradict each other and none is nearer, the row is left out.

use std::collections::HashMap;

use foldhash::fast::FixedState;
use zeek_log::ConnRecord;

use super::{Labels, Line, Verdict};

/// How far the start of a row may lie from the `ts` of its line, in seconds: tables round it.
const SAME_START: f64 = 1.0;

/// How many uids without a row are named.
const EXAMPLES: usize = 3;

/// What is known about a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Truth {
    /// Not part of an attack.
    Benign,
    /// Part of the campaign with this number.
    Malicious(u32),
    /// Nobody knows: the row is in none of the figures.
    LeftOut,
}

impl Truth {
    /// The campaign, of a malicious row.
    #[must_use]
    pub fn campaign(self) -> Option<u32> {
        match self {
            Self::Malicious(campaign) => Some(campaign),
            Self::Benign | Self::LeftOut => None,
        }
    }
}

/// What came of joining a table with a log, for the user to read: what doesn't fit is seldom meant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JoinReport {
    /// Rows of the log.
    pub rows: u64,
    /// Rows that are benign, by a line or because the table lists attacks alone.
    pub benign: u64,
    /// Rows that are part of a campaign.
    pub malicious: u64,
    /// Rows that are in none of the figures: labelled neither benign nor malicious, not listed in a table that has a
    /// `label` column, or labelled twice in contradiction.
    pub left_out: u64,
    /// Rows that the table doesn't list, whatever that makes of them.
    pub unlisted: u64,
    /// Unlisted rows whose uid is in the table, but with a `ts` more than a second away.
    pub other_start: u64,
    /// Rows left out because two lines contradict each other.
    pub contradicted: u64,
    /// Rows whose line had already labelled another row: the log repeats uids.
    pub repeated_rows: u64,
    /// Lines of the table whose uid stands in an earlier line.
    pub repeated_lines: u64,
    /// Lines of the table that labelled no row.
    pub unmatched_lines: u64,
    /// Uids of the first of those lines, in alphabetical order.
    pub unmatched_uids: Vec<String>,
}

/// Labels rows one by one and counts what doesn't fit.
#[derive(Debug)]
pub struct Join<'a> {
    labels: &'a Labels,
    /// Whether a line has labelled a row.
    used: Vec<bool>,
    campaigns: Vec<String>,
    numbers: HashMap<String, u32, FixedState>,
    report: JoinReport,
}

impl<'a> Join<'a> {
    /// No rows yet.
    #[must_use]
    pub fn new(labels: &'a Labels) -> Self {
        let repeated = labels.lines.windows(2).filter(|pair| pair[0].uid == pair[1].uid).count();
        Self {
            labels,
            used: vec![false; labels.lines.len()],
            campaigns: Vec::new(),
            numbers: HashMap::default(),
            report: JoinReport { repeated_lines: repeated as u64, ..JoinReport::default() },
        }
    }

    /// Labels a row. Campaigns are numbered in the order in which they come, from 0.
    pub fn truth(&mut self, record: &ConnRecord<'_>) -> Truth {
        self.report.rows += 1;
        let truth = match self.verdict(record) {
            Some(Verdict::Benign) => Truth::Benign,
            Some(Verdict::Campaign(name)) => {
                let labels = self.labels;
                Truth::Malicious(self.number(&labels.names[name as usize]))
            }
            Some(Verdict::Kind(name)) => {
                let campaign = format!("{}@{}", self.labels.names[name as usize], record.orig_h);
                Truth::Malicious(self.number(&campaign))
            }
            Some(Verdict::Neither) => Truth::LeftOut,
            None => {
                self.report.unlisted += 1;
                if self.labels.others_are_benign { Truth::Benign } else { Truth::LeftOut }
            }
        };
        *match truth {
            Truth::Benign => &mut self.report.benign,
            Truth::Malicious(_) => &mut self.report.malicious,
            Truth::LeftOut => &mut self.report.left_out,
        } += 1;
        truth
    }

    /// Names of the campaigns by their numbers, and what didn't fit.
    #[must_use]
    pub fn finish(mut self) -> (Vec<String>, JoinReport) {
        let unmatched =
            || self.labels.lines.iter().zip(&self.used).filter(|&(_, &used)| !used).map(|(line, _)| line);
        self.report.unmatched_lines = unmatched().count() as u64;
        self.report.unmatched_uids = unmatched().take(EXAMPLES).map(|line| line.uid.to_string()).collect();
        (self.campaigns, self.report)
    }

    /// What the lines of this connection say; `None` where there is none.
    fn verdict(&mut self, record: &ConnRecord<'_>) -> Option<Verdict> {
        let lines = &self.labels.lines;
        let uid = record.uid?;
        let first = lines.partition_point(|line| *line.uid < *uid);
        let count = lines[first..].iter().take_while(|line| *line.uid == *uid).count();
        if count == 0 {
            return None;
        }
        // How far a line is from the row; one without a time fits any row, but less well than one that names its time.
        let distance = |line: &Line| line.ts.map_or(SAME_START, |ts| (ts - record.ts).abs());
        let group = first..first + count;
        let nearest = lines[group.clone()].iter().map(distance).fold(f64::INFINITY, f64::min);
        if nearest > SAME_START {
            self.report.other_start += 1;
            return None;
        }
        let mut verdict = None;
        for i in group {
            if distance(&lines[i]) > nearest {
                continue;
            }
            if verdict.is_none() && self.used[i] {
                self.report.repeated_rows += 1;
            }
            self.used[i] = true;
            match verdict {
                Some(other) if other != lines[i].verdict => {
                    self.report.contradicted += 1;
                    return Some(Verdict::Neither);
                }
                _ => verdict = Some(lines[i].verdict),
            }
        }
        verdict
    }

    fn number(&mut self, campaign: &str) -> u32 {
        if let Some(&number) = self.numbers.get(campaign) {
            return number;
        }
        let number = self.campaigns.len() as u32;
        self.campaigns.push(campaign.into());
        self.numbers.insert(campaign.into(), number);
        number
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::record;

    fn labels(text: &str) -> Labels {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("labels.tsv");
        std::fs::write(&file, text).expect("written");
        Labels::read(&file).expect("a table")
    }

    /// What a table says about rows given by uid and start, all of the originator 10.0.0.1.
    fn join(text: &str, rows: &[(&str, f64)]) -> (Vec<Truth>, Vec<String>, JoinReport) {
        let labels = labels(text);
        let mut join = Join::new(&labels);
        let truths = rows
            .iter()
            .map(|&(uid, ts)| join.truth(&ConnRecord { uid: Some(uid), ts, ..record() }))
            .collect();
        let (campaigns, report) = join.finish();
        (truths, campaigns, report)
    }

    #[test]
    fn rows_find_their_lines() {
        let text = "uid\tlabel\ttype\tcampaign\nC2\tmalicious\tscan\tfirst\nC1\tbenign\t-\t-\nC3\tmalicious\tscan\t-\n\
                    C4\tbackground\t-\t-\nC9\tbenign\t-\t-\n";
        let (truths, campaigns, report) =
            join(text, &[("C1", 0.0), ("C3", 1.0), ("C2", 2.0), ("C4", 3.0), ("C5", 4.0)]);
        let expected =
            [Truth::Benign, Truth::Malicious(0), Truth::Malicious(1), Truth::LeftOut, Truth::LeftOut];
        assert_eq!(truths, expected);
        assert_eq!(campaigns, ["scan@10.0.0.1", "first"]);
        let expected = JoinReport {
            rows: 5,
            benign: 1,
            malicious: 2,
            left_out: 2,
            unlisted: 1,
            unmatched_lines: 1,
            unmatched_uids: vec!["C9".into()],
            ..JoinReport::default()
        };
        assert_eq!(report, expected);
    }

    #[test]
    fn a_table_of_attacks_leaves_the_rest_benign() {
        let (truths, campaigns, report) =
            join("uid\ttype\tcampaign\nC2\tbeacon\tb1\n", &[("C1", 0.0), ("C2", 1.0)]);
        assert_eq!(truths, [Truth::Benign, Truth::Malicious(0)]);
        assert_eq!((campaigns, report.unlisted, report.benign), (vec!["b1".to_owned()], 1, 1));
    }

    #[test]
    fn time_tells_connections_of_one_uid_apart() {
        let text = "uid\tts\tlabel\tcampaign\nC1\t100.25\tbenign\t-\nC1\t900\tmalicious\tscan\n";
        let (truths, _, report) = join(text, &[("C1", 900.4), ("C1", 100.25), ("C1", 5000.0)]);
        assert_eq!(truths, [Truth::Malicious(0), Truth::Benign, Truth::LeftOut]);
        assert_eq!((report.other_start, report.unlisted, report.repeated_lines), (1, 1, 1));
        assert_eq!((report.contradicted, report.repeated_rows), (0, 0));
    }

    #[test]
    fn contradictions_are_left_out_and_repetitions_counted() {
        let text = "uid\tlabel\tcampaign\nC1\tbenign\t-\nC1\tmalicious\ta\nC2\tbenign\t-\nC2\tbenign\t-\n";
        let (truths, _, report) = join(text, &[("C1", 0.0), ("C2", 1.0), ("C2", 2.0)]);
        assert_eq!(truths, [Truth::LeftOut, Truth::Benign, Truth::Benign]);
        assert_eq!((report.contradicted, report.repeated_rows, report.repeated_lines), (1, 1, 2));
    }

    #[test]
    fn a_row_without_a_uid_is_unlisted() {
        let labels = labels("uid\tlabel\nC1\tbenign\n");
        let mut join = Join::new(&labels);
        assert_eq!(join.truth(&ConnRecord { uid: None, ..record() }), Truth::LeftOut);
        assert_eq!(join.finish().1.unlisted, 1);
    }
}
